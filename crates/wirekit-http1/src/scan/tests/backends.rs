//! Backends and the byte-by-byte scan give one answer.

use super::*;

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
fn what_is_read_once_is_read_as_by_a_progress() {
    let plain =
        b"GET / HTTP/1.1\r\nHost: a\r\nAccept: text/html, application/xhtml+xml, */*\r\n\r\n";
    let broken = b"GET / HTTP/1.1\r\nHost: www.example.org\r\nA B: c\r\n\r\n";
    let (mut table, config) = (FieldTable::<8>::with_capacity(), &Config::DEFAULT);
    for head in [plain.as_slice(), broken] {
        for len in 0..=head.len() {
            let exact = scan(None, Section::Request, config, &[&head[..len]]);
            let parsed = Parsed::parse(Section::Request, &head[..len], &mut table, config);
            let verdict = parsed.map(|parsed| parsed.map(|it| it.bytes.len()));
            assert_eq!(verdict, exact.verdict, "{len}");
            if verdict.is_ok_and(|used| used.is_some()) {
                assert_eq!(table.spans[..exact.spans.len()], exact.spans);
            }
        }
    }
}
