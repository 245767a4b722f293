//! The table.

use std::fs;
use std::io::{self, Write};
use std::process::Command;

use crate::{CONNECTIONS, Pair, TURNS};

pub(crate) fn write_header(out: &mut impl Write, rounds: u32) -> io::Result<()> {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu = cpus
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("a processor without a name", |(_, name)| name);
    let threads = std::thread::available_parallelism()?;
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    writeln!(
        out,
        "# {cpu}, {threads} threads; Linux {}; {}; {}\n\
         # load {}; {CONNECTIONS} connections; both have 2 workers; the least of {rounds} rounds of {TURNS} turns\n\
         # us: CPU time a request, all threads of all processes; ratio: the gateway's over nginx's\n\n\
         {:34} {:14} {:>9} {:>11} {:>6} {:>6}",
        kernel.trim(),
        env!("WIREKIT_RUSTC"),
        nginx_version(),
        load.trim(),
        "row",
        "beside nginx",
        "nginx us",
        "gateway us",
        "ratio",
        "goal"
    )
}

fn nginx_version() -> String {
    let output = Command::new("nginx").arg("-v").output();
    let text = output.map_or_else(|_| Vec::new(), |output| output.stderr);
    let text = String::from_utf8_lossy(&text);
    let version = text.trim().rsplit(' ').next();
    version.unwrap_or_default().to_owned()
}

pub(crate) fn write_row(out: &mut impl Write, pair: &Pair) -> io::Result<()> {
    let [nginx, gateway] = &pair.sides;
    let ratio = gateway.least / nginx.least;
    writeln!(
        out,
        "{:34} {:14} {:>9.1} {:>11.1} {ratio:>6.2} {:>6.2}{}",
        pair.row.name,
        pair.row.nginx,
        nginx.least,
        gateway.least,
        pair.row.goal,
        if ratio > pair.row.goal {
            "  missed"
        } else {
            ""
        }
    )
}

/// The goal is one of bytes, whatever nginx takes.
pub(crate) fn write_bytes(
    out: &mut impl Write,
    name: &str,
    nginx: u64,
    gateway: u64,
    goal: u64,
) -> io::Result<()> {
    let missed = if gateway > goal { "  missed" } else { "" };
    writeln!(
        out,
        "{name:42}  nginx {nginx:>10} B  gateway {gateway:>10} B  goal {goal:>10} B{missed}"
    )
}
