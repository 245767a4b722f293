//! Content in the Zstandard coding: RFC 8878, and RFC 9659 for its use in HTTP.

use std::io::{self, Write};

use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// RFC 9659 section 3: a window that HTTP's content may not have more of.
const MAX_WINDOW_LEN: u64 = 8 << 20;
const MAGIC_NUMBER: u32 = 0xfd2f_b528;
const CHECKSUM_LEN: usize = 4;

/// Takes the coding off what is written to it, a block at a time: what is held is a window, and a block that is not whole.
pub(super) struct ZstdDecoder<W> {
    inner: W,
    decoder: Box<FrameDecoder>,
    pending: Vec<u8>,
    place: Place,
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// A frame, or the end.
    Frame,
    /// A block of a frame, which may have a checksum behind its last one.
    Block { checksum_len: usize },
    /// So many bytes of a frame that is for others: RFC 8878 section 3.1.2.
    Skipped(usize),
}

impl<W: Write> ZstdDecoder<W> {
    pub(super) fn new(inner: W) -> Self {
        let mut decoder = Box::new(FrameDecoder::new());
        decoder.set_max_window_size(MAX_WINDOW_LEN);
        Self {
            inner,
            decoder,
            pending: Vec::new(),
            place: Place::Frame,
        }
    }

    /// Takes what comes next, if it is whole; how many bytes it is.
    fn step(&mut self, bytes: &[u8]) -> io::Result<Option<usize>> {
        match self.place {
            Place::Skipped(len) => {
                let used = len.min(bytes.len());
                self.place = match len - used {
                    0 => Place::Frame,
                    left => Place::Skipped(left),
                };
                Ok((used > 0 || len == 0).then_some(used))
            }
            Place::Frame => self.frame(bytes),
            Place::Block { checksum_len } => self.block(bytes, checksum_len),
        }
    }

    /// RFC 8878 section 3.1.1.1: the descriptor says how long the header is.
    fn frame(&mut self, bytes: &[u8]) -> io::Result<Option<usize>> {
        let Some((&magic, rest)) = bytes.split_first_chunk() else {
            return Ok(None);
        };
        let magic = u32::from_le_bytes(magic);
        if magic & !15 == 0x184d_2a50 {
            let Some(&len) = rest.first_chunk() else {
                return Ok(None);
            };
            let len = usize::try_from(u32::from_le_bytes(len)).map_err(broken)?;
            self.place = Place::Skipped(len);
            return Ok(Some(8));
        }
        if magic != MAGIC_NUMBER {
            return Err(broken("no frame"));
        }
        let Some(&descriptor) = rest.first() else {
            return Ok(None);
        };
        let is_single_segment = descriptor & 0x20 != 0;
        let dictionary_len = [0, 1, 2, 4].get(usize::from(descriptor & 3));
        let size_len = match descriptor >> 6 {
            0 => usize::from(is_single_segment),
            flag => 1 << flag,
        };
        let len = 5
            + usize::from(!is_single_segment)
            + dictionary_len.copied().unwrap_or_default()
            + size_len;
        let Some(mut header) = bytes.get(..len) else {
            return Ok(None);
        };
        self.decoder.reset(&mut header).map_err(broken)?;
        let has_checksum = descriptor & 4 != 0;
        let checksum_len = usize::from(has_checksum) * CHECKSUM_LEN;
        self.place = Place::Block { checksum_len };
        Ok(Some(len))
    }

    /// RFC 8878 section 3.1.1.2: three bytes say whether it is the last, of what type, and how long it is.
    fn block(&mut self, bytes: &[u8], checksum_len: usize) -> io::Result<Option<usize>> {
        let Some(&[a, b, c]) = bytes.first_chunk() else {
            return Ok(None);
        };
        let header = u32::from_le_bytes([a, b, c, 0]);
        let is_last = header & 1 != 0;
        let len = match header >> 1 & 3 {
            // One byte that is repeated.
            1 => 1,
            _ => usize::try_from(header >> 3).map_err(broken)?,
        };
        let len = 3 + len + usize::from(is_last) * checksum_len;
        let Some(mut block) = bytes.get(..len) else {
            return Ok(None);
        };
        let strategy = BlockDecodingStrategy::UptoBlocks(1);
        let decoded = self.decoder.decode_blocks(&mut block, strategy);
        decoded.map_err(broken)?;
        self.decoder.collect_to_writer(&mut self.inner)?;
        if is_last {
            let (said, found) = (
                self.decoder.get_checksum_from_data(),
                self.decoder.get_calculated_checksum(),
            );
            if said.is_some() && said != found {
                return Err(broken("the checksum is another"));
            }
            self.place = Place::Frame;
        }
        Ok(Some(len))
    }
}

impl<W: Write> Write for ZstdDecoder<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut pending = core::mem::take(&mut self.pending);
        pending.extend_from_slice(bytes);
        let mut rest = &pending[..];
        while let Some(used) = self.step(rest)? {
            rest = rest.get(used..).unwrap_or_default();
        }
        let used = pending.len() - rest.len();
        pending.drain(..used);
        self.pending = pending;
        Ok(bytes.len())
    }

    /// The end: it is a fault if something is not whole.
    fn flush(&mut self) -> io::Result<()> {
        if self.place != Place::Frame || !self.pending.is_empty() {
            return Err(broken("it is cut"));
        }
        self.inner.flush()
    }
}

fn broken(error: impl Into<Box<dyn core::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A skippable frame, a raw block and one that repeats a byte, without a checksum.
    const CODED: &[u8] = b"\x50\x2a\x4d\x18\x02\0\0\0xx\x28\xb5\x2f\xfd\0\x58\x18\0\0abc\x2b\0\0!";

    fn decoded(pieces: &[&[u8]]) -> (Vec<u8>, bool) {
        let mut text = Vec::new();
        let mut decoder = ZstdDecoder::new(&mut text);
        let is_well = pieces.iter().all(|piece| decoder.write_all(piece).is_ok());
        let is_well = is_well && decoder.flush().is_ok();
        drop(decoder);
        (text, is_well)
    }

    #[test]
    fn frames_are_decoded_however_they_are_cut() {
        for cut in 0..=CODED.len() {
            let (one, other) = CODED.split_at(cut);
            assert_eq!(
                decoded(&[one, other]),
                (b"abc!!!!!".to_vec(), true),
                "{cut}"
            );
            let is_whole = [0, 10, CODED.len()].contains(&cut);
            assert_eq!(decoded(&[one]).1, is_whole, "{cut}");
        }
    }

    #[test]
    fn what_is_no_frame_or_has_too_large_a_window_is_broken() {
        // RFC 8878 section 3.1.1.1.2: an exponent of 14 above 10 is 16 MiB.
        let large = b"\x28\xb5\x2f\xfd\0\x70\x01\0\0";
        for bytes in [&b"hello"[..], large, b"\x28\xb5\x2f\xfd\0\x58\x07\0\0"] {
            assert!(!decoded(&[bytes]).1, "{bytes:?}");
        }
    }
}
