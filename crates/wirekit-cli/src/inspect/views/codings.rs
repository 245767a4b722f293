//! Content as it was before it was coded: RFC 9110 section 8.4.

use core::cell::RefCell;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::PathBuf;
use std::rc::Rc;

use brotli_decompressor::DecompressorWriter;
use flate2::write::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

use super::zstd::ZstdDecoder;

/// Bytes that are gathered before they are written.
const BUFFER_LEN: usize = 64 * 1024;
/// A file holds no more: what inflates to more than that is cut there.
const MAX_FILE_LEN: u64 = 1 << 30;
/// Bytes that a decoder hands on at a time.
const BROTLI_LEN: usize = 16 * 1024;
/// Codings that are taken off one after the other; more are left as they are.
const MAX_CODINGS: usize = 4;

/// A file that is written piece by piece, and open only while a piece is.
#[derive(Debug)]
struct File {
    path: PathBuf,
    buffer: Vec<u8>,
    len: u64,
    is_cut: bool,
}

impl File {
    fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        let room = usize::try_from(MAX_FILE_LEN - self.len).unwrap_or(usize::MAX);
        let kept = bytes.get(..room).unwrap_or(bytes);
        self.is_cut |= kept.len() < bytes.len();
        self.len += kept.len() as u64;
        self.buffer.extend_from_slice(kept);
        match self.buffer.len() >= BUFFER_LEN {
            true => self.save(),
            false => Ok(()),
        }
    }

    fn save(&mut self) -> io::Result<()> {
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.path)?;
        file.write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }
}

#[derive(Clone, Debug)]
struct Shared(Rc<RefCell<File>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().push(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Content on its way into a file.
pub(super) struct Content {
    file: Shared,
    /// Takes the codings off; none where there are none, and before the first byte.
    decoder: Option<Box<dyn Write>>,
    codings: Vec<Coding>,
    fault: Option<Fault>,
}

/// What kept content from being written as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is not what its coding says.
    Coding,
    /// It is longer than a file may be.
    TooLong,
}

impl Fault {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Coding => "coding",
            Self::TooLong => "too_long",
        }
    }
}

/// A coding that can be taken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Gzip,
    /// Of zlib's format; many senders leave that away, and the first byte tells.
    Deflate,
    /// RFC 7932.
    Brotli,
    /// RFC 8878.
    Zstd,
}

impl Coding {
    /// The codings of a field, the first one applied first; none if one of them is not known.
    pub(super) fn all(field: &[u8]) -> Option<Vec<Self>> {
        let elements = field.split(|&byte| byte == b',').map(<[u8]>::trim_ascii);
        let codings = elements.filter(|element| !element.is_empty() && *element != b"identity");
        let codings: Vec<Self> = codings
            .map(|coding| match coding.to_ascii_lowercase().as_slice() {
                b"gzip" | b"x-gzip" => Some(Self::Gzip),
                b"deflate" => Some(Self::Deflate),
                b"br" => Some(Self::Brotli),
                b"zstd" => Some(Self::Zstd),
                _ => None,
            })
            .collect::<Option<_>>()?;
        (codings.len() <= MAX_CODINGS).then_some(codings)
    }

    fn decoder(self, inner: Box<dyn Write>, first: &[u8]) -> Box<dyn Write> {
        match self {
            Self::Gzip => Box::new(MultiGzDecoder::new(inner)),
            Self::Brotli => Box::new(Brotli(DecompressorWriter::new(inner, BROTLI_LEN))),
            Self::Zstd => Box::new(ZstdDecoder::new(inner)),
            // RFC 1950 section 2.2: the method in four bits, and a check over two bytes.
            Self::Deflate => match *first {
                [head, check, ..]
                    if head & 15 == 8 && u16::from_be_bytes([head, check]) % 31 == 0 =>
                {
                    Box::new(ZlibDecoder::new(inner))
                }
                _ => Box::new(DeflateDecoder::new(inner)),
            },
        }
    }
}

/// A decoder whose flush is the end: it is a fault if something is not whole.
struct Brotli(DecompressorWriter<Box<dyn Write>>);

impl Write for Brotli {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.close()?;
        self.0.get_mut().flush()
    }
}

/// Content without its codings; none where it is not what they say, or longer than that.
pub(super) fn decoded(codings: &[Coding], bytes: &[u8], max_len: usize) -> Option<Vec<u8>> {
    let plain = Rc::new(RefCell::new(Vec::new()));
    let mut decoder: Box<dyn Write> = Box::new(Bounded {
        plain: Rc::clone(&plain),
        max_len,
    });
    for coding in codings {
        decoder = coding.decoder(decoder, bytes);
    }
    decoder.write_all(bytes).ok()?;
    decoder.flush().ok()?;
    drop(decoder);
    Rc::into_inner(plain).map(RefCell::into_inner)
}

/// Memory that takes no more than so much.
struct Bounded {
    plain: Rc<RefCell<Vec<u8>>>,
    max_len: usize,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut plain = self.plain.borrow_mut();
        if plain.len() + bytes.len() > self.max_len {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        plain.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Content {
    pub(super) fn new(path: PathBuf, codings: Vec<Coding>) -> Self {
        let file = File {
            path,
            buffer: Vec::new(),
            len: 0,
            is_cut: false,
        };
        Self {
            file: Shared(Rc::new(RefCell::new(file))),
            decoder: None,
            codings,
            fault: None,
        }
    }

    /// Takes the next bytes. What is wrong with the content is kept, what is wrong with the disk is returned.
    pub(super) fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.fault.is_some() {
            return Ok(());
        }
        if self.decoder.is_none() {
            let mut decoder: Box<dyn Write> = Box::new(self.file.clone());
            for coding in &self.codings {
                decoder = coding.decoder(decoder, bytes);
            }
            self.decoder = Some(decoder);
        }
        let Some(decoder) = &mut self.decoder else {
            return Ok(());
        };
        match decoder.write_all(bytes) {
            Ok(()) => {}
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::InvalidInput
                        | io::ErrorKind::InvalidData
                        | io::ErrorKind::WriteZero
                ) =>
            {
                self.fault = Some(Fault::Coding);
            }
            Err(error) => return Err(error),
        }
        if self.file.0.borrow().is_cut {
            self.fault = Some(Fault::TooLong);
        }
        Ok(())
    }

    /// Writes what is left; how long the file is, and what is wrong with it.
    pub(super) fn finish(mut self) -> io::Result<(u64, Option<Fault>)> {
        if let Some(mut decoder) = self.decoder.take() {
            let flushed = decoder.flush();
            if flushed.is_err() {
                self.fault.get_or_insert(Fault::Coding);
            }
        }
        let mut file = self.file.0.borrow_mut();
        file.save()?;
        Ok((file.len, self.fault))
    }
}

impl core::fmt::Debug for Content {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Content").finish_non_exhaustive()
    }
}
