mod closing;
mod harness;
mod reserved_bits;
mod sending;
mod whole;

use std::vec::Vec;

use super::*;
use crate as websocket;
use crate::{Close, Data, ErrorKind, Event, Opcode, Part, Rsv};

use harness::{Received, receive, unmarked};

const KEY: MaskingKey = MaskingKey([0x37, 0xfa, 0x21, 0x3d]);

fn frame(first: u8, payload: &[u8], key: Option<MaskingKey>) -> Vec<u8> {
    let header = FrameHeader {
        fin: first & 0x80 != 0,
        rsv: Rsv(first >> 4 & 7),
        opcode: Opcode(first & 15),
        masking_key: key,
        payload_len: payload.len() as u64,
    };
    let mut out = std::vec![0; header.encoded_len()];
    header.encode_to_slice(&mut out).unwrap();
    let start = out.len();
    out.extend_from_slice(payload);
    if let Some(key) = key {
        key.apply(&mut out[start..]);
    }
    out
}

fn text(bytes: &str) -> Received {
    unmarked(MessageKind::Text, bytes.into())
}

fn binary(bytes: &[u8]) -> Received {
    unmarked(MessageKind::Binary, bytes.into())
}

/// Frames as (first byte, payload), what they are, and the error that ends them: kind and offset in a frame with
/// a two byte header and no key.
type Row<'a> = (
    &'a [(u8, &'a [u8])],
    &'a [Received],
    Option<(ErrorKind, usize)>,
);

fn check(config: impl Fn(Role) -> Config, (frames, events, error): Row<'_>) {
    for role in [Role::Server, Role::Client] {
        let key = (role == Role::Server).then_some(KEY);
        let mut wire = Vec::new();
        let mut last = 0;
        for &(first, payload) in frames {
            last = wire.len();
            wire.extend(frame(first, payload, key));
        }
        let in_payload = |offset: usize| {
            if offset >= 2 && key.is_some() {
                offset + 4
            } else {
                offset
            }
        };
        let expected = error.map(|(kind, offset)| (kind, last + in_payload(offset)));
        for step in [1, 2, 3, 5, 7, 64, wire.len().max(1)] {
            for whole_len in [0, 20, 4096] {
                let mut connection = Connection::new(config(role).whole_len(whole_len));
                let (received, result) = receive(&mut connection, &wire, &[step]);
                assert_eq!(
                    (received.as_slice(), result),
                    (events, expected),
                    "{role:?} {step} {whole_len} {frames:x?}"
                );
            }
        }
        if error.is_some() {
            wire.extend([0; 20]);
            let (_, result) = receive(&mut Connection::new(config(role)), &wire, &[wire.len()]);
            assert_eq!(result, expected, "{role:?} with a tail {frames:x?}");
        }
    }
}

#[test]
fn legal_rows() {
    let long = "\u{4e2d}".repeat(50);
    #[rustfmt::skip]
    let rows: &[Row<'_>] = &[
        (&[(0x81, b"Hello")], &[text("Hello")], None),                                        // 5.7
        (&[(0x01, b"Hel"), (0x80, b"lo")], &[text("Hello")], None),                           // 5.7 fragmented
        (&[(0x89, b"Hello"), (0x8a, b"Hello")], &[Received::Ping(b"Hello".into()), Received::Pong(b"Hello".into())], None), // 5.7
        (&[(0x82, &[7; 256])], &[binary(&[7; 256])], None),                                   // 5.7
        (&[(0x82, &[7; 65536])], &[binary(&[7; 65536])], None),                               // 5.7
        (&[(0x81, b""), (0x82, b"")], &[text(""), binary(b"")], None),                        // 5.2 empty payloads
        (&[(0x01, b""), (0x00, b""), (0x80, b"")], &[text("")], None),                        // 5.4 empty fragments
        (&[(0x01, b"a"), (0x89, b""), (0x00, b"b"), (0x8a, b"x"), (0x80, b"c")],
         &[Received::Ping(b"".into()), Received::Pong(b"x".into()), text("abc")], None),              // 5.4 control between fragments
        (&[(0x01, b"\xe4\xb8"), (0x89, b"\xff"), (0x80, b"\xad")], &[Received::Ping(b"\xff".into()), text("\u{4e2d}")], None), // 5.6 a character across frames
        (&[(0x81, long.as_bytes())], &[text(&long)], None),
        (&[(0x02, b"\xff"), (0x80, b"\xfe")], &[binary(b"\xff\xfe")], None),                  // 5.6 binary is not text
        (&[(0x88, b"")], &[Received::Close(CloseCode::NO_STATUS, "".into())], None),              // 7.1.5
        (&[(0x88, b"\x03\xe8")], &[Received::Close(CloseCode::NORMAL_CLOSURE, "".into())], None), // 5.5.1
        (&[(0x88, b"\x0b\xb8bye")], &[Received::Close(CloseCode(3000), "bye".into())], None),     // 7.4.2
        (&[(0x88, b"\x03\xf6"), (0x83, b"junk")], &[Received::Close(CloseCode(1014), "".into())], None), // 7.1.1 trailing bytes are discarded
    ];
    for &row in rows {
        check(Config::new, row);
    }
}

