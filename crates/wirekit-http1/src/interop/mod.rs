//! Foreign traits, one file a crate and feature.

#[cfg(feature = "arbitrary")]
mod arbitrary;
#[cfg(feature = "http")]
mod http;
#[cfg(feature = "serde")]
mod serde;
