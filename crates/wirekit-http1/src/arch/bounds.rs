//! Slices that are the whole of an allocation, so that Miri and AddressSanitizer see a read beyond either end.

use std::boxed::Box;
use std::vec::Vec;

use super::Backend;
use crate::field::Span;
use crate::scan::Section;

/// Every length below `max`; Miri interprets, and gets those where one vector more or less is read.
fn lengths(max: usize) -> impl Iterator<Item = usize> {
    (0..max).filter(|len| !cfg!(miri) || matches!(len % 32, 0 | 1 | 31) || matches!(len, 15..=17))
}

const REQUEST: &[u8] = b"GET /articles/2026/11/on-reading?ref=front HTTP/1.1\r\nHost: www.example.org\r\n\
    Accept:text/html\r\nX: \xe9a\tb\r\nA-Name-Of-More-Than-Thirty-Two-Characters: and a value that fills two vectors\r\n\r\n";
const RESPONSE: &[u8] = b"HTTP/1.1 200 OK\r\nServer: a\r\nX:\r\nContent-Length: 13256\r\n\r\n";

/// Everything that the backends do with `input`, whose first `before` bytes are not theirs.
fn scan(input: &[u8], before: usize) {
    let whole: Box<[u8]> = input.into();
    let input = &whole[before.min(whole.len())..];
    for section in [Section::Request, Section::Response, Section::Trailers] {
        for capacity in [8, input.len() % 8] {
            for backend in [Backend::Fallback, Backend::detect()] {
                let mut spans: Box<[Span]> = std::vec![Span::default(); capacity].into();
                let head = backend.head(section, input, &mut spans, 64);
                assert!(head.lines().at() <= input.len());
            }
        }
    }
    for at in [0, input.len() / 2, input.len()] {
        let [portable, native] = [Backend::Fallback, Backend::detect()].map(|backend| {
            let lines = backend.lines(input, at, &mut [Span::default(); 4], 1);
            assert!(lines.at() <= input.len() && lines.fields() <= 4);
            (backend.token_end(input, at), backend.value_end(input, at))
        });
        assert_eq!(portable, native, "{at} {}", input.escape_ascii());
    }
}

#[test]
fn heads_are_read_within_their_bounds_at_every_length() {
    for head in [REQUEST, RESPONSE] {
        for len in lengths(head.len() + 1) {
            scan(&head[..len], 0);
            scan(&head[head.len() - len..], len % 33);
        }
    }
}

#[test]
fn names_and_values_are_read_within_their_bounds_at_every_length() {
    for byte in [b'a', b' ', 0xe9] {
        for len in lengths(200) {
            scan(&std::vec![byte; len], len % 33);
        }
    }
}

#[test]
fn many_lines_and_long_ones_are_read_within_their_bounds() {
    // More than the windows that are looked through at a time, of nothing but line ends too.
    for line in [&b"A: b\r\n"[..], b"\r\r\n", b"\xe9"] {
        let lines: Vec<u8> = line.iter().copied().cycle().take(1300).collect();
        for len in lengths(1300).skip_while(|&len| len < 1240).step_by(5) {
            scan(&lines[..len], 0);
        }
    }
}
