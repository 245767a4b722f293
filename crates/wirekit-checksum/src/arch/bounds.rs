//! Slices that are the whole of an allocation, so that Miri and AddressSanitizer see a read beyond either end.

use std::boxed::Box;
use std::vec::Vec;

use super::{fallback, native, sum};

/// Every length below `max`; Miri interprets, and gets those where one vector more or less is read.
fn lengths(max: usize) -> impl Iterator<Item = usize> {
    (0..max).filter(|len| !cfg!(miri) || matches!(len % 32, 0 | 1 | 31) || matches!(len, 15..=17))
}

/// Adds the bytes from `start` on, with every backend that there is.
fn check(start: usize, len: usize) {
    let whole: Box<[u8]> = (0..start + len)
        .map(|at| (at * 7).to_le_bytes()[0])
        .collect();
    let bytes = &whole[start..];
    let expected = fallback::narrow(1, bytes) % 0xffff;
    let sums: Vec<u64> = [
        sum(1, bytes),
        native::wide(1, bytes),
        fallback::wide(1, bytes),
    ]
    .map(|sum| sum % 0xffff)
    .into();
    assert_eq!(sums, [expected; 3], "{len} bytes from {start} on");
}

#[test]
fn a_slice_is_read_within_its_bounds_at_every_length_and_place() {
    for len in lengths(600) {
        for start in [0, 1, len % 64] {
            check(start, len);
        }
    }
}

#[test]
fn a_long_slice_is_read_within_its_bounds() {
    // Longer than what is aligned first.
    for len in [16384, 16384 + 77] {
        check(len % 3, len);
    }
}
