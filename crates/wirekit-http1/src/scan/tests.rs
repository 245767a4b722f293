use std::format;
use std::string::String;
use std::vec;
use std::vec::Vec;

use super::entry::{Section, advance, advance_with, takes_text, takes_text_with, whole};
use super::{Progress, StartLine};
use crate::arch::Backend;
use crate::field::Span;
use crate::{Config, Error, ErrorKind, Quirks};

/// What a scan found, by whatever way.
#[derive(Debug, PartialEq)]
struct Found {
    verdict: Result<Option<usize>, Error>,
    start: StartLine,
    spans: Vec<Span>,
}

fn scan(backend: Option<Backend>, section: Section, config: &Config, pieces: &[&[u8]]) -> Found {
    let mut spans = [Span::default(); 8];
    let mut progress = Progress::new();
    let mut found = Found {
        verdict: Ok(None),
        start: StartLine::default(),
        spans: Vec::new(),
    };
    for piece in pieces {
        if takes_text_with(backend, section, piece, config, &mut progress) {
            continue;
        }
        match advance_with(backend, section, piece, &mut spans, config, &mut progress) {
            Ok(None) => {}
            Ok(Some(scanned)) => {
                found.verdict = Ok(Some(scanned.used));
                found.start = scanned.line;
                found.spans = spans[..scanned.fields].to_vec();
                assert_eq!(progress, Progress::new());
                break;
            }
            Err(error) => {
                found.verdict = Err(error);
                break;
            }
        }
    }
    found
}

fn backends() -> Vec<Option<Backend>> {
    vec![Some(Backend::Fallback), Some(Backend::detect())]
}

/// Every way to scan `input` gives the same; it is returned.
fn scan_every_way(section: Section, config: &Config, input: &[u8]) -> Found {
    let whole = scan(None, section, config, &[input]);
    let prefixes: Vec<&[u8]> = (0..=input.len()).map(|len| &input[..len]).collect();
    for backend in backends().into_iter().chain([None]) {
        let name = format!("{backend:?} {}", input.escape_ascii());
        assert_eq!(
            scan(backend, section, config, &[input]),
            whole,
            "whole {name}"
        );
        assert_eq!(
            scan(backend, section, config, &prefixes),
            whole,
            "byte by byte {name}"
        );
        for step in [2, 3, 7, 64] {
            let mut pieces: Vec<&[u8]> = prefixes.iter().copied().step_by(step).collect();
            pieces.push(input);
            assert_eq!(
                scan(backend, section, config, &pieces),
                whole,
                "by {step} {name}"
            );
        }
        for prefix in &prefixes {
            let part = scan(backend, section, config, &[prefix]);
            assert_eq!(
                part,
                scan(None, section, config, &[prefix]),
                "prefix of {} {name}",
                prefix.len()
            );
            if part.verdict != Ok(None) {
                assert_eq!(part.verdict, whole.verdict, "final {name}");
            }
        }
    }
    if let Ok(Some(used)) = whole.verdict {
        let mut longer = input[..used].to_vec();
        longer.extend_from_slice(&[b'x'; 130]);
        for backend in backends() {
            assert_eq!(
                scan(backend, section, config, &[&longer]).verdict,
                Ok(Some(used)),
                "with a tail"
            );
        }
    }
    whole
}

#[test]
fn backends_agree_at_every_length_and_alignment() {
    for name_len in (1..40).chain([63, 64, 65]) {
        for value_len in (0..70).chain([126, 127, 128, 129, 191, 192, 300]) {
            let name = "n".repeat(name_len);
            let value = "v".repeat(value_len);
            let head =
                format!("GET / HTTP/1.1\r\nHost: a\r\n{name}: {value}\r\nB:\t{value} \r\n\r\n");
            let exact = scan(None, Section::Request, &Config::DEFAULT, &[head.as_bytes()]);
            assert_eq!(exact.verdict, Ok(Some(head.len())));
            for backend in backends() {
                let found = scan(
                    backend,
                    Section::Request,
                    &Config::DEFAULT,
                    &[head.as_bytes()],
                );
                assert_eq!(found, exact, "{backend:?} {head:?}");
            }
        }
    }
}

