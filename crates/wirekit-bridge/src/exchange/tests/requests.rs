//! What a server gets.

use super::*;
use crate::ForwardedForm;
use wirekit_http1::Quirks;

#[test]
fn what_a_server_gets_is_the_request() {
    let received = b"POST http://good.example/a//b%20c?q HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-For: 6.6.6.6\r\n\
        Connection: X-Hop, keep-alive\r\nX-Hop: 1\r\nExpect: 100-continue\r\nA: b\r\nTransfer-Encoding: chunked\r\n\r\n\
        2;x\r\nhi\r\n0\r\nT: 1\r\n\r\n";
    let request = Request::new("https")
        .remote("192.0.2.1:5".parse().unwrap())
        .via("gw");
    let mut gateway = Gateway::new();
    gateway.head(received, Kind::Http1, &request).unwrap();
    gateway.pump().unwrap();
    let expected = "POST /a//b%20c?q HTTP/1.1\r\nHost: good.example\r\nA: b\r\nX-Forwarded-For: 192.0.2.1\r\n\
        X-Forwarded-Proto: https\r\nX-Forwarded-Host: good.example\r\nVia: 1.1 gw\r\nTransfer-Encoding: chunked\r\n\r\n\
        2\r\nhi\r\n0\r\nT: 1\r\n\r\n";
    assert_eq!(str::from_utf8(&gateway.to_server).unwrap(), expected);

    let mut gateway = Gateway::new();
    let request = request.forwarded(Forwarded::Append);
    let received = b"GET http://good.example/x/%2e%2e/admin?q HTTP/1.1\r\nHost: good.example\r\nX-Forwarded-For: 6.6.6.6\r\nProxy: x\r\n\r\n";
    gateway.head(received, Kind::Uwsgi, &request).unwrap();
    let (packet, _) = Packet::parse(&gateway.to_server).unwrap();
    let vars = packet.vars().unwrap();
    #[rustfmt::skip]
    let expected = [
        ("REQUEST_URI", "/x/%2e%2e/admin?q"), ("PATH_INFO", "/admin"), ("QUERY_STRING", "q"),
        ("HTTP_HOST", "good.example"), ("HTTP_X_FORWARDED_FOR", "6.6.6.6, 192.0.2.1"), ("HTTP_VIA", "1.1 gw"),
    ];
    for (key, value) in expected {
        assert_eq!(vars.get(key.as_bytes()), Some(value.as_bytes()), "{key}");
    }
    assert_eq!(vars.get(b"HTTP_PROXY"), None);
    assert_eq!(vars.get(b"REMOTE_ADDR"), Some(&b"192.0.2.1"[..]));

    // A trusted proxy says for whom it asks: an application sees that client, and the next hop sees the proxy.
    let mut gateway = Gateway::new();
    let request = request.client("6.6.6.6:0".parse().unwrap());
    gateway.head(received, Kind::Uwsgi, &request).unwrap();
    let (packet, _) = Packet::parse(&gateway.to_server).unwrap();
    let vars = packet.vars().unwrap();
    #[rustfmt::skip]
    let expected = [
        ("REMOTE_ADDR", Some("6.6.6.6")), ("REMOTE_PORT", None), ("HTTP_X_FORWARDED_FOR", Some("6.6.6.6, 192.0.2.1")),
    ];
    for (key, value) in expected {
        assert_eq!(vars.get(key.as_bytes()), value.map(str::as_bytes), "{key}");
    }
}

#[test]
fn a_held_body_is_sent_with_its_length_and_can_be_sent_again() {
    let mut gateway = Gateway::new();
    let received =
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n";
    let mut head_fields = FieldTable::new();
    let exchange = &mut gateway.exchange;
    let Some((Event::Head { head, .. }, mut at)) = exchange
        .receive_request(received, &mut head_fields)
        .unwrap()
    else {
        panic!()
    };
    let constants = [
        Var::new(b"SERVER_NAME", b"s"),
        Var::new(b"SERVER_PORT", b"80"),
    ];
    let prefix = Prefix::encode(&constants, &mut gateway.storage).unwrap();
    let server = UwsgiServer::new(prefix);
    let request = Request::new("http");
    let refused = exchange.send_request(
        &head,
        Upstream::Uwsgi(server),
        &request,
        &mut gateway.to_server,
    );
    assert_eq!(refused, Err(crate::Refusal::LengthRequired));
    let mut held = Vec::new();
    while let Some((event, used)) = exchange
        .receive_request(&received[at..], &mut gateway.fields)
        .unwrap()
    {
        if let Event::Data(data) = event {
            held.extend_from_slice(data);
        }
        at += used;
    }
    for _ in 0..2 {
        gateway.to_server.clear();
        let out = &mut gateway.to_server;
        exchange
            .send_request(&head, Upstream::Uwsgi(server), &request, out)
            .unwrap();
        // All that was received, and no more.
        assert_eq!(
            exchange.send_request_end(&[], out),
            Err(SendError::BodyTooShort { left: 2 })
        );
        exchange.send_request_data(&held, out).unwrap();
        assert_eq!(
            exchange.send_request_data(b"x", out),
            Err(SendError::BodyTooLong { left: 0 })
        );
        exchange.send_request_end(&[], out).unwrap();
        assert!(gateway.to_server.ends_with(b"hi"));
        assert_eq!(exchange.lose_server(), Outcome::Unanswered);
    }
}

