//! Compiles the C loops that the uwsgi workloads are measured beside, and notes the compiler's version for `versus`.

use std::env;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=src/engines/uwsgi/twins.c");
    cc::Build::new()
        .file("src/engines/uwsgi/twins.c")
        .opt_level(3)
        .compile("wirekit_uwsgi_twins");

    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("--version").output();
    let version = version.map_or_else(|_| Vec::new(), |output| output.stdout);
    let version = String::from_utf8_lossy(&version);
    println!("cargo::rustc-env=WIREKIT_RUSTC={}", version.trim());
}
