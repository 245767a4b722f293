use std::vec::Vec;

use super::*;
use crate::{CloseCode, ErrorKind, Opcode};

use Position::{AfterClose, BetweenFragments, BetweenMessages};
use Role::{Client, Server};

const KEY: Option<MaskingKey> = Some(MaskingKey([1, 2, 3, 4]));
const GOING_AWAY: Close<'_> = Close {
    code: CloseCode::GOING_AWAY,
    reason: "",
};

const fn in_frame(remaining: u64) -> Position {
    Position::InFrame { remaining }
}

/// Walks through `input`, in pieces of `step` bytes behind what was left; returns what was passed on.
fn walk(walker: &mut FrameWalker, input: &[u8], step: usize) -> Result<Vec<u8>, Error> {
    let (mut passed, mut end) = (Vec::new(), 0);
    while end < input.len() {
        end = input.len().min(end.saturating_add(step));
        loop {
            let start = passed.len();
            let received = walker
                .receive(&input[start..end])
                .map_err(|error| error.shifted(start))?;
            let Some((piece, used)) = received else { break };
            assert_eq!(piece.bytes, &input[start..start + used]);
            assert_eq!(
                piece.ends_frame,
                !matches!(walker.position(), Position::InFrame { .. })
            );
            passed.extend_from_slice(piece.bytes);
        }
    }
    Ok(passed)
}

