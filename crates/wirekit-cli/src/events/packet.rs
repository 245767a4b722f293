//! What TCP segments and UDP datagrams share: the input is one, and the addresses stand outside it.

use core::net::IpAddr;

use wirekit::udp::{PseudoHeader, Verdict};

use super::Rejection;
use super::event::Keys;
use super::message::Json;

/// The most that IP delivers at once, jumbograms aside: what lies beyond is counted and not kept.
const MAX_LEN: usize = u16::MAX as usize;

/// An input that is one packet.
#[derive(Debug, Default)]
pub(crate) struct Whole {
    bytes: Vec<u8>,
    len: u64,
    reported: bool,
}

impl Whole {
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.len += bytes.len() as u64;
        let room = MAX_LEN.saturating_sub(self.bytes.len());
        self.bytes.extend(bytes.iter().take(room));
    }

    /// The bytes that are kept and how many there were; once.
    pub(crate) fn take(&mut self) -> Option<(Vec<u8>, usize)> {
        let len = usize::try_from(self.len).unwrap_or(usize::MAX);
        let reported = core::mem::replace(&mut self.reported, true);
        (!reported).then(|| (core::mem::take(&mut self.bytes), len))
    }

    /// The memory that is held.
    pub(crate) fn held_len(&self) -> usize {
        self.bytes.capacity()
    }
}

/// An object with the addresses, where they are known.
pub(crate) fn addressed(pseudo: Option<&PseudoHeader>) -> Json {
    match pseudo {
        Some(pseudo) => Json::new()
            .with("source", pseudo.source().to_string())
            .with("destination", pseudo.destination().to_string()),
        None => Json::new(),
    }
}

/// The addresses of an event that has them.
pub(crate) fn pseudo_of(keys: Keys<'_>) -> Result<Option<PseudoHeader>, Rejection> {
    if keys.get("source").is_none() && keys.get("destination").is_none() {
        return Ok(None);
    }
    let address = |key| -> Result<IpAddr, Rejection> {
        let no_address = |_| Rejection::Malformed(format!("`{key}` must be an address"));
        keys.text(key)?.parse().map_err(no_address)
    };
    PseudoHeader::new(address("source")?, address("destination")?)
        .map(Some)
        .ok_or_else(|| Rejection::Malformed("the addresses are of two families".into()))
}

/// A verdict in the words of the output: what a network card was to fill in is offloaded, in whichever way.
pub(crate) const fn checksum_name(verdict: Verdict) -> &'static str {
    if verdict.is_unfinished() {
        Verdict::Offloaded.as_str()
    } else {
        verdict.as_str()
    }
}

/// Puts the checksum that the event has over the one that was computed.
pub(crate) fn set_checksum(keys: Keys<'_>, place: Option<&mut [u8]>) -> Result<(), Rejection> {
    if let (Some(_), Some(place)) = (keys.get("checksum_field"), place) {
        place.copy_from_slice(&keys.number::<u16>("checksum_field")?.to_be_bytes());
    }
    Ok(())
}
