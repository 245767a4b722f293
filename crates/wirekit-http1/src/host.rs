//! What a request says in Host (RFC 9112 section 3.2).

use crate::config::Quirks;
use crate::error::{Error, ErrorKind};
use crate::request::RequestHead;
use crate::target::Authority;
use crate::token;
use crate::version::Version;

/// Checks the first and the second Host of a request, by their index.
///
/// "A server MUST respond with a 400 (Bad Request) status code to any HTTP/1.1 request message that lacks a Host header
/// field and to any request message that contains more than one Host header field line or a Host header field with an
/// invalid field value."
pub(crate) fn check(
    head: &RequestHead<'_>,
    first: Option<usize>,
    second: Option<usize>,
    quirks: Quirks,
) -> Result<(), Error> {
    let Some(index) = first else {
        if head.version() >= Version::HTTP_11 && !quirks.contains(Quirks::MISSING_HOST) {
            return Err(Error::new(ErrorKind::MissingHost, head.as_bytes().len()));
        }
        return Ok(());
    };
    let fields = head.fields();
    if let Some(second) = second {
        return Err(Error::new(
            ErrorKind::RepeatedHost,
            fields.name_offset(second),
        ));
    }
    check_value(fields.value(index)).map_err(|error| error.shifted(fields.value_offset(index)))
}

/// Whether there are eight bytes or more, all of them letters, digits, hyphens or dots: most names of hosts.
#[inline]
fn is_plain_name(value: &[u8]) -> bool {
    let Some(last) = value.last_chunk::<8>() else {
        return false;
    };
    let (words, _) = value.as_chunks::<8>();
    words
        .iter()
        .chain([last])
        .all(|word| token::plain(u64::from_le_bytes(*word)) == u64::from_le_bytes([0x80; 8]))
}

/// Checks the value of Host; user information there is just a malformed host.
#[inline]
pub(crate) fn check_value(value: &[u8]) -> Result<(), Error> {
    if is_plain_name(value) {
        return Ok(());
    }
    check_odd_value(value)
}

#[inline(never)]
fn check_odd_value(value: &[u8]) -> Result<(), Error> {
    // A name and perhaps a port, without percent-encodings and brackets, needs no taking apart.
    let name_len = value
        .iter()
        .position(|&byte| !token::is(byte, token::REG_NAME))
        .unwrap_or(value.len());
    match value.get(name_len..).unwrap_or_default() {
        [] => return Ok(()),
        // RFC 9110 section 4.2.1: no http URI that is put together with it could be accepted.
        [b':', ..] if name_len == 0 => return Err(Error::new(ErrorKind::InvalidHost, 0)),
        [b':', port @ ..] if port.len() < 5 && port.iter().all(u8::is_ascii_digit) => return Ok(()),
        _ => {}
    }
    match Authority::parse(value) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::UserInfo => {
            Err(Error::new(ErrorKind::InvalidHost, error.offset()))
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::FieldTable;

    fn request(head: &str, quirks: Quirks) -> Result<(), Error> {
        let mut fields = FieldTable::new();
        let (head, _) = RequestHead::parse(head.as_bytes(), &mut fields)
            .unwrap()
            .unwrap();
        head.framing(quirks).map(drop)
    }

    #[test]
    fn plain_names_are_letters_digits_hyphens_and_dots() {
        for byte in 0..=u8::MAX {
            let is_plain = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
            for len in [8, 9, 15, 16, 17] {
                for at in 0..len {
                    let mut buffer = [b'a'; 17];
                    let name = &mut buffer[..len];
                    name[at] = byte;
                    assert_eq!(is_plain_name(name), is_plain, "{}", name.escape_ascii());
                }
            }
        }
        assert!(!is_plain_name(b"a.b"), "too short to tell");
    }

    #[test]
    fn there_is_one_valid_host() {
        use ErrorKind::*;
        #[rustfmt::skip]
        let rows = [
            // RFC 9112 section 3.2: "A server MUST respond with a 400 (Bad Request) status code to any HTTP/1.1 request
            // message that lacks a Host header field ..."
            ("GET / HTTP/1.1\r\n\r\n", Err((MissingHost, 18))),
            ("GET / HTTP/1.1\r\nHome: a\r\n\r\n", Err((MissingHost, 27))),
            ("GET / HTTP/1.1\r\nHost: a\r\nHome: b c\r\n\r\n", Ok(())),
            ("GET / HTTP/1.0\r\n\r\n", Ok(())),
            ("GET http://a/ HTTP/1.1\r\n\r\n", Err((MissingHost, 26))),
            // "... and to any request message that contains more than one Host header field line ..."
            ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", Err((RepeatedHost, 25))),
            ("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", Err((RepeatedHost, 25))),
            // "... or a Host header field with an invalid field value."
            ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", Err((InvalidHost, 23))),
            ("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", Err((InvalidHost, 23))),
            ("GET / HTTP/1.1\r\nHost: /\r\n\r\n", Err((InvalidHost, 22))),
            ("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", Err((InvalidHost, 23))),
            ("GET / HTTP/1.1\r\nHost: http://a\r\n\r\n", Err((InvalidPort, 27))),
            ("GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", Err((InvalidPort, 24))),
            ("GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n", Err((InvalidPort, 24))),
            ("GET / HTTP/1.1\r\nHost: a:655360\r\n\r\n", Err((InvalidPort, 24))),
            ("GET / HTTP/1.1\r\nHost: a:-1\r\n\r\n", Err((InvalidPort, 24))),
            ("GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", Err((InvalidHost, 22))),
            ("GET / HTTP/1.1\r\nHost: [::1]x\r\n\r\n", Err((InvalidHost, 27))),
            ("GET / HTTP/1.1\r\nHost: [fe80::1%25en0]\r\n\r\n", Err((InvalidHost, 23))),
            ("GET / HTTP/1.1\r\nHost: %zz\r\n\r\n", Err((InvalidHost, 22))),
            ("GET / HTTP/1.1\r\nHost: caf\u{e9}\r\n\r\n", Err((InvalidHost, 25))),
            ("GET / HTTP/1.1\r\nHost: :80\r\n\r\n", Err((InvalidHost, 22))),
            ("GET / HTTP/1.1\r\nHost: :\r\n\r\n", Err((InvalidHost, 22))),
            ("GET / HTTP/1.1\r\nHost: [::1]:65535\r\n\r\n", Ok(())),
            ("GET / HTTP/1.1\r\nHost: %41_b.c~!$&'()*+,;=:65535\r\n\r\n", Ok(())),
            ("GET / HTTP/1.1\r\nHost: a:\r\n\r\n", Ok(())),
            // "If the authority component is missing or undefined for the target URI, then a client MUST send a Host header
            // field with an empty field value."
            ("GET / HTTP/1.1\r\nHost:\r\n\r\n", Ok(())),
        ];
        for (head, expected) in rows {
            let found = request(head, Quirks::NONE);
            assert_eq!(
                found,
                expected.map_err(|(kind, offset)| Error::new(kind, offset)),
                "{head:?}"
            );
        }
        assert!(request("GET / HTTP/1.1\r\n\r\n", Quirks::MISSING_HOST).is_ok());
    }
}
