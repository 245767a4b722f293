use crate::Workload;

/// Chunked bodies.
pub(super) fn workloads() -> Vec<Workload> {
    Vec::new()
}
