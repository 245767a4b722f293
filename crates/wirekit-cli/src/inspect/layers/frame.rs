//! What every layer below IP gives, and how headers are taken off.

use crate::inspect::capture::LinkType;

/// What a frame carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Frame<'a> {
    /// An IPv4 or IPv6 packet, and perhaps padding behind it.
    Ip(&'a [u8]),
    /// Another protocol, by its name.
    Other(&'static str),
}

/// Why nothing can be said about a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinkError {
    /// The frame ends inside its link header.
    Truncated,
    /// A kind of link that is not read.
    UnknownLinkType(LinkType),
    /// The address family of a BSD loopback header is not IP's.
    UnknownFamily(u32),
}

impl core::fmt::Display for LinkError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Truncated => f.write_str("the frame ends inside its link header"),
            Self::UnknownLinkType(link) => write!(f, "link type {} is not read", link.0),
            Self::UnknownFamily(family) => write!(f, "address family {family} is not IP"),
        }
    }
}

impl LinkError {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Truncated => "link.truncated",
            Self::UnknownLinkType(_) => "link.unknown_type",
            Self::UnknownFamily(_) => "link.unknown_family",
        }
    }
}

/// The first bytes of a header, and what follows them.
pub(super) fn head<const N: usize>(frame: &[u8]) -> Result<(&[u8; N], &[u8]), LinkError> {
    frame.split_first_chunk().ok_or(LinkError::Truncated)
}

/// What follows a header of `len` bytes.
pub(super) fn behind(frame: &[u8], len: usize) -> Result<&[u8], LinkError> {
    match frame.split_at_checked(len) {
        Some((_, rest)) => Ok(rest),
        None => Err(LinkError::Truncated),
    }
}
