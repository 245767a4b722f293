//! Every workload, every engine, one run: `versus [FILTER] [--json]`.

mod goals;
mod machine;
mod summary;
mod table;

use core::time::Duration;
use std::io::{self, Write as _};

use clap::Parser;
use summary::Outcome;
use wirekit_benches::{Measured, all};

/// Measures wirekit beside its peers, interleaved in one process.
///
/// The answers of all engines are compared before anything is timed; the minimum of many rounds counts. A table of
/// every engine comes first, then what the run comes to: a line a protocol, every workload that a peer wins, and the
/// goals.
#[derive(Debug, Parser)]
#[command(name = "versus")]
struct Arguments {
    /// Only workloads whose name, `codec/operation/input`, contains this
    filter: Option<String>,
    /// One JSON object a line and nothing else: workload, bytes, engine, ns
    #[arg(long)]
    json: bool,
    /// Milliseconds for each workload
    #[arg(long, default_value_t = 700)]
    budget: u64,
    /// How often to go through all workloads, each time in other memory: the minimum of all passes counts
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    passes: u32,
}

fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    let budget = Duration::from_millis(arguments.budget);
    let filter = arguments.filter.as_deref().unwrap_or_default();
    let names: Vec<String> = all().iter().map(|it| it.name().to_owned()).collect();
    let chosen = || {
        let workloads = all().into_iter();
        workloads.filter(|it| it.name().contains(filter))
    };
    // A machine that is shared has slow minutes: what is measured again later is measured in another one.
    let mut before: Vec<_> = chosen().map(|_| Vec::new()).collect();
    for _ in 1..arguments.passes {
        for (mut workload, best) in chosen().zip(&mut before) {
            *best = faster(workload.measure(budget), best);
        }
    }
    let mut out = io::stdout().lock();
    if !arguments.json {
        machine::write(&mut out)?;
        table::write_header(&mut out)?;
    }
    let mut outcomes = Vec::new();
    for (mut workload, best) in chosen().zip(&before) {
        let rows = faster(workload.measure(budget), best);
        let outcome = Outcome::new(&workload, rows);
        if arguments.json {
            table::write_json(&mut out, &outcome)?;
        } else {
            table::write_rows(&mut out, &outcome)?;
        }
        out.flush()?;
        outcomes.push(outcome);
    }
    if !arguments.json {
        table::write_legend(&mut out)?;
        machine::write_engines(&mut out, &outcomes)?;
        summary::write(&mut out, &outcomes)?;
        goals::write(&mut out, &outcomes, &names)?;
    }
    Ok(())
}

/// Each engine's row with the lower of both times; there may be nothing to compare with.
fn faster(mut rows: Vec<Measured>, others: &[Measured]) -> Vec<Measured> {
    for (row, other) in rows.iter_mut().zip(others) {
        row.ns = row.ns.min(other.ns);
    }
    rows
}
