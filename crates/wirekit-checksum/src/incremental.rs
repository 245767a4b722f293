//! Incremental update: RFC 1624 section 3, equation 3, `HC' = ~(~HC + ~m + m')`.

use crate::Checksum;

/// The checksum after one 16-bit word of the data changed from `old` to `new`.
///
/// Equal to computing it again, for all data but one: over data that is now zero throughout it gives 0 where a new
/// computation gives `0xffff`, and both verify. The fields of RFC 1624 section 4 are counter-examples of the older
/// equation of RFC 1141.
///
/// ```
/// // RFC 1624 section 4
/// assert_eq!(wirekit_checksum::replace_u16(0xdd2f, 0x5555, 0x3285), 0x0000);
/// ```
#[inline]
pub const fn replace_u16(checksum: u16, old: u16, new: u16) -> u16 {
    let sum = !checksum as u32 + !old as u32 + new as u32;
    finish(sum)
}

/// The checksum after two adjoining words of the data changed from `old` to `new`.
///
/// The words start at an even offset: a sequence number or an IPv4 address.
///
/// ```
/// use wirekit_checksum::{checksum, replace_u32};
///
/// // A translator of addresses changes one (RFC 3022 section 4.2).
/// let (before, after) = ([10, 0, 0, 7, 0, 80], [192, 0, 2, 1, 0, 80]);
/// let changed = replace_u32(checksum(&before), 0x0a00_0007, 0xc000_0201);
/// assert_eq!(changed, checksum(&after));
/// ```
#[inline]
pub const fn replace_u32(checksum: u16, old: u32, new: u32) -> u16 {
    let [a, b, c, d] = old.to_be_bytes();
    let [e, f, g, h] = new.to_be_bytes();
    let checksum = replace_u16(
        checksum,
        u16::from_be_bytes([a, b]),
        u16::from_be_bytes([e, f]),
    );
    replace_u16(
        checksum,
        u16::from_be_bytes([c, d]),
        u16::from_be_bytes([g, h]),
    )
}

/// The checksum after the bytes `old`, which start at an even offset, were replaced by `new`: RFC 1624 section 3.
///
/// The lengths may differ only at the end of the data, or by an even number.
///
/// ```
/// use wirekit_checksum::{checksum, replace};
///
/// let (before, after) = (*b"IPv6 address: ::1", *b"IPv6 address: ::2");
/// assert_eq!(replace(checksum(&before), b"1", b"2"), checksum(&after));
/// ```
#[inline]
pub fn replace(checksum: u16, old: &[u8], new: &[u8]) -> u16 {
    let (mut removed, mut added) = (Checksum::new(), Checksum::new());
    removed.update(old);
    added.update(new);
    replace_u16(checksum, removed.sum(), added.sum())
}

const fn finish(sum: u32) -> u16 {
    let sum = (sum & 0xffff) + (sum >> 16);
    let sum = (sum & 0xffff) + (sum >> 16);
    let [.., a, b] = sum.to_be_bytes();
    !u16::from_be_bytes([a, b])
}

#[cfg(test)]
mod tests {
    use super::{replace, replace_u16, replace_u32};
    use crate::checksum;

    #[test]
    fn replaced_words_give_what_recomputing_gives() {
        // Beside the other two words, which add up to 0xf0cd, the last carries out of a sum that is folded already.
        let words = [0, 1, 0x7fff, 0x8000, 0xfffe, 0xffff, 0x1234, 0x0f33];
        for old in words {
            for new in words {
                let mut data = [0x45, 0, 0, 20, 0xab, 0xcd];
                data[2..4].copy_from_slice(&u16::to_be_bytes(old));
                let before = checksum(&data);
                data[2..4].copy_from_slice(&u16::to_be_bytes(new));
                assert_eq!(
                    replace_u16(before, old, new),
                    checksum(&data),
                    "{old:#x} to {new:#x}"
                );
            }
        }
    }

    #[test]
    fn replaced_runs_give_what_recomputing_gives() {
        let before = *b"GET /a HTTP/1.1";
        let mut after = before;
        after[4..10].copy_from_slice(b"/bcdef");
        let expected = checksum(&after);
        assert_eq!(
            replace(checksum(&before), &before[4..10], &after[4..10]),
            expected
        );
        let [old, new] =
            [&before, &after].map(|data| u32::from_be_bytes([data[4], data[5], data[6], data[7]]));
        let half = replace_u32(checksum(&before), old, new);
        assert_eq!(replace(half, &before[8..10], &after[8..10]), expected);
    }

    #[test]
    fn data_that_becomes_zero_verifies() {
        assert_eq!(replace_u16(checksum(&[0x12, 0x34]), 0x1234, 0), 0);
    }
}
