//! A row an engine, as text or as JSON.

use std::io::{self, Write};

use serde_json::json;

use crate::summary::Outcome;

pub(crate) fn write_header(out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "{:44} {:>8}  {:22} {:>11} {:>8} {:>7}",
        "workload", "bytes", "engine", "ns", "GB/s", "ratio"
    )
}

pub(crate) fn write_rows(out: &mut impl Write, outcome: &Outcome) -> io::Result<()> {
    let best = outcome.best_peer();
    for row in &outcome.rows {
        let ratio = best.map_or_else(|| "-".into(), |best| format!("{:.2}", best.ns / row.ns));
        let mark = if row.comparable { "" } else { "*" };
        writeln!(
            out,
            "{:44} {:>8}  {:22} {:>11.2} {:>8.2} {:>7}",
            outcome.workload,
            outcome.bytes,
            format!("{}{mark}", row.engine),
            row.ns,
            outcome.bytes as f64 / row.ns,
            ratio
        )?;
    }
    Ok(())
}

pub(crate) fn write_json(out: &mut impl Write, outcome: &Outcome) -> io::Result<()> {
    for row in &outcome.rows {
        let row = json!({
            "workload": outcome.workload, "bytes": outcome.bytes, "engine": row.engine, "ns": row.ns,
        });
        writeln!(out, "{row}")?;
    }
    Ok(())
}

pub(crate) fn write_legend(out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "\nratio: the best peer's time over the engine's (above 1 is faster than every peer)\n\
         *: does less than the workload asks, or is a floor; not counted as a peer"
    )
}
