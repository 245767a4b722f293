//! The laws of `wirekit-checksum`.

use arbitrary::Unstructured;
use wirekit::checksum::{Checksum, checksum, replace};

laws![sum, update];

/// RFC 1071 section 4.1, word by word.
fn reference(bytes: &[u8]) -> u16 {
    let mut sum = 0_u64;
    for word in bytes.chunks(2) {
        let [high, low] = [word.first(), word.get(1)].map(|byte| byte.copied().unwrap_or_default());
        sum += u64::from(u16::from_be_bytes([high, low]));
    }
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).expect("16 bits")
}

/// Laws 4 and 9: wherever the bytes lie and however they are cut, the sum is the RFC's.
pub fn sum(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let cuts: [u16; 3] = input.arbitrary().unwrap_or_default();
    let bytes = input.take_rest();
    let expected = reference(bytes);
    assert_eq!(checksum(bytes), expected);
    for start in 0..bytes.len().min(33) {
        assert_eq!(
            checksum(&bytes[start..]),
            reference(&bytes[start..]),
            "from {start}"
        );
    }
    let mut split = Checksum::new();
    let mut rest = bytes;
    for cut in cuts {
        let (head, tail) = rest.split_at(usize::from(cut).min(rest.len()));
        split.update(head);
        rest = tail;
    }
    split.update(rest);
    assert_eq!(split.finish(), expected, "cut after {cuts:?}");
}

/// Replacing bytes in the checksum gives what computing it again gives, but for data that became zero throughout.
pub fn update(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let (at, len): (u8, u8) = input.arbitrary().unwrap_or_default();
    let new: [u8; 16] = input.arbitrary().unwrap_or_default();
    let mut bytes = input.take_rest().to_vec();
    let start = usize::from(at) * 2;
    let end = start + usize::from(len % 17);
    let before = checksum(&bytes);
    let Some(old) = bytes.get_mut(start..end) else {
        return;
    };
    let new = &new[..old.len()];
    let updated = replace(before, old, new);
    old.copy_from_slice(new);
    if bytes.iter().any(|&byte| byte != 0) {
        assert_eq!(updated, checksum(&bytes));
    }
}
