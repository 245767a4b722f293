mod options;
mod plain;

use std::format;
use std::string::String;

use super::*;
use crate::FieldTable;

fn request(head: &str, quirks: Quirks) -> Result<Framing, Error> {
    let mut fields = FieldTable::new();
    let parsed = RequestHead::parse(head.as_bytes(), &mut fields);
    let Ok(Some((head, _))) = parsed else {
        panic!("{head:?}: {parsed:?}")
    };
    head.framing(quirks)
}

fn response(head: &str, method: Method<'_>, quirks: Quirks) -> Result<Framing, Error> {
    let mut fields = FieldTable::new();
    let parsed = ResponseHead::parse(head.as_bytes(), &mut fields);
    let Ok(Some((head, _))) = parsed else {
        panic!("{head:?}: {parsed:?}")
    };
    head.framing(method, quirks)
}

/// A request with these field lines.
fn post(fields: &str) -> String {
    format!("POST / HTTP/1.1\r\nHost: a\r\n{fields}\r\n")
}

#[test]
fn a_request_body_ends_as_section_6_3_says() {
    use BodyLength::*;
    #[rustfmt::skip]
    let rows = [
        // RFC 9112 section 6.3, rule 7: "If this is a request message and none of the above are true, then the message
        // body length is zero (no message body is present)."
        ("", None),
        // Rule 6.
        ("Content-Length: 0\r\n", Length(0)),
        ("content-length:\t0042 \r\n", Length(42)),
        ("Content-Length: 18446744073709551615\r\n", Length(u64::MAX)),
        // Rule 4: "chunked" is case-insensitive (RFC 9112 section 7).
        ("Transfer-Encoding: chunked\r\n", Chunked),
        ("transfer-encoding:\t CHUNKED \r\n", Chunked),
        // Names of the same lengths.
        ("Date: x\r\nAccept-Charset: 9\r\nIf-Modified-Since: chunked\r\n", None),
        // A name is not another one because two of its letters differ alike.
        ("Hnrt: b\r\nContemu-Length: 9\r\n", None),
        ("Expect: x\r\nContent-Lengti: x\r\nTransfer-Encodinh: chunked\r\n", None),
    ];
    for (fields, body) in rows {
        assert_eq!(
            request(&post(fields), Quirks::NONE).map(|framing| framing.body()),
            Ok(body),
            "{fields:?}"
        );
    }
}

#[test]
fn a_request_that_could_be_read_two_ways_is_refused() {
    use ErrorKind::*;
    let start = post("").len() - 2;
    #[rustfmt::skip]
    let rows = [
        // RFC 9112 section 6.3, rule 3.
        ("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", ContentLengthWithTransferEncoding, 19),
        ("Transfer-Encoding: chunked\r\nContent-Length: 1\r\n", ContentLengthWithTransferEncoding, 28),
        // Rule 4: "If ... the chunked transfer coding is not the final encoding, the message body length cannot be
        // determined reliably; the server MUST respond with the 400 (Bad Request) status code".
        ("Transfer-Encoding: chunked, gzip\r\n", ChunkedNotLast, 28),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n", ChunkedNotLast, 47),
        ("Transfer-Encoding: chunked, gzip, chunked\r\n", ChunkedNotLast, 28),
        // RFC 9110 section 5.6.1: "a sender MUST NOT generate empty list elements", and peers disagree about these.
        ("Transfer-Encoding: \r\n", EmptyListElement, 19),
        ("Transfer-Encoding: ,chunked\r\n", EmptyListElement, 19),
        ("Transfer-Encoding: chunked ,\r\n", EmptyListElement, 28),
        ("Transfer-Encoding: chunked, , chunked\r\n", EmptyListElement, 28),
        ("Transfer-Encoding:\r\nTransfer-Encoding: chunked\r\n", EmptyListElement, 18),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding:\r\n", EmptyListElement, 46),
        // Section 6.1.
        ("Transfer-Encoding: gzip, chunked\r\n", UnknownTransferCoding, 19),
        ("Transfer-Encoding: xchunked, chunked\r\n", UnknownTransferCoding, 19),
        ("Transfer-Encoding: gzip\r\nTransfer-Encoding: Chunked,\r\n", UnknownTransferCoding, 19),
        // Neither understood nor final: section 6.3 has a MUST about it, section 6.1 a SHOULD.
        ("Transfer-Encoding: identity\r\n", ChunkedNotLast, 19),
        ("Transfer-Encoding: gzip, identity,\r\n", ChunkedNotLast, 19),
        ("Transfer-Encoding: gzip\r\nTransfer-Encoding: ,\r\n", ChunkedNotLast, 19),
        ("Transfer-Encoding: xchunked\r\n", ChunkedNotLast, 19),
        ("Transfer-Encoding: chunked;a=b\r\n", ChunkedNotLast, 19),
        ("Transfer-Encoding: \"chunked\"\r\n", ChunkedNotLast, 19),
        ("Transfer-Encoding: chunked, chunked\r\n", RepeatedChunked, 28),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", RepeatedChunked, 47),
        // Rule 5 and RFC 9110 section 8.6: "Content-Length = 1*DIGIT".
        ("Content-Length:\r\n", InvalidContentLength, 15),
        ("Content-Length: +1\r\n", InvalidContentLength, 16),
        ("Content-Length: -1\r\n", InvalidContentLength, 16),
        ("Content-Length: 0x1\r\n", InvalidContentLength, 17),
        ("Content-Length: 1 2\r\n", InvalidContentLength, 17),
        ("Content-Length: 1_0\r\n", InvalidContentLength, 17),
        ("Content-Length: 18446744073709551616\r\n", ContentLengthOverflow, 16),
        ("Content-Length: 1, 1\r\n", RepeatedContentLength, 17),
        ("Content-Length: 1\r\nContent-Length: 1\r\n", RepeatedContentLength, 19),
        ("Content-Length: 1\r\ncontent-length: 2\r\n", RepeatedContentLength, 19),
    ];
    for (fields, kind, offset) in rows {
        let error = Error::new(kind, start + offset);
        assert_eq!(
            request(&post(fields), Quirks::NONE),
            Err(error),
            "{fields:?}"
        );
    }
}

