use arbitrary::{Result, Unstructured};
use wirekit::tcp::reassembly::{self, Limits, Overlap, Pool, Reassembler};
use wirekit::tcp::{Flags, Header, Segment, SeqNumber};

use super::LOCAL;

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
                reassembly::Event::Gap { len, .. } => {
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
