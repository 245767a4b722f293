//! Content as it was before it was coded: RFC 9110 section 8.4.

use core::cell::RefCell;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::PathBuf;
use std::rc::Rc;

use brotli_decompressor::DecompressorWriter;

use super::inflate::{GzipDecoder, InflateDecoder};
use super::zstd::ZstdDecoder;

/// Bytes that are gathered before they are written.
const BUFFER_LEN: usize = 64 * 1024;
/// A file holds no more: what inflates to more than that is cut there.
pub(super) const MAX_FILE_LEN: u64 = 1 << 30;
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
    /// What was wrong with the disk: decoders say what is wrong with the content by errors of any kind.
    error: Option<io::Error>,
}

impl File {
    fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.len += bytes.len() as u64;
        self.buffer.extend_from_slice(bytes);
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
        let mut file = self.0.borrow_mut();
        if let Err(error) = file.push(bytes) {
            file.error = Some(error);
            return Err(io::ErrorKind::WriteZero.into());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Content on its way into a file.
pub(super) struct Content {
    file: Shared,
    /// Takes the codings off.
    decoder: Box<dyn Write>,
    /// Memory that it may take.
    decoder_len: usize,
    fault: Option<Fault>,
}

/// What kept content from being written as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is not what its coding says.
    Coding,
    /// It is longer than a file may be.
    TooLong,
    /// Too much other content is being decoded: it was left as it came.
    NoRoom,
}

impl Fault {
    /// What a decoder says of it.
    fn of(error: &io::Error) -> Self {
        match error.get_ref().is_some_and(|it| it.is::<TooLong>()) {
            true => Self::TooLong,
            false => Self::Coding,
        }
    }

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Coding => "coding",
            Self::TooLong => "too_long",
            Self::NoRoom => "no_room",
        }
    }
}

/// A coding that can be taken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Gzip,
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

    /// Memory that its decoder may take: a window, and what is around it.
    const fn decoder_len(self) -> usize {
        match self {
            // RFC 1951 section 2: 32 KiB.
            Self::Gzip | Self::Deflate => 128 << 10,
            // RFC 7932 section 9.1: 16 MiB.
            Self::Brotli => 16 << 20,
            // RFC 9659 section 3: 8 MiB.
            Self::Zstd => 8 << 20,
        }
    }

    fn decoder(self, inner: Box<dyn Write>) -> Box<dyn Write> {
        match self {
            Self::Gzip => Box::new(GzipDecoder::new(inner)),
            Self::Deflate => Box::new(InflateDecoder::new(inner)),
            Self::Brotli => Box::new(Brotli(DecompressorWriter::new(inner, BROTLI_LEN))),
            Self::Zstd => Box::new(ZstdDecoder::new(inner)),
        }
    }
}

/// Memory that the decoders of all these codings may take.
pub(super) fn decoders_len(codings: &[Coding]) -> usize {
    codings.iter().map(|coding| coding.decoder_len()).sum()
}

/// Takes codings off on the way into a sink. None of them makes more than so many bytes, whether for the sink or for the next one:
/// what is coded twice may inflate by a million.
fn without(codings: &[Coding], sink: Box<dyn Write>, max_len: u64) -> Box<dyn Write> {
    let bounded = |inner| Bounded {
        inner,
        left: max_len,
    };
    let sink: Box<dyn Write> = Box::new(bounded(sink));
    codings.iter().fold(sink, |inner, coding| {
        Box::new(bounded(coding.decoder(inner)))
    })
}

/// Hands on no more than so many bytes.
struct Bounded {
    inner: Box<dyn Write>,
    left: u64,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = usize::try_from(self.left).unwrap_or(usize::MAX);
        let some = bytes.get(..room).unwrap_or(bytes);
        if some.is_empty() && !bytes.is_empty() {
            return Err(io::Error::other(TooLong));
        }
        let len = self.inner.write(some)?;
        self.left -= len as u64;
        Ok(len)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// What [`Bounded`] says.
#[derive(Debug)]
struct TooLong;

impl core::fmt::Display for TooLong {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("longer than it may be")
    }
}

impl core::error::Error for TooLong {}

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
    let sink = Box::new(Memory(Rc::clone(&plain)));
    let mut decoder = without(codings, sink, max_len as u64);
    decoder.write_all(bytes).ok()?;
    decoder.flush().ok()?;
    drop(decoder);
    Rc::into_inner(plain).map(RefCell::into_inner)
}

