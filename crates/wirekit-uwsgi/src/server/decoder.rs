use core::fmt;

use super::body::body_of;
use super::chunked::{Chunks, Piece};
use super::index::Spans;
use super::{Config, Index};
use crate::packet::HEADER_LEN;
use crate::request::Body;
use crate::{Error, Header, Key, Modifier1, Packet, Vars, cache};

/// The server's side of a connection: packets, and the body behind each request, or the value behind a cache command.
///
/// Each call is given all unread bytes: those that an earlier call left, and those that have come since. It remembers how
/// far it has checked a packet that is not all there, so a slow sender costs no more than a fast one.
///
/// ```
/// use wirekit_uwsgi::server::{Decoder, Event};
///
/// let mut input = &b"\x00\x13\x00\x00\x0e\x00CONTENT_LENGTH\x01\x002hi"[..];
/// let mut decoder = Decoder::new();
/// while let Some((event, used)) = decoder.receive(input)? {
///     match event {
///         Event::Request(request) => assert_eq!(request.content_length(), 2),
///         Event::Data(data) => assert_eq!(data, b"hi"),
///         Event::End => break,
///         _ => {}
///     }
///     input = &input[used..];
/// }
/// # Ok::<(), wirekit_uwsgi::Error>(())
/// ```
///
/// Specification section 4.
#[derive(Clone, Copy)]
pub struct Decoder {
    config: Config,
    state: State,
    /// Of the packet that is being read, and how many bytes of its block they cover.
    spans: Spans,
    checked: usize,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// In front of a packet, or inside one of which bytes were seen.
    Packet {
        seen: bool,
    },
    Body {
        left: u64,
    },
    Chunked(Chunks),
    Ended,
    Failed(Error),
}

