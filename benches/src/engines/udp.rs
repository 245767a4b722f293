//! Workloads of `wirekit-udp`.

use crate::Workload;

/// The workloads of this codec.
pub fn workloads() -> Vec<Workload> {
    Vec::new()
}
