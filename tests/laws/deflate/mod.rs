//! The laws of permessage-deflate (`wirekit-websocket`, feature `deflate`).

mod reference;

use wirekit::websocket::deflate::{Deflate, Direction, Inflate, Level, Pool, Takeover, WindowBits};
use wirekit::websocket::{Data, ErrorKind, Limits, MessageKind, Part, Rsv};

use reference::{Outcome, Reference};

laws![inflate, round_trip];

/// Small enough that random input meets it.
const MAX_LEN: usize = 1 << 12;
const LIMITS: Limits = Limits::DEFAULT.max_message_len(1 << 12);

type Inflated = Result<Vec<u8>, ErrorKind>;

/// Any bytes as a compressed message: what comes out is what RFC 1951 says, within the limit, the same under every
/// split and for every room; an error is final and points inside.
pub fn inflate(data: &[u8]) {
    let Some((&[split, room], payload)) = data.split_first_chunk() else {
        return;
    };
    for kind in [MessageKind::Binary, MessageKind::Text] {
        let found = whole(kind, payload);
        assert_eq!(found, expected(kind, payload), "{kind:?}");
        let pieces = in_pieces(
            kind,
            payload,
            usize::from(split).max(1),
            usize::from(room).max(1),
        );
        assert_eq!(pieces, found, "{kind:?}");
    }
}

fn expected(kind: MessageKind, payload: &[u8]) -> Inflated {
    if payload.is_empty() {
        return Ok(Vec::new());
    }
    let mut reference = Reference::default();
    let outcome = reference.message(payload, MAX_LEN);
    let out = reference.out;
    let within = &out[..out.len().min(MAX_LEN)];
    let unfinished = match core::str::from_utf8(within) {
        Err(error) if kind == MessageKind::Text => {
            if error.error_len().is_some() {
                return Err(ErrorKind::InvalidUtf8);
            }
            true
        }
        _ => false,
    };
    match outcome {
        _ if out.len() > MAX_LEN => Err(ErrorKind::MessageTooLong {
            max: MAX_LEN as u64,
        }),
        Outcome::Invalid | Outcome::Truncated => Err(ErrorKind::InvalidDeflate),
        Outcome::Whole if unfinished => Err(ErrorKind::TruncatedUtf8),
        Outcome::Whole => Ok(out),
    }
}

fn whole(kind: MessageKind, payload: &[u8]) -> Inflated {
    let mut inflate = Inflate::new(Direction::DEFAULT, &LIMITS);
    let mut out = Vec::new();
    let message = Data {
        kind,
        part: Part::Whole,
        rsv: Rsv::RSV1,
        bytes: payload,
    };
    match inflate.decode_to(message, &mut out) {
        Ok(()) => Ok(out),
        Err(error) => {
            assert!(error.offset() <= payload.len());
            assert_eq!(inflate.decode_to(message, &mut out), Err(error));
            Err(error.kind())
        }
    }
}

fn in_pieces(kind: MessageKind, payload: &[u8], split: usize, room: usize) -> Inflated {
    let mut inflate = Inflate::new(Direction::DEFAULT, &LIMITS);
    let mut chunk = vec![0; room];
    let mut out = Vec::new();
    let count = payload.len().div_ceil(split).max(1);
    for index in 0..count {
        let bytes = payload.get(index * split..).unwrap_or_default();
        let bytes = bytes.get(..split).unwrap_or(bytes);
        let data = Data {
            kind,
            part: part(index == 0, index + 1 == count),
            rsv: Rsv::RSV1,
            bytes,
        };
        let mut pieces = inflate.decode(data);
        loop {
            match pieces.next(&mut chunk) {
                Ok(Some(piece)) => {
                    assert_eq!((piece.kind, piece.rsv), (kind, Rsv::NONE));
                    out.extend_from_slice(piece.bytes);
                }
                Ok(None) => break,
                Err(error) => {
                    assert!(error.offset() <= bytes.len());
                    return Err(error.kind());
                }
            }
        }
    }
    Ok(out)
}

const fn part(first: bool, last: bool) -> Part {
    match (first, last) {
        (true, true) => Part::Whole,
        (true, false) => Part::First,
        (false, false) => Part::Middle,
        (false, true) => Part::Last,
    }
}

/// What one end compresses, the other takes out: at every level and window, with and without takeover, over idle
/// times; and no match reaches farther back than the window that was agreed.
pub fn round_trip(data: &[u8]) {
    let Some((&[level, bits, flags, len], mut text)) = data.split_first_chunk() else {
        return;
    };
    let takeover = if flags & 1 == 0 {
        Takeover::Kept
    } else {
        Takeover::Dropped
    };
    let window_bits = WindowBits::new(8 + bits % 8).expect("8 to 15");
    let direction = Direction {
        takeover,
        window_bits,
    };
    let mut deflate = Deflate::new(direction, Level::new(level % 10).expect("0 to 9"));
    let mut inflate = Inflate::new(direction, &Limits::DEFAULT);
    let mut reference = Reference::default();
    let mut pool = Pool::new(1);
    let mut sent = Vec::new();
    for round in 0..8u8 {
        let (message, rest) =
            text.split_at(text.len().min(usize::from(len) * (usize::from(round) + 1)));
        text = rest;
        // A message that repeats an earlier one makes matches of every distance.
        let message = [message, &sent[sent.len() / 3..]].concat();
        let middle = message.len() / 2;
        let fragments = if flags & 2 == 0 {
            vec![(Part::Whole, &message[..])]
        } else {
            vec![
                (Part::First, &message[..middle]),
                (Part::Last, &message[middle..]),
            ]
        };
        let (mut wire, mut out) = (Vec::new(), Vec::new());
        for (part, bytes) in fragments {
            let data = Data {
                kind: MessageKind::Binary,
                part,
                rsv: Rsv::NONE,
                bytes,
            };
            let packed = deflate.encode(data).expect("binary data can be sent");
            wire.extend_from_slice(packed.bytes);
            inflate
                .decode_to(packed, &mut out)
                .expect("our own message");
        }
        assert!(out == message, "{direction:?}");
        if takeover == Takeover::Dropped {
            reference.forget();
        }
        let before = reference.out.len();
        assert_eq!(reference.message(&wire, message.len()), Outcome::Whole);
        assert!(reference.out[before..] == message);
        sent.extend_from_slice(&message);
        sent.truncate(4000);
        if flags >> 2 & 1 << (round % 4) != 0 {
            deflate.park(&mut pool);
            inflate.park(&mut pool);
            assert!(deflate.parked_len() + inflate.parked_len() < 64 << 10);
            deflate.unpark(&mut pool);
            inflate.unpark(&mut pool);
        }
    }
    assert!(
        reference.max_distance <= window_bits.window_len(),
        "{}",
        reference.max_distance
    );
}
