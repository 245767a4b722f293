use std::vec::Vec;

use super::{Conflict, Event, Events, Limits, Overlap, Pool, Reassembler};
use crate::{Flags, Header, PseudoHeader, Segment, SeqNumber};

const LATE: &str = "late";

/// An event with its bytes owned.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Owned {
    Data(Vec<u8>),
    Gap(u64),
    Conflict(u64, u64),
    Other(&'static str, u64),
    End,
}

fn data(bytes: &[u8]) -> Owned {
    Owned::Data(bytes.to_vec())
}

fn drain(mut events: Events<'_, '_>) -> Vec<Owned> {
    let mut found = Vec::new();
    while let Some(event) = events.next_event() {
        found.push(match event {
            Event::Data(bytes) => data(bytes),
            Event::Gap { len, .. } => Owned::Gap(len),
            Event::Conflict(Conflict { offset, len }) => Owned::Conflict(offset, len),
            Event::Late { len, .. } => Owned::Other(LATE, len),
            Event::Outside { len } => Owned::Other("outside", len),
            Event::End => Owned::End,
        });
    }
    found
}

fn bytes(sequence: u32, flags: Flags, payload: &[u8]) -> Vec<u8> {
    let header = Header {
        sequence_number: SeqNumber(sequence),
        flags,
        ..Header::default()
    };
    let local = core::net::Ipv4Addr::LOCALHOST;
    let mut bytes = std::vec![0; 20 + payload.len()];
    let pseudo = PseudoHeader::V4 {
        source: local,
        destination: local,
    };
    header
        .encode_to_slice(&[], &pseudo, payload, &mut bytes)
        .unwrap();
    bytes
}

fn receive(stream: &mut Reassembler, sequence: u32, flags: Flags, payload: &[u8]) -> Vec<Owned> {
    drain(stream.receive(&Segment::parse(&bytes(sequence, flags, payload)).unwrap()))
}

fn push(stream: &mut Reassembler, sequence: u32, payload: &[u8]) -> Vec<Owned> {
    receive(stream, sequence, Flags::ACK, payload)
}

/// A stream whose first byte has that number.
fn opened(limits: Limits, sequence: u32) -> Reassembler {
    let mut stream = Reassembler::new(limits);
    assert_eq!(
        receive(&mut stream, sequence.wrapping_sub(1), Flags::SYN, b""),
        []
    );
    stream
}

#[test]
fn in_order_data_is_the_segments_own() {
    let mut stream = opened(Limits::DEFAULT, 1);
    let bytes = bytes(1, Flags::ACK, b"borrowed");
    let segment = Segment::parse(&bytes).unwrap();
    let mut events = stream.receive(&segment);
    let Some(Event::Data(data)) = events.next_event() else {
        panic!("data")
    };
    assert_eq!(data.as_ptr(), segment.payload().as_ptr());
}

#[test]
fn out_of_order_data_waits() {
    let mut stream = opened(Limits::DEFAULT, 1);
    assert_eq!(push(&mut stream, 4, b"def"), []);
    assert_eq!(push(&mut stream, 10, b"j"), []);
    assert_eq!(stream.missing_len(), Some(3));
    assert_eq!(push(&mut stream, 1, b"abc"), [data(b"abc"), data(b"def")]);
    assert_eq!((stream.missing_len(), stream.offset()), (Some(3), 6));
    assert_eq!(push(&mut stream, 6, b"fghi"), [data(b"ghi"), data(b"j")]);
    assert_eq!((stream.missing_len(), stream.held_len()), (None, 0));
}

#[test]
fn numbers_wrap() {
    let mut stream = opened(Limits::DEFAULT, u32::MAX - 1);
    assert_eq!(push(&mut stream, 1, b"de"), []);
    assert_eq!(
        push(&mut stream, u32::MAX - 1, b"abc"),
        [data(b"abc"), data(b"de")]
    );
    assert_eq!(stream.next_sequence_number(), Some(SeqNumber(3)));
}

