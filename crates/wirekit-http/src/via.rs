//! `Via`: through which proxies a message came (RFC 9110 section 7.6.3).

use crate::token::{is_tchar, is_token, is_value_byte, token_len, trim_ows_start};
use crate::write::write;
use crate::{EncodeError, Error, ErrorKind};

/// One member of `Via`, how one recipient got the message: RFC 9110 section 7.6.3.
///
/// ```
/// use wirekit_http::via::{self, Member};
///
/// let member = via::members(b"1.0 fred, 1.1 p.example.net (Apache/1.1)").nth(1).expect("a member")?;
/// assert_eq!((member.protocol_version, member.received_by), ("1.1", "p.example.net"));
/// # Ok::<(), wirekit_http::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_structs,
    reason = "RFC 9110 section 7.6.3 fixes the parts"
)]
pub struct Member<'a> {
    /// The protocol that the message was received by; `None` is HTTP.
    pub protocol_name: Option<&'a str>,
    /// Its version, such as `1.1`.
    pub protocol_version: &'a str,
    /// The host and port, or the pseudonym, of who received it.
    pub received_by: &'a str,
    /// The comment with its parentheses, or nothing.
    pub comment: &'a [u8],
}

impl<'a> Member<'a> {
    /// A recipient of an HTTP message of that version.
    pub const fn new(protocol_version: &'a str, received_by: &'a str) -> Self {
        Self {
            protocol_name: None,
            protocol_version,
            received_by,
            comment: b"",
        }
    }

    /// Writes the member to the front of `out`, and returns how many bytes it takes.
    ///
    /// # Errors
    ///
    /// [`EncodeError::InvalidToken`] where a part is not what the grammar has there, [`EncodeError::OutputTooSmall`]; then
    /// `out` is as it was.
    pub fn encode_to_slice(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        let received_by = self.received_by.as_bytes();
        let is_written = self
            .protocol_name
            .is_none_or(|name| is_token(name.as_bytes()))
            && is_token(self.protocol_version.as_bytes())
            && !received_by.is_empty()
            && recipient_len(received_by) == received_by.len()
            && (self.comment.is_empty() || comment_len(self.comment) == Some(self.comment.len()));
        if !is_written {
            return Err(EncodeError::InvalidToken);
        }
        write(out, |sink| {
            if let Some(name) = self.protocol_name {
                sink.put(name.as_bytes());
                sink.put(b"/");
            }
            sink.put(self.protocol_version.as_bytes());
            sink.put(b" ");
            sink.put(received_by);
            if !self.comment.is_empty() {
                sink.put(b" ");
                sink.put(self.comment);
            }
        })
    }
}

/// The members of one line of `Via`, in order: the last is the nearest recipient (RFC 9110 section 7.6.3). Nothing follows an
/// error. The example of [`Member`] takes one.
pub const fn members(value: &[u8]) -> Members<'_> {
    Members { value, at: 0 }
}

/// Whether `received_by` is among the members of one line, in any case, in front of the first error: if it is one's own
/// name, the message loops (RFC 9110 section 7.6.3).
///
/// ```
/// use wirekit_http::via;
///
/// assert!(via::has(b"1.0 fred, 1.1 Gate.example:8080", "gate.example:8080"));
/// assert!(!via::has(b"1.0 fred", "gate.example"));
/// ```
pub fn has(value: &[u8], received_by: &str) -> bool {
    members(value)
        .map_while(Result::ok)
        .any(|member| member.received_by.eq_ignore_ascii_case(received_by))
}

/// The members of [`members`]: RFC 9110 section 7.6.3. The example of [`Member`] takes one.
#[derive(Clone, Debug)]
pub struct Members<'a> {
    value: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Members<'a> {
    type Item = Result<Member<'a>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut rest = self.value.get(self.at..)?;
        while let [b',' | b' ' | b'\t', after @ ..] = rest {
            rest = after;
        }
        if rest.is_empty() {
            return None;
        }
        let start = self.value.len() - rest.len();
        Some(match member(rest) {
            Ok((member, len)) => {
                self.at = start + len;
                Ok(member)
            }
            Err(error) => {
                self.at = self.value.len();
                Err(error.shifted(start))
            }
        })
    }
}

/// A member, and how many bytes it takes up to the comma.
fn member(input: &[u8]) -> Result<(Member<'_>, usize), Error> {
    let wrong = |rest: &[u8]| Error::new(ErrorKind::ViaMember, input.len() - rest.len());
    let (first, rest) = token(input).ok_or_else(|| wrong(input))?;
    let (protocol_name, (protocol_version, rest)) = match rest {
        [b'/', rest @ ..] => (Some(first), token(rest).ok_or_else(|| wrong(rest))?),
        _ => (None, (first, rest)),
    };
    let start = trim_ows_start(rest);
    let received_by = start
        .split_at_checked(recipient_len(start))
        .filter(|(name, _)| !name.is_empty() && start.len() < rest.len());
    let (received_by, rest) = received_by.ok_or_else(|| wrong(start))?;
    // Its bytes are ASCII.
    let received_by = core::str::from_utf8(received_by).unwrap_or_default();
    let behind = trim_ows_start(rest);
    let (comment, behind) = match behind {
        [b'(', ..] if behind.len() < rest.len() => {
            let len = comment_len(behind);
            let split = len.and_then(|len| behind.split_at_checked(len));
            let (comment, rest) =
                split.ok_or(Error::new(ErrorKind::Comment, input.len() - behind.len()))?;
            (comment, trim_ows_start(rest))
        }
        _ => (&b""[..], behind),
    };
    if !matches!(behind, [] | [b',', ..]) {
        return Err(wrong(behind));
    }
    let member = Member {
        protocol_name,
        protocol_version,
        received_by,
        comment,
    };
    Ok((member, input.len() - behind.len()))
}

