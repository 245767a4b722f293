//! uwsgi packets, and the bodies that follow requests.

use serde_json::{Map, Value};
use wirekit::http1::{Chunk, LastChunk};
use wirekit::uwsgi::request::Body;
use wirekit::uwsgi::server::{self, Config, Event as Received};
use wirekit::uwsgi::{
    self, Block as Kind, Direction, Error, Header, Modifier1, Quirks, Var, Vars, cache,
};

use super::event::{Event, Keys, latin1};
use super::message::{Fault, Json, Message};
use super::pairs::Pairs;
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
    is_lost: bool,
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
            is_lost: false,
        }
    }

    fn fail(&mut self, error: Error, events: &mut Vec<Event>) {
        self.data.flush(events);
        self.done = true;
        self.is_lost = true;
        let (offset, kind) = (self.pending.offset() + error.offset() as u64, error.kind());
        let fault = Fault::new(kind.as_str(), &kind, kind.spec());
        events.push(Event::error(offset, fault));
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
                    let packet = Packet::new(&request.packet(), Block::Vars(vars(request.vars())));
                    events.push(packet.event(start, used as u64));
                }
                Received::Packet(it) => match block(&it, self.quirks) {
                    Ok(block) => events.push(Packet::new(&it, block).event(start, used as u64)),
                    Err(error) => return self.fail(error, events),
                },
                // In front of the data of a chunk stands its size.
                Received::Data(data) => {
                    let coding = used.saturating_sub(data.len()) as u64;
                    self.data.push(start + coding, data, events);
                }
                Received::End => {
                    self.data.flush(events);
                    events.push(Event::new(Message::BodyEnd, start, used as u64));
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

    fn is_lost(&self) -> bool {
        self.is_lost
    }

    fn take_rest(&mut self) -> Vec<u8> {
        self.pending.take()
    }
}

/// A packet.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Packet {
    /// What kind of packet it is.
    pub modifier1: Modifier1,
    /// What the first modifier leaves open.
    pub modifier2: u8,
    /// The first modifier's meaning.
    pub name: Option<&'static str>,
    /// Of the block.
    pub size: usize,
    /// What follows the header.
    pub block: Block,
}

/// What follows a packet's header.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a block is read as variables, as items, or not"
)]
pub enum Block {
    /// Keys with their values.
    Vars(Pairs),
    /// Byte strings.
    Items(Vec<Vec<u8>>),
    /// Bytes.
    Raw(Vec<u8>),
}

impl Packet {
    fn new(packet: &uwsgi::Packet<'_>, block: Block) -> Self {
        let modifier1 = packet.modifier1();
        Self {
            modifier1,
            modifier2: packet.modifier2(),
            name: name(modifier1),
            size: packet.block().len(),
            block,
        }
    }

    /// The variables, of a packet that has some.
    pub const fn vars(&self) -> Option<&Pairs> {
        match &self.block {
            Block::Vars(vars) => Some(vars),
            Block::Items(_) | Block::Raw(_) => None,
        }
    }

    fn event(self, offset: u64, len: u64) -> Event {
        Event::new(Message::Packet(Box::new(self)), offset, len)
    }

    pub(crate) fn from_json(keys: Keys<'_>) -> Result<Self, Rejection> {
        let modifier1 = Modifier1(keys.number("modifier1")?);
        Ok(Self {
            modifier1,
            modifier2: keys.number("modifier2")?,
            name: name(modifier1),
            size: keys.number("size")?,
            block: if keys.get("vars").is_some() {
                Block::Vars(Pairs::from_json(keys, "vars")?)
            } else if keys.get("items").is_some() {
                Block::Items(keys.strings("items")?)
            } else {
                Block::Raw(keys.bytes("block")?)
            },
        })
    }

    pub(crate) fn to_json(&self) -> Map<String, Value> {
        let json = Json::new()
            .with("modifier1", self.modifier1.0)
            .with("modifier2", self.modifier2)
            .with("name", self.name)
            .with("size", self.size);
        match &self.block {
            Block::Vars(vars) => json.with("vars", vars.to_json()),
            Block::Items(items) => json.with(
                "items",
                items.iter().map(|it| latin1(it)).collect::<Value>(),
            ),
            Block::Raw(bytes) => json.with("block", latin1(bytes)),
        }
        .done()
    }
}

/// Some numbers stand in answers only.
fn name(modifier1: Modifier1) -> Option<&'static str> {
    let asked = modifier1.name(Direction::Request);
    asked.or_else(|| modifier1.name(Direction::Response))
}

/// The block of a packet that is no request, by its modifiers; where they do not tell, as variables if it is some.
fn block(packet: &uwsgi::Packet<'_>, quirks: Quirks) -> Result<Block, Error> {
    let raw = || Block::Raw(packet.block().to_vec());
    let is_call = packet.modifier1() == Modifier1::RPC;
    Ok(match packet.header().block(Direction::Request) {
        Kind::Request | Kind::Vars => Block::Vars(vars(packet.vars_with(quirks)?)),
        Kind::Array => match packet.array() {
            Ok(array) => Block::Items(array.iter().map(<[u8]>::to_vec).collect()),
            // A call's answer has the call's modifiers, and any bytes.
            Err(_) if is_call => raw(),
            Err(error) => return Err(error),
        },
        Kind::Raw | Kind::Empty if !packet.block().is_empty() => raw(),
        _ => match packet.vars() {
            Ok(some) => Block::Vars(vars(some)),
            Err(_) => raw(),
        },
    })
}

fn vars(vars: Vars<'_>) -> Pairs {
    vars.iter().map(|var| (var.key, var.value)).collect()
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
            block(&it, Quirks::NONE)?;
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