#[test]
fn repetitions_bring_what_is_new() {
    let mut stream = opened(Limits::DEFAULT, 1);
    assert_eq!(push(&mut stream, 1, b"abc"), [data(b"abc")]);
    assert_eq!(push(&mut stream, 1, b"abc"), []);
    assert_eq!(push(&mut stream, 2, b"bcde"), [data(b"de")]);
    // A keep-alive repeats one byte, or none.
    assert_eq!(push(&mut stream, 5, b"e"), []);
    assert_eq!(push(&mut stream, 5, b""), []);
    assert_eq!(push(&mut stream, 6, b"f"), [data(b"f")]);
}

#[test]
fn of_two_segments_the_policy_chooses() {
    for (overlap, expected) in [(Overlap::First, b"BBBB"), (Overlap::Last, b"CCBx")] {
        let mut stream = opened(Limits::DEFAULT.overlap(overlap), 1);
        assert_eq!(push(&mut stream, 3, b"BBBB"), []);
        assert_eq!(push(&mut stream, 1, b"").len(), 0);
        assert_eq!(push(&mut stream, 2, b"aCCBx"), [Owned::Conflict(2, 4)]);
        assert_eq!(
            push(&mut stream, 1, b"_"),
            [data(b"_"), data(b"a"), data(expected)]
        );
    }
}

/// The number and bytes of what is pushed, the conflict, and the stream by the two policies.
type ConflictRow<'a> = (u32, &'a [u8], Option<(u64, u64)>, &'a [u8], &'a [u8]);

#[test]
fn a_conflict_goes_from_the_first_difference_to_the_last() {
    #[rustfmt::skip]
    let rows: &[ConflictRow<'_>] = &[
        // What meets "cdef" and "ijkl".
        (2, b"bcdefghijklm", None, b"abcdefghijklm", b"abcdefghijklm"),
        (2, b"bcdEfghijklm", Some((4, 1)), b"abcdefghijklm", b"abcdEfghijklm"),
        (2, b"bcDEfghijklm", Some((3, 2)), b"abcdefghijklm", b"abcDEfghijklm"),
        (2, b"bcDeFghijklm", Some((3, 3)), b"abcdefghijklm", b"abcDeFghijklm"),
        (2, b"bcdefghijKlm", Some((10, 1)), b"abcdefghijklm", b"abcdefghijKlm"),
        (2, b"bcdEfghijKlm", Some((4, 7)), b"abcdefghijklm", b"abcdEfghijKlm"),
        // Only a part of a piece is met: its start, its middle, its end.
        (2, b"bCd", Some((2, 1)), b"abcdef", b"abCdef"),
        (2, b"bcD", Some((3, 1)), b"abcdef", b"abcDef"),
        (5, b"E", Some((4, 1)), b"abcdef", b"abcdEf"),
        (5, b"eFgh", Some((5, 1)), b"abcdefghijkl", b"abcdeFghijkl"),
    ];
    for &(sequence, pushed, conflict, first, last) in rows {
        for (overlap, expected) in [(Overlap::First, first), (Overlap::Last, last)] {
            let mut stream = opened(Limits::DEFAULT.overlap(overlap), 1);
            assert_eq!(push(&mut stream, 3, b"cdef"), []);
            assert_eq!(push(&mut stream, 9, b"ijkl"), []);
            let conflict = conflict.map(|(offset, len)| Owned::Conflict(offset, len));
            assert_eq!(
                push(&mut stream, sequence, pushed),
                Vec::from_iter(conflict)
            );
            let mut text = Vec::new();
            for event in push(&mut stream, 1, b"ab") {
                match event {
                    Owned::Data(bytes) => text.extend(bytes),
                    other => panic!("{other:?}"),
                }
            }
            assert_eq!(text, expected, "{}", pushed.escape_ascii());
        }
    }
}

#[test]
fn in_order_data_meets_held_data_too() {
    for (overlap, expected) in [(Overlap::First, b"XY"), (Overlap::Last, b"cd")] {
        let mut stream = opened(Limits::DEFAULT.overlap(overlap), 1);
        assert_eq!(push(&mut stream, 3, b"XY"), []);
        let found = push(&mut stream, 1, b"abcdef");
        assert_eq!(
            found,
            [
                Owned::Conflict(2, 2),
                data(b"ab"),
                data(expected),
                data(b"ef")
            ]
        );
    }
}

