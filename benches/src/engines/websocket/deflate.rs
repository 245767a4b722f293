//! permessage-deflate with context takeover, both ways. Both engines run on zlib-rs; yawc's compressor is private, and
//! the other peers have none.

use std::sync::Arc;

use sockudo_ws::deflate::{DeflateDecoder, DeflateEncoder};
use wirekit::websocket::deflate::{Deflate, Direction, Inflate, Level};
use wirekit::websocket::{Data, Limits, MessageKind, Rsv};

use crate::Workload;

/// Messages in rotation: about half a megabyte, so that each is seen with a full window behind it.
const MESSAGES: u32 = 500;

pub(super) fn workloads() -> Vec<Workload> {
    let mut all = Vec::new();
    for level in [1, 6] {
        let messages: Arc<[Vec<u8>]> = (0..MESSAGES).map(json).collect();
        let packed: Arc<[Vec<u8>]> = compressed(&messages, level);
        let bytes = messages.iter().map(Vec::len).sum::<usize>() / messages.len();
        all.push(
            Workload::new(
                format!("websocket/deflate-compress/json-1K-level-{level}"),
                bytes,
            )
            .engine("wirekit", wirekit_compress(Arc::clone(&messages), level))
            .engine("sockudo-ws", sockudo_compress(messages, level)),
        );
        all.push(
            Workload::new(
                format!("websocket/deflate-decompress/json-1K-level-{level}"),
                bytes,
            )
            .engine("wirekit", wirekit_decompress(Arc::clone(&packed)))
            .engine("sockudo-ws", sockudo_decompress(packed)),
        );
    }
    all
}

/// About 1 KiB of JSON: what a service tells its clients, over and over, with other numbers.
fn json(number: u32) -> Vec<u8> {
    let mut state = number.wrapping_mul(2_654_435_761) | 1;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state
    };
    let mut out = format!(
        "{{\"sequence\":{number},\"time\":17634{},\"orders\":[",
        random()
    );
    while out.len() < 940 {
        let side = if random() % 2 == 0 { "buy" } else { "sell" };
        out += &format!(
            "{{\"id\":\"{:08x}\",\"side\":\"{side}\",\"price\":{}.{:02},\"quantity\":{}}},",
            random(),
            random() % 5000,
            random() % 100,
            random() % 1000
        );
    }
    out += "{}],\"source\":\"bench\",\"final\":true}";
    out.into_bytes()
}

/// Goes on where the last run stopped, however short it was: a message that is still in the window would cost less.
struct Rotation {
    messages: Arc<[Vec<u8>]>,
    at: usize,
}

impl Rotation {
    const fn new(messages: Arc<[Vec<u8>]>) -> Self {
        Self { messages, at: 0 }
    }

    fn next(&mut self) -> &[u8] {
        let message = self.messages.get(self.at).map_or(&[][..], |bytes| bytes);
        self.at = (self.at + 1) % self.messages.len();
        message
    }
}

fn compressed(messages: &[Vec<u8>], level: u8) -> Arc<[Vec<u8>]> {
    let mut deflate = deflate(level);
    messages
        .iter()
        .map(|message| {
            deflate
                .encode(plain(message))
                .expect("binary")
                .bytes
                .to_vec()
        })
        .collect()
}

fn deflate(level: u8) -> Deflate {
    Deflate::new(Direction::DEFAULT, Level::new(level).expect("0 to 9"))
}

fn plain(bytes: &[u8]) -> Data<'_> {
    Data::whole(MessageKind::Binary, bytes)
}

fn wirekit_compress(messages: Arc<[Vec<u8>]>, level: u8) -> impl FnMut(u64) -> u64 + 'static {
    let mut deflate = deflate(level);
    let mut messages = Rotation::new(messages);
    move |operations| {
        let mut digest = 0;
        for _ in 0..operations {
            let message = messages.next();
            digest += deflate.encode(plain(message)).expect("binary").bytes.len() as u64;
        }
        digest
    }
}

fn sockudo_compress(messages: Arc<[Vec<u8>]>, level: u8) -> impl FnMut(u64) -> u64 + 'static {
    let bits = sockudo_ws::DeflateWindowBits::Bits15;
    let mut encoder = DeflateEncoder::new(bits, false, level.into(), 0);
    let mut messages = Rotation::new(messages);
    move |operations| {
        let mut digest = 0;
        for _ in 0..operations {
            let message = messages.next();
            let packed = encoder
                .compress(message)
                .expect("any bytes")
                .expect("with takeover");
            digest += packed.len() as u64;
        }
        digest
    }
}

fn wirekit_decompress(packed: Arc<[Vec<u8>]>) -> impl FnMut(u64) -> u64 + 'static {
    let mut inflate = Inflate::new(Direction::DEFAULT, &Limits::DEFAULT);
    let mut out = Vec::new();
    let mut packed = Rotation::new(packed);
    move |operations| {
        let mut digest = 0;
        for _ in 0..operations {
            let bytes = packed.next();
            out.clear();
            let data = Data {
                rsv: Rsv::RSV1,
                ..plain(bytes)
            };
            inflate.decode_to(data, &mut out).expect("our own message");
            digest += out.len() as u64;
        }
        digest
    }
}

fn sockudo_decompress(packed: Arc<[Vec<u8>]>) -> impl FnMut(u64) -> u64 + 'static {
    let mut decoder = DeflateDecoder::new(sockudo_ws::DeflateWindowBits::Bits15, false);
    let mut packed = Rotation::new(packed);
    move |operations| {
        let mut digest = 0;
        for _ in 0..operations {
            let bytes = packed.next();
            let message = decoder
                .decompress(bytes, 64 << 20)
                .expect("our own message");
            digest += message.len() as u64;
        }
        digest
    }
}
