//! Workloads of `wirekit-checksum`.

use crate::Workload;

/// The workloads of this codec.
pub fn workloads() -> Vec<Workload> {
    Vec::new()
}
