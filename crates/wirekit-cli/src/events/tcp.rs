//! One TCP segment.

use core::net::Ipv4Addr;

use serde_json::{Map, Value};
use wirekit::tcp::{Error, Flags, Header, PseudoHeader, Segment, SeqNumber};

use super::event::{Event, Keys, latin1};
use super::message::{Fault, Message};
use super::packet::{self, Whole};
use super::{Decoder, Encoder, Rejection, tcp_option};

/// Reads one segment: all that it is fed.
#[derive(Debug)]
pub struct SegmentDecoder {
    whole: Whole,
    pseudo: Option<PseudoHeader>,
}

impl SegmentDecoder {
    /// A decoder that verifies the checksum if it knows the addresses.
    pub fn new(pseudo: Option<PseudoHeader>) -> Self {
        Self {
            whole: Whole::default(),
            pseudo,
        }
    }
}

impl Decoder for SegmentDecoder {
    fn feed(&mut self, bytes: &[u8], _events: &mut Vec<Event>) {
        self.whole.push(bytes);
    }

    fn finish(&mut self, events: &mut Vec<Event>) {
        let Some((bytes, len)) = self.whole.take() else {
            return;
        };
        let segment = match Segment::parse_captured(&bytes, len) {
            Ok(segment) => segment,
            Err(error) => return events.push(fault(error)),
        };
        let broken = segment.options().iter().find_map(Result::err);
        let captured = CapturedSegment {
            len,
            pseudo: self.pseudo,
            bytes,
        };
        let message = Message::Segment(Box::new(captured));
        events.push(Event::new(message, 0, len as u64));
        events.extend(broken.map(fault));
    }

    fn held_len(&self) -> usize {
        self.whole.held_len()
    }
}

/// A segment, kept as it was read: its fields and options are views of the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CapturedSegment {
    bytes: Vec<u8>,
    /// On the wire; bytes beyond what is kept are counted.
    len: usize,
    pseudo: Option<PseudoHeader>,
}

impl CapturedSegment {
    /// The segment.
    ///
    /// # Errors
    ///
    /// None for one that a decoder gave.
    pub fn segment(&self) -> Result<Segment<'_>, Error> {
        Segment::parse_captured(&self.bytes, self.len)
    }

    /// What is padding, and options behind one that is broken, are not in its keys.
    pub(crate) fn from_json(keys: Keys<'_>) -> Result<Self, Rejection> {
        let bytes = encoded(keys)?;
        let data_len = keys.bytes("data")?.len();
        let payload_len: usize = keys.number("payload_len")?;
        Ok(Self {
            len: bytes.len() + payload_len.saturating_sub(data_len),
            bytes,
            pseudo: packet::pseudo_of(keys)?,
        })
    }

    pub(crate) fn to_json(&self) -> Map<String, Value> {
        let Ok(segment) = self.segment() else {
            return Map::new();
        };
        let options = segment.options().into_iter().flatten();
        let options: Value = options.map(|it| tcp_option::to_keys(&it)).collect();
        // A checksum over bytes that were not kept cannot be verified.
        let pseudo = self.pseudo.filter(|_| self.bytes.len() == self.len);
        let verdict = pseudo.map(|pseudo| segment.verify_checksum(&pseudo));
        let flags: Vec<Value> = segment.flags().names().map(Value::from).collect();
        packet::addressed(self.pseudo.as_ref())
            .with("source_port", segment.source_port())
            .with("destination_port", segment.destination_port())
            .with("sequence_number", segment.sequence_number().0)
            .with("acknowledgment_number", segment.acknowledgment_number().0)
            .with("flags", flags)
            .with("window", segment.window())
            .with("payload_len", segment.payload_len())
            .with(
                "checksum",
                verdict.map_or("unverified", packet::checksum_name),
            )
            .with("options", options)
            .with("urgent_pointer", segment.urgent_pointer())
            .with("reserved", segment.flags().bits() >> 9)
            .with("checksum_field", segment.checksum())
            .with("data", latin1(segment.payload()))
            .done()
    }
}

fn fault(error: Error) -> Event {
    let kind = error.kind();
    let fault = Fault::new(kind.as_str(), &kind, kind.spec());
    Event::error(error.offset() as u64, fault)
}

/// Writes segments.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct SegmentEncoder;

impl Encoder for SegmentEncoder {
    fn encode(&mut self, event: &Map<String, Value>, out: &mut Vec<u8>) -> Result<(), Rejection> {
        let keys = Keys(event);
        keys.expect("segment")?;
        out.extend(encoded(keys)?);
        Ok(())
    }

    fn finish(&mut self, _out: &mut Vec<u8>) -> Result<(), Rejection> {
        Ok(())
    }
}

fn encoded(keys: Keys<'_>) -> Result<Vec<u8>, Rejection> {
    let header = Header {
        source_port: keys.number("source_port")?,
        destination_port: keys.number("destination_port")?,
        sequence_number: SeqNumber(keys.number("sequence_number")?),
        acknowledgment_number: SeqNumber(keys.number("acknowledgment_number")?),
        flags: flags(keys)?,
        window: keys.number("window")?,
        urgent_pointer: match keys.get("urgent_pointer") {
            Some(_) => keys.number("urgent_pointer")?,
            None => 0,
        },
    };
    let data = keys.bytes("data")?;
    // The codec reads the options that it is to write, so that what it would not read is not written.
    let image = tcp_option::image(keys.list("options")?)?;
    let options = Segment::parse(&image)
        .map_err(|error| Rejection::rule(error.kind()))?
        .options()
        .into_iter()
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| Rejection::rule(error.kind()))?;
    let pseudo = match packet::pseudo_of(keys)? {
        Some(pseudo) => pseudo,
        None if keys.get("checksum_field").is_some() => PseudoHeader::V4 {
            source: Ipv4Addr::UNSPECIFIED,
            destination: Ipv4Addr::UNSPECIFIED,
        },
        None => {
            let text = "a segment needs `source` and `destination`, or `checksum_field`";
            return Err(Rejection::Malformed(text.into()));
        }
    };
    let mut segment = Vec::new();
    header
        .encode(&options, &pseudo, &data, &mut segment)
        .map_err(Rejection::rule)?;
    packet::set_checksum(keys, segment.get_mut(16..18))?;
    Ok(segment)
}

fn flags(keys: Keys<'_>) -> Result<Flags, Rejection> {
    let mut flags = match keys.get("reserved") {
        Some(_) => Flags::from_bits(keys.number::<u16>("reserved")? << 9),
        None => Flags::NONE,
    };
    for name in keys.list("flags")? {
        flags |= name.as_str().and_then(Flags::from_name).ok_or_else(|| {
            Rejection::Malformed("`flags` must be a list of the RFC's names".into())
        })?;
    }
    Ok(flags)
}
