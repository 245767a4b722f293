use core::time::Duration;

use arbitrary::{Result, Unstructured};
use wirekit::tcp::track::{Config, Notes, Side, State, Tracker};
use wirekit::tcp::{Flags, Header, Segment, SeqNumber};

use super::LOCAL;

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
        let waits = observation.states.contains(&State::TimeWait);
        assert_eq!(waits, tracker.deadline().is_some());
    }
    if let Some(deadline) = tracker.deadline() {
        tracker.poll(deadline);
        assert!(!tracker.states().contains(&State::TimeWait));
    }
}
