//! The laws of `wirekit-tcp`.

use core::time::Duration;

use arbitrary::{Arbitrary, Result, Unstructured};
use wirekit::checksum::{PseudoHeader, Verdict};
use wirekit::tcp::reassembly::{self, Limits, Overlap, Pool, Reassembler};
use wirekit::tcp::track::{Config, Notes, Side, Tracker};
use wirekit::tcp::{
    EcnCounters, EcnOrder, ErrorKind, Flags, Header, Multipath, OptionKind, SackBlocks, Segment,
    SegmentMut, SeqNumber, TcpOption, UserTimeout,
};

laws![change, parse, reassemble, reassemble_any, round_trip, track];

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

/// Segments of two ends, near enough to each other to mean something.
struct Sent {
    from: Side,
    after: Duration,
    bytes: Vec<u8>,
}

impl Sent {
    fn draw(input: &mut Unstructured<'_>, next: &mut [u32; 2]) -> Result<Self> {
        let from = if input.arbitrary()? {
            Side::Client
        } else {
            Side::Server
        };
        let (mine, theirs) = match from {
            Side::Client => (0, 1),
            Side::Server => (1, 0),
        };
        let flags = Flags::from_bits(u16::from(input.arbitrary::<u8>()? & 0x1f));
        let payload = vec![7; input.int_in_range(0..=20)?];
        let sequence = match input.int_in_range(0..=7)? {
            0 => input.arbitrary()?,
            1 => next[mine].wrapping_sub(input.int_in_range(1..=30)?),
            2 => next[mine].wrapping_add(input.int_in_range(1..=30)?),
            _ => next[mine],
        };
        let acknowledgment = match input.int_in_range(0..=5)? {
            0 => input.arbitrary()?,
            1 => next[theirs].wrapping_sub(input.int_in_range(1..=30)?),
            _ => next[theirs],
        };
        let header = Header {
            sequence_number: SeqNumber(sequence),
            acknowledgment_number: SeqNumber(acknowledgment),
            flags,
            window: *input.choose(&[0, 1, 20, 1000])?,
            ..Header::default()
        };
        let mut bytes = Vec::new();
        header
            .encode(&[], &LOCAL, &payload, &mut bytes)
            .expect("a segment");
        let segment = Segment::parse(&bytes).expect("a segment");
        next[mine] = sequence.wrapping_add(segment.sequence_len());
        Ok(Self {
            from,
            after: Duration::from_millis(input.arbitrary::<u8>()?.into()),
            bytes,
        })
    }
}

/// Law 7 for the tracker: any segments in any order give states that hold together, and what is damaged changes none.
pub fn track(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let mut tracker = Tracker::new(Config::DEFAULT);
    let (mut now, mut next) = (Duration::ZERO, [1000, 5000]);
    while !input.is_empty() {
        let Ok(sent) = Sent::draw(&mut input, &mut next) else {
            return;
        };
        let segment = Segment::parse(&sent.bytes).expect("a segment");
        now += sent.after;
        tracker.poll(now);
        let before = tracker.states();
        let damaged = tracker.observe_damaged(now, sent.from, &segment);
        assert_eq!(
            (damaged.before, damaged.states, tracker.states()),
            (before, before, before)
        );
        let reopens = tracker.is_reopened_by(sent.from, &segment);
        let observation = tracker.observe(now, sent.from, &segment);
        assert_eq!(observation.states, tracker.states());
        assert_eq!(reopens, observation.notes.contains(Notes::PORTS_REUSED));
        let lost = observation.notes.contains(Notes::PREVIOUS_SEGMENT_LOST);
        assert_eq!(lost, observation.missing_len > 0);
        let waits = observation
            .states
            .contains(&wirekit::tcp::track::State::TimeWait);
        assert_eq!(waits, tracker.deadline().is_some());
    }
    if let Some(deadline) = tracker.deadline() {
        tracker.poll(deadline);
        assert!(
            !tracker
                .states()
                .contains(&wirekit::tcp::track::State::TimeWait)
        );
    }
}

/// What a reassembler delivered: bytes by offset, gaps, and whether it ended.
#[derive(Default)]
struct Delivered {
    bytes: Vec<Option<u8>>,
    late_len: u64,
    conflicts: usize,
    ended: bool,
}

impl Delivered {
    fn read(&mut self, mut events: reassembly::Events<'_, '_>) {
        while let Some(event) = events.next_event() {
            match event {
                reassembly::Event::Data(bytes) => {
                    assert!(!bytes.is_empty() && !self.ended);
                    self.bytes.extend(bytes.iter().copied().map(Some));
                }
                reassembly::Event::Gap { len } => {
                    assert!(len > 0 && !self.ended);
                    // A law that fills memory with gaps would be its own denial of service.
                    let room = (1_usize << 16).saturating_sub(self.bytes.len());
                    let len = usize::try_from(len).unwrap_or(room).min(room);
                    self.bytes.extend(core::iter::repeat_n(None, len));
                }
                reassembly::Event::Late { len, .. } => self.late_len += len,
                reassembly::Event::Conflict(_) => self.conflicts += 1,
                reassembly::Event::End => {
                    assert!(!self.ended);
                    self.ended = true;
                }
                _ => {}
            }
        }
    }
}

fn segment_bytes(sequence: u32, flags: Flags, payload: &[u8]) -> Vec<u8> {
    let header = Header {
        sequence_number: SeqNumber(sequence),
        flags,
        ..Header::default()
    };
    let mut bytes = Vec::new();
    header
        .encode(&[], &LOCAL, payload, &mut bytes)
        .expect("a segment");
    bytes
}

