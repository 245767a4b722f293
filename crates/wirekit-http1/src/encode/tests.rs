use std::string::String;
use std::vec;

use super::EncodeError::OutputTooSmall;
use super::head::{Decimal, digits};
use super::*;

/// Fields as text.
type Texts = &'static [(&'static str, &'static str)];

const HOST: (&str, &str) = ("Host", "a");

/// What is written where there is room for it, and that nothing is where there is not.
fn fitting(len: usize, encode: impl Fn(&mut [u8]) -> Result<usize, EncodeError>) -> String {
    let (mut short, small) = (vec![0; len - 1], OutputTooSmall { needed: len });
    assert_eq!(encode(&mut short), Err(small));
    assert_eq!(short, vec![0; len - 1]);
    let mut out = vec![0; len];
    assert_eq!(encode(&mut out), Ok(len));
    String::from_utf8(out).unwrap()
}

fn request(
    line: RequestLine<'_>,
    fields: &[(&str, &str)],
    body: BodyLength,
) -> Result<String, EncodeError> {
    let fields: vec::Vec<_> = fields
        .iter()
        .map(|(name, value)| Field::new(*name, *value))
        .collect();
    let len = line.encoded_len(&fields, body)?;
    let written = fitting(len, |room| line.encode_to_slice(&fields, body, room));
    #[cfg(feature = "alloc")]
    assert_eq!(
        fitting(len, |mut room| line.encode(&fields, body, &mut room)),
        written
    );
    Ok(written)
}

fn response(
    line: StatusLine<'_>,
    fields: &[(&str, &str)],
    body: BodyLength,
) -> Result<String, EncodeError> {
    let fields: vec::Vec<_> = fields
        .iter()
        .map(|(name, value)| Field::new(*name, *value))
        .collect();
    let len = line.encoded_len(&fields, body)?;
    let written = fitting(len, |room| line.encode_to_slice(&fields, body, room));
    #[cfg(feature = "alloc")]
    assert_eq!(
        fitting(len, |mut room| line.encode(&fields, body, &mut room)),
        written
    );
    Ok(written)
}

#[test]
fn the_field_that_frames_the_body_is_added_once() {
    let line = RequestLine::new(Method::POST, "/");
    let start = "POST / HTTP/1.1\r\nHost: a\r\n";
    #[rustfmt::skip]
    let rows: &[(Texts, BodyLength, &str)] = &[
        (&[HOST], BodyLength::None, "\r\n"),
        (&[HOST], BodyLength::Length(0), "Content-Length: 0\r\n\r\n"),
        (&[HOST], BodyLength::Length(u64::MAX), "Content-Length: 18446744073709551615\r\n\r\n"),
        (&[HOST], BodyLength::Chunked, "Transfer-Encoding: chunked\r\n\r\n"),
        (&[HOST, ("content-length", "10"), ("A", "")], BodyLength::Length(10), "content-length: 10\r\nA: \r\n\r\n"),
        (&[HOST, ("transfer-encoding", "Chunked")], BodyLength::Chunked, "transfer-encoding: Chunked\r\n\r\n"),
        // Names of the same lengths.
        (&[HOST, ("Accept-Charset", "x"), ("If-Modified-Since", "x")], BodyLength::None, "Accept-Charset: x\r\nIf-Modified-Since: x\r\n\r\n"),
    ];
    for &(fields, body, rest) in rows {
        let encoded = request(line, fields, body).unwrap();
        assert_eq!(encoded.strip_prefix(start), Some(rest));
    }
}

