extern crate std;

use std::vec::Vec;

use super::*;
use crate::ErrorKind::{
    self, BareCr, BareLf, ChunkExtensionsTooLong, ChunkSizeOverflow, InvalidChunkExtension,
    InvalidChunkSize, MissingChunkEnd,
};
use crate::{Limits, Quirks};

/// The content, the bytes used and the error, if any, of `input` in pieces of `step` bytes.
fn decode(input: &[u8], step: usize, config: &Config) -> (Vec<u8>, usize, Option<Error>) {
    let (mut decoder, mut content, mut used, mut end) = (
        ChunkedDecoder::new(*config),
        Vec::new(),
        0,
        step.min(input.len()),
    );
    loop {
        assert!(!decoder.is_done());
        match decoder.decode(&input[used..end]) {
            Ok(Some((Chunked::Data(data), len))) => {
                content.extend_from_slice(data);
                used += len;
            }
            Ok(Some((Chunked::Last, len))) => {
                assert!(decoder.is_done());
                return (content, used + len, None);
            }
            Ok(None) if end == input.len() => return (content, used, None),
            Ok(None) => end = (end + step).min(input.len()),
            Err(error) => {
                assert_eq!(decoder.decode(input), Err(error), "final");
                return (content, used, Some(error.shifted(used)));
            }
        }
    }
}

/// The same by each of the three ways, in several pieces.
fn decode_every_way(input: &[u8], config: &Config) -> (Vec<u8>, usize, Option<Error>) {
    let whole = decode(input, usize::MAX, config);
    for step in [1, 2, 3, 7] {
        assert_eq!(
            decode(input, step, config),
            whole,
            "{} by {step}",
            input.escape_ascii()
        );
    }
    let (mut decoder, mut content) = (ChunkedDecoder::new(*config), Vec::new());
    match decoder.decode_each(input, |data| content.extend_from_slice(data)) {
        Ok(used) => assert_eq!((used, None), (whole.1, whole.2)),
        Err(error) => assert_eq!(Some(error), whole.2),
    }
    assert_eq!(content, whole.0);
    for step in [1, 2, 3, 7] {
        let (mut decoder, mut content, mut used) = (ChunkedDecoder::new(*config), Vec::new(), 0);
        for end in (0..input.len()).step_by(step).chain([input.len()]) {
            let each = |data: &[u8]| content.extend_from_slice(data);
            match decoder.decode_each(&input[used..end], each) {
                Ok(len) => used += len,
                Err(error) => assert_eq!(Some(error.shifted(used)), whole.2),
            }
        }
        assert_eq!(content, whole.0, "{} by {step}", input.escape_ascii());
    }
    for room in [1, 5, 300] {
        let (mut decoder, mut content, mut used) = (ChunkedDecoder::new(*config), Vec::new(), 0);
        let error = loop {
            let mut out = std::vec![0; room];
            match decoder.decode_into(&input[used..], &mut out) {
                Ok(Copied {
                    used: 0,
                    written: 0,
                }) => break None,
                Ok(copied) => {
                    content.extend_from_slice(&out[..copied.written]);
                    used += copied.used;
                }
                Err(error) => break Some(error.shifted(used)),
            }
        };
        assert_eq!(error, whole.2, "{} into {room}", input.escape_ascii());
        if error.is_none() {
            assert_eq!((content, used), (whole.0.clone(), whole.1));
        }
    }
    whole
}