/// What was sent, how much of it is passed on, and where the sender then stands.
type Row = (Role, &'static [u8], usize, Position);

#[rustfmt::skip]
const ROWS: &[Row] = &[
    (Server, b"\x81\x05Hello",                         7,  BetweenMessages),      // 5.7 unmasked text
    (Client, b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 11, BetweenMessages), // 5.7 masked text
    (Server, b"\x81\x05Hel",                           5,  in_frame(2)),
    (Server, b"\x81\x05",                              2,  in_frame(5)),
    (Server, b"\x81",                                  0,  BetweenMessages),      // half a header is not begun
    (Client, b"\x81\x85\x37\xfa\x21",                  0,  BetweenMessages),
    (Server, b"\x81\x00\x82\x7f\x00\x00\x00\x00\x00\x01\x00", 2, BetweenMessages),
    (Server, b"\x01\x03Hel",                           5,  BetweenFragments),     // 5.7 first fragment
    (Server, b"\x01\x03Hel\x80\x02lo",                 9,  BetweenMessages),      // 5.7 last fragment
    (Server, b"\x01\x03Hel\x00\x00",                   7,  BetweenFragments),     // 5.4 one in the middle
    (Server, b"\x01\x03Hel\x89\x02hi",                 9,  BetweenFragments),     // 5.4 a ping between fragments
    (Server, b"\x01\x03Hel\x89\x02h",                  8,  in_frame(1)),
    (Server, b"\x01\x03Hel\x89\x02hi\x80\x02lo\x8a\x00", 15, BetweenMessages),
    (Server, b"\x88\x02\x03\xe8",                      4,  AfterClose),           // 5.5.1
    (Server, b"\x88\x00",                              2,  AfterClose),           // 5.5.1 without a body
    (Server, b"\x88\x02\x03",                          3,  in_frame(1)),
    (Server, b"\x01\x03Hel\x88\x00",                   7,  AfterClose),           // 5.4 inside a message
    (Server, b"\x88\x00\x81\x05Hello\xff\xff",         2,  AfterClose),           // 1.4 what follows is discarded
    (Server, b"\xf2\x01a\xe9\x00\x71\x01a",            8,  BetweenFragments),     // 5.2 bits of extensions
    (Server, b"\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xffab", 12, in_frame(u64::MAX / 2 - 2)), // 5.2 63 bits
    (Client, b"\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x01\x02\x03\x04a", 15, in_frame(u64::MAX / 2 - 1)),
];

#[test]
fn frames_are_followed_under_every_split() {
    for &(sender, input, passed, position) in ROWS {
        for step in [1, 2, 3, 5, usize::MAX] {
            let mut walker = FrameWalker::new(sender);
            let row = input.escape_ascii();
            assert_eq!(
                walk(&mut walker, input, step).unwrap(),
                &input[..passed],
                "{row}"
            );
            assert_eq!(walker.position(), position, "{row} {step}");
            assert_eq!(walker.wants_input(), position != AfterClose, "{row} {step}");
        }
    }
}

#[rustfmt::skip]
const BROKEN: &[(Role, &[u8], ErrorKind, usize)] = &[
    (Client, b"\x81\x05",                 ErrorKind::MaskMissing,                              1), // 5.1
    (Server, b"\x81\x85",                 ErrorKind::MaskUnexpected,                           1), // 5.1
    (Server, b"\x83",                     ErrorKind::ReservedOpcode { opcode: Opcode(3) },     0), // 5.2
    (Server, b"\x82\x7e\x00\x7d",         ErrorKind::LengthNotMinimal,                         2), // 5.2
    (Server, b"\x82\x7f\x80",             ErrorKind::LengthTopBit,                             2), // 5.2
    (Server, b"\x80",                     ErrorKind::UnexpectedContinuation,                   0), // 5.4
    (Server, b"\x81\x01a\x00",            ErrorKind::UnexpectedContinuation,                   3), // 5.4
    (Server, b"\x01\x01a\x81",            ErrorKind::ExpectedContinuation { opcode: Opcode::TEXT }, 3), // 5.4
    (Server, b"\x01\x01a\x89\x00\x02",    ErrorKind::ExpectedContinuation { opcode: Opcode::BINARY }, 5), // 5.4
    (Server, b"\x81\x01a\x09",            ErrorKind::ControlFragmented { opcode: Opcode::PING }, 3), // 5.5
    (Server, b"\x81\x01a\x89\x7e",        ErrorKind::ControlTooLong { opcode: Opcode::PING },  4), // 5.5
    (Server, b"\x81\x01a\x88\x01",        ErrorKind::CloseTruncated,                           4), // 5.5.1
];

#[test]
fn broken_headers_are_not_begun_and_stay_broken() {
    for &(sender, input, kind, offset) in BROKEN {
        for tail in [&b""[..], b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0"] {
            let input = [input, tail].concat();
            for step in [1, 2, usize::MAX] {
                let mut walker = FrameWalker::new(sender);
                let error = walk(&mut walker, &input, step).unwrap_err();
                let row = input.escape_ascii();
                assert_eq!((error.kind(), error.offset()), (kind, offset), "{row}");
                assert!(
                    !matches!(walker.position(), Position::InFrame { .. }),
                    "{row}"
                );
                assert!(!walker.wants_input());
                let again = walker.receive(b"\x81\x00").unwrap_err();
                assert_eq!(again.kind(), kind, "{row}");
            }
        }
    }
}

#[test]
fn pieces_name_the_frames_that_they_begin() {
    let mut walker = FrameWalker::new(Server);
    let (piece, used) = walker.receive(b"\x41\x7e\x01\x00abc").unwrap().unwrap();
    let header = piece.header.unwrap();
    assert_eq!(
        (header.opcode, header.fin, header.payload_len),
        (Opcode::TEXT, false, 256)
    );
    assert_eq!((used, piece.ends_frame), (7, false));
    let (piece, used) = walker.receive(&[b'a'; 300]).unwrap().unwrap();
    assert_eq!((piece.header, piece.ends_frame, used), (None, true, 253));
}

/// What each end sent before, and whether a Close frame may then be sent to the client and to the server.
#[rustfmt::skip]
const PLACES: &[(&[u8], &[u8], bool, bool)] = &[
    (b"",                         b"",                 true,  true),
    (b"\x81\x81\0\0\0\0",         b"\x81\x05Hello",    true,  false), // inside the client's frame
    (b"\x81\x81\0\0\0\0a",        b"\x81\x05Hell",     false, true),  // inside the server's
    (b"\x01\x81\0\0\0\0a",        b"\x01\x01a",        true,  true),  // 5.4: between fragments
    (b"\x01\x81\0\0\0\0a\x80",    b"\x01\x01a\x80",    true,  true),  // in front of half a header
    (b"\x88\x80\0\0\0\0",         b"",                 true,  false), // 5.5.1: a Close frame went that way
    (b"",                         b"\x88\x02\x03\xe8", false, true),
    (b"",                         b"\x88\x02\x03",     false, true),  // half of one
    (b"\x81\x01",                 b"\x83",             true,  true),  // what is broken was not begun
];

#[test]
fn close_frames_stand_between_frames() {
    for &(client, server, to_client, to_server) in PLACES {
        let row = || (client.escape_ascii(), server.escape_ascii());
        let mut relay = Relay::new();
        for (sender, input) in [(Client, client), (Server, server)] {
            let mut taken = 0;
            while let Ok(Some((piece, used))) = relay.receive(sender, &input[taken..]) {
                assert_eq!(piece.bytes.len(), used);
                taken += used;
            }
        }
        let rows = [(Client, to_client, None, 4), (Server, to_server, KEY, 8)];
        for (receiver, may, key, len) in rows {
            assert_eq!(relay.may_close(receiver), may, "{:?}", row());
            let mut out = Vec::new();
            let sent = relay.send_close(receiver, GOING_AWAY, key, &mut out);
            let refused = match relay.position(receiver.peer()) {
                Position::InFrame { .. } => SendError::InsideFrame,
                _ => SendError::CloseSent,
            };
            assert_eq!(
                sent,
                if may { Ok(len) } else { Err(refused) },
                "{:?}",
                row()
            );
            assert_eq!(out.len(), sent.unwrap_or(0));
            assert!(!relay.may_close(receiver));
        }
    }
}

#[test]
fn refused_close_frames_change_nothing() {
    let long = "a".repeat(124);
    let too_long = Close {
        reason: &long,
        ..GOING_AWAY
    };
    let not_sendable = Close {
        code: CloseCode::ABNORMAL_CLOSURE,
        reason: "",
    };
    #[rustfmt::skip]
    let rows = [
        (Client, GOING_AWAY, KEY, SendError::KeyUnexpected),                       // 5.1
        (Server, GOING_AWAY, None, SendError::KeyMissing),                         // 5.1
        (Server, too_long, KEY, SendError::ControlTooLong { len: 126 }),           // 5.5
        (Server, not_sendable, KEY, SendError::CloseCode { code: CloseCode::ABNORMAL_CLOSURE }), // 7.4.1
        (Server, GOING_AWAY, KEY, SendError::OutputTooSmall { needed: 8, available: 7 }),
    ];
    let mut relay = Relay::new();
    for (receiver, close, key, error) in rows {
        let mut out = [0xaa; 7];
        let sent = relay.send_close(receiver, close, key, &mut out.as_mut_slice());
        assert_eq!(sent, Err(error));
        assert_eq!(out, [0xaa; 7]);
        assert_eq!(relay.state(receiver), State::Open);
        assert!(relay.may_close(receiver));
    }
}

/// One piece, of which everything is used.
fn pass<'i>(relay: &mut Relay, sender: Role, input: &'i [u8]) -> &'i [u8] {
    let (piece, used) = relay.receive(sender, input).unwrap().unwrap();
    assert_eq!(used, input.len());
    piece.bytes
}

