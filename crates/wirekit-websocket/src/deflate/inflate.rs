use alloc::vec::Vec;

use super::engine::{Decompressor, End, LastBlock, Sink, SliceSink, TAIL};
use super::history::History;
use super::{Direction, Pool, Takeover};
use crate::{Data, Error, ErrorKind, Limits, MessageKind, Part, Rsv, Utf8Validator};

/// The least that a message's buffer grows by.
const GROWTH_LEN: usize = 4096;

/// The messages that a peer compressed, piece by piece (RFC 7692 section 7.2.2).
///
/// What it holds does not grow with a message: bytes go to the caller as they come out, and a message that would
/// come out longer than [`Limits::max_message_len`] fails at that byte. Text is checked as it comes out. A message that
/// was cut, and ends inside a block, fails too.
///
/// Three things that strict reading of the RFC does not have are taken, because zlib's users send them and every byte of
/// the message has arrived: a message without a single byte is empty, one whose last block has BFINAL set needs nothing
/// after it, and one may end with the 0x00 0x00 0xff 0xff that its sender should have taken off.
///
/// ```
/// use wirekit_websocket::deflate::{Direction, Inflate};
/// use wirekit_websocket::{Config, Connection, Event, Limits};
///
/// // RFC 7692 section 7.2.3.2: the same message twice, the second time by reference to the first.
/// let mut buf = *b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00\xc1\x05\xf2\x00\x11\x00\x00";
/// let mut client = Connection::new(Config::CLIENT.permessage_deflate());
/// let mut inflate = Inflate::new(Direction::DEFAULT, &Limits::DEFAULT);
///
/// let mut message = Vec::new();
/// let mut rest = &mut buf[..];
/// while let Some((Event::Data(data), used)) = client.receive(rest)? {
///     message.clear();
///     inflate.decode_to(data, &mut message)?;
///     assert_eq!(message, b"Hello");
///     rest = &mut rest[used..];
/// }
/// # Ok::<(), wirekit_websocket::Error>(())
/// ```
#[derive(Debug)]
pub struct Inflate {
    takeover: Takeover,
    max_len: u64,
    pub(super) engine: Option<Decompressor>,
    history: History,
    message: Message,
    failed: Option<Error>,
}

/// The message that is coming out.
#[derive(Clone, Copy, Debug)]
struct Message {
    state: State,
    kind: MessageKind,
    /// Reserved bits of other extensions: what comes out is for them, and no text yet.
    others: Rsv,
    /// Bytes that came out.
    len: u64,
    /// Whether a piece of it has been lent to the caller.
    begun: bool,
    /// Whether the engine has taken no byte since the last block that ended the stream, or at all.
    at_boundary: bool,
    /// The last four bytes that arrived, the newest in the low byte; ones before there are four.
    last: u32,
    text: Utf8Validator,
}

/// What the engine takes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The first byte of a message.
    BetweenMessages,
    /// A later one.
    InMessage,
}

impl Message {
    const fn new(state: State, kind: MessageKind) -> Self {
        Self {
            state,
            kind,
            others: Rsv::NONE,
            len: 0,
            begun: false,
            at_boundary: true,
            last: u32::MAX,
            text: Utf8Validator::new(),
        }
    }

    fn is_text(&self) -> bool {
        self.kind == MessageKind::Text && self.others.is_empty()
    }

    fn arrive(&mut self, bytes: &[u8]) {
        let newest = bytes.iter().rev().take(TAIL.len()).rev();
        self.last = newest.fold(self.last, |last, &byte| last << 8 | u32::from(byte));
    }

    /// A payload without its tail ends in bits of the last block's header, which are zero.
    fn last_block(&self) -> LastBlock {
        if self.last == u32::from_be_bytes(TAIL) {
            LastBlock::Whole
        } else {
            LastBlock::Header
        }
    }
}

impl Inflate {
    /// The receiving half for a peer that sends by these parameters.
    #[must_use]
    pub fn new(direction: Direction, limits: &Limits) -> Self {
        let remembered = match direction.takeover {
            Takeover::Kept => direction.window_bits.window_len(),
            Takeover::Dropped => 0,
        };
        Self {
            takeover: direction.takeover,
            max_len: limits.max_message_len,
            engine: None,
            history: History::new(remembered),
            message: Message::new(State::BetweenMessages, MessageKind::Binary),
            failed: None,
        }
    }

