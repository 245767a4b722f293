//! The backend of processors that have none of their own: the fallback.

pub(super) use super::fallback::wide;
