use std::io::{self, Read};

use super::error::{CaptureError, Fault};

/// Bytes read at a time.
pub(super) const READ_LEN: usize = 128 * 1024;
/// The longest record or block: above what any capture program writes (libpcap: 128 MiB for USB, 256 KiB else),
/// and small enough to hold.
pub(super) const MAX_RECORD_LEN: usize = 16 * 1024 * 1024;

/// A window on a stream of bytes: what was read and not yet used up.
pub(super) struct Window<R> {
    input: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    offset: u64,
    /// Bytes that are still to be passed over.
    skipped_len: usize,
    /// A place in the buffer was given out, so nothing in it may move.
    is_pinned: bool,
}

impl<R: Read> Window<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            input,
            buffer: vec![0; READ_LEN],
            start: 0,
            end: 0,
            offset: 0,
            skipped_len: 0,
            is_pinned: false,
        }
    }

    #[inline]
    pub(super) fn bytes(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Where its bytes begin in the buffer. Until the buffer is taken nothing in it moves: whatever needs a read fails with
    /// [`io::ErrorKind::WouldBlock`].
    #[inline]
    pub(super) const fn pin(&mut self) -> usize {
        self.is_pinned = true;
        self.start
    }

    pub(super) const fn is_pinned(&self) -> bool {
        self.is_pinned
    }

    /// Exchanges the buffer for `spare`, into which the bytes that were not used up are copied.
    pub(super) fn take(&mut self, spare: &mut Vec<u8>) {
        let kept_len = self.bytes().len();
        let len = kept_len.max(READ_LEN);
        // One that grew for a long record is not kept.
        if spare.len() != len {
            *spare = vec![0; len];
        }
        if let Some(front) = spare.get_mut(..kept_len) {
            front.copy_from_slice(self.bytes());
        }
        core::mem::swap(&mut self.buffer, spare);
        (self.start, self.end) = (0, kept_len);
        self.is_pinned = false;
    }

    #[inline]
    pub(super) fn consume(&mut self, len: usize) {
        let len = len.min(self.end - self.start);
        self.start += len;
        self.offset += len as u64;
    }

    /// Reads until `len` bytes stand in the window. `Ok(false)`: the stream ended before.
    #[inline]
    pub(super) fn fill(&mut self, len: usize) -> Result<bool, CaptureError> {
        if self.end - self.start >= len {
            return Ok(true);
        }
        self.read(len)
    }

    fn read(&mut self, len: usize) -> Result<bool, CaptureError> {
        while self.end - self.start < len {
            if self.is_pinned {
                return Err(CaptureError::Io(io::ErrorKind::WouldBlock.into()));
            }
            self.make_room();
            let Some(room) = self.buffer.get_mut(self.end..) else {
                return Ok(false);
            };
            match self.input.read(room) {
                Ok(0) => return Ok(false),
                Ok(read) => self.end += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.read_error(error)),
            }
        }
        Ok(true)
    }

    /// As `fill`, where an end of the stream inside the `len` bytes is an error; an end before them is `false`.
    #[inline]
    pub(super) fn fill_record(&mut self, len: usize) -> Result<bool, CaptureError> {
        if len > MAX_RECORD_LEN {
            return Err(self.broken(Fault::TooLong {
                declared: len as u64,
                max_len: MAX_RECORD_LEN as u64,
            }));
        }
        if self.fill(len)? {
            return Ok(true);
        }
        match self.bytes().len() {
            0 => Ok(false),
            found => Err(self.broken(Fault::Truncated {
                needed: len as u64,
                found: found as u64,
            })),
        }
    }

    /// Passes over so many bytes, however many they are. If that fails because nothing comes at the moment, the rest of
    /// them is passed over by the next call.
    pub(super) fn skip(&mut self, len: usize) -> Result<(), CaptureError> {
        self.skipped_len += len;
        while self.skipped_len > 0 {
            if !self.fill(1)? {
                return Err(self.broken(Fault::Truncated {
                    needed: self.skipped_len as u64,
                    found: 0,
                }));
            }
            let passed = self.skipped_len.min(self.bytes().len());
            self.consume(passed);
            self.skipped_len -= passed;
        }
        Ok(())
    }

    pub(super) fn broken(&self, fault: Fault) -> CaptureError {
        CaptureError::Broken {
            fault,
            offset: self.offset,
        }
    }

    /// The buffer grows only once it is full of bytes that came, never on the strength of a declared length.
    fn make_room(&mut self) {
        if self.end < self.buffer.len() {
            return;
        }
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        } else {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
    }

    fn read_error(&self, error: io::Error) -> CaptureError {
        match error.kind() {
            io::ErrorKind::InvalidInput
            | io::ErrorKind::InvalidData
            | io::ErrorKind::UnexpectedEof => CaptureError::Broken {
                fault: Fault::Compression,
                offset: self.offset + self.bytes().len() as u64,
            },
            _ => CaptureError::Io(error),
        }
    }
}