#[test]
fn close_frames_that_pass_end_both_handshakes() {
    let mut relay = Relay::new();
    let states = |relay: &Relay| (relay.state(Client), relay.state(Server));
    assert_eq!(states(&relay), (State::Open, State::Open));
    assert!(relay.wants_input(Client) && relay.wants_input(Server));
    // RFC 6455 section 5.5.1: the other end may still finish what it sends.
    assert_eq!(pass(&mut relay, Client, b"\x88\x80\0\0\0\0").len(), 6);
    assert_eq!(states(&relay), (State::CloseReceived, State::CloseSent));
    assert_eq!(pass(&mut relay, Server, b"\x81\x01a"), b"\x81\x01a");
    assert!(!relay.is_closed());
    assert_eq!(pass(&mut relay, Server, b"\x88\x00"), b"\x88\x00");
    assert_eq!(states(&relay), (State::Closed, State::Closed));
    assert!(relay.is_closed());
    assert!(!relay.wants_input(Client) && !relay.wants_input(Server));
}

#[test]
fn behind_a_close_frame_of_its_own_a_relay_passes_nothing_on() {
    let mut relay = Relay::new();
    let mut out = Vec::new();
    relay
        .send_close(Client, GOING_AWAY, None, &mut out)
        .unwrap();
    relay.send_close(Server, GOING_AWAY, KEY, &mut out).unwrap();
    assert_eq!(out, b"\x88\x02\x03\xe9\x88\x82\x01\x02\x03\x04\x02\xeb");
    assert_eq!(pass(&mut relay, Server, b"\x01\x03Hel"), b"");
    assert_eq!(pass(&mut relay, Server, b"\x88\x00"), b"");
    assert_eq!(
        (relay.state(Server), relay.state(Client)),
        (State::Closed, State::CloseSent)
    );
    assert!(!relay.is_closed());
    assert_eq!(pass(&mut relay, Client, b"\x88\x80\0\0\0\0"), b"");
    assert!(relay.is_closed());
}

#[test]
fn broken_ends_have_failed() {
    let mut relay = Relay::new();
    let error = relay.receive(Client, b"\x81\x00").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MaskMissing);
    assert_eq!(
        (relay.state(Client), relay.state(Server)),
        (State::Failing, State::Open)
    );
    let close = Close {
        code: error.close_code(),
        reason: "",
    };
    let mut out = Vec::new();
    relay.send_close(Client, close, None, &mut out).unwrap();
    assert_eq!(out, b"\x88\x02\x03\xea");
    assert!(relay.may_close(Server) && !relay.is_closed());
}
