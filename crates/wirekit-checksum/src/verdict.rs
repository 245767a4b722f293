/// What a checksum field says about the bytes that it covers.
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
    /// The sender sent none, and was allowed not to.
    Absent,
}

impl Verdict {
    /// `"good"`, `"bad"`, `"offloaded"` or `"absent"`: never renamed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Offloaded => "offloaded",
            Self::Absent => "absent",
        }
    }
}
