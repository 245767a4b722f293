//! The laws of wirekit's API (each a function that panics when the law is broken), called by `cargo test` on seeds
//! and random input, and by the fuzz targets.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    reason = "a law panics when it is broken"
)]

pub mod bridge;
pub mod checksum;
pub mod cli;
pub mod deflate;
pub mod handshake;
pub mod http;
pub mod http1;
pub mod tcp;
pub mod tls;
pub mod udp;
pub mod uwsgi;
pub mod websocket;

/// The examples of the front page compile and hold.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct FrontPage;