/// The rest of a segment that began in the middle of the stream, behind what was held.
#[test]
fn data_goes_on_after_held_data() {
    let mut stream = opened(Limits::DEFAULT, 1);
    assert_eq!(push(&mut stream, 1, b"ab"), [data(b"ab")]);
    assert_eq!(push(&mut stream, 5, b"ef"), []);
    assert_eq!(
        push(&mut stream, 3, b"cdefghijkl"),
        [data(b"cd"), data(b"ef"), data(b"ghijkl")]
    );
}

#[test]
fn equal_overlap_is_no_conflict() {
    let mut stream = opened(Limits::DEFAULT, 1);
    assert_eq!(push(&mut stream, 3, b"cd"), []);
    assert_eq!(push(&mut stream, 7, b"gh"), []);
    assert_eq!(push(&mut stream, 2, b"bcdefghi"), []);
    let found = push(&mut stream, 1, b"ab");
    assert_eq!(
        found,
        [
            data(b"a"),
            data(b"b"),
            data(b"cd"),
            data(b"ef"),
            data(b"gh"),
            data(b"i")
        ]
    );
}

#[test]
fn fin_ends_the_stream_after_its_last_byte() {
    let mut stream = opened(Limits::DEFAULT, 1);
    assert_eq!(receive(&mut stream, 4, Flags::FIN, b"de"), []);
    assert!(!stream.is_ended());
    assert_eq!(
        push(&mut stream, 1, b"abc"),
        [data(b"abc"), data(b"de"), Owned::End]
    );
    assert!(stream.is_ended());
    assert_eq!(receive(&mut stream, 4, Flags::FIN, b"de"), []);
    assert_eq!(push(&mut stream, 6, b"after"), [Owned::Other("outside", 5)]);
}

/// RFC 9293 section 3.4: a FIN takes the number after the last byte of its segment, and counts where that is new.
#[test]
fn of_a_repeated_fin_the_new_part_counts() {
    // What is sent after "abc", and whether the stream ends there.
    let rows: [(u32, &[u8], Vec<Owned>); 5] = [
        (4, b"", std::vec![Owned::End]),
        (4, b"de", std::vec![data(b"de"), Owned::End]),
        (2, b"bcde", std::vec![data(b"de"), Owned::End]),
        (2, b"bc", std::vec![Owned::End]),
        (1, b"a", std::vec![]),
    ];
    for (sequence, payload, expected) in rows {
        let mut stream = opened(Limits::DEFAULT, 1);
        assert_eq!(push(&mut stream, 1, b"abc"), [data(b"abc")]);
        assert_eq!(
            receive(&mut stream, sequence, Flags::FIN, payload),
            expected
        );
        assert_eq!(stream.is_ended(), expected.contains(&Owned::End));
    }
}

#[test]
fn data_beyond_the_fin_is_outside() {
    let mut stream = opened(Limits::DEFAULT, 1);
    assert_eq!(push(&mut stream, 8, b"beyond"), []);
    assert_eq!(
        receive(&mut stream, 1, Flags::FIN, b"abc"),
        [data(b"abc"), Owned::End, Owned::Other("outside", 6)]
    );
    assert_eq!(stream.held_len(), 0);
    let mut stream = opened(Limits::DEFAULT, 1);
    assert_eq!(push(&mut stream, 3, b"cdefg"), []);
    assert_eq!(
        receive(&mut stream, 1, Flags::FIN, b"abc"),
        [
            data(b"ab"),
            data(b"c"),
            Owned::End,
            Owned::Other("outside", 4)
        ]
    );
    let mut stream = opened(Limits::DEFAULT, 1);
    assert_eq!(receive(&mut stream, 3, Flags::FIN, b"c"), []);
    assert_eq!(
        push(&mut stream, 1, b"abcdef"),
        [
            data(b"ab"),
            data(b"c"),
            Owned::End,
            Owned::Other("outside", 3)
        ]
    );
}