// The body of an upload without a length goes on as it comes, where the application's server reads chunks.
#[test]
fn a_chunked_upload_streams_to_a_server_that_takes_it() {
    let head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    let (mut exchange, mut fields) = (Exchange::new(Config::DEFAULT), FieldTable::<100>::new());
    let Some((Event::Head { head, .. }, _)) = exchange.receive_request(head, &mut fields).unwrap()
    else {
        panic!()
    };
    let constants = [("SERVER_NAME", "s"), ("SERVER_PORT", "80")];
    let constants = constants.map(|(key, value)| Var::new(key.as_bytes(), value.as_bytes()));
    let mut storage = [0; 64];
    let prefix = Prefix::encode(&constants, &mut storage).unwrap();
    let request = Request::new("http");
    let mut out = Vec::new();
    let server = UwsgiServer::new(prefix);
    let refused = exchange.send_request(&head, Upstream::Uwsgi(server), &request, &mut out);
    assert_eq!(refused, Err(crate::Refusal::LengthRequired));
    let server = server.peer(Peer::UWSGI.uploads(Uploads::Chunked));
    exchange
        .send_request(&head, Upstream::Uwsgi(server), &request, &mut out)
        .unwrap();
    let (packet, _) = Packet::parse(&out).unwrap();
    let vars = packet.vars().unwrap();
    assert_eq!(vars.get(b"HTTP_TRANSFER_ENCODING"), Some(&b"chunked"[..]));
    assert_eq!(vars.get(b"CONTENT_LENGTH"), None);
    let mut sent = Vec::new();
    let mut table = FieldTable::<100>::new();
    let mut at = 0;
    let body = b"2;x\r\nhi\r\n3\r\nabc\r\n0\r\nETag: 1\r\n\r\nGET";
    for have in 0..=body.len() {
        assert!(!exchange.upstream_serves_again(b""));
        at += exchange
            .forward_request(&body[at..have], &mut table, &mut sent)
            .unwrap();
    }
    assert_eq!(&body[at..], b"GET");
    assert_eq!(
        sent.escape_ascii().to_string(),
        "1\\r\\nh\\r\\n1\\r\\ni\\r\\n1\\r\\na\\r\\n1\\r\\nb\\r\\n1\\r\\nc\\r\\n0\\r\\n\\r\\n"
    );
}

// A gateway that looks at the content itself has its end sent by the call that has nothing left to forward.
#[test]
fn the_end_of_a_request_is_sent_once_its_content_was() {
    let head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    for kind in KINDS {
        let mut gateway = Gateway::new();
        gateway.peer = Peer::UWSGI.uploads(Uploads::Chunked);
        gateway.head(head, kind, &Request::new("http")).unwrap();
        gateway.to_server.clear();
        let (exchange, out) = (&mut gateway.exchange, &mut gateway.to_server);
        for body in [&b"2\r\nhi"[..], b"\r\n0\r\n\r\n"] {
            let begun = SendError::State {
                state: State::SendBody,
            };
            assert_eq!(exchange.send_request_end(&[], out), Err(begun));
            exchange
                .receive_request(body, &mut gateway.fields)
                .unwrap()
                .unwrap();
        }
        let nothing = exchange.forward_request(b"", &mut gateway.fields, out);
        assert_eq!((nothing, out.len()), (Ok(0), 0), "content is missing");
        let short = SendError::BodyTooShort { left: 2 };
        assert_eq!(exchange.send_request_end(&[], out), Err(short));
        exchange.send_request_data(b"h", out).unwrap();
        let long = SendError::BodyTooLong { left: 1 };
        assert_eq!(exchange.send_request_data(b"ix", out), Err(long));
        exchange.send_request_data(b"i", out).unwrap();
        for _ in 0..2 {
            let ended = exchange.forward_request(b"", &mut gateway.fields, out);
            assert_eq!(ended, Ok(0));
            assert_eq!(*out, b"1\r\nh\r\n1\r\ni\r\n0\r\n\r\n", "{kind:?}");
        }
    }
}

