use alloc::vec::Vec;
use core::fmt;

use bytes::BufMut;
use flate2::{Compress, Compression, FlushCompress};

use super::engine::TAIL;
use super::history::History;
use super::{Direction, Pool, Takeover, WindowBits};
use crate::{
    Connection, Data, MAX_HEADER_LEN, MaskingKey, MessageKind, Rsv, SendError, Utf8Validator,
};

/// What is remembered of a parked direction. Less than a window costs the first messages after the silence some
/// of their compression; with 16 KiB here and the peer's 32 KiB, a parked connection stays under 64 KiB.
const REMEMBERED_LEN: usize = 16 << 10;

/// Output kept by a parked engine; a connection that sent something huge gives the rest back.
const SCRATCH_LEN: usize = 16 << 10;

/// How hard the compressor tries, as zlib counts it: 0, not at all, to 9. RFC 7692 leaves it to the sender.
///
/// ```
/// use wirekit_websocket::deflate::Level;
///
/// assert_eq!(Level::new(6), Some(Level::DEFAULT));
/// assert_eq!(Level::FAST.get(), 1);
/// assert_eq!(Level::new(10), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Level(u8);

impl Level {
    /// One table look-up a position: for messages that must not wait.
    pub const FAST: Self = Self(1);
    /// zlib's own default.
    pub const DEFAULT: Self = Self(6);
    /// The smallest output, in the most time.
    pub const BEST: Self = Self(9);

