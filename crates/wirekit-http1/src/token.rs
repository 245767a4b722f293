//! The character classes of RFC 9110 section 5.6 and RFC 9112 section 3, and what is built from them directly.

pub(crate) use wirekit_http::token::{decimal, is_ows, is_token, trim_ows};

/// A character of a token: a method, a field name, a coding (RFC 9110 section 5.6.2).
pub(crate) const TOKEN: u8 = 1;
/// A character of a field value or a reason phrase: HTAB, SP, VCHAR or obs-text (RFC 9110 section 5.5).
pub(crate) const VALUE: u8 = 2;
/// VCHAR except `#`, because no form of a request target has a fragment (RFC 9112 section 3.2).
pub(crate) const TARGET: u8 = 4;
/// A character of a reg-name besides percent-encodings: unreserved or sub-delims (RFC 3986 section 3.2.2).
pub(crate) const REG_NAME: u8 = 8;
/// A character of a target before its question mark: pchar and slash (RFC 3986 section 3.3), percent sign, and what browsers
/// leave as it is there: `[]^|`.
///
/// That is what the URL standard's serialisation leaves, whose path percent-encode set is the C0 controls, space and
/// `"#<>?^` with the grave accent and braces, `^` only lately.
pub(crate) const PATH: u8 = 16;
/// A character of a target behind its question mark: pchar, slash and question mark (RFC 3986 section 3.4), percent sign, and
/// what browsers leave as it is there: all but `"<>`.
pub(crate) const QUERY: u8 = 32;
/// A character of a target that may stand on either side of a question mark, or is one.
pub(crate) const PLAIN_TARGET: u8 = 64;

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
        let visible = class & TARGET != 0;
        if visible && !is_one_of(byte, b"\"<>\\`{}?") {
            class |= PATH | PLAIN_TARGET;
        }
        if visible && !is_one_of(byte, b"\"<>") {
            class |= QUERY;
        }
        if byte == b'?' {
            class |= PLAIN_TARGET;
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

/// `bytes` without those that pass `test` at either end.
#[inline]
fn trim(mut bytes: &[u8], test: impl Fn(u8) -> bool) -> &[u8] {
    while let [first, rest @ ..] = bytes
        && test(*first)
    {
        bytes = rest;
    }
    while let [rest @ .., last] = bytes
        && test(*last)
    {
        bytes = rest;
    }
    bytes
}

/// The members of a comma-separated list, trimmed, empty ones left out (RFC 9110 section 5.6.1.2).
///
/// For lists of tokens: a comma inside a quoted string separates too.
pub(crate) fn members(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    positioned_members(value)
        .map(|(_, member)| member)
        .filter(|member| !member.is_empty())
}

/// Every member of a comma-separated list, trimmed, empty ones too, each with its offset in `value`.
pub(crate) fn positioned_members(value: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = 0;
    value.split(|&byte| byte == b',').map(move |member| {
        let leading = member.iter().take_while(|&&byte| is_gap(byte)).count();
        let offset = at + leading;
        at += member.len() + 1;
        (offset, trim(member, is_gap))
    })
}

/// Whitespace around a member: optional whitespace, and the line end of an obs-fold, which a recipient that lets it in
/// must "replace ... with one or more SP octets prior to interpreting the field value" (RFC 9112 section 5.2). No value
/// has a CR or LF anywhere else.
fn is_gap(byte: u8) -> bool {
    is_ows(byte) || matches!(byte, b'\r' | b'\n')
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
            // RFC 3986 section 3.3, and the URL standard's path and query percent-encode sets.
            let pchar = byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@%".contains(&byte);
            let in_path = pchar || b"/[]^|".contains(&byte);
            let in_query = in_path || b"?\\`{}".contains(&byte);
            assert_eq!(is(byte, PATH), in_path, "{byte:#x}");
            assert_eq!(is(byte, QUERY), in_query, "{byte:#x}");
            assert_eq!(is(byte, PLAIN_TARGET), in_path || byte == b'?', "{byte:#x}");
        }
    }

    #[test]
    fn empty_members_are_left_out() {
        assert!(members(b", a ,\t,b,,").eq([b"a", b"b"]));
        assert_eq!(members(b" ,, ").count(), 0);
        let found: [(usize, &[u8]); 4] = [(2, b"a"), (7, b"b"), (10, b""), (11, b"")];
        assert!(positioned_members(b"  a , \tb ,,").eq(found));
    }

    #[test]
    fn a_fold_is_whitespace_between_members() {
        assert!(members(b"a,\r\n b\r\n\t,c").eq([b"a", b"b", b"c"]));
        assert!(members(b"a\r\n b").eq([b"a\r\n b"]));
    }
}