// RFC 9110 section 8.6: a request whose end was received before it is sent on has no Content-Length for that. And sections
// 7.8 and 10.1.4: an upgrade and TE have both of their connection options.
#[test]
fn a_head_says_what_the_connection_needs() {
    #[rustfmt::skip]
    let rows = [
        ("", ""),
        ("TE: trailers\r\nConnection: TE\r\n", "Connection: TE\r\nTE: trailers\r\n"),
        ("Upgrade: websocket\r\nConnection: Upgrade\r\n", "Connection: Upgrade\r\nUpgrade: websocket\r\n"),
        ("TE: trailers\r\nUpgrade: websocket\r\nConnection: TE, Upgrade\r\n", "Connection: Upgrade, TE\r\nTE: trailers\r\nUpgrade: websocket\r\n"),
    ];
    for (fields, expected) in rows {
        let head = std::format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
        let (mut exchange, mut table) = (Exchange::new(Config::DEFAULT), FieldTable::<100>::new());
        let received = exchange.receive_request(head.as_bytes(), &mut table);
        let Some((Event::Head { head, .. }, _)) = received.unwrap() else {
            panic!()
        };
        let mut other = FieldTable::<100>::new();
        let end = exchange.receive_request(b"", &mut other);
        assert!(matches!(end, Ok(Some((Event::End(_), 0)))));
        let mut out = Vec::new();
        let says = Request::new("http").forwarded(Forwarded::Drop);
        send_to(
            &mut exchange,
            &head,
            Kind::Http1,
            Peer::UWSGI,
            &says,
            &mut out,
        )
        .unwrap();
        let expected = std::format!("GET / HTTP/1.1\r\nHost: a\r\n{expected}\r\n");
        assert_eq!(str::from_utf8(&out).unwrap(), expected);
    }
}

/// What a server of HTTP/1.1 gets of a head, or why it gets nothing.
fn forwarded(head: &str, request: &Request<'_>) -> Result<String, crate::Refusal> {
    let (mut exchange, mut fields) = (Exchange::new(Config::DEFAULT), FieldTable::<100>::new());
    let received = exchange.receive_request(head.as_bytes(), &mut fields);
    let Some((Event::Head { head, .. }, _)) = received.unwrap() else {
        panic!()
    };
    let mut out = Vec::new();
    let upstream = Upstream::Http1(client::Connection::new(http1::Config::DEFAULT));
    let sent = exchange.send_request(&head, upstream, request, &mut out);
    sent.map(|_| String::from_utf8(out).unwrap())
}

// RFC 7239, and what was there before it.
#[test]
fn a_gateway_says_whom_it_forwards_for() {
    const X: &str =
        "X-Forwarded-For: 2001:db8::1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: a:8\r\n";
    const STANDARD: &str = "Forwarded: for=\"[2001:db8::1]\";host=\"a:8\";proto=https\r\n";
    let client = "X-Forwarded-For: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\n";
    let head = std::format!("GET / HTTP/1.1\r\nHost: a:8\r\n{client}\r\n");
    let says = Request::new("https").remote("[2001:db8::1]:5".parse().unwrap());
    let rows = [
        (Forwarded::Overwrite, ForwardedForm::X, X.into()),
        (
            Forwarded::Overwrite,
            ForwardedForm::Standard,
            STANDARD.into(),
        ),
        (
            Forwarded::Overwrite,
            ForwardedForm::Both,
            [X, STANDARD].concat(),
        ),
        (Forwarded::Append, ForwardedForm::X, [client, X].concat()),
        (
            Forwarded::Append,
            ForwardedForm::Both,
            [client, X, STANDARD].concat(),
        ),
        (Forwarded::Drop, ForwardedForm::Both, String::new()),
    ];
    for (trust, form, expected) in rows {
        let sent = forwarded(&head, &says.forwarded(trust).forwarded_form(form)).unwrap();
        assert_eq!(
            sent,
            std::format!("GET / HTTP/1.1\r\nHost: a:8\r\n{expected}\r\n")
        );
    }
    // Of a client that is trusted, what it said of the scheme and the host stays.
    let head =
        "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: b\r\n\r\n";
    let sent = forwarded(head, &Request::new("http").forwarded(Forwarded::Append)).unwrap();
    assert_eq!(sent, head);
    // Nobody's host is as long.
    let head = std::format!("GET / HTTP/1.1\r\nHost: {}\r\n\r\n", "a".repeat(400));
    let refused = forwarded(&head, &says.forwarded_form(ForwardedForm::Standard)).unwrap_err();
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
}

