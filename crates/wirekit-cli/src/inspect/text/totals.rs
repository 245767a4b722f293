//! The counts of a run, a line each.

use super::put::{counted, grouped};
use crate::inspect::conversation::totals::Totals;

/// The counts as one line, and what was dropped as further ones.
pub(crate) fn lines(totals: &Totals) -> Vec<String> {
    let mut parts = vec![
        counted(totals.packets, "packet"),
        counted(totals.connections, "connection"),
    ];
    let protocols = [
        ("tcp", totals.tcp_packets),
        ("udp", totals.udp_packets),
        ("fragment", totals.fragments),
    ];
    let named = protocols
        .into_iter()
        .chain(totals.others.iter().map(|(name, count)| (*name, *count)));
    parts.extend(
        named
            .filter(|(_, count)| *count > 0)
            .map(|(name, count)| format!("{name} {}", grouped(count))),
    );
    let mut lines = vec![parts.join(", ")];
    if !totals.errors.is_empty() {
        let kinds: Vec<String> = totals
            .errors
            .iter()
            .map(|(kind, count)| format!("{kind} {}", grouped(*count)))
            .collect();
        lines.push(format!("broken packets: {}", kinds.join(", ")));
    }
    if totals.bad_checksums > 0 {
        lines.push(format!("bad checksums: {}", grouped(totals.bad_checksums)));
    }
    lines.extend(dropped(totals));
    if totals.missing_len > 0 {
        lines.push(format!(
            "missing: {} of streams",
            counted(totals.missing_len, "byte")
        ));
    }
    if totals.incomplete_fragmented > 0 {
        lines.push(format!(
            "incomplete: {}",
            counted(totals.incomplete_fragmented, "fragmented packet")
        ));
    }
    lines
}

/// What was dropped to stay within bounds, a line each.
pub(crate) fn dropped(totals: &Totals) -> Vec<String> {
    let dropped = [
        (
            totals.evicted_connections,
            "connection",
            "made room for others (--max-connections)",
        ),
        (totals.dropped_fragmented, "fragmented packet", "given up"),
        (
            totals.unread_messages,
            "message",
            "given up for want of room (--max-buffered)",
        ),
        (
            totals.given_up_len,
            "byte",
            "of streams not waited for, for want of room (--max-buffered)",
        ),
        (
            totals.left_out_lines,
            "line",
            "of connections whose protocol was known too late (--protocol)",
        ),
    ];
    dropped
        .into_iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, name, why)| format!("dropped: {} {why}", counted(count, name)))
        .collect()
}
