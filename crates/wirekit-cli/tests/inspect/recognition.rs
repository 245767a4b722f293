//! What a connection speaks, and where it turns to something else.

use crate::talk::{Client, Server, Talk};
use crate::{events, inspect, json};

const REQUEST: &[u8] = b"GET /a HTTP/1.1\r\nHost: h.example\r\n\r\n";
const RESPONSE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntwo";

/// A ClientHello with one cipher suite, in one record.
fn hello() -> Vec<u8> {
    let mut hello = vec![3, 3];
    hello.extend([7; 32]);
    hello.extend([0, 0, 2, 0x13, 0x01, 1, 0]);
    let len = u8::try_from(hello.len()).unwrap();
    [&[22, 3, 1, 0, len + 4, 1, 0, 0, len], &hello[..]].concat()
}

fn protocols(file: &[u8], arguments: &[&str]) -> Vec<String> {
    let arguments = [&["--view", "connections"], arguments].concat();
    let rows = json(file, &arguments);
    let names = rows[0]["protocols"].as_array().unwrap();
    names
        .iter()
        .map(|name| name.as_str().unwrap().to_owned())
        .collect()
}

/// A server that speaks first is heard where it speaks, not where its client answers.
#[test]
fn a_banner_is_reported_where_it_stands() {
    let talk = Talk::to(25).open().say(Server, "220 m.example ESMTP\r\n");
    let talk = talk
        .acknowledge(Client)
        .wait(10_000)
        .say(Client, "EHLO c.example\r\n")
        .close();
    let data = events(&talk.file(), "data");
    let places: Vec<_> = data
        .iter()
        .map(|it| (it["packet"].as_u64(), it["from"].as_str()))
        .collect();
    assert_eq!(
        places,
        [(Some(4), Some("server")), (Some(6), Some("client"))]
    );
}

/// RFC 9113 section 3.3.
#[test]
fn http2_by_prior_knowledge_is_said() {
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    for port in [80, 9999] {
        let talk = Talk::to(port)
            .open()
            .say(Client, preface)
            .say(Server, b"\0\0\0\x04\0\0\0\0\0")
            .close();
        let file = talk.file();
        assert_eq!(protocols(&file, &[]), ["http2"]);
        let notes = events(&file, "note");
        assert_eq!(notes.len(), 1);
        assert_eq!(
            (&notes[0]["packet"], &notes[0]["protocol"]),
            (&4.into(), &"http2".into())
        );
        let story = inspect(&file, &[]);
        assert!(
            story.contains("HTTP/2 from here on, which is not read"),
            "{story}"
        );
        assert!(!story.contains("broken"), "{story}");
    }
}

/// RFC 9293 section 3.8.4: a keep-alive may have "one garbage octet".
#[test]
fn a_request_is_known_behind_a_keep_alives_byte() {
    for port in [80, 9999] {
        let mut talk = Talk::to(port).say(Client, b"\0").acknowledge(Server);
        let again = talk.packets[0].clone();
        talk = talk.wait(30_000);
        talk.packets.push(again);
        talk.packets[2].milliseconds = 30_000;
        let file = talk
            .say(Client, REQUEST)
            .say(Server, RESPONSE)
            .close()
            .file();
        assert_eq!(events(&file, "request").len(), 1, "{}", inspect(&file, &[]));
        assert_eq!(events(&file, "response").len(), 1);
    }
}

#[test]
fn tls_is_found_behind_a_word_in_the_clear() {
    let smtp = Talk::to(25)
        .open()
        .say(Server, "220 m.example ESMTP\r\n")
        .say(Client, "EHLO c.example\r\n")
        .say(Server, "250 STARTTLS\r\n")
        .say(Client, "STARTTLS\r\n")
        .say(Server, "220 go\r\n");
    let postgresql = Talk::to(5432)
        .open()
        .say(Client, [0, 0, 0, 8, 4, 210, 22, 47])
        .say(Server, "S");
    let mysql = Talk::to(3306)
        .open()
        .say(Server, b"J\0\0\0\x0a8.0.36\0greeting")
        .say(Client, b"\x20\0\0\x01\x05\xae\xff\x19\0\0\0\x01\xff");
    let socks = Talk::to(1080)
        .open()
        .say(Client, [5, 1, 0])
        .say(Server, [5, 0])
        .say(Client, [5, 1, 0, 1, 192, 0, 2, 9, 1, 187])
        .say(Server, [5, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    // The word and the hello in one segment, as a client may send them.
    let mut word = b"\x20\0\0\x01\x05\xae\xff\x19\0\0\0\x01\xff".to_vec();
    word.resize(36, 0);
    let together = Talk::to(3306)
        .open()
        .say(Server, b"J\0\0\0\x0a8.0.36\0greeting")
        .say(Client, [&word[..], &hello()].concat());
    let file = together.close().file();
    assert_eq!(
        events(&file, "client_hello").len(),
        1,
        "{}",
        inspect(&file, &[])
    );
    assert_eq!(protocols(&file, &[]), ["unknown", "tls"]);
    for (name, talk) in [
        ("smtp", smtp),
        ("postgresql", postgresql),
        ("mysql", mysql),
        ("socks", socks),
    ] {
        let file = talk.say(Client, hello()).close().file();
        assert_eq!(
            events(&file, "client_hello").len(),
            1,
            "{name}: {}",
            inspect(&file, &[])
        );
        assert_eq!(protocols(&file, &[]), ["unknown", "tls"], "{name}");
    }
}

/// RFC 9110 section 9.3.6.
#[test]
fn a_tunnel_is_read_as_what_goes_through_it() {
    let connect = Talk::to(8080)
        .open()
        .say(
            Client,
            "CONNECT h.example:443 HTTP/1.1\r\nHost: h.example:443\r\n\r\n",
        )
        .say(Server, "HTTP/1.1 200 OK\r\n\r\n");
    let file = connect.clone().say(Client, hello()).close().file();
    assert_eq!(
        events(&file, "client_hello").len(),
        1,
        "{}",
        inspect(&file, &[])
    );
    assert_eq!(protocols(&file, &[]), ["http1", "tls"]);
    let file = connect
        .say(Client, REQUEST)
        .say(Server, RESPONSE)
        .close()
        .file();
    assert_eq!(events(&file, "request").len(), 2, "{}", inspect(&file, &[]));
    assert_eq!(events(&file, "response").len(), 2);
}

#[test]
fn a_proxys_header_may_stand_before_http() {
    let line = &b"PROXY TCP4 192.0.2.1 192.0.2.2 5 80\r\n"[..];
    let block = &b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x01\xc0\0\x02\x02\0\x05\0\x50"[..];
    for header in [line, block] {
        let together = Talk::to(9999)
            .open()
            .say(Client, [header, REQUEST].concat());
        let apart = Talk::to(9999)
            .open()
            .say(Client, &header[..9])
            .say(Client, &header[9..])
            .say(Client, REQUEST);
        for talk in [together, apart] {
            let file = talk.say(Server, RESPONSE).close().file();
            assert_eq!(events(&file, "request").len(), 1, "{}", inspect(&file, &[]));
            assert_eq!(events(&file, "response").len(), 1);
            assert_eq!(protocols(&file, &[]), ["proxy", "http1"]);
        }
    }
}