    /// The level, if zlib has it.
    #[must_use]
    pub const fn new(level: u8) -> Option<Self> {
        if level <= 9 { Some(Self(level)) } else { None }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl Default for Level {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// The compressor of the messages that one end sends (RFC 7692 section 7.2.1).
///
/// Each message is compressed or not, as the caller likes: [`Deflate::send`] compresses, and
/// [`Connection::send_text`], `send_binary` and `send_data` leave a message as it is. Leave out what is compressed already, and
/// secrets that stand beside text which an attacker chooses.
///
/// ```
/// use wirekit_websocket::deflate::{Deflate, Direction, Level};
/// use wirekit_websocket::{Config, Connection, Data, MessageKind};
///
/// let mut server = Connection::new(Config::SERVER.permessage_deflate());
/// let mut deflate = Deflate::new(Direction::DEFAULT, Level::FAST);
/// let hello = Data::whole(MessageKind::Text, b"Hello");
/// let mut out = Vec::new();
/// deflate.send(&mut server, hello, None, &mut out)?;
/// deflate.send(&mut server, hello, None, &mut out)?;
/// // RFC 7692 section 7.2.3.1, and the second by reference to the first.
/// assert_eq!(out, b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00\xc1\x04\x02\x13\x00\x00");
/// # Ok::<(), wirekit_websocket::SendError>(())
/// ```
#[derive(Debug)]
pub struct Deflate {
    takeover: Takeover,
    window_bits: WindowBits,
    level: Level,
    pub(super) engine: Option<Compressor>,
    history: History,
    text: MessageText,
    /// Whether the last piece left its message unfinished.
    inside: bool,
}

impl Deflate {
    /// The sending half by these parameters: [`Parameters::sent_by`](super::Parameters::sent_by) this end.
    #[must_use]
    pub fn new(direction: Direction, level: Level) -> Self {
        let remembered = match direction.takeover {
            Takeover::Kept => direction.window_bits.window_len().min(REMEMBERED_LEN),
            Takeover::Dropped => 0,
        };
        Self {
            takeover: direction.takeover,
            window_bits: direction.window_bits,
            level,
            engine: None,
            history: History::new(remembered),
            text: MessageText::NEW,
            inside: false,
        }
    }

    /// Compresses a piece of a message and sends it as one frame.
    ///
    /// # Errors
    ///
    /// As [`Connection::send_data`]; then nothing has been compressed.
    pub fn send(
        &mut self,
        connection: &mut Connection,
        data: Data<'_>,
        key: Option<MaskingKey>,
        out: &mut impl BufMut,
    ) -> Result<usize, SendError> {
        connection.check_compressed(data, key)?;
        let needed = max_packed_len(data.bytes.len()).saturating_add(MAX_HEADER_LEN);
        let available = out.remaining_mut();
        if needed > available {
            return Err(SendError::OutputTooSmall { needed, available });
        }
        let packed = self.encode(data)?;
        connection.send_data(packed, key, out)
    }

    /// Compresses a piece of a message, for [`Connection::send_data`]. What is compressed must be sent: later
    /// messages refer back to it.
    ///
    /// With its memory in use, no message allocates.
    ///
    /// # Errors
    ///
    /// [`SendError::InvalidUtf8`], and then nothing has been compressed; [`SendError::Compressor`].
    pub fn encode(&mut self, data: Data<'_>) -> Result<Data<'_>, SendError> {
        self.text = self.check_text(data)?;
        let engine = self.engine.get_or_insert_with(|| {
            let mut engine = Compressor::new(self.level, self.window_bits);
            engine.restart(&mut self.history);
            engine
        });
        engine.run(data.bytes).ok_or(SendError::Compressor)?;
        if data.part.is_last() {
            // Every flush ends with it.
            if engine.out.ends_with(&TAIL) {
                engine.out.truncate(engine.out.len() - TAIL.len());
            }
            if engine.out.is_empty() {
                // RFC 7692 section 7.2.3.6: the header of an empty block, whose length is the tail.
                engine.out.push(0);
            }
            if self.takeover == Takeover::Dropped {
                engine.compress.reset();
            }
        }
        self.history.push(data.bytes);
        self.inside = !data.part.is_last();
        Ok(Data {
            kind: data.kind,
            part: data.part,
            rsv: data.rsv | Rsv::RSV1,
            bytes: &engine.out,
        })
    }

    fn check_text(&self, data: Data<'_>) -> Result<MessageText, SendError> {
        let mut text = if data.part.is_first() {
            MessageText::NEW
        } else {
            self.text
        };
        text.others |= data.rsv.without(Rsv::RSV1);
        if data.kind == MessageKind::Text && text.others.is_empty() {
            let checked = text.state.update(data.bytes);
            let ended = if data.part.is_last() {
                text.state.finish(data.bytes.len())
            } else {
                Ok(())
            };
            checked.and(ended).map_err(|error| SendError::InvalidUtf8 {
                offset: error.offset(),
            })?;
        }
        Ok(text)
    }

    /// Gives the engine to the pool and keeps the last 16 KiB that were sent, or nothing without takeover. Inside a
    /// message nothing happens.
    pub fn park(&mut self, pool: &mut Pool) {
        if !self.inside
            && let Some(mut engine) = self.engine.take()
        {
            engine.out.clear();
            engine.out.shrink_to(SCRATCH_LEN);
            pool.put_compressor(engine);
        }
    }

    /// Takes an engine of this level and window from the pool, if it has one; the first message makes one
    /// otherwise.
    pub fn unpark(&mut self, pool: &mut Pool) {
        if self.engine.is_none() {
            self.engine = pool.take_compressor(|engine| {
                engine.level == self.level && engine.window_bits == self.window_bits
            });
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

/// What is known of the message that is being sent.
#[derive(Clone, Copy, Debug)]
struct MessageText {
    /// Reserved bits of extensions that came before: what is compressed is not text then.
    others: Rsv,
    state: Utf8Validator,
}

impl MessageText {
    const NEW: Self = Self {
        others: Rsv::NONE,
        state: Utf8Validator::new(),
    };
}

/// No zlib block takes more: nine bits a byte, and the blocks' headers.
const fn max_packed_len(len: usize) -> usize {
    len.saturating_add(len / 8).saturating_add(64)
}

/// zlib's state, which any connection of the same level and window may use after [`Compressor::restart`].
pub(super) struct Compressor {
    compress: Compress,
    level: Level,
    window_bits: WindowBits,
    out: Vec<u8>,
}

impl Compressor {
    fn new(level: Level, window_bits: WindowBits) -> Self {
        // zlib has no window of 256 bytes. Of one of 512 it uses 250: a match that begins farther back than the
        // window less the longest match and its look-ahead (262 bytes) is never taken.
        let bits = window_bits.get().max(9);
        let compress =
            Compress::new_with_window_bits(Compression::new(level.get().into()), false, bits);
        Self {
            compress,
            level,
            window_bits,
            out: Vec::new(),
        }
    }

    /// Begins a stream whose window is what the direction remembers.
    fn restart(&mut self, history: &mut History) {
        self.compress.reset();
        let history = history.as_slice();
        if !history.is_empty() {
            let primed = self.compress.set_dictionary(history);
            debug_assert!(primed.is_ok());
        }
    }

    /// Compresses and flushes to a byte boundary, so that everything is in `out`.
    fn run(&mut self, mut input: &[u8]) -> Option<()> {
        self.out.clear();
        if input.is_empty() {
            return Some(());
        }
        self.out.reserve(max_packed_len(input.len()));
        loop {
            let before = self.compress.total_in();
            self.compress
                .compress_vec(input, &mut self.out, FlushCompress::Sync)
                .ok()?;
            let used = usize::try_from(self.compress.total_in() - before).ok()?;
            input = input.get(used..)?;
            if input.is_empty() && self.out.len() < self.out.capacity() {
                return Some(());
            }
            self.out.reserve(SCRATCH_LEN);
        }
    }
}

impl fmt::Debug for Compressor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compressor")
            .field("level", &self.level)
            .finish_non_exhaustive()
    }
}
