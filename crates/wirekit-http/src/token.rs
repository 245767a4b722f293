//! Tokens and the whitespace around them (RFC 9110 sections 5.6.2 and 5.6.3).

/// Whether `byte` may stand in a token: a method, a field name, a coding (RFC 9110 section 5.6.2, `tchar`).
///
/// ```
/// use wirekit_http::token::is_tchar;
///
/// assert!(is_tchar(b'!') && !is_tchar(b'/') && !is_tchar(b' '));
/// ```
#[inline]
pub const fn is_tchar(byte: u8) -> bool {
    #[expect(clippy::indexing_slicing, reason = "a u8 is an index of 256 entries")]
    TCHARS[byte as usize]
}

const TCHARS: [bool; 256] = {
    let mut table = [false; 256];
    let mut rest: &[u8] =
        b"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    while let [byte, after @ ..] = rest {
        #[expect(clippy::indexing_slicing, reason = "a u8 is an index of 256 entries")]
        {
            table[*byte as usize] = true;
        }
        rest = after;
    }
    table
};

/// Whether `bytes` is a token: one or more [`tchar`](is_tchar)s (RFC 9110 section 5.6.2).
///
/// ```
/// use wirekit_http::token::is_token;
///
/// assert!(is_token(b"Content-Length"));
/// assert!(!is_token(b"Content-Length ") && !is_token(b""));
/// ```
#[inline]
pub const fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && token_len(bytes) == bytes.len()
}

/// How many bytes at the front of `bytes` are [`tchar`](is_tchar)s: where a token that begins there ends (RFC 9110 section
/// 5.6.2).
///
/// ```
/// assert_eq!(wirekit_http::token::token_len(b"charset=utf-8"), 7);
/// ```
#[inline]
pub const fn token_len(bytes: &[u8]) -> usize {
    let mut rest = bytes;
    while let [byte, after @ ..] = rest {
        if !is_tchar(*byte) {
            break;
        }
        rest = after;
    }
    bytes.len() - rest.len()
}

/// Whether `byte` is optional whitespace: SP or HTAB (RFC 9110 section 5.6.3).
///
/// ```
/// use wirekit_http::token::is_ows;
///
/// assert!(is_ows(b' ') && is_ows(b'\t') && !is_ows(b'\n'));
/// ```
#[inline]
pub const fn is_ows(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// `bytes` without optional whitespace at either end: RFC 9110 section 5.6.3.
///
/// ```
/// assert_eq!(wirekit_http::token::trim_ows(b" \t a b\t"), b"a b");
/// ```
#[inline]
pub const fn trim_ows(bytes: &[u8]) -> &[u8] {
    let mut bytes = trim_ows_start(bytes);
    while let [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

/// `bytes` without optional whitespace in front: RFC 9110 section 5.6.3.
///
/// ```
/// assert_eq!(wirekit_http::token::trim_ows_start(b" a "), b"a ");
/// ```
#[inline]
pub const fn trim_ows_start(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = bytes {
        bytes = rest;
    }
    bytes
}

/// Whether `byte` may stand in a field value: HTAB, SP, VCHAR or obs-text (RFC 9110 section 5.5).
///
/// ```
/// use wirekit_http::token::is_value_byte;
///
/// assert!(is_value_byte(b'a') && is_value_byte(0xe4));
/// assert!(!is_value_byte(b'\r') && !is_value_byte(0));
/// ```
#[inline]
pub const fn is_value_byte(byte: u8) -> bool {
    byte == b'\t' || (byte >= b' ' && byte != 0x7f)
}

/// `1*DIGIT` as a number (RFC 5234 appendix B.1): no sign, no whitespace, nothing above [`u64::MAX`].
///
/// ```
/// use wirekit_http::token::decimal;
///
/// assert_eq!(decimal(b"42"), Some(42));
/// assert_eq!(decimal(b"+42"), None); // which std's parser takes
/// ```
#[inline]
pub const fn decimal(mut bytes: &[u8]) -> Option<u64> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_those_of_the_grammar() {
        let delimiters = b"\"(),/:;<=>?@[\\]{}";
        for byte in 0..=u8::MAX {
            let visible = (0x21..=0x7e).contains(&byte);
            // Section 5.6.2: "any VCHAR, except delimiters"
            assert_eq!(
                is_tchar(byte),
                visible && !delimiters.contains(&byte),
                "{byte:#x}"
            );
            assert_eq!(is_token(&[byte]), is_tchar(byte));
            // Section 5.5: field-vchar = VCHAR / obs-text
            let is_value = visible || byte >= 0x80 || byte == b' ' || byte == b'\t';
            assert_eq!(is_value_byte(byte), is_value, "{byte:#x}");
        }
    }

    #[test]
    fn whitespace_is_sp_and_htab_only() {
        assert_eq!(trim_ows(b" \t a\tb \t"), b"a\tb");
        assert_eq!(trim_ows(b"\xa0a\x0b\r"), b"\xa0a\x0b\r");
        assert_eq!(trim_ows(b" \t "), b"");
        assert_eq!(trim_ows_start(b"\t a "), b"a ");
    }

    #[test]
    fn a_token_ends_at_the_first_other_byte() {
        assert_eq!(token_len(b"ab c"), 2);
        assert_eq!(token_len(b"\xc3\xa9"), 0);
        assert_eq!(token_len(b""), 0);
        assert!(!is_token(b""));
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
}
