//! What the figures were taken on, and which versions were measured.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::thread::available_parallelism;

use crate::summary::Outcome;

/// The versions that this binary was built with.
const LOCK: &str = include_str!("../../../../Cargo.lock");

/// The packages that do not have their engine's name.
const PACKAGES: &[(&str, &str)] = &[
    ("picohttpparser-sse4.2", "picohttpparser-sys"),
    ("simdutf8-alone", "simdutf8"),
];

pub(crate) fn write(out: &mut impl Write) -> io::Result<()> {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu = cpus
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("a processor without a name", |(_, name)| name);
    let threads = available_parallelism()?;
    writeln!(
        out,
        "# {cpu}, {threads} threads{}; {}\n\
         # cargo run --release -p wirekit-benches --bin versus{}\n",
        instructions(),
        env!("WIREKIT_RUSTC"),
        arguments(),
    )
}

/// What the program was asked for, as it stands on its command line.
fn arguments() -> String {
    let arguments: String = std::env::args()
        .skip(1)
        .map(|it| format!(" {it}"))
        .collect();
    if arguments.is_empty() {
        arguments
    } else {
        format!(" --{arguments}")
    }
}

/// The SIMD instructions that count here.
fn instructions() -> &'static str {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx512bw") {
        return ", AVX-512";
    } else if std::arch::is_x86_feature_detected!("avx2") {
        return ", AVX2";
    }
    ""
}

/// Names and versions of the engines that come from packages.
pub(crate) fn write_engines(out: &mut impl Write, outcomes: &[Outcome]) -> io::Result<()> {
    let engines: BTreeSet<&str> = outcomes
        .iter()
        .flat_map(|outcome| outcome.rows.iter().map(|row| row.engine))
        .collect();
    let named: Vec<String> = engines
        .into_iter()
        .filter_map(|engine| Some(format!("{engine} {}", version(package(engine))?)))
        .collect();
    writeln!(out, "engines: {}", named.join(", "))
}

fn package(engine: &str) -> &str {
    PACKAGES
        .iter()
        .find(|(known, _)| *known == engine)
        .map_or(engine, |(_, package)| package)
}

fn version(package: &str) -> Option<&'static str> {
    let (_, rest) = LOCK.split_once(&format!("name = \"{package}\"\nversion = \""))?;
    Some(rest.split_once('"')?.0)
}
