//! The laws of `wirekit-tcp`.

mod flow;
mod reassembly;
mod track;

use std::collections::BTreeSet;

use arbitrary::{Arbitrary, Result, Unstructured};
use wirekit::checksum::{PseudoHeader, Verdict};
use wirekit::tcp::{
    EcnCounters, EcnOrder, ErrorKind, Flags, Header, Multipath, OptionKind, SackBlocks, Segment,
    SegmentMut, SeqNumber, TcpOption, UserTimeout,
};

pub use flow::flow;
pub use reassembly::{reassemble, reassemble_any};
pub use track::track;

laws![
    change,
    flow,
    parse,
    reassemble,
    reassemble_any,
    round_trip,
    track
];

const LOCAL: PseudoHeader = PseudoHeader::V4 {
    source: core::net::Ipv4Addr::LOCALHOST,
    destination: core::net::Ipv4Addr::LOCALHOST,
};

/// Laws 3, 5 and 6: what is parsed lies in the input, errors point into it, options end.
pub fn parse(data: &[u8]) {
    match Segment::parse(data) {
        Ok(segment) => {
            assert_eq!(segment.as_bytes(), data);
            assert_eq!(segment.header_len() + segment.payload().len(), data.len());
            assert_eq!(Segment::parse_captured(data, data.len()), Ok(segment));
            options(&segment);
        }
        Err(error) => {
            assert!(error.offset() <= data.len(), "{error}");
            assert_eq!(Segment::parse_captured(data, data.len()), Err(error));
            // A capture may have cut it: never before the options, and never one that was too short all the same.
            for len in [data.len() + 9, data.len() + 60] {
                let ErrorKind::Truncated { needed } = error.kind() else {
                    assert_eq!(Segment::parse_captured(data, len), Err(error));
                    continue;
                };
                match Segment::parse_captured(data, len) {
                    Ok(segment) => {
                        assert_eq!((segment.as_bytes(), segment.payload()), (data, &[][..]));
                        assert_eq!(segment.header_len() + segment.payload_len(), len);
                        options(&segment);
                    }
                    Err(cut) => {
                        assert_eq!(cut, error);
                        assert!(data.len() < 20 || needed > len, "{cut}");
                    }
                }
            }
        }
    }
}

fn options(segment: &Segment<'_>) {
    let bytes = segment.options().as_bytes();
    let mut used = 0;
    let mut options = segment.options().iter();
    for option in &mut options {
        match option {
            Ok(TcpOption::EndOfOptionList) => {
                assert_eq!(bytes[used], 0);
                used = bytes.len();
            }
            Ok(option) => {
                assert_eq!(bytes[used], option.kind().0);
                let len = option.encoded_len();
                let mut alone = [0; TcpOption::MAX_LEN];
                assert_eq!(option.encode_to_slice(&mut alone), Ok(len));
                assert_eq!(alone[..len], bytes[used..used + len]);
                used += len;
            }
            Err(error) => {
                assert!(
                    (20 + used..segment.header_len()).contains(&error.offset()),
                    "{error}"
                );
                used = bytes.len();
            }
        }
    }
    assert_eq!(used, bytes.len());
    assert!(options.next().is_none());
}

/// Laws 5 and 8: what is encoded is parsed, the checksum verifies, and what is refused leaves the output alone.
pub fn round_trip(data: &[u8]) {
    let _ = round_trip_of(&mut Unstructured::new(data));
}

fn round_trip_of(input: &mut Unstructured<'_>) -> Result<()> {
    let header = Header {
        source_port: input.arbitrary()?,
        destination_port: input.arbitrary()?,
        sequence_number: SeqNumber(input.arbitrary()?),
        acknowledgment_number: SeqNumber(input.arbitrary()?),
        flags: Flags::from_bits(input.arbitrary()?),
        window: input.arbitrary()?,
        urgent_pointer: input.arbitrary()?,
    };
    let Some(pseudo) = PseudoHeader::new(input.arbitrary()?, input.arbitrary()?) else {
        return Ok(());
    };
    let blocks: [[u8; 8]; 4] = input.arbitrary()?;
    let counters: [[u8; 3]; 3] = input.arbitrary()?;
    let digest: [u8; 16] = input.arbitrary()?;
    let count = input.int_in_range(0..=8)?;
    let options: Vec<_> = (0..count)
        .map(|_| option(input, &blocks, &counters, &digest))
        .collect::<Result<_>>()?;
    let room = usize::from(input.arbitrary::<u16>()?);
    let payload = input.bytes(input.len())?;
    let mut out = vec![0xa5; room];
    match header.encode_to_slice(&options, &pseudo, payload, &mut out) {
        Ok(len) => {
            assert_eq!(len, Header::encoded_len(&options, payload.len()));
            let segment = Segment::parse(&out[..len]).expect("what was encoded");
            assert_eq!((segment.header(), segment.payload()), (header, payload));
            assert_eq!(segment.verify_checksum(&pseudo), Verdict::Good);
            let mut read = segment.options().iter();
            for option in &options {
                assert_eq!(read.next(), Some(Ok(*option)));
            }
            let rest: Vec<_> = read.collect();
            assert!(
                rest.is_empty() || rest == [Ok(TcpOption::EndOfOptionList)],
                "{rest:?}"
            );
            let mut vec = Vec::new();
            assert_eq!(header.encode(&options, &pseudo, payload, &mut vec), Ok(len));
            assert_eq!(vec, out[..len]);
        }
        Err(_) => assert!(out.iter().all(|&byte| byte == 0xa5)),
    }
    Ok(())
}

