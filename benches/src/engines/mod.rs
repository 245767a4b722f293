//! The workloads of each codec, one file a codec.

pub mod checksum;
pub mod http1;
pub mod tcp;
pub mod udp;
pub mod uwsgi;
pub mod websocket;

use crate::Workload;

/// Every workload, codec by codec.
pub fn all() -> Vec<Workload> {
    let mut all = Vec::new();
    all.extend(checksum::workloads());
    all.extend(tcp::workloads());
    all.extend(udp::workloads());
    all.extend(http1::workloads());
    all.extend(uwsgi::workloads());
    all.extend(websocket::workloads());
    all
}
