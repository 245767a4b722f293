//! The character classes of RFC 9110 section 5.6 and RFC 9112 section 3, and what is built from them directly.

/// A character of a token: a method, a field name, a coding (RFC 9110 section 5.6.2).
pub(crate) const TOKEN: u8 = 1;
/// A character of a field value or a reason phrase: HTAB, SP, VCHAR or obs-text (RFC 9110 section 5.5).
pub(crate) const VALUE: u8 = 2;
/// A character of a request target: VCHAR except `#`, because no form has a fragment (RFC 9112 section 3.2).
///
/// URIs do not have `"<>\\^{|}` and the grave accent either, but browsers send them and servers accept them alike.
pub(crate) const TARGET: u8 = 4;
/// A character of a reg-name besides percent-encodings: unreserved or sub-delims (RFC 3986 section 3.2.2).
pub(crate) const REG_NAME: u8 = 8;

const CLASSES: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0_u8;
    loop {
        let mut class = 0;
        if byte.is_ascii_alphanumeric() || is_one_of(byte, b"!#$%&'*+-.^_`|~") {
            class |= TOKEN;
        }
        if byte == b'\t' || (byte >= b' ' && byte != 0x7f) {
            class |= VALUE;
        }
        if byte.is_ascii_graphic() && byte != b'#' {
            class |= TARGET;
        }
        if byte.is_ascii_alphanumeric() || is_one_of(byte, b"-._~!$&'()*+,;=") {
            class |= REG_NAME;
        }
        #[expect(clippy::indexing_slicing, reason = "a u8 is an index of 256 entries")]
        {
            table[byte as usize] = class;
        }
        if byte == u8::MAX {
            break;
        }
        byte += 1;
    }
    table
};

const fn is_one_of(byte: u8, mut set: &[u8]) -> bool {
    while let [first, rest @ ..] = set {
        if *first == byte {
            return true;
        }
        set = rest;
    }
    false
}

/// Whether `byte` belongs to `class`.
#[inline]
pub(crate) const fn is(byte: u8, class: u8) -> bool {
    #[expect(clippy::indexing_slicing, reason = "a u8 is an index of 256 entries")]
    let classes = CLASSES[byte as usize];
    classes & class != 0
}

/// The high bit of each byte of `word` that is a letter, a digit, a hyphen or a dot: most of what names have, of fields
/// and of hosts.
#[inline]
pub(crate) const fn plain(word: u64) -> u64 {
    const HIGHS: u64 = u64::from_le_bytes([0x80; 8]);
    /// The high bit of each byte of `word`, of which none has it, that is not below `bound`.
    const fn from(bound: u8, word: u64) -> u64 {
        word + u64::from_le_bytes([0x80 - bound; 8])
    }
    let ascii = word & !HIGHS;
    let lower = ascii | u64::from_le_bytes([0x20; 8]);
    let letters = from(b'a', lower) & !from(b'z' + 1, lower);
    let digits = from(b'0', ascii) & !from(b'9' + 1, ascii);
    let marks = from(b'-', ascii) & !from(b'.' + 1, ascii);
    (letters | digits | marks) & !word & HIGHS
}

/// Optional whitespace: SP or HTAB (RFC 9110 section 5.6.3).
#[inline]
pub(crate) const fn is_ows(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// `start..end` without the whitespace at either end.
#[inline]
pub(crate) fn trimmed(input: &[u8], mut start: usize, mut end: usize) -> (usize, usize) {
    while start < end && input.get(start).is_some_and(|&byte| is_ows(byte)) {
        start += 1;
    }
    while start < end && input.get(end - 1).is_some_and(|&byte| is_ows(byte)) {
        end -= 1;
    }
    (start, end)
}

/// Whether all of `bytes`, and at least one, are token characters.
pub(crate) const fn is_token(mut bytes: &[u8]) -> bool {
    if bytes.is_empty() {
        return false;
    }
    while let [byte, rest @ ..] = bytes {
        if !is(*byte, TOKEN) {
            return false;
        }
        bytes = rest;
    }
    true
}

/// `bytes` without optional whitespace at either end.
#[inline]
pub(crate) const fn trim_ows(mut bytes: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = bytes
        && is_ows(*first)
    {
        bytes = rest;
    }
    while let [rest @ .., last] = bytes
        && is_ows(*last)
    {
        bytes = rest;
    }
    bytes
}

/// `1*DIGIT` as a number: no sign, no whitespace, nothing above `u64::MAX`.
pub(crate) const fn decimal(mut bytes: &[u8]) -> Option<u64> {
    if bytes.is_empty() {
        return None;
    }
    let mut number = 0_u64;
    while let [byte, rest @ ..] = bytes {
        if !byte.is_ascii_digit() {
            return None;
        }
        number = match number.checked_mul(10) {
            Some(tens) => match tens.checked_add((*byte - b'0') as u64) {
                Some(number) => number,
                None => return None,
            },
            None => return None,
        };
        bytes = rest;
    }
    Some(number)
}

/// The elements of a comma-separated list, trimmed, empty ones left out (RFC 9110 section 5.6.1.2).
///
/// For lists of tokens: a comma inside a quoted string separates too.
pub(crate) fn elements(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value
        .split(|&byte| byte == b',')
        .map(trim_ows)
        .filter(|element| !element.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_those_of_the_grammars() {
        let separators = b"\"(),/:;<=>?@[\\]{}";
        for byte in 0..=u8::MAX {
            let visible = (0x21..=0x7e).contains(&byte);
            assert_eq!(
                is(byte, TOKEN),
                visible && !separators.contains(&byte),
                "{byte:#x}"
            );
            assert_eq!(
                is(byte, VALUE),
                visible || byte >= 0x80 || byte == b' ' || byte == b'\t',
                "{byte:#x}"
            );
            assert_eq!(is(byte, TARGET), visible && byte != b'#', "{byte:#x}");
        }
    }

    #[test]
    fn a_decimal_is_digits_only() {
        assert_eq!(decimal(b"0"), Some(0));
        assert_eq!(decimal(b"007"), Some(7));
        assert_eq!(decimal(b"18446744073709551615"), Some(u64::MAX));
        for wrong in [
            "",
            "+1",
            "-1",
            " 1",
            "1 ",
            "1,1",
            "0x1",
            "1_0",
            "18446744073709551616",
            "99999999999999999999",
        ] {
            assert_eq!(decimal(wrong.as_bytes()), None, "{wrong:?}");
        }
    }

    #[test]
    fn whitespace_is_sp_and_htab_only() {
        assert_eq!(trim_ows(b" \t a\tb \t"), b"a\tb");
        assert_eq!(trim_ows(b"\xa0a\x0b"), b"\xa0a\x0b");
        assert_eq!(trim_ows(b" \t "), b"");
    }

    #[test]
    fn empty_elements_are_left_out() {
        assert!(elements(b", a ,\t,b,,").eq([b"a", b"b"]));
        assert_eq!(elements(b" ,, ").count(), 0);
    }
}
