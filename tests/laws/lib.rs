//! The laws of wirekit's API (each a function that panics when the law is broken), called by `cargo test` on seeds
//! and random input, and by the fuzz targets.

pub mod tls;