    /// Begins to take a piece out of a compressed message; [`Pieces::next`] gives what comes out, as much at a time
    /// as the caller has room for, and must be called until it gives `None`. A piece that was not compressed comes
    /// out as it is.
    #[must_use]
    pub fn decode<'m>(&'m mut self, data: Data<'m>) -> Pieces<'m> {
        if data.is_compressed() {
            if self.message.state == State::BetweenMessages {
                self.message = Message::new(State::InMessage, data.kind);
            }
            self.message.others |= data.rsv.without(Rsv::RSV1);
            self.message.arrive(data.bytes);
        }
        Pieces {
            inflate: self,
            rest: data.bytes,
            len: data.bytes.len(),
            data,
            done: false,
        }
    }

    /// Appends all that comes out of a piece to `out`, which grows with it and by no more than the limit.
    ///
    /// With a buffer that is cleared and used again, no message allocates.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidDeflate`], [`ErrorKind::MessageTooLong`], [`ErrorKind::InvalidUtf8`],
    /// [`ErrorKind::TruncatedUtf8`]. The offset counts the compressed bytes of the piece that had gone in. What
    /// came out before stays in `out`. The error is final.
    pub fn decode_to(&mut self, data: Data<'_>, out: &mut Vec<u8>) -> Result<(), Error> {
        let mut pieces = self.decode(data);
        if !data.is_compressed() {
            out.extend_from_slice(data.bytes);
            return Ok(());
        }
        let mut growth = data.bytes.len().saturating_mul(4).max(GROWTH_LEN);
        loop {
            let allowed = pieces
                .inflate
                .max_len
                .saturating_sub(pieces.inflate.message.len)
                .saturating_add(1);
            if out.len() == out.capacity() {
                out.reserve(growth.min(usize::try_from(allowed).unwrap_or(usize::MAX)));
                growth = growth.saturating_mul(2);
            }
            if pieces.fill(out)? != RunEnd::Full {
                return Ok(());
            }
        }
    }

    /// Gives the engine to the pool and keeps what the next message may refer back to: at most the window that was
    /// agreed, and nothing without takeover. Inside a message nothing happens.
    pub fn park(&mut self, pool: &mut Pool) {
        if self.message.state == State::BetweenMessages
            && self.failed.is_none()
            && let Some(engine) = self.engine.take()
        {
            pool.put_decompressor(engine);
        }
    }

    /// Takes an engine from the pool, if it has one; the first message makes one otherwise.
    pub fn unpark(&mut self, pool: &mut Pool) {
        if self.engine.is_none() {
            self.engine = pool.take_decompressor();
            if let Some(engine) = &mut self.engine {
                engine.restart(&mut self.history);
            }
        }
    }

    /// Bytes that stay allocated while the connection is parked.
    #[must_use]
    pub const fn parked_len(&self) -> usize {
        self.history.capacity()
    }
}

/// What comes out of one piece of a compressed message, as much at a time as the caller has room for.
///
/// ```
/// use wirekit_websocket::deflate::{Direction, Inflate};
/// use wirekit_websocket::{Config, Connection, Event, Limits};
///
/// let mut client = Connection::new(Config::CLIENT.permessage_deflate());
/// let mut inflate = Inflate::new(Direction::DEFAULT, &Limits::DEFAULT);
/// let mut buf = *b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00"; // RFC 7692 section 7.2.3.1
/// let Some((Event::Data(data), _)) = client.receive(&mut buf)? else { panic!("more bytes are needed") };
///
/// let (mut pieces, mut room, mut message) = (inflate.decode(data), [0; 2], Vec::new());
/// while let Some(piece) = pieces.next(&mut room)? {
///     message.extend_from_slice(piece.bytes);
/// }
/// assert_eq!(message, b"Hello");
/// # Ok::<(), wirekit_websocket::Error>(())
/// ```
#[derive(Debug)]
pub struct Pieces<'m> {
    inflate: &'m mut Inflate,
    data: Data<'m>,
    /// What has not gone in.
    rest: &'m [u8],
    len: usize,
    done: bool,
}

/// How a run of the engine ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RunEnd {
    /// There may be more to come out.
    Full,
    /// Everything that went in has come out.
    Piece,
    /// So has the message.
    Message,
}

