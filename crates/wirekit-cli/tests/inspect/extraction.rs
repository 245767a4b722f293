//! What messages and streams carried, as files.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::run;
use crate::talk::{Client, Server, Talk, file};

/// An empty folder of this test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("extract_{name}"));
    let _ = fs::remove_dir_all(&folder);
    folder
}

/// Extracts, and gives the index with each file's bytes.
fn extract(name: &str, capture: &[u8], arguments: &[&str]) -> Vec<(Value, Vec<u8>)> {
    let folder = folder(name);
    let path = folder.to_str().unwrap();
    let (status, printed, said) = run(capture, &[&["--extract", path], arguments].concat());
    assert_eq!((status, said.as_str()), (0, ""), "{printed}");
    let index = fs::read_to_string(folder.join("index.jsonl")).unwrap();
    let file = |line: &str| {
        let row: Value = serde_json::from_str(line).unwrap();
        let bytes = fs::read(folder.join(row["file"].as_str().unwrap())).unwrap();
        assert_eq!(row["len"], bytes.len());
        (row, bytes)
    };
    index.lines().map(file).collect()
}

/// A page and its forty objects, some of them chunked, on two connections.
#[test]
fn the_objects_of_a_page_come_out_as_they_went_in() {
    let object = |number: usize| -> Vec<u8> {
        (0..number * 997)
            .map(|at| u8::try_from(at * number % 251).unwrap())
            .collect()
    };
    let mut talks = [
        Talk::to(80).from(40_001).open(),
        Talk::to(80).from(40_002).open(),
    ];
    for number in 1..=40 {
        let talk = &mut talks[number % 2];
        let mut answer = Vec::new();
        let body = object(number);
        if number % 3 == 0 {
            answer.extend(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            for chunk in body.chunks(1000) {
                answer.extend(format!("{:x}\r\n", chunk.len()).bytes());
                answer.extend(chunk);
                answer.extend(b"\r\n");
            }
            answer.extend(b"0\r\n\r\n");
        } else {
            answer.extend(
                format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: {}\r\n\r\n",
                    body.len()
                )
                .bytes(),
            );
            answer.extend(body);
        }
        let mut next = talk.clone().say(
            Client,
            format!("GET /{number} HTTP/1.1\r\nHost: h.example\r\n\r\n"),
        );
        for piece in answer.chunks(1460) {
            next = next.say(Server, piece);
        }
        *talk = next;
    }
    let capture = file(&[&talks[0], &talks[1]]);
    let files = extract("page", &capture, &["--view", "connections"]);
    assert_eq!(files.len(), 40);
    for (row, bytes) in files {
        let number = row["target"]
            .as_str()
            .unwrap()
            .trim_start_matches('/')
            .parse()
            .unwrap();
        assert!(bytes == object(number), "{row}");
        assert_eq!(
            (&row["complete"], &row["kind"], &row["from"]),
            (&true.into(), &"body".into(), &"server".into())
        );
        assert!(row["first_packet"].as_u64() <= row["last_packet"].as_u64());
    }
}

