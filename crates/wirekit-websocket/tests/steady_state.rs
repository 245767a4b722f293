//! What a long connection costs: no allocation, and time in proportion to its bytes.

#![cfg(test)]
#![cfg(feature = "std")]
#![expect(unsafe_code, reason = "an allocator that counts")]

use core::alloc::{GlobalAlloc, Layout};
use core::cell::Cell;
use core::time::Duration;
use std::alloc::System;
use std::time::Instant;

use wirekit_websocket::{
    Connection, Data, Event, FrameHeader, MaskingKeys, MessageKind, MessageReader, Opcode, Part,
    Rsv,
};

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: the system's allocator does the work.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: the caller's.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(work: impl FnOnce()) -> usize {
    let before = ALLOCATIONS.get();
    work();
    ALLOCATIONS.get() - before
}

const PIECES: [(Part, &[u8]); 3] = [
    (Part::First, "\u{4e2d}".as_bytes()),
    (Part::Middle, b"a"),
    (Part::Last, b"b"),
];

/// Everything that a connection does, over buffers of the caller's.
fn one_round(
    client: &mut Connection,
    server: &mut Connection,
    keys: &mut MaskingKeys,
    wire: &mut Vec<u8>,
) {
    wire.clear();
    client
        .send_text("Hello", Some(keys.next_key()), wire)
        .unwrap();
    client
        .send_binary(&[7; 1000], Some(keys.next_key()), wire)
        .unwrap();
    client
        .send_ping(b"ping", Some(keys.next_key()), wire)
        .unwrap();
    for (part, bytes) in PIECES {
        let data = Data {
            kind: MessageKind::Text,
            part,
            compressed: false,
            bytes,
        };
        client.send_data(data, Some(keys.next_key()), wire).unwrap();
    }
    let mut pong = [0; 32];
    let mut rest = wire.as_mut_slice();
    let mut events = 0;
    while let Some((_, used)) = server.receive(rest).unwrap() {
        events += 1;
        server.send_due(None, &mut pong.as_mut_slice()).unwrap();
        rest = &mut rest[used..];
    }
    assert_eq!((events, rest.len()), (6, 0));
}

#[test]
fn a_connection_allocates_nothing() {
    let (mut client, mut server) = (Connection::client(), Connection::server());
    let mut keys = MaskingKeys::new().unwrap();
    let mut wire = Vec::with_capacity(4096);
    one_round(&mut client, &mut server, &mut keys, &mut wire);
    let count = allocations(|| {
        for _ in 0..1000 {
            one_round(&mut client, &mut server, &mut keys, &mut wire);
        }
    });
    assert_eq!(count, 0);
}

#[test]
fn a_message_reader_comes_to_rest() {
    let mut reader = MessageReader::new();
    let mut round = |_| {
        let message = reader.push(Event::Binary(&[7; 1000])).unwrap();
        assert_eq!(message.bytes.len(), 1000);
    };
    (0..10).for_each(&mut round);
    let count = allocations(|| (0..1000).for_each(&mut round));
    assert_eq!(count, 0);
}

/// Frames of `payload_len` bytes each, together one message of `message_len` bytes.
fn fragments(message_len: usize, payload_len: usize) -> Vec<u8> {
    let mut wire = Vec::new();
    let count = message_len / payload_len;
    for index in 0..count {
        let header = FrameHeader {
            fin: index + 1 == count,
            rsv: Rsv::NONE,
            opcode: if index == 0 {
                Opcode::TEXT
            } else {
                Opcode::CONTINUATION
            },
            masking_key: None,
            payload_len: payload_len as u64,
        };
        header.encode(&mut wire).unwrap();
        wire.extend(core::iter::repeat_n(b'a', payload_len));
    }
    wire
}

/// Feeds the bytes `step` at a time and returns the bytes of the messages.
fn feed(mut client: Connection, wire: &mut [u8], step: usize) -> usize {
    let start_time = Instant::now();
    let (mut start, mut end, mut total) = (0, 0, 0);
    while end < wire.len() {
        end = wire.len().min(end + step);
        while let Some((event, used)) = client.receive(&mut wire[start..end]).unwrap() {
            start += used;
            total += match event {
                Event::Text(text) => text.len(),
                Event::Data(data) => data.bytes.len(),
                other => panic!("{other:?}"),
            };
        }
    }
    // What is quadratic takes minutes.
    assert!(start_time.elapsed() < Duration::from_secs(30));
    total
}

#[test]
fn time_is_linear_in_the_bytes() {
    const MIB_4: usize = 4 << 20;
    const KIB_256: usize = 256 << 10;
    assert_eq!(
        feed(Connection::client(), &mut fragments(MIB_4, 64), 1 << 30),
        MIB_4
    );
    assert_eq!(
        feed(Connection::client(), &mut fragments(KIB_256, 64), 1),
        KIB_256
    );
    assert_eq!(
        feed(Connection::client(), &mut fragments(KIB_256, KIB_256), 1),
        KIB_256
    );
    let awaited = Connection::client().with_whole_len(KIB_256);
    assert_eq!(feed(awaited, &mut fragments(KIB_256, KIB_256), 1), KIB_256);
    let mut many = fragments(32, 32).repeat(10_000);
    assert_eq!(many.len(), 10_000 * 34);
    assert_eq!(feed(Connection::client(), &mut many, 1 << 30), 320_000);
}
