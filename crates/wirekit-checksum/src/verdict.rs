/// What a checksum field says about the bytes that it covers: RFC 9293 section 3.1, RFC 768, RFC 8200 section 8.1.
///
/// ```
/// use core::net::Ipv4Addr;
/// use wirekit_checksum::{Protocol, PseudoHeader, Verdict};
///
/// let pseudo = PseudoHeader::V4 { source: Ipv4Addr::LOCALHOST, destination: Ipv4Addr::LOCALHOST };
/// let verdict = |[a, b]: [u8; 2]| {
///     let datagram = [0, 53, 0, 53, 0, 9, a, b, b'x'];
///     pseudo.verdict(Protocol::UDP, &datagram, u16::from_be_bytes([a, b]))
/// };
/// assert_eq!(verdict([0x89, 0x6f]), Verdict::Good);
/// assert_eq!(verdict([0x89, 0x70]), Verdict::Bad);
/// assert_eq!(verdict([0, 0]), Verdict::Zero); // to UDP over IPv4 this is `Absent`
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Verdict {
    /// The bytes are as they were sent.
    Good,
    /// The bytes, the addresses or the field were changed on the way.
    Bad,
    /// The field holds the sum of the pseudo-header alone, not complemented: the sender's network card was to finish
    /// it, and the packet was seen before it did.
    Offloaded,
    /// The field holds the sum of a pseudo-header whose length is zero: the sender's network card was to cut the
    /// packet into several, each with a length and a checksum of its own (large send offload), and it was seen before
    /// that.
    SegmentationOffloaded,
    /// The field is zero, and the bytes do not sum up to that: a driver that leaves all of it to the network card, or
    /// a sender that computed nothing where it had to.
    ///
    /// Zero shows no more than that; a receiver drops such a packet as it drops a bad one.
    Zero,
    /// The sender sent none, and was allowed not to.
    Absent,
}

impl Verdict {
    /// `"good"`, `"bad"`, `"offloaded"`, `"segmentation_offloaded"`, `"zero"` or `"absent"`: never renamed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Offloaded => "offloaded",
            Self::SegmentationOffloaded => "segmentation_offloaded",
            Self::Zero => "zero",
            Self::Absent => "absent",
        }
    }

    /// Whether the field may be one that the sender's network card was still to fill in, so that a capture made on
    /// the sender's side says nothing against the packet: [`Offloaded`](Self::Offloaded),
    /// [`SegmentationOffloaded`](Self::SegmentationOffloaded) or [`Zero`](Self::Zero).
    pub const fn is_unfinished(self) -> bool {
        match self {
            Self::Offloaded | Self::SegmentationOffloaded | Self::Zero => true,
            Self::Good | Self::Bad | Self::Absent => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Verdict;

    #[test]
    fn names_and_what_a_card_was_to_finish() {
        let rows = [
            (Verdict::Good, "good", false),
            (Verdict::Bad, "bad", false),
            (Verdict::Offloaded, "offloaded", true),
            (
                Verdict::SegmentationOffloaded,
                "segmentation_offloaded",
                true,
            ),
            (Verdict::Zero, "zero", true),
            (Verdict::Absent, "absent", false),
        ];
        for (verdict, name, is_unfinished) in rows {
            assert_eq!(
                (verdict.as_str(), verdict.is_unfinished()),
                (name, is_unfinished)
            );
        }
    }
}