#[test]
fn illegal_rows() {
    #[rustfmt::skip]
    let rows: &[Row<'_>] = &[
        (&[(0xc1, b"a")], &[], Some((ErrorKind::ReservedBits { rsv: Rsv::RSV1 }, 0))),        // 5.2
        (&[(0x92, b"a")], &[], Some((ErrorKind::ReservedBits { rsv: Rsv::RSV3 }, 0))),        // 5.2
        (&[(0xa9, b"a")], &[], Some((ErrorKind::ReservedBits { rsv: Rsv::RSV2 }, 0))),        // 5.2
        (&[(0x80, b"a")], &[], Some((ErrorKind::UnexpectedContinuation, 0))),                 // 5.4
        (&[(0x00, b"a")], &[], Some((ErrorKind::UnexpectedContinuation, 0))),                 // 5.4
        (&[(0x81, b"a"), (0x80, b"")], &[text("a")], Some((ErrorKind::UnexpectedContinuation, 0))), // 5.4
        (&[(0x01, b"a"), (0x81, b"b")], &[], Some((ErrorKind::ExpectedContinuation { opcode: Opcode::TEXT }, 0))), // 5.4
        (&[(0x02, b""), (0x02, b"b")], &[], Some((ErrorKind::ExpectedContinuation { opcode: Opcode::BINARY }, 0))), // 5.4
        (&[(0x81, b"ab\xff")], &[], Some((ErrorKind::InvalidUtf8, 4))),                       // 8.1
        (&[(0x81, b"ab\xce")], &[], Some((ErrorKind::TruncatedUtf8, 5))),                     // 8.1
        (&[(0x01, b"\xce"), (0x80, b"a")], &[], Some((ErrorKind::InvalidUtf8, 2))),           // 8.1
        (&[(0x01, b"\xce"), (0x80, b"")], &[], Some((ErrorKind::TruncatedUtf8, 2))),          // 8.1
        (&[(0x01, b"\xed"), (0x00, b""), (0x80, b"\xa0\x80")], &[], Some((ErrorKind::InvalidUtf8, 2))), // 8.1
        (&[(0x88, b"\x03")], &[], Some((ErrorKind::CloseTruncated, 1))),                      // 5.5.1
        (&[(0x88, b"\x03\xed")], &[], Some((ErrorKind::CloseCode { code: CloseCode(1005) }, 2))), // 7.4.1
        (&[(0x88, b"\x03\xe7bye")], &[], Some((ErrorKind::CloseCode { code: CloseCode(999) }, 2))), // 7.4.2
        (&[(0x88, b"\x03\xe8a\xff")], &[], Some((ErrorKind::CloseReason, 5))),                // 5.5.1
        (&[(0x88, b"\x03\xe8a\xc3")], &[], Some((ErrorKind::CloseReason, 6))),                // 5.5.1
    ];
    for &row in rows {
        check(Config::new, row);
    }
}

#[test]
fn limits_hold() {
    let limits = Limits::DEFAULT
        .max_frame_len(130)
        .max_message_len(200)
        .max_fragments(3);
    #[rustfmt::skip]
    let rows: &[Row<'_>] = &[
        (&[(0x82, &[1; 130])], &[binary(&[1; 130])], None),
        (&[(0x82, &[1; 131])], &[], Some((ErrorKind::FrameTooLong { len: 131, max: 130 }, 1))),
        (&[(0x02, &[1; 100]), (0x80, &[1; 100])], &[binary(&[1; 200])], None),
        (&[(0x02, &[1; 100]), (0x80, &[1; 101])], &[], Some((ErrorKind::MessageTooLong { max: 200 }, 1))),
        (&[(0x02, b"a"), (0x00, b"b"), (0x80, b"c")], &[binary(b"abc")], None),
        (&[(0x02, b"a"), (0x00, b"b"), (0x00, b"c"), (0x80, b"d")], &[], Some((ErrorKind::TooManyFragments { max: 3 }, 0))),
    ];
    for &row in rows {
        check(|role| Config::new(role).limits(limits), row);
    }
}

#[test]
fn masking_has_one_direction() {
    let mut masked = frame(0x81, b"a", Some(KEY));
    let mut plain = frame(0x81, b"a", None);
    let error = Connection::new(Config::CLIENT)
        .receive(&mut masked)
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.offset()),
        (ErrorKind::MaskUnexpected, 1)
    ); // 5.1
    let error = Connection::new(Config::SERVER)
        .receive(&mut plain)
        .unwrap_err();
    assert_eq!((error.kind(), error.offset()), (ErrorKind::MaskMissing, 1)); // 5.1
}

