//! Inflating into the spare room of a vector, which would otherwise be zeroed first.

use alloc::vec::Vec;

use zlib_rs::{Inflate, InflateError, InflateFlush, Status};

/// Appends what comes out, as far as there is room, and allocates nothing.
#[expect(
    unsafe_code,
    reason = "zeroing the room would cost as much as the copy into the history"
)]
pub(crate) fn inflate_to_spare(
    engine: &mut Inflate,
    input: &[u8],
    out: &mut Vec<u8>,
    flush: InflateFlush,
) -> Result<Status, InflateError> {
    let before = engine.total_out();
    let result = engine.decompress_uninit(input, out.spare_capacity_mut(), flush);
    let written = usize::try_from(engine.total_out() - before).unwrap_or(0);
    let len = out.len() + written;
    debug_assert!(len <= out.capacity());
    // SAFETY: the engine has written that many bytes from the start of the spare room on.
    unsafe { out.set_len(len) };
    result
}
