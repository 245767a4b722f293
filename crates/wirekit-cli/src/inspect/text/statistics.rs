//! Statistics as tables, for lines of text and for a page.

use wirekit::tcp::track::Side;

use super::put::{Put as _, duration, grouped, path};
use crate::inspect::conversation::measure::Summary;
use crate::inspect::conversation::sides::Sides;
use crate::inspect::conversation::statistics::{Protocol, Statistics, Talker};

/// Addresses that are shown to people.
const MAX_TALKERS: usize = 10;

/// Rows of cells under a heading.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) title: &'static str,
    pub(crate) heading: &'static [&'static str],
    pub(crate) rows: Vec<Vec<String>>,
    /// What the rows do not say.
    pub(crate) rest: Option<String>,
}

impl Table {
    /// The columns side by side, each as wide as its widest cell.
    pub(crate) fn lines(&self) -> Vec<String> {
        let heading = self.heading.iter().map(|cell| (*cell).to_owned()).collect();
        let rows: Vec<&Vec<String>> = core::iter::once(&heading).chain(&self.rows).collect();
        let width = |column: usize| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.heading.len()).map(width).collect();
        let line = |row: &&Vec<String>| {
            let cells = row.iter().zip(&widths);
            let line: String = cells
                .map(|(cell, width)| format!("{cell:<width$}  "))
                .collect();
            line.trim_end().to_owned()
        };
        rows.iter().map(line).chain(self.rest.clone()).collect()
    }
}

/// What speaks what, and who with whom; nothing of no connections.
pub(crate) fn tables(statistics: &Statistics) -> Vec<Table> {
    if statistics.is_empty() {
        return Vec::new();
    }
    vec![protocols(statistics), talkers(statistics)]
}

fn protocols(statistics: &Statistics) -> Table {
    let rows = statistics
        .protocols()
        .map(|(transport, applications, it)| {
            let mut row = vec![
                path(transport, applications),
                grouped(it.connections),
                both(it.packets),
                both(it.payload_len),
                rates(it),
            ];
            row.extend(match transport {
                "tcp" => [
                    again(it),
                    both(it.counts.map(|it| it.full_windows)),
                    round_trip(it.round_trips.client.summary()),
                    round_trip(it.round_trips.server.summary()),
                ],
                _ => [(); 4].map(|()| String::from("-")),
            });
            row
        })
        .collect();
    Table {
        title: "Protocols",
        heading: &[
            "protocol",
            "connections",
            "packets >/<",
            "bytes >/<",
            "throughput >/<",
            "sent again",
            "full windows >/<",
            "round trip to the server: min, median, max",
            "to the client",
        ],
        rows,
        rest: None,
    }
}

fn talkers(statistics: &Statistics) -> Table {
    let talkers = statistics.talkers();
    let row = |name: String, it: &Talker| {
        vec![
            name,
            grouped(it.connections),
            grouped(it.packets_sent),
            grouped(it.packets_received),
            grouped(it.bytes_sent),
            grouped(it.bytes_received),
        ]
    };
    let mut rows: Vec<Vec<String>> = talkers
        .iter()
        .take(MAX_TALKERS)
        .map(|(address, it)| {
            let mut end = Vec::new();
            end.address(*address);
            end.name(it.name.as_ref());
            row(String::from_utf8_lossy(&end).into_owned(), it)
        })
        .collect();
    if let Some(others) = statistics.other_talkers() {
        rows.push(row(String::from("others, together"), others));
    }
    let more = talkers.len().saturating_sub(MAX_TALKERS) as u64;
    Table {
        title: "Addresses",
        heading: &[
            "address",
            "connections",
            "packets sent",
            "packets received",
            "bytes sent",
            "bytes received",
        ],
        rows,
        rest: (more > 0).then(|| format!("and {} more", grouped(more))),
    }
}

fn both(counts: Sides<u64>) -> String {
    format!("{}/{}", grouped(counts.client), grouped(counts.server))
}

fn rates(protocol: &Protocol) -> String {
    let rate = |side| {
        let rate = protocol.throughput(side);
        rate.map_or_else(|| String::from("-"), rate_of)
    };
    format!("{}/{}", rate(Side::Client), rate(Side::Server))
}

/// Bytes a second in the unit that suits them: `312 B/s`, `4.52 kB/s`, `1.23 MB/s`.
pub(crate) fn rate_of(rate: u64) -> String {
    let units = [(1_000_000_000, "GB/s"), (1_000_000, "MB/s"), (1000, "kB/s")];
    match units.into_iter().find(|(unit, _)| rate >= *unit) {
        Some((unit, name)) => format!("{}.{:02} {name}", rate / unit, rate % unit * 100 / unit),
        None => format!("{rate} B/s"),
    }
}

/// `5 of 82 (6.1 %)`: segments with payload.
fn again(protocol: &Protocol) -> String {
    let mut sum = protocol.counts.client;
    sum.add(&protocol.counts.server);
    let (again, all) = (sum.retransmissions, sum.data_segments);
    match (again * 1000 + all / 2).checked_div(all) {
        Some(rate) if again > 0 => format!(
            "{} of {} ({}.{} %)",
            grouped(again),
            grouped(all),
            rate / 10,
            rate % 10
        ),
        _ => format!("0 of {}", grouped(all)),
    }
}

fn round_trip(summary: Option<Summary>) -> String {
    match summary {
        Some(Summary { min, median, max }) => {
            format!("{}, {}, {}", duration(min), duration(median), duration(max))
        }
        None => String::from("-"),
    }
}

#[cfg(test)]
mod tests {
    use super::rate_of;

    #[test]
    fn rates_have_units() {
        let rows = [
            (999, "999 B/s"),
            (1000, "1.00 kB/s"),
            (12_345_678, "12.34 MB/s"),
            (2_000_000_000, "2.00 GB/s"),
        ];
        for (rate, text) in rows {
            assert_eq!(rate_of(rate), text);
        }
    }
}