#[test]
fn backends_agree_where_a_block_of_windows_ends() {
    // Several runs of odd bytes a window, and after the head.
    let odd = "\u{e9}a\tb\u{e9}".repeat(12);
    for len in (900..1120).step_by(3).chain([2047, 2048, 2049]) {
        let values = [len - 200, len, 40].map(|len| "v".repeat(len));
        let [almost, whole, short] = &values;
        for lines in [
            format!("A: {almost}\r\nB: {odd}\r\nC: {short}\r\n"),
            format!("A: {whole}\r\nB: {odd}\r\nC: {short}\r\n"),
            format!("A: {almost}{odd}\r\nB:\r\nC:d \r\n{short}: \r\n"),
            format!("{almost}: {short}\r\nB: {odd}\r\nC: {whole}\r\n"),
        ] {
            let head = format!("GET / HTTP/1.1\r\n{lines}\r\n");
            let input = latin1(&format!("{head}\r\n\r\n{odd}\x01\r\n\r{odd}"));
            let head_len = latin1(&head).len();
            let lens = (head_len - 70..head_len + 5).chain([500, input.len()]);
            for len in lens {
                let pieces: [&[u8]; 1] = [&input[..len]];
                let exact = scan(None, Section::Request, &Config::DEFAULT, &pieces);
                for backend in backends() {
                    let found = scan(backend, Section::Request, &Config::DEFAULT, &pieces);
                    assert_eq!(found, exact, "{backend:?} {len} {head:?}");
                }
                let expected = if len < head_len { None } else { Some(head_len) };
                assert_eq!(exact.verdict, Ok(expected));
            }
        }
    }
}

#[test]
fn backends_agree_about_every_byte_at_every_place() {
    let request = b"GET /a?b HTTP/1.1\r\nHost: x\r\nAn-Unusually-Long-Field-Name-Of-40-Bytes-: \
        and a value that is longer than the window of a line, so that it is searched for on its own\r\nC:  d \r\n\r\n";
    let response =
        b"HTTP/1.1 200 OK\r\nServer: x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n";
    for (section, head) in [
        (Section::Request, request.as_slice()),
        (Section::Response, response),
    ] {
        let mut head = head.to_vec();
        for at in 0..head.len() {
            let byte = head[at];
            for other in 0..=u8::MAX {
                head[at] = other;
                let exact = scan(None, section, &Config::DEFAULT, &[&head]);
                for backend in backends() {
                    let found = scan(backend, section, &Config::DEFAULT, &[&head]);
                    assert_eq!(found, exact, "{backend:?} {}", head.escape_ascii());
                }
            }
            head[at] = byte;
        }
    }
}

#[test]
fn backends_agree_about_long_parts_that_are_not_whole_yet() {
    let long = "a".repeat(150);
    let tabs = "ab\t".repeat(1000);
    for (head, step) in [
        (format!("GET /{long} HTTP/1.1\r\nA: b\r\n\r\n"), 1),
        (format!("{long} / HTTP/1.1\r\nA: b\r\n\r\n"), 1),
        (format!("GET / HTTP/1.1\r\n{long}: {long}\r\n\r\n"), 1),
        (format!("GET / HTTP/1.1\r\nA: {tabs}b\r\n\r\n"), 61),
    ] {
        for len in (0..head.len()).step_by(step).chain([head.len()]) {
            let input = &head.as_bytes()[..len];
            let exact = scan(None, Section::Request, &Config::DEFAULT, &[input]);
            let expected = (len == head.len()).then_some(len);
            assert_eq!(exact.verdict, Ok(expected));
            for backend in backends() {
                let found = scan(backend, Section::Request, &Config::DEFAULT, &[input]);
                assert_eq!(found, exact, "{backend:?} {len} of {head:?}");
            }
        }
    }
}

