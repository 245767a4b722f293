//! The pcapng format: sections of blocks, each with interfaces of its own.

use std::io::Read;

use pcap_parser::pcapng::{
    Block, EPB_MAGIC, IDB_MAGIC, InterfaceDescriptionBlock, OptionCode, SHB_MAGIC, SPB_MAGIC,
    parse_block_be, parse_block_le,
};

use super::error::{CaptureError, Fault};
use super::window::Window;
use super::{LinkType, Located, Time};

/// Interfaces a section may describe; more are a broken capture.
const MAX_INTERFACES: usize = 65_536;
/// The packet block, which enhanced packets replaced; old files hold it.
const OBSOLETE_PACKET: u32 = 2;
const BYTE_ORDER_MAGIC: u32 = 0x1a2b_3c4d;

/// What the current section said so far.
#[derive(Debug, Default)]
pub(super) struct PcapNg {
    big_endian: bool,
    interfaces: Vec<Interface>,
    /// The length of a block that is being passed over.
    passed_len: Option<usize>,
}

/// How an interface's packets are to be read.
#[derive(Clone, Copy, Debug)]
struct Interface {
    link: LinkType,
    snap_len: u32,
    /// Units a second.
    resolution: u64,
    /// Seconds to add.
    offset: i64,
}

impl PcapNg {
    pub(super) fn next<R: Read>(
        &mut self,
        window: &mut Window<R>,
    ) -> Result<Option<Located>, CaptureError> {
        loop {
            let Some((block_type, block_len)) = self.fill_block(window)? else {
                return Ok(None);
            };
            let block = window.bytes().get(..block_len).unwrap_or_default();
            if block_type == OBSOLETE_PACKET {
                return match self.obsolete_packet(block) {
                    Ok(located) => Ok(Some(located)),
                    Err(fault) => Err(window.broken(fault)),
                };
            }
            let parse = if self.big_endian {
                parse_block_be
            } else {
                parse_block_le
            };
            // The whole block is there: a parser that asks for more has met contents longer than their block.
            let Ok((_, block)) = parse(block) else {
                return Err(window.broken(Fault::BlockContents { block_type }));
            };
            let located = match block {
                Block::SectionHeader(_) => {
                    self.interfaces.clear();
                    None
                }
                Block::InterfaceDescription(description) => {
                    if self.interfaces.len() >= MAX_INTERFACES {
                        return Err(window.broken(Fault::BlockContents { block_type }));
                    }
                    let interface = Interface::new(&description, self.big_endian);
                    self.interfaces.push(interface);
                    None
                }
                Block::EnhancedPacket(packet) => {
                    let Some(interface) = self.interfaces.get(packet.if_id as usize) else {
                        return Err(window.broken(Fault::UnknownInterface { id: packet.if_id }));
                    };
                    let data_end = 28 + packet.caplen as usize;
                    Some(Located {
                        record_len: block_len,
                        data: 28..data_end,
                        wire_len: packet.origlen,
                        time: Some(
                            interface
                                .time(u64::from(packet.ts_high) << 32 | u64::from(packet.ts_low)),
                        ),
                        link: interface.link,
                    })
                }
                Block::SimplePacket(packet) => {
                    let Some(interface) = self.interfaces.first() else {
                        return Err(window.broken(Fault::UnknownInterface { id: 0 }));
                    };
                    let limit = if interface.snap_len == 0 {
                        u32::MAX
                    } else {
                        interface.snap_len
                    };
                    let captured_len = packet.data.len().min(packet.origlen.min(limit) as usize);
                    Some(Located {
                        record_len: block_len,
                        data: 12..12 + captured_len,
                        wire_len: packet.origlen,
                        time: None,
                        link: interface.link,
                    })
                }
                _ => None,
            };
            if located.is_some() {
                return Ok(located);
            }
            window.consume(block_len);
        }
    }

    /// As an enhanced packet, but that the interface's number has 16 bits, and a count of dropped packets the others.
    fn obsolete_packet(&self, block: &[u8]) -> Result<Located, Fault> {
        const HEADER_LEN: usize = 28;
        let contents = Fault::BlockContents {
            block_type: OBSOLETE_PACKET,
        };
        let (words, _) = block
            .first_chunk::<HEADER_LEN>()
            .ok_or(contents)?
            .as_chunks::<4>();
        let &[_, _, [a, b, _, _], high, low, captured_len, wire_len] = words else {
            return Err(contents);
        };
        let id = match self.big_endian {
            true => u16::from_be_bytes([a, b]),
            false => u16::from_le_bytes([a, b]),
        };
        let interface = self
            .interfaces
            .get(usize::from(id))
            .ok_or(Fault::UnknownInterface { id: id.into() })?;
        let end = HEADER_LEN.saturating_add(self.word(captured_len) as usize);
        // Behind the packet the block's length stands again.
        if end > block.len().saturating_sub(4) {
            return Err(contents);
        }
        let units = u64::from(self.word(high)) << 32 | u64::from(self.word(low));
        Ok(Located {
            record_len: block.len(),
            data: HEADER_LEN..end,
            wire_len: self.word(wire_len),
            time: Some(interface.time(units)),
            link: interface.link,
        })
    }

    const fn word(&self, bytes: [u8; 4]) -> u32 {
        match self.big_endian {
            true => u32::from_be_bytes(bytes),
            false => u32::from_le_bytes(bytes),
        }
    }

