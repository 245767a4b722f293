//! Which connections go on, and which close.

use super::*;

// RFC 9112 section 9.3: "A server MUST read the entire request message body or close the connection after sending its
// response, since otherwise the remaining data on a persistent connection would be misinterpreted as the next request."
#[test]
fn a_body_is_never_a_request() {
    for kind in KINDS {
        // Kept: what is left is read as the body that it is.
        let mut gateway = Gateway::ask(POST, kind);
        gateway.answer(TOO_LARGE, 1, false).unwrap();
        assert!(!gateway.client().contains("close"), "{}", gateway.client());
        let request = Request::new("http");
        assert!(!gateway.exchange.is_idle() && gateway.exchange.rest() == Rest::Receive);
        gateway.unread.extend_from_slice(EVIL);
        gateway.unread.extend_from_slice(GET);
        gateway.pump().unwrap();
        assert!(gateway.exchange.is_idle(), "{:?}", gateway.exchange);
        assert_eq!(gateway.head(b"", kind, &request).unwrap(), "GET /");

        // Not kept where nobody knows how much is to come.
        let chunked = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
        let mut gateway = Gateway::new();
        gateway.peer = Peer::UWSGI.uploads(Uploads::Chunked);
        gateway.head(chunked, kind, &request).unwrap();
        gateway.answer(TOO_LARGE, 1, false).unwrap();
        assert!(gateway.client().contains("\r\nConnection: close\r\n"));
        assert!(gateway.exchange.wants_close());

        // Not kept: nothing more is received.
        let mut gateway = Gateway::new();
        gateway.exchange = Exchange::new(Config::DEFAULT.max_drained_len(36));
        gateway.head(POST, kind, &request).unwrap();
        gateway.answer(TOO_LARGE, 1, false).unwrap();
        assert!(gateway.client().contains("\r\nConnection: close\r\n"));
        assert!(gateway.exchange.wants_close() && gateway.exchange.rest() == Rest::Drop);
        assert!(!gateway.exchange.is_idle());
    }
}

