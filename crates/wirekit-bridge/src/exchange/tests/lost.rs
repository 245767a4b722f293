//! What is left of an exchange whose server is lost.

use super::*;

// RFC 9112 section 9.3.1: a server may close a connection that was idle while the next request is on its way to it. That is
// not the end of a part of a response, and such a request may be sent again.
#[test]
fn a_server_that_closes_without_a_byte_is_told_apart() {
    for kind in KINDS {
        for (response, fault) in [
            ("", crate::Fault::NoResponse),
            ("H", crate::Fault::Truncated),
        ] {
            let mut gateway = Gateway::ask(GET, kind);
            let ended = gateway.answer(response.as_bytes(), 1, true);
            assert_eq!(ended, Err(Error::Upstream(fault)), "{kind:?}");
            assert_eq!(gateway.exchange.fail(), Outcome::Unanswered);
        }
    }
}

// A second response would be read as that to the next request.
#[test]
fn a_server_that_leaves_after_its_response_changes_nothing() {
    let response = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    for kind in KINDS {
        let mut gateway = Gateway::ask(GET, kind);
        gateway.answer(response, 9, false).unwrap();
        assert!(gateway.exchange.upstream_serves_again());
        assert_eq!(gateway.exchange.fail(), Outcome::Complete);
        let mut gateway = Gateway::ask(GET, kind);
        gateway.answer(response, 9, true).unwrap();
        assert!(gateway.exchange.is_idle() && !gateway.exchange.upstream_serves_again());
    }
}

#[test]
fn a_lost_server_never_makes_a_whole_response() {
    let responses: [&[u8]; 5] = [
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n01234",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"",
    ];
    for kind in KINDS {
        for (index, response) in responses.into_iter().enumerate() {
            for step in 1..=response.len().max(1) {
                let mut gateway = Gateway::ask(GET, kind);
                gateway.answer(response, step, false).unwrap();
                let begun = index < 3;
                let outcome = gateway.exchange.fail();
                if begun {
                    assert_eq!(outcome, Outcome::Aborted);
                    assert!(gateway.exchange.is_aborted() && gateway.exchange.wants_close());
                    assert!(!gateway.client().ends_with("0\r\n\r\n"));
                } else {
                    assert_eq!(outcome, Outcome::Unanswered);
                    assert_eq!(gateway.client(), "");
                    let line = StatusLine::new(StatusCode::BAD_GATEWAY);
                    let refused =
                        gateway
                            .exchange
                            .refuse(&line, &[], b"sorry", &mut gateway.to_client);
                    assert_eq!(refused, Ok(Outcome::Answered));
                    assert!(gateway.client().starts_with("HTTP/1.1 502 Bad Gateway\r\n"));
                    assert!(gateway.exchange.is_idle());
                }
                // The end of the input ends only what lasts until then.
                let mut gateway = Gateway::ask(GET, kind);
                let ended = gateway.answer(response, step, true);
                assert_eq!(ended.is_ok(), index == 2, "{kind:?} {index} {ended:?}");
                assert_eq!(gateway.client().ends_with("0\r\n\r\n"), index == 2);
            }
        }
    }
}
