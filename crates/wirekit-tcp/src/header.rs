#[cfg(feature = "alloc")]
use bytes::BufMut;
use wirekit_checksum::{Protocol, PseudoHeader};

use crate::segment::FIXED_HEADER_LEN;
use crate::{EncodeError, Flags, OptionKind, SeqNumber, TcpOption};

/// The longest header: a data offset of 15 words.
const MAX_HEADER_LEN: usize = 60;

/// Most bytes of options.
pub(crate) const MAX_OPTIONS_LEN: usize = MAX_HEADER_LEN - FIXED_HEADER_LEN;

/// What a sender chooses of a segment's header; the data offset, the padding and the checksum are computed: RFC
/// 9293 section 3.1.
///
/// ```
/// use core::net::Ipv4Addr;
/// use wirekit_tcp::{Flags, Header, PseudoHeader, Segment, SeqNumber, TcpOption};
///
/// let syn = Header {
///     source_port: 40000,
///     destination_port: 80,
///     sequence_number: SeqNumber(1),
///     flags: Flags::SYN,
///     window: 64240,
///     ..Header::default()
/// };
/// let options = [TcpOption::MaximumSegmentSize(1460), TcpOption::SackPermitted];
/// let pseudo = PseudoHeader::V4 { source: Ipv4Addr::LOCALHOST, destination: Ipv4Addr::LOCALHOST };
/// let mut out = [0; 60];
/// let len = syn.encode_to_slice(&options, &pseudo, b"", &mut out)?;
/// assert_eq!(len, 28); // two bytes of padding
/// assert_eq!(Segment::parse(&out[..len])?.header(), syn);
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[expect(clippy::exhaustive_structs, reason = "RFC 9293 fixes the fields")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Header {
    /// The sender's port.
    pub source_port: u16,
    /// The receiver's port.
    pub destination_port: u16,
    /// The number of the first byte of data; of the SYN itself where SYN is set.
    pub sequence_number: SeqNumber,
    /// The number that the sender expects next; significant where ACK is set.
    pub acknowledgment_number: SeqNumber,
    /// The control bits.
    pub flags: Flags,
    /// The bytes that the sender is ready to receive, before scaling.
    pub window: u16,
    /// The offset of the byte after urgent data; significant where URG is set.
    pub urgent_pointer: u16,
}

impl Header {
    /// The length of the whole segment with these options, padded, and a payload of `payload_len` bytes.
    pub fn encoded_len(options: &[TcpOption<'_>], payload_len: usize) -> usize {
        let options_len = options.iter().fold(0, |len: usize, option| {
            len.saturating_add(option.encoded_len())
        });
        padded(options_len)
            .saturating_add(FIXED_HEADER_LEN)
            .saturating_add(payload_len)
    }

    /// Appends the segment with its checksum and returns its length.
    ///
    /// Options stand as they are given; zeros, that is the end of the list, fill the last word.
    ///
    /// # Errors
    ///
    /// Every [`EncodeError`]; nothing is written then.
    #[cfg(feature = "alloc")]
    #[inline]
    pub fn encode(
        &self,
        options: &[TcpOption<'_>],
        pseudo: &PseudoHeader,
        payload: &[u8],
        out: &mut impl BufMut,
    ) -> Result<usize, EncodeError> {
        let (header_len, needed) = measure(options, payload)?;
        if out.remaining_mut() < needed {
            return Err(EncodeError::OutputTooSmall { needed });
        }
        let mut header = [0; MAX_HEADER_LEN];
        let (header, _) = header.split_at_mut(header_len);
        self.write(options, pseudo, payload, header)?;
        out.put_slice(header);
        out.put_slice(payload);
        Ok(needed)
    }

    /// Writes the segment with its checksum at the start of `out` and returns its length.
    ///
    /// # Errors
    ///
    /// As [`encode`](Self::encode).
    #[inline]
    pub fn encode_to_slice(
        &self,
        options: &[TcpOption<'_>],
        pseudo: &PseudoHeader,
        payload: &[u8],
        out: &mut [u8],
    ) -> Result<usize, EncodeError> {
        let (header_len, needed) = measure(options, payload)?;
        let Some((head, tail)) = out
            .get_mut(..needed)
            .and_then(|out| out.split_at_mut_checked(header_len))
        else {
            return Err(EncodeError::OutputTooSmall { needed });
        };
        self.write(options, pseudo, payload, head)?;
        if !payload.is_empty() {
            tail.copy_from_slice(payload);
        }
        Ok(needed)
    }

    /// Writes the header, which is as long as `measure` said, with its checksum.
    #[inline]
    fn write(
        &self,
        options: &[TcpOption<'_>],
        pseudo: &PseudoHeader,
        payload: &[u8],
        header: &mut [u8],
    ) -> Result<(), EncodeError> {
        // At most 60 bytes, so 15 words of four bits.
        let words = u16::try_from(header.len() / 4).unwrap_or_default();
        // `measure` saw that it fits.
        let len = u32::try_from(header.len() + payload.len()).unwrap_or_default();
        if let Some((fixed, mut rest)) = header.split_first_chunk_mut::<FIXED_HEADER_LEN>() {
            *fixed = self.fixed(words);
            for option in options {
                // What it measures is what it writes, so there is room; a header without its options is never sent.
                rest = option
                    .write(rest)
                    .ok_or_else(|| EncodeError::OptionInvalid {
                        kind: option.kind(),
                    })?;
            }
            // Padding: at most three bytes.
            for byte in rest {
                *byte = 0;
            }
        }
        let mut checksum = pseudo.checksum(Protocol::TCP, len);
        checksum.update(header);
        if !payload.is_empty() {
            checksum.update(payload);
        }
        if let Some(field) = header.get_mut(16..18) {
            field.copy_from_slice(&checksum.finish().to_be_bytes());
        }
        Ok(())
    }

    /// The fixed header, the checksum zero.
    #[inline]
    fn fixed(&self, words: u16) -> [u8; FIXED_HEADER_LEN] {
        let [a, b] = self.source_port.to_be_bytes();
        let [c, d] = self.destination_port.to_be_bytes();
        let [e, f, g, h] = self.sequence_number.0.to_be_bytes();
        let [i, j, k, l] = self.acknowledgment_number.0.to_be_bytes();
        let [m, n] = (words << 12 | self.flags.bits()).to_be_bytes();
        let [o, p] = self.window.to_be_bytes();
        let [q, r] = self.urgent_pointer.to_be_bytes();
        [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, 0, 0, q, r]
    }
}

/// The lengths of the header and of the segment, after a check of everything but the room for them.
#[inline]
fn measure(options: &[TcpOption<'_>], payload: &[u8]) -> Result<(usize, usize), EncodeError> {
    let mut options_len: usize = 0;
    let mut is_open = true;
    for option in options {
        if !is_open {
            return Err(EncodeError::OptionInvalid {
                kind: OptionKind::END_OF_OPTION_LIST,
            });
        }
        is_open = !matches!(option, TcpOption::EndOfOptionList);
        options_len = options_len.saturating_add(option.measure()?);
    }
    if options_len > MAX_OPTIONS_LEN {
        return Err(EncodeError::OptionsTooLong { len: options_len });
    }
    let header_len = FIXED_HEADER_LEN + padded(options_len);
    let len = header_len.saturating_add(payload.len());
    if u32::try_from(len).is_err() {
        return Err(EncodeError::SegmentTooLong { len });
    }
    Ok((header_len, len))
}

const fn padded(len: usize) -> usize {
    len.saturating_add(3) / 4 * 4
}

#[cfg(test)]
mod tests {
    use core::net::{Ipv4Addr, Ipv6Addr};

    use super::Header;
    use crate::{
        EncodeError, Flags, OptionKind, PseudoHeader, Segment, SeqNumber, TcpOption, Verdict,
    };

    const HEADER: Header = Header {
        source_port: 0x9c40,
        destination_port: 80,
        sequence_number: SeqNumber(0x0102_0304),
        acknowledgment_number: SeqNumber(0x0506_0708),
        flags: Flags::AE.union(Flags::SYN).union(Flags::ACK),
        window: 0xfaf0,
        urgent_pointer: 7,
    };
    const PSEUDO: PseudoHeader = PseudoHeader::V4 {
        source: Ipv4Addr::new(192, 0, 2, 1),
        destination: Ipv4Addr::new(192, 0, 2, 2),
    };
    const SYN_OPTIONS: [TcpOption<'_>; 5] = [
        TcpOption::MaximumSegmentSize(1460),
        TcpOption::SackPermitted,
        TcpOption::Timestamps {
            value: 1,
            echo_reply: 2,
        },
        TcpOption::NoOperation,
        TcpOption::WindowScale(7),
    ];

    #[test]
    fn what_is_encoded_is_parsed() {
        let six = PseudoHeader::V6 {
            source: Ipv6Addr::LOCALHOST,
            destination: Ipv6Addr::UNSPECIFIED,
        };
        for pseudo in [PSEUDO, six] {
            for payload in [&b""[..], b"a", &[0xff; 1461]] {
                let mut out = std::vec![0x55; 1600];
                let len = HEADER
                    .encode_to_slice(&SYN_OPTIONS, &pseudo, payload, &mut out)
                    .unwrap();
                assert_eq!(
                    (len, len),
                    (
                        Header::encoded_len(&SYN_OPTIONS, payload.len()),
                        40 + payload.len()
                    )
                );
                assert!(out[len..].iter().all(|&byte| byte == 0x55));
                let segment = Segment::parse(&out[..len]).unwrap();
                assert_eq!((segment.header(), segment.payload()), (HEADER, payload));
                assert_eq!(segment.verify_checksum(&pseudo), Verdict::Good);
                assert!(segment.options().iter().eq(SYN_OPTIONS.map(Ok)));
            }
        }
    }

    #[test]
    #[cfg(feature = "alloc")]
    fn both_outputs_are_alike() {
        let (mut slice, mut vec) = ([0; 43], std::vec::Vec::new());
        HEADER
            .encode_to_slice(&SYN_OPTIONS, &PSEUDO, b"abc", &mut slice)
            .unwrap();
        assert_eq!(
            HEADER.encode(&SYN_OPTIONS, &PSEUDO, b"abc", &mut vec),
            Ok(43)
        );
        assert_eq!(vec, slice);
        let (mut exact, whole) = ([0; 43], slice);
        let len = HEADER.encode(&SYN_OPTIONS, &PSEUDO, b"abc", &mut &mut exact[..]);
        assert_eq!((len, exact), (Ok(43), whole));
        let mut small = &mut slice[..42];
        let error = HEADER.encode(&SYN_OPTIONS, &PSEUDO, b"abc", &mut small);
        assert_eq!(error, Err(EncodeError::OutputTooSmall { needed: 43 }));
    }

    #[test]
    fn what_cannot_be_sent_leaves_the_output_alone() {
        let invalid = |number| EncodeError::OptionInvalid {
            kind: OptionKind(number),
        };
        let digest = [0; 16];
        let rows: [(&[TcpOption<'_>], EncodeError); 7] = [
            (
                &[TcpOption::EndOfOptionList, TcpOption::NoOperation],
                invalid(0),
            ),
            (&[TcpOption::FastOpen(&[1, 2])], invalid(34)),
            (
                &[TcpOption::Unknown {
                    kind: OptionKind::NO_OPERATION,
                    data: &[],
                }],
                invalid(1),
            ),
            (
                &[TcpOption::Unknown {
                    kind: OptionKind(253),
                    data: &[1, 2],
                }],
                invalid(253),
            ),
            (
                &[TcpOption::Experiment {
                    kind: OptionKind(252),
                    exid: 1,
                    data: &[],
                }],
                invalid(252),
            ),
            (
                &[TcpOption::Unknown {
                    kind: OptionKind(99),
                    data: &[0; 39],
                }],
                EncodeError::OptionsTooLong { len: 41 },
            ),
            (
                &[
                    TcpOption::Md5Signature(&digest),
                    TcpOption::Md5Signature(&digest),
                    TcpOption::FastOpen(&[0; 4]),
                ],
                EncodeError::OptionsTooLong { len: 42 },
            ),
        ];
        let mut out = [0x55; 100];
        for (options, error) in rows {
            assert_eq!(
                HEADER.encode_to_slice(options, &PSEUDO, b"", &mut out),
                Err(error),
                "{options:?}"
            );
        }
        let error = HEADER.encode_to_slice(&SYN_OPTIONS, &PSEUDO, b"abc", &mut out[..42]);
        assert_eq!(error, Err(EncodeError::OutputTooSmall { needed: 43 }));
        assert_eq!(out, [0x55; 100]);
    }
}
