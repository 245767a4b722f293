//! The names that the capture's own DNS gives to addresses.

use serde_json::Value;

use crate::talk::{APPLICATION, CLIENT, Client, SERVER, Server, Talk, file};
use crate::{inspect, json};

/// A frame of Ethernet with IPv4 and what is in that, which begins with the protocol's number.
fn frame(protocol: u8, payload: &[u8]) -> Vec<u8> {
    let len = u16::try_from(20 + payload.len()).unwrap();
    let mut frame = vec![0; 12];
    frame.extend([8, 0, 0x45, 0]);
    frame.extend(len.to_be_bytes());
    frame.extend([0, 0, 0x40, 0, 64, protocol, 0, 0]);
    frame.extend(SERVER.octets());
    frame.extend(CLIENT.octets());
    frame.extend(payload);
    frame
}

/// RFC 1035 section 4: the answer from port 53 that a name, in labels, has an address.
fn answer(labels: &[u8], address: [u8; 4]) -> Vec<u8> {
    let mut message = vec![0, 7, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0];
    message.extend(labels);
    message.extend(b"\0\0\x01\0\x01\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04");
    message.extend(address);
    let len = u16::try_from(8 + message.len()).unwrap();
    let mut datagram = vec![0, 53, 0x30, 0x39];
    datagram.extend(len.to_be_bytes());
    datagram.extend([0, 0]);
    datagram.extend(message);
    frame(17, &datagram)
}

/// A capture, with frames in front of it.
fn behind(frames: &[Vec<u8>], capture: &[u8]) -> Vec<u8> {
    let (head, rest) = capture.split_at(24);
    let mut file = head.to_vec();
    for frame in frames {
        let len = u32::try_from(frame.len()).unwrap();
        for word in [1_700_000_000, 0, len, len] {
            file.extend(word.to_le_bytes());
        }
        file.extend(frame);
    }
    file.extend(rest);
    file
}

/// A request to a proxy by the name that its address has, and the one that the proxy sends on.
fn capture() -> Vec<u8> {
    let ask = |talk: Talk| {
        talk.open()
            .say(Client, "GET /x HTTP/1.1\r\nHost: www.h.example\r\n\r\n")
    };
    let tell = |talk: Talk| {
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
        talk.say(Server, answer).close()
    };
    let outer = tell(ask(Talk::to(80)).wait(100));
    let inner = tell(ask(Talk::to(8080).inside().wait(10)));
    let names = [
        answer(b"\x03WWW\x01h\x07example", SERVER.octets()),
        answer(b"\x03app\x04test", APPLICATION.octets()),
        frame(1, b"\x08\0\0\0"),
    ];
    behind(&names, &file(&[&outer, &inner]))
}

/// Where the name of the server and of the application stand in each view for people.
const ROWS: &[(&str, &[&str])] = &[
    (
        "packets",
        &[
            "192.0.2.1:40000 > 198.51.100.2:80 (www.h.example)  #2  SYN",
            "198.51.100.2:80 (www.h.example) > 192.0.2.1:40000  #2  SYN ACK",
            "198.51.100.2:40000 (www.h.example) > 198.51.100.9:8080 (app.test)  #3",
            "198.51.100.2 (www.h.example) > 192.0.2.1  icmp",
        ],
    ),
    (
        "connections",
        &[
            "www.h.example/x  (server is www.h.example)",
            "(client is www.h.example)  (server is app.test)",
            "198.51.100.2 (www.h.example)  3 ",
            "198.51.100.9 (app.test)       1 ",
        ],
    ),
    (
        "story",
        &[
            "#2  192.0.2.1:40000 → 198.51.100.2:80 (www.h.example)  tcp",
            "#3  198.51.100.2:40000 (www.h.example) → 198.51.100.9:8080 (app.test)  tcp",
        ],
    ),
    (
        "exchanges",
        &["GET www.h.example/x  [caused by 1, server is app.test]"],
    ),
    ("journeys", &["[caused by 1, server is app.test]"]),
    ("har", &["\"comment\":\"caused by 1, server is app.test\""]),
    (
        "html",
        &[
            "198.51.100.9 (app.test)",
            "<td>198.51.100.9:8080 (app.test)</td>",
            "→ 198.51.100.9:8080 (app.test) <small>",
            ">app.test</text>",
            "server is app.test",
        ],
    ),
];

#[test]
fn every_view_for_people_has_the_names() {
    for (view, words) in ROWS {
        let shown = inspect(&capture(), &["--view", view]);
        for words in *words {
            assert!(shown.contains(words), "{view} has no {words} in {shown}");
        }
        let shown = inspect(&capture(), &["--view", view, "--no-names"]);
        for name in ["(www.h.example)", "is www.h.example", "app.test"] {
            assert!(!shown.contains(name), "{view} has {name} in {shown}");
        }
    }
}

/// The note is for what the request itself does not say.
#[test]
fn a_host_by_the_name_of_its_server_is_not_said_twice() {
    let shown = inspect(&capture(), &["--view", "exchanges"]);
    assert!(shown.contains("GET www.h.example/x\n"), "{shown}");
    let names = [answer(b"\x05other\x04test", SERVER.octets())];
    let talk = Talk::to(80)
        .open()
        .say(Client, "GET /x HTTP/1.0\r\n\r\n")
        .say(Server, "HTTP/1.0 204 No Content\r\n\r\n");
    let shown = inspect(&behind(&names, &talk.file()), &["--view", "exchanges"]);
    assert!(
        shown.contains("GET /x  [server is other.test]\n"),
        "{shown}"
    );
}

/// RFC 1035 section 3.1 lets any byte stand in a label.
#[test]
fn a_name_neither_moves_the_cursor_nor_breaks_json() {
    let names = [answer(b"\x06\x1b[2J\"\\\x01\n", SERVER.octets())];
    let capture = behind(&names, &Talk::to(80).open().file());
    for view in ["packets", "connections", "story"] {
        let shown = inspect(&capture, &["--view", view]);
        assert!(shown.contains(r#"\u{1b}[2j"\\.\n"#), "{shown}");
        assert!(!shown.contains('\x1b'), "{shown:?}");
    }
    let rows = json(&capture, &["--view", "connections"]);
    let name = Value::from("\x1b[2j\"\\\\.\n");
    assert_eq!(rows[1]["server_name"], name);
    let talker = rows.iter().find(|row| row["address"] == "198.51.100.2");
    assert_eq!(talker.unwrap()["name"], name);
}