/// What a [`Decoder`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(
    clippy::large_enum_variant,
    reason = "a view that is looked at and dropped; boxing would need an allocator"
)]
pub enum Event<'a> {
    /// A request's packet.
    Request(Request<'a>),
    /// A packet that is no request. Its block is not checked, but for a dictionary command of the cache: if a value
    /// follows it ([`cache::value_len`]), `Data` and `End` tell it.
    Packet(Packet<'a>),
    /// A piece of the body, never empty; of a chunked body without the coding.
    Data(&'a [u8]),
    /// The body is complete.
    End,
}

impl Decoder {
    /// A decoder by the strict rules.
    pub const fn new() -> Self {
        Self::with_config(Config::DEFAULT)
    }

    /// A decoder that reads as configured.
    pub const fn with_config(config: Config) -> Self {
        Self {
            config,
            state: State::Packet { seen: false },
            spans: Spans::new(),
            checked: 0,
        }
    }

    /// Takes the next event from the front of the unread bytes; `None` until more have come.
    ///
    /// After [`Event::End`] it stays `None` until [`Decoder::start_next`].
    ///
    /// # Errors
    ///
    /// As [`Index::parse_with`], and as [`cache::value_len`]; `BodyCoding`, `ChunkSyntax`, `ChunkSizeOverflow`,
    /// `ChunkLinesTooLong` of a chunked body. An error is final: it comes again from every later call.
    pub fn receive<'i>(&mut self, input: &'i [u8]) -> Result<Option<(Event<'i>, usize)>, Error> {
        match &mut self.state {
            State::Packet { seen } => {
                *seen |= !input.is_empty();
                match self.packet(input) {
                    Ok(Some((event, used, next))) => {
                        self.state = next;
                        Ok(Some((event, used)))
                    }
                    Ok(None) => Ok(None),
                    Err(error) => {
                        self.state = State::Failed(error);
                        Err(error)
                    }
                }
            }
            State::Body { left: 0 } => {
                self.state = State::Ended;
                Ok(Some((Event::End, 0)))
            }
            State::Body { left } => {
                let most = usize::try_from(*left).unwrap_or(usize::MAX);
                let data = input.get(..most).unwrap_or(input);
                if data.is_empty() {
                    return Ok(None);
                }
                *left -= data.len() as u64;
                Ok(Some((Event::Data(data), data.len())))
            }
            State::Chunked(chunks) => match chunks.receive(input) {
                Ok(None) => Ok(None),
                Ok(Some((Piece::Data(data), used))) => Ok(Some((Event::Data(data), used))),
                Ok(Some((Piece::End, used))) => {
                    self.state = State::Ended;
                    Ok(Some((Event::End, used)))
                }
                Err(error) => {
                    self.state = State::Failed(error);
                    Err(error)
                }
            },
            State::Ended => Ok(None),
            State::Failed(error) => Err(*error),
        }
    }

    /// Takes a packet, and says what is behind it; of one that is not all there, what has come is checked.
    fn packet<'i>(&mut self, input: &'i [u8]) -> Result<Option<(Event<'i>, usize, State)>, Error> {
        let Some((&[modifier1, low, high, modifier2], arrived)) = input.split_first_chunk() else {
            return Ok(None);
        };
        let header = Header {
            modifier1: Modifier1(modifier1),
            modifier2,
        };
        let is_request = header.is_request();
        if is_request {
            let size = usize::from(u16::from_le_bytes([low, high]));
            let arrived = arrived.get(..size).unwrap_or(arrived);
            self.checked = self
                .spans
                .scan(arrived, self.checked, size, &self.config)
                .map_err(|error| error.shifted(HEADER_LEN))?;
        }
        let Some((packet, used)) = Packet::parse(input) else {
            return Ok(None);
        };
        if is_request {
            let index = Index::from_spans(packet.block(), self.config, self.spans);
            let body = body_of(packet, &index, self.config.transport)?;
            let next = match body {
                Body::Length(left) => State::Body { left },
                Body::Chunked => State::Chunked(Chunks::new()),
            };
            let request = Request {
                packet,
                index,
                body,
            };
            return Ok(Some((Event::Request(request), used, next)));
        }
        let next = match header {
            cache::DICTIONARY => match cache::value_len(packet)? {
                0 => State::Packet { seen: false },
                left => State::Body { left },
            },
            _ => State::Packet { seen: false },
        };
        Ok(Some((Event::Packet(packet), used, next)))
    }

    /// After [`Event::End`]: reads the next packet of the same connection.
    ///
    /// uWSGI ignores what follows a body on an ordinary socket, gunicorn's `gthread` worker reads on. Without effect
    /// while a message is being read.
    pub fn start_next(&mut self) {
        if matches!(self.state, State::Ended) {
            self.state = State::Packet { seen: false };
            self.spans = Spans::new();
            self.checked = 0;
        }
    }

    /// Whether bytes are what it waits for; false after [`Event::End`] and after an error.
    pub const fn wants_input(&self) -> bool {
        match self.state {
            State::Packet { .. } | State::Chunked(_) => true,
            State::Body { left } => left > 0,
            State::Ended | State::Failed(_) => false,
        }
    }

    /// Whether the connection may end here: no packet has begun, or the body is complete.
    pub const fn is_between_messages(&self) -> bool {
        matches!(
            self.state,
            State::Packet { seen: false, .. } | State::Body { left: 0 } | State::Ended
        )
    }
}

impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoder")
            .field("config", &self.config)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}

/// A request's packet, checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request<'a> {
    packet: Packet<'a>,
    index: Index<'a>,
    body: Body,
}

impl<'a> Request<'a> {
    /// The packet.
    pub const fn packet(&self) -> Packet<'a> {
        self.packet
    }

    /// The variables, in order.
    pub const fn vars(&self) -> Vars<'a> {
        self.index.vars()
    }

    /// The value of a known key, if the key is there.
    pub fn get(&self, key: Key) -> Option<&'a [u8]> {
        self.index.get(key)
    }

    /// The known keys.
    pub const fn index(&self) -> &Index<'a> {
        &self.index
    }

    /// How the body that follows the packet ends.
    pub const fn body(&self) -> Body {
        self.body
    }

    /// Bytes of the body that follows the packet; zero also where its length is not known, see [`Request::body`].
    pub const fn content_length(&self) -> u64 {
        self.index.content_length()
    }
}