/// A request's head and body, the response, and whether the server's connection is used again.
type Row = (&'static [u8], &'static [u8], &'static [u8], bool);

#[test]
fn a_server_serves_again_when_both_are_done() {
    for kind in KINDS {
        #[rustfmt::skip]
        let rows: [Row; 6] = [
            (GET, b"", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", true),
            (GET, b"", b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", false),
            (GET, b"", b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", false),
            (GET, b"", b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n", false),
            (POST, b"", TOO_LARGE, false),
            (POST, EVIL, TOO_LARGE, true),
        ];
        for (head, body, response, serves) in rows {
            let mut gateway = Gateway::ask(head, kind);
            gateway.answer(response, response.len(), false).unwrap();
            gateway.unread.extend_from_slice(body);
            gateway.pump().unwrap();
            assert_eq!(
                gateway.exchange.upstream_serves_again(b""),
                serves,
                "{kind:?}"
            );
            // RFC 9112 section 9.2: what comes behind the response is none to the next request.
            assert!(!gateway.exchange.upstream_serves_again(b"H"));
            assert!(gateway.exchange.take_upstream(b"H").is_none());
            let taken = gateway.exchange.take_upstream(b"");
            assert_eq!(taken.is_some(), serves && kind == Kind::Http1);
        }
    }
}

// RFC 9112 section 9.6: a sender "SHOULD send a Connection header field containing the "close" connection option when it
// intends to close a connection", also where the request does not ask for that.
#[test]
fn a_gateway_that_ends_closes_after_the_response() {
    let response = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
    for kind in KINDS {
        let mut gateway = Gateway::ask(GET, kind);
        gateway.exchange.close_after_response();
        assert_eq!(gateway.exchange.status(), None);
        assert!(gateway.exchange.wants_response() && !gateway.exchange.wants_close());
        gateway.answer(response, 9, false).unwrap();
        let expected = "HTTP/1.1 200 OK\r\nDate: now\r\nConnection: close\r\n";
        assert!(gateway.client().starts_with(expected), "{kind:?}");
        assert!(gateway.client().ends_with("\r\n\r\nhi"));
        assert_eq!(gateway.exchange.status(), Some(StatusCode::OK));
        assert!(gateway.exchange.wants_close());
        // The server's connection is another one.
        assert!(gateway.exchange.upstream_serves_again(b""));
    }
}

// RFC 9112 section 9.3: the rest is read, or the connection closes. What is left of it counts, not what was announced.
#[test]
fn the_rest_of_a_request_is_read_up_to_the_limit() {
    let rows = [
        (37, 0, true),
        (36, 0, false),
        (36, 1, true),
        (0, 36, false),
        (0, 37, true),
    ];
    for kind in KINDS {
        for (max, received, keeps) in rows {
            let mut gateway = Gateway::new();
            gateway.exchange = Exchange::new(Config::DEFAULT.max_drained_len(max));
            gateway.head(POST, kind, &Request::new("http")).unwrap();
            gateway.unread.extend_from_slice(&EVIL[..received]);
            gateway.pump().unwrap();
            gateway.answer(TOO_LARGE, 9, false).unwrap();
            let closes = gateway.client().contains("\r\nConnection: close\r\n");
            assert_eq!(closes, !keeps, "{max} {received}");
            assert_eq!(gateway.exchange.wants_close(), !keeps);
        }
    }
}

#[test]
fn content_is_counted_as_it_is_received() {
    for kind in KINDS {
        let mut gateway = Gateway::ask(POST, kind);
        for (piece, len) in [(&EVIL[..30], 30), (&EVIL[30..], 37), (GET, 37)] {
            gateway.unread.extend_from_slice(piece);
            gateway.pump().unwrap();
            assert_eq!(gateway.exchange.request_content_len(), len);
        }
        gateway.answer(TOO_LARGE, 9, false).unwrap();
        // That of the next request.
        let request = Request::new("http");
        gateway.head(b"", kind, &request).unwrap();
        assert_eq!(gateway.exchange.request_content_len(), 0);
    }
}

/// A status, content that is given with it, and what the client gets.
type Refused = (StatusCode, &'static [u8], &'static str);

// RFC 9110 section 6.4.1: 204 and 304 "do not include content". RFC 9110 section 9.3.2: nor does an answer to HEAD, whose
// length is what GET would get.
#[test]
fn a_refusal_has_content_where_it_may() {
    #[rustfmt::skip]
    let rows: [Refused; 5] = [
        (StatusCode::NOT_FOUND,    b"no", "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n"),
        (StatusCode::NOT_FOUND,    b"",   "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
        (StatusCode::NO_CONTENT,   b"no", "HTTP/1.1 204 No Content\r\n\r\n"),
        (StatusCode::NO_CONTENT,   b"",   "HTTP/1.1 204 No Content\r\n\r\n"),
        (StatusCode::NOT_MODIFIED, b"no", "HTTP/1.1 304 Not Modified\r\n\r\n"),
    ];
    for (status, content, expected) in rows {
        for method in ["GET", "HEAD"] {
            let mut gateway = Gateway::new();
            let head = std::format!("{method} / HTTP/1.1\r\nHost: a\r\n\r\n");
            for input in [head.as_bytes(), b""] {
                let received = gateway.exchange.receive_request(input, &mut gateway.fields);
                assert!(received.unwrap().is_some());
            }
            let (exchange, out) = (&mut gateway.exchange, &mut gateway.to_client);
            let refused = exchange.refuse(&StatusLine::new(status), &[], content, out);
            assert_eq!(refused, Ok(Outcome::Answered));
            assert!(exchange.is_idle());
            let has_content = status == StatusCode::NOT_FOUND && method == "GET";
            let sent = if has_content { content } else { b"" };
            let got = gateway.to_client.strip_suffix(sent).unwrap();
            // Nothing is known of the length that GET would get.
            let expected = match (method, content) {
                ("HEAD", b"") => expected.replace("Content-Length: 0\r\n", ""),
                _ => expected.into(),
            };
            assert_eq!(str::from_utf8(got).unwrap(), expected, "{method}");
        }
    }
}

// Nothing was heard of a request whose head is broken, but its answer is owed all the same.
#[test]
fn a_broken_head_is_answered_though_no_server_was_asked() {
    let mut gateway = Gateway::new();
    let exchange = &mut gateway.exchange;
    assert!(
        exchange
            .receive_request(b"\0", &mut gateway.fields)
            .is_err()
    );
    assert_eq!(exchange.lose_server(), Outcome::Unanswered);
    let line = StatusLine::new(StatusCode::BAD_REQUEST);
    let refused = exchange.refuse(&line, &[], b"", &mut gateway.to_client);
    assert_eq!(refused, Ok(Outcome::Answered));
    assert_eq!(exchange.lose_server(), Outcome::Complete);
}

// RFC 9110 section 15.2: an interim response comes "prior to completing the requested action", and ends nothing.
#[test]
fn an_interim_response_before_the_content_closes_nothing() {
    let head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n";
    let interim = "HTTP/1.1 103 Early Hints\r\n\r\n";
    for kind in KINDS {
        let mut gateway = Gateway::ask(head, kind);
        gateway.answer(interim.as_bytes(), 9, false).unwrap();
        assert_eq!(gateway.client(), interim);
        gateway.unread.extend_from_slice(&[b'x'; 100_000]);
        gateway.pump().unwrap();
        gateway
            .answer(b"HTTP/1.1 204 No Content\r\n\r\n", 9, false)
            .unwrap();
        assert!(gateway.exchange.is_idle() && !gateway.exchange.wants_close());
    }
}
