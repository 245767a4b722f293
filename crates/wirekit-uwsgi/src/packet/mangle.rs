//! A field's name as a variable's key: `HTTP_`, then the name with `a-z` raised and `-` turned to `_`.
//!
//! Eight bytes at a time, in place, with overlapping words at the ends, so that no name goes byte by byte.

const PREFIX: &[u8; 5] = b"HTTP_";

/// Bytes of the key of a field with that name.
pub(crate) const fn key_len(name: &[u8]) -> usize {
    name.len().saturating_add(PREFIX.len())
}

/// Writes key and value, each behind its length, to the front of `out`, and gives the rest back.
///
/// `None` where `out` is too short, or a length does not fit its two bytes; what was written to `out` then is not part
/// of a packet.
#[inline]
pub(crate) fn put_field<'o>(out: &'o mut [u8], name: &[u8], value: &[u8]) -> Option<&'o mut [u8]> {
    put_value(put_name(out, name)?, value)
}

/// Writes the key of a field behind its length.
#[inline]
pub(crate) fn put_name<'o>(out: &'o mut [u8], name: &[u8]) -> Option<&'o mut [u8]> {
    let [low, high] = u16::try_from(key_len(name)).ok()?.to_le_bytes();
    let (front, rest) = out.split_first_chunk_mut::<7>()?;
    let [h, t, t2, p, underscore] = *PREFIX;
    *front = [low, high, h, t, t2, p, underscore];
    let (key, rest) = rest.split_at_mut_checked(name.len())?;
    copy_mangled(name, key);
    Some(rest)
}

/// Writes a byte string behind its length.
#[inline]
pub(crate) fn put_value<'o>(out: &'o mut [u8], value: &[u8]) -> Option<&'o mut [u8]> {
    let len = u16::try_from(value.len()).ok()?.to_le_bytes();
    let (front, rest) = out.split_first_chunk_mut::<2>()?;
    *front = len;
    let (target, rest) = rest.split_at_mut_checked(value.len())?;
    copy(value, target);
    Some(rest)
}

/// `memcpy` of equal lengths; short values, which most are, without the call.
#[inline]
fn copy(from: &[u8], to: &mut [u8]) {
    if from.len() > 32 {
        to.copy_from_slice(from);
    } else if let (Some(head), Some(tail)) = (from.first_chunk::<16>(), from.last_chunk::<16>()) {
        // The two overlap unless there are 32 bytes.
        set_front(to, *head);
        set_back(to, *tail);
    } else if let (Some(head), Some(tail)) = (from.first_chunk::<8>(), from.last_chunk::<8>()) {
        set_front(to, *head);
        set_back(to, *tail);
    } else if let (Some(head), Some(tail)) = (from.first_chunk::<4>(), from.last_chunk::<4>()) {
        set_front(to, *head);
        set_back(to, *tail);
    } else {
        for (to, from) in to.iter_mut().zip(from) {
            *to = *from;
        }
    }
}

/// The name, mangled, into a slice of its length.
#[inline]
pub(crate) fn copy_mangled(from: &[u8], to: &mut [u8]) {
    if let (Some(head), Some(tail)) = (from.first_chunk::<8>(), from.last_chunk::<8>()) {
        if from.len() > 16 {
            let (words, _) = from.as_chunks::<8>();
            let (targets, _) = to.as_chunks_mut::<8>();
            for (target, word) in targets.iter_mut().zip(words) {
                *target = mangle8(*word);
            }
        } else {
            set_front(to, mangle8(*head));
        }
        set_back(to, mangle8(*tail));
    } else if let (Some(head), Some(tail)) = (from.first_chunk::<4>(), from.last_chunk::<4>()) {
        set_front(to, mangle4(*head));
        set_back(to, mangle4(*tail));
    } else {
        for (to, from) in to.iter_mut().zip(from) {
            *to = mangle(*from);
        }
    }
}

#[inline]
fn set_front<const N: usize>(to: &mut [u8], bytes: [u8; N]) {
    if let Some(front) = to.first_chunk_mut() {
        *front = bytes;
    }
}

#[inline]
fn set_back<const N: usize>(to: &mut [u8], bytes: [u8; N]) {
    if let Some(back) = to.last_chunk_mut() {
        *back = bytes;
    }
}

/// One byte; the oracle of the wide ones.
const fn mangle(byte: u8) -> u8 {
    match byte {
        b'-' => b'_',
        byte => byte.to_ascii_uppercase(),
    }
}

const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

#[inline]
const fn mangle8(bytes: [u8; 8]) -> [u8; 8] {
    mangle_word(u64::from_le_bytes(bytes)).to_le_bytes()
}

#[inline]
const fn mangle4([a, b, c, d]: [u8; 4]) -> [u8; 4] {
    let [a, b, c, d, ..] = mangle_word(u32::from_le_bytes([a, b, c, d]) as u64).to_le_bytes();
    [a, b, c, d]
}

/// In every byte: the top bit of a sum says whether its seven bits reached a bound; no sum carries into the next.
#[inline]
const fn mangle_word(word: u64) -> u64 {
    let seven = word & !HIGH;
    let ascii = !word & HIGH;
    let from_a = seven + LOW * (0x80 - b'a' as u64);
    let past_z = seven + LOW * (0x7f - b'z' as u64);
    let lower = from_a & !past_z & ascii;
    let not_hyphen = (seven ^ (LOW * b'-' as u64)) + LOW * 0x7f;
    let hyphen = (!not_hyphen & ascii) >> 7;
    word ^ (lower >> 2) ^ (hyphen * (b'-' ^ b'_') as u64)
}

#[cfg(test)]
mod tests {
    use std::vec;
    use std::vec::Vec;

    use super::*;

    #[test]
    fn words_agree_with_bytes_at_every_value_place_and_length() {
        for byte in 0..=255_u8 {
            for len in 0..40 {
                for at in 0..len {
                    let mut name = vec![b'x'; len];
                    name[at] = byte;
                    let expected: Vec<u8> = name.iter().map(|byte| mangle(*byte)).collect();
                    let mut to = vec![0; len];
                    copy_mangled(&name, &mut to);
                    assert_eq!(to, expected);
                }
            }
        }
    }

    #[test]
    fn copies_agree_at_every_length() {
        for len in 0..70_u8 {
            let from: Vec<u8> = (0..len).collect();
            let mut to = vec![0xff; from.len()];
            copy(&from, &mut to);
            assert_eq!(to, from);
        }
    }

    #[test]
    fn no_room_is_said() {
        for len in 0..18 {
            let mut out = vec![0; len];
            assert!(put_field(&mut out, b"host", b"upper").is_none(), "{len}");
        }
        let mut out = [0; 18];
        assert_eq!(
            put_field(&mut out, b"host", b"upper").map(|rest| rest.len()),
            Some(0)
        );
        assert_eq!(&out, b"\x09\0HTTP_HOST\x05\0upper");
    }
}
