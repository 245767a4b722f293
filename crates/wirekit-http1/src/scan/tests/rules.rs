//! What is taken and what is refused, a row a rule (RFC 9112 sections 2 to 5).

use super::*;

#[test]
fn sound_heads_are_taken() {
    #[rustfmt::skip]
    let rows: &[(Section, &str)] = &[
        // RFC 9112 section 2.2: one empty line before a request is ignored.
        (Section::Request, "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        // Section 9.2: between responses there may be "one or more CRLF (which can be discarded per Section 2.2)".
        (Section::Response, "\r\nHTTP/1.1 200 OK\r\nA: b\r\n\r\n"),
        (Section::Response, "\r\n\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"),
        // Section 3: any method, any visible target.
        (Section::Request, "M-SEARCH * HTTP/1.1\r\n\r\n"),
        // RFC 3986 sections 3.3 and 3.4, and what browsers leave as it is in a path and in a query.
        (Section::Request, "get /-._~!$&'()*+,;=:@/%20%zz%[]|^ HTTP/1.0\r\n\r\n"),
        (Section::Request, "get /?-._~!$&'()*+,;=:@/?%20%zz%[]|^\\`{} HTTP/1.0\r\n\r\n"),
        (Section::Request, "GET http://a?{} HTTP/1.0\r\n\r\n"),
        // RFC 9110 section 2.5: a higher minor version is read as the highest known.
        (Section::Request, "GET / HTTP/1.9\r\n\r\n"),
        // RFC 9110 section 5.5: tabs, spaces and obs-text in a value; whitespace around it; an empty value.
        (Section::Request, "GET / HTTP/1.1\r\nA: b\tc  d\u{80}\u{ff}\r\nB:\t \r\nC:\r\nD:e\r\nE: \t f\t \r\n\r\n"),
        // Section 5.1: every token character in a name.
        (Section::Request, "GET / HTTP/1.1\r\n!#$%&'*+-.^_`|~09azAZ: x\r\n\r\n"),
        // RFC 9112 section 4: an empty reason, with its space and without; obs-text in a reason.
        (Section::Response, "HTTP/1.1 200 \r\n\r\n"),
        (Section::Response, "HTTP/1.1 200\r\n\r\n"),
        (Section::Response, "HTTP/1.1 200\r\nA: b\r\n\r\n"),
        (Section::Response, "HTTP/1.1 999 x\r\n\r\n"),
        (Section::Response, "HTTP/1.0 100 caf\u{e9}\tau lait\r\nA: b\r\n\r\n"),
        // Section 7.1.2: a trailer section may be empty.
        (Section::Trailers, "\r\n"),
        (Section::Trailers, "A: b\r\nC: d\r\n\r\n"),
    ];
    for &(section, input) in rows {
        let found = scan_every_way(section, &Config::DEFAULT, input.as_bytes());
        assert_eq!(found.verdict, Ok(Some(input.len())), "{input:?}");
    }
}

#[test]
fn broken_heads_are_refused() {
    use ErrorKind::*;
    let get = "GET / HTTP/1.1\r\n";
    #[rustfmt::skip]
    let rows: &[(Section, &str, ErrorKind, usize)] = &[
        // RFC 9112 section 2.2: line ends.
        (Section::Request, "\r\n\r\nGET / HTTP/1.1\r\n\r\n", LeadingEmptyLine, 2),
        (Section::Request, "\nGET / HTTP/1.1\r\n\r\n", BareLf, 0),
        (Section::Request, "\rGET / HTTP/1.1\r\n\r\n", BareCr, 0),
        (Section::Request, "GET / HTTP/1.1\n\n", BareLf, 14),
        (Section::Request, "GET / HTTP/1.1\rHost: a\r\n\r\n", BareCr, 14),
        (Section::Request, &format!("{get}A: b\nC: d\r\n\r\n"), BareLf, 20),
        (Section::Request, &format!("{get}A: b\rC: d\r\n\r\n"), BareCr, 20),
        (Section::Request, &format!("{get}A: b\r\n\n"), BareLf, 22),
        (Section::Request, &format!("{get}A: b\r\n\rx"), BareCr, 22),
        (Section::Response, "HTTP/1.1 200 OK\n\n", BareLf, 15),
        (Section::Response, "HTTP/1.1 200 O\rK\r\n\r\n", BareCr, 14),
        // Section 2.2: "A recipient that receives whitespace between the start-line and the first header field MUST
        // either reject the message as invalid or ..."
        (Section::Request, &format!("{get} A: b\r\n\r\n"), LeadingWhitespace, 16),
        (Section::Response, "HTTP/1.1 200 OK\r\n\tA: b\r\n\r\n", LeadingWhitespace, 17),
        // Section 3: the request line.
        (Section::Request, " GET / HTTP/1.1\r\n\r\n", InvalidMethod, 0),
        (Section::Request, "G(T / HTTP/1.1\r\n\r\n", InvalidMethod, 1),
        (Section::Request, "GET\t/ HTTP/1.1\r\n\r\n", InvalidMethod, 3),
        (Section::Request, "GET\r\n\r\n", InvalidMethod, 3),
        (Section::Request, "\x16\x03\x01\x02", InvalidMethod, 0),
        (Section::Request, "GET  / HTTP/1.1\r\n\r\n", EmptyTarget, 4),
        (Section::Request, "GET \r\n\r\n", EmptyTarget, 4),
        (Section::Request, "GET /\r\n\r\n", MissingVersion, 5),
        (Section::Request, "GET /\n", MissingVersion, 5),
        // Section 3.2: "No whitespace is allowed in the request-target", no fragment, no control, no obs-text.
        (Section::Request, "GET /a\tb HTTP/1.1\r\n\r\n", InvalidTarget, 6),
        (Section::Request, "GET /a#b HTTP/1.1\r\n\r\n", InvalidTarget, 6),
        (Section::Request, "GET /a\0 HTTP/1.1\r\n\r\n", InvalidTarget, 6),
        (Section::Request, "GET /a\x7f HTTP/1.1\r\n\r\n", InvalidTarget, 6),
        (Section::Request, "GET /\u{e9} HTTP/1.1\r\n\r\n", InvalidTarget, 5),
        // RFC 3986 section 3.3 has none of these, and no browser sends them in a path.
        (Section::Request, "GET /a\" HTTP/1.1\r\n\r\n", InvalidTarget, 6),
        (Section::Request, "GET /a<b> HTTP/1.1\r\n\r\n", InvalidTarget, 6),
        (Section::Request, "GET /a> HTTP/1.1\r\n\r\n", InvalidTarget, 6),
        (Section::Request, "GET /a\\ HTTP/1.1\r\n\r\n", InvalidTarget, 6),
        (Section::Request, "GET /a` HTTP/1.1\r\n\r\n", InvalidTarget, 6),
        (Section::Request, "GET /a{ HTTP/1.1\r\n\r\n", InvalidTarget, 6),
        (Section::Request, "GET /a} HTTP/1.1\r\n\r\n", InvalidTarget, 6),
        // Section 3.4: nor these in a query.
        (Section::Request, "GET /?{}\" HTTP/1.1\r\n\r\n", InvalidTarget, 8),
        (Section::Request, "GET /??< HTTP/1.1\r\n\r\n", InvalidTarget, 7),
        (Section::Request, "GET /?a> HTTP/1.1\r\n\r\n", InvalidTarget, 7),
        (Section::Request, "GET /?a#b HTTP/1.1\r\n\r\n", InvalidTarget, 7),
        (Section::Request, "GET /?\u{e9} HTTP/1.1\r\n\r\n", InvalidTarget, 6),
        (Section::Request, "GET /a b HTTP/1.1\r\n\r\n", InvalidVersion, 7),
        // Section 2.3: the version.
        (Section::Request, "GET / http/1.1\r\n\r\n", InvalidVersion, 6),
        (Section::Request, "GET /  HTTP/1.1\r\n\r\n", InvalidVersion, 6),
        (Section::Request, "GET / HTTP/1\r\n\r\n", InvalidVersion, 12),
        (Section::Request, "GET / HTTP/11.1\r\n\r\n", InvalidVersion, 12),
        (Section::Request, "GET / HTTP/1.x\r\n\r\n", InvalidVersion, 13),
        (Section::Request, "GET / HTTP/1.10\r\n\r\n", InvalidVersion, 14),
        (Section::Request, "GET / HTTP/1.1 \r\n\r\n", InvalidVersion, 14),
        (Section::Request, "GET / HTTP/x.1\r\n\r\n", InvalidVersion, 11),
        (Section::Request, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", UnsupportedVersion, 11),
        (Section::Request, "GET / HTTP/0.9\r\n\r\n", UnsupportedVersion, 11),
        (Section::Response, "HTTP/3.0 200 OK\r\n\r\n", UnsupportedVersion, 5),
        (Section::Response, "HTTP/1.1\t200 OK\r\n\r\n", InvalidVersion, 8),
        (Section::Response, "ICY 200 OK\r\n\r\n", InvalidVersion, 0),
        (Section::Response, "\nHTTP/1.1 200 OK\r\n\r\n", BareLf, 0),
        (Section::Response, "\r\n\rHTTP/1.1 200 OK\r\n\r\n", BareCr, 2),
        (Section::Response, "\r\n HTTP/1.1 200 OK\r\n\r\n", InvalidVersion, 2),
        // Section 4: the status line.
        (Section::Response, "HTTP/1.1  200 OK\r\n\r\n", InvalidStatus, 9),
        (Section::Response, "HTTP/1.1 20 OK\r\n\r\n", InvalidStatus, 11),
        (Section::Response, "HTTP/1.1 2000 OK\r\n\r\n", InvalidStatus, 12),
        // RFC 9110 section 15: from 100 on; no more can be sent.
        (Section::Response, "HTTP/1.1 099 OK\r\n\r\n", InvalidStatus, 9),
        (Section::Response, "HTTP/1.1 000\r\n\r\n", InvalidStatus, 9),
        (Section::Response, "HTTP/1.1 +20 OK\r\n\r\n", InvalidStatus, 9),
        (Section::Response, "HTTP/1.1 200\tOK\r\n\r\n", InvalidStatus, 12),
        (Section::Response, "HTTP/1.1 200\n\r\n", BareLf, 12),
        (Section::Response, "HTTP/1.1 200\rOK\r\n\r\n", BareCr, 12),
        (Section::Response, "HTTP/1.1 200OK\r\n\r\n", InvalidStatus, 12),
        (Section::Response, "HTTP/1.1 200 O\0K\r\n\r\n", InvalidReason, 14),
        (Section::Response, "HTTP/1.1 200 O\x7fK\r\n\r\n", InvalidReason, 14),
        // Section 5: field lines.
        (Section::Request, &format!("{get}: b\r\n\r\n"), EmptyFieldName, 16),
        (Section::Request, &format!("{get}A\u{e9}: b\r\n\r\n"), InvalidFieldName, 17),
        (Section::Request, &format!("{get}(A): b\r\n\r\n"), InvalidFieldName, 16),
        (Section::Request, &format!("{get}A\0: b\r\n\r\n"), InvalidFieldName, 17),
        (Section::Request, &format!("{get}A\r\n\r\n"), MissingColon, 17),
        // Section 5.1: "No whitespace is allowed between the field name and colon."
        (Section::Request, &format!("{get}A : b\r\n\r\n"), SpaceBeforeColon, 17),
        (Section::Response, "HTTP/1.1 200 OK\r\nA\t: b\r\n\r\n", SpaceBeforeColon, 18),
        // RFC 9110 section 5.5: "Field values containing CR, LF, or NUL characters are invalid and dangerous."
        (Section::Request, &format!("{get}A: b\0c\r\n\r\n"), InvalidFieldValue, 20),
        (Section::Request, &format!("{get}A: b\x01c\r\n\r\n"), InvalidFieldValue, 20),
        (Section::Request, &format!("{get}A: b\x0bc\r\n\r\n"), InvalidFieldValue, 20),
        (Section::Request, &format!("{get}A: b\x7fc\r\n\r\n"), InvalidFieldValue, 20),
        // RFC 9112 section 5.2: "A sender MUST NOT generate a message that includes line folding."
        (Section::Request, &format!("{get}A: b\r\n c\r\n\r\n"), ObsFold, 22),
        (Section::Response, "HTTP/1.1 200 OK\r\nA: b\r\n\tc\r\n\r\n", ObsFold, 23),
        (Section::Trailers, "A: b\r\n c\r\n\r\n", ObsFold, 6),
        (Section::Trailers, " A: b\r\n\r\n", LeadingWhitespace, 0),
        // The table of this test has eight places.
        (Section::Request, &format!("{get}{}\r\n", "A: b\r\n".repeat(9)), TooManyFields { max: 8 }, 64),
    ];
    for &(section, input, kind, offset) in rows {
        let input: Vec<u8> = latin1(input);
        let found = scan_every_way(section, &Config::DEFAULT, &input);
        assert_eq!(
            found.verdict,
            Err(Error::new(kind, offset)),
            "{}",
            input.escape_ascii()
        );
    }
}

#[test]
fn limits_are_exact() {
    use crate::Limits;
    let head = b"GET /abc HTTP/1.1\r\nA: b\r\nC: d\r\n\r\n";
    let with = |limits: Limits| Config::DEFAULT.limits(limits);
    #[rustfmt::skip]
    let rows = [
        (with(Limits::DEFAULT.max_head_len(head.len())), Ok(Some(head.len()))),
        (with(Limits::DEFAULT.max_head_len(head.len() - 1)), Err(Error::new(ErrorKind::HeadTooLong { max: 32 }, 32))),
        (with(Limits::DEFAULT.max_head_len(0)), Err(Error::new(ErrorKind::HeadTooLong { max: 0 }, 0))),
        (with(Limits::DEFAULT.max_fields(2)), Ok(Some(head.len()))),
        (with(Limits::DEFAULT.max_fields(1)), Err(Error::new(ErrorKind::TooManyFields { max: 1 }, 25))),
        (with(Limits::DEFAULT.max_fields(0)), Err(Error::new(ErrorKind::TooManyFields { max: 0 }, 19))),
        (with(Limits::DEFAULT.max_target_len(4)), Ok(Some(head.len()))),
        (with(Limits::DEFAULT.max_target_len(3)), Err(Error::new(ErrorKind::TargetTooLong { max: 3 }, 7))),
        (with(Limits::DEFAULT.max_target_len(0)), Err(Error::new(ErrorKind::TargetTooLong { max: 0 }, 4))),
    ];
    for (config, verdict) in rows {
        assert_eq!(
            scan_every_way(Section::Request, &config, head).verdict,
            verdict,
            "{config:?}"
        );
    }
    // A limit that is reached inside a part is reported before the part ends.
    #[rustfmt::skip]
    let rows = [
        (&head[..7], with(Limits::DEFAULT.max_target_len(3)), Ok(None)),
        (&head[..8], with(Limits::DEFAULT.max_target_len(3)), Err(Error::new(ErrorKind::TargetTooLong { max: 3 }, 7))),
        (&head[..22], with(Limits::DEFAULT.max_head_len(23)), Ok(None)),
        (&head[..23], with(Limits::DEFAULT.max_head_len(23)), Err(Error::new(ErrorKind::HeadTooLong { max: 23 }, 23))),
        (b"GET / HTTP/1.1\r\nA: bbbbbbbbbbbbb", with(Limits::DEFAULT.max_head_len(31)), Err(Error::new(ErrorKind::HeadTooLong { max: 31 }, 31))),
    ];
    for (part, config, verdict) in rows {
        let found = scan_every_way(Section::Request, &config, part);
        assert_eq!(found.verdict, verdict, "{config:?}");
    }
    let config = with(Limits::DEFAULT.max_trailers_len(7));
    let long = Err(Error::new(ErrorKind::TrailersTooLong { max: 7 }, 7));
    assert_eq!(
        scan_every_way(Section::Trailers, &config, b"A: b\r\n\r\n").verdict,
        long
    );
    assert_eq!(
        scan_every_way(Section::Trailers, &config, b"A: \r\n\r\n").verdict,
        Ok(Some(7))
    );
}

#[test]
fn a_quirk_allows_one_thing() {
    type Row = (
        Section,
        Quirks,
        &'static str,
        &'static [(&'static str, &'static str)],
    );
    #[rustfmt::skip]
    let rows: &[Row] = &[
        (Section::Request, Quirks::BARE_LF, "\nGET / HTTP/1.1\nA: b\nC: d\r\n\n", &[("A", "b"), ("C", "d")]),
        (Section::Request, Quirks::OBS_FOLD, "GET / HTTP/1.1\r\nA: b\r\n  c \r\n\td\r\n \r\nE:\r\n f\r\n\r\n",
            &[("A", "b\r\n  c \r\n\td"), ("E", "f")]),
        (Section::Request, Quirks::SPACE_BEFORE_COLON, "GET / HTTP/1.1\r\nA \t: b\r\nC: d\r\n\r\n", &[("A", "b"), ("C", "d")]),
        (Section::Request, Quirks::LEADING_EMPTY_LINES, "\r\n\r\n\r\nGET / HTTP/1.1\r\nA: b\r\n\r\n", &[("A", "b")]),
        (Section::Request, Quirks::EXTRA_SPACES, "GET   /  HTTP/1.1\r\nA: b\r\n\r\n", &[("A", "b")]),
        (Section::Request, Quirks::UNENCODED_TARGET, "GET /\"<>\\`{}?\"<> HTTP/1.1\r\nA: b\r\n\r\n", &[("A", "b")]),
    ];
    for &(section, quirk, input, fields) in rows {
        let strict = scan_every_way(section, &Config::DEFAULT, input.as_bytes());
        assert!(strict.verdict.is_err(), "{input:?}");
        let others = Quirks::NAMED
            .iter()
            .map(|&(_, other)| other)
            .filter(|&other| other != quirk);
        for other in others {
            let found = scan(
                None,
                section,
                &Config::DEFAULT.quirks(other),
                &[input.as_bytes()],
            );
            assert_eq!(found.verdict, strict.verdict, "{other:?} {input:?}");
        }
        let found = scan_every_way(section, &Config::DEFAULT.quirks(quirk), input.as_bytes());
        assert_eq!(found.verdict, Ok(Some(input.len())), "{input:?}");
        let texts: Vec<(String, String)> =
            crate::field::Fields::new(input.as_bytes(), &found.spans)
                .iter()
                .map(|field| (field.name_str().into(), field.value_str().unwrap().into()))
                .collect();
        let expected: Vec<(String, String)> =
            fields.iter().map(|&(n, v)| (n.into(), v.into())).collect();
        assert_eq!(texts, expected, "{input:?}");
    }
}

#[test]
fn quirks_still_reject_what_they_do_not_name() {
    #[rustfmt::skip]
    let rows: &[(Quirks, &str, ErrorKind, usize)] = &[
        (Quirks::SPACE_BEFORE_COLON, "A b: c\r\n\r\n", ErrorKind::InvalidFieldName, 2),
        (Quirks::SPACE_BEFORE_COLON, "A \r\n\r\n", ErrorKind::MissingColon, 2),
        (Quirks::SPACE_BEFORE_COLON, " : c\r\n\r\n", ErrorKind::LeadingWhitespace, 0),
        (Quirks::SPACE_BEFORE_COLON, "A: b\r\n: c\r\n\r\n", ErrorKind::EmptyFieldName, 6),
        (Quirks::OBS_FOLD, "A: b\r\n c\0\r\n\r\n", ErrorKind::InvalidFieldValue, 8),
        (Quirks::OBS_FOLD, " A: b\r\n\r\n", ErrorKind::LeadingWhitespace, 0),
        (Quirks::BARE_LF, "A: b\rc\n\n", ErrorKind::BareCr, 4),
    ];
    for &(quirk, input, kind, offset) in rows {
        let found = scan_every_way(
            Section::Trailers,
            &Config::DEFAULT.quirks(quirk),
            input.as_bytes(),
        );
        assert_eq!(found.verdict, Err(Error::new(kind, offset)), "{input:?}");
    }
}
