//! What a backend gives up is scanned rightly all the same, only slowly: these tests say what it must not give up.

use std::format;
use std::string::String;
use std::vec::Vec;

use super::Backend;
use crate::field::Span;
use crate::scan::Section;

fn backends() -> [Backend; 2] {
    [Backend::Fallback, Backend::detect()]
}

#[test]
fn plain_heads_are_taken_whole() {
    let a = |len| "a".repeat(len);
    let mut heads: Vec<(Section, String)> = Vec::new();
    for len in (0..70).chain([126, 127, 128, 129, 300]) {
        let text = a(len);
        #[rustfmt::skip]
        heads.extend([
            // A target that fills its window wants another window behind it.
            (Section::Request, format!("GET /{text} HTTP/1.1\r\nA: {}\r\n\r\n", a(100))),
            (Section::Request, format!("GET /{} HTTP/1.0\r\nHost:\r\n\r\n", a(len.min(58)))),
            (Section::Request, format!("GET /{} HTTP/1.0\r\n\r\n", a(len.min(58)))),
            (Section::Request, format!("{}A * HTTP/1.1\r\nA: b\r\n\r\n", a(len.min(30)))),
            (Section::Request, format!("GET / HTTP/1.1\r\nA: {}\r\nB: c\r\n\r\n", a(5 * len))),
            (Section::Response, format!("HTTP/1.1 200 {}\r\nA: b\r\n\r\n", a(len.min(40)))),
            (Section::Response, format!("HTTP/1.0 100 \r\nB:\t{text}\r\n\r\n")),
            (Section::Response, format!("HTTP/1.1 999 OK\r\n{text}A: \u{80}\t{text}\u{fffd} \r\nB:c\r\n\r\n")),
        ]);
    }
    for (section, head) in heads {
        for tail in ["", "x", "\r\nA: b\r\n", &a(300)] {
            let input = format!("{head}{tail}");
            for backend in backends() {
                let spans = &mut [Span::default(); 8];
                let lines = backend.head(section, input.as_bytes(), spans, 301).lines();
                let found = (lines.at(), lines.is_end());
                assert_eq!(found, (head.len(), true), "{backend:?} {input:?}");
            }
        }
    }
}

#[test]
fn the_plain_lines_before_another_are_taken() {
    let plain = "Host: a\r\nAccept: text/html,application/xml;q=0.9,image/avif,*/*;q=0.8\r\nX:\r\n";
    let many = "B: c\r\n".repeat(20);
    let check = |input: &str, capacity: usize, fields: usize, expected: (usize, usize, bool)| {
        for backend in backends() {
            let mut spans = [Span::default(); 8];
            let lines = backend.lines(input.as_bytes(), 0, &mut spans[..capacity], fields);
            let found = (lines.at(), lines.fields(), lines.is_end());
            assert_eq!(found, expected, "{backend:?} {input:?}");
        }
    };
    for odd in [
        "A : b\r\n",
        "A: b\n",
        " A: b\r\n",
        "A\r\n",
        "A: \0\r\n",
        ": b\r\n",
    ] {
        for rest in ["", "\r\n", &many] {
            check(
                &format!("{plain}{odd}{rest}"),
                8,
                0,
                (plain.len(), 3, false),
            );
        }
    }
    // No line beyond the table, whose first places are taken, and none behind the end.
    check(&format!("{plain}{many}"), 2, 1, (9, 2, false));
    check(
        &format!("{plain}{many}"),
        8,
        3,
        (plain.len() + 12, 8, false),
    );
    check(
        &format!("{plain}\r\n{many}"),
        3,
        0,
        (plain.len() + 2, 3, true),
    );
    check(&format!("\r\n{plain}{many}"), 8, 5, (2, 5, true));
}

#[test]
fn many_short_lines_are_taken() {
    // As many line ends as windows can have: a search for them goes as far as it may.
    for line in ["A: b\r\n", "c:\r\n", "D: e\tf\r\n"] {
        for count in (90..260).chain([800]) {
            let head = format!("GET / HTTP/1.1\r\n{}\r\n", line.repeat(count));
            let found = backends().map(|backend| {
                let mut spans = std::vec![Span::default(); count + 1];
                let lines = backend
                    .head(Section::Request, head.as_bytes(), &mut spans, 1)
                    .lines();
                let found = (lines.at(), lines.fields(), lines.is_end());
                assert_eq!(found, (head.len(), count, true), "{backend:?} {head:?}");
                spans
            });
            assert_eq!(found[0], found[1], "{head:?}");
        }
    }
}

#[test]
fn tokens_and_values_end_at_the_first_byte_that_they_do_not_have() {
    for len in 0..100 {
        for end in 0..=len {
            for at in [0, 1, 15, 31, 32, 33, end] {
                if at > end {
                    continue;
                }
                // What is before and behind is of neither.
                let mut input = std::vec![0x7f; len];
                input[at..end].fill(b'a');
                for backend in backends() {
                    let found = (backend.token_end(&input, at), backend.value_end(&input, at));
                    assert_eq!(found, (end, end), "{backend:?} {at} of {len}");
                }
            }
        }
    }
}

#[test]
fn a_line_that_is_cut_in_its_value_is_seen_to_be_plain() {
    let plain =
        "Host: a\r\nAccept-Language: en-US,en;q=0.9\r\nUser-Agent: a browser of these days\r\n";
    #[rustfmt::skip]
    let rows = [
        ("A: b", true), ("Accept: text/html, */*", true), ("X:", true),
        ("A: b\r", false), ("A: b\0", false), ("A: b\u{7f}c", false), (" A\n", false), ("\r", false), ("\rx", false),
        ("\r\rx", false), ("\n", false), ("\n\r\n", false), ("\0a: b", false), ("", false),
    ];
    for (cut, is_plain) in rows {
        let input = format!("{plain}{cut}");
        for backend in backends() {
            let spans = &mut [Span::default(); 8];
            let lines = backend.lines(input.as_bytes(), 0, spans, 0);
            let found = (lines.at(), lines.fields(), lines.are_before_plain_bytes());
            assert_eq!(found, (plain.len(), 3, is_plain), "{backend:?} {input:?}");
        }
    }
}