// RFC 9110 section 7.6.3: "gateway MUST send" it, whatever its name is.
#[test]
fn via_is_never_left_out() {
    let name = "a".repeat(200);
    let head = "GET / HTTP/1.1\r\nHost: a\r\nVia: 1.0 b\r\n\r\n";
    let sent = forwarded(
        head,
        &Request::new("http").forwarded(Forwarded::Drop).via(&name),
    );
    let expected = head.replace("\r\n\r\n", &std::format!("\r\nVia: 1.1 {name}\r\n\r\n"));
    assert_eq!(sent.unwrap(), expected);
    for wrong in ["", "a b", &*"a".repeat(300)] {
        let refused = forwarded(head, &Request::new("http").via(wrong)).unwrap_err();
        assert!(matches!(refused, crate::Refusal::Field { .. }), "{wrong}");
    }
}

// RFC 9110 section 7.6.1, and what is between a client and its proxy.
#[test]
fn what_is_for_one_hop_goes_no_further() {
    let hops = "Proxy-Authorization: x\r\nProxy-Connection: x\r\nKeep-Alive: 1\r\nTE: gzip\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n\
        Proxy: x\r\nX-Hop: 1\r\nConnection: X-Hop, Upgrade, TE, keep-alive, HTTP2-Settings\r\n";
    let head = std::format!("GET / HTTP/1.1\r\nHost: a\r\n{hops}A: b\r\n\r\n");
    let sent = forwarded(&head, &Request::new("http").forwarded(Forwarded::Drop));
    assert_eq!(sent.unwrap(), "GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n\r\n");
}

// RFC 9110 section 6.5.1: such a trailer may be discarded, and may not be written.
#[test]
fn trailers_that_nobody_may_write_are_dropped() {
    let body = b"0\r\nETag: 1\r\nDate: x\r\nCache-Control: x\r\nProxy-Status: x\r\nB: 2\r\n\r\n";
    let passed = b"0\r\nETag: 1\r\nB: 2\r\n\r\n";
    let head = b"POST / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: TE\r\nTransfer-Encoding: chunked\r\n\r\n";
    let mut gateway = Gateway::ask(head, Kind::Http1);
    gateway.unread.extend_from_slice(body);
    gateway.pump().unwrap();
    assert!(gateway.to_server.ends_with(passed));
    let response = [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        &body[..],
    ]
    .concat();
    gateway.answer(&response, response.len(), false).unwrap();
    assert!(gateway.to_client.ends_with(passed) && gateway.exchange.is_idle());
}

// RFC 9110 section 9.3.6: a tunnel is a proxy's to open, and an application is none.
#[test]
fn a_tunnel_is_the_gateways_own_to_open() {
    let head = "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n";
    let refused = forwarded(head, &Request::new("http")).unwrap_err();
    assert_eq!(refused, crate::Refusal::Tunnel);
    assert_eq!(refused.status(), StatusCode::NOT_IMPLEMENTED);
    let mut exchange = Exchange::new(Config::DEFAULT);
    let mut fields = FieldTable::<100>::new();
    exchange
        .receive_request(head.as_bytes(), &mut fields)
        .unwrap();
    let mut out = Vec::new();
    let line = StatusLine::new(StatusCode::OK);
    exchange
        .send_head(&line, &[], BodyLength::None, &mut out)
        .unwrap();
    assert!(exchange.is_switched());
    assert_eq!(out, b"HTTP/1.1 200 OK\r\n\r\n");
}

// RFC 9112 section 3.2.1: a server gets the origin form, by which it routes.
#[test]
fn targets_are_sent_in_origin_form() {
    let rows = [
        ("GET http://a/b?c", "GET /b?c"),
        ("GET http://a", "GET /"),
        ("GET http://a?c", "GET /?c"),
        ("OPTIONS http://a?c", "OPTIONS /?c"),
        ("OPTIONS http://a", "OPTIONS *"),
        ("OPTIONS *", "OPTIONS *"),
        ("GET http://a//b", "GET //b"),
    ];
    for (line, expected) in rows {
        let head = std::format!("{line} HTTP/1.1\r\nHost: a\r\n\r\n");
        let sent = forwarded(&head, &Request::new("http").forwarded(Forwarded::Drop));
        assert_eq!(
            sent.unwrap(),
            std::format!("{expected} HTTP/1.1\r\nHost: a\r\n\r\n")
        );
        if expected.contains('/') {
            let mut gateway = Gateway::ask(head.as_bytes(), Kind::Uwsgi);
            let (packet, _) = Packet::parse(&gateway.to_server).unwrap();
            let uri = packet.vars().unwrap().get(b"REQUEST_URI").unwrap();
            assert_eq!(
                std::format!(
                    "{} {}",
                    line.split(' ').next().unwrap(),
                    str::from_utf8(uri).unwrap()
                ),
                expected
            );
            gateway.to_server.clear();
        }
    }
}

