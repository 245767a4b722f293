//! The pcap format: a file header, then records.

use std::io::Read;

use pcap_parser::{
    PcapHeader, parse_pcap_frame, parse_pcap_frame_be, parse_pcap_frame_modified, parse_pcap_header,
};

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
        let captured_len = match (
            window.bytes().get(8..12).and_then(|len| len.first_chunk()),
            self.big_endian,
        ) {
            (Some(len), true) => u32::from_be_bytes(*len),
            (Some(len), false) => u32::from_le_bytes(*len),
            (None, _) => return Ok(None),
        };
        let record_len = self.record_header_len.saturating_add(captured_len as usize);
        window.fill_record(record_len)?;
        let parse = match (self.record_header_len, self.big_endian) {
            (24, _) => parse_pcap_frame_modified,
            (_, true) => parse_pcap_frame_be,
            (_, false) => parse_pcap_frame,
        };
        // All bytes of the record are there, so the parser has no way to fail.
        let Ok((_, record)) = parse(window.bytes()) else {
            return Err(window.broken(Fault::Truncated {
                needed: record_len as u64,
                found: window.bytes().len() as u64,
            }));
        };
        let nanoseconds = u64::from(record.ts_sec) * 1_000_000_000
            + u64::from(record.ts_usec) * self.nanoseconds_a_unit;
        Ok(Some(Located {
            record_len,
            data: self.record_header_len..record_len,
            time: Some(Time::from_nanoseconds(nanoseconds)),
            link: self.link,
        }))
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
