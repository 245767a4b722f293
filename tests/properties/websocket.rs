//! The laws of `wirekit-websocket`'s frames and connections, on seeds and on random input.

use core::time::Duration;
use std::time::Instant;

use proptest::prelude::*;
use wirekit::websocket::{Config, Connection, Event, FrameHeader, MaskingKey, Opcode, Rsv};
use wirekit_laws::websocket;

/// RFC 6455 section 5.7's examples and others, each led by the bytes that the laws take their choices from.
fn seeds() -> Vec<Vec<u8>> {
    let frames: [&[u8]; 9] = [
        b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58",
        b"\x81\x05Hello",
        b"\x01\x03Hel\x89\x02hi\x80\x02lo",
        b"\x89\x05Hello\x8a\x05Hello\x88\x05\x03\xe8bye",
        b"\x82\x7e\x01\x00",
        b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00\x82\x00",
        b"\x01\x02\xe4\xb8\x80\x01\xad\x81\x03\xed\xa0\x80",
        b"\x88\x02\x03\xed",
        b"\x82\x7f\x00\x00\x00\x00\x00\x00\x00\x01",
    ];
    let mut seeds = Vec::new();
    for (index, frame) in frames.into_iter().enumerate() {
        let lead: &[u8] = if index % 2 == 0 {
            &[1, 0, 0, 3, 0, 1, 2, 3, 4]
        } else {
            &[0, 1, 0, 0, 0, 5, 1, 7, 2]
        };
        seeds.push([lead, frame].concat());
        seeds.push([&lead[..1], frame].concat());
        seeds.push(frame.to_vec());
    }
    seeds
}

fn laws(data: &[u8]) {
    websocket::headers(data);
    websocket::split(data);
    websocket::conversation(data);
    websocket::utf8(data);
    websocket::mask(data);
    websocket::versus_tungstenite(data);
    websocket::relay(data);
}

#[test]
fn seeds_keep_the_laws() {
    for seed in seeds() {
        for end in 0..=seed.len() {
            laws(&seed[..end]);
        }
    }
}

/// A frame that is nearly always legal.
fn frames() -> impl Strategy<Value = Vec<u8>> {
    let first = prop_oneof![
        8 => prop::sample::select(vec![0x81_u8, 0x82, 0x01, 0x02, 0x00, 0x80, 0x89, 0x8a, 0x88]),
        1 => any::<u8>(),
    ];
    let payload = prop_oneof![
        any::<String>().prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..200),
        Just(b"\x03\xe8".to_vec()),
    ];
    (first, any::<Option<[u8; 4]>>(), payload).prop_map(|(first, key, mut payload)| {
        let header = FrameHeader {
            fin: first & 0x80 != 0,
            rsv: Rsv(first >> 4 & 7),
            opcode: Opcode(first & 15),
            masking_key: key.map(MaskingKey),
            payload_len: payload.len() as u64,
        };
        let mut wire = Vec::new();
        if header.encode(&mut wire).is_ok() {
            key.map(|key| MaskingKey(key).apply(&mut payload));
            wire.extend(payload);
        }
        wire
    })
}

proptest! {
    #[test]
    fn urls_hold(
        url in "(ws|wss|WS)://([a-z0-9.%-]{0,6}|\\[[0-9a-f:.]{2,8}\\])(:[0-9]{0,6})?(/[a-z%/;:@#é]{0,8})?(\\?[a-z0-9=&?/%]{0,8})?"
    ) {
        websocket::urls(url.as_bytes());
    }

    #[test]
    fn random_bytes_keep_the_laws(data in prop::collection::vec(any::<u8>(), 0..600)) {
        laws(&data);
    }

    #[test]
    fn random_frames_keep_the_laws(
        lead in any::<[u8; 9]>(),
        frames in prop::collection::vec(frames(), 0..6),
    ) {
        let wire = frames.concat();
        websocket::split(&[&lead[..], &wire].concat());
        websocket::versus_tungstenite(&[&lead[..1], &wire].concat());
    }

    #[test]
    fn mutated_seeds_keep_the_laws(which: prop::sample::Index, at: prop::sample::Index, byte: u8) {
        let mut seed = which.get(&seeds()).clone();
        *at.get_mut(&mut seed) = byte;
        laws(&seed);
    }
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
    let (mut start, mut end, mut total) = (0, 0, 0);
    while end < wire.len() {
        end = wire.len().min(end.saturating_add(step));
        while let Some((event, used)) = client.receive(&mut wire[start..end]).unwrap() {
            start += used;
            total += match event {
                Event::Text(text) => text.len(),
                Event::Data(data) => data.bytes.len(),
                other => panic!("{other:?}"),
            };
        }
    }
    total
}

const KIB_512: usize = 512 << 10;
const MIB_4: usize = 8 * KIB_512;

/// The time of an eighth of the bytes and of all of them: 8 times as long if it is linear, 64 times if it is quadratic.
/// The least of a few runs counts, because other programs can only add to it.
fn assert_linear(
    what: &str,
    connection: &Connection,
    step: usize,
    wire: impl Fn(usize) -> Vec<u8>,
) {
    let time = |len: usize| {
        let mut wire = wire(len);
        let start = Instant::now();
        assert_eq!(feed(connection.clone(), &mut wire, step), len, "{what}");
        start.elapsed()
    };
    let (mut eighth, mut all) = (Duration::MAX, Duration::MAX);
    for _ in 0..5 {
        eighth = eighth.min(time(KIB_512));
        all = all.min(time(MIB_4));
        if all < eighth * 20 {
            return;
        }
    }
    panic!("{what}: {eighth:?} for an eighth, {all:?} for all");
}

#[test]
fn time_is_linear_in_the_bytes() {
    let (client, whole) = (Connection::new(Config::CLIENT), usize::MAX);
    let small = |len| fragments(len, 64);
    let one = |len| fragments(len, len);
    assert_linear("64 B fragments, one feed", &client, whole, small);
    assert_linear("64 B fragments, byte by byte", &client, 1, small);
    assert_linear("one frame, byte by byte", &client, 1, one);
    let awaiting = Connection::new(Config::CLIENT.whole_len(MIB_4));
    assert_linear("one frame awaited, byte by byte", &awaiting, 1, one);
    let frames = |count: usize| fragments(32, 32).repeat(count);
    assert_eq!(feed(client.clone(), &mut frames(10_000), whole), 320_000);
    assert_linear("frames in one feed", &client, whole, |len| frames(len / 32));
}
