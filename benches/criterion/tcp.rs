//! The workloads of `wirekit-tcp` under criterion.

fn main() {
    wirekit_benches::run_criterion(wirekit_benches::tcp::workloads());
}