#[test]
fn text_fails_inside_an_incomplete_frame() {
    for whole_len in [0, 4096] {
        for role in [Role::Server, Role::Client] {
            let key = (role == Role::Server).then_some(KEY);
            let payload = [&[b'a'; 300][..], b"\xf4\x90"].concat();
            let mut wire = frame(0x81, &[&payload[..], &[b'z'; 1000]].concat(), key);
            let bad = wire.len() - 1001;
            let mut connection = Connection::new(Config::new(role).whole_len(whole_len));
            let (mut start, mut end) = (0, 0);
            let error = loop {
                match connection.receive(&mut wire[start..end]) {
                    Ok(Some((_, used))) => start += used,
                    Ok(None) => end += 1,
                    Err(error) => break error,
                }
            };
            assert_eq!(
                (error.kind(), start + error.offset(), end),
                (ErrorKind::InvalidUtf8, bad, bad + 1)
            );
        }
    }
}

#[test]
fn the_close_handshake_runs_from_either_end() {
    let (mut client, mut server) = (
        Connection::new(Config::CLIENT),
        Connection::new(Config::SERVER),
    );
    let close = Close {
        code: CloseCode::GOING_AWAY,
        reason: "bye",
    };
    let (mut to_server, mut to_client) = (Vec::new(), Vec::new());
    client.send_close(close, Some(KEY), &mut to_server).unwrap();
    assert_eq!(client.state(), State::CloseSent);
    assert_eq!(
        client.send_text("x", Some(KEY), &mut to_server),
        Err(SendError::CloseSent)
    );
    assert_eq!(
        client.send_close(close, Some(KEY), &mut to_server),
        Err(SendError::CloseSent)
    );

    // RFC 6455 section 5.5.1: the answer may wait until the current message is sent.
    assert_eq!(
        server.receive(&mut to_server),
        Ok(Some((Event::Close(close), 11)))
    );
    assert_eq!(server.state(), State::CloseReceived);
    assert!(!server.wants_input());
    server.send_text("last", None, &mut to_client).unwrap();
    assert_eq!(server.due(), Some(Due::Close(CloseCode::GOING_AWAY)));
    assert_eq!(server.send_due(None, &mut to_client), Ok(4));
    assert_eq!(server.state(), State::Closed);
    assert_eq!(
        server.send_ping(b"", None, &mut to_client),
        Err(SendError::Closed)
    );

    let (event, used) = client.receive(&mut to_client).unwrap().unwrap();
    assert_eq!(event, Event::Text("last"));
    let echoed = Close {
        code: CloseCode::GOING_AWAY,
        reason: "",
    };
    assert_eq!(
        client.receive(&mut to_client[used..]),
        Ok(Some((Event::Close(echoed), 4)))
    );
    assert_eq!(client.state(), State::Closed);
    assert_eq!(client.due(), None);
    assert_eq!(client.receive_eof(), Ok(None));
}

#[test]
fn an_error_makes_a_close_due_and_nothing_else() {
    let mut server = Connection::new(Config::SERVER);
    server.receive(&mut frame(0x89, b"x", Some(KEY))).unwrap();
    server
        .receive(&mut frame(0x81, b"\xff", Some(KEY)))
        .unwrap_err();
    assert_eq!(server.state(), State::Failing);
    assert!(!server.wants_input() && !server.wants_close());
    let mut out = Vec::new();
    assert_eq!(
        server.send_text("x", None, &mut out),
        Err(SendError::Failed)
    );
    assert_eq!(
        server.send_ping(b"x", None, &mut out),
        Err(SendError::Failed)
    );
    assert_eq!(server.send_due(None, &mut out), Ok(4));
    assert_eq!(out, b"\x88\x02\x03\xef");
    assert_eq!((server.state(), server.due()), (State::Failed, None));
    assert!(server.wants_close());
    assert_eq!(server.send_due(None, &mut out), Ok(0));
}

#[test]
fn the_most_recent_ping_is_answered() {
    let mut client = Connection::new(Config::CLIENT);
    let mut wire = [frame(0x89, b"one", None), frame(0x89, b"two", None)].concat();
    let (_, used) = client.receive(&mut wire).unwrap().unwrap();
    client.receive(&mut wire[used..]).unwrap();
    assert_eq!(client.due(), Some(Due::Pong(b"two")));
    let mut out = Vec::new();
    assert_eq!(client.send_due(None, &mut out), Err(SendError::KeyMissing));
    assert_eq!(client.send_due(Some(KEY), &mut out), Ok(9));
    assert_eq!(out, frame(0x8a, b"two", Some(KEY)));
    assert_eq!(client.due(), None);
}

