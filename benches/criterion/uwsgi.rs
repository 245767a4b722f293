//! The workloads of `wirekit-uwsgi` under criterion.

fn main() {
    wirekit_benches::run_criterion(wirekit_benches::uwsgi::workloads());
}