/// The name of the variant of an option that [`round_trip`] would encode.
pub fn option_of_round_trip(data: &[u8]) -> Option<String> {
    let input = &mut Unstructured::new(data);
    let option = option(input, &[[1; 8]; 4], &[[2; 3]; 3], &[3; 16]).ok()?;
    Some(variant(&option))
}

/// The names of all variants that a header can hold, by a look at every kind with every length.
pub fn options_of_headers() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (kind, len) in (0..=255).flat_map(|kind| (2..=40).map(move |len| (kind, len))) {
        let mut bytes = [0; 60];
        bytes[12] = 15 << 4;
        bytes[20..22].copy_from_slice(&[kind, len]);
        let segment = Segment::parse(&bytes).expect("a header of 60 bytes");
        let first = segment.options().iter().next();
        names.extend(first.and_then(Result::ok).as_ref().map(variant));
    }
    names
}

fn variant(option: &TcpOption<'_>) -> String {
    let text = format!("{option:?}");
    let name = text.split(|c: char| !c.is_alphanumeric()).next();
    name.unwrap_or_default().into()
}

fn option<'a, 'b: 'a>(
    input: &mut Unstructured<'b>,
    blocks: &'a [[u8; 8]; 4],
    counters: &'a [[u8; 3]; 3],
    digest: &'a [u8; 16],
) -> Result<TcpOption<'a>> {
    let data: &'b [u8] = Arbitrary::arbitrary(input)?;
    Ok(match input.int_in_range(0..=15)? {
        0 => TcpOption::EndOfOptionList,
        1 => TcpOption::NoOperation,
        2 => TcpOption::MaximumSegmentSize(input.arbitrary()?),
        3 => TcpOption::WindowScale(input.arbitrary()?),
        4 => TcpOption::SackPermitted,
        5 => TcpOption::Timestamps {
            value: input.arbitrary()?,
            echo_reply: input.arbitrary()?,
        },
        6 => TcpOption::Md5Signature(digest),
        7 => TcpOption::UserTimeout(UserTimeout::from_bits(input.arbitrary()?)),
        8 => TcpOption::Authentication {
            key_id: input.arbitrary()?,
            receive_next_key_id: input.arbitrary()?,
            mac: data,
        },
        9 => Multipath::new(data).map_or(TcpOption::NoOperation, TcpOption::Multipath),
        10 => TcpOption::FastOpen(data),
        11 => {
            let order = if input.arbitrary()? {
                EcnOrder::Zero
            } else {
                EcnOrder::One
            };
            let counters = EcnCounters::new(order, &counters[..input.int_in_range(0..=3)?]);
            counters.map_or(TcpOption::NoOperation, TcpOption::AccurateEcn)
        }
        12 => {
            let kind = OptionKind(input.int_in_range(252..=254)?);
            TcpOption::Experiment {
                kind,
                exid: input.arbitrary()?,
                data,
            }
        }
        13 => TcpOption::Unknown {
            kind: OptionKind(input.arbitrary()?),
            data,
        },
        _ => SackBlocks::new(&blocks[..input.int_in_range(0..=4)?])
            .map_or(TcpOption::NoOperation, TcpOption::Sack),
    })
}

/// Fields changed in place read as what they were set to, and a good checksum stays good.
pub fn change(data: &[u8]) {
    let _ = change_of(&mut Unstructured::new(data));
}

fn change_of(input: &mut Unstructured<'_>) -> Result<()> {
    let sizes: [u16; 2] = input.arbitrary()?;
    let to: [core::net::Ipv6Addr; 2] = input.arbitrary()?;
    let to = PseudoHeader::V6 {
        source: to[0],
        destination: to[1],
    };
    let before = Header {
        source_port: input.arbitrary()?,
        window: input.arbitrary()?,
        ..Header::default()
    };
    let after = Header {
        source_port: input.arbitrary()?,
        destination_port: input.arbitrary()?,
        sequence_number: SeqNumber(input.arbitrary()?),
        acknowledgment_number: SeqNumber(input.arbitrary()?),
        flags: Flags::from_bits(input.arbitrary()?),
        window: input.arbitrary()?,
        urgent_pointer: input.arbitrary()?,
    };
    let mut options = vec![TcpOption::NoOperation; input.int_in_range(0..=5)?];
    options.push(TcpOption::MaximumSegmentSize(sizes[0]));
    let mut bytes = Vec::new();
    before
        .encode(&options, &LOCAL, input.bytes(input.len())?, &mut bytes)
        .expect("a segment");
    let payload = Segment::parse(&bytes)
        .expect("a segment")
        .payload()
        .to_vec();
    let mut segment = SegmentMut::parse(&mut bytes).expect("a segment");
    segment.set_source_port(after.source_port);
    segment.set_destination_port(after.destination_port);
    segment.set_sequence_number(after.sequence_number);
    segment.set_acknowledgment_number(after.acknowledgment_number);
    segment.set_flags(after.flags);
    segment.set_window(after.window);
    segment.set_urgent_pointer(after.urgent_pointer);
    assert_eq!(segment.clamp_maximum_segment_size(sizes[1]), Some(sizes[0]));
    segment.readdress(&LOCAL, &to);
    let segment = Segment::parse(&bytes).expect("a segment");
    assert_eq!((segment.header(), segment.payload()), (after, &payload[..]));
    let size = segment.options().iter().find_map(|option| match option {
        Ok(TcpOption::MaximumSegmentSize(size)) => Some(size),
        _ => None,
    });
    assert_eq!(size, Some(sizes[0].min(sizes[1])));
    assert_eq!(segment.verify_checksum(&to), Verdict::Good);
    Ok(())
}