#[test]
fn a_stream_may_begin_in_its_middle() {
    let mut stream = Reassembler::new(Limits::DEFAULT);
    assert_eq!(push(&mut stream, 500, b""), []);
    assert_eq!(push(&mut stream, 501, b"abc"), [data(b"abc")]);
    assert_eq!(push(&mut stream, 400, b"too old"), []);
    assert_eq!(push(&mut stream, 500, b"xabcd"), [data(b"d")]);
}

#[test]
fn without_room_the_gap_is_given_up_and_nothing_else() {
    let mut stream = opened(Limits::DEFAULT.max_held_len(350), 1);
    assert_eq!(push(&mut stream, 11, &[1; 50]), []);
    assert_eq!(push(&mut stream, 101, &[2; 50]), []);
    let found = push(&mut stream, 201, &[3; 50]);
    assert_eq!(found, [Owned::Gap(10), data(&[1; 50])]);
    assert_eq!(push(&mut stream, 1, &[9; 10]), [Owned::Other(LATE, 10)]);
    assert_eq!(
        drain(stream.flush()),
        [
            Owned::Gap(40),
            data(&[2; 50]),
            Owned::Gap(50),
            data(&[3; 50])
        ]
    );
    // What fits no bound at all is handed on as it comes.
    assert_eq!(
        push(&mut stream, 300, &[4; 400]),
        [Owned::Gap(49), data(&[4; 400])]
    );
    assert_eq!(stream.held_len(), 0);
}

#[test]
fn what_fits_the_bound_exactly_is_held() {
    let mut stream = opened(Limits::DEFAULT, 1);
    assert_eq!(push(&mut stream, 11, &[1; 50]), []);
    let cost = stream.held_len();
    let rows = [
        (cost, Vec::new()),
        (cost - 1, std::vec![Owned::Gap(10), data(&[1; 50])]),
    ];
    for (max_held_len, expected) in rows {
        let mut stream = opened(Limits::DEFAULT.max_held_len(max_held_len), 1);
        assert_eq!(push(&mut stream, 11, &[1; 50]), expected);
        let pool = Pool::new(max_held_len);
        let mut stream = Reassembler::with_pool(Limits::default(), pool);
        assert_eq!(receive(&mut stream, 0, Flags::SYN, b""), []);
        assert_eq!(push(&mut stream, 11, &[1; 50]), expected);
    }
}

#[test]
fn a_pool_bounds_all_its_streams() {
    let pool = Pool::new(370);
    let mut one = Reassembler::with_pool(Limits::DEFAULT, pool.clone());
    let mut two = Reassembler::with_pool(Limits::DEFAULT, pool.clone());
    for stream in [&mut one, &mut two] {
        receive(stream, 0, Flags::SYN, b"");
        assert_eq!(push(stream, 11, &[1; 50]), []);
    }
    let held = pool.held_len();
    assert_eq!(held, one.held_len() + two.held_len());
    assert_eq!(
        push(&mut one, 101, &[2; 50]),
        [Owned::Gap(10), data(&[1; 50])]
    );
    assert_eq!(pool.held_len(), held);
    drop(one);
    assert_eq!(pool.held_len(), two.held_len());
    drop(two);
    assert_eq!(pool.held_len(), 0);
}

#[test]
fn acknowledged_bytes_will_not_come() {
    let mut stream = opened(Limits::DEFAULT, 1);
    assert_eq!(drain(stream.acknowledge(SeqNumber(4))), []);
    assert_eq!(push(&mut stream, 4, b"def"), []);
    assert_eq!(push(&mut stream, 9, b"ij"), []);
    assert_eq!(drain(stream.acknowledge(SeqNumber(1))), []);
    assert_eq!(drain(stream.acknowledge(SeqNumber(3))), [Owned::Gap(2)]);
    assert_eq!(
        drain(stream.acknowledge(SeqNumber(7))),
        [Owned::Gap(1), data(b"def")]
    );
    assert_eq!(push(&mut stream, 1, b"abc"), [Owned::Other(LATE, 3)]);
    // Of two gaps the last is kept.
    assert_eq!(
        drain(stream.acknowledge(SeqNumber(9))),
        [Owned::Gap(2), data(b"ij")]
    );
    let filling = bytes(6, Flags::ACK, b"fgh");
    let mut events = stream.receive(&Segment::parse(&filling).unwrap());
    let late = Event::Late { offset: 6, len: 2 };
    assert_eq!(events.next_event(), Some(late));
    assert_eq!(events.next_event(), None);
}

