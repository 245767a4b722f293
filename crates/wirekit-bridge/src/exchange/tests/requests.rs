//! What a server gets.

use super::*;

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
        assert_eq!(exchange.fail(), Outcome::Unanswered);
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
        assert!(!exchange.upstream_serves_again());
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
