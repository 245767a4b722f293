//! The two hot loops, masking and UTF-8, behind safe functions that pick a backend.

mod fallback;

use crate::MaskingKey;

#[inline]
pub(crate) fn unmask(bytes: &mut [u8], key: MaskingKey) {
    fallback::unmask(bytes, key);
}
