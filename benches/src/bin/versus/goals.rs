//! What the codecs are to reach, beside what they reach.

use std::io::{self, Write};

use crate::summary::{Outcome, geometric_mean};

/// How many times as fast as a peer, or as a floor, our engine is to be.
struct Goal {
    /// One workload, or with `*` at the end all whose names begin so.
    workloads: &'static str,
    over: Over,
    /// The other engine's name; `BEST` is whichever peer is fastest.
    engine: &'static str,
    least: f64,
}

/// What counts where there are many workloads.
#[derive(Clone, Copy)]
enum Over {
    Each,
    Mean,
}

const BEST: &str = "best peer";

const fn each(workloads: &'static str, engine: &'static str, least: f64) -> Goal {
    Goal {
        workloads,
        over: Over::Each,
        engine,
        least,
    }
}

const fn mean(workloads: &'static str, engine: &'static str, least: f64) -> Goal {
    Goal {
        workloads,
        over: Over::Mean,
        engine,
        least,
    }
}

#[rustfmt::skip]
const GOALS: &[Goal] = &[
    each("checksum/segment/40", "etherparse", 1.0),
    each("checksum/segment/1480", "smoltcp", 2.0),
    each("checksum/segment/1480", "etherparse", 4.0),
    each("checksum/segment/65515", "smoltcp", 2.4),
    each("tcp/parse/*", "etherparse", 1.0),
    each("tcp/parse/timestamps_and_sack", "etherparse", 1.3),
    each("tcp/encode/syn", "smoltcp", 2.5),
    mean("http1/parse-*", "httparse", 3.5),
    mean("http1/parse-*", "picohttpparser-sse4.2", 2.0),
    each("http1/parse-*", "httparse", 1.8),
    each("http1/parse-request/mixed-512", "httparse", 3.7),
    each("http1/parse-request/mixed-512", "picohttpparser-sse4.2", 2.5),
    each("http1/frame-request/*", "httparse (head only)", 1.0),
    // The table is filled when the head is whole: every byte is looked at twice.
    each("http1/resume-request/chrome-1459-by-64", "picohttpparser-sse4.2", 1.5),
    each("http1/resume-request/cookie-8359-by-64", "picohttpparser-sse4.2", 1.5),
    each("http1/resume-request/*", "picohttpparser-sse4.2", 1.0),
    each("http1/resume-request/cookie-8359-by-1", "httparse", 100.0),
    each("http1/chunked-spans/16", "httparse", 5.0),
    each("http1/chunked-spans/random-1-200", "httparse", 1.5),
    each("http1/chunked-copy/*", "httparse and copy", 2.0),
    // At most 1.05 times the time of a plain loop in C, and 1.6 times to index 20 keys on the way.
    each("uwsgi/walk/firefox", "c", 1.0 / 1.05),
    each("uwsgi/index/firefox", "c walk", 1.0 / 1.6),
    each("uwsgi/encode/firefox", "c", 1.0 / 0.8),
    each("websocket/decode/text-32", BEST, 4.0),
    each("websocket/decode/chinese-30", BEST, 1.8),
    each("websocket/decode/binary-1K", BEST, 1.7),
    each("websocket/text-in-place/ascii-64K", "sockudo-ws", 1.7),
    each("websocket/text-in-place/ascii-64K", "memcpy", 1.3),
    each("websocket/text-in-place/chinese-64K", "simdutf8-alone", 1.0 / 1.1),
    each("websocket/unmask/*", BEST, 0.95),
    each("websocket/encode/server-32", BEST, 1.3),
    each("websocket/encode/client-32", BEST, 1.3),
    each("websocket/deflate-*", "sockudo-ws", 1.0),
];

/// Writes a row for each goal whose workloads were all measured.
pub(crate) fn write(
    out: &mut impl Write,
    outcomes: &[Outcome],
    names: &[String],
) -> io::Result<()> {
    let rows: Vec<(&Goal, f64)> = GOALS
        .iter()
        .filter_map(|goal| Some((goal, goal.reached(outcomes, names)?)))
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\n{:44} {:22} {:>8} {:>8}  the other engine's time over ours",
        "goal", "over", "at least", "reached"
    )?;
    for (goal, reached) in rows {
        let which = match goal.over {
            Over::Mean => ", mean",
            Over::Each if goal.workloads.ends_with('*') => ", each",
            Over::Each => "",
        };
        writeln!(
            out,
            "{:44} {:22} {:>8.2} {reached:>8.2}{}",
            format!("{}{which}", goal.workloads),
            goal.engine,
            goal.least,
            if reached < goal.least { "  missed" } else { "" }
        )?;
    }
    Ok(())
}

impl Goal {
    fn is_about(&self, workload: &str) -> bool {
        match self.workloads.strip_suffix('*') {
            Some(start) => workload.starts_with(start),
            None => workload == self.workloads,
        }
    }

    /// The mean or the least of the ratios, if every workload that the goal is about was measured.
    fn reached(&self, outcomes: &[Outcome], names: &[String]) -> Option<f64> {
        let asked = names.iter().filter(|name| self.is_about(name)).count();
        assert!(
            asked > 0,
            "a goal about {}, which is not there",
            self.workloads
        );
        let about: Vec<&Outcome> = outcomes
            .iter()
            .filter(|outcome| self.is_about(&outcome.workload))
            .collect();
        if about.len() < asked {
            return None;
        }
        let ratios: Vec<f64> = about
            .into_iter()
            .filter_map(|outcome| Some(self.time(outcome)? / outcome.time("wirekit")?))
            .collect();
        assert!(
            !ratios.is_empty(),
            "{} has no engine {}",
            self.workloads,
            self.engine
        );
        match self.over {
            Over::Mean => Some(geometric_mean(&ratios)),
            Over::Each => ratios.into_iter().min_by(f64::total_cmp),
        }
    }

    /// The other engine's time.
    fn time(&self, outcome: &Outcome) -> Option<f64> {
        if self.engine == BEST {
            outcome.best_peer().map(|best| best.ns)
        } else {
            outcome.time(self.engine)
        }
    }
}
