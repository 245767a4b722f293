//! The workloads of `wirekit-udp` under criterion.

fn main() {
    wirekit_benches::run_criterion(wirekit_benches::udp::workloads());
}
