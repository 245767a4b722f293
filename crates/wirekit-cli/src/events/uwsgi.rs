//! uwsgi packets, and the bodies that follow requests.

use serde_json::{Map, Value};
use wirekit::http1::{Chunk, LastChunk};
use wirekit::uwsgi::request::Body;
use wirekit::uwsgi::server::{self, Config, Event as Received};
use wirekit::uwsgi::{
    Array, Block, Direction, Error, Header, Modifier1, Packet, Quirks, Var, Vars, cache,
};

use super::event::{Event, Keys, latin1};
use super::stream::{DataRun, Pending};
use super::{Decoder, Encoder, Rejection};

/// Reads what goes to a uwsgi server.
#[derive(Debug)]
pub struct PacketDecoder {
    pending: Pending,
    data: DataRun,
    decoder: server::Decoder,
    quirks: Quirks,
    done: bool,
}

impl PacketDecoder {
    /// A decoder at the start of a connection.
    pub fn new(config: Config) -> Self {
        Self {
            pending: Pending::default(),
            data: DataRun::default(),
            decoder: server::Decoder::new(config),
            quirks: config.quirks,
            done: false,
        }
    }

    fn fail(&mut self, error: Error, events: &mut Vec<Event>) {
        self.data.flush(events);
        self.done = true;
        let (offset, kind) = (self.pending.offset() + error.offset() as u64, error.kind());
        events.push(Event::error(offset, kind.as_str(), &kind, kind.spec()));
    }
}

impl Decoder for PacketDecoder {
    fn feed(&mut self, bytes: &[u8], events: &mut Vec<Event>) {
        if self.done {
            return;
        }
        self.pending.push(bytes);
        loop {
            let start = self.pending.offset();
            let (received, used) = match self.decoder.receive(self.pending.bytes()) {
                Ok(Some(received)) => received,
                Ok(None) => return,
                Err(error) => return self.fail(error, events),
            };
            match received {
                Received::Request(request) => {
                    events
                        .push(packet(start, &request.packet()).with("vars", vars(request.vars())));
                }
                Received::Packet(it) => match block(packet(start, &it), &it, self.quirks) {
                    Ok(event) => events.push(event),
                    Err(error) => return self.fail(error, events),
                },
                // In front of the data of a chunk stands its size.
                Received::Data(data) => {
                    let coding = used.saturating_sub(data.len()) as u64;
                    self.data.push(start + coding, data, events);
                }
                Received::End => {
                    self.data.flush(events);
                    events.push(Event::new("end", start, used as u64));
                    self.decoder.start_next();
                }
                _ => {}
            }
            self.pending.consume(used);
        }
    }

    fn finish(&mut self, events: &mut Vec<Event>) {
        if self.done {
            return;
        }
        self.done = true;
        self.data.flush(events);
        if self.decoder.receive_eof().is_err() {
            events.push(Event::incomplete(self.pending.offset()));
        }
    }

    fn held_len(&self) -> usize {
        self.pending.held_len() + self.data.held_len()
    }
}

fn packet(offset: u64, packet: &Packet<'_>) -> Event {
    let modifier1 = packet.modifier1();
    // Some numbers stand in answers only.
    let name = modifier1
        .name(Direction::Request)
        .or_else(|| modifier1.name(Direction::Response));
    Event::new("packet", offset, packet.as_bytes().len() as u64)
        .with("modifier1", modifier1.0)
        .with("modifier2", packet.modifier2())
        .with("name", name)
        .with("size", packet.block().len())
}

/// The block of a packet that is no request, by its modifiers; where they do not tell, as variables if it is some.
fn block(event: Event, packet: &Packet<'_>, quirks: Quirks) -> Result<Event, Error> {
    let raw = |event: Event| event.with("block", latin1(packet.block()));
    let is_call = packet.modifier1() == Modifier1::RPC;
    Ok(match packet.header().block(Direction::Request) {
        Block::Request | Block::Vars => event.with("vars", vars(packet.vars_with(quirks)?)),
        Block::Array => match packet.array() {
            Ok(array) => event.with("items", items(array)),
            // A call's answer has the call's modifiers, and any bytes.
            Err(_) if is_call => raw(event),
            Err(error) => return Err(error),
        },
        Block::Raw | Block::Empty if !packet.block().is_empty() => raw(event),
        _ => match packet.vars() {
            Ok(some) => event.with("vars", vars(some)),
            Err(_) => raw(event),
        },
    })
}