#[test]
fn every_byte_of_a_long_method_is_looked_at() {
    // RFC 9112 section 3.1: "method = token". The target is as long as hides the byte from a window that is full.
    for len in 30..70 {
        for at in 0..len {
            let mut method = vec![b'A'; len];
            method[at] = 1;
            for target_len in [1, at + 1, (at + 63).saturating_sub(len)] {
                let target = "/".repeat(target_len.max(1));
                let rest = format!(" {target} HTTP/1.1\r\nA: b\r\n\r\n");
                let input = [&method, rest.as_bytes()].concat();
                for backend in backends().into_iter().chain([None]) {
                    let found = scan(backend, Section::Request, &Config::DEFAULT, &[&input]);
                    let expected = Err(Error::new(ErrorKind::InvalidMethod, at));
                    assert_eq!(found.verdict, expected, "{backend:?} {at} of {len}");
                }
            }
        }
    }
}

#[test]
fn a_few_bytes_that_go_on_are_taken_at_once() {
    const REQUEST: Section = Section::Request;
    // The long ones are as many as make it worth to ask a backend, and one fewer.
    #[rustfmt::skip]
    let rows = [
        (REQUEST, "GE", "T", true),
        (REQUEST, "GE", "T ", false),
        (REQUEST, "GET /a", "b", true),
        (REQUEST, "GET /a", "123456789012345", true),
        (REQUEST, "GET /a", "1234567890123456", false),
        (REQUEST, "GET /a", "#", false),
        (REQUEST, "GET / HTTP/1.1\r\nHo", "st", true),
        (REQUEST, "GET / HTTP/1.1\r\nHo", "st:", false),
        (REQUEST, "GET / HTTP/1.1\r\nHost: a", "b c", true),
        (REQUEST, "GET / HTTP/1.1\r\nHost: a", "b\r", false),
        (REQUEST, "GET / HTTP/1.1\r\nHost: a", "b c\t\u{e9} 1234567890", true),
        (REQUEST, "GET / HTTP/1.1\r\nHost: a", "123456789012345678\r", false),
        (REQUEST, "GET / HTTP/1.1\r\nHost: a", "123456789012345678\u{7f}", false),
        (REQUEST, "GET / HTTP/1.1\r\nHo", "123456789012345678", false),
        (Section::Response, "HTTP/1.1 200 O", "K", true),
        (Section::Response, "HTTP/1.1 200 O", "K\r\n", false),
        (Section::Trailers, "A: b", "c", true),
    ];
    for (section, start, more, is_taken) in rows {
        let config = &Config::DEFAULT;
        let mut progress = Progress::new();
        let input = format!("{start}{more}");
        let spans = &mut [Span::default()];
        let found = advance(section, start.as_bytes(), spans, config, &mut progress);
        assert!(matches!(found, Ok(None)), "{start:?}");
        assert_eq!(
            takes_text(section, input.as_bytes(), config, &mut progress),
            is_taken,
            "{start:?} {more:?}"
        );
    }
}

#[test]
fn bytes_outside_the_input_are_not_seen() {
    // The same head at every place of a buffer whose other bytes would end every part early.
    let head = b"GET / HTTP/1.1\r\nHost: example.org\r\nA: b\r\n\r\n";
    for before in 0..66 {
        let mut buffer = vec![b'\n'; before];
        buffer.extend_from_slice(head);
        buffer.resize(buffer.len() + 70, b'\r');
        for len in 0..=head.len() {
            let input = &buffer[before..before + len];
            let exact = scan(None, Section::Request, &Config::DEFAULT, &[input]);
            for backend in backends() {
                assert_eq!(
                    scan(backend, Section::Request, &Config::DEFAULT, &[input]),
                    exact
                );
            }
        }
    }
}

