//! What a response may carry, and when.

use super::*;

#[test]
fn responses_to_head_have_no_body() {
    let mut server = Server::new(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    for (body, expected) in [
        (
            BodyLength::Length(7),
            "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n",
        ),
        (
            BodyLength::Chunked,
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        ),
        (BodyLength::UntilClose, "HTTP/1.1 200 OK\r\n\r\n"),
        (BodyLength::None, "HTTP/1.1 200 OK\r\n\r\n"),
    ] {
        server.hear_all(["HEAD /", "end 0"]);
        server.head(StatusCode::OK, &[], body).unwrap();
        // What GET would get is taken, and nothing is sent; but the caller is not asked to send it by itself.
        assert!(!server.connection.sends_content());
        assert_eq!(
            server.connection.send_data(b"content", &mut server.out),
            Ok(0)
        );
        assert_eq!(
            server.connection.send_data_apart(1),
            Err(SendError::BodyNotAllowed)
        );
        let frame = server.connection.send_data_apart(0).unwrap();
        assert_eq!((frame.before(), frame.after()), (&b""[..], &b""[..]));
        let trailers = [Field::new("ETag", "1")];
        let ended = server.connection.send_end(&trailers, &mut server.out);
        assert_eq!(ended, Ok(0));
        assert_eq!(server.sent(), expected);
        server.input = b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n".to_vec();
    }
}

// RFC 9110 section 6.4.1: a response that has no content to any method is given none.
#[test]
fn content_where_none_is_allowed_is_refused() {
    for status in [StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED] {
        let mut server = Server::new(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        server.hear_all(["GET /", "end 0"]);
        server.head(status, &[], BodyLength::None).unwrap();
        let out = &mut server.out;
        let refused = Err(SendError::BodyNotAllowed);
        assert!(!server.connection.sends_content());
        assert_eq!(server.connection.send_data(b"x", out), refused);
        let trailers = [Field::new("ETag", "1")];
        let refused = Err(SendError::TrailersNotAllowed);
        assert_eq!(server.connection.send_end(&trailers, out), refused);
        assert_eq!(server.connection.send_end(&[], out), Ok(0));
    }
}

#[test]
fn the_length_that_was_announced_is_kept() {
    let mut server = Server::new(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    server.hear_all(["GET /", "end 0"]);
    server
        .head(StatusCode::OK, &[], BodyLength::Length(3))
        .unwrap();
    assert!(server.connection.sends_content());
    assert_eq!(
        server.connection.send_data(b"1234", &mut server.out),
        Err(SendError::BodyTooLong { left: 3 })
    );
    assert_eq!(
        server.connection.send_data_apart(4),
        Err(SendError::BodyTooLong { left: 3 })
    );
    server.connection.send_data(b"12", &mut server.out).unwrap();
    assert_eq!(
        server.connection.send_end(&[], &mut server.out),
        Err(SendError::BodyTooShort { left: 1 })
    );
    assert_eq!(
        server.connection.send_data_to_slice(b"3", &mut []),
        Err(EncodeError::OutputTooSmall { needed: 1 }.into())
    );
    assert_eq!(server.connection.send_data_to_slice(b"3", &mut [0]), Ok(1));
    server.connection.send_end(&[], &mut server.out).unwrap();
}

#[test]
fn content_goes_out_from_where_it_lies() {
    let mut server = Server::new(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    server.hear_all(["GET /", "end 0"]);
    server
        .head(StatusCode::OK, &[], BodyLength::Chunked)
        .unwrap();
    let frame = server.connection.send_data_apart(20).unwrap();
    assert_eq!(
        (frame.before(), frame.after()),
        (&b"14\r\n"[..], &b"\r\n"[..])
    );
    // An empty chunk would be the last one.
    let frame = server.connection.send_data_apart(0).unwrap();
    assert_eq!((frame.before(), frame.after()), (&b""[..], &b""[..]));
}

#[test]
fn nothing_is_sent_out_of_turn() {
    let mut server = Server::new(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    let idle = Err(SendError::State { state: State::Idle });
    assert_eq!(server.connection.send_data(b"x", &mut server.out), idle);
    assert_eq!(server.connection.send_end(&[], &mut server.out), idle);
    assert_eq!(
        server.head(StatusCode::CONTINUE, &[], BodyLength::None),
        idle
    );
    server.hear_all(["GET /", "end 0"]);
    let due = Err(SendError::State {
        state: State::SendResponse,
    });
    assert_eq!(server.connection.send_data(b"x", &mut server.out), due);
    assert_eq!(server.connection.send_end(&[], &mut server.out), due);
    server
        .head(StatusCode::OK, &[], BodyLength::Length(2))
        .unwrap();
    let begun = Err(SendError::State {
        state: State::SendBody,
    });
    assert_eq!(server.head(StatusCode::OK, &[], BodyLength::None), begun);
    assert_eq!(
        server.head(StatusCode::CONTINUE, &[], BodyLength::None),
        begun
    );
}

/// A chunked response and one of a known length, by what sends to a buffer and by what sends to a slice.
#[cfg(feature = "alloc")]
#[test]
fn slices_get_what_buffers_get() {
    let trailers = [Field::new("ETag", "1")];
    let line = StatusLine::new(StatusCode::OK);
    for (body, trailers, wire) in [
        (
            BodyLength::Chunked,
            &trailers[..],
            [
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                "2\r\nhi\r\n",
                "0\r\nETag: 1\r\n\r\n",
            ],
        ),
        (
            BodyLength::Length(2),
            &[],
            ["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", "hi", ""],
        ),
    ] {
        let mut server = Server::new(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        server.hear_all(["GET /", "end 0"]);
        let mut other = server.connection.clone();
        for (step, wire) in wire.into_iter().enumerate() {
            let mut send = |room: &mut [u8], mut out: &mut [u8]| match step {
                0 => (
                    server.connection.send_head_to_slice(&line, &[], body, room),
                    other.send_head(&line, &[], body, &mut out),
                ),
                1 => (
                    server.connection.send_data_to_slice(b"hi", room),
                    other.send_data(b"hi", &mut out),
                ),
                _ => (
                    server.connection.send_end_to_slice(trailers, room),
                    other.send_end(trailers, &mut out),
                ),
            };
            let (needed, mut room, mut out) = (wire.len(), [0; 64], [0; 64]);
            if let Some(short) = needed.checked_sub(1) {
                let small = Err(EncodeError::OutputTooSmall { needed }.into());
                assert_eq!(send(&mut room[..short], &mut out[..short]), (small, small));
            }
            let sent = send(&mut room[..needed], &mut out[..needed]);
            assert_eq!(sent, (Ok(needed), Ok(needed)), "{wire:?}");
            assert_eq!(
                (&room[..needed], &out[..needed]),
                (wire.as_bytes(), wire.as_bytes())
            );
        }
        assert_eq!(server.states(), (State::Idle, State::Idle));
        assert_eq!(other.server_state(), State::Idle);
    }
}

// RFC 9112 sections 6.3 and 9.3: what lasts until the close, and a response of HTTP/1.0, are the last.
#[test]
fn some_responses_are_the_last() {
    let old = StatusLine {
        version: Version::HTTP_10,
        ..StatusLine::new(StatusCode::OK)
    };
    for (line, body, wire) in [
        (
            StatusLine::new(StatusCode::OK),
            BodyLength::UntilClose,
            "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
        ),
        (
            old,
            BodyLength::Length(0),
            "HTTP/1.0 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        ),
    ] {
        let mut server = Server::new(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        server.hear_all(["GET /", "end 0"]);
        let out = &mut server.out;
        server.connection.send_head(&line, &[], body, out).unwrap();
        server.connection.send_end(&[], out).unwrap();
        assert_eq!(server.sent(), wire);
        assert!(server.connection.wants_close());
    }
}
