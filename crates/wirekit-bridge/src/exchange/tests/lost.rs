//! What is left of an exchange whose server, or whose client, is lost.

use super::*;
use crate::{Fault, Loss, ResponseEvent};

// RFC 9112 section 9.3.1: a server may close a connection that was idle while the next request is on its way to it. That is
// not the end of a part of a response, and such a request may be sent again.
#[test]
fn a_server_that_closes_without_a_byte_is_told_apart() {
    for kind in KINDS {
        for (response, fault) in [("", Fault::NoResponse), ("H", Fault::Truncated)] {
            let mut gateway = Gateway::ask(GET, kind);
            let ended = gateway.answer(response.as_bytes(), 1, true);
            assert_eq!(ended, Err(Error::from(fault)), "{kind:?}");
            assert_eq!(gateway.exchange.lose_server(), Outcome::Unanswered);
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
        assert!(gateway.exchange.upstream_serves_again(b""));
        assert_eq!(gateway.exchange.lose_server(), Outcome::Complete);
        let mut gateway = Gateway::ask(GET, kind);
        gateway.answer(response, 9, true).unwrap();
        assert!(gateway.exchange.is_idle() && !gateway.exchange.upstream_serves_again(b""));
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
                let outcome = gateway.exchange.lose_server();
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
                // An orderly end ends only what lasts until then, and a loss nothing.
                let mut gateway = Gateway::ask(GET, kind);
                let ended = gateway.answer(response, step, true);
                assert_eq!(ended.is_ok(), index == 2, "{kind:?} {index} {ended:?}");
                assert_eq!(gateway.client().ends_with("0\r\n\r\n"), index == 2);
                for (loss, status) in [(Loss::Broken, 502), (Loss::Timeout, 504)] {
                    let mut gateway = Gateway::ask(GET, kind);
                    gateway.answer(response, step, false).unwrap();
                    let before = gateway.to_client.len();
                    let (exchange, out) = (&mut gateway.exchange, &mut gateway.to_client);
                    let error = exchange
                        .forward_response_end(End::Lost(loss), out)
                        .unwrap_err();
                    assert_eq!(error, Error::from(Fault::Lost { loss }));
                    assert_eq!((error.status().0, out.len()), (status, before));
                    // Nothing that the server sent before is taken for its end later.
                    let again = exchange.forward_response_end(End::Clean, out);
                    assert_eq!(again, Err(error));
                    assert!(exchange.send_response_end(&[], out).is_err());
                    let refused = exchange.refuse(&StatusLine::new(error.status()), &[], b"", out);
                    let expected = match begun {
                        true => Outcome::Aborted,
                        false => Outcome::Answered,
                    };
                    assert_eq!(refused, Ok(expected));
                }
            }
        }
    }
}

/// What a client sent and gets, how it is lost, what can still be done for it, and what is left: nothing more is read of it.
type Left = (&'static [u8], &'static [u8], Loss, Outcome);

// RFC 9112 section 9.6: nobody is there to read an answer. RFC 9110 section 15.5.9: one that was silent is answered by 408.
#[test]
fn a_lost_client_gets_what_it_can_still_get() {
    const HALF: &[u8] = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 37\r\n\r\nhalf";
    const PART: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n01234";
    const WHOLE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    #[rustfmt::skip]
    let rows: [Left; 10] = [
        (GET,  b"",    Loss::Broken,  Outcome::Aborted),
        (GET,  PART,   Loss::Broken,  Outcome::Aborted),
        (GET,  WHOLE,  Loss::Broken,  Outcome::Aborted),
        (HALF, b"",    Loss::Broken,  Outcome::Aborted),
        (HALF, WHOLE,  Loss::Broken,  Outcome::Aborted),
        (GET,  b"",    Loss::Timeout, Outcome::Unanswered),
        (GET,  PART,   Loss::Timeout, Outcome::Aborted),
        (GET,  WHOLE,  Loss::Timeout, Outcome::Complete), // between two requests
        (HALF, b"",    Loss::Timeout, Outcome::Unanswered),
        (HALF, WHOLE,  Loss::Timeout, Outcome::Complete), // while the rest of the request is dropped
    ];
    for kind in KINDS {
        for (request, response, loss, outcome) in rows {
            let mut gateway = Gateway::ask(request, kind);
            gateway.answer(response, 9, false).unwrap();
            let (sent, mut same) = (gateway.to_server.len(), gateway.exchange.clone());
            assert_eq!(same.lose_client(loss), outcome, "{kind:?} {request:?}");
            let (exchange, out) = (&mut gateway.exchange, &mut gateway.to_client);
            let before = out.len();
            let ended = exchange.forward_request_end(End::Lost(loss));
            let is_over = outcome == Outcome::Complete;
            assert_eq!(
                ended.err(),
                (!is_over).then_some(Error::ClientLost { loss })
            );
            assert!(!exchange.wants_request() && !exchange.wants_response());
            assert!(!exchange.upstream_serves_again(b"") && exchange.take_upstream(b"").is_none());
            assert_eq!(exchange.is_aborted(), outcome == Outcome::Aborted);
            // The server gets no end of a request, and the client none of a response.
            let ended =
                exchange.forward_request(b"and more", &mut gateway.fields, &mut gateway.to_server);
            assert_eq!((ended, gateway.to_server.len()), (Ok(0), sent));
            let status = ended_status(loss);
            let refused = exchange.refuse(&StatusLine::new(status), &[], b"", out);
            let expected = match outcome {
                Outcome::Unanswered => Outcome::Answered,
                outcome => outcome,
            };
            assert_eq!(refused, Ok(expected), "{kind:?} {request:?}");
            assert!(exchange.wants_close());
            let sent = out.split_off(before);
            match expected {
                Outcome::Answered => {
                    let expected = "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n";
                    assert!(sent.starts_with(expected.as_bytes()), "{sent:?}");
                }
                _ => assert_eq!(sent, b""),
            }
        }
    }
}

