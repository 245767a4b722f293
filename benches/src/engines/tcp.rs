//! Workloads of `wirekit-tcp`.

use crate::Workload;

/// The workloads of this codec.
pub fn workloads() -> Vec<Workload> {
    Vec::new()
}
