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
    let written = engine.total_out().checked_sub(before);
    let len = written.and_then(|written| len_after(out, written));
    let len = len.ok_or(InflateError::StreamError)?;
    // SAFETY: the engine says that it has written that many bytes from the start of the spare room on, and `len_after` that
    // there is room for as many.
    unsafe { out.set_len(len) };
    result
}

/// The length once `written` bytes have been appended in place; `None` where the room never held them. The count is another
/// crate's, so it is compared with the room in every build before it becomes a length.
fn len_after(out: &Vec<u8>, written: u64) -> Option<usize> {
    let len = out.len().checked_add(usize::try_from(written).ok()?)?;
    (len <= out.capacity()).then_some(len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_beyond_the_room_is_no_length() {
        let mut out = Vec::with_capacity(8);
        out.extend([7; 3]);
        let room = (out.capacity() - 3) as u64;
        assert_eq!(len_after(&out, 0), Some(3));
        assert_eq!(len_after(&out, room), Some(out.capacity()));
        for written in [room + 1, u64::MAX - 3, u64::MAX] {
            assert_eq!(len_after(&out, written), None, "{written}");
        }
    }
}
