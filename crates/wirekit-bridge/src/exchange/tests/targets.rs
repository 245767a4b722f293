//! Targets, and which requests are refused for what they ask.

use super::*;
use crate::Refusal;

/// What `send_request` says of a head for a uwsgi server, and the packet.
fn sent(received: &str) -> Result<Vec<u8>, Refusal> {
    let (mut exchange, mut fields) = (Exchange::new(Config::DEFAULT), FieldTable::new());
    let received = exchange.receive_request(received.as_bytes(), &mut fields);
    let Some((Event::Head { head, .. }, _)) = received.unwrap() else {
        panic!("no head")
    };
    let constants = b"\x0b\0SERVER_NAME\x01\0s\x0b\0SERVER_PORT\x02\x0080";
    let server = Upstream::Uwsgi(UwsgiServer::new(Prefix::from_block(constants).unwrap()));
    let mut packet = Vec::new();
    let sent = exchange.send_request(&head, server, &Request::new("http"), &mut packet);
    sent.map(|written| {
        assert_eq!(written, packet.len());
        packet
    })
    .inspect_err(|_| assert!(!exchange.wants_response() && exchange.owes_response()))
}

#[test]
fn every_form_of_target_has_its_path() {
    // RFC 9112 section 3.2, and its section 3.2.4 for OPTIONS, which has `*` for an empty path without a query alone; RFC
    // 9110 section 4.2.3 for an empty path; nginx for what stands in REQUEST_URI.
    #[rustfmt::skip]
    let rows: [[&str; 5]; 11] = [
        ["GET /a?b?c=%zz", "/a?b?c=%zz", "/a", "b?c=%zz", "h:80"],
        ["GET //a/../b;c", "//a/../b;c", "/b;c", "", "h:80"],
        ["GET http://a/b", "/b", "/b", "", "a"],
        ["GET http://a", "/", "/", "", "a"],
        ["GET http://a:81/?", "/?", "/", "", "a:81"],
        ["GET http://a?q", "/?q", "/", "q", "a"],
        ["GET http://a:81?", "/?", "/", "", "a:81"],
        ["GET http://a?/b?c", "/?/b?c", "/", "/b?c", "a"],
        ["OPTIONS http://a?q", "/?q", "/", "q", "a"],
        ["OPTIONS http://a", "*", "", "", "a"],
        ["OPTIONS *", "*", "", "", "h:80"],
    ];
    for [line, uri, path, query, host] in rows {
        let packet = sent(&std::format!("{line} HTTP/1.1\r\nHost: h:80\r\n\r\n")).unwrap();
        let (packet, _) = Packet::parse(&packet).unwrap();
        let vars = packet.vars().unwrap();
        for (key, value) in [
            ("REQUEST_URI", uri),
            ("PATH_INFO", path),
            ("QUERY_STRING", query),
            ("HTTP_HOST", host),
        ] {
            let found = vars.get(key.as_bytes()).map(<[u8]>::escape_ascii);
            assert_eq!(
                found.map(|found| std::format!("{found}")).as_deref(),
                Some(value),
                "{key} of {line}"
            );
        }
    }
}

#[test]
fn what_cannot_be_sent_has_a_status() {
    let large = std::format!(
        "GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n",
        "x".repeat(5000)
    );
    let rows = [
        ("GET /%0 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET /%0d%0a HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET /a/../.. HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
            411,
        ),
        // What uWSGI takes without `--buffer-size`.
        (&large, 431),
        ("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", 501),
    ];
    for (received, status) in rows {
        let refused = sent(received).map_err(|refusal| refusal.status().0);
        assert_eq!(refused, Err(status), "{received}");
    }
}
