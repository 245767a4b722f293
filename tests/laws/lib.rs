//! The laws of wirekit's API (each a function that panics when the law is broken), called by `cargo test` on seeds
//! and random input, and by the fuzz targets.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    reason = "a law panics when it is broken"
)]

use std::sync::OnceLock;

/// A law: `check` panics where the bytes lead to something that breaks it. The fuzz target `CODEC_NAME` calls it, and
/// `cargo test` with each of the target's seeds.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Law {
    /// The function's name.
    pub name: &'static str,
    /// The function.
    pub check: fn(&[u8]),
}

/// The laws of a module: a row for each fuzz target.
macro_rules! laws {
    ($($law:ident),* $(,)?) => {
        /// The laws that are fuzzed.
        pub const LAWS: &[crate::Law] =
            &[$(crate::Law { name: stringify!($law), check: $law }),*];
    };
}

#[cfg(feature = "bridge")]
pub mod bridge;
#[cfg(feature = "checksum")]
pub mod checksum;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "deflate")]
pub mod deflate;
#[cfg(feature = "gateway")]
pub mod gateway;
#[cfg(feature = "handshake")]
pub mod handshake;
#[cfg(feature = "http")]
pub mod http;
#[cfg(feature = "http1")]
pub mod http1;
#[cfg(any(feature = "bridge", feature = "http1"))]
mod http1_model;
#[cfg(feature = "tcp")]
pub mod tcp;
#[cfg(feature = "tls")]
pub mod tls;
#[cfg(feature = "udp")]
pub mod udp;
#[cfg(feature = "uwsgi")]
pub mod uwsgi;
#[cfg(feature = "websocket")]
pub mod websocket;

/// Calls the one of `laws` that the environment variable `LAW` names, as the fuzz target of each codec does.
pub fn fuzz(laws: &[Law], data: &[u8]) {
    static CHECK: OnceLock<fn(&[u8])> = OnceLock::new();
    let check = CHECK.get_or_init(|| {
        let names: Vec<_> = laws.iter().map(|law| law.name).collect();
        let name = std::env::var("LAW").unwrap_or_default();
        match laws.iter().find(|law| law.name == name) {
            Some(law) => law.check,
            None => panic!("the environment variable LAW is {name:?} and none of {names:?}"),
        }
    });
    check(data);
}

/// The examples of the front page compile and hold.
#[cfg(all(doctest, feature = "all"))]
#[doc = include_str!("../../README.md")]
struct FrontPage;
