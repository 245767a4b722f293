wirekit_macros::flags! {
    /// What stands out about one segment of a connection: a set, empty for most. Each note names the section that it is of.
    ///
    /// Notes are conclusions from what passed the observer, not what the ends know: time alone distinguishes a segment
    /// that was lost before it reached the observer from one that was delayed.
    ///
    /// ```
    /// use wirekit_tcp::track::Notes;
    ///
    /// let notes = Notes::RETRANSMISSION | Notes::ZERO_WINDOW;
    /// assert!(notes.contains(Notes::RETRANSMISSION));
    /// assert_eq!(notes.names().count(), 2);
    /// ```
    pub struct Notes(u32) {
        /// Sequence numbers that were seen before, or that are seen too late to have been only reordered.
        RETRANSMISSION = 0, "retransmission";
        /// A retransmission that three equal acknowledgments asked for: RFC 5681 section 3.2.
        FAST_RETRANSMISSION = 1, "fast_retransmission";
        /// A retransmission of what the peer has acknowledged.
        SPURIOUS_RETRANSMISSION = 2, "spurious_retransmission";
        /// Sequence numbers before those of an earlier segment, seen for the first time and soon after it.
        OUT_OF_ORDER = 3, "out_of_order";
        /// An acknowledgment that repeats the last one and brings nothing else: RFC 5681 section 2.
        DUPLICATE_ACK = 4, "duplicate_ack";
        /// Sequence numbers are missing before this segment.
        PREVIOUS_SEGMENT_LOST = 5, "previous_segment_lost";
        /// It acknowledges sequence numbers that were never seen: the observer missed them.
        ACKED_UNSEEN = 6, "acked_unseen";
        /// The sender's receive window is closed: RFC 9293 section 3.8.6.
        ZERO_WINDOW = 7, "zero_window";
        /// One byte sent into a closed window, to ask whether it has opened: RFC 9293 section 3.8.6.1.
        ZERO_WINDOW_PROBE = 8, "zero_window_probe";
        /// The answer to a probe: the window is still closed.
        ZERO_WINDOW_PROBE_ACK = 9, "zero_window_probe_ack";
        /// Nothing new but a window.
        WINDOW_UPDATE = 10, "window_update";
        /// The segment fills the peer's receive window to its end.
        WINDOW_FULL = 11, "window_full";
        /// The last sequence number again, to ask whether the peer is there: RFC 9293 section 3.8.4.
        KEEP_ALIVE = 12, "keep_alive";
        /// The answer to a keep-alive.
        KEEP_ALIVE_ACK = 13, "keep_alive_ack";
        /// A new connection between the ports of an earlier one.
        PORTS_REUSED = 14, "ports_reused";
        /// The connection was there before the observer: no SYN of it was seen.
        MID_STREAM = 15, "mid_stream";
        /// An end answers a SYN out of a connection that the other end no longer has: RFC 9293 section 3.5.1.
        HALF_OPEN = 16, "half_open";
        /// Both ends send SYN: RFC 9293 section 3.5, figure 7.
        SIMULTANEOUS_OPEN = 17, "simultaneous_open";
        /// Both ends send FIN before they receive the other's: RFC 9293 section 3.6, figure 13.
        SIMULTANEOUS_CLOSE = 18, "simultaneous_close";
        /// A RST whose numbers the receiver has to ignore: RFC 9293 section 3.10.7.
        RESET_IGNORED = 19, "reset_ignored";
        /// Sequence numbers beyond the sender's own FIN.
        DATA_AFTER_FIN = 20, "data_after_fin";
        /// The checksum is bad, so the receiver drops the segment: nothing else was concluded from it.
        BAD_CHECKSUM = 21, "bad_checksum";
    }
}
