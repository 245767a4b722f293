//! `wirekit-instructions OPERATION/INPUT/LEN ENGINE TIMES` runs the operation so many times. `run` beside it counts.

use std::hint::black_box;

use wirekit_checksum::checksum;
use wirekit_websocket::{MaskingKey, Utf8Validator};

/// Where a payload stands after its frame's header, in a cache line.
const PLACE: usize = 14;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [workload, engine, times] = &arguments[..] else {
        panic!("OPERATION/INPUT/LEN ENGINE TIMES");
    };
    let words: Vec<&str> = workload.split('/').collect();
    let [operation, input, len] = words[..] else {
        panic!("OPERATION/INPUT/LEN");
    };
    let text = text(input, len.parse().expect("a length"));
    let mut buffer = vec![0; text.len() + 128];
    let start = buffer.as_ptr().align_offset(64) + PLACE;
    let bytes = &mut buffer[start..start + text.len()];
    bytes.copy_from_slice(&text);

    // Not known when the loop is compiled, so that it costs each operation the same.
    let run = black_box(operation_of(operation, engine));
    let mut answers = 0;
    for _ in 0..times.parse().expect("a number of times") {
        answers += run(black_box(&mut *bytes));
    }
    println!("{answers}");
}

/// Text of that length, or up to three bytes less.
fn text(input: &str, len: usize) -> Vec<u8> {
    let piece = match input {
        "ascii" => "abcdefghijklmnopqrstuvwxyz",
        "chinese" => "\u{4e2d}\u{6587}",
        "mixed" => "caf\u{e9} au lait, \u{4e2d}\u{6587} and more words in between; ",
        _ => panic!("no input {input}"),
    };
    let mut text = piece.repeat(len / piece.len() + 1);
    text.truncate(text.floor_char_boundary(len));
    text.into_bytes()
}

fn operation_of(operation: &str, engine: &str) -> fn(&mut [u8]) -> u64 {
    match (operation, engine) {
        ("nothing", _) => |bytes| bytes.len() as u64,
        ("checksum", "wirekit") => |bytes| checksum(bytes).into(),
        ("mask", "wirekit") => |bytes| u64::from(key().apply(bytes) == key()),
        ("utf8", "wirekit") => |bytes| {
            let mut text = Utf8Validator::new();
            u64::from(text.update(bytes).is_ok() && text.is_complete())
        },
        ("utf8", "simdutf8") => |bytes| simdutf8::basic::from_utf8(bytes).is_ok().into(),
        ("text-in-place", "wirekit") => |bytes| {
            let mut text = Utf8Validator::new();
            u64::from(text.update_masked(bytes, key()).is_ok() && text.is_complete())
        },
        ("text-in-place", "simdutf8") => |bytes| {
            key().apply(bytes);
            simdutf8::basic::from_utf8(bytes).is_ok().into()
        },
        _ => panic!("no operation {operation} of {engine}"),
    }
}

/// Zero costs as much as any other key, and leaves the text text.
fn key() -> MaskingKey {
    black_box(MaskingKey([0; 4]))
}
