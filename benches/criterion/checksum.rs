//! The workloads of `wirekit-checksum` under criterion.

fn main() {
    wirekit_benches::run_criterion(wirekit_benches::checksum::workloads());
}
