//! What the sending side writes, byte by byte.

use super::*;

#[test]
fn each_kind_of_frame_has_its_bytes() {
    let mut server = Connection::new(Config::SERVER);
    let mut out = Vec::new();
    assert_eq!(server.send_binary(b"\xff", None, &mut out), Ok(3));
    assert_eq!(server.send_text("a", None, &mut out), Ok(3));
    assert_eq!(server.send_pong(b"b", None, &mut out), Ok(3));
    assert_eq!(server.send_ping(&[7; 125], None, &mut out), Ok(127)); // 5.5: the longest
    assert_eq!(out[..9], *b"\x82\x01\xff\x81\x01a\x8a\x01b");
    assert_eq!(out[9..], frame(0x89, &[7; 125], None));
}

#[test]
fn a_close_frame_may_be_empty() {
    // RFC 6455 section 5.5.1: "The Close frame MAY contain a body".
    let mut server = Connection::new(Config::SERVER);
    let mut out = Vec::new();
    let close = Close {
        code: CloseCode::NO_STATUS,
        reason: "",
    };
    assert_eq!(server.send_close(close, None, &mut out), Ok(2));
    assert_eq!(out, b"\x88\0");
}

#[test]
fn a_pong_answers_the_ping_whose_body_it_has() {
    // RFC 6455 section 5.5.3: "A Pong frame MAY be sent unsolicited."
    let mut server = Connection::new(Config::SERVER);
    server.receive(&mut frame(0x89, b"x", Some(KEY))).unwrap();
    server.send_pong(b"y", None, &mut Vec::new()).unwrap();
    assert_eq!(server.due(), Some(Due::Pong(b"x")));
    server.send_pong(b"x", None, &mut Vec::new()).unwrap();
    assert_eq!(server.due(), None);
}
