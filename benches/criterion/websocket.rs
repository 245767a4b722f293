//! The workloads of `wirekit-websocket` under criterion.

fn main() {
    wirekit_benches::run_criterion(wirekit_benches::websocket::workloads());
}