impl Pieces<'_> {
    /// The next bytes of the message, in `out`; `None` once all has come out.
    ///
    /// The last piece of a message may be empty. `out` must have room for a byte at least.
    ///
    /// # Errors
    ///
    /// As [`Inflate::decode_to`].
    pub fn next<'o>(&mut self, out: &'o mut [u8]) -> Result<Option<Data<'o>>, Error> {
        if self.done || out.is_empty() {
            return Ok(None);
        }
        let (begun, written, ended) = if self.data.is_compressed() {
            let begun = self.inflate.message.begun;
            let mut sink = SliceSink { bytes: out, len: 0 };
            let end = self.fill(&mut sink)?;
            self.done = end != RunEnd::Full;
            self.inflate.message.begun |= sink.len > 0;
            (begun, sink.len, end == RunEnd::Message)
        } else {
            let begun = !self.data.part.is_first() || self.rest.len() < self.len;
            let len = self.rest.len().min(out.len());
            let (now, later) = self.rest.split_at(len);
            out.get_mut(..len).unwrap_or_default().copy_from_slice(now);
            self.rest = later;
            self.done = later.is_empty();
            (begun, len, self.done && self.data.part.is_last())
        };
        let part = match (begun, ended) {
            (false, true) => Part::Whole,
            (false, false) => Part::First,
            (true, false) => Part::Middle,
            (true, true) => Part::Last,
        };
        if written == 0 && !ended {
            return Ok(None);
        }
        let bytes = out.get(..written).unwrap_or_default();
        Ok(Some(Data {
            kind: self.data.kind,
            part,
            rsv: self.data.rsv.without(Rsv::RSV1),
            bytes,
        }))
    }

    fn fill(&mut self, out: &mut impl Sink) -> Result<RunEnd, Error> {
        if let Some(error) = self.inflate.failed {
            return Err(error);
        }
        self.run(out).map_err(|kind| {
            let error = Error::new(kind, self.len - self.rest.len());
            self.inflate.failed = Some(error);
            error
        })
    }

    fn run(&mut self, out: &mut impl Sink) -> Result<RunEnd, ErrorKind> {
        let Inflate {
            takeover,
            max_len,
            engine,
            history,
            message,
            ..
        } = &mut *self.inflate;
        let engine = engine.get_or_insert_with(|| {
            let mut engine = Decompressor::new();
            engine.restart(history);
            engine
        });
        loop {
            if self.rest.is_empty() && message.at_boundary {
                // Nothing to add a tail to.
                if self.data.part.is_last() {
                    return end(message, *takeover, engine);
                }
                return Ok(RunEnd::Piece);
            }
            let step = engine
                .step(self.rest, out)
                .ok_or(ErrorKind::InvalidDeflate)?;
            let new = out.written(step.written);
            // In the order of the bytes, so that the error is the same however the message is cut.
            let allowed = usize::try_from(*max_len - message.len).unwrap_or(usize::MAX);
            let within = new.get(..allowed).unwrap_or(new);
            if message.is_text() {
                message.text.update(within).map_err(Error::kind)?;
            }
            if within.len() < new.len() {
                return Err(ErrorKind::MessageTooLong { max: *max_len });
            }
            if step.end == End::Invalid {
                return Err(ErrorKind::InvalidDeflate);
            }
            message.len += new.len() as u64;
            history.push(new);

            let stalled = step.used == 0 && step.written == 0;
            self.rest = self.rest.get(step.used..).unwrap_or_default();
            message.at_boundary &= step.used == 0;
            if step.end == End::Stream {
                // RFC 7692 section 7.2.3.4: a block with BFINAL set; a new stream goes on with the same window.
                engine.restart(history);
                message.at_boundary = true;
            } else if out.is_full() {
                return Ok(RunEnd::Full);
            } else if !self.rest.is_empty() {
                if stalled {
                    return Err(ErrorKind::InvalidDeflate);
                }
            } else if self.data.part.is_last() {
                let ended = engine.take_end(message.last_block(), out);
                if ended.ok_or(ErrorKind::InvalidDeflate)? == End::Stream {
                    engine.restart(history);
                }
                return end(message, *takeover, engine);
            } else {
                return Ok(RunEnd::Piece);
            }
        }
    }
}

fn end(
    message: &mut Message,
    takeover: Takeover,
    engine: &mut Decompressor,
) -> Result<RunEnd, ErrorKind> {
    if message.is_text() {
        message.text.finish(0).map_err(Error::kind)?;
    }
    if takeover == Takeover::Dropped {
        engine.forget();
    }
    message.state = State::BetweenMessages;
    Ok(RunEnd::Message)
}
