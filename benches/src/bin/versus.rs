//! Every workload, every engine, one run: `versus [FILTER] [--json]`.

use core::time::Duration;
use std::io::{self, Write};

use clap::Parser;
use serde_json::json;
use wirekit_benches::{Measured, Workload, all};

/// Measures wirekit beside its peers, interleaved in one process; the minimum of many rounds counts.
#[derive(Debug, Parser)]
#[command(name = "versus")]
struct Arguments {
    /// Only workloads whose name contains this
    filter: Option<String>,
    /// One JSON object a line: workload, bytes, engine, ns
    #[arg(long)]
    json: bool,
    /// Milliseconds for each workload
    #[arg(long, default_value_t = 700)]
    budget: u64,
}

fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    let mut out = io::stdout().lock();
    if !arguments.json {
        writeln!(
            out,
            "{:44} {:>8}  {:22} {:>11} {:>8} {:>7}",
            "workload", "bytes", "engine", "ns", "GB/s", "ratio"
        )?;
    }
    for mut workload in all() {
        if arguments
            .filter
            .as_ref()
            .is_some_and(|filter| !workload.name().contains(filter.as_str()))
        {
            continue;
        }
        let measured = workload.measure(Duration::from_millis(arguments.budget));
        if arguments.json {
            print_json(&mut out, &workload, &measured)?;
        } else {
            print_rows(&mut out, &workload, &measured)?;
        }
    }
    if !arguments.json {
        writeln!(
            out,
            "\nratio: the best peer's time over the engine's (above 1 is faster than every peer)"
        )?;
        writeln!(
            out,
            "*: does less than the workload asks, or is a floor; not counted as a peer"
        )?;
    }
    Ok(())
}

fn print_json(out: &mut impl Write, workload: &Workload, measured: &[Measured]) -> io::Result<()> {
    for row in measured {
        let row = json!({
            "workload": workload.name(), "bytes": workload.bytes(), "engine": row.engine, "ns": row.ns,
        });
        writeln!(out, "{row}")?;
    }
    Ok(())
}

fn print_rows(out: &mut impl Write, workload: &Workload, measured: &[Measured]) -> io::Result<()> {
    let best_peer = measured
        .iter()
        .filter(|row| row.comparable && !row.engine.starts_with("wirekit"))
        .map(|row| row.ns)
        .fold(f64::INFINITY, f64::min);
    for row in measured {
        let ratio = if best_peer.is_finite() {
            format!("{:.2}", best_peer / row.ns)
        } else {
            "-".into()
        };
        let mark = if row.comparable { "" } else { "*" };
        writeln!(
            out,
            "{:44} {:>8}  {:22} {:>11.2} {:>8.2} {:>7}",
            workload.name(),
            workload.bytes(),
            format!("{}{mark}", row.engine),
            row.ns,
            workload.bytes() as f64 / row.ns,
            ratio
        )?;
    }
    out.flush()
}
