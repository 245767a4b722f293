use std::vec::Vec;

use super::*;

const KEY: MaskingKey = MaskingKey([0x5a, 0xc3, 0x0f, 0x99]);

/// RFC 6455 section 5.3, octet by octet.
fn by_definition(bytes: &[u8]) -> Vec<u8> {
    bytes
        .iter()
        .zip(KEY.0.iter().cycle())
        .map(|(byte, key)| byte ^ key)
        .collect()
}

/// Runs `check` on a slice of every length up to `max`, at every place in a cache line, and sees that nothing
/// around it has changed.
fn at_every_place(max: usize, step: usize, check: impl Fn(&mut [u8])) {
    let mut buffer = std::vec![0xee; max + 192];
    let line = buffer.as_ptr().align_offset(64);
    for place in 0..64 {
        for len in (0..max).step_by(step) {
            let start = line + place;
            for (byte, value) in buffer[start..start + len].iter_mut().zip((0..=250).cycle()) {
                *byte = value;
            }
            check(&mut buffer[start..start + len]);
            buffer[start..start + len].fill(0xee);
            assert!(buffer.iter().all(|&byte| byte == 0xee), "{place} {len}");
        }
    }
}

#[test]
fn unmasking_agrees_at_every_place_and_length() {
    for (max, step) in [(180, 1), (420, 7), (5000, 487)] {
        at_every_place(max, step, |bytes| {
            let expected = by_definition(bytes);
            let mut portable = bytes.to_vec();
            fallback::unmask(&mut portable, KEY);
            unmask(bytes, KEY);
            assert_eq!(bytes, expected, "{}", bytes.len());
            assert_eq!(portable, expected, "{}", bytes.len());
        });
    }
}

#[test]
fn appending_agrees_at_every_length() {
    for len in (0..420).chain([1535, 1536, 1537, 3072, 3073, 4000, 65535, 65536, 70001]) {
        let payload: Vec<u8> = (0..=250).cycle().take(len).collect();
        for masking_key in [None, Some(KEY)] {
            let first = 0x82;
            let payload_len = payload.len() as u64;
            let header_len = crate::frame::header_len(payload_len, masking_key.is_some());
            let (mut expected, mut cramped, mut roomy) =
                (Vec::new(), Vec::new(), Vec::with_capacity(len + 100));
            let appended = Some(header_len + len);
            assert_eq!(
                fallback::append_frame(first, masking_key, &payload, &mut expected),
                appended
            );
            assert_eq!(
                append_frame(first, masking_key, &payload, &mut cramped),
                appended
            );
            for place in 0..32 {
                roomy.clear();
                roomy.resize(place, 0xee);
                append_frame(first, masking_key, &payload, &mut roomy);
                assert_eq!(roomy[place..], expected, "{len} {place}");
            }
            assert_eq!(cramped, expected, "{len}");
            let body = if masking_key.is_some() {
                by_definition(&payload)
            } else {
                payload.clone()
            };
            assert_eq!(expected[header_len..], body, "{len}");
        }
    }
}

/// `text` cut to every length, with one byte after another replaced by `bad` (where that is not `None`).
fn check_utf8(text: &[u8], bad: Option<u8>, places: impl Iterator<Item = usize> + Clone) {
    let mut buffer = std::vec![0xee; text.len() + 192];
    let line = buffer.as_ptr().align_offset(64);
    for (index, at) in places.enumerate() {
        let mut plain = text.to_vec();
        plain[at] = bad.unwrap_or(plain[at]);
        let plain = &plain[..if bad.is_some() { plain.len() } else { at }];
        let expected = core::str::from_utf8(plain).is_ok();
        let start = line + (index * 7) % 64;
        let masked = &mut buffer[start..start + plain.len()];
        masked.copy_from_slice(&by_definition(plain));
        assert_eq!(is_utf8(plain), expected, "{at} {plain:x?}");
        assert_eq!(unmask_utf8(masked, KEY), expected, "{at} {plain:x?}");
        assert_eq!(masked, plain);
        masked.fill(0xee);
        assert!(buffer.iter().all(|&byte| byte == 0xee));
    }
}

#[test]
fn utf8_agrees_at_every_length_and_with_every_bad_byte() {
    let mut texts: Vec<Vec<u8>> = std::vec![
        std::vec![b'a'; 300],
        "\u{4e2d}\u{6587}".repeat(60).into(),
        "\u{e9}".repeat(150).into(),
        "\u{1f600}".repeat(80).into(),
        "caf\u{e9} \u{4e2d}\u{6587} \u{1f600} plain words between "
            .repeat(7)
            .into(),
    ];
    for text in &texts {
        check_utf8(text, None, 0..text.len());
        for bad in [
            0x00, 0x41, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xe0, 0xed, 0xef, 0xf0,
            0xf4, 0xf5, 0xff,
        ] {
            check_utf8(text, Some(bad), 0..text.len());
        }
    }
    texts.push([&texts[0][..], &texts[1], &texts[0], &texts[4]].concat());
    for text in &texts {
        let long = text.repeat(20);
        check_utf8(&long, None, (0..long.len()).step_by(37));
        check_utf8(&long, Some(0x80), (0..long.len()).step_by(31));
    }
}

/// RFC 3629 section 3: as many bytes follow the first as it says, wherever a block of them ends and ASCII alone goes on.
#[test]
fn a_character_that_a_run_of_ascii_cuts_is_no_utf8() {
    for before in 0..200 {
        for cut in 1..=4 {
            let mut bytes = std::vec![b'a'; before];
            bytes.extend(&"\u{1f600}".as_bytes()[..cut]);
            bytes.resize(before + cut + 300, b'a');
            let mut masked = by_definition(&bytes);
            assert_eq!(is_utf8(&bytes), cut == 4, "{before} {cut}");
            assert_eq!(unmask_utf8(&mut masked, KEY), cut == 4, "{before} {cut}");
            assert_eq!(masked, bytes);
        }
    }
}

/// Every pair and many longer groups of bytes, at the edges of a vector.
#[test]
fn utf8_agrees_on_every_pair() {
    for first in 0x7f..=0xff_u8 {
        for second in 0..=0xff_u8 {
            for rest in [[0x80, 0x41], [0x80, 0xbf]] {
                for place in [13, 30, 31] {
                    let mut bytes = [b'a'; 96];
                    bytes[place..place + 4].copy_from_slice(&[first, second, rest[0], rest[1]]);
                    for len in [place + 2, place + 4] {
                        let bytes = &bytes[..len];
                        let expected = core::str::from_utf8(bytes).is_ok();
                        assert_eq!(is_utf8(bytes), expected, "{bytes:x?}");
                        let mut masked = by_definition(bytes);
                        assert_eq!(unmask_utf8(&mut masked, KEY), expected, "{bytes:x?}");
                    }
                }
            }
        }
    }
}