#[test]
fn codings_are_taken_off_unless_they_are_wanted() {
    // gzip of "hello, hello, hello, hello\n".
    const GZIP: &[u8] = include_bytes!("hello.gz");
    let text = &b"hello, hello, hello, hello\n"[..];
    let mut zlib = vec![0x78, 0x9c];
    zlib.extend(&GZIP[10..GZIP.len() - 8]);
    zlib.extend(adler(text).to_be_bytes());
    let raw = &GZIP[10..GZIP.len() - 8];
    // Made by node's zlib and by zstd.
    const BROTLI: &[u8] = b"\x1b\x1a\x00\xf8\x8d\x94\x6e\xde\x44\x09\x52\x86\xd6\x0a\x2c\x6c\x6f\x4a\x91\x79\x22\x81\xbb\x5a\x00";
    const ZSTD: &[u8] = b"\x28\xb5\x2f\xfd\x04\x58\x75\x00\x00\x40\x68\x65\x6c\x6c\x6f\x2c\x20\x0a\x01\x00\x4a\x8a\x11\xf0\x97\x7b\x2a";
    let rows: [(&str, &[u8], &[u8], bool); 10] = [
        ("gzip", GZIP, text, true),
        ("deflate", &zlib, text, true),
        ("deflate", raw, text, true),
        ("br", BROTLI, text, true),
        ("zstd", ZSTD, text, true),
        ("compress", b"\x1f\x9d", b"\x1f\x9d", true),
        ("br", b"no brotli at all", b"", false),
        ("zstd", b"no zstd at all", b"", false),
        ("zstd", &ZSTD[..ZSTD.len() - 6], b"", false),
        ("gzip", b"no gzip at all", b"", false),
    ];
    for (coding, sent, expected, is_complete) in rows {
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: {}\r\n\r\n",
            sent.len()
        );
        let talk = Talk::to(80)
            .open()
            .say(Client, "GET / HTTP/1.1\r\nHost: h.example\r\n\r\n");
        let capture = talk
            .say(Server, [head.as_bytes(), sent].concat())
            .close()
            .file();
        let files = extract("codings", &capture, &[]);
        assert_eq!(files[0].1, expected, "{coding}");
        assert_eq!(
            (&files[0].0["complete"], &files[0].0["decoded"]),
            (&is_complete.into(), &(coding != "compress").into())
        );
        let kept = extract("codings", &capture, &["--keep-codings"]);
        assert_eq!(kept[0].1, sent, "{coding}");
    }
}

fn adler(bytes: &[u8]) -> u32 {
    let (a, b) = bytes.iter().fold((1_u32, 0_u32), |(a, b), &byte| {
        let a = (a + u32::from(byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    b << 16 | a
}

/// RFC 7932 section 9.1: a window of 16 MiB each, of content that does not end.
#[test]
fn decoders_have_a_bound_together() {
    let head = "HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 99999\r\n\r\n";
    let talk = |number: u16| {
        Talk::to(80)
            .from(40_000 + number)
            .open()
            .say(Client, "GET / HTTP/1.1\r\nHost: h.example\r\n\r\n")
            .say(Server, head)
            .say(Server, [0; 40_000])
            .say(Server, [0; 40_000])
    };
    let talks: Vec<Talk> = (0..66).map(talk).collect();
    let capture = file(&talks.iter().collect::<Vec<_>>());
    let files = extract("decoders", &capture, &["--view", "connections"]);
    let refused = files.iter().filter(|(row, _)| row["error"] == "no_room");
    assert_eq!(refused.clone().count(), 2);
    for (row, bytes) in refused {
        assert_eq!((&row["decoded"], bytes.len()), (&false.into(), 80_000));
    }
}

#[test]
fn messages_and_unknown_streams_are_files_too() {
    let upgrade = "GET /chat HTTP/1.1\r\nHost: h.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
    let agreed =
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    let chat = Talk::to(80)
        .from(40_001)
        .open()
        .say(Client, upgrade)
        .say(Server, agreed);
    let chat = chat.say(Server, b"\x81\x02oh\x82\x01\xff").close();
    let other = Talk::to(9999)
        .open()
        .say(Client, "one ")
        .say(Server, b"\xfe")
        .say(Client, "two")
        .close();
    let files = extract("streams", &file(&[&chat, &other]), &[]);
    let mut seen: Vec<(&str, &[u8])> = files
        .iter()
        .map(|(row, bytes)| (row["kind"].as_str().unwrap(), &bytes[..]))
        .collect();
    seen.sort_unstable();
    assert_eq!(
        seen,
        [
            ("binary", &b"\xff"[..]),
            ("stream", b"one two"),
            ("stream", b"\xfe"),
            ("text", b"oh")
        ]
    );
}

#[test]
fn a_folder_with_something_in_it_is_left_alone() {
    let folder = folder("full");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("mine"), "x").unwrap();
    let capture = Talk::to(80).open().file();
    assert_eq!(run(&capture, &["--extract", folder.to_str().unwrap()]).0, 2);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
}
