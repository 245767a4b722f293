//! What a head says about its connection: whether it persists, and to what it may switch.

use super::*;

// RFC 9110 section 5.6.1.2: "A recipient MUST parse and ignore a reasonable number of empty list elements".
#[test]
fn empty_list_members_are_forgiven_up_to_a_number() {
    let start = post("").len() - 2;
    let verdict = |fields: &str, quirks| {
        request(&post(fields), quirks)
            .map(|framing| (framing.body(), framing.keep_alive()))
            .map_err(|error| (error.kind(), error.offset() - start))
    };
    let (some, many) = (",".repeat(16), ",".repeat(30_000));
    let too_many = |offset| Err((ErrorKind::EmptyListElement, offset));
    for (fields, quirks, expected) in [
        // In what frames the body none, and with the quirk some.
        (
            format!("Transfer-Encoding: {some}chunked\r\n"),
            Quirks::NONE,
            too_many(19),
        ),
        (
            format!("Transfer-Encoding: {some}chunked\r\n"),
            Quirks::EMPTY_TRANSFER_CODINGS,
            Ok((BodyLength::Chunked, true)),
        ),
        (
            format!("Transfer-Encoding: {some}chunked,\r\n"),
            Quirks::EMPTY_TRANSFER_CODINGS,
            too_many(43),
        ),
        (
            format!("Transfer-Encoding:{some}\r\nTransfer-Encoding: chunked\r\n"),
            Quirks::EMPTY_TRANSFER_CODINGS,
            too_many(34),
        ),
        (
            format!("Transfer-Encoding: {many}chunked\r\n"),
            Quirks::EMPTY_TRANSFER_CODINGS,
            too_many(35),
        ),
        // In the other lists some.
        (
            format!("Connection: {some}close\r\n"),
            Quirks::NONE,
            Ok((BodyLength::None, false)),
        ),
        (
            format!("Connection: {some},close\r\n"),
            Quirks::NONE,
            too_many(28),
        ),
        (
            format!("Connection: {some}close\r\nConnection:\r\n"),
            Quirks::NONE,
            too_many(46),
        ),
        (
            format!("Connection: {some}close\r\nUpgrade: a,,\r\n"),
            Quirks::NONE,
            too_many(46),
        ),
        (format!("Upgrade: {many}\r\n"), Quirks::NONE, too_many(25)),
        (
            format!("Expect: {many}100-continue\r\n"),
            Quirks::NONE,
            too_many(24),
        ),
    ] {
        assert_eq!(verdict(&fields, quirks), expected, "{fields:.40}");
    }
    let bodiless = format!("HTTP/1.1 204 \r\nConnection: {some}close\r\n\r\n");
    let framing = response(&bodiless, Method::GET, Quirks::NONE).unwrap();
    assert!(!framing.keep_alive());
    let bodiless = format!("HTTP/1.1 204 \r\nConnection: ,{some}close\r\n\r\n");
    let error = Error::new(ErrorKind::EmptyListElement, 43);
    assert_eq!(response(&bodiless, Method::GET, Quirks::NONE), Err(error));
}

#[test]
fn some_responses_end_http() {
    let rows = [
        (Method::CONNECT, 200, true),
        (Method::CONNECT, 204, true),
        (Method::CONNECT, 302, false),
        (Method::GET, 101, true),
        (Method::GET, 200, false),
    ];
    for (method, status, switches) in rows {
        let framing = response(
            &format!("HTTP/1.1 {status} x\r\n\r\n"),
            method,
            Quirks::NONE,
        )
        .unwrap();
        assert_eq!(framing.switches_protocols(), switches, "{method} {status}");
    }
}