// RFC 9110 section 9.3.6: "A CONNECT request message does not have content."
#[test]
fn connect_has_no_content() {
    let start = "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n".len();
    for (fields, body, offset) in [
        ("", BodyLength::None, None),
        // Nothing that another reader could take for the tunnel's.
        ("Content-Length: 0\r\n", BodyLength::Length(0), None),
        (
            "A: b\r\nContent-Length: 1\r\n",
            BodyLength::Length(1),
            Some(6),
        ),
        (
            "Transfer-Encoding: chunked\r\n",
            BodyLength::Chunked,
            Some(0),
        ),
    ] {
        let head = format!("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n{fields}\r\n");
        let refused = offset.map(|offset| Error::new(ErrorKind::ContentInConnect, start + offset));
        let framing = request(&head, Quirks::NONE);
        assert_eq!(framing.err(), refused, "{fields}");
        let framing = request(&head, Quirks::CONTENT_IN_CONNECT).unwrap();
        assert_eq!(framing.body(), body, "{fields}");
    }
}

#[test]
fn http10_has_no_transfer_encoding() {
    // RFC 9112 section 6.1: "A server or client that receives an HTTP/1.0 message containing a Transfer-Encoding header
    // field MUST treat the message as if the framing is faulty".
    let head = "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n";
    let error = Error::new(ErrorKind::TransferEncodingInHttp10, 17);
    assert_eq!(request(head, Quirks::NONE), Err(error));
    let framing = request(head, Quirks::TRANSFER_ENCODING_IN_HTTP10).unwrap();
    assert_eq!(
        (framing.body(), framing.keep_alive()),
        (BodyLength::Chunked, false)
    );
    let head = "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    assert_eq!(response(head, Method::GET, Quirks::NONE), Err(error));
}

#[test]
fn a_target_has_a_form_of_its_method() {
    use ErrorKind::*;
    // RFC 9112 section 3.2.3: "The authority-form of request-target is only used for CONNECT requests"; section 3.2.4:
    // "The asterisk-form of request-target is only used for a server-wide OPTIONS request".
    #[rustfmt::skip]
    let rows = [
        ("GET /", Ok(())),
        ("GET http://a/", Ok(())),
        ("OPTIONS *", Ok(())),
        ("CONNECT a:80", Ok(())),
        ("GET *", Err((TargetFormMismatch, 4))),
        ("GET a:80", Err((TargetFormMismatch, 4))),
        ("GET a", Err((InvalidTargetForm, 4))),
        ("CONNECT /", Err((TargetFormMismatch, 8))),
        ("CONNECT a", Err((InvalidPort, 9))),
    ];
    for (start, expected) in rows {
        let found = request(
            &format!("{start} HTTP/1.1\r\nHost: a\r\n\r\n"),
            Quirks::NONE,
        );
        assert_eq!(
            found.map(|_| ()),
            expected.map_err(|(kind, offset)| Error::new(kind, offset)),
            "{start:?}"
        );
    }
}