fn vars(vars: Vars<'_>) -> Value {
    let pair = |var: Var<'_>| Value::Array(vec![latin1(var.key), latin1(var.value)]);
    vars.iter().map(pair).collect()
}

fn items(array: Array<'_>) -> Value {
    array.iter().map(latin1).collect()
}

/// Writes packets and bodies.
#[derive(Debug, Default)]
pub struct PacketEncoder {
    /// Bytes of the body that are due.
    left: u64,
    /// In the chunked coding no number of bytes is due, but an `end`.
    is_chunked: bool,
}

impl Encoder for PacketEncoder {
    fn encode(&mut self, event: &Map<String, Value>, out: &mut Vec<u8>) -> Result<(), Rejection> {
        let keys = Keys(event);
        match keys.name()? {
            "packet" if self.left == 0 && !self.is_chunked => {
                let encoded = encode_packet(keys)?;
                // What a server would refuse is not sent.
                match body(&encoded).map_err(|error| Rejection::rule(error.kind()))? {
                    Body::Length(left) => self.left = left,
                    _ => self.is_chunked = true,
                }
                out.extend(encoded);
                Ok(())
            }
            "packet" => Err(self.lacking(Rejection::Rule)),
            "data" if self.is_chunked => {
                let data = keys.bytes("data")?;
                Chunk { data: &data }.encode(out).map_err(Rejection::rule)?;
                Ok(())
            }
            "end" if self.is_chunked => {
                LastChunk { trailers: &[] }
                    .encode(out)
                    .map_err(Rejection::rule)?;
                self.is_chunked = false;
                Ok(())
            }
            "data" => {
                let data = keys.bytes("data")?;
                self.left = self.left.checked_sub(data.len() as u64).ok_or_else(|| {
                    Rejection::Rule(format!("the body ends {} bytes on", self.left))
                })?;
                out.extend(data);
                Ok(())
            }
            "end" if self.left == 0 => Ok(()),
            "end" => Err(self.lacking(Rejection::Rule)),
            name => Err(Rejection::Malformed(format!(
                "`{name}` is no event of this protocol"
            ))),
        }
    }

    fn finish(&mut self, _out: &mut Vec<u8>) -> Result<(), Rejection> {
        if self.left == 0 && !self.is_chunked {
            Ok(())
        } else {
            Err(self.lacking(Rejection::Incomplete))
        }
    }
}

impl PacketEncoder {
    fn lacking(&self, rejection: fn(String) -> Rejection) -> Rejection {
        rejection(if self.is_chunked {
            "the body lacks its `end`".into()
        } else {
            format!("the body lacks {} bytes", self.left)
        })
    }
}

/// The body that is to follow a packet, if the packet breaks no rule.
fn body(encoded: &[u8]) -> Result<Body, Error> {
    let left = match server::Decoder::new(Config::DEFAULT).receive(encoded)? {
        Some((Received::Request(request), _)) => return Ok(request.body()),
        Some((Received::Packet(it), _)) => {
            block(packet(0, &it), &it, Quirks::NONE)?;
            match it.header() {
                cache::DICTIONARY => cache::value_len(it)?,
                _ => 0,
            }
        }
        _ => 0,
    };
    Ok(Body::Length(left))
}

fn encode_packet(keys: Keys<'_>) -> Result<Vec<u8>, Rejection> {
    let header = Header {
        modifier1: Modifier1(keys.number("modifier1")?),
        modifier2: keys.number("modifier2")?,
    };
    let mut out = Vec::new();
    if keys.get("block").is_some() {
        header.encode(&keys.bytes("block")?, &mut out)
    } else if keys.get("items").is_some() {
        let items = keys.strings("items")?;
        header.encode_array(
            &items.iter().map(Vec::as_slice).collect::<Vec<_>>(),
            &mut out,
        )
    } else {
        let pairs = keys.pairs("vars")?;
        let vars: Vec<Var<'_>> = pairs
            .iter()
            .map(|(key, value)| Var::new(key, value))
            .collect();
        header.encode_vars(&vars, &mut out)
    }
    .map_err(Rejection::rule)?;
    Ok(out)
}
