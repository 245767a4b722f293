//! Workloads that measure the wirekit crates beside their peers.
//!
//! One definition serves two readers: `versus` prints every engine side by side in one run, and each criterion
//! file of this package runs the workloads of one codec.

#![expect(
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    clippy::std_instead_of_core,
    reason = "a workload that goes wrong stops the run, and its inputs are its own"
)]

mod engines;
mod workload;

pub use engines::{all, checksum, http1, tcp, udp, uwsgi, websocket};
pub use workload::{Engine, Measured, Workload, run_criterion};