#[test]
fn the_ways_have_words() {
    use BodyLength::*;
    #[rustfmt::skip]
    let rows = [(None, "none"), (Length(5), "length"), (Chunked, "chunked"), (UntilClose, "until_close")];
    for (body, word) in rows {
        assert_eq!(body.as_str(), word);
    }
}

#[test]
fn a_response_body_ends_as_section_6_3_says() {
    use BodyLength::*;
    let length = "Content-Length: 5\r\n";
    let chunked = "Transfer-Encoding: chunked\r\n";
    let both = "Content-Length: 5\r\nTransfer-Encoding: chunked\r\nContent-Length: x\r\n";
    #[rustfmt::skip]
    let rows = [
        // Rule 1: HEAD, 1xx, 204 and 304 "regardless of the header fields present".
        (Method::HEAD, 200, length, None, Some(5)),
        (Method::HEAD, 200, chunked, None, Option::None),
        (Method::HEAD, 200, both, None, Option::None),
        (Method::GET, 100, "", None, Option::None),
        (Method::GET, 103, length, None, Some(5)),
        (Method::GET, 204, chunked, None, Option::None),
        (Method::GET, 304, length, None, Some(5)),
        (Method::GET, 304, "Accept-Charset: 5\r\nContent-Lengti: 6\r\n", None, Option::None),
        // Rule 2: "A client MUST ignore any Content-Length or Transfer-Encoding header fields received in such a message."
        (Method::CONNECT, 200, length, None, Option::None),
        (Method::CONNECT, 299, both, None, Option::None),
        (Method::CONNECT, 407, length, Length(5), Some(5)),
        // Rules 4, 6 and 8.
        (Method::GET, 200, chunked, Chunked, Option::None),
        (Method::GET, 200, length, Length(5), Some(5)),
        (Method::GET, 200, "", UntilClose, Option::None),
        (Method::GET, 205, "", UntilClose, Option::None),
        (Method::GET, 600, length, Length(5), Some(5)),
    ];
    for (method, status, fields, body, content_length) in rows {
        let head = format!("HTTP/1.1 {status} x\r\n{fields}\r\n");
        let framing = response(&head, method, Quirks::NONE).unwrap();
        assert_eq!(
            (framing.body(), framing.content_length()),
            (body, content_length),
            "{method} {head:?}"
        );
    }
    let gzip = "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n";
    let unknown = Error::new(ErrorKind::UnknownTransferCoding, 36);
    assert_eq!(response(gzip, Method::GET, Quirks::NONE), Err(unknown));
    let framing = response(gzip, Method::GET, Quirks::OTHER_TRANSFER_CODINGS).unwrap();
    assert_eq!((framing.body(), framing.keep_alive()), (UntilClose, false));
    // Section 6.1: a Transfer-Encoding without a coding is no list of one.
    let empty = "HTTP/1.1 200 OK\r\nTransfer-Encoding: ,\r\n\r\n";
    for (quirks, kind) in [
        (Quirks::NONE, ErrorKind::EmptyListElement),
        (Quirks::EMPTY_TRANSFER_CODINGS, ErrorKind::ChunkedNotLast),
    ] {
        let none = Error::new(kind, 36);
        assert_eq!(response(empty, Method::GET, quirks), Err(none));
    }
    // Section 6.1: chunked is the final coding, or there is none.
    let inside = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\n\r\n";
    let not_last = Err(Error::new(ErrorKind::ChunkedNotLast, 45));
    for quirks in [Quirks::NONE, Quirks::OTHER_TRANSFER_CODINGS] {
        assert_eq!(response(inside, Method::GET, quirks), not_last);
    }
}

