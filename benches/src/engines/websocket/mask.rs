//! Unmasking alone, at three places in a cache line. tungstenite keeps its own to itself; it is the loop that
//! fastwebsockets has too.

use core::hint::black_box;

use wirekit::websocket::MaskingKey;

use super::wire::ascii;
use crate::Workload;

/// Not known when the loops are compiled.
fn key() -> [u8; 4] {
    black_box([0x37, 0xfa, 0x21, 0x3d])
}

pub(super) fn workloads() -> Vec<Workload> {
    let sizes = [
        ("16", 16),
        ("32", 32),
        ("125", 125),
        ("1K", 1 << 10),
        ("64K", 64 << 10),
        ("1M", 1 << 20),
    ];
    let mut all = Vec::new();
    for (size, len) in sizes {
        for place in [0, 1, 7] {
            let workload = Workload::new(format!("websocket/unmask/{size}@{place}"), len)
                .engine(
                    "wirekit",
                    unmask(len, place, |bytes| {
                        MaskingKey(key()).apply(bytes);
                    }),
                )
                .engine(
                    "fastwebsockets",
                    unmask(len, place, |bytes| fastwebsockets::unmask(bytes, key())),
                )
                .engine(
                    "sockudo-ws",
                    unmask(len, place, |bytes| {
                        sockudo_ws::simd::apply_mask(bytes, key())
                    }),
                )
                .engine(
                    "yawc",
                    unmask(len, place, |bytes| yawc::mask::apply_mask(bytes, key())),
                )
                .floor("memcpy", memcpy(len, place));
            all.push(workload);
        }
    }
    all
}

/// Runs `apply` over the same bytes again and again: every second time they are as they were.
fn unmask(
    len: usize,
    place: usize,
    apply: impl Fn(&mut [u8]) + 'static,
) -> impl FnMut(u64) -> u64 + 'static {
    let (mut buffer, start) = aligned(len, place);
    move |operations| {
        let bytes = buffer.get_mut(start..start + len).unwrap_or_default();
        for _ in 0..operations {
            apply(black_box(&mut *bytes));
        }
        u64::from(
            bytes
                .iter()
                .fold(0, |sum: u8, byte| sum.wrapping_add(*byte)),
        )
    }
}

fn memcpy(len: usize, place: usize) -> impl FnMut(u64) -> u64 + 'static {
    let (mut buffer, start) = aligned(len, place);
    let from = ascii(len);
    move |operations| {
        let bytes = buffer.get_mut(start..start + len).unwrap_or_default();
        for _ in 0..operations {
            black_box(&mut *bytes).copy_from_slice(black_box(&from));
        }
        0
    }
}

/// A buffer, and where in it `len` bytes start `place` bytes into a cache line.
pub(super) fn aligned(len: usize, place: usize) -> (Vec<u8>, usize) {
    let mut buffer = vec![0; len + 128];
    let start = buffer.as_ptr().align_offset(64) + place;
    buffer
        .get_mut(start..start + len)
        .unwrap_or_default()
        .copy_from_slice(&ascii(len));
    (buffer, start)
}
