//! In the place of an instruction set: every function says that it has none.

use crate::MaskingKey;

#[inline]
pub(super) const fn unmask(_: &mut [u8], _: MaskingKey) -> Option<()> {
    None
}

#[inline]
pub(super) const fn unmask_utf8(_: &mut [u8], _: MaskingKey) -> Option<bool> {
    None
}

#[inline]
pub(super) const fn unmask_short_ascii(_: &mut [u8], _: MaskingKey) -> bool {
    false
}

#[inline]
pub(super) const fn is_masked_utf8(_: &[u8], _: MaskingKey) -> Option<bool> {
    None
}

#[inline]
pub(super) const fn is_utf8(_: &[u8]) -> Option<bool> {
    None
}

#[cfg(feature = "alloc")]
#[inline]
pub(super) const fn append_frame(
    _: u8,
    _: Option<MaskingKey>,
    _: &[u8],
    _: &mut impl bytes::BufMut,
) -> Option<usize> {
    None
}