/// Law 4 for the reassembler: any segmentation, order, repetition and overlap of a stream gives the stream; with too
/// little room, the stream with holes of the right length.
pub fn reassemble(data: &[u8]) {
    let _ = reassemble_of(&mut Unstructured::new(data));
}

fn reassemble_of(input: &mut Unstructured<'_>) -> Result<()> {
    let initial: u32 = input.arbitrary()?;
    let roomy: bool = input.arbitrary()?;
    let overlap = if input.arbitrary()? {
        Overlap::First
    } else {
        Overlap::Last
    };
    let pieces: Vec<(u8, u8)> = input.arbitrary()?;
    // A stream in which no two runs are alike.
    let len: u16 = input.int_in_range(0..=2000)?;
    let stream: Vec<u8> = (0..len).flat_map(|word| word.to_be_bytes()).collect();
    let max_held_len = if roomy { usize::MAX } else { 1000 };
    let limits = Limits::DEFAULT.max_held_len(max_held_len).overlap(overlap);
    let mut reassembler = Reassembler::new(limits);
    let mut delivered = Delivered::default();
    let syn = segment_bytes(initial, Flags::SYN, b"");
    delivered.read(reassembler.receive(&Segment::parse(&syn).expect("a segment")));
    let first = initial.wrapping_add(1);
    let mut send = |from: usize, to: usize, delivered: &mut Delivered| {
        let (from, to) = (from.min(stream.len()), to.min(stream.len()));
        let flags = if to == stream.len() {
            Flags::FIN
        } else {
            Flags::NONE
        };
        let sequence = first.wrapping_add(u32::try_from(from).expect("a short stream"));
        let bytes = segment_bytes(sequence, flags, &stream[from..to]);
        delivered.read(reassembler.receive(&Segment::parse(&bytes).expect("a segment")));
        assert!(reassembler.held_len() <= max_held_len);
    };
    for (at, len) in pieces {
        let from = usize::from(at) * 16;
        send(from, from + usize::from(len), &mut delivered);
    }
    // What has not arrived yet arrives now, the last first.
    let step = 1 + usize::from(input.arbitrary::<u8>()?);
    for from in (0..stream.len() + 1).step_by(step).rev() {
        send(from, from + step, &mut delivered);
    }
    assert!(delivered.ended && reassembler.is_ended());
    assert_eq!(
        (delivered.bytes.len(), delivered.conflicts),
        (stream.len(), 0)
    );
    for (offset, (delivered, sent)) in delivered.bytes.iter().zip(&stream).enumerate() {
        assert!(
            delivered.is_none_or(|delivered| delivered == *sent),
            "byte {offset}"
        );
    }
    if roomy {
        assert!(delivered.bytes.iter().all(Option::is_some));
    }
    assert_eq!(reassembler.held_len(), 0);
    Ok(())
}

/// Law 7 for the reassembler: any segments at all stay within the bounds, and everything is accounted for.
pub fn reassemble_any(data: &[u8]) {
    let _ = reassemble_any_of(&mut Unstructured::new(data));
}

fn reassemble_any_of(input: &mut Unstructured<'_>) -> Result<()> {
    let pool = Pool::new(2000);
    let overlap = if input.arbitrary()? {
        Overlap::First
    } else {
        Overlap::Last
    };
    let limits = Limits::DEFAULT.max_held_len(1500).overlap(overlap);
    let mut streams = [(); 2].map(|()| {
        (
            Reassembler::with_pool(limits, pool.clone()),
            Delivered::default(),
        )
    });
    while !input.is_empty() {
        let (stream, delivered) = &mut streams[usize::from(input.arbitrary::<bool>()?)];
        let near = stream
            .next_sequence_number()
            .unwrap_or(SeqNumber(u32::MAX - 50))
            .0;
        let sequence = match input.int_in_range(0..=9)? {
            0 => input.arbitrary()?,
            1..4 => near.wrapping_sub(input.int_in_range(1..=60)?),
            4..9 => near.wrapping_add(input.int_in_range(0..=600)?),
            _ => near,
        };
        let offset = stream.offset();
        match input.int_in_range(0..=11)? {
            0 => delivered.read(stream.acknowledge(SeqNumber(sequence))),
            1 => delivered.read(stream.flush()),
            kind => {
                let flags = [Flags::FIN, Flags::SYN, Flags::RST]
                    .get(kind - 2)
                    .copied()
                    .unwrap_or_default();
                let payload = vec![input.arbitrary()?; input.int_in_range(0..=300)?];
                let bytes = segment_bytes(sequence, flags, &payload);
                let cut = input.int_in_range(0..=payload.len())?;
                let segment =
                    Segment::parse_captured(&bytes[..20 + cut], bytes.len()).expect("a segment");
                delivered.read(stream.receive(&segment));
            }
        }
        assert!(stream.offset() >= offset);
        assert!(stream.held_len() <= 1500);
        assert_eq!(stream.is_ended(), delivered.ended);
        assert!(stream.missing_len() != Some(0));
        let held: usize = streams.iter().map(|(stream, _)| stream.held_len()).sum();
        assert!(held <= 2000);
        assert_eq!(pool.held_len(), held);
    }
    drop(streams);
    assert_eq!(pool.held_len(), 0);
    Ok(())
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
