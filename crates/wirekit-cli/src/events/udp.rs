//! One UDP datagram.

use wirekit::udp::{Datagram, Error, Header, PseudoHeader};

use super::event::{Event, Keys, latin1};
use super::message::{Fault, Message};
use super::packet::{self, Whole};
use super::{Decoder, Encoder, Rejection};
use serde_json::{Map, Value};

/// Reads one datagram: all that it is fed.
#[derive(Debug)]
pub struct DatagramDecoder {
    whole: Whole,
    pseudo: Option<PseudoHeader>,
}

impl DatagramDecoder {
    /// A decoder that verifies the checksum if it knows the addresses.
    pub fn new(pseudo: Option<PseudoHeader>) -> Self {
        Self {
            whole: Whole::default(),
            pseudo,
        }
    }
}

impl Decoder for DatagramDecoder {
    fn feed(&mut self, bytes: &[u8], _events: &mut Vec<Event>) {
        self.whole.push(bytes);
    }

    fn finish(&mut self, events: &mut Vec<Event>) {
        let Some((bytes, _)) = self.whole.take() else {
            return;
        };
        // What stands behind it is not its own.
        let bytes = match Datagram::parse(&bytes) {
            Ok(datagram) => datagram.as_bytes().to_vec(),
            Err(error) => return events.push(fault(error)),
        };
        let len = bytes.len() as u64;
        let pseudo = self.pseudo;
        let message = Message::Datagram(Box::new(CapturedDatagram { bytes, pseudo }));
        events.push(Event::new(message, 0, len));
    }

    fn held_len(&self) -> usize {
        self.whole.held_len()
    }
}

/// A datagram, kept as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CapturedDatagram {
    bytes: Vec<u8>,
    pseudo: Option<PseudoHeader>,
}

impl CapturedDatagram {
    /// The datagram.
    ///
    /// # Errors
    ///
    /// None for one that a decoder gave.
    pub fn datagram(&self) -> Result<Datagram<'_>, Error> {
        Datagram::parse(&self.bytes)
    }

    pub(crate) fn from_json(keys: Keys<'_>) -> Result<Self, Rejection> {
        Ok(Self {
            bytes: encoded(keys)?,
            pseudo: packet::pseudo_of(keys)?,
        })
    }

    pub(crate) fn to_json(&self) -> Map<String, Value> {
        let Ok(datagram) = self.datagram() else {
            return Map::new();
        };
        let verdict = self.pseudo.map(|pseudo| datagram.verify_checksum(&pseudo));
        packet::addressed(self.pseudo.as_ref())
            .with("source_port", datagram.source_port())
            .with("destination_port", datagram.destination_port())
            .with("payload_len", datagram.payload_len())
            .with(
                "checksum",
                verdict.map_or("unverified", packet::checksum_name),
            )
            .with("checksum_field", datagram.checksum())
            .with("data", latin1(datagram.payload()))
            .done()
    }
}

fn fault(error: Error) -> Event {
    let kind = error.kind();
    let fault = Fault::new(kind.as_str(), &kind, kind.spec());
    Event::error(error.offset() as u64, fault)
}

/// Writes datagrams.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct DatagramEncoder;

impl Encoder for DatagramEncoder {
    fn encode(&mut self, event: &Map<String, Value>, out: &mut Vec<u8>) -> Result<(), Rejection> {
        let keys = Keys(event);
        keys.expect("datagram")?;
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
    };
    let data = keys.bytes("data")?;
    let mut datagram = Vec::new();
    match packet::pseudo_of(keys)? {
        Some(pseudo) => header.encode(&pseudo, &data, &mut datagram),
        None => header.encode_without_checksum(&data, &mut datagram),
    }
    .map_err(Rejection::rule)?;
    packet::set_checksum(keys, datagram.get_mut(6..8))?;
    Ok(datagram)
}