fn ended_status(loss: Loss) -> StatusCode {
    let status = Error::ClientLost { loss }.status();
    assert_eq!(status.0, if loss == Loss::Timeout { 408 } else { 400 });
    status
}

// RFC 9112 section 8: a gateway may hold a response, and what it passes on is whole only if the server's was.
#[test]
fn a_response_may_be_held_before_it_is_passed_on() {
    const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";
    let again = SendError::State {
        state: State::SendResponse,
    };
    let begun = SendError::State {
        state: State::SendBody,
    };
    for kind in KINDS {
        for is_whole in [true, false] {
            let mut gateway = Gateway::ask(GET, kind);
            let (exchange, out) = (&mut gateway.exchange, &mut gateway.to_client);
            let received = exchange.receive_response(HEAD, &mut gateway.table).unwrap();
            let Some((ResponseEvent::Head(head), _)) = received else {
                panic!("{received:?}")
            };
            let mut table = ResponseTable::new();
            if is_whole {
                for input in [&b"hi"[..], b""] {
                    let received = exchange.receive_response(input, &mut table);
                    assert!(received.unwrap().is_some());
                }
            }
            assert_eq!(exchange.wants_response(), !is_whole);
            // What ends the server's response does not end one of the gateway's own.
            let (mut own, line) = (exchange.clone(), StatusLine::new(StatusCode::OK));
            own.send_head(&line, &[], BodyLength::Chunked, &mut Vec::new())
                .unwrap();
            let ended = own.send_response_end(&[], &mut Vec::new());
            assert_eq!(ended, Err(begun));
            assert!(own.send_end(&[], &mut Vec::new()).is_ok());
            assert_eq!(exchange.send_response_data(b"hi", out), Err(again));
            assert_eq!(exchange.send_response_end(&[], out), Err(again));
            exchange.send_response(&head, &EDIT, out).unwrap();
            assert_eq!(exchange.send_response(&head, &EDIT, out), Err(begun));
            exchange.send_response_data(b"hi", out).unwrap();
            let ended = exchange.send_response_end(&[], out);
            assert_eq!(ended, if is_whole { Ok(0) } else { Err(begun) }, "{kind:?}");
            assert_eq!(exchange.is_idle(), is_whole);
        }
    }
}

// What a server that is gone would have got is dropped, and is no error of the gateway's.
#[test]
fn a_lost_server_gets_nothing_more() {
    for kind in KINDS {
        let mut gateway = Gateway::ask(POST, kind);
        gateway.unread.extend_from_slice(&EVIL[..9]);
        gateway.pump().unwrap();
        let sent = gateway.to_server.len();
        let (exchange, out) = (&mut gateway.exchange, &mut gateway.to_server);
        assert_eq!(exchange.lose_server(), Outcome::Unanswered);
        assert_eq!(exchange.send_request_end(&[], out), Ok(0));
        assert_eq!(exchange.send_request_data(b"x", out), Ok(0));
        // The rest waits for the next server, or for the answer.
        let forwarded = exchange.forward_request(&EVIL[9..], &mut gateway.fields, out);
        assert_eq!((forwarded, out.len()), (Ok(0), sent));
        let line = StatusLine::new(StatusCode::BAD_GATEWAY);
        exchange
            .refuse(&line, &[], b"", &mut gateway.to_client)
            .unwrap();
        let forwarded = exchange.forward_request(&EVIL[9..], &mut gateway.fields, out);
        assert_eq!((forwarded, out.len()), (Ok(EVIL.len() - 9), sent));
        assert!(exchange.is_idle());
    }
}
