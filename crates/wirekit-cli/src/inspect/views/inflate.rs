//! Content in the codings `gzip` and `deflate`: RFC 9110 sections 8.4.1.2 and 8.4.1.3.

use std::io::{self, Write};

use flate2::write::MultiGzDecoder;
use flate2::{Decompress, FlushDecompress, Status};

/// Bytes that are handed on at a time.
const PIECE_LEN: usize = 16 * 1024;

/// A decoder of gzip whose flush is the end: it is a fault if something is not whole.
pub(super) struct GzipDecoder<W: Write>(MultiGzDecoder<W>);

impl<W: Write> GzipDecoder<W> {
    pub(super) fn new(inner: W) -> Self {
        Self(MultiGzDecoder::new(inner))
    }
}

impl<W: Write> Write for GzipDecoder<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.try_finish()?;
        self.0.get_mut().flush()
    }
}

/// A decoder of `deflate`, of zlib's format; many senders leave that away, and the first two bytes tell.
pub(super) struct InflateDecoder<W> {
    inner: W,
    /// Until they tell.
    first: Vec<u8>,
    place: Place,
}

enum Place {
    Start,
    Inside(Decompress),
    End,
}

impl<W: Write> InflateDecoder<W> {
    pub(super) fn new(inner: W) -> Self {
        Self {
            inner,
            first: Vec::new(),
            place: Place::Start,
        }
    }

    fn inflate(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        let mut piece = [0; PIECE_LEN];
        loop {
            let Place::Inside(decompress) = &mut self.place else {
                return match bytes {
                    [] => Ok(()),
                    _ => Err(broken("bytes behind the end")),
                };
            };
            let (taken, made) = (decompress.total_in(), decompress.total_out());
            let status = decompress.decompress(bytes, &mut piece, FlushDecompress::None)?;
            let taken = usize::try_from(decompress.total_in() - taken).map_err(broken)?;
            let made = usize::try_from(decompress.total_out() - made).map_err(broken)?;
            self.inner
                .write_all(piece.get(..made).unwrap_or_default())?;
            bytes = bytes.get(taken..).unwrap_or_default();
            if status == Status::StreamEnd {
                self.place = Place::End;
            } else if taken == 0 && made == 0 {
                return Ok(());
            }
        }
    }
}

impl<W: Write> Write for InflateDecoder<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Place::Start = self.place {
            self.first.extend_from_slice(bytes);
            if let Some(&start) = self.first.first_chunk() {
                self.place = Place::Inside(Decompress::new(is_zlib(start)));
                let first = core::mem::take(&mut self.first);
                self.inflate(&first)?;
            }
        } else {
            self.inflate(bytes)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.place {
            Place::End => self.inner.flush(),
            Place::Start if self.first.is_empty() => self.inner.flush(),
            Place::Start | Place::Inside(_) => Err(broken("it is cut")),
        }
    }
}

/// RFC 1950 section 2.2: the method in four bits, and a check over two bytes.
fn is_zlib([head, check]: [u8; 2]) -> bool {
    head & 15 == 8 && u16::from_be_bytes([head, check]) % 31 == 0
}

fn broken(error: impl Into<Box<dyn core::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}
