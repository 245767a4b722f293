use core::fmt;

use super::body::body_of;
use super::chunked::{Chunks, Piece};
use super::index::Spans;
use super::{Config, Index};
use crate::packet::HEADER_LEN;
use crate::request::Body;
use crate::{Error, ErrorKind, Header, Key, Modifier1, Packet, Vars, cache};

/// Reads what goes to a server: packets, the body behind each request, and the value behind a cache command.
///
/// # How it works
///
/// It holds no bytes and does no input: the caller has a buffer of all that is unread, and drops from its front what a call
/// used. [`receive`](Self::receive) gives the next event; [`wants_input`](Self::wants_input) says whether more bytes are
/// what it waits for; [`receive_eof`](Self::receive_eof) takes the end of the peer's side; [`start_next`](Self::start_next)
/// goes on behind a message on the same connection. What it reports, it has checked by its [`Config`].
///
/// Each byte of a packet is checked once, when it arrives: a slow sender costs no more than a fast one, and an error is
/// reported at the byte that makes it one. An error is final.
///
/// # States
///
/// `Packet` is where it starts. An event leads to the state in its column, of which there are two where the packet decides; what
/// has no entry does not come in that state:
///
#[doc = include_str!("states.md")]
///
/// # The loop
///
/// ```
/// use std::io::Read;
/// use wirekit_uwsgi::server::{Config, Decoder, Event};
///
/// # fn run(mut socket: impl Read) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
/// let (mut decoder, mut unread, mut body) = (Decoder::new(Config::DEFAULT), Vec::new(), Vec::new());
/// while decoder.wants_input() {
///     let mut piece = [0; 4096];
///     match socket.read(&mut piece)? {
///         0 => {
///             decoder.receive_eof()?; // an error where it cut something
///             break;
///         }
///         len => unread.extend_from_slice(&piece[..len]),
///     }
///     while let Some((event, used)) = decoder.receive(&unread)? {
///         match event {
///             Event::Request(request) => assert_eq!(request.content_length(), 2),
///             Event::Data(data) => body.extend_from_slice(data),
///             _ => {} // a packet that is no request, or the end
///         }
///         unread.drain(..used);
///     }
/// }
/// // Answer, then close; or `start_next`, with what is in `unread`.
/// # Ok(body)
/// # }
/// # assert_eq!(run(&b"\x00\x13\x00\x00\x0e\x00CONTENT_LENGTH\x01\x002hi"[..]).unwrap(), b"hi");
/// # assert!(run(&b"\x00\x13\x00\x00\x0e\x00CONTENT_LENGTH\x01\x002h"[..]).is_err());
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
    /// In front of a packet, or inside one whose first so many bytes have arrived.
    Packet {
        seen: usize,
    },
    Body {
        left: u64,
    },
    Chunked(Chunks),
    Ended,
    Failed(Error),
}

