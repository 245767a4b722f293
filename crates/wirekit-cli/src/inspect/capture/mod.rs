//! Captures, read in one streaming pass: pcap in either byte order with micro- or nanoseconds, and pcapng.

mod batch;
mod error;
mod input;
mod pcap;
mod pcapng;
mod window;

use core::ops::Range;
use core::time::Duration;
use std::io::Read;

pub(crate) use batch::Batch;
pub(crate) use error::{CaptureError, Fault};
pub(crate) use input::{Input, Progress, open};
use pcap::Pcap;
use pcapng::PcapNg;
use window::Window;

/// The number that a capture gives to a kind of link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LinkType(pub(crate) u16);

/// A packet's time: nanoseconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Time(u64);

impl Time {
    pub(crate) const fn from_nanoseconds(nanoseconds: u64) -> Self {
        Self(nanoseconds)
    }

    pub(crate) const fn nanoseconds(self) -> u64 {
        self.0
    }

    /// From the same moment on.
    pub(crate) fn from_duration(duration: Duration) -> Self {
        Self(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX))
    }

    /// From the same moment on.
    pub(crate) const fn duration(self) -> Duration {
        Duration::from_nanos(self.0)
    }

    /// Nanoseconds from `earlier` to here; negative where the capture's clock went back.
    pub(crate) const fn since(self, earlier: Self) -> i64 {
        self.0.wrapping_sub(earlier.0).cast_signed()
    }
}

/// One packet as it was captured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record<'a> {
    /// Absent in pcapng's simple packets.
    pub(crate) time: Option<Time>,
    pub(crate) link: LinkType,
    /// The captured bytes, which may be fewer than the packet had.
    pub(crate) data: &'a [u8],
    /// The bytes of the packet that were not captured.
    pub(crate) cut_len: usize,
}

/// Where a record's parts stand in the window.
struct Located {
    record_len: usize,
    data: Range<usize>,
    /// The packet's length on the wire.
    wire_len: u32,
    time: Option<Time>,
    link: LinkType,
}

impl Located {
    /// The bytes of the packet that were not captured.
    #[inline(always)]
    fn cut_len(&self) -> usize {
        (self.wire_len as usize).saturating_sub(self.data.len())
    }

    /// The record, which begins where `bytes` do.
    #[inline(always)]
    fn record<'a>(&self, bytes: &'a [u8]) -> Record<'a> {
        Record {
            time: self.time,
            link: self.link,
            cut_len: self.cut_len(),
            data: bytes.get(self.data.clone()).unwrap_or_default(),
        }
    }
}

/// A capture being read.
pub(crate) struct Capture<R> {
    window: Window<R>,
    format: Format,
    /// Bytes of the record that was given last.
    used: usize,
}

enum Format {
    Pcap(Pcap),
    PcapNg(PcapNg),
}

impl<R: Read> Capture<R> {
    /// Reads as much as tells the format.
    pub(crate) fn new(input: R) -> Result<Self, CaptureError> {
        let mut window = Window::new(input);
        if !window.fill(4)? {
            let found = window.bytes().len() as u64;
            return Err(window.broken(Fault::Truncated { needed: 4, found }));
        }
        let format = if window.bytes().starts_with(&[0x0a, 0x0d, 0x0d, 0x0a]) {
            Format::PcapNg(PcapNg::default())
        } else {
            Format::Pcap(Pcap::open(&mut window)?)
        };
        Ok(Self {
            window,
            format,
            used: 0,
        })
    }

    /// The next packet; nothing at the capture's end. Inlined, as what reads a record and the packet in it is one loop: the parts of
    /// both then need not be stored and read again.
    #[inline(always)]
    pub(crate) fn next(&mut self) -> Result<Option<Record<'_>>, CaptureError> {
        let located = self.locate()?;
        Ok(located.map(|located| located.record(self.window.bytes())))
    }

    /// Reads on until a record is whole, and takes all that are whole then, with what `make` makes of each. `Ok(false)`:
    /// the capture ends behind them; an error too stands behind the records of the batch.
    pub(crate) fn next_batch<T: Copy>(
        &mut self,
        batch: &mut Batch<T>,
        make: impl Fn(&Record<'_>) -> T,
    ) -> Result<bool, CaptureError> {
        batch.clear();
        let outcome = loop {
            match self.locate() {
                Ok(Some(located)) => {
                    let made = make(&located.record(self.window.bytes()));
                    batch.push(self.window.pin(), &located, made);
                }
                Ok(None) => break Ok(false),
                Err(CaptureError::Io(_)) if self.window.is_pinned() => break Ok(true),
                Err(error) => break Err(error),
            }
        };
        self.window.consume(self.used);
        self.used = 0;
        self.window.take(&mut batch.bytes);
        outcome
    }

    /// Finds the next record, at the beginning of the window.
    #[inline(always)]
    fn locate(&mut self) -> Result<Option<Located>, CaptureError> {
        self.window.consume(self.used);
        self.used = 0;
        let located = match &mut self.format {
            Format::Pcap(pcap) => pcap.next(&mut self.window)?,
            Format::PcapNg(pcapng) => pcapng.next(&mut self.window)?,
        };
        if let Some(located) = &located {
            self.used = located.record_len;
        }
        Ok(located)
    }
}
