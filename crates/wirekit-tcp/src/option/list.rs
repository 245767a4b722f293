use crate::segment::FIXED_HEADER_LEN;
use crate::{Error, ErrorKind, OptionKind, TcpOption};

/// The options of a segment: RFC 9293 section 3.2.
///
/// Iteration yields every option, the end of the list included. An option whose length cannot be right is one error
/// item and the last one: where the next option would begin is not known. An unknown kind is an item like any
/// other, because its length says where it ends.
///
/// ```
/// # let bytes = [0, 80, 0, 81, 0, 0, 0, 0, 0, 0, 0, 0, 0x70, 2, 0, 0, 0, 0, 0, 0, 2, 4, 5, 0xb4, 200, 3, 7, 1];
/// use wirekit_tcp::{OptionKind, Segment, TcpOption};
///
/// let segment = Segment::parse(&bytes)?;
/// let options: Vec<_> = segment.options().iter().collect();
/// assert_eq!(options[0], Ok(TcpOption::MaximumSegmentSize(1460)));
/// assert_eq!(options[1], Ok(TcpOption::Unknown { kind: OptionKind(200), data: &[7] }));
/// assert_eq!(options[2], Ok(TcpOption::NoOperation));
/// # Ok::<(), wirekit_tcp::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options<'a> {
    bytes: &'a [u8],
}

impl<'a> Options<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// The options as they stand in the header, padding included.
    #[inline]
    pub const fn as_bytes(self) -> &'a [u8] {
        self.bytes
    }

    /// Walks the options in their order.
    #[inline]
    pub const fn iter(self) -> OptionsIter<'a> {
        OptionsIter {
            rest: self.bytes,
            len: self.bytes.len(),
        }
    }
}

impl<'a> IntoIterator for Options<'a> {
    type Item = Result<TcpOption<'a>, Error>;
    type IntoIter = OptionsIter<'a>;

    #[inline]
    fn into_iter(self) -> OptionsIter<'a> {
        self.iter()
    }
}

/// Walks the options of a segment.
#[derive(Clone, Debug)]
pub struct OptionsIter<'a> {
    rest: &'a [u8],
    /// Of all the options, to know how far `rest` is from the segment's start.
    len: usize,
}

impl<'a> OptionsIter<'a> {
    #[cold]
    fn fail(&mut self, kind: ErrorKind, at: usize) -> Result<TcpOption<'a>, Error> {
        let offset = FIXED_HEADER_LEN + (self.len - self.rest.len()) + at;
        self.rest = &[];
        Err(Error::new(kind, offset))
    }
}

impl<'a> Iterator for OptionsIter<'a> {
    type Item = Result<TcpOption<'a>, Error>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let (&kind, rest) = self.rest.split_first()?;
        if kind == OptionKind::NO_OPERATION.0 {
            self.rest = rest;
            return Some(Ok(TcpOption::NoOperation));
        }
        if kind == OptionKind::END_OF_OPTION_LIST.0 {
            self.rest = &[];
            return Some(Ok(TcpOption::EndOfOptionList));
        }
        let kind = OptionKind(kind);
        let Some((&found, _)) = rest.split_first() else {
            return Some(self.fail(ErrorKind::OptionLengthMissing { kind }, 0));
        };
        if found < 2 {
            return Some(self.fail(ErrorKind::OptionLengthTooSmall { kind, found }, 1));
        }
        let Some((whole, after)) = self.rest.split_at_checked(usize::from(found)) else {
            return Some(self.fail(ErrorKind::OptionTruncated { kind, found }, 1));
        };
        let data = match whole {
            [_, _, data @ ..] => data,
            _ => &[],
        };
        if let Some(option) = TcpOption::read_common(kind, data) {
            self.rest = after;
            return Some(Ok(option));
        }
        match TcpOption::read(kind, data) {
            Some(option) => {
                self.rest = after;
                Some(Ok(option))
            }
            None => Some(self.fail(ErrorKind::OptionLengthWrong { kind, found }, 1)),
        }
    }
}