#[test]
fn sound_heads_are_taken() {
    #[rustfmt::skip]
    let rows: &[(Section, &str)] = &[
        // RFC 9112 section 2.2: one empty line before a request is ignored.
        (Section::Request, "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        // Section 3: any method, any visible target.
        (Section::Request, "M-SEARCH * HTTP/1.1\r\n\r\n"),
        (Section::Request, "get /|^{}\"<>\\`%zz HTTP/1.0\r\n\r\n"),
        // RFC 9110 section 2.5: a higher minor version is read as the highest known.
        (Section::Request, "GET / HTTP/1.9\r\n\r\n"),
        // RFC 9110 section 5.5: tabs, spaces and obs-text in a value; whitespace around it; an empty value.
        (Section::Request, "GET / HTTP/1.1\r\nA: b\tc  d\u{80}\u{ff}\r\nB:\t \r\nC:\r\nD:e\r\nE: \t f\t \r\n\r\n"),
        // Section 5.1: every token character in a name.
        (Section::Request, "GET / HTTP/1.1\r\n!#$%&'*+-.^_`|~09azAZ: x\r\n\r\n"),
        // RFC 9112 section 4: an empty reason keeps its space; obs-text in a reason.
        (Section::Response, "HTTP/1.1 200 \r\n\r\n"),
        (Section::Response, "HTTP/1.0 000 caf\u{e9}\tau lait\r\nA: b\r\n\r\n"),
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
fn broken_heads_are_told() {
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
        (Section::Response, "\r\nHTTP/1.1 200 OK\r\n\r\n", InvalidVersion, 0),
        // Section 4: the status line.
        (Section::Response, "HTTP/1.1  200 OK\r\n\r\n", InvalidStatus, 9),
        (Section::Response, "HTTP/1.1 20 OK\r\n\r\n", InvalidStatus, 11),
        (Section::Response, "HTTP/1.1 2000 OK\r\n\r\n", InvalidStatus, 12),
        (Section::Response, "HTTP/1.1 +20 OK\r\n\r\n", InvalidStatus, 9),
        (Section::Response, "HTTP/1.1 200\tOK\r\n\r\n", InvalidStatus, 12),
        (Section::Response, "HTTP/1.1 200\r\n\r\n", MissingReasonSpace, 12),
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

/// The text with one byte a character.
fn latin1(text: &str) -> Vec<u8> {
    text.chars()
        .map(|character| u8::try_from(u32::from(character)).unwrap())
        .collect()
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
    // A limit that is reached inside a part is told before the part ends.
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
        (Section::Response, Quirks::MISSING_REASON_SPACE, "HTTP/1.1 200\r\nA: b\r\n\r\n", &[("A", "b")]),
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

#[test]
fn progress_starts_over_when_the_input_is_another() {
    let mut spans = [Span::default(); 8];
    let mut progress = Progress::new();
    let first = b"GET /long/path HTTP/1.1\r\nHost: a\r\n";
    assert_eq!(
        advance(
            Section::Request,
            first,
            &mut spans,
            &Config::DEFAULT,
            &mut progress
        ),
        Ok(None)
    );
    let second = b"GET / HTTP/1.1\r\n\r\n";
    let used = advance(
        Section::Request,
        second,
        &mut spans,
        &Config::DEFAULT,
        &mut progress,
    );
    assert_eq!(
        used.unwrap().map(|scanned| scanned.used),
        Some(second.len())
    );
}

#[test]
fn a_whole_plain_head_needs_no_state() {
    let head =
        b"GET / HTTP/1.1\r\nHost: a\r\nAccept: text/html, application/xhtml+xml, */*\r\n\r\n";
    let mut spans = [Span::default(); 8];
    for len in 0..head.len() {
        let found = whole(Section::Request, &head[..len], &mut spans, &Config::DEFAULT);
        assert_eq!(found, None, "{len}");
    }
    let found = whole(Section::Request, head, &mut spans, &Config::DEFAULT).unwrap();
    assert_eq!((found.used, found.fields), (head.len(), 2));
}

#[test]
fn what_goes_on_keeps_its_place_and_its_table() {
    let head = b"GET /where HTTP/1.1\r\nHost: www.example.com\r\nAccept-Language: en\r\n\r\n";
    for backend in backends() {
        let mut spans = [Span::default(); 8];
        let mut progress = Progress::new();
        progress.belongs_to((7, 9));
        for len in 1..head.len() {
            let (config, input) = (&Config::DEFAULT, &head[..len]);
            if takes_text_with(backend, Section::Request, input, config, &mut progress) {
                continue;
            }
            let found = advance_with(
                backend,
                Section::Request,
                &head[..len],
                &mut spans,
                &Config::DEFAULT,
                &mut progress,
            );
            assert_eq!(found, Ok(None));
            assert_eq!(progress.table, (7, 9));
            // Only a version, a status or a line end is looked at again.
            assert!(progress.at + 8 > len, "{backend:?} {len}");
        }
    }
}