#[test]
fn connections_persist_as_section_9_3_says() {
    #[rustfmt::skip]
    let rows = [
        ("HTTP/1.1", "", true),
        ("HTTP/1.1", "Connection: close\r\n", false),
        ("HTTP/1.1", "Connection: Keep-Alive\r\n", true),
        ("HTTP/1.1", "Connection: keep-alive, CLOSE\r\n", false),
        ("HTTP/1.1", "Connection: x\r\nConnection: ,close\r\n", false),
        ("HTTP/1.1", "Connection: closed\r\n", true),
        // Names and options of the same lengths.
        ("HTTP/1.1", "User-Agent: close\r\nCache-Hint: close\r\n", true),
        ("HTTP/1.1", "Connection: other\r\n", true),
        ("HTTP/1.0", "Connection: proxy-auth\r\n", false),
        ("HTTP/1.0", "", false),
        ("HTTP/1.0", "Connection: keep-alive\r\n", true),
        ("HTTP/1.0", "Connection: keep-alive, close\r\n", false),
        ("HTTP/1.0", "Proxy-Connection: keep-alive\r\n", false),
        ("HTTP/1.5", "", true),
    ];
    for (version, fields, persists) in rows {
        let head = format!("GET / {version}\r\nHost: a\r\n{fields}\r\n");
        assert_eq!(
            request(&head, Quirks::NONE).unwrap().keep_alive(),
            persists,
            "{head:?}"
        );
        let head = format!("{version} 200 OK\r\nContent-Length: 0\r\n{fields}\r\n");
        assert_eq!(
            response(&head, Method::GET, Quirks::NONE)
                .unwrap()
                .keep_alive(),
            persists,
            "{head:?}"
        );
        // Until-close is until close.
        let head = format!("{version} 200 OK\r\n{fields}\r\n");
        assert!(
            !response(&head, Method::GET, Quirks::NONE)
                .unwrap()
                .keep_alive(),
            "{head:?}"
        );
    }
}

#[test]
fn upgrades_and_expectations_are_of_http11() {
    #[rustfmt::skip]
    let rows = [
        ("HTTP/1.1", "Upgrade: websocket\r\nConnection: Upgrade\r\n", true, false),
        ("HTTP/1.1", "Upgrade: websocket\r\nConnection: keep-alive, upgrade\r\n", true, false),
        // RFC 9110 section 7.8: "A sender of Upgrade MUST also send an "Upgrade" connection option".
        ("HTTP/1.1", "Upgrade: websocket\r\n", false, false),
        ("HTTP/1.1", "Upgrade: websocket\r\nConnection: http2-s\r\n", false, false),
        ("HTTP/1.1", "Upgrade:\r\nConnection: upgrade\r\n", false, false),
        // RFC 9110 section 5.6.1.2: empty members are ignored, and these lists have no others.
        ("HTTP/1.1", "Upgrade: ,\r\nConnection: upgrade\r\n", false, false),
        ("HTTP/1.1", "Upgrade: , \t,\r\nConnection: ,upgrade,\r\n", false, false),
        ("HTTP/1.1", "Upgrade: ,a\r\nConnection: ,upgrade,\r\n", true, false),
        ("HTTP/1.1", "Connection: upgrade\r\n", false, false),
        ("HTTP/1.0", "Upgrade: websocket\r\nConnection: Upgrade\r\n", false, false),
        ("HTTP/1.1", "Expect: 100-Continue\r\n", false, true),
        ("HTTP/1.1", "Expect: x, 100-continue\r\n", false, true),
        ("HTTP/1.1", "Expect: 100-continued\r\n", false, false),
        // RFC 9110 section 10.1.1: "A server that receives a 100-continue expectation in an HTTP/1.0 request MUST ignore
        // that expectation."
        ("HTTP/1.0", "Expect: 100-continue\r\n", false, false),
    ];
    for (version, fields, upgrade, expect) in rows {
        let framing = request(
            &format!("POST / {version}\r\nHost: a\r\n{fields}\r\n"),
            Quirks::NONE,
        )
        .unwrap();
        assert_eq!(
            (framing.upgrade(), framing.expect_continue()),
            (upgrade, expect),
            "{version} {fields:?}"
        );
    }
}
