//! Workloads of `wirekit-websocket`.
//!
//! Every peer does the same: takes wire bytes as a socket gives them (16 KiB at a time), copies them to its receive
//! buffer, unmasks, checks text, and hands out whole messages. tungstenite and fastwebsockets read from an
//! in-memory socket that is always ready; sockudo-ws and yawc are fed `BytesMut`.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "an engine that fails has nothing to be measured"
)]

mod decode;
mod deflate;
mod encode;
mod mask;
mod utf8;
mod wire;

use crate::Workload;

/// The workloads of this codec.
pub fn workloads() -> Vec<Workload> {
    let mut all = decode::workloads();
    all.extend(deflate::workloads());
    all.extend(encode::workloads());
    all.extend(mask::workloads());
    all.extend(utf8::workloads());
    all
}
