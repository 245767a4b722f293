//! One UDP datagram.

use wirekit::udp::{Datagram, Error, Header, PseudoHeader};

use super::event::{Event, Keys, latin1};
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
        events.push(match Datagram::parse(&bytes) {
            Ok(datagram) => self.event(&datagram),
            Err(error) => fault(error),
        });
    }

    fn held_len(&self) -> usize {
        self.whole.held_len()
    }
}

impl DatagramDecoder {
    fn event(&self, datagram: &Datagram<'_>) -> Event {
        let verdict = self.pseudo.map(|pseudo| datagram.verify_checksum(&pseudo));
        packet::addressed("datagram", datagram.as_bytes().len(), self.pseudo.as_ref())
            .with("source_port", datagram.source_port())
            .with("destination_port", datagram.destination_port())
            .with("payload_len", datagram.payload_len())
            .with(
                "checksum",
                verdict.map_or("unverified", packet::checksum_name),
            )
            .with("checksum_field", datagram.checksum())
            .with("data", latin1(datagram.payload()))
    }
}

fn fault(error: Error) -> Event {
    Event::error(
        error.offset() as u64,
        error.kind().as_str(),
        &error.kind(),
        error.kind().spec(),
    )
}

/// Writes datagrams.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct DatagramEncoder;

impl Encoder for DatagramEncoder {
    fn encode(&mut self, event: &Map<String, Value>, out: &mut Vec<u8>) -> Result<(), Rejection> {
        let keys = Keys(event);
        keys.expect("datagram")?;
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
        out.extend(datagram);
        Ok(())
    }

    fn finish(&mut self, _out: &mut Vec<u8>) -> Result<(), Rejection> {
        Ok(())
    }
}