fn token(input: &[u8]) -> Option<(&str, &[u8])> {
    let (token, rest) = input.split_at_checked(token_len(input))?;
    // A token is ASCII.
    let token = core::str::from_utf8(token).ok()?;
    (!token.is_empty()).then_some((token, rest))
}

/// `pseudonym [ ":" port ]`, or as RFC 7230 section 5.7.1 had it, a host, which may be an address in brackets.
fn recipient_len(input: &[u8]) -> usize {
    let is_part = |byte: &&u8| is_tchar(**byte) || matches!(byte, b':' | b'[' | b']');
    input.iter().take_while(is_part).count()
}

/// How long the comment is that begins here; `None` if it does not end or has a byte that comments have not.
///
/// Comments nest, which is counted, not followed.
fn comment_len(input: &[u8]) -> Option<usize> {
    let mut depth = 0_usize;
    let mut rest = input;
    loop {
        let (&byte, mut after) = rest.split_first()?;
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.checked_sub(1)?,
            b'\\' => {
                let (&quoted, behind) = after.split_first()?;
                is_value_byte(quoted).then_some(())?;
                after = behind;
            }
            _ if is_value_byte(byte) => {}
            _ => return None,
        }
        rest = after;
        if depth == 0 {
            return (byte == b')').then(|| input.len() - rest.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::String;
    use std::vec::Vec;

    fn again(value: &[u8]) -> Result<Vec<String>, Error> {
        let written = |member: Result<Member<'_>, Error>| {
            let mut out = [0; 100];
            let len = member?.encode_to_slice(&mut out).unwrap();
            Ok(String::from_utf8_lossy(&out[..len]).into_owned())
        };
        members(value).map(written).collect()
    }

    #[test]
    fn members_are_read_and_written() {
        #[rustfmt::skip]
        let rows: [(&str, &[&str]); 6] = [
            // RFC 9110 section 7.6.3
            ("1.0 fred, 1.1 p.example.net",          &["1.0 fred", "1.1 p.example.net"]),
            ("HTTP/1.1 a:80",                        &["HTTP/1.1 a:80"]),
            ("1.1 a (x, (y\\)) z)\t, 2 b",           &["1.1 a (x, (y\\)) z)", "2 b"]),
            (" ,1.1 \t a ,,",                        &["1.1 a"]),
            ("1.1 [::1]:80",                         &["1.1 [::1]:80"]),
            ("",                                     &[]),
        ];
        for (value, expected) in rows {
            let expected: Vec<String> = expected.iter().map(|text| (*text).into()).collect();
            assert_eq!(again(value.as_bytes()), Ok(expected), "{value}");
        }
    }

    #[test]
    fn grammar_of_section_7_6_3_is_required() {
        use ErrorKind::{Comment, ViaMember};
        #[rustfmt::skip]
        let rows: [(&str, ErrorKind, usize); 11] = [
            ("1.1",            ViaMember, 3),
            ("1.1 ",           ViaMember, 4),
            ("SIP/2.0/UDP a",  ViaMember, 7),
            ("(x)",            ViaMember, 0),
            ("HTTP/ a",        ViaMember, 5),
            ("1.1 a b",        ViaMember, 6),
            ("1.1 a(x)",       ViaMember, 5),
            ("1.1 a, 1.1,",    ViaMember, 10),
            ("1.1[::1]",       ViaMember, 3),
            // Section 5.6.5
            ("1.1 a (x",       Comment,   6),
            ("1.1 a (\x07)",   Comment,   6),
        ];
        for (value, kind, offset) in rows {
            let error = again(value.as_bytes()).unwrap_err();
            assert_eq!((error.kind(), error.offset()), (kind, offset), "{value}");
            assert!(members(value.as_bytes()).count() <= 2);
        }
    }

    #[test]
    fn a_loop_is_found() {
        assert!(has(b"1.0 ricky, 1.1 Ethel (a, b), 1.1 fred", "ethel"));
        assert!(!has(b"1.0 ricky (ethel)", "ethel"));
    }

    #[test]
    fn what_no_grammar_has_is_not_written() {
        let mut out = [0xa5; 4];
        for member in [
            Member::new("", "a"),
            Member::new("1.1", ""),
            Member::new("1.1", "a, b"),
            Member {
                comment: b"(a",
                ..Member::new("1.1", "a")
            },
        ] {
            let result = member.encode_to_slice(&mut out);
            assert_eq!(result, Err(EncodeError::InvalidToken));
        }
        let needed = 5;
        let result = Member::new("1.1", "a").encode_to_slice(&mut out);
        assert_eq!(result, Err(EncodeError::OutputTooSmall { needed }));
        assert_eq!(out, [0xa5; 4]);
    }
}