#[rustfmt::skip]
#[test]
fn what_the_grammar_refuses() {
    let rows: &[(&[u8], ErrorKind, usize)] = &[
        (b"\r\n",                  InvalidChunkSize,      0),  // 7.1: chunk-size = 1*HEXDIG
        (b"\r\n1\r\na\r\n",         InvalidChunkSize,      0),
        (b"x\r\n",                 InvalidChunkSize,      0),
        (b"0x1\r\n",               InvalidChunkSize,      1),
        (b"+1\r\n",                InvalidChunkSize,      0),
        (b" 1\r\n",                InvalidChunkSize,      0),
        (b"1 \r\n",                InvalidChunkSize,      2),  // 7.1.1: BWS stands before ";" only
        (b"1 2\r\n",               InvalidChunkSize,      2),
        (b"1:\r\n",                InvalidChunkSize,      1),
        (b"10000000000000000\r\n", ChunkSizeOverflow,     16), // 7.1: prevent integer conversion overflows
        (b"1\n",                   BareLf,                1),  // 7.1: CRLF
        (b"1\rx",                  BareCr,                1),
        (b"1\r\nabc",              MissingChunkEnd,       4),  // 7.1: chunk-data CRLF
        (b"1\r\na\rb",             MissingChunkEnd,       5),
        (b"1\r\na\0\0\0\0\0\0\0\0", MissingChunkEnd,   4),
        (b"1\r\na\n",              MissingChunkEnd,       4),
        (b"1;\r\n",                InvalidChunkExtension, 2),  // 7.1.1: chunk-ext-name = token
        (b"1;a=\r\n",              InvalidChunkExtension, 4),  // 7.1.1: chunk-ext-val = token / quoted-string
        (b"1;a=b=c\r\n",           InvalidChunkExtension, 5),
        (b"1;a \r\n",              InvalidChunkExtension, 4),  // 7.1.1: BWS stands before ";" and "=" only
        (b"1;a=\"b\" \r\n",        InvalidChunkExtension, 8),
        (b"1;a b\r\n",             InvalidChunkExtension, 4),
        (b"1;a=b c\r\n",           InvalidChunkExtension, 6),
        (b"1;a=b \r\n",            InvalidChunkExtension, 6),
        (b"1;a=\"b\"c\r\n",        InvalidChunkExtension, 7),
        (b"1;a=\"\x01\"\r\n",      InvalidChunkExtension, 5),  // RFC 9110 5.6.4: qdtext
        (b"1;a=\"\\\x7f\"\r\n",    InvalidChunkExtension, 6),  // RFC 9110 5.6.4: quoted-pair
        (b"1;a=\"b\r\n",           InvalidChunkExtension, 6),
        (b"1;a\nb",                BareLf,                3),
        (b"1;a\rb",                BareCr,                3),
        (b"1;a=\"\n",              BareLf,                5),
        // Where chunks of one size follow each other, in every byte of the line between them.
        (b"5\r\nabcde\r\n5\r\nabcde\r\n5\r\nabcdexx5\r\nabcde\r\n5\r\nabcde",       MissingChunkEnd,  28),
        (b"5\r\nabcde\r\n5\r\nabcde\r\n5\r\nabcde\rx5\r\nabcde\r\n5\r\nabcde",      MissingChunkEnd,  29),
        (b"5\r\nabcde\r\n5\r\nabcde\r\n5\r\nabcde\r\nx\r\nabcde\r\n5\r\nabcde",     InvalidChunkSize, 30),
        (b"5\r\nabcde\r\n0005\r\nabcde\r\n0005\r\nabcde\r\n0005\rxabcde\r\n5\r\nabcde", BareCr,        40),
    ];
    for &(input, kind, offset) in rows {
        for tail in [b"".as_slice(), b"more"] {
            let input = [input, tail].concat();
            let (_, _, error) = decode_every_way(&input, &Config::DEFAULT);
            assert_eq!(error, Some(Error::new(kind, offset)), "{}", input.escape_ascii());
        }
    }
}

#[rustfmt::skip]
#[test]
fn what_the_grammar_allows() {
    let rows: &[(&[u8], &[u8])] = &[
        (b"0\r\n",                                              b""),
        (b"000\r\n",                                            b""),
        (b"1\r\na\r\n0\r\n",                                    b"a"),
        (b"00000000000000000000000001\r\na\r\n0\r\n",           b"a"), // zeros may lead any number of digits
        (b"A\r\n0123456789\r\na\r\nabcdefghij\r\n0\r\n",        b"0123456789abcdefghij"),
        (b"1;a\r\nx\r\n0\r\n",                                  b"x"),
        (b"1;a=b;c=d\r\nx\r\n0;last\r\n",                       b"x"),
        (b"1 ; a = \"b;\\\"\\\\ \xff\t\" ;c\r\nx\r\n0\r\n",     b"x"), // 7.1.1: BWS is to be removed
        (b"2\r\n\r\n\r\n0\r\n",                                 b"\r\n"),
        (b"1\r\na\r\nd\r\nbc\r\n1\r\nxyz123\r\n0\r\n",            b"abc\r\n1\r\nxyz123"), // no line, though it looks like one
        (b"3\r\nabc\r\n3\r\ndef\r\n3\r\nghi\r\n1\r\nj\r\n0\r\n", b"abcdefghij"),
    ];
    for &(input, content) in rows {
        for tail in [b"".as_slice(), b"\r\nmore of it"] {
            let whole = [input, tail].concat();
            let (decoded, used, error) = decode_every_way(&whole, &Config::DEFAULT);
            assert_eq!((&*decoded, used, error), (content, input.len(), None), "{}", input.escape_ascii());
        }
    }
}

#[test]
fn data_is_given_as_far_as_it_is_there() {
    let mut decoder = ChunkedDecoder::new(Config::DEFAULT);
    let given = decoder.decode(b"5\r\nab");
    assert_eq!(given, Ok(Some((Chunked::Data(b"ab"), 5))));
    let given = decoder.decode(b"cde\r\n");
    assert_eq!(given, Ok(Some((Chunked::Data(b"cde"), 3))));
}

