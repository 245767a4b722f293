//! Tokens and comma-separated lists as RFC 9110 section 5.6 has them.

/// `tchar` of RFC 9110 section 5.6.2; RFC 2616's `token`, which RFC 6455 cites, has the same characters.
pub(crate) const fn is_tchar(byte: u8) -> bool {
    matches!(byte,
        b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'0'..=b'9' | b'A'..=b'Z' | b'^'..=b'z' | b'|' | b'~')
}

pub(crate) const fn is_ows(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

pub(crate) fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|&byte| is_tchar(byte))
}

pub(crate) fn trim_ows(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

/// The members of a list and where each begins. Empty ones are left out: RFC 9110 section 5.6.1.2 has a recipient
/// "parse and ignore a reasonable number of empty list elements".
#[derive(Clone, Debug)]
pub(crate) struct Members<'a> {
    rest: Option<&'a [u8]>,
    offset: usize,
}

impl<'a> Members<'a> {
    pub(crate) const fn new(value: &'a [u8]) -> Self {
        Self {
            rest: Some(value),
            offset: 0,
        }
    }
}

impl<'a> Iterator for Members<'a> {
    type Item = (&'a [u8], usize);

    fn next(&mut self) -> Option<Self::Item> {
        while let Some(rest) = self.rest {
            let start = self.offset;
            let member = match rest.iter().position(|&byte| byte == b',') {
                Some(comma) => {
                    let (member, tail) = rest.split_at(comma);
                    self.rest = tail.split_first().map(|(_, tail)| tail);
                    self.offset += comma + 1;
                    member
                }
                None => {
                    self.rest = None;
                    self.offset += rest.len();
                    rest
                }
            };
            let white = member.iter().take_while(|&&byte| is_ows(byte)).count();
            let member = trim_ows(member);
            if !member.is_empty() {
                return Some((member, start + white));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::vec::Vec;

    use super::*;

    #[test]
    fn members_skip_empty_elements() {
        let members = |value| Members::new(value).collect::<Vec<_>>();
        assert_eq!(
            members(b"a, b ,\tc"),
            [(&b"a"[..], 0), (b"b", 3), (b"c", 7)]
        );
        assert_eq!(members(b" , a ,, ,b,"), [(&b"a"[..], 3), (b"b", 9)]);
        assert_eq!(members(b""), []);
        assert_eq!(members(b" ,\t,"), []);
    }

    #[test]
    fn tchar_is_the_set_of_rfc_9110() {
        for byte in 0..=u8::MAX {
            let listed = b"!#$%&'*+-.^_`|~".contains(&byte) || byte.is_ascii_alphanumeric();
            assert_eq!(is_tchar(byte), listed, "{byte:#04x}");
        }
    }
}