#[test]
fn a_request_is_true_or_not_sent() {
    use EncodeError::*;
    let post = RequestLine::new(Method::POST, "/");
    let old = RequestLine {
        version: Version::HTTP_10,
        ..post
    };
    let to = |target| RequestLine::new(Method::GET, target);
    #[rustfmt::skip]
    let rows: &[(RequestLine<'_>, Texts, BodyLength, EncodeError)] = &[
        // RFC 9112 section 11.1: response splitting, and its likes in requests.
        (post, &[HOST, ("A\r\nB", "c")], BodyLength::None, InvalidFieldName { index: 1 }),
        (post, &[HOST, ("", "c")], BodyLength::None, InvalidFieldName { index: 1 }),
        (post, &[HOST, ("A:", "c")], BodyLength::None, InvalidFieldName { index: 1 }),
        (post, &[HOST, ("A ", "c")], BodyLength::None, InvalidFieldName { index: 1 }),
        (post, &[HOST, ("A", "b\r\nC: d")], BodyLength::None, InvalidFieldValue { index: 1 }),
        (post, &[HOST, ("A", "b\rC")], BodyLength::None, InvalidFieldValue { index: 1 }),
        (post, &[HOST, ("A", "b\nC")], BodyLength::None, InvalidFieldValue { index: 1 }),
        (post, &[HOST, ("A", "b\0C")], BodyLength::None, InvalidFieldValue { index: 1 }),
        (post, &[HOST, ("A", " b")], BodyLength::None, InvalidFieldValue { index: 1 }),
        (post, &[HOST, ("A", "b\t")], BodyLength::None, InvalidFieldValue { index: 1 }),
        (to("/a b"), &[HOST], BodyLength::None, InvalidTarget),
        (to("/a\r\nHost: b"), &[HOST], BodyLength::None, InvalidTarget),
        (to(""), &[HOST], BodyLength::None, InvalidTarget),
        (to("*"), &[HOST], BodyLength::None, InvalidTarget),
        (to("/#a"), &[HOST], BodyLength::None, InvalidTarget),
        // RFC 9110 section 2.2: "a sender MUST NOT generate protocol elements that do not match the grammar".
        (to("/a\\b"), &[HOST], BodyLength::None, InvalidTarget),
        (to("/{a}"), &[HOST], BodyLength::None, InvalidTarget),
        (to("/?a=\"b\""), &[HOST], BodyLength::None, InvalidTarget),
        (to("http://a/<"), &[HOST], BodyLength::None, InvalidTarget),
        (RequestLine::new(Method::CONNECT, "/"), &[HOST], BodyLength::None, InvalidTarget),
        (RequestLine { version: Version::from_minor(2), ..post }, &[HOST], BodyLength::None, InvalidVersion),
        // Section 3.2: "A client MUST send a Host header field in all HTTP/1.1 request messages."
        (post, &[], BodyLength::None, MissingHost),
        (post, &[HOST, ("host", "a")], BodyLength::None, InvalidHost { index: 1 }),
        (post, &[("Host", "a/b")], BodyLength::None, InvalidHost { index: 0 }),
        // Section 3.2: "identical to that authority component".
        (to("http://b/"), &[("A", "b"), HOST], BodyLength::None, HostMismatch { index: 1 }),
        (to("urn:b"), &[HOST], BodyLength::None, HostMismatch { index: 0 }),
        (RequestLine::new(Method::CONNECT, "b:1"), &[HOST], BodyLength::None, HostMismatch { index: 0 }),
        (RequestLine::new(Method::CONNECT, "a:1"), &[("Host", "a:2")], BodyLength::None, HostMismatch { index: 0 }),
        // RFC 9110 section 7.8: "a sender of Upgrade MUST also send an "Upgrade" connection option".
        (post, &[HOST, ("Upgrade", "x")], BodyLength::None, MissingConnectionOption { index: 1 }),
        (post, &[HOST, ("upgrade", "x"), ("Connection", "close, upgraded")], BodyLength::None, MissingConnectionOption { index: 1 }),
        // RFC 9110 section 10.1.4: "a sender of TE MUST also send a "TE" connection option"; RFC 9112 section 7.4: "a client
        // MUST NOT send the chunked transfer coding name in TE".
        (post, &[HOST, ("TE", "trailers")], BodyLength::None, MissingConnectionOption { index: 1 }),
        (post, &[HOST, ("Connection", "close, t"), ("te", "")], BodyLength::None, MissingConnectionOption { index: 2 }),
        (post, &[HOST, ("Connection", "te"), ("TE", "gzip, Chunked")], BodyLength::None, ChunkedInTe { index: 2 }),
        // Section 10.1.1: "a client MUST NOT generate a 100-continue expectation in a request that does not include content".
        (post, &[HOST, ("Expect", "100-Continue")], BodyLength::None, ExpectationWithoutContent { index: 1 }),
        (post, &[HOST, ("expect", "a, 100-continue")], BodyLength::Length(0), ExpectationWithoutContent { index: 1 }),
        // Section 7.6.1: "a sender MUST NOT send a connection option corresponding to a field that is intended for all
        // recipients of the content."
        (post, &[HOST, ("Connection", "Content-Length")], BodyLength::Length(1), EndToEndConnectionOption { index: 1 }),
        (post, &[HOST, ("Connection", "close"), ("Connection", "te, HOST")], BodyLength::None, EndToEndConnectionOption { index: 2 }),
        // Section 6.2: "A sender MUST NOT send a Content-Length header field in any message that contains a
        // Transfer-Encoding header field", and a length that is not the body's.
        (post, &[HOST, ("Content-Length", "2")], BodyLength::Length(1), FramingMismatch { index: 1 }),
        (post, &[HOST, ("Content-Length", "1"), ("Content-Length", "1")], BodyLength::Length(1), FramingMismatch { index: 2 }),
        (post, &[HOST, ("Content-Length", "+1")], BodyLength::Length(1), FramingMismatch { index: 1 }),
        (post, &[HOST, ("Content-Length", "1")], BodyLength::None, FramingMismatch { index: 1 }),
        (post, &[HOST, ("Content-Length", "1")], BodyLength::Chunked, FramingMismatch { index: 1 }),
        (post, &[HOST, ("Transfer-Encoding", "chunked")], BodyLength::Length(1), FramingMismatch { index: 1 }),
        (post, &[HOST, ("Transfer-Encoding", "chunked")], BodyLength::None, FramingMismatch { index: 1 }),
        (post, &[HOST, ("Transfer-Encoding", "gzip, chunked")], BodyLength::Chunked, FramingMismatch { index: 1 }),
        (post, &[HOST], BodyLength::UntilClose, BodyNotAllowed),
        // RFC 9110 sections 9.3.8 and 9.3.6.
        (RequestLine::new(Method::TRACE, "/"), &[HOST], BodyLength::Length(1), BodyNotAllowed),
        (RequestLine::new(Method::TRACE, "/"), &[HOST], BodyLength::Chunked, BodyNotAllowed),
        (RequestLine::new(Method::CONNECT, "a:1"), &[HOST], BodyLength::Length(1), BodyNotAllowed),
        (RequestLine::new(Method::CONNECT, "a:1"), &[HOST], BodyLength::Chunked, BodyNotAllowed),
        (old, &[], BodyLength::Chunked, ChunkedInHttp10),
    ];
    for &(line, fields, body, error) in rows {
        assert_eq!(
            request(line, fields, body),
            Err(error),
            "{line:?} {fields:?}"
        );
    }
    assert_eq!(
        request(old, &[], BodyLength::None).unwrap(),
        "POST / HTTP/1.0\r\n\r\n"
    );
    assert!(request(to("http://A:80/b"), &[HOST], BodyLength::None).is_ok());
    // What browsers send is forwarded as it came.
    assert!(request(to("/a|b^[c]%?{\\}`"), &[HOST], BodyLength::None).is_ok());
    // Connection before Upgrade and behind it, and names of the same lengths.
    let options = [
        HOST,
        ("Connection", "a, Upgrade"),
        ("Upgrade", "x"),
        ("Upgrade", "y"),
        ("Connection", "b"),
    ];
    assert!(request(post, &options, BodyLength::None).is_ok());
    let options = [
        HOST,
        ("upgrade", "x"),
        ("Connection", "a"),
        ("connection", ",UPGRADE"),
    ];
    assert!(request(post, &options, BodyLength::None).is_ok());
    let options = [
        (
            "Connection",
            "x-custom, keep-alive, TE, HTTP2-Settings, Hosts",
        ),
        HOST,
        ("TE", "trailers, deflate;q=0.5"),
        ("Expect", "100-continue"),
    ];
    assert!(request(post, &options, BodyLength::Chunked).is_ok());
    assert!(request(post, &options, BodyLength::Length(1)).is_ok());
    assert!(
        request(
            post,
            &[HOST, ("Expect", "x"), ("expecT", "")],
            BodyLength::None
        )
        .is_ok()
    );
    let options = [HOST, ("Referer", "x"), ("User-Agent", "upgrade")];
    assert!(request(post, &options, BodyLength::None).is_ok());
    for (method, target) in [(Method::TRACE, "/"), (Method::CONNECT, "a:1")] {
        for body in [BodyLength::None, BodyLength::Length(0)] {
            assert!(request(RequestLine::new(method, target), &[HOST], body).is_ok());
        }
    }
}

#[test]
fn a_response_is_true_or_not_sent() {
    use EncodeError::*;
    let line = StatusLine::new;
    let ok = line(StatusCode::OK);
    #[rustfmt::skip]
    let rows: &[(StatusLine<'_>, Texts, BodyLength, Result<&str, EncodeError>)] = &[
        (ok, &[], BodyLength::Length(3), Ok("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n")),
        (ok, &[], BodyLength::UntilClose, Ok("HTTP/1.1 200 OK\r\n\r\n")),
        (line(StatusCode(799)), &[], BodyLength::UntilClose, Ok("HTTP/1.1 799 \r\n\r\n")),
        // To HEAD: the fields of the response to GET, without its body.
        (ok, &[("Content-Length", "9")], BodyLength::None, Ok("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")),
        (ok, &[("Transfer-Encoding", "chunked")], BodyLength::None, Ok("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")),
        (line(StatusCode::NOT_MODIFIED), &[("Content-Length", "9")], BodyLength::None, Ok("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n")),
        (ok, &[("Content-Length", "x")], BodyLength::None, Err(FramingMismatch { index: 0 })),
        (ok, &[("Content-Length", "9")], BodyLength::UntilClose, Err(FramingMismatch { index: 0 })),
        // RFC 9112 section 6.2: not both, and section 6.1: chunked once.
        (ok, &[("Content-Length", "9"), ("Transfer-Encoding", "chunked")], BodyLength::None, Err(FramingMismatch { index: 1 })),
        (ok, &[("Transfer-Encoding", "chunked"), ("Content-Length", "9")], BodyLength::None, Err(FramingMismatch { index: 1 })),
        (ok, &[("Transfer-Encoding", "chunked"), ("Transfer-Encoding", "chunked")], BodyLength::Chunked, Err(FramingMismatch { index: 1 })),
        // RFC 9110 section 8.6: no Content-Length in 1xx and 204; RFC 9112 section 6.1: no Transfer-Encoding either.
        (line(StatusCode::CONTINUE), &[("Content-Length", "0")], BodyLength::None, Err(FramingMismatch { index: 0 })),
        (line(StatusCode::NO_CONTENT), &[("Content-Length", "0")], BodyLength::None, Err(FramingMismatch { index: 0 })),
        (line(StatusCode::NO_CONTENT), &[("Transfer-Encoding", "chunked")], BodyLength::None, Err(FramingMismatch { index: 0 })),
        (line(StatusCode::EARLY_HINTS), &[("Link", "</a>")], BodyLength::None, Ok("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")),
        // RFC 9110 section 6.4.1: no content.
        (line(StatusCode::CONTINUE), &[], BodyLength::Length(0), Err(BodyNotAllowed)),
        (line(StatusCode::NO_CONTENT), &[], BodyLength::UntilClose, Err(BodyNotAllowed)),
        (line(StatusCode::NOT_MODIFIED), &[], BodyLength::Chunked, Err(BodyNotAllowed)),
        // Section 15.3.6.
        (line(StatusCode::RESET_CONTENT), &[], BodyLength::Length(1), Err(BodyNotAllowed)),
        (line(StatusCode::RESET_CONTENT), &[], BodyLength::Length(0), Ok("HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n")),
        (line(StatusCode::RESET_CONTENT), &[], BodyLength::Chunked, Err(BodyNotAllowed)),
        (line(StatusCode::RESET_CONTENT), &[], BodyLength::UntilClose, Err(BodyNotAllowed)),
        (line(StatusCode::RESET_CONTENT), &[("Content-Length", "1")], BodyLength::None, Err(FramingMismatch { index: 0 })),
        (line(StatusCode::RESET_CONTENT), &[("Transfer-Encoding", "chunked")], BodyLength::None, Err(FramingMismatch { index: 0 })),
        // Section 15.2: "HTTP/1.0 did not define any 1xx status codes".
        (StatusLine { version: Version::HTTP_10, ..line(StatusCode::CONTINUE) }, &[], BodyLength::None, Err(InterimInHttp10)),
        // Sections 15.2.2 and 15.5.22: both MUST have Upgrade, and it names a protocol.
        (line(StatusCode::SWITCHING_PROTOCOLS), &[], BodyLength::None, Err(MissingUpgrade)),
        (line(StatusCode::SWITCHING_PROTOCOLS), &[("Upgrade", ","), ("Connection", "upgrade")], BodyLength::None, Err(MissingUpgrade)),
        (line(StatusCode::UPGRADE_REQUIRED), &[("Connection", "upgrade")], BodyLength::Length(0), Err(MissingUpgrade)),
        (line(StatusCode::SWITCHING_PROTOCOLS), &[("Upgrade", "x"), ("Connection", "upgrade")], BodyLength::None, Ok("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n")),
        (line(StatusCode::UPGRADE_REQUIRED), &[("Connection", "upgrade"), ("Upgrade", "x")], BodyLength::Length(0), Ok("HTTP/1.1 426 Upgrade Required\r\nConnection: upgrade\r\nUpgrade: x\r\nContent-Length: 0\r\n\r\n")),
        // Section 7.6.1: no connection option with the name of a field that is for all recipients.
        (ok, &[("Connection", "close, set-cookie")], BodyLength::Length(0), Err(EndToEndConnectionOption { index: 0 })),
        (StatusLine { version: Version::HTTP_10, ..ok }, &[], BodyLength::Chunked, Err(ChunkedInHttp10)),
        (StatusLine { version: Version::from_minor(9), ..ok }, &[], BodyLength::None, Err(InvalidVersion)),
        (StatusLine { status: StatusCode(99), ..ok }, &[], BodyLength::None, Err(InvalidStatus)),
        (StatusLine { status: StatusCode(1000), ..ok }, &[], BodyLength::None, Err(InvalidStatus)),
        (StatusLine { reason: b"a\r\nSet-Cookie: b", ..ok }, &[], BodyLength::None, Err(InvalidReason)),
        (line(StatusCode::UPGRADE_REQUIRED), &[("Upgrade", "x")], BodyLength::Length(0), Err(MissingConnectionOption { index: 0 })),
        (StatusLine { reason: b"a\0", ..ok }, &[], BodyLength::None, Err(InvalidReason)),
    ];
    for &(line, fields, body, expected) in rows {
        let found = response(line, fields, body);
        assert_eq!(
            found.as_deref(),
            expected.as_ref().copied(),
            "{line:?} {fields:?}"
        );
    }
}

#[test]
fn numbers_are_written_in_full() {
    for number in [0, 1, 9, 10, 99, 100, 12345, u64::MAX - 1, u64::MAX] {
        assert_eq!(
            Decimal::new(number).as_bytes(),
            std::format!("{number}").as_bytes()
        );
    }
    assert_eq!(digits(StatusCode(0)), b"000");
    assert_eq!(digits(StatusCode(987)), b"987");
}
