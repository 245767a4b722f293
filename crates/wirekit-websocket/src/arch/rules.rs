//! What UTF-8 forbids, as tables for the validation in `utf8`.

/// A pair of bytes that UTF-8 does not have, by three nibbles: sets of 16 values, the bit 0 for 0x0.
struct Rule {
    first_high: u16,
    first_low: u16,
    second_high: u16,
}

const ANY: u16 = 0xffff;
const CONTINUATION: u16 = 0x0f00;

/// RFC 3629 section 4. The last rule must be bit 7: `Tables::errors` takes it back where it does not hold.
const RULES: [Rule; 8] = [
    // A byte that begins a longer character, then no continuation.
    Rule {
        first_high: 0xf000,
        first_low: ANY,
        second_high: !CONTINUATION,
    },
    // ASCII, then a continuation.
    Rule {
        first_high: 0x00ff,
        first_low: ANY,
        second_high: CONTINUATION,
    },
    // C0 and C1: overlong in two bytes.
    Rule {
        first_high: 1 << 0xc,
        first_low: 0b11,
        second_high: CONTINUATION,
    },
    // E0 80 to E0 9F: overlong in three bytes.
    Rule {
        first_high: 1 << 0xe,
        first_low: 1,
        second_high: 1 << 8 | 1 << 9,
    },
    // ED A0 to ED BF: surrogates.
    Rule {
        first_high: 1 << 0xe,
        first_low: 1 << 0xd,
        second_high: 1 << 0xa | 1 << 0xb,
    },
    // F0 80 to F0 8F: overlong in four bytes. F5 80 and so on: above U+10FFFF.
    Rule {
        first_high: 1 << 0xf,
        first_low: 0xffe1,
        second_high: 1 << 8,
    },
    // F4 90 to F4 BF, F5 90 and so on: above U+10FFFF.
    Rule {
        first_high: 1 << 0xf,
        first_low: 0xfff0,
        second_high: 1 << 9 | 1 << 0xa | 1 << 0xb,
    },
    // Two continuations.
    Rule {
        first_high: CONTINUATION,
        first_low: ANY,
        second_high: CONTINUATION,
    },
];

pub(super) static FIRST_HIGH: [u8; 16] = table(Nibble::FirstHigh);
pub(super) static FIRST_LOW: [u8; 16] = table(Nibble::FirstLow);
pub(super) static SECOND_HIGH: [u8; 16] = table(Nibble::SecondHigh);

#[derive(Clone, Copy)]
enum Nibble {
    FirstHigh,
    FirstLow,
    SecondHigh,
}

/// For each value of the nibble, the rules that have it, a bit each.
#[expect(clippy::indexing_slicing, reason = "runs when the crate is compiled")]
const fn table(nibble: Nibble) -> [u8; 16] {
    let mut table = [0; 16];
    let mut value = 0;
    while value < 16 {
        let mut rule = 0;
        while rule < 8 {
            let set = match nibble {
                Nibble::FirstHigh => RULES[rule].first_high,
                Nibble::FirstLow => RULES[rule].first_low,
                Nibble::SecondHigh => RULES[rule].second_high,
            };
            table[value] |= ((set >> value & 1) as u8) << rule;
            rule += 1;
        }
        value += 1;
    }
    table
}
