use crate::Workload;

/// Request and response heads.
pub(super) fn workloads() -> Vec<Workload> {
    Vec::new()
}