#[test]
fn a_failed_send_changes_nothing() {
    let mut client = Connection::new(Config::CLIENT.permessage_deflate());
    let mut server = Connection::new(Config::SERVER);
    let piece = |kind, part, bytes| Data {
        kind,
        part,
        rsv: Rsv::NONE,
        bytes,
    };
    let mut out = Vec::new();
    client
        .send_data(
            piece(MessageKind::Text, Part::First, b"\xe4"),
            Some(KEY),
            &mut out,
        )
        .unwrap();
    let long = [b'a'; 126];
    let reason = core::str::from_utf8(&long[..124]).unwrap();
    #[rustfmt::skip]
    let refusals = [
        (client.send_text("a", Some(KEY), &mut out), SendError::InsideMessage),               // 5.4
        (client.send_data(piece(MessageKind::Text, Part::First, b""), Some(KEY), &mut out), SendError::InsideMessage),
        (client.send_data(piece(MessageKind::Binary, Part::Last, b""), Some(KEY), &mut out), SendError::OutsideMessage),
        (client.send_data(piece(MessageKind::Text, Part::Last, b"\xb8"), Some(KEY), &mut out), SendError::InvalidUtf8 { offset: 1 }), // 5.6
        (client.send_data(piece(MessageKind::Text, Part::Middle, b"a"), Some(KEY), &mut out), SendError::InvalidUtf8 { offset: 0 }),
        (client.send_data(piece(MessageKind::Text, Part::Last, b"\xb8\xad"), None, &mut out), SendError::KeyMissing), // 5.1
        (client.send_ping(&long, Some(KEY), &mut out), SendError::ControlTooLong { len: 126 }), // 5.5
        (client.send_close(Close { code: CloseCode(1006), reason: "" }, Some(KEY), &mut out), SendError::CloseCode { code: CloseCode(1006) }), // 7.4.1
        (client.send_close(Close { code: CloseCode::NO_STATUS, reason: "a" }, Some(KEY), &mut out), SendError::CloseCode { code: CloseCode(1005) }), // 5.5.1
        (client.send_close(Close { code: CloseCode(1000), reason }, Some(KEY), &mut out), SendError::ControlTooLong { len: 126 }), // 5.5
        (server.send_text("a", Some(KEY), &mut out), SendError::KeyUnexpected),               // 5.1
        (server.send_data(piece(MessageKind::Text, Part::Last, b""), None, &mut out), SendError::OutsideMessage), // 5.4
        (server.send_data(Data { rsv: Rsv::RSV1, ..piece(MessageKind::Text, Part::Whole, b"") }, None, &mut out), SendError::ReservedBits { rsv: Rsv::RSV1 }), // RFC 7692 6
        (server.send_text("abcd", None, &mut [0_u8; 5].as_mut_slice()), SendError::OutputTooSmall { needed: 6, available: 5 }),
    ];
    for (result, error) in refusals {
        assert_eq!(result, Err(error));
    }
    client
        .send_data(
            piece(MessageKind::Text, Part::Last, b"\xb8\xad"),
            Some(KEY),
            &mut out,
        )
        .unwrap();
    assert_eq!(
        receive(&mut server, &out, &[1]),
        (std::vec![text("\u{4e2d}")], None)
    );
}

#[test]
fn a_header_alone_serves_a_vectored_write() {
    let mut client = Connection::new(Config::CLIENT.permessage_deflate());
    let data = Data {
        kind: MessageKind::Binary,
        part: Part::Whole,
        rsv: Rsv::RSV1,
        bytes: &[7; 300],
    };
    let header = client.send_data_header(data, Some(KEY)).unwrap();
    let mut payload = [7; 300];
    KEY.apply(&mut payload);
    let mut whole = Vec::new();
    client.send_data(data, Some(KEY), &mut whole).unwrap();
    assert_eq!([&header[..], &payload].concat(), whole);
    assert_eq!(whole, frame(0xc2, &[7; 300], Some(KEY)));
}

#[test]
fn a_passive_reader_sees_each_header() {
    let mut wire = frame(0x01, b"Hello", Some(KEY));
    let mut server = Connection::new(Config::SERVER);
    assert_eq!(server.peek_header(&wire[..5]), Ok(None));
    let (header, used) = server.peek_header(&wire).unwrap().unwrap();
    assert_eq!((header.payload_len, used), (5, 6));
    server.receive(&mut wire[..8]).unwrap();
    assert!(!server.is_between_frames());
    assert_eq!(server.peek_header(&wire[8..]), Ok(None));
    server.receive(&mut wire[8..]).unwrap();
    assert!(server.is_between_frames());
    let error = server.peek_header(b"\x81").unwrap_err();
    assert_eq!(
        error.kind(),
        ErrorKind::ExpectedContinuation {
            opcode: Opcode::TEXT
        }
    );
}
