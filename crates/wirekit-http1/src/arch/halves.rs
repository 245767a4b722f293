//! The classes of bytes as vectors look them up: by the two halves of a byte, in a table of 16 entries each.

use crate::token::{self, PLAIN_TARGET, TOKEN};

/// A byte is a token character when the entries of its two halves share a bit.
///
/// Rows 2 to 7 of the ASCII table have a bit each; a byte above 0x7F has none in the table of high halves.
pub(super) static LOW_HALVES: [u8; 16] = low_halves(TOKEN);
/// The same for the characters of a target that is plain.
pub(super) static LOW_HALVES_OF_TARGET: [u8; 16] = low_halves(PLAIN_TARGET);
pub(super) static HIGH_HALVES: [u8; 16] = [0, 0, 1, 2, 4, 8, 16, 32, 0, 0, 0, 0, 0, 0, 0, 0];

const fn low_halves(class: u8) -> [u8; 16] {
    let mut table = [0; 16];
    let mut byte = 0x20_u8;
    while byte < 0x80 {
        if token::is(byte, class) {
            #[expect(clippy::indexing_slicing, reason = "a half is an index of 16 entries")]
            {
                table[(byte & 0xf) as usize] |= 1 << ((byte >> 4) - 2);
            }
        }
        byte += 1;
    }
    table
}
