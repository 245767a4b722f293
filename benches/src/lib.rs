//! Workloads that measure the wirekit crates beside their peers.
//!
//! One definition serves two readers: `versus` prints every engine side by side in one run, and each criterion
//! file of this package runs the workloads of one codec.

mod engines;
mod workload;

pub use engines::{all, checksum, http1, tcp, udp, uwsgi, websocket};
pub use workload::{Engine, Measured, Workload, run_criterion};
