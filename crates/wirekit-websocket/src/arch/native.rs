//! The backend of processors that have none of their own: the fallback.

#[cfg(feature = "alloc")]
pub(crate) use super::fallback::append_frame;
pub(super) use super::fallback::unmask;
pub(crate) use super::fallback::{is_masked_utf8, is_utf8, unmask_utf8};
