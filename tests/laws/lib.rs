//! The laws of wirekit's API (each a function that panics when the law is broken), called by `cargo test` on seeds
//! and random input, and by the fuzz targets.

pub mod checksum;
pub mod http1_streams;
pub mod tcp;
pub mod udp;
pub mod tls;

/// The examples of the front page compile and hold.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct FrontPage;
