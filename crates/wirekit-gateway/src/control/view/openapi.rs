//! The API as programs read it (OpenAPI 3.1).

/// The document.
pub(crate) const DOCUMENT: &str = include_str!("../../../assets/openapi.json");
