//! What the whole capture held, and what was left out of the telling.

use std::collections::BTreeMap;

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
    /// Bytes of streams that were not waited for any longer, because what came after them had no room.
    pub(crate) given_up_len: u64,
    /// Lines that a filter would have kept, but that had no room to wait for its word.
    pub(crate) left_out_lines: u64,
    /// Bytes of streams that the capture does not hold.
    pub(crate) missing_len: u64,
}
