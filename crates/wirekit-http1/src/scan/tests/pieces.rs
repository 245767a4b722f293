//! Heads that come in pieces.

use super::*;

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
        let backend = Some(Backend::detect());
        let found = advance_with(
            backend,
            section,
            start.as_bytes(),
            spans,
            config,
            &mut progress,
        );
        assert!(matches!(found, Ok(None)), "{start:?}");
        assert_eq!(
            extends_part_with(backend, section, input.as_bytes(), config, &mut progress),
            is_taken,
            "{start:?} {more:?}"
        );
    }
}

#[test]
fn progress_starts_over_when_the_input_is_another() {
    let mut spans = [Span::default(); 8];
    let mut progress = Progress::new();
    let first = b"GET /long/path HTTP/1.1\r\nHost: a\r\n";
    assert_eq!(
        advance_with(
            Some(Backend::detect()),
            Section::Request,
            first,
            &mut spans,
            &Config::DEFAULT,
            &mut progress
        ),
        Ok(None)
    );
    let second = b"GET / HTTP/1.1\r\n\r\n";
    let used = advance_with(
        Some(Backend::detect()),
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
fn what_goes_on_keeps_its_place() {
    let head = b"GET /where HTTP/1.1\r\nHost: www.example.com\r\nAccept-Language: en\r\n\r\n";
    for backend in backends() {
        let mut spans = [Span::default(); 8];
        let mut progress = Progress::new();
        for len in 1..head.len() {
            let (config, input) = (&Config::DEFAULT, &head[..len]);
            if extends_part_with(backend, Section::Request, input, config, &mut progress) {
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
            // Only a version, a status or a line end is looked at again.
            assert!(progress.at + 8 > len, "{backend:?} {len}");
        }
    }
}

/// Whatever a progress remembers, and of whatever input, section and limits: what is found stands in the input.
#[test]
fn what_is_found_does_not_depend_on_what_is_remembered() {
    let heads: [&[u8]; 4] = [
        b"POST /pay HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 35\r\nX-A: 1\r\n\r\n",
        b"GET / HTTP/1.1\r\nA: 1\r\nB: 2\r\nC: 3\r\nHost: www.example.org\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 35\r\nServer: one of many\r\n\r\n",
        b"Trailer-Field: of an answer\r\n\r\n",
    ];
    let sections = [Section::Request, Section::Response, Section::Trailers];
    let mut small = Config::DEFAULT;
    (small.limits.max_head_len, small.limits.max_fields) = (60, 2);
    for backend in backends().into_iter().chain([None]) {
        for (before, section_before) in heads.into_iter().zip([0, 0, 1, 2]) {
            for cut in 0..before.len() {
                for (after, section) in heads.into_iter().zip([0, 0, 1, 2]) {
                    for config in [&Config::DEFAULT, &small] {
                        let mut progress = Progress::new();
                        let mut first = [Span::default(); 8];
                        let section_before = sections[section_before];
                        let start = &before[..cut];
                        let started = advance_with(
                            backend,
                            section_before,
                            start,
                            &mut first,
                            &Config::DEFAULT,
                            &mut progress,
                        );
                        assert_eq!(started, Ok(None));
                        let section = sections[section];
                        let mut spans = [Span::new(1, 2, 3, 4); 8];
                        let found = advance_with(
                            backend,
                            section,
                            after,
                            &mut spans,
                            config,
                            &mut progress,
                        );
                        let whole = scan(backend, section, config, &[after]);
                        if let Ok(Some(scanned)) = found {
                            assert_eq!(whole.verdict, Ok(Some(scanned.used)));
                            assert_eq!(whole.start, scanned.line);
                            assert_eq!(whole.spans, spans[..scanned.fields]);
                        }
                    }
                }
            }
        }
    }
}

/// What a table holds between two calls, and how many fields it has room for, changes nothing but the limit.
#[test]
fn the_spans_are_those_of_the_last_call() {
    let config = Config::DEFAULT.quirks(Quirks::OBS_FOLD);
    let wire = b"GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n c\r\nA-Name: and a value\r\nB:\r\n\r\n";
    let whole = scan(None, Section::Request, &config, &[wire]);
    for backend in backends().into_iter().chain([None]) {
        for cut in 0..wire.len() {
            let mut progress = Progress::new();
            let mut first = [Span::new(90, 80, 70, 60); 8];
            let mut then = [Span::new(1, 99, 2, 98); 6];
            let parts: [(&[u8], &mut [Span]); 2] = [(&wire[..cut], &mut first), (wire, &mut then)];
            let [part, all] = parts.map(|(input, spans)| {
                let takes =
                    extends_part_with(backend, Section::Request, input, &config, &mut progress);
                if takes {
                    return Ok(None);
                }
                advance_with(
                    backend,
                    Section::Request,
                    input,
                    spans,
                    &config,
                    &mut progress,
                )
            });
            assert_eq!(part, Ok(None), "{backend:?} {cut}");
            let all = all.unwrap().unwrap();
            assert_eq!(Ok(Some(all.used)), whole.verdict, "{backend:?} {cut}");
            assert_eq!(then[..all.fields], whole.spans, "{backend:?} {cut}");
            assert_eq!(progress, Progress::new());
        }
    }
}

/// The search for line ends notes only the first of several odd bytes in a row: what stands right behind a line end
/// is judged alike, whether the backend or the exact scan comes to it first.
#[test]
fn what_follows_a_line_end_is_judged_alike() {
    let plain =
        b"GET / HTTP/1.1\r\nHost: www.example.org\r\nAccept: text/html, application/xhtml+xml\r\n";
    let configs = [
        Quirks::NONE,
        Quirks::BARE_LF,
        Quirks::OBS_FOLD,
        Quirks::SPACE_BEFORE_COLON,
    ]
    .map(|quirks| Config::DEFAULT.quirks(quirks));
    let bytes = *b"\r\n\t :a\0\x80";
    for picks in 0..bytes.len().pow(4) {
        let mut input = plain.to_vec();
        input.extend((0..4).map(|digit| bytes[picks >> (3 * digit) & 7]));
        for config in &configs {
            let exact = scan(None, Section::Request, config, &[&input]);
            for backend in backends() {
                let first = &input[.."GET / HTTP/1.1\r\nHost: www".len()];
                for cut in plain.len()..=input.len() {
                    let pieces = [first, &input[..cut], &input];
                    let found = scan(backend, Section::Request, config, &pieces);
                    assert_eq!(found, exact, "{backend:?} {cut} {}", input.escape_ascii());
                }
                let found = scan(backend, Section::Request, config, &[&input]);
                assert_eq!(found, exact, "{backend:?} {}", input.escape_ascii());
            }
        }
    }
}

/// Law 3: what is wrong with a line that is cut behind plain ones is reported before the rest of it arrives.
#[test]
fn a_cut_line_is_judged_as_far_as_it_goes() {
    use ErrorKind::{EmptyFieldName, InvalidFieldName, SpaceBeforeColon, TooManyFields};
    let plain = "GET / HTTP/1.1\r\nHost: www.example.org\r\nA: the second of all the fields\r\n";
    #[rustfmt::skip]
    let rows = [
        ("an odd name of more than 16 bytes", 8, SpaceBeforeColon, 2),
        (": no name before it at all",        8, EmptyFieldName, 0),
        ("Odd(name): and what is its value",  8, InvalidFieldName, 3),
        ("B: one more field than may be",     2, TooManyFields { max: 2 }, 0),
    ];
    for (line, max_fields, kind, at) in rows {
        let mut config = Config::DEFAULT;
        config.limits.max_fields = max_fields;
        let input = format!("{plain}{line}");
        let first = &input.as_bytes()[.."GET / HTTP/1.1\r\nHost: www".len()];
        for backend in backends().into_iter().chain([None]) {
            let found = scan(
                backend,
                Section::Request,
                &config,
                &[first, input.as_bytes()],
            );
            let error = Error::new(kind, plain.len() + at);
            assert_eq!(found.verdict, Err(error), "{backend:?} {line}");
        }
    }
}

#[test]
fn a_call_without_bytes_begins_nothing() {
    for backend in backends().into_iter().chain([None]) {
        for section in [Section::Request, Section::Response, Section::Trailers] {
            let (mut spans, mut progress) = ([Span::default(); 8], Progress::new());
            let (config, spans) = (&Config::DEFAULT, &mut spans[..]);
            let found = advance_with(backend, section, b"", spans, config, &mut progress);
            assert!(matches!(found, Ok(None)));
            assert_eq!(progress, Progress::new());
        }
    }
}