    /// Reads the next whole block that is of use into the window, and gives its type and length.
    fn fill_block<R: Read>(
        &mut self,
        window: &mut Window<R>,
    ) -> Result<Option<(u32, usize)>, CaptureError> {
        window.skip(0)?;
        self.pass_end(window)?;
        while let Some((block_type, block_len)) = self.fill_head(window)? {
            if matches!(
                block_type,
                SHB_MAGIC | IDB_MAGIC | SPB_MAGIC | EPB_MAGIC | OBSOLETE_PACKET
            ) {
                window.fill_record(block_len)?;
                self.check_end(window, block_len, block_len - 4)?;
                return Ok(Some((block_type, block_len)));
            }
            // Its writer may have put anything into it, of any length.
            self.passed_len = Some(block_len);
            window.consume(12);
            window.skip(block_len.saturating_sub(16))?;
            self.pass_end(window)?;
        }
        Ok(None)
    }

    /// Passes over the end of a block that was passed over up to there.
    fn pass_end<R: Read>(&mut self, window: &mut Window<R>) -> Result<(), CaptureError> {
        let Some(block_len) = self.passed_len else {
            return Ok(());
        };
        // The shortest block has no more than its head, which ends with the second length.
        if block_len > 12 {
            if !window.fill_record(4)? {
                let (needed, found) = (4, 0);
                return Err(window.broken(Fault::Truncated { needed, found }));
            }
            self.check_end(window, block_len, 0)?;
            window.consume(4);
        }
        self.passed_len = None;
        Ok(())
    }

    /// Behind a block its length stands again, `at` bytes on.
    fn check_end<R: Read>(
        &self,
        window: &Window<R>,
        block_len: usize,
        at: usize,
    ) -> Result<(), CaptureError> {
        let repeated = window.bytes().get(at..).and_then(|len| len.first_chunk());
        match repeated {
            Some(&repeated) if self.word(repeated) as usize == block_len => Ok(()),
            _ => Err(window.broken(Fault::BlockLength {
                declared: u32::try_from(block_len).unwrap_or(u32::MAX),
            })),
        }
    }

    /// Reads the start of a block into the window, and gives its type and length.
    fn fill_head<R: Read>(
        &mut self,
        window: &mut Window<R>,
    ) -> Result<Option<(u32, usize)>, CaptureError> {
        if !window.fill_record(12)? {
            return Ok(None);
        }
        let Some((&[block_type, declared, magic], _)) = window
            .bytes()
            .first_chunk::<12>()
            .map(|head| head.as_chunks::<4>())
            .and_then(|(words, rest)| {
                <&[[u8; 4]; 3]>::try_from(words)
                    .ok()
                    .map(|words| (words, rest))
            })
        else {
            return Ok(None);
        };
        // The section header's type reads the same in both orders; its third word tells which one it is.
        if u32::from_le_bytes(block_type) == SHB_MAGIC {
            self.big_endian = match magic {
                magic if u32::from_be_bytes(magic) == BYTE_ORDER_MAGIC => true,
                magic if u32::from_le_bytes(magic) == BYTE_ORDER_MAGIC => false,
                _ => return Err(window.broken(Fault::NotACapture)),
            };
        }
        let (block_type, declared) = (self.word(block_type), self.word(declared));
        if declared < 12 || declared % 4 != 0 {
            return Err(window.broken(Fault::BlockLength { declared }));
        }
        Ok(Some((block_type, declared as usize)))
    }
}

impl Interface {
    fn new(description: &InterfaceDescriptionBlock<'_>, big_endian: bool) -> Self {
        let mut interface = Self {
            link: LinkType(u16::try_from(description.linktype.0 & 0xffff).unwrap_or_default()),
            snap_len: description.snaplen,
            resolution: 1_000_000,
            offset: 0,
        };
        for option in &description.options {
            match (option.code, &*option.value) {
                (OptionCode::IfTsresol, &[exponent, ..]) => {
                    interface.resolution = resolution(exponent)
                }
                (OptionCode::IfTsoffset, value) => {
                    if let Some(&seconds) = value.first_chunk() {
                        interface.offset = if big_endian {
                            i64::from_be_bytes(seconds)
                        } else {
                            i64::from_le_bytes(seconds)
                        };
                    }
                }
                _ => {}
            }
        }
        interface
    }

    fn time(&self, units: u64) -> Time {
        let nanoseconds = if self.resolution == 1_000_000 {
            u128::from(units) * 1000
        } else {
            u128::from(units) * 1_000_000_000 / u128::from(self.resolution)
        };
        let nanoseconds = i128::try_from(nanoseconds).unwrap_or(i128::MAX);
        let nanoseconds = nanoseconds.saturating_add(i128::from(self.offset) * 1_000_000_000);
        Time::from_nanoseconds(u64::try_from(nanoseconds.max(0)).unwrap_or(u64::MAX))
    }
}

/// `if_tsresol`: a negative power of ten, or of two where the top bit is set. One too small for 64 bits is as good as the
/// smallest.
fn resolution(exponent: u8) -> u64 {
    let (base, power) = if exponent & 0x80 == 0 {
        (10_u64, exponent)
    } else {
        (2, exponent & 0x7f)
    };
    base.checked_pow(u32::from(power))
        .unwrap_or(if base == 2 { 1 << 63 } else { 10_u64.pow(19) })
}
