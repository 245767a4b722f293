use super::super::{Body, Config, Decoder, Event, FieldTable};
use super::*;

type Verdict = Result<(u16, Body), (ErrorKind, usize)>;

fn whole(input: &[u8], expectation: Expectation) -> Verdict {
    verdict(
        &mut Decoder::new(Config::DEFAULT.expectation(expectation)),
        input,
    )
    .unwrap()
}

fn verdict(decoder: &mut Decoder, input: &[u8]) -> Option<Verdict> {
    let mut table = FieldTable::<4>::with_capacity();
    verdict_with(decoder, input, &mut table)
}

fn verdict_with(decoder: &mut Decoder, input: &[u8], table: &mut FieldTable<4>) -> Option<Verdict> {
    match decoder.receive(input, table) {
        Ok(None) => None,
        Ok(Some((Event::Head(head) | Event::Interim(head) | Event::Switch(head), used))) => {
            assert_eq!(used, head.as_bytes().len());
            Some(Ok((head.status(), head.body())))
        }
        Ok(other) => panic!("{other:?}"),
        Err(error) => Some(Err((error.kind(), error.offset()))),
    }
}

#[test]
fn a_head_answers_the_same_whole_dripped_and_with_bytes_behind() {
    use Expectation::{HeadOnly, Upgrade};
    const ANY: Expectation = Expectation::Body;
    // Sections are the specification's; an error stands at the byte that makes it one.
    #[rustfmt::skip]
    let rows: &[(&[u8], Expectation, Verdict)] = &[
        // 5.1: `Status`, else `Location`, else 200.
        (b"Status: 201 Created\r\n\r\n", ANY, Ok((201, Body::UntilClose))),
        (b"Status:404\r\nContent-Length: 3\r\n\r\n", ANY, Ok((404, Body::Length(3)))),
        (b"Content-Type: text/plain\n\n", ANY, Ok((200, Body::UntilClose))),
        (b"Server: 404\r\n\r\n", ANY, Ok((200, Body::UntilClose))),
        (b"Location: /x\r\n\r\n", ANY, Ok((302, Body::UntilClose))),
        (b"Location: /x\r\nStatus: 200 OK\r\n\r\n", ANY, Ok((200, Body::UntilClose))),
        // 5: another form, which is read by the rules of HTTP/1.1.
        (b"HTTP/1.1 200 OK\r\n\r\n", ANY, Err((ErrorKind::FieldSyntax, 4))),
        (b"HTTP-Name: x\r\n\r\n", ANY, Ok((200, Body::UntilClose))),
        (b"HTTP: x\r\n\r\n", ANY, Ok((200, Body::UntilClose))),
        // 5.1: three digits, the first of them 1 to 5.
        (b"Status: ok\r\n\r\n", ANY, Err((ErrorKind::StatusSyntax, 8))),
        (b"Status: 20\r\n\r\n", ANY, Err((ErrorKind::StatusSyntax, 10))),
        (b"Status: 2000 OK\r\n\r\n", ANY, Err((ErrorKind::StatusSyntax, 11))),
        (b"Status: 200\tOK\r\n\r\n", ANY, Err((ErrorKind::StatusSyntax, 11))),
        (b"Status:\r\n\r\n", ANY, Err((ErrorKind::StatusSyntax, 7))),
        (b"Status: 099\r\n\r\n", ANY, Err((ErrorKind::StatusRange { found: 0 }, 8))),
        (b"Status: 600\r\n\r\n", ANY, Err((ErrorKind::StatusRange { found: 6 }, 8))),
        // 5.1: one status.
        (b"Status: 200 OK\r\nStatus: 200 No\r\n\r\n", ANY, Ok((200, Body::UntilClose))),
        (b"Status: 200 OK\r\nStatus: 404\r\n\r\n", ANY, Err((ErrorKind::StatusConflict, 24))),
        (b"Status: 200 OK\r\nStatus: 204\r\n\r\n", ANY, Err((ErrorKind::StatusConflict, 26))),
        // 5.2: field lines.
        (b"\r\n", ANY, Err((ErrorKind::FieldSyntax, 0))),
        (b"garbage\r\n\r\n", ANY, Err((ErrorKind::FieldSyntax, 7))),
        (b"A: b\r\n c\r\n\r\n", ANY, Err((ErrorKind::FieldFolded, 6))),
        (b"A : b\r\n\r\n", ANY, Err((ErrorKind::FieldSyntax, 1))),
        (b": b\r\n\r\n", ANY, Err((ErrorKind::FieldSyntax, 0))),
        (b"A: b\0c\r\n\r\n", ANY, Err((ErrorKind::FieldByte, 4))),
        (b"A b\0c\r\n\r\n", ANY, Err((ErrorKind::FieldSyntax, 1))),
        (b"A: b\r\n\rc", ANY, Err((ErrorKind::FieldByte, 6))),
        (b"A: b\rc\r\n\r\n", ANY, Err((ErrorKind::FieldByte, 4))),
        (b"A:\tb\xff\r\n\r\n", ANY, Ok((200, Body::UntilClose))),
        (b"A:\r\nB:\r\nC:\r\nD:\r\n\r\n", ANY, Ok((200, Body::UntilClose))),
        (b"A:\r\nB:\r\nC:\r\nD:\r\nE:\r\n\r\n", ANY, Err((ErrorKind::TooManyFields { max: 4 }, 16))),
        // 5.3: lengths that lie.
        (b"Content-Length: 5\r\nContent-Length: 5\r\n\r\n", ANY, Ok((200, Body::Length(5)))),
        (b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n", ANY, Err((ErrorKind::ContentLengthConflict, 35))),
        (b"Content-Length: 57\r\nContent-Length: 057 \r\n\r\n", ANY, Ok((200, Body::Length(57)))),
        (b"Content-Length: 57\r\nContent-Length: 56\r\n\r\n", ANY, Err((ErrorKind::ContentLengthConflict, 37))),
        (b"Content-Length: 57\r\nContent-Length: 5\r\n\r\n", ANY, Err((ErrorKind::ContentLengthConflict, 37))),
        (b"Content-Length: 5 7\r\n\r\n", ANY, Err((ErrorKind::ContentLengthSyntax, 18))),
        (b"Content-Length: -5\r\n\r\n", ANY, Err((ErrorKind::ContentLengthSyntax, 16))),
        (b"Content-Length:\r\n\r\n", ANY, Err((ErrorKind::ContentLengthSyntax, 15))),
        (b"Content-Length: 5, 5\r\n\r\n", ANY, Err((ErrorKind::ContentLengthSyntax, 17))),
        (b"Content-Length: 99999999999999999999\r\n\r\n", ANY, Err((ErrorKind::ContentLengthOverflow, 35))),
        // 5.3: codings.
        (b"Transfer-Encoding: chunked\r\n\r\n", ANY, Ok((200, Body::Chunked))),
        (b"Transfer-Encoding: CHUNKED \r\n\r\n", ANY, Ok((200, Body::Chunked))),
        (b"Transfer-Encoding: chunked, gzip\r\n\r\n", ANY, Err((ErrorKind::TransferCoding, 26))),
        (b"Transfer-Encoding: chunk\r\n\r\n", ANY, Err((ErrorKind::TransferCoding, 24))),
        (b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", ANY, Err((ErrorKind::LengthAndCoding, 36))),
        (b"Transfer-Encoding: gzip, chunked\r\n\r\n", ANY, Err((ErrorKind::TransferCoding, 19))),
        (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", ANY, Err((ErrorKind::TransferCoding, 45))),
        (b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", ANY, Err((ErrorKind::LengthAndCoding, 42))),
        // 5.4: answers without a body.
        (b"Status: 204 x\r\nContent-Length: 5\r\n\r\n", ANY, Ok((204, Body::None))),
        (b"Status: 304 x\r\nTransfer-Encoding: chunked\r\n\r\n", ANY, Ok((304, Body::None))),
        (b"Status: 200 x\r\nContent-Length: 5\r\n\r\n", HeadOnly, Ok((200, Body::None))),
        // 5.5: answers before the answer.
        (b"Status: 100 Continue\r\n\r\n", ANY, Ok((100, Body::None))),
        (b"Status: 103 Early Hints\r\nLink: x\r\n\r\n", ANY, Ok((103, Body::None))),
        (b"Status: 101 x\r\n\r\n", Upgrade, Ok((101, Body::UntilClose))),
        (b"Status: 101 x\r\n\r\n", ANY, Err((ErrorKind::UnexpectedSwitch, 10))),
    ];
    for (input, expectation, expected) in rows {
        let shown = input.escape_ascii();
        assert_eq!(whole(input, *expectation), *expected, "{shown}");
        let mut dripped = Decoder::new(Config::DEFAULT.expectation(*expectation));
        let mut table = FieldTable::with_capacity();
        let answer = (0..=input.len()).find_map(|len| {
            verdict_with(&mut dripped, &input[..len], &mut table).map(|answer| (len, answer))
        });
        let (len, answer) = answer.unwrap();
        assert_eq!(answer, *expected, "{shown}");
        if let Err((kind, offset)) = answer {
            // The byte behind a CR shows that it is bare.
            let behind = usize::from(kind == ErrorKind::FieldByte && input[offset] == b'\r');
            assert_eq!(len, offset + 1 + behind, "{shown}: reported late");
        }
        let tail = [input, &b"\0\r\n\r\nStatus: 500\r\n"[..]].concat();
        assert_eq!(whole(&tail, *expectation), *expected, "{shown}");
    }
}

#[test]
fn a_reason_stands_behind_its_status() {
    // RFC 3875 section 6.3.3: status-code SP reason-phrase.
    let rows: &[(&[u8], &[u8])] = &[
        (b"Status: 404\r\n\r\n", b""),
        (b"Status: 404 \r\n\r\n", b""),
        (b"Status: 404 Not Found\r\n\r\n", b"Not Found"),
        (b"Status: 404 Not\nA: b\n\n", b"Not"),
        (b"Status: 404 Not\r\nStatus: 404 Found\r\n\r\n", b"Not"),
        (b"A: b\r\n\r\n", b""),
    ];
    for (input, expected) in rows {
        let mut decoder = Decoder::new(Config::DEFAULT);
        let mut table = FieldTable::<4>::with_capacity();
        let Ok(Some((Event::Head(head), _))) = decoder.receive(input, &mut table) else {
            panic!()
        };
        assert_eq!(head.reason(), *expected, "{}", input.escape_ascii());
    }
}

#[test]
fn a_head_has_a_limit() {
    let limits = Limits::DEFAULT.max_head_len(20);
    for (input, expected) in [
        (
            &b"A: 3456789012345\r\n\r\n"[..],
            Ok((200, Body::UntilClose)),
        ),
        (
            b"A: 34567890123456\r\n\r\n",
            Err((ErrorKind::HeadTooLong { max: 20 }, 20)),
        ),
        (
            b"A: 34567890123456789012345",
            Err((ErrorKind::HeadTooLong { max: 20 }, 20)),
        ),
    ] {
        let mut decoder = Decoder::new(Config::DEFAULT.limits(limits));
        let mut table = FieldTable::with_capacity();
        let answer =
            (0..=input.len()).find_map(|len| verdict_with(&mut decoder, &input[..len], &mut table));
        assert_eq!(answer, Some(expected));
        // Said with the limit's last byte, not with the first beyond it.
        let mut decoder = Decoder::new(Config::DEFAULT.limits(limits));
        let verdict = verdict_with(&mut decoder, &input[..20], &mut table);
        assert_eq!(verdict, Some(expected));
        assert_eq!(Limits::DEFAULT.max_head_len(1 << 20).max_head_len, 65_535);
    }
}
