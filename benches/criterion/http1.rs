//! The workloads of `wirekit-http1` under criterion.

fn main() {
    wirekit_benches::run_criterion(wirekit_benches::http1::workloads());
}
