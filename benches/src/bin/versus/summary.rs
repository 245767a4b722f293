//! What a run comes to, codec by codec.

use std::io::{self, Write};

use wirekit_benches::{Measured, Workload};

/// Ratios this near to 1 are called level.
const LEVEL: core::ops::RangeInclusive<f64> = 0.95..=1.05;

/// One workload's times.
pub(crate) struct Outcome {
    pub(crate) workload: String,
    pub(crate) bytes: usize,
    pub(crate) rows: Vec<Measured>,
}

impl Outcome {
    pub(crate) fn new(workload: &Workload, rows: Vec<Measured>) -> Self {
        Self {
            workload: workload.name().to_owned(),
            bytes: workload.bytes(),
            rows,
        }
    }

    /// The fastest engine that is not ours and does the whole work.
    pub(crate) fn best_peer(&self) -> Option<&Measured> {
        self.rows
            .iter()
            .filter(|row| row.comparable && !row.engine.starts_with("wirekit"))
            .min_by(|a, b| a.ns.total_cmp(&b.ns))
    }

    pub(crate) fn time(&self, engine: &str) -> Option<f64> {
        let row = self.rows.iter().find(|row| row.engine == engine)?;
        Some(row.ns)
    }

    /// How many times as fast as the best peer our engine is.
    fn ratio(&self) -> Option<f64> {
        Some(self.best_peer()?.ns / self.time("wirekit")?)
    }

    fn codec(&self) -> &str {
        self.workload.split('/').next().unwrap_or_default()
    }
}

pub(crate) fn geometric_mean(ratios: &[f64]) -> f64 {
    (ratios.iter().map(|ratio| ratio.ln()).sum::<f64>() / ratios.len() as f64).exp()
}

pub(crate) fn write(out: &mut impl Write, outcomes: &[Outcome]) -> io::Result<()> {
    writeln!(
        out,
        "\n{:12} {:>9} {:>7} {:>6} {:>7}  geometric mean of the ratios; level is within 5 %",
        "codec", "workloads", "faster", "level", "slower"
    )?;
    for group in outcomes.chunk_by(|a, b| a.codec() == b.codec()) {
        write_codec(out, group)?;
    }
    let lost: Vec<&Outcome> = outcomes
        .iter()
        .filter(|outcome| outcome.ratio().is_some_and(|it| it < *LEVEL.start()))
        .collect();
    if !lost.is_empty() {
        writeln!(out, "\nslower than the best peer")?;
    }
    for outcome in lost {
        if let (Some(ratio), Some(best)) = (outcome.ratio(), outcome.best_peer()) {
            writeln!(out, "{:44} {ratio:>7.2}  {}", outcome.workload, best.engine)?;
        }
    }
    Ok(())
}

fn write_codec(out: &mut impl Write, group: &[Outcome]) -> io::Result<()> {
    let ratios: Vec<f64> = group.iter().filter_map(Outcome::ratio).collect();
    let (Some(first), false) = (group.first(), ratios.is_empty()) else {
        return Ok(());
    };
    let slower = ratios.iter().filter(|it| **it < *LEVEL.start()).count();
    let faster = ratios.iter().filter(|it| **it > *LEVEL.end()).count();
    writeln!(
        out,
        "{:12} {:>9} {faster:>7} {:>6} {slower:>7}  {:.2}",
        first.codec(),
        ratios.len(),
        ratios.len() - faster - slower,
        geometric_mean(&ratios)
    )
}
