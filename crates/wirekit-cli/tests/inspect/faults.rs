//! Messages that break a rule, and those behind them.

use crate::talk::{Client, End, Server, Talk};
use crate::{events, inspect, json, run};

const REQUEST: &str = "GET /next HTTP/1.1\r\nHost: h.example\r\n\r\n";
const RESPONSE: &str = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntwo";

/// Each is whole by some reading; what follows it in the same segment is read too.
#[test]
fn a_message_with_a_fault_is_shown_with_it_and_so_is_what_follows() {
    #[rustfmt::skip]
    let rows: &[(End, &str, &str, &str)] = &[
        // RFC 9112 section 3.2.
        (Client, "GET /a HTTP/1.1\r\n\r\n", "http1.missing_host", "missing_host"),
        // RFC 9112 section 2.2.
        (Client, "GET /a HTTP/1.1\nHost: h.example\n\n", "http1.bare_lf", "bare_lf"),
        // RFC 9112 section 5.1.
        (Client, "GET /a HTTP/1.1\r\nHost: h.example\r\nA : b\r\n\r\n", "http1.space_before_colon", "space_before_colon"),
        // RFC 9112 section 6.1.
        (Client, "PUT /a HTTP/1.1\r\nHost: h.example\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
            "http1.content_length_with_transfer_encoding", "content_length_with_transfer_encoding"),
        // RFC 9112 section 7.1.
        (Server, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2 \r\nhi\r\n0\r\n\r\n", "http1.invalid_chunk_size", "space_after_chunk_size"),
        (Server, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n3 \r\nyou\r\n0\r\n\r\n", "http1.invalid_chunk_size", "space_after_chunk_size"),
        (Server, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\nhi\n0\n\n", "http1.bare_lf", "bare_lf_in_chunks"),
        // RFC 9112 section 5.2.
        (Server, "HTTP/1.1 204 No Content\r\nA: b\r\n c\r\n\r\n", "http1.obs_fold", "obs_fold"),
    ];
    for &(from, message, kind, quirk) in rows {
        let mut talk = Talk::to(80).open();
        talk = match from {
            Client => talk
                .say(Client, [message, REQUEST].concat())
                .say(Server, [RESPONSE, RESPONSE].concat()),
            Server => talk
                .say(Client, [REQUEST, REQUEST].concat())
                .say(Server, [message, RESPONSE].concat()),
        };
        let file = talk.close().file();
        let errors = events(&file, "error");
        let kinds: Vec<_> = errors
            .iter()
            .map(|it| it["kind"].as_str().unwrap())
            .collect();
        assert_eq!(kinds, [kind], "{message:?} {}", inspect(&file, &[]));
        assert_eq!(
            events(&file, "request").len(),
            2,
            "{message:?} {}",
            inspect(&file, &[])
        );
        assert_eq!(
            events(&file, "response").len(),
            2,
            "{message:?} {}",
            inspect(&file, &[])
        );
        let ends = events(&file, "end");
        assert_eq!(ends.len(), 4, "{message:?}");
        let forgiven = json(&file, &["--quirk", quirk, "--quirk", "message_after_close"]);
        assert!(
            forgiven.iter().all(|it| it["event"] != "error"),
            "{message:?}"
        );
    }
}

/// What is whole by no reading is passed over, and said to be, up to a segment that begins like a message.
#[test]
fn behind_what_cannot_be_read_the_next_message_is() {
    let broken = "GET /a HTTP/1.1\r\nHost: h.example\r\nno field\r\n\r\n";
    let talk = Talk::to(80)
        .open()
        .say(Client, [broken, REQUEST].concat())
        .say(Client, REQUEST);
    let file = talk.say(Server, RESPONSE).close().file();
    assert_eq!(events(&file, "error").len(), 1);
    assert_eq!(events(&file, "request").len(), 1);
    let data: u64 = events(&file, "data")
        .iter()
        .filter(|it| it["from"] == "client")
        .filter_map(|it| it["len"].as_u64())
        .sum();
    assert_eq!(data, (broken.len() + REQUEST.len()) as u64);
}

/// RFC 6455 section 5.1.
#[test]
fn frames_that_should_be_masked_are_read_all_the_same() {
    let upgrade = "GET /chat HTTP/1.1\r\nHost: h.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
    let agreed =
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    let talk = Talk::to(80).open().say(Client, upgrade).say(Server, agreed);
    let file = talk
        .say(Client, b"\x81\x02hi\x81\x03you")
        .say(Server, b"\x81\x02oh")
        .close()
        .file();
    assert_eq!(events(&file, "error").len(), 1, "{}", inspect(&file, &[]));
    assert_eq!(events(&file, "message").len(), 3, "{}", inspect(&file, &[]));
}

#[test]
fn a_name_of_no_protocol_is_wrong_usage() {
    let file = Talk::to(80).open().file();
    for arguments in [
        ["--quirk", "nothing"],
        ["--limit", "nothing=1"],
        ["--limit", "max_fields=5000"],
    ] {
        assert_eq!(run(&file, &arguments).0, 2);
    }
    let (status, story, _) = run(
        &file,
        &["--limit", "max_head_len=10", "--limit", "max_frame_len=10"],
    );
    assert_eq!(status, 0, "{story}");
}