impl core::iter::FusedIterator for OptionsIter<'_> {}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::Options;
    use crate::{
        EcnCounters, EcnOrder, EncodeError, Error, ErrorKind, Header, Multipath, MultipathSubtype,
        OptionKind, PseudoHeader, SackBlock, SackBlocks, Segment, SeqNumber, TcpOption,
        UserTimeout,
    };

    const SACK: [[u8; 8]; 4] = [[0, 0, 0, 1, 0, 0, 0, 2], [1; 8], [2; 8], [3; 8]];

    fn kind(number: u8) -> OptionKind {
        OptionKind(number)
    }

    /// Every kind of option, as it stands on the wire and as it is read.
    #[rustfmt::skip]
    fn rows() -> Vec<(Vec<u8>, TcpOption<'static>)> {
        let sack = |count| SackBlocks::new(&SACK[..count]).unwrap();
        let ecn = |order, counters| TcpOption::AccurateEcn(EcnCounters::new(order, counters).unwrap());
        let sack_bytes = |count: usize| [&[5, 2 + 8 * u8::try_from(count).unwrap()], SACK[..count].as_flattened()].concat();
        std::vec![
            // RFC 9293 section 3.2
            (std::vec![1], TcpOption::NoOperation),
            (std::vec![2, 4, 0x05, 0xb4], TcpOption::MaximumSegmentSize(1460)),
            // RFC 7323 section 2.2: a shift above 14 is kept as it stands
            (std::vec![3, 3, 15], TcpOption::WindowScale(15)),
            // RFC 2018 sections 2 and 3
            (std::vec![4, 2], TcpOption::SackPermitted),
            (sack_bytes(1), TcpOption::Sack(sack(1))),
            (sack_bytes(2), TcpOption::Sack(sack(2))),
            (sack_bytes(3), TcpOption::Sack(sack(3))),
            (sack_bytes(4), TcpOption::Sack(sack(4))),
            // RFC 7323 section 3.2
            (std::vec![8, 10, 1, 2, 3, 4, 5, 6, 7, 8], TcpOption::Timestamps { value: 0x0102_0304, echo_reply: 0x0506_0708 }),
            // RFC 2385 section 3
            ([&[19, 18], &[7; 16][..]].concat(), TcpOption::Md5Signature(&[7; 16])),
            // RFC 5482 section 2
            (std::vec![28, 4, 0x80, 5], TcpOption::UserTimeout(UserTimeout::from_minutes(5).unwrap())),
            (std::vec![28, 4, 0, 5], TcpOption::UserTimeout(UserTimeout::from_seconds(5).unwrap())),
            // RFC 5925 section 2.2
            (std::vec![29, 4, 1, 2], TcpOption::Authentication { key_id: 1, receive_next_key_id: 2, mac: &[] }),
            (std::vec![29, 6, 1, 2, 3, 4], TcpOption::Authentication { key_id: 1, receive_next_key_id: 2, mac: &[3, 4] }),
            // RFC 8684 section 3
            (std::vec![30, 4, 0x51, 9], TcpOption::Multipath(Multipath::new(&[0x51, 9]).unwrap())),
            // RFC 7413 section 4.1.1
            (std::vec![34, 2], TcpOption::FastOpen(&[])),
            (std::vec![34, 6, 1, 2, 3, 4], TcpOption::FastOpen(&[1, 2, 3, 4])),
            // RFC 9768 section 3.2.3
            (std::vec![172, 2], ecn(EcnOrder::Zero, &[])),
            (std::vec![172, 5, 0, 1, 2], ecn(EcnOrder::Zero, &[[0, 1, 2]])),
            (std::vec![174, 11, 0, 0, 1, 0, 0, 2, 0, 0, 3], ecn(EcnOrder::One, &[[0, 0, 1], [0, 0, 2], [0, 0, 3]])),
            // RFC 6994 section 3; without an identifier, as RFC 3692 had it, it is kept as unknown
            (std::vec![253, 6, 0xf9, 0x89, 1, 2], TcpOption::Experiment { kind: kind(253), exid: 0xf989, data: &[1, 2] }),
            (std::vec![254, 4, 0xe2, 0xd4], TcpOption::Experiment { kind: kind(254), exid: 0xe2d4, data: &[] }),
            (std::vec![254, 3, 1], TcpOption::Unknown { kind: kind(254), data: &[1] }),
            // Obsolete, reserved and unassigned kinds
            (std::vec![6, 6, 1, 2, 3, 4], TcpOption::Unknown { kind: OptionKind::ECHO, data: &[1, 2, 3, 4] }),
            (std::vec![69, 3, 0x80], TcpOption::Unknown { kind: OptionKind::ENCRYPTION_NEGOTIATION, data: &[0x80] }),
            (std::vec![200, 2], TcpOption::Unknown { kind: kind(200), data: &[] }),
            (std::vec![255, 5, 1, 2, 3], TcpOption::Unknown { kind: kind(255), data: &[1, 2, 3] }),
            (std::vec![0], TcpOption::EndOfOptionList),
        ]
    }

    fn read(bytes: &[u8]) -> Vec<Result<TcpOption<'_>, Error>> {
        Options::new(bytes).iter().collect()
    }

    #[test]
    fn every_kind_is_read_and_written() {
        let pseudo = PseudoHeader::V4 {
            source: [1, 2, 3, 4].into(),
            destination: [5, 6, 7, 8].into(),
        };
        for (bytes, option) in rows() {
            assert_eq!(read(&bytes), [Ok(option)]);
            assert_eq!(option.encoded_len(), bytes.len(), "{option:?}");
            assert_eq!(option.kind().0, bytes[0]);
            let mut out = [0; 60];
            let len = Header::default()
                .encode_to_slice(&[option], &pseudo, b"", &mut out)
                .unwrap();
            let segment = Segment::parse(&out[..len]).unwrap();
            assert_eq!(segment.options().iter().next(), Some(Ok(option)));
            assert_eq!(segment.options().as_bytes()[..bytes.len()], bytes);
            assert!(
                segment.options().as_bytes()[bytes.len()..]
                    .iter()
                    .all(|&padding| padding == 0)
            );
        }
    }

    /// Whatever is read is written as it stood, of every kind that the wire can name and of every length that a header
    /// holds: an option without a way out would not come back.
    #[test]
    fn what_is_read_of_any_kind_and_length_is_written_as_it_stood() {
        let pseudo = PseudoHeader::V4 {
            source: [1, 2, 3, 4].into(),
            destination: [5, 6, 7, 8].into(),
        };
        let data: Vec<u8> = (0x51..).take(38).collect();
        for number in 2..=u8::MAX {
            let mut are_known = false;
            for len in 0..=38 {
                let mut bytes = std::vec![number, u8::try_from(2 + len).unwrap()];
                bytes.extend(&data[..len]);
                let Ok(option) = read(&bytes)[0] else {
                    continue;
                };
                are_known = true;
                assert_eq!(
                    (option.kind(), option.encoded_len()),
                    (kind(number), 2 + len)
                );
                let mut alone = [0xa5; TcpOption::MAX_LEN];
                assert_eq!(option.encode_to_slice(&mut alone), Ok(2 + len));
                assert_eq!(alone[..2 + len], bytes);
                assert!(alone[2 + len..].iter().all(|&byte| byte == 0xa5));
                let mut out = [0; 60];
                let used = Header::default()
                    .encode_to_slice(&[option], &pseudo, b"", &mut out)
                    .unwrap();
                let segment = Segment::parse(&out[..used]).unwrap();
                assert_eq!(segment.options().as_bytes()[..2 + len], bytes);
                assert_eq!(segment.verify_checksum(&pseudo), crate::Verdict::Good);
            }
            assert!(are_known, "kind {number}");
        }
    }

    /// Both ways to read agree: the few kinds that are read in the loop, and the table of all.
    #[test]
    fn common_kinds_are_read_as_the_table_says() {
        let mut common = Vec::new();
        for number in 0..=u8::MAX {
            for len in 0..=40 {
                let data = &[7; 40][..len];
                if let Some(option) = TcpOption::read_common(kind(number), data) {
                    assert_eq!(TcpOption::read(kind(number), data), Some(option));
                    common.push(number);
                }
            }
        }
        common.dedup();
        assert_eq!(common, [2, 3, 4, 5, 8]);
    }

    #[test]
    fn an_option_alone_is_refused_as_in_a_header() {
        let mut out = [0xa5; 64];
        let rows = [
            (
                TcpOption::FastOpen(&[1]),
                EncodeError::OptionInvalid {
                    kind: OptionKind::FAST_OPEN,
                },
            ),
            (
                TcpOption::Unknown {
                    kind: OptionKind::NO_OPERATION,
                    data: &[],
                },
                EncodeError::OptionInvalid {
                    kind: OptionKind::NO_OPERATION,
                },
            ),
            (
                TcpOption::Unknown {
                    kind: kind(99),
                    data: &[0; 39],
                },
                EncodeError::OptionsTooLong { len: 41 },
            ),
        ];
        for (option, error) in rows {
            assert_eq!(option.encode_to_slice(&mut out), Err(error));
        }
        for option in [TcpOption::WindowScale(7), TcpOption::NoOperation] {
            let needed = option.encoded_len();
            assert_eq!(
                option.encode_to_slice(&mut out[..needed - 1]),
                Err(EncodeError::OutputTooSmall { needed })
            );
        }
        assert_eq!(out, [0xa5; 64]);
    }

    #[test]
    fn iteration_goes_on_after_every_kind() {
        for (bytes, option) in rows() {
            let mut list = bytes;
            list.extend([77, 3, 9]);
            let expected = Ok(TcpOption::Unknown {
                kind: kind(77),
                data: &[9],
            });
            match option {
                TcpOption::EndOfOptionList => assert_eq!(read(&list), [Ok(option)]),
                option => assert_eq!(read(&list), [Ok(option), expected]),
            }
        }
    }

    #[test]
    fn malformed_options_are_one_item_and_the_last() {
        use ErrorKind::{
            OptionLengthMissing, OptionLengthTooSmall, OptionLengthWrong, OptionTruncated,
        };
        let wrong = |number, found| OptionLengthWrong {
            kind: kind(number),
            found,
        };
        #[rustfmt::skip]
        let rows: &[(&[u8], ErrorKind, usize)] = &[
            // RFC 9293 section 3.1: an option is one byte, or a kind, a length and what the length counts
            (&[2], OptionLengthMissing { kind: kind(2) }, 0),
            (&[99], OptionLengthMissing { kind: kind(99) }, 0),
            (&[2, 0, 5, 0xb4], OptionLengthTooSmall { kind: kind(2), found: 0 }, 1),
            (&[99, 1, 1, 1], OptionLengthTooSmall { kind: kind(99), found: 1 }, 1),
            (&[2, 4, 5], OptionTruncated { kind: kind(2), found: 4 }, 1),
            (&[99, 255, 0, 0], OptionTruncated { kind: kind(99), found: 255 }, 1),
            // RFC 9293 section 3.7.1
            (&[2, 3, 5], wrong(2, 3), 1),
            (&[2, 5, 5, 0xb4, 0], wrong(2, 5), 1),
            // RFC 7323 section 2.2
            (&[3, 2], wrong(3, 2), 1),
            (&[3, 4, 1, 1], wrong(3, 4), 1),
            // RFC 2018 section 2
            (&[4, 3, 0], wrong(4, 3), 1),
            // RFC 2018 section 3: no block, half a block, five blocks (which no header holds)
            (&[5, 2], wrong(5, 2), 1),
            (&[5, 6, 0, 0, 0, 0], wrong(5, 6), 1),
            // RFC 7323 section 3.2
            (&[8, 9, 0, 0, 0, 0, 0, 0, 0], wrong(8, 9), 1),
            // RFC 2385 section 3
            (&[19, 4, 0, 0], wrong(19, 4), 1),
            // RFC 5482 section 2
            (&[28, 3, 0], wrong(28, 3), 1),
            // RFC 5925 section 2.2
            (&[29, 3, 0], wrong(29, 3), 1),
            // RFC 8684 section 3: without a byte there is no subtype
            (&[30, 2], wrong(30, 2), 1),
            // RFC 7413 section 4.1.1: 4 to 16 bytes, and an even number
            (&[34, 3, 0], wrong(34, 3), 1),
            (&[34, 7, 0, 0, 0, 0, 0], wrong(34, 7), 1),
            (&[34, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], wrong(34, 20), 1),
            // RFC 9768 section 3.2.3: counters of three bytes, three at most
            (&[172, 4, 0, 0], wrong(172, 4), 1),
            (&[174, 14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], wrong(174, 14), 1),
        ];
        for &(bytes, error, at) in rows {
            assert_eq!(read(bytes), [Err(Error::new(error, 20 + at))], "{bytes:?}");
            let after = [&[1, 3, 3, 7], bytes].concat();
            let good = [Ok(TcpOption::NoOperation), Ok(TcpOption::WindowScale(7))];
            assert_eq!(
                read(&after),
                [&good[..], &[Err(Error::new(error, 24 + at))]].concat(),
                "{bytes:?}"
            );
            if !matches!(error, OptionLengthMissing { .. } | OptionTruncated { .. }) {
                let tailed = [bytes, &[1, 1, 4, 2]].concat();
                assert_eq!(
                    read(&tailed),
                    [Err(Error::new(error, 20 + at))],
                    "{bytes:?} with a tail"
                );
            }
        }
    }

    #[test]
    fn values_have_their_accessors() {
        let blocks: Vec<_> = SackBlocks::new(&SACK[..1]).unwrap().iter().collect();
        let block = SackBlock {
            left: SeqNumber(1),
            right: SeqNumber(2),
        };
        assert_eq!((&blocks[..], block.to_bytes()), (&[block][..], SACK[0]));
        assert_eq!(
            (SackBlocks::new(&[]), SackBlocks::new(&[[0; 8]; 5])),
            (None, None)
        );
        assert_eq!(
            UserTimeout::from_minutes(3).unwrap().duration().as_secs(),
            180
        );
        assert_eq!(
            UserTimeout::from_seconds(0x7fff)
                .unwrap()
                .duration()
                .as_secs(),
            0x7fff
        );
        assert_eq!(
            (
                UserTimeout::from_seconds(0x8000),
                UserTimeout::from_minutes(0x8000)
            ),
            (None, None)
        );
        assert_eq!(
            Multipath::new(&[0x1f]).unwrap().subtype(),
            MultipathSubtype::MP_JOIN
        );
        for (order, ect_0, ect_1) in [
            (EcnOrder::Zero, Some(1), Some(3)),
            (EcnOrder::One, Some(3), Some(1)),
        ] {
            let counters = EcnCounters::new(order, &[[0, 0, 1], [0, 0, 2], [0, 0, 3]]).unwrap();
            assert_eq!(
                (counters.ect_0(), counters.ce(), counters.ect_1()),
                (ect_0, Some(2), ect_1)
            );
        }
        let short = EcnCounters::new(EcnOrder::One, &[[0, 0, 1]]).unwrap();
        assert_eq!(
            (short.ect_0(), short.ce(), short.ect_1()),
            (None, None, Some(1))
        );
    }
}
