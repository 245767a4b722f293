//! Slices that are the whole of an allocation, so that Miri and AddressSanitizer see what is read or written beyond
//! either end.

use std::boxed::Box;

use super::*;

const KEY: MaskingKey = MaskingKey([0x5a, 0xc3, 0x0f, 0x99]);

/// Every length below `max`; Miri interprets, and gets those where one vector more or less is read.
fn lengths(max: usize) -> impl Iterator<Item = usize> {
    (0..max).filter(|len| !cfg!(miri) || matches!(len % 32, 0 | 1 | 31) || matches!(len, 15..=17))
}

/// Everything that is done with a payload, on the bytes from `start` on.
fn check(payload: &[u8], start: usize) {
    let boxed = |bytes: &[u8]| -> Box<[u8]> { [&payload[..start], bytes].concat().into() };
    let plain = payload.get(start..).unwrap_or_default();
    let is_text = core::str::from_utf8(plain).is_ok();
    let mut bytes = boxed(plain);
    assert_eq!(is_utf8(&bytes[start..]), is_text);
    assert_eq!(as_text(&bytes[start..]).is_some(), is_text);
    unmask(&mut bytes[start..], KEY);
    let masked = bytes.clone();
    // False says nothing.
    assert!(!is_masked_utf8(&masked[start..], KEY) || is_text);
    for mask in [
        |bytes: &mut [u8]| Some(unmask_utf8(bytes, KEY)),
        |bytes: &mut [u8]| Some(unmask_text(bytes, KEY).is_ok()),
        |bytes: &mut [u8]| {
            unmask(bytes, KEY);
            None
        },
    ] {
        let mut bytes = masked.clone();
        let is_utf8 = mask(&mut bytes[start..]);
        assert!(is_utf8.is_none_or(|is_utf8| is_utf8 == is_text));
        assert_eq!(&bytes[..], payload);
    }
    #[cfg(feature = "alloc")]
    append(plain);
}

#[cfg(feature = "alloc")]
fn append(payload: &[u8]) {
    for key in [None, Some(KEY)] {
        let header_len = crate::frame::header_len(payload.len() as u64, key.is_some());
        // As much room as the frame needs, and more.
        for room in [0, 1, 64] {
            let mut out = std::vec::Vec::new();
            out.reserve_exact(header_len + payload.len() + room);
            append_frame(0x82, key, payload, &mut out);
            assert_eq!(out.len(), header_len + payload.len());
        }
    }
}

#[test]
fn a_payload_is_read_and_written_within_its_bounds_at_every_length_and_place() {
    let texts = [
        "plain words between ",
        "caf\u{e9} \u{4e2d}\u{6587} \u{1f600}",
    ];
    for text in texts {
        let text = text.repeat(60);
        for len in lengths(500) {
            for start in [0, len % 31] {
                check(&text.as_bytes()[..start + len], start);
            }
        }
    }
}

#[test]
fn a_long_payload_is_read_and_written_within_its_bounds() {
    for byte in [b'a', 0xff] {
        check(&std::vec![byte; 4096 + 45], 3);
    }
}
