//! The laws of `wirekit-http1` on seeds and on random input.

mod heads;
mod streams;
