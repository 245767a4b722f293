//! Unmasking and checking text in place. The key is zero: it costs as much as any other, and leaves the text text.

use core::hint::black_box;

use wirekit::websocket::{MaskingKey, Utf8Validator};

use super::wire::{ascii, chinese};
use crate::Workload;

/// Not known when the loops are compiled.
fn key() -> [u8; 4] {
    black_box([0; 4])
}

/// Where a payload stands after its frame's header.
const PLACE: usize = 14;

pub(super) fn workloads() -> Vec<Workload> {
    let mixed = "caf\u{e9} au lait, \u{4e2d}\u{6587} and more words in between; ";
    let mixed: Vec<u8> = mixed.repeat((64 << 10) / mixed.len()).into_bytes();
    vec![
        workload("ascii-1K", &ascii(1 << 10)),
        workload("chinese-1K", &chinese(1 << 10)),
        workload("ascii-64K", &ascii(64 << 10)),
        workload("chinese-64K", &chinese(64 << 10)),
        workload("mixed-64K", &mixed),
        workload("ascii-1M", &ascii(1 << 20)),
    ]
}

fn workload(input: &str, text: &[u8]) -> Workload {
    let from = text.to_vec();
    let run = |check: fn(&mut [u8]) -> bool| run(text, check);
    Workload::new(format!("websocket/text-in-place/{input}"), text.len())
        .engine(
            "wirekit",
            run(|bytes| {
                let mut text = Utf8Validator::new();
                text.update_masked(bytes, MaskingKey(key())).is_ok() && text.is_complete()
            }),
        )
        .engine(
            "sockudo-ws",
            run(|bytes| {
                sockudo_ws::simd::apply_mask(bytes, key());
                sockudo_ws::utf8::validate_utf8(bytes)
            }),
        )
        .engine(
            "fastwebsockets",
            run(|bytes| {
                fastwebsockets::unmask(bytes, key());
                simdutf8::basic::from_utf8(bytes).is_ok()
            }),
        )
        .engine(
            "yawc",
            run(|bytes| {
                yawc::mask::apply_mask(bytes, key());
                core::str::from_utf8(bytes).is_ok()
            }),
        )
        .floor(
            "simdutf8-alone",
            run(|bytes| simdutf8::basic::from_utf8(bytes).is_ok()),
        )
        .floor("memcpy", {
            let mut buffer = vec![0; text.len() + 128];
            let start = buffer.as_ptr().align_offset(64) + PLACE;
            move |operations| {
                let bytes = buffer
                    .get_mut(start..start + from.len())
                    .unwrap_or_default();
                for _ in 0..operations {
                    black_box(&mut *bytes).copy_from_slice(black_box(&from));
                }
                0
            }
        })
}

fn run(text: &[u8], check: fn(&mut [u8]) -> bool) -> impl FnMut(u64) -> u64 + 'static {
    let mut buffer = vec![0; text.len() + 128];
    let start = buffer.as_ptr().align_offset(64) + PLACE;
    let end = start + text.len();
    buffer
        .get_mut(start..end)
        .unwrap_or_default()
        .copy_from_slice(text);
    move |operations| {
        let bytes = buffer.get_mut(start..end).unwrap_or_default();
        (0..operations)
            .map(|_| u64::from(check(black_box(&mut *bytes))))
            .sum()
    }
}
