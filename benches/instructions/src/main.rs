//! `wirekit-instructions OPERATION/INPUT/LEN ENGINE TIMES` runs the operation so many times. `run` beside it counts.

mod heads;

use std::hint::black_box;

use wirekit_checksum::checksum;
use wirekit_websocket::{MaskingKey, Utf8Validator};

/// Where a payload stands after its frame's header, in a cache line.
const PLACE: usize = 14;

/// What is counted: its digest.
type Operation = Box<dyn FnMut(&mut [u8]) -> u64>;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [workload, engine, times] = &arguments[..] else {
        panic!("OPERATION/INPUT/LEN ENGINE TIMES");
    };
    let words: Vec<&str> = workload.split('/').collect();
    let [operation, input, len] = words[..] else {
        panic!("OPERATION/INPUT/LEN");
    };
    let times = times.parse().expect("a number of times");
    let len = len.parse().expect("a length");
    // Not known when the loop is compiled, so that it costs each operation the same.
    if let Some(run) = heads::operation_of(operation, engine) {
        go(times, black_box(run), &mut heads::inputs_of(input, len));
    } else {
        let text = text(input, len);
        let mut buffer = vec![0; text.len() + 128];
        let start = buffer.as_ptr().align_offset(64) + PLACE;
        let bytes = &mut buffer[start..start + text.len()];
        bytes.copy_from_slice(&text);
        go(
            times,
            black_box(operation_of(operation, engine)),
            &mut [bytes],
        );
    }
}

/// Runs it with the inputs in rotation.
fn go(times: usize, mut run: Operation, inputs: &mut [impl AsMut<[u8]>]) {
    let mut answers = 0;
    let mut done = 0;
    while done < times {
        for input in inputs.iter_mut() {
            answers += run(black_box(input.as_mut()));
            done += 1;
        }
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

fn operation_of(operation: &str, engine: &str) -> Operation {
    match (operation, engine) {
        ("checksum", "wirekit") => Box::new(|bytes| checksum(bytes).into()),
        ("mask", "wirekit") => Box::new(|bytes| u64::from(key().apply(bytes) == key())),
        ("utf8", "wirekit") => Box::new(|bytes| {
            let mut text = Utf8Validator::new();
            u64::from(text.update(bytes).is_ok() && text.is_complete())
        }),
        ("utf8", "simdutf8") => Box::new(|bytes| simdutf8::basic::from_utf8(bytes).is_ok().into()),
        ("text-in-place", "wirekit") => Box::new(|bytes| {
            let mut text = Utf8Validator::new();
            u64::from(text.update_masked(bytes, key()).is_ok() && text.is_complete())
        }),
        ("text-in-place", "simdutf8") => Box::new(|bytes| {
            key().apply(bytes);
            simdutf8::basic::from_utf8(bytes).is_ok().into()
        }),
        _ => panic!("no operation {operation} of {engine}"),
    }
}

/// Zero costs as much as any other key, and leaves the text text.
fn key() -> MaskingKey {
    black_box(MaskingKey([0; 4]))
}
