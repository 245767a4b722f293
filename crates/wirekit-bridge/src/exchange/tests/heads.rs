//! Heads that are rare, as a server gets them.

use wirekit_http1::Quirks;

use super::*;

/// What a uwsgi server without a bound gets of a head that may have 300 fields.
fn packet(head: &str, quirks: Quirks) -> Result<Vec<u8>, Refusal> {
    let mut config = http1::Config::DEFAULT.quirks(quirks);
    config.limits.max_fields = 300;
    let mut exchange = Exchange::new(Config::DEFAULT.client(config));
    let mut fields = FieldTable::<300>::with_capacity();
    let received = exchange.receive_request(head.as_bytes(), &mut fields);
    let Some((Event::Head { head, .. }, _)) = received.unwrap() else {
        panic!("no head")
    };
    let mut out = Vec::new();
    let request = Request::new("http").forwarded(Forwarded::Drop);
    let (kind, peer) = (Kind::Uwsgi, Peer::UNLIMITED);
    send_to(&mut exchange, &head, kind, peer, &request, &mut out).map(|_| out)
}

fn get(packet: &[u8], key: &str) -> Option<String> {
    let (packet, _) = Packet::parse(packet).unwrap();
    let value = packet.vars().unwrap().get(key.as_bytes())?;
    Some(str::from_utf8(value).unwrap().into())
}

// RFC 3875 section 4.1.16, and RFC 9110 section 7.6.3 for the "received-protocol" of Via.
#[test]
fn a_server_is_told_the_version() {
    for (version, via) in [("HTTP/1.0", "1.0 gw"), ("HTTP/1.1", "1.1 gw")] {
        let head = std::format!("GET / {version}\r\nHost: a\r\n\r\n");
        let gateway = Gateway::ask(head.as_bytes(), Kind::Uwsgi);
        for (key, value) in [("SERVER_PROTOCOL", version), ("HTTP_VIA", via)] {
            assert_eq!(get(&gateway.to_server, key).as_deref(), Some(value));
        }
    }
}

#[test]
fn more_fields_than_a_packet_has_room_for_are_refused() {
    for count in [255, 256] {
        let head = std::format!("GET / HTTP/1.0\r\n{}\r\n", "A: b\r\n".repeat(count));
        let expected = match count {
            255 => None,
            _ => Some(Refusal::Packet {
                error: wirekit_uwsgi::EncodeError::TooManyFields { count, max: 255 },
            }),
        };
        assert_eq!(packet(&head, Quirks::NONE).err(), expected);
    }
}

// RFC 9110 section 7.8: a sender of Upgrade "MUST also send an "Upgrade" connection option", and a server "MUST ignore an
// Upgrade header field that is received in an HTTP/1.0 request".
#[test]
fn an_upgrade_that_does_not_count_is_not_offered() {
    let switch =
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    let rows = [
        ("HTTP/1.1", "Connection: Upgrade\r\n", true),
        ("HTTP/1.1", "Connection: keep-alive\r\n", false),
        ("HTTP/1.1", "", false),
        ("HTTP/1.0", "Connection: Upgrade\r\n", false),
    ];
    for kind in KINDS {
        for (version, option, is_offered) in rows {
            let head =
                std::format!("GET / {version}\r\nHost: a\r\n{option}Upgrade: websocket\r\n\r\n");
            let mut gateway = Gateway::ask(head.as_bytes(), kind);
            let mut sent = gateway.to_server.windows(9);
            let offers = sent.any(|window| window == b"websocket");
            assert_eq!(offers, is_offered, "{kind:?} {head}");
            let answered = gateway.answer(switch, switch.len(), false);
            assert_eq!(answered.is_ok(), is_offered, "{kind:?} {head}");
        }
    }
}

// RFC 9110 section 15.5.22: "The server MUST send an Upgrade header field in a 426 response to indicate the required
// protocol(s)". Any other response has it for the connection that it came on alone (section 7.8).
#[test]
fn a_426_names_its_protocol_to_the_client() {
    for kind in KINDS {
        for (status, passes) in [("426 Upgrade Required", true), ("200 OK", false)] {
            let mut gateway = Gateway::ask(GET, kind);
            let upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
            let response =
                std::format!("HTTP/1.1 {status}\r\n{upgrade}Content-Length: 2\r\n\r\nno");
            gateway.answer(response.as_bytes(), 9, false).unwrap();
            assert_eq!(gateway.client().contains(upgrade), passes, "{response}");
            assert!(gateway.client().ends_with("\r\n\r\nno"), "{response}");
        }
    }
}

// RFC 9112 section 5.2, and its section 2.2 for a line that a bare LF ends.
#[test]
fn folds_are_spaces_as_far_as_there_is_room() {
    let (quirks, bare) = (Quirks::OBS_FOLD, Quirks::OBS_FOLD | Quirks::BARE_LF);
    let long = "b".repeat(4096);
    let folded = "c".repeat(4092);
    let rows = [
        ("A: b\n c\r\n d\n", bare, Some("b  c   d".to_string())),
        // What has no fold takes none of the room.
        (
            &std::format!("B: {long}\r\nA: b\r\n c\r\n"),
            quirks,
            Some("b   c".into()),
        ),
        // The room is 4 KiB.
        (
            &std::format!("A: {folded}\r\n d\r\n"),
            quirks,
            Some(std::format!("{folded}   d")),
        ),
        (&std::format!("A: {folded}c\r\n d\r\n"), quirks, None),
        (
            &std::format!("B: {folded}\r\n d\r\nA: b\r\n c\r\n"),
            quirks,
            None,
        ),
    ];
    for (fields, quirks, expected) in rows {
        let head = std::format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
        match (packet(&head, quirks), expected) {
            (Ok(packet), expected) => assert_eq!(get(&packet, "HTTP_A"), expected),
            (Err(refusal), None) => assert_eq!(refusal.status(), StatusCode::BAD_REQUEST),
            (Err(refusal), Some(expected)) => panic!("{refusal}, not {expected}"),
        }
    }
}

// Content that fits exactly is sent.
#[test]
fn content_needs_room_for_itself_and_no_more() {
    let mut gateway = Gateway::ask(POST, Kind::Uwsgi);
    let received = gateway.exchange.receive_request(b"hi", &mut gateway.fields);
    assert!(matches!(received, Ok(Some((Event::Data(b"hi"), 2)))));
    let mut out = Vec::new();
    let room = EncodeError::OutputTooSmall { needed: 2 };
    for (len, sent) in [(1, Err(SendError::from(room))), (2, Ok(2))] {
        let mut out = (&mut out).limit(len);
        let exchange = &mut gateway.exchange;
        assert_eq!(exchange.send_request_data(b"hi", &mut out), sent);
    }
    assert_eq!(out, b"hi");
}