#[test]
fn quirks_of_framing_allow_one_thing_each() {
    use BodyLength::*;
    #[rustfmt::skip]
    let rows = [
        (Quirks::REPEATED_CONTENT_LENGTH, "Content-Length: 5\r\nContent-Length: 5 , 05\r\n", Ok((Length(5), true))),
        (Quirks::REPEATED_CONTENT_LENGTH, "Content-Length: 5\r\nContent-Length: 6\r\n", Err((ErrorKind::RepeatedContentLength, 35))),
        (Quirks::REPEATED_CONTENT_LENGTH, "Content-Length: 5, 5 , 6\r\n", Err((ErrorKind::RepeatedContentLength, 23))),
        (Quirks::REPEATED_CONTENT_LENGTH, "Content-Length: 5,\r\n", Err((ErrorKind::InvalidContentLength, 18))),
        (Quirks::REPEATED_CONTENT_LENGTH, "Content-Length: 5, x\r\n", Err((ErrorKind::InvalidContentLength, 19))),
        (Quirks::CONTENT_LENGTH_WITH_TRANSFER_ENCODING, "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", Ok((Chunked, false))),
        (Quirks::OTHER_TRANSFER_CODINGS, "Transfer-Encoding: gzip;q=1, chunked\r\n", Ok((Chunked, true))),
        (Quirks::OTHER_TRANSFER_CODINGS, "Transfer-Encoding: gzip\r\n", Err((ErrorKind::ChunkedNotLast, 19))),
        (Quirks::OTHER_TRANSFER_CODINGS, "Transfer-Encoding: x;q=\",chunked\r\n", Err((ErrorKind::UnknownTransferCoding, 19))),
        (Quirks::OTHER_TRANSFER_CODINGS, "Transfer-Encoding: chunked, gzip\r\n", Err((ErrorKind::ChunkedNotLast, 28))),
    ];
    let start = post("").len() - 2;
    for (quirk, fields, expected) in rows {
        let found =
            request(&post(fields), quirk).map(|framing| (framing.body(), framing.keep_alive()));
        let expected = expected.map_err(|(kind, offset)| Error::new(kind, start + offset));
        assert_eq!(found, expected, "{fields:?}");
    }
}

// RFC 9112 section 5.2: a recipient that takes an obs-fold must "replace each received obs-fold with one or more SP octets
// prior to interpreting the field value".
#[test]
fn a_fold_is_a_space_in_what_frames_a_message() {
    use BodyLength::*;
    let config = crate::Config::DEFAULT.quirks(Quirks::OBS_FOLD);
    #[rustfmt::skip]
    let rows = [
        // The body; keep-alive, upgrade, 100-continue.
        ("Connection: x,\r\n close\r\n",                              Ok((None,      [false, false, false]))),
        ("Connection: close\r\n\t, x\r\n",                            Ok((None,      [false, false, false]))),
        ("Connection: clo\r\n se\r\n",                                Ok((None,      [true,  false, false]))),
        ("Connection: x,\r\n upgrade\r\nUpgrade: ,\r\n a\r\n",       Ok((None,      [true,  true,  false]))),
        ("Connection: upgrade\r\nUpgrade: ,\r\n ,\r\n",              Ok((None,      [true,  false, false]))),
        ("Expect: x,\r\n 100-continue\r\n",                           Ok((None,      [true,  false, true]))),
        ("Content-Length:\r\n 5\r\n",                                 Ok((Length(5), [true,  false, false]))),
        ("Transfer-Encoding:\r\n chunked\r\n \r\n",                 Ok((Chunked,   [true,  false, false]))),
        ("Content-Length: 5\r\n 5\r\n",                               Err((ErrorKind::InvalidContentLength, 17))),
        ("Transfer-Encoding: chunked,\r\n chunked\r\n",               Err((ErrorKind::RepeatedChunked, 30))),
        ("Transfer-Encoding: chun\r\n ked\r\n",                       Err((ErrorKind::ChunkedNotLast, 19))),
    ];
    let start = post("").len() - 2;
    for (fields, expected) in rows {
        let (wire, mut table) = (post(fields), FieldTable::new());
        let parsed = RequestHead::parse_with(wire.as_bytes(), &mut table, &config);
        let (head, _) = parsed.unwrap().unwrap();
        let found = head.framing(config.quirks).map(|it| {
            let facts = [it.keep_alive(), it.upgrade(), it.expect_continue()];
            (it.body(), facts)
        });
        let expected = expected.map_err(|(kind, offset)| Error::new(kind, start + offset));
        assert_eq!(found, expected, "{fields:?}");
    }
}
