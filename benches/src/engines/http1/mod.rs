//! Workloads of `wirekit-http1`.

mod chunked;
mod heads;
mod inputs;
mod pico;
mod serve;

use crate::Workload;

/// The workloads of this codec.
pub fn workloads() -> Vec<Workload> {
    let mut all = heads::workloads();
    all.extend(chunked::workloads());
    all.extend(serve::workloads());
    all
}
