//! What is wrong with a request, and what it is answered with.

use super::*;

// RFC 9112 section 8.
#[test]
fn an_end_inside_a_request_is_an_error() {
    for (wire, heard, offset) in [
        (&b"GET / HT"[..], 0, 8),
        (
            b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n1",
            2,
            0,
        ),
        (
            b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
            1,
            3,
        ),
    ] {
        let mut server = Server::new(wire);
        for _ in 0..heard {
            assert_ne!(server.hear(), "-");
        }
        assert_eq!(server.hear(), "-");
        let error = server.connection.receive_eof().unwrap_err();
        assert_eq!(
            (error.kind(), error.offset()),
            (ErrorKind::UnexpectedEnd, offset)
        );
        assert_eq!(server.connection.receive_eof(), Err(error));
    }
    // RFC 9112 section 2.2: an empty line after a request is none.
    for wire in ["", "\r\n"] {
        let mut server = Server::new(wire.as_bytes());
        assert_eq!(server.hear(), "-");
        assert_eq!(server.connection.receive_eof(), Ok(None));
    }
}

#[test]
fn a_fault_is_final_and_can_be_answered() {
    let mut server = Server::new(b"GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
    for _ in 0..3 {
        assert_eq!(server.hear(), "http1.missing_host");
    }
    assert!(!server.connection.wants_input());
    // As the caller likes, or by `send_due`.
    server.answer(StatusCode::BAD_REQUEST);
    assert_eq!(server.sent(), OK_CLOSE.replace("200 OK", "400 Bad Request"));
    assert!(server.connection.wants_close());
    let refused = SendError::State {
        state: State::MustClose,
    };
    assert_eq!(
        server.head(StatusCode::OK, &[], BodyLength::None),
        Err(refused)
    );
    assert_eq!(server.connection.send_due(&[], &mut server.out), Ok(0));
}

/// What a client sends, how often something other than an error is heard, and the status that is due; 0 where none is.
type Due = (&'static [u8], usize, u16);

#[test]
fn an_error_is_answered_once_and_then_closed() {
    #[rustfmt::skip]
    let rows: [Due; 13] = [
        // RFC 9112 section 2.2: what is no request is 400, in front of a request and behind one that was answered.
        (b"\0",                                                                                       0, 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n\0",                                                      2, 400),
        (b"GET / HTTP/1.0\r\nA : b\r\n\r\n",                                                          0, 400),
        // The method of an earlier request has no part in it: RFC 9112 section 6.3 would forbid a body.
        (b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n\0",                                                     2, 400),
        // RFC 9112 section 3; RFC 9110 sections 15.6.6, 15.6.2 and 15.5.14.
        (b"GET / HTTP/2.0\r\n\r\n",                                                                   0, 505),
        (b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",                    0, 501),
        (b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",               0, 413),
        // Inside the body of a request that was not answered, to HEAD too.
        (b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab",                    2, 400),
        (b"HEAD / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx",                        1, 400),
        // RFC 9112 section 8: an incomplete request may be answered, an idle connection is not.
        (b"GET / HT",                                                                                 0, 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",                                                        2, 0),
        // RFC 9112 section 6.3: to HEAD without a body even then.
        (b"HEAD / HTTP/1.1\r\nHo",                                                                  0, 400),
        (b"\r\nHEAD ",                                                                              0, 400),
    ];
    // RFC 9110 section 6.6.1: a server with a clock sends Date in every response of 4xx.
    let date = [Field::new("Date", "now")];
    for (wire, heard, status) in rows {
        let mut server = Server::new(wire);
        for _ in 0..heard {
            assert_eq!(server.connection.due(), None);
            if server.hear().starts_with("end") {
                server.answer_empty();
            }
        }
        server.out.clear();
        if server.hear() == "-" {
            assert_eq!(server.connection.due(), None);
            assert_eq!(server.connection.receive_eof().is_err(), status > 0);
        }
        let due = server.connection.due();
        assert_eq!(
            due.map_or(0, |due| due.0),
            status,
            "{}",
            wire.escape_ascii()
        );
        let mut expected = String::new();
        if let Some(status) = due {
            let length = if wire.trim_ascii_start().starts_with(b"HEAD ") && heard < 2 {
                ""
            } else {
                "Content-Length: 0\r\n"
            };
            let reason = status.reason().unwrap();
            expected = std::format!(
                "HTTP/1.1 {} {reason}\r\nDate: now\r\nConnection: close\r\n{length}\r\n",
                status.0
            );
            let needed = expected.len();
            let small = Err(EncodeError::OutputTooSmall { needed }.into());
            let room = &mut [0; 128][..needed - 1];
            assert_eq!(server.connection.send_due_to_slice(&date, room), small);
            assert_eq!(server.connection.due(), due);
            let (mut other, mut room) = (server.connection.clone(), [0; 128]);
            assert_eq!(other.send_due_to_slice(&date, &mut room), Ok(needed));
            assert!(room.starts_with(expected.as_bytes()));
        }
        for needed in [expected.len(), 0] {
            assert_eq!(
                server.connection.send_due(&date, &mut server.out),
                Ok(needed),
                "{}",
                wire.escape_ascii()
            );
            assert!(server.connection.wants_close());
        }
        assert_eq!(server.sent(), expected);
    }
}

/// In the middle of a response there is nothing left to say; between an interim one and the final one there is.
#[test]
fn an_error_behind_the_head_of_a_response_is_not_answered() {
    let wire = b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab";
    for (status, due, state) in [
        (StatusCode::CONTINUE, Some(400), State::SendResponse),
        (StatusCode::OK, None, State::SendBody),
    ] {
        let mut server = Server::new(wire);
        assert_eq!(server.hear(), "PUT /");
        let body = match status {
            StatusCode::OK => BodyLength::Length(2),
            _ => BodyLength::None,
        };
        server.head(status, &[], body).unwrap();
        assert_eq!(server.hear(), "data a");
        assert_eq!(server.hear(), "http1.missing_chunk_end");
        assert_eq!(server.states(), (State::Failed, state));
        assert_eq!(server.connection.due().map(|due| due.0), due);
        server.out.clear();
        let sent = server.connection.send_due(&[], &mut server.out).unwrap();
        assert_eq!((sent == 0, server.out.len()), (due.is_none(), sent));
        assert_eq!(server.connection.wants_close(), due.is_some());
        assert!(!server.connection.wants_input());
    }
    // A response that was complete before the fault was the answer.
    let mut server = Server::new(wire);
    assert_eq!(server.hear(), "PUT /");
    server.answer(StatusCode::CONTENT_TOO_LARGE);
    assert_eq!(server.hear(), "data a");
    assert_eq!(server.hear(), "http1.missing_chunk_end");
    assert_eq!(server.connection.due(), None);
    assert!(server.connection.wants_close());
}

// RFC 9110 section 15.5.9: 408 may be sent on an idle connection, which then closes.
// RFC 9112 section 8: a response that was cut "MUST be recorded as incomplete", which no orderly close would say.
#[test]
fn what_was_given_up_is_neither_received_nor_sent() {
    let mut server = Server::new(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx");
    assert_eq!(server.hear(), "PUT /");
    let line = StatusLine::new(StatusCode::OK);
    let length = BodyLength::Length(5);
    let connection = &mut server.connection;
    connection
        .send_head(&line, &[], length, &mut server.out)
        .unwrap();
    connection.send_data(b"ab", &mut server.out).unwrap();
    connection.abort();
    assert!(connection.wants_close() && !connection.wants_input());
    assert_eq!(connection.server_state(), State::Failed);
    let state = State::Failed;
    let sent = connection.send_data(b"cde", &mut server.out);
    assert_eq!(sent, Err(SendError::State { state }));
    let sent = connection.send_end(&[], &mut server.out);
    assert_eq!(sent, Err(SendError::State { state }));
    assert_eq!(server.hear(), "-");
}

#[test]
fn a_response_before_a_request_closes() {
    let mut server = Server::new(b"");
    server.answer(StatusCode::REQUEST_TIMEOUT);
    assert_eq!(
        server.sent(),
        OK_CLOSE.replace("200 OK", "408 Request Timeout")
    );
    assert!(server.connection.wants_close());
}
