//! The pcap format: a file header, then records.

use std::io::Read;

use super::error::{CaptureError, Fault};
use super::window::Window;
use super::{LinkType, Located, Time};

const FILE_HEADER_LEN: usize = 24;

/// What a pcap file's header says about its records.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pcap {
    link: LinkType,
    record_header_len: usize,
    big_endian: bool,
    nanoseconds_a_unit: u64,
}

impl Pcap {
    pub(super) fn open<R: Read>(window: &mut Window<R>) -> Result<Self, CaptureError> {
        let Some(mut pcap) = window.bytes().first_chunk().and_then(Self::of_magic) else {
            return Err(window.broken(Fault::NotACapture));
        };
        window.fill_record(FILE_HEADER_LEN)?;
        if let Some([.., a, b, c, d]) = window.bytes().first_chunk::<FILE_HEADER_LEN>() {
            // The upper bits may tell the length of the frame check sequence.
            let link = pcap.word([*a, *b, *c, *d]) & 0xffff;
            pcap.link = LinkType(u16::try_from(link).unwrap_or_default());
        }
        window.consume(FILE_HEADER_LEN);
        Ok(pcap)
    }

    /// The first four bytes tell the order of the others, the unit of time, and the length of a record's header.
    fn of_magic(magic: &[u8; 4]) -> Option<Self> {
        let big_endian = magic.starts_with(&[0xa1, 0xb2]);
        let number = if big_endian {
            u32::from_be_bytes(*magic)
        } else {
            u32::from_le_bytes(*magic)
        };
        let (record_header_len, nanoseconds_a_unit) = match number {
            0xa1b2_c3d4 => (16, 1000),
            0xa1b2_3c4d => (16, 1),
            // Alexey Kuznetsov's, which adds the interface, the protocol and the kind of packet.
            0xa1b2_cd34 => (24, 1000),
            _ => return None,
        };
        Some(Self {
            link: LinkType(0),
            record_header_len,
            big_endian,
            nanoseconds_a_unit,
        })
    }

    pub(super) fn next<R: Read>(
        &self,
        window: &mut Window<R>,
    ) -> Result<Option<Located>, CaptureError> {
        if !window.fill_record(self.record_header_len)? {
            return Ok(None);
        }
        // Seconds, the fraction of one, the captured length, and then the length on the wire and what variants add.
        let Some((&[seconds, fraction, captured_len, wire_len], _)) =
            window.bytes().first_chunk::<16>().and_then(|head| {
                let (words, _) = head.as_chunks::<4>();
                words.split_first_chunk::<4>()
            })
        else {
            return Ok(None);
        };
        let record_len = self
            .record_header_len
            .saturating_add(self.word(captured_len) as usize);
        window.fill_record(record_len)?;
        let nanoseconds = u64::from(self.word(seconds)) * 1_000_000_000
            + u64::from(self.word(fraction)) * self.nanoseconds_a_unit;
        Ok(Some(Located {
            record_len,
            data: self.record_header_len..record_len,
            wire_len: self.word(wire_len),
            time: Some(Time::from_nanoseconds(nanoseconds)),
            link: self.link,
        }))
    }

    const fn word(&self, bytes: [u8; 4]) -> u32 {
        if self.big_endian {
            u32::from_be_bytes(bytes)
        } else {
            u32::from_le_bytes(bytes)
        }
    }
}