#[test]
fn a_capture_that_cuts_packets_leaves_gaps_of_known_length() {
    let mut stream = opened(Limits::DEFAULT, 1);
    let cut = |sequence, flags, payload: &[u8], len: usize| {
        let bytes = bytes(sequence, flags, payload);
        (bytes, 20 + len)
    };
    let (first, len) = cut(1, Flags::ACK, b"ab", 5);
    let found = drain(stream.receive(&Segment::parse_captured(&first, len).unwrap()));
    assert_eq!(found, [data(b"ab"), Owned::Gap(3)]);
    let (third, len) = cut(11, Flags::FIN, b"kl", 5);
    assert_eq!(
        drain(stream.receive(&Segment::parse_captured(&third, len).unwrap())),
        []
    );
    assert_eq!(
        push(&mut stream, 6, b"fghij"),
        [data(b"fghij"), data(b"kl"), Owned::Gap(3), Owned::End]
    );
}

/// What is sent again of a segment that the capture cut.
#[test]
fn what_the_capture_cut_may_come_again() {
    // "cd" at offset 2, after which the capture cut four bytes.
    let cut = bytes(3, Flags::ACK, b"cd");
    let cut = Segment::parse_captured(&cut, 26).unwrap();
    let mut stream = opened(Limits::DEFAULT, 1);
    assert_eq!(drain(stream.receive(&cut)), []);
    assert_eq!(push(&mut stream, 5, b"ef"), []);
    assert_eq!(
        push(&mut stream, 1, b"ab"),
        [data(b"ab"), data(b"cd"), data(b"ef"), Owned::Gap(2)]
    );
    // Where all of it came, or more, the next gap is one of its own.
    for again in [&b"efgh"[..], b"efghi"] {
        let mut stream = opened(Limits::DEFAULT, 1);
        assert_eq!(drain(stream.receive(&cut)), []);
        assert_eq!(push(&mut stream, 5, again), []);
        assert_eq!(push(&mut stream, 21, b"u"), []);
        assert_eq!(
            drain(stream.flush()),
            [
                Owned::Gap(2),
                data(b"cd"),
                data(again),
                Owned::Gap(16 - again.len() as u64),
                data(b"u")
            ]
        );
    }
    // Of a segment that was delivered already the capture now cut the rest, and the FIN behind it.
    let mut stream = opened(Limits::DEFAULT, 1);
    assert_eq!(push(&mut stream, 1, b"abcdef"), [data(b"abcdef")]);
    let again = bytes(3, Flags::FIN, b"cd");
    let again = Segment::parse_captured(&again, 28).unwrap();
    assert_eq!(drain(stream.receive(&again)), [Owned::Gap(4), Owned::End]);
}

#[test]
fn nothing_lies_farther_ahead_than_the_largest_window() {
    let mut stream = opened(Limits::DEFAULT, 1);
    assert_eq!(
        push(&mut stream, 2 + (1 << 30), b"abc"),
        [Owned::Other("outside", 3)]
    );
    assert_eq!(receive(&mut stream, 1, Flags::RST, b"why"), []);
    assert_eq!(push(&mut stream, 1 + (1 << 30), b"abc"), []);
    assert_eq!(drain(stream.flush()), [Owned::Gap(1 << 30), data(b"abc")]);
}

#[test]
fn dropped_events_pass_over_their_bytes() {
    let mut stream = opened(Limits::DEFAULT, 1);
    drop(stream.receive(&Segment::parse(&bytes(1, Flags::ACK, b"abc")).unwrap()));
    assert_eq!(stream.offset(), 3);
    assert_eq!(push(&mut stream, 7, b"ghi"), []);
    drop(stream.receive(&Segment::parse(&bytes(4, Flags::ACK, b"def")).unwrap()));
    assert_eq!((stream.offset(), stream.held_len()), (9, 0));
}
