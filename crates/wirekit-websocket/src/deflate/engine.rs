//! zlib's inflater, and where its bytes go.

use alloc::vec::Vec;
use core::fmt;

use zlib_rs::{InflateError, InflateFlush, Status};

use super::history::History;
use crate::arch;

/// Where inflated bytes go.
pub(super) trait Sink {
    fn inflate(
        &mut self,
        engine: &mut zlib_rs::Inflate,
        input: &[u8],
        flush: InflateFlush,
    ) -> Result<Status, InflateError>;
    /// The `len` bytes written last.
    fn written(&mut self, len: usize) -> &[u8];
    fn is_full(&self) -> bool;
}

impl Sink for Vec<u8> {
    fn inflate(
        &mut self,
        engine: &mut zlib_rs::Inflate,
        input: &[u8],
        flush: InflateFlush,
    ) -> Result<Status, InflateError> {
        arch::inflate_to_spare(engine, input, self, flush)
    }

    fn written(&mut self, len: usize) -> &[u8] {
        let start = self.len().checked_sub(len);
        start
            .and_then(|start| self.get(start..))
            .unwrap_or_default()
    }

    fn is_full(&self) -> bool {
        self.len() == self.capacity()
    }
}

/// The caller's slice and how much of it is used.
pub(super) struct SliceSink<'o> {
    pub(super) bytes: &'o mut [u8],
    pub(super) len: usize,
}

impl Sink for SliceSink<'_> {
    fn inflate(
        &mut self,
        engine: &mut zlib_rs::Inflate,
        input: &[u8],
        flush: InflateFlush,
    ) -> Result<Status, InflateError> {
        let room = self.bytes.get_mut(self.len..).unwrap_or_default();
        engine.decompress(input, room, flush)
    }

    fn written(&mut self, len: usize) -> &[u8] {
        let start = self.len;
        self.len += len;
        self.bytes.get(start..self.len).unwrap_or_default()
    }

    fn is_full(&self) -> bool {
        self.len == self.bytes.len()
    }
}

/// zlib's state, which any connection may use after [`Decompressor::restart`].
pub(super) struct Decompressor {
    inflate: zlib_rs::Inflate,
}

/// What the sender takes off the end of every message, and what is appended again: RFC 7692 section 7.2.2, "append 4
/// octets of 0x00 0x00 0xff 0xff to the tail end of the payload of the message". It is the body of an empty block.
pub(super) const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];

/// How much of the empty block at its end a message has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LastBlock {
    /// Its header, whose three bits are in the payload's last byte.
    Header,
    /// All of it: the sender has left the tail on.
    Whole,
}

impl LastBlock {
    /// What makes the engine end a block, and a byte that is only taken by an engine that is inside a block after it.
    const fn end(self) -> &'static [u8] {
        match self {
            Self::Header => &[0x00, 0x00, 0xff, 0xff, 0x00],
            Self::Whole => &[0x00, 0x00, 0x00, 0xff, 0xff, 0x00],
        }
    }
}

/// What one run of the engine did.
pub(super) struct Step {
    pub(super) used: usize,
    pub(super) written: usize,
    pub(super) end: End,
}

/// Why the engine stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The input or the room is used up.
    Piece,
    /// A block with BFINAL set ended.
    Stream,
    /// What follows is not DEFLATE.
    Invalid,
}

impl Decompressor {
    pub(super) fn new() -> Self {
        // Whatever was agreed, a window of 32 KiB reads it.
        Self {
            inflate: zlib_rs::Inflate::new(false, 15),
        }
    }

    /// Begins a stream whose window is what the direction remembers.
    pub(super) fn restart(&mut self, history: &mut History) {
        self.forget();
        let history = history.as_slice();
        if !history.is_empty() {
            // Only a zlib header can ask for another dictionary, and there is none.
            let primed = self.inflate.set_dictionary(history);
            debug_assert!(primed.is_ok());
        }
    }

    /// Begins a stream with an empty window.
    pub(super) fn forget(&mut self) {
        self.inflate.reset(false);
    }

    /// Takes a piece of the payload.
    pub(super) fn step(&mut self, input: &[u8], out: &mut impl Sink) -> Option<Step> {
        self.run(input, InflateFlush::SyncFlush, out)
    }

    /// The end of a message, once all of it has come out: an empty block, of which nothing comes out and which ends with
    /// its last byte. Otherwise the payload was cut inside a block; `None` says so.
    pub(super) fn take_end(&mut self, last: LastBlock, out: &mut impl Sink) -> Option<End> {
        let (_more, block) = last.end().split_last()?;
        let step = self.run(last.end(), InflateFlush::Block, out)?;
        let is_empty_block =
            step.used == block.len() && step.written == 0 && step.end != End::Invalid;
        is_empty_block.then_some(step.end)
    }

    fn run(&mut self, input: &[u8], flush: InflateFlush, out: &mut impl Sink) -> Option<Step> {
        let (total_in, total_out) = (self.inflate.total_in(), self.inflate.total_out());
        let end = match out.inflate(&mut self.inflate, input, flush) {
            Ok(Status::StreamEnd) => End::Stream,
            Ok(_) => End::Piece,
            Err(_) => End::Invalid,
        };
        Some(Step {
            used: usize::try_from(self.inflate.total_in() - total_in).ok()?,
            written: usize::try_from(self.inflate.total_out() - total_out).ok()?,
            end,
        })
    }
}

impl fmt::Debug for Decompressor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decompressor").finish_non_exhaustive()
    }
}