/// What a [`Decoder`] found, in the order of a message: specification section 4. The example of [`Decoder`] handles them.
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
    /// follows it ([`cache::value_len`]), `Data` and `End` report it.
    Packet(Packet<'a>),
    /// A piece of the body, never empty; of a chunked body without the coding.
    Data(&'a [u8]),
    /// The body is complete.
    End,
}

impl Decoder {
    /// A decoder in front of a packet.
    pub const fn new(config: Config) -> Self {
        Self {
            config,
            state: State::Packet { seen: 0 },
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
    /// `ChunkLinesTooLong` of a chunked body. An error is final: every later call returns it again.
    pub fn receive<'i>(&mut self, input: &'i [u8]) -> Result<Option<(Event<'i>, usize)>, Error> {
        match &mut self.state {
            State::Packet { seen } => {
                *seen = input.len();
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
                0 => State::Packet { seen: 0 },
                left => State::Body { left },
            },
            _ => State::Packet { seen: 0 },
        };
        Ok(Some((Event::Packet(packet), used, next)))
    }

    /// The peer sends nothing more, and [`receive`](Self::receive) was given all that came before.
    ///
    /// `None` between two messages, `Some(End)` where a body is complete and its end was not reported yet.
    ///
    /// # Errors
    ///
    /// `PacketTruncated` inside a packet, `BodyTruncated` inside a body of a known length, `ChunksTruncated` inside a
    /// chunked one, all at the end of the unread bytes; and an earlier error again.
    pub fn receive_eof(&mut self) -> Result<Option<Event<'static>>, Error> {
        let error = match &self.state {
            State::Packet { seen: 0 } | State::Ended => return Ok(None),
            State::Packet { seen } => Error::new(ErrorKind::PacketTruncated, *seen),
            State::Body { left: 0 } => {
                self.state = State::Ended;
                return Ok(Some(Event::End));
            }
            State::Body { left } => Error::new(ErrorKind::BodyTruncated { missing: *left }, 0),
            State::Chunked(chunks) => Error::new(ErrorKind::ChunksTruncated, chunks.seen()),
            State::Failed(error) => *error,
        };
        self.state = State::Failed(error);
        Err(error)
    }

    /// After [`Event::End`]: reads the next packet of the same connection.
    ///
    /// uWSGI ignores what follows a body on an ordinary socket, gunicorn's `gthread` worker reads on. Without effect
    /// while a message is being read.
    pub fn start_next(&mut self) {
        if matches!(self.state, State::Ended) {
            self.state = State::Packet { seen: 0 };
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
            State::Packet { seen: 0 } | State::Body { left: 0 } | State::Ended
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

/// A request's packet, checked: specification section 4.
///
/// ```
/// use wirekit_uwsgi::Key;
/// use wirekit_uwsgi::request::Body;
/// use wirekit_uwsgi::server::{Config, Decoder, Event};
///
/// let input = b"\x00\x21\x00\x00\x09\x00PATH_INFO\x01\x00/\x0e\x00CONTENT_LENGTH\x01\x002hi";
/// let mut decoder = Decoder::new(Config::DEFAULT);
/// let Some((Event::Request(request), used)) = decoder.receive(input)? else { panic!("more bytes are needed") };
/// assert_eq!(request.get(Key::PathInfo), Some(&b"/"[..]));
/// assert_eq!(request.body(), Body::Length(2)); // bytes, at `used`
/// assert_eq!(&input[used..], b"hi");
/// # Ok::<(), wirekit_uwsgi::Error>(())
/// ```
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::Transport;
    use crate::states::{self, Step};

    const SIZED: &[u8] = b"\0\x13\0\0\x0e\0CONTENT_LENGTH\x01\x002";
    const CODED: &[u8] = b"\0\x21\0\0\x16\0HTTP_TRANSFER_ENCODING\x07\0chunked";
    const STORE: &[u8] = b"\x6f\x1b\0\x11\x03\0cmd\x03\0set\x03\0key\x01\0k\x04\0size\x01\x002";

    impl State {
        const fn name(&self) -> &'static str {
            match self {
                Self::Packet { .. } => "Packet",
                Self::Body { .. } => "Body",
                Self::Chunked(_) => "Chunked",
                Self::Ended => "Ended",
                Self::Failed(_) => "Failed",
            }
        }
    }

    /// Every step that a decoder takes on its way through the input, which is the peer's last.
    fn steps(input: &[u8], steps: &mut BTreeSet<Step>) {
        let mut decoder = Decoder::new(Config::DEFAULT);
        let mut unread = input;
        loop {
            let from = decoder.state.name();
            let mut received = decoder.receive(unread);
            if received == Ok(None) {
                if matches!(decoder.state, State::Ended) {
                    decoder.start_next();
                    steps.insert([from, "start_next", decoder.state.name()]);
                    continue;
                }
                let Err(error) = decoder.receive_eof() else {
                    return;
                };
                received = Err(error);
            }
            let event = match received {
                Ok(Some((Event::Request(_), _))) => "Request",
                Ok(Some((Event::Packet(_), _))) => "Packet",
                Ok(Some((Event::Data(_), _))) => "Data",
                Ok(Some((Event::End, _))) => "End",
                _ => "an error",
            };
            steps.insert([from, event, decoder.state.name()]);
            match received {
                Ok(received) => unread = received.map_or(unread, |(_, used)| &unread[used..]),
                Err(error) => {
                    let from = decoder.state.name();
                    assert_eq!(decoder.receive(unread), Err(error));
                    assert_eq!(decoder.receive_eof(), Err(error));
                    steps.insert([from, "an error", decoder.state.name()]);
                    return;
                }
            }
        }
    }

    #[test]
    fn the_table_has_every_step_and_no_other() {
        let mut taken = BTreeSet::new();
        for input in [
            &b"\x64\0\0\0"[..],
            b"\0\x01\0\0\0",
            &[SIZED, b"hi"].concat(),
            &[SIZED, b"h"].concat(),
            &[CODED, b"2\r\nhi\r\n0\r\n\r\n"].concat(),
            &[CODED, b"x"].concat(),
            &[STORE, b"v1"].concat(),
        ] {
            steps(input, &mut taken);
        }
        assert_eq!(taken, states::steps(include_str!("states.md")));
    }

    #[test]
    fn an_end_is_in_order_or_cuts_something() {
        use ErrorKind::{BodyTruncated, ChunksTruncated, PacketTruncated};
        type Row<'a> = (
            &'a [&'a [u8]],
            bool,
            bool,
            Result<Option<Event<'static>>, (ErrorKind, usize)>,
        );
        // What is received, whether more is waited for, whether a connection may end there, what its end says.
        #[rustfmt::skip]
        let rows: &[Row<'_>] = &[
            (&[], true, true, Ok(None)),
            // Specification section 1: the header's size counts the block.
            (&[b"\0"], true, false, Err((PacketTruncated, 1))),
            (&[b"\0\x13\0\0\x0e\0CON"], true, false, Err((PacketTruncated, 9))),
            (&[b"\x64\0\0\0"], true, true, Ok(None)),
            (&[b"\x64\0\0\0", b"\x64"], true, false, Err((PacketTruncated, 1))),
            // RFC 9112 section 8: "incomplete if the size of the message body received (in octets) is less than the value given".
            (&[SIZED], true, false, Err((BodyTruncated { missing: 2 }, 0))),
            (&[SIZED, b"h"], true, false, Err((BodyTruncated { missing: 1 }, 0))),
            (&[SIZED, b"hi"], false, true, Ok(Some(Event::End))),
            (&[SIZED, b"hi", b""], false, true, Ok(None)),
            (&[STORE, b"v"], true, false, Err((BodyTruncated { missing: 1 }, 0))),
            // RFC 9112 section 8: "if the zero-sized chunk that terminates the encoding has not been received".
            (&[CODED], true, false, Err((ChunksTruncated, 0))),
            (&[CODED, b"2\r\nhi"], true, false, Err((ChunksTruncated, 0))),
            (&[CODED, b"2\r\nhi", b"\r\n0\r\n"], true, false, Err((ChunksTruncated, 5))),
            (&[CODED, b"0\r\n\r\n"], false, true, Ok(None)),
            // Specification section 2; an error is returned again.
            (&[b"\0\x01\0\0\0"], false, false, Err((ErrorKind::KeyLenTruncated, 4))),
        ];
        for (pieces, wants_input, is_between, expected) in rows {
            let mut decoder = Decoder::new(Config::DEFAULT);
            for piece in *pieces {
                // One event each.
                let _ = decoder.receive(piece);
            }
            assert_eq!(decoder.wants_input(), *wants_input, "{pieces:?}");
            assert_eq!(decoder.is_between_messages(), *is_between, "{pieces:?}");
            for _ in 0..2 {
                let end = decoder.receive_eof();
                let again = matches!(expected, Ok(Some(_))) && end == Ok(None);
                let end = end.map_err(|error| (error.kind(), error.offset()));
                assert!(again || end == *expected, "{pieces:?}: {end:?}");
            }
            assert_eq!(decoder.receive_eof().is_err(), expected.is_err());
        }
    }

    #[test]
    fn the_next_message_starts_behind_an_end_only() {
        let mut decoder = Decoder::new(Config::DEFAULT);
        decoder.receive(SIZED).unwrap();
        decoder.start_next();
        assert_eq!(decoder.receive(b"hi"), Ok(Some((Event::Data(b"hi"), 2))));
        decoder.receive(b"").unwrap();
        assert_eq!(decoder.receive(SIZED), Ok(None));
        decoder.start_next();
        let next = decoder.receive(b"\0\0\0\0");
        let Ok(Some((Event::Request(request), 4))) = next else {
            panic!("{next:?}")
        };
        // Of the message before, nothing is left.
        assert_eq!(
            (request.content_length(), request.get(Key::ContentLength)),
            (0, None)
        );
        assert_eq!(request.body(), Body::Length(0));
    }

    #[test]
    fn a_persistent_socket_has_packets_alone() {
        let config = Config::DEFAULT.transport(Transport::Persistent);
        let mut decoder = Decoder::new(config);
        let error = decoder.receive(SIZED).unwrap_err();
        assert_eq!(
            (error.kind(), error.offset()),
            (ErrorKind::BodyOnPersistent, 22)
        );
    }
}
