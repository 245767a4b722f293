//! The hot loops, masking and UTF-8, behind safe functions that pick a backend.

mod fallback;

use crate::MaskingKey;

/// XORs `bytes` with the key, repeated.
#[inline]
pub(crate) fn unmask(bytes: &mut [u8], key: MaskingKey) {
    fallback::unmask(bytes, key);
}

/// Unmasks `bytes`, all of them whatever they are, and says whether they are UTF-8.
#[inline]
pub(crate) fn unmask_utf8(bytes: &mut [u8], key: MaskingKey) -> bool {
    fallback::unmask(bytes, key);
    is_utf8(bytes)
}

/// Unmasks `bytes`, all of them whatever they are, and lends them as text, or as they are where they are not UTF-8.
#[inline]
pub(crate) fn unmask_text(bytes: &mut [u8], key: MaskingKey) -> Result<&str, &[u8]> {
    fallback::unmask(bytes, key);
    let bytes: &[u8] = bytes;
    as_text(bytes).ok_or(bytes)
}

/// Whether `bytes` are UTF-8.
#[inline]
pub(crate) fn is_utf8(bytes: &[u8]) -> bool {
    as_text(bytes).is_some()
}

/// `bytes` as text, where they are UTF-8.
#[inline]
pub(crate) fn as_text(bytes: &[u8]) -> Option<&str> {
    core::str::from_utf8(bytes).ok()
}

/// Appends the frame's header and its payload, masked where the header has a key. `out` has the room.
#[cfg(feature = "alloc")]
#[inline]
pub(crate) fn append_frame(
    header: crate::FrameHeader,
    payload: &[u8],
    out: &mut impl bytes::BufMut,
) {
    let (bytes, len) = header.to_bytes();
    out.put_slice(bytes.get(..len).unwrap_or_default());
    match header.masking_key {
        Some(key) => fallback::append_masked(payload, key, out),
        None => out.put_slice(payload),
    }
}
