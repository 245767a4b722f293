//! Compiles the C loops that the uwsgi workloads are measured beside.

fn main() {
    println!("cargo::rerun-if-changed=src/engines/uwsgi/twins.c");
    cc::Build::new()
        .file("src/engines/uwsgi/twins.c")
        .opt_level(3)
        .compile("wirekit_uwsgi_twins");
}
