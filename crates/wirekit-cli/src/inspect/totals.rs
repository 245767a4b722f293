//! What the whole capture held, and what was left out of the telling.

use std::collections::BTreeMap;

use super::put::{counted, grouped};

/// The counts of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Totals {
    pub(crate) packets: u64,
    pub(crate) tcp_packets: u64,
    pub(crate) udp_packets: u64,
    /// IP fragments, until the last piece came.
    pub(crate) fragments: u64,
    /// Other protocols, by name.
    pub(crate) others: BTreeMap<&'static str, u64>,
    /// Packets that break a rule, by kind.
    pub(crate) errors: BTreeMap<&'static str, u64>,
    pub(crate) bad_checksums: u64,
    pub(crate) connections: u64,
    /// Connections that made room for others before the capture's end.
    pub(crate) evicted_connections: u64,
    /// Packets that were not put together: given up, and incomplete at the end.
    pub(crate) dropped_fragmented: u64,
    pub(crate) incomplete_fragmented: u64,
    /// Messages given up because there was no room for what was not whole yet.
    pub(crate) unread_messages: u64,
    /// Lines that a filter would have kept, but that had no room to wait for its word.
    pub(crate) left_out_lines: u64,
    /// Bytes of streams that the capture does not hold.
    pub(crate) missing_len: u64,
}

impl Totals {
    /// The counts as one line, and what was dropped as further ones.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut parts = vec![
            counted(self.packets, "packet"),
            counted(self.connections, "connection"),
        ];
        let protocols = [
            ("tcp", self.tcp_packets),
            ("udp", self.udp_packets),
            ("fragment", self.fragments),
        ];
        let named = protocols
            .into_iter()
            .chain(self.others.iter().map(|(name, count)| (*name, *count)));
        parts.extend(
            named
                .filter(|(_, count)| *count > 0)
                .map(|(name, count)| format!("{name} {}", grouped(count))),
        );
        let mut lines = vec![parts.join(", ")];
        if !self.errors.is_empty() {
            let kinds: Vec<String> = self
                .errors
                .iter()
                .map(|(kind, count)| format!("{kind} {}", grouped(*count)))
                .collect();
            lines.push(format!("broken packets: {}", kinds.join(", ")));
        }
        if self.bad_checksums > 0 {
            lines.push(format!("bad checksums: {}", grouped(self.bad_checksums)));
        }
        lines.extend(self.dropped());
        if self.missing_len > 0 {
            lines.push(format!(
                "missing: {} of streams",
                counted(self.missing_len, "byte")
            ));
        }
        if self.incomplete_fragmented > 0 {
            lines.push(format!(
                "incomplete: {}",
                counted(self.incomplete_fragmented, "fragmented packet")
            ));
        }
        lines
    }

    /// What was dropped to stay within bounds, a line each.
    pub(crate) fn dropped(&self) -> Vec<String> {
        let dropped = [
            (
                self.evicted_connections,
                "connection",
                "made room for others (--max-connections)",
            ),
            (self.dropped_fragmented, "fragmented packet", "given up"),
            (
                self.unread_messages,
                "message",
                "given up for want of room (--max-buffered)",
            ),
            (
                self.left_out_lines,
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
}
