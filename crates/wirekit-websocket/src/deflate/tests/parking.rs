//! What idle connections keep and give back.

use super::*;

/// What an idle connection keeps, and what the pool has then.
#[test]
fn a_parked_connection_keeps_its_windows_alone() {
    let mut pool = Pool::new(1);
    let hello = Data::whole(MessageKind::Text, b"Hello");
    let new = |level| Deflate::new(Direction::DEFAULT, level);
    let (mut first, mut second) = (new(Level::FAST), new(Level::FAST));
    let packed = first.encode(hello).unwrap().bytes.to_vec();
    second.encode(hello).unwrap();
    first.park(&mut pool);
    second.park(&mut pool);
    assert_eq!(pool.compressors.len(), 1); // the other is freed
    assert!(first.parked_len() >= 5 && first.engine.is_none());
    // An engine is of one level and one window.
    let mut other = new(Level::BEST);
    other.unpark(&mut pool);
    let narrow = Direction {
        window_bits: WindowBits::new(9).unwrap(),
        ..Direction::DEFAULT
    };
    Deflate::new(narrow, Level::FAST).unpark(&mut pool);
    assert_eq!((other.engine.is_none(), pool.compressors.len()), (true, 1));
    first.unpark(&mut pool);
    assert!(first.engine.is_some() && pool.compressors.is_empty());

    let (mut first, mut second) = (inflate(), inflate());
    for inflate in [&mut first, &mut second] {
        let mut out = Vec::new();
        inflate.decode_to(packed_text(&packed), &mut out).unwrap();
        inflate.park(&mut pool);
    }
    assert_eq!(pool.decompressors.len(), 1);
    assert!(first.parked_len() >= 5 && first.engine.is_none());
    first.unpark(&mut pool);
    assert!(first.engine.is_some() && pool.decompressors.is_empty());
}

fn packed_text(bytes: &[u8]) -> Data<'_> {
    Data {
        kind: MessageKind::Text,
        ..packed(Part::Whole, bytes)
    }
}

#[test]
fn parking_inside_a_message_does_nothing() {
    let mut pool = Pool::new(8);
    let (mut deflate, mut inflate) = (Deflate::new(Direction::DEFAULT, Level::FAST), inflate());
    let mut out = Vec::new();
    for (part, bytes) in [
        (Part::First, &b"one "[..]),
        (Part::Middle, b"one "),
        (Part::Last, b"one"),
    ] {
        let data = deflate.encode(plain(part, bytes)).unwrap();
        inflate.decode_to(data, &mut out).unwrap();
        deflate.park(&mut pool);
        inflate.park(&mut pool);
    }
    assert_eq!(out, b"one one one");
    // Inside a block, too.
    let wire = deflate_once(b"one two three");
    for cut in 1..wire.len() {
        let (mut inflate, mut out) = (super::inflate(), Vec::new());
        for (part, bytes) in [(Part::First, &wire[..cut]), (Part::Last, &wire[cut..])] {
            inflate.decode_to(packed(part, bytes), &mut out).unwrap();
            inflate.park(&mut pool);
        }
        assert_eq!(out, b"one two three");
    }
}

/// RFC 7692 section 7.2.1: what a message refers back to is what its own connection has sent.
#[test]
fn an_unparked_engine_knows_its_own_connection_alone() {
    let text = plain(Part::Whole, b"a message, and a message that repeats it");
    for level in [Level::FAST, Level::DEFAULT] {
        let mut pool = Pool::new(1);
        let new = || Deflate::new(Direction::DEFAULT, level);
        let (mut first, mut second) = (new(), new());
        let alone = first.encode(text).unwrap().bytes.to_vec();
        let again = first.encode(text).unwrap().bytes.to_vec();
        first.park(&mut pool);
        second.unpark(&mut pool);
        assert!(pool.compressors.is_empty());
        assert_eq!(second.encode(text).unwrap().bytes, alone);
        second.park(&mut pool);
        first.unpark(&mut pool);
        let back = first.encode(text).unwrap().bytes.len();
        assert!(back <= again.len() && again.len() < alone.len(), "{back}");
    }
}