#[test]
fn chunks_of_short_lines_are_walked_at_once() {
    let chunks =
        b"\r\n5\r\nabcde\r\n5\r\nabcde\r\n10\r\n0123456789abcdef\r\n10\r\n0123456789abcdef\
        \r\n003\r\nabc\r\n003\r\nabc\r\n0003\r\nabc\r\n0003\r\nabc";
    let wire = [chunks, b"\r\n5;\r\nabcde".as_slice()].concat();
    let mut sizes = Vec::new();
    let rest = ChunkedDecoder::new(Config::DEFAULT).walk_short(&wire, &mut |_, size| {
        sizes.push(size);
        size
    });
    assert_eq!(sizes, [5, 5, 16, 16, 3, 3, 3, 3]);
    assert_eq!(rest, b"\r\n5;\r\nabcde");
}

#[rustfmt::skip]
#[test]
fn what_quirks_forgive() {
    let rows: &[(Quirks, &[u8], &[u8])] = &[
        (Quirks::BARE_LF_IN_CHUNKS,      b"1\na\n1;b\nc\r\n0\n",   b"ac"),
        (Quirks::SPACE_AFTER_CHUNK_SIZE, b"1  \r\na\r\n0\t\r\n",   b"a"),
    ];
    for &(quirk, input, content) in rows {
        let config = Config::DEFAULT.quirks(quirk);
        let (decoded, used, error) = decode_every_way(input, &config);
        assert_eq!((&*decoded, used, error), (content, input.len(), None), "{}", input.escape_ascii());
        assert!(decode_every_way(input, &Config::DEFAULT).2.is_some());
    }
}

#[test]
fn extensions_are_bounded_in_a_body_as_a_whole() {
    let config = Config::DEFAULT.limits(Limits::DEFAULT.max_chunk_extensions_len(4));
    let just = b"1;a\r\nx\r\n1;b\r\ny\r\n0\r\n";
    assert_eq!(
        decode_every_way(just, &config),
        (b"xy".to_vec(), just.len(), None)
    );
    let over = b"1;a\r\nx\r\n1;b\r\ny\r\n0;\r\n";
    assert_eq!(
        decode_every_way(over, &config).2,
        Some(Error::new(ChunkExtensionsTooLong { max: 4 }, 17))
    );
    let zeros = b"000000000000000000000\r\n";
    assert_eq!(
        decode_every_way(zeros, &config).2,
        Some(Error::new(ChunkExtensionsTooLong { max: 4 }, 20))
    );
}

#[test]
fn every_length_is_copied_right() {
    let mut wire = Vec::new();
    let mut content = Vec::new();
    for len in (1..=300_usize)
        .chain([4096, 65535, 65536, 70000])
        .chain([16; 40])
    {
        let data: Vec<u8> = (0..len)
            .map(|index| ((index * 7 + len) % 251).try_into().unwrap())
            .collect();
        wire.extend(std::format!("{len:X}\r\n").into_bytes());
        wire.extend(&data);
        wire.extend(b"\r\n");
        content.extend(data);
    }
    wire.extend(b"0\r\n");
    let used = wire.len();
    for tail in [0, 3, 500] {
        wire.resize(used + tail, b'!');
        let mut out = std::vec![0; content.len()];
        let copied = ChunkedDecoder::new(Config::DEFAULT)
            .decode_into(&wire, &mut out)
            .unwrap();
        assert_eq!(
            copied,
            Copied {
                used,
                written: content.len()
            }
        );
        assert_eq!(out, content);
        let mut spans = Vec::new();
        assert_eq!(
            ChunkedDecoder::new(Config::DEFAULT)
                .decode_each(&wire, |data| spans.extend_from_slice(data)),
            Ok(used)
        );
        assert_eq!(spans, content);
    }
}

#[test]
fn chunks_of_every_size_are_copied() {
    for size in 1..=300 {
        let chunk = |fill: usize| (fill..).map(|byte| byte.to_le_bytes()[0]).take(size);
        let mut wire = Vec::new();
        for fill in 0..3 {
            wire.extend(std::format!("{size:x}\r\n").bytes().chain(chunk(fill)));
            wire.extend(b"\r\n");
        }
        wire.extend(b"0\r\n");
        let content: Vec<u8> = (0..3).flat_map(chunk).collect();
        for room in [content.len(), content.len() + 255, content.len() + 256] {
            let (mut decoder, mut out) = (ChunkedDecoder::new(Config::DEFAULT), std::vec![0; room]);
            let copied = decoder.decode_into(&wire, &mut out).unwrap();
            assert_eq!((copied.used, copied.written), (wire.len(), content.len()));
            assert_eq!(out[..copied.written], content, "{size} into {room}");
        }
    }
}