// The slash before a query is written to as much room as a path has.
#[test]
fn a_query_that_no_path_precedes_has_a_limit() {
    let mut config = http1::Config::DEFAULT;
    config.limits.max_target_len = 10 * 1024;
    for (len, status) in [(8 * 1024 - 2, None), (8 * 1024 - 1, Some(414))] {
        let query = "q".repeat(len);
        let head = std::format!("GET http://a?{query} HTTP/1.1\r\nHost: a\r\n\r\n");
        let sent = vars(&head, config, &[]);
        let refused = sent.map(drop).map_err(|refusal| refusal.status().0);
        assert_eq!(refused.err(), status, "{len}");
    }
}

/// What a uwsgi server gets of a head.
fn vars(head: &str, config: http1::Config, own: &[Var<'_>]) -> Result<Vec<u8>, crate::Refusal> {
    let (mut exchange, mut fields) = (
        Exchange::new(Config::DEFAULT.client(config)),
        FieldTable::<100>::new(),
    );
    let received = exchange.receive_request(head.as_bytes(), &mut fields);
    let Some((Event::Head { head, .. }, _)) = received.unwrap() else {
        panic!()
    };
    let constants = [("SERVER_NAME", "s"), ("SERVER_PORT", "80")];
    let constants = constants.map(|(key, value)| Var::new(key.as_bytes(), value.as_bytes()));
    let mut storage = [0; 64];
    let prefix = Prefix::encode(&constants, &mut storage).unwrap();
    let server = UwsgiServer::new(prefix).vars(own).peer(Peer::UNLIMITED);
    let mut out = Vec::new();
    let request = Request::new("http");
    let sent = exchange.send_request(&head, Upstream::Uwsgi(server), &request, &mut out);
    sent.map(|_| out)
}

fn get(packet: &[u8], key: &str) -> Option<String> {
    let (packet, _) = Packet::parse(packet).unwrap();
    let value = packet.vars().unwrap().get(key.as_bytes())?;
    Some(str::from_utf8(value).unwrap().into())
}

// RFC 9112 section 5.2
#[test]
fn folds_are_spaces_to_an_application() {
    let config = http1::Config::DEFAULT.quirks(Quirks::OBS_FOLD);
    let head = "GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n\tc\r\nD: e\r\nF: g\r\n h\r\n i\r\n\r\n";
    let packet = vars(head, config, &[]).unwrap();
    for (key, value) in [
        ("HTTP_A", "b  \tc"),
        ("HTTP_D", "e"),
        ("HTTP_F", "g   h   i"),
    ] {
        assert_eq!(get(&packet, key).as_deref(), Some(value));
    }
    let head = std::format!(
        "GET / HTTP/1.1\r\nHost: a\r\nA: {}\r\n b\r\n\r\n",
        "a".repeat(5000)
    );
    let refused = vars(&head, config, &[]).unwrap_err();
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
}

#[test]
fn a_request_has_variables_of_its_own() {
    let head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    let packet = vars(
        head,
        http1::Config::DEFAULT,
        &[Var::new(b"REMOTE_USER", b"bob")],
    )
    .unwrap();
    assert_eq!(get(&packet, "REMOTE_USER").as_deref(), Some("bob"));
    // What the client says is not the gateway's to make up.
    let refused = vars(
        head,
        http1::Config::DEFAULT,
        &[Var::new(b"HTTP_HOST", b"b")],
    )
    .unwrap_err();
    assert_eq!(refused.status(), StatusCode::INTERNAL_SERVER_ERROR);
}

// The limits are the caller's, of each side.
#[test]
fn a_path_may_be_as_long_as_the_gateway_reads() {
    let limits = http1::Config::DEFAULT.limits.max_target_len(20_000);
    let config = http1::Config::DEFAULT.limits(limits);
    for (len, expected) in [
        (8 * 1024, None),
        (8 * 1024 + 1, Some(StatusCode::URI_TOO_LONG)),
    ] {
        let path = "a".repeat(len - 1);
        let head = std::format!("GET /{path} HTTP/1.1\r\nHost: a\r\n\r\n");
        let refused = vars(&head, config, &[]).err();
        assert_eq!(refused.map(crate::Refusal::status), expected);
    }
}