struct Memory(Rc<RefCell<Vec<u8>>>);

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Content {
    /// Content for a file of at most so many bytes.
    pub(super) fn new(path: PathBuf, codings: &[Coding], max_len: u64) -> Self {
        let file = File {
            path,
            buffer: Vec::new(),
            len: 0,
            error: None,
        };
        let file = Shared(Rc::new(RefCell::new(file)));
        Self {
            decoder: without(codings, Box::new(file.clone()), max_len),
            decoder_len: decoders_len(codings),
            file,
            fault: None,
        }
    }

    /// Memory that its decoders may take.
    pub(super) const fn decoder_len(&self) -> usize {
        self.decoder_len
    }

    /// Takes the next bytes. What is wrong with the content is kept, what is wrong with the disk is returned.
    pub(super) fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.fault.is_none()
            && let Err(error) = self.decoder.write_all(bytes)
        {
            self.fault = Some(Fault::of(&error));
        }
        match self.file.0.borrow_mut().error.take() {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    /// Writes what is left; how long the file is, and what is wrong with it.
    pub(super) fn finish(mut self) -> io::Result<(u64, Option<Fault>)> {
        if self.fault.is_none()
            && let Err(error) = self.decoder.flush()
        {
            self.fault = Some(Fault::of(&error));
        }
        drop(self.decoder);
        let mut file = self.file.0.borrow_mut();
        if let Some(error) = file.error.take() {
            return Err(error);
        }
        file.save()?;
        Ok((file.len, self.fault))
    }
}

impl core::fmt::Debug for Content {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Content").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    /// Zeros, coded again and again.
    fn bomb(times: u32) -> Vec<u8> {
        (0..times).fold(vec![0; 1 << 20], |bytes, _| gzip(&bytes))
    }

    #[test]
    fn what_inflates_is_bounded_at_every_coding() {
        const MAX_LEN: usize = 100_000;
        let codings = |count| vec![Coding::Gzip; count];
        assert_eq!(decoded(&codings(1), &bomb(1), MAX_LEN), None);
        assert_eq!(decoded(&codings(2), &bomb(2), MAX_LEN), None);
        assert_eq!(
            decoded(&codings(2), &bomb(2), 1 << 20).map(|it| it.len()),
            Some(1 << 20)
        );
        // RFC 1951 section 3.2.4: stored blocks without a byte make nothing of much.
        let nothing: Vec<u8> = b"\0\0\0\xff\xff".repeat(200_000);
        assert_eq!(decoded(&[Coding::Deflate], &nothing, MAX_LEN), None);
        assert_eq!(
            decoded(&[Coding::Deflate, Coding::Gzip], &gzip(&nothing), MAX_LEN),
            None
        );
        let mut ended = b"\0\0\0\xff\xff".repeat(20);
        ended.extend(b"\x01\0\0\xff\xff");
        let coded = gzip(&ended);
        let codings = [Coding::Deflate, Coding::Gzip];
        assert_eq!(decoded(&codings, &coded, MAX_LEN), Some(Vec::new()));
        assert_eq!(decoded(&codings, &coded, ended.len() - 1), None);
    }

    #[test]
    fn a_file_is_cut_where_it_may_be_no_longer() {
        let path = std::env::temp_dir().join(format!("wirekit-cut-{}", std::process::id()));
        let rows = [
            (Vec::new(), vec![0; 1 << 20], Some(Fault::TooLong), 70_000),
            (vec![Coding::Gzip], bomb(1), Some(Fault::TooLong), 70_000),
            (vec![Coding::Gzip], gzip(b"whole"), None, 5),
            (
                vec![Coding::Gzip],
                b"broken".to_vec(),
                Some(Fault::Coding),
                0,
            ),
        ];
        for (codings, bytes, fault, len) in rows {
            let _ = std::fs::remove_file(&path);
            let mut content = Content::new(path.clone(), &codings, 70_000);
            for piece in bytes.chunks(1000) {
                content.push(piece).unwrap();
            }
            assert_eq!(content.finish().unwrap(), (len, fault));
            assert_eq!(std::fs::metadata(&path).unwrap().len(), len);
        }
        std::fs::remove_file(&path).unwrap();
    }

    /// Content that ends before its coding does is not what the coding says, and a cut between two pieces is none.
    #[test]
    fn what_is_cut_is_broken_and_what_is_in_pieces_is_not() {
        let text = b"hello, hello, hello, hello";
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
        zlib.write_all(text).unwrap();
        let mut raw = DeflateEncoder::new(Vec::new(), Compression::best());
        raw.write_all(text).unwrap();
        let zlib = zlib.finish().unwrap();
        let rows = [
            (vec![Coding::Gzip], gzip(text)),
            (vec![Coding::Deflate], zlib.clone()),
            (vec![Coding::Deflate], raw.finish().unwrap()),
            (vec![Coding::Deflate, Coding::Gzip], gzip(&zlib)),
            (vec![Coding::Gzip, Coding::Gzip], gzip(&gzip(text))),
        ];
        for (codings, coded) in rows {
            assert_eq!(decoded(&codings, &coded, 100).as_deref(), Some(&text[..]));
            for cut in 1..coded.len() {
                assert_eq!(
                    decoded(&codings, &coded[..cut], 100),
                    None,
                    "{codings:?} {cut}"
                );
                let path =
                    std::env::temp_dir().join(format!("wirekit-pieces-{}", std::process::id()));
                let mut content = Content::new(path.clone(), &codings, 100);
                content.push(&coded[..cut]).unwrap();
                content.push(&coded[cut..]).unwrap();
                assert_eq!(content.finish().unwrap(), (text.len() as u64, None));
                std::fs::remove_file(path).unwrap();
            }
        }
    }
}
