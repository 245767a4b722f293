//! The pcap format: a file header, then records.

use std::io::Read;

use pcap_parser::{PcapHeader, parse_pcap_header};

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
        window.fill_record(FILE_HEADER_LEN)?;
        let Ok((_, header)) = parse_pcap_header(window.bytes()) else {
            return Err(window.broken(Fault::NotACapture));
        };
        window.consume(FILE_HEADER_LEN);
        Ok(Self::from(&header))
    }

    pub(super) fn next<R: Read>(
        &self,
        window: &mut Window<R>,
    ) -> Result<Option<Located>, CaptureError> {
        if !window.fill_record(self.record_header_len)? {
            return Ok(None);
        }
        // Seconds, the fraction of one, the captured length, and then the length on the wire and what variants add.
        let Some((&[seconds, fraction, captured_len], _)) =
            window.bytes().first_chunk::<12>().and_then(|head| {
                let (words, _) = head.as_chunks::<4>();
                words.split_first_chunk::<3>()
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

impl From<&PcapHeader> for Pcap {
    fn from(header: &PcapHeader) -> Self {
        Self {
            // The upper bits may tell the length of the frame check sequence.
            link: LinkType(u16::try_from(header.network.0 & 0xffff).unwrap_or_default()),
            record_header_len: if header.is_modified_format() { 24 } else { 16 },
            big_endian: header.is_bigendian(),
            nanoseconds_a_unit: if header.is_nanosecond_precision() {
                1
            } else {
                1000
            },
        }
    }
}
