//! The same packets to a real uWSGI and to our decoders: the same verdict and the same variables, or a difference
//! that is named here with its reason.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;

use wirekit::bridge::{ResponseEvent, ResponseReader, ResponseTable};
use wirekit::http1;
use wirekit::uwsgi::request::{Builder, Meta, Prefix};
use wirekit::uwsgi::server::{Config, Index};
use wirekit::uwsgi::{Field, Header, Packet, Quirks, Var};

use super::http::Response;
use super::process::{gunicorn, uwsgi};
use crate::program::PATIENCE;

type Environ = BTreeMap<Vec<u8>, Vec<u8>>;

/// What a server's application got; `None` where the server closed the connection without a byte.
fn environ(port: u16, packet: &[u8]) -> Option<Environ> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("a listening server");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    stream.write_all(packet).expect("the packet is taken");
    let mut answer = Vec::new();
    // A refused packet may come back as a reset.
    let _ = stream.read_to_end(&mut answer);
    let mut reader = ResponseReader::new(http1::Config::DEFAULT);
    let mut table = ResponseTable::new();
    let (event, used) = reader
        .receive(&answer, &mut table)
        .expect("an answer by the rules")?;
    let ResponseEvent::Head(head) = event else {
        panic!("{event:?}")
    };
    assert_eq!(head.status().0, 200);
    let body = answer[used..].to_vec();
    Some(
        Response {
            body,
            ..Response::default()
        }
        .environ()
        .into_iter()
        .collect(),
    )
}

fn dictionary(packet: &[u8], quirks: Quirks) -> Option<Environ> {
    let (packet, _) = Packet::parse(packet).expect("a whole packet");
    let vars = packet.vars_with(quirks).ok()?;
    Some(
        vars.into_iter()
            .map(|var| (var.key.to_vec(), var.value.to_vec()))
            .collect(),
    )
}

fn packet(block: &[u8]) -> Vec<u8> {
    let mut packet = Vec::new();
    Header::WSGI
        .encode(block, &mut packet)
        .expect("a block that fits");
    packet
}

/// Packets by hand, each with what it is about.
#[rustfmt::skip]
const BLOCKS: &[(&str, &[u8])] = &[
    ("one variable", b"\x09\0PATH_INFO\x02\0/x"),
    ("an empty value", b"\x09\0PATH_INFO\x02\0/x\x01\0a\0\0"),
    ("an empty key", b"\x09\0PATH_INFO\x02\0/x\0\0\x01\0a"),
    ("an overlong key", b"\x01\0a\0\0\xff\x7f\x09\0PATH_INFO\x02\0/y"),
    ("two overlong keys", b"\xff\x7f\xff\x7f\x09\0PATH_INFO\x02\0/y"),
    ("a key that ends with the block", b"\x09\0PATH_INFO\x02\0/x\x02\0ab"),
    ("a key that leaves one byte", b"\x09\0PATH_INFO\x02\0/x\x02\0abc"),
    ("a key length of one byte", b"\x09\0PATH_INFO\x02\0/x\x02"),
    ("a key length and no more", b"\x09\0PATH_INFO\x02\0/x\x02\0"),
    ("an overlong value", b"\x09\0PATH_INFO\x03\0/x"),
    ("a repeated key", b"\x09\0PATH_INFO\x02\0/x\x01\0a\x01\x001\x01\0a\x01\x002"),
    ("bytes that are no text", b"\x09\0PATH_INFO\x02\0/x\x02\0\xff\xfe\x03\0\x80\0\x01"),
    ("a value with a line end", b"\x09\0PATH_INFO\x02\0/x\x01\0a\x02\0\r\n"),
];

#[test]
fn uwsgi_and_the_lenient_decoder_agree() {
    let (_uwsgi, port) = uwsgi("app.py", &[]);
    for (about, block) in BLOCKS {
        let packet = packet(block);
        assert_eq!(
            environ(port, &packet),
            dictionary(&packet, Quirks::RESYNC),
            "{about}"
        );
    }
}

#[test]
fn uwsgi_and_the_lenient_decoder_agree_where_a_body_ends() {
    let (_uwsgi, port) = uwsgi("app.py", &[]);
    #[rustfmt::skip]
    let rows: &[&[&str]] = &[
        &[], &[""], &["5"], &["007"], &["5, 5"], &["5x"], &["+5"], &[" 5"], &["-1"], &["0x5"],
        &["18446744073709551621"], &["36893488147419103235"],
        &["5", "3"], &["5", ""], &["5", "x"], &["x", "5"],
    ];
    for values in rows {
        let mut vars = vec![Var::new(b"PATH_INFO", b"/read")];
        let lengths = values
            .iter()
            .map(|value| Var::new(b"CONTENT_LENGTH", value.as_bytes()));
        vars.extend(lengths);
        let mut packet = Vec::new();
        Header::WSGI.encode_vars(&vars, &mut packet).unwrap();
        let (view, _) = Packet::parse(&packet).unwrap();
        let index = Index::parse_with(view, &Config::LENIENT).expect("what uWSGI takes");
        let length = usize::try_from(index.content_length()).unwrap();

        // More would be waited for, less would be left out.
        packet.extend_from_slice(&b"helloworld"[..length]);
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(&packet).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("an answer in time");
        let expected = [b"HTTP/1.0 200 OK\r\n\r\n", &b"helloworld"[..length]].concat();
        assert_eq!(answer, expected, "{values:?}");
    }
}

/// Specification sections 4 and 4.5: uWSGI 2.0 goes by the length alone, whatever is said of a coding.
#[test]
fn uwsgi_does_not_look_at_the_coding_of_a_body() {
    let (_uwsgi, port) = uwsgi("app.py", &[]);
    let coding = Var::new(b"HTTP_TRANSFER_ENCODING", b"chunked");
    let length = Var::new(b"CONTENT_LENGTH", b"10");
    let rows: [(&[Var<'_>], &[u8], &[u8]); 2] = [
        (&[length, coding], b"helloworld", b"helloworld"),
        (&[coding], b"5\r\nhello\r\n0\r\n\r\n", b""),
    ];
    for (body_vars, body, expected) in rows {
        let vars = [&[Var::new(b"PATH_INFO", b"/read")], body_vars].concat();
        let mut packet = Vec::new();
        Header::WSGI.encode_vars(&vars, &mut packet).unwrap();
        packet.extend_from_slice(body);
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(&packet).unwrap();
        let mut answer = Vec::new();
        // What was left unread resets the connection behind the answer.
        let _ = stream.read_to_end(&mut answer);
        let expected = [b"HTTP/1.0 200 OK\r\n\r\n", expected].concat();
        assert_eq!(answer, expected, "{}", body.escape_ascii());
    }
}

#[test]
fn uwsgi_and_the_lenient_decoder_agree_on_broken_packets() {
    let (_uwsgi, port) = uwsgi("app.py", &[]);
    let base =
        b"\x09\0PATH_INFO\x02\0/x\x0c\0QUERY_STRING\0\0\x06\0HTTP_A\x03\0abc\x04\0ABCD\x05\0value";
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = |bound: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        usize::try_from(random >> 33).unwrap_or(0) % bound
    };
    let mut verdicts = [0; 3];
    for round in 0..600 {
        // One or two bytes of lengths or text changed, and the block cut somewhere.
        let mut block = base.to_vec();
        for _ in 0..=next(2) {
            let at = next(block.len());
            block[at] = next(40).to_le_bytes()[0];
        }
        block.truncate(block.len() - next(3) * next(20));
        let packet = packet(&block);
        let ours = dictionary(&packet, Quirks::RESYNC);
        let theirs = environ(port, &packet);
        assert_eq!(theirs, ours, "round {round}: {}", block.escape_ascii());
        // Whatever the strict decoder takes, uWSGI reads the same way.
        let strict = dictionary(&packet, Quirks::NONE);
        assert!(
            strict.is_none() || strict == theirs,
            "round {round}: {}",
            block.escape_ascii()
        );
        verdicts[usize::from(strict.is_some()) + usize::from(theirs.is_some())] += 1;
    }
    // Each of the three happens: refused by both, by the strict decoder only, by none.
    assert!(verdicts.iter().all(|count| *count > 5), "{verdicts:?}");
}

/// Where a uWSGI refuses what our decoder takes: its own limits, which `Peer::UWSGI` knows.
#[test]
fn uwsgi_has_limits_of_its_own() {
    let (_uwsgi, port) = uwsgi("app.py", &[]);
    let block = |value_len: usize| {
        let value = vec![b'v'; value_len];
        let mut out = Vec::new();
        Header::WSGI
            .encode_vars(
                &[Var::new(b"PATH_INFO", b"/x"), Var::new(b"A", &value)],
                &mut out,
            )
            .unwrap();
        out
    };
    let overhead = block(0).len() - 4;
    assert!(environ(port, &block(4096 - overhead)).is_some());
    assert!(environ(port, &block(4097 - overhead)).is_none());
    let many = |count: usize| {
        let keys: Vec<String> = (0..count).map(|number| format!("K{number}")).collect();
        let vars: Vec<Var<'_>> = keys
            .iter()
            .map(|key| Var::new(key.as_bytes(), b""))
            .collect();
        let mut out = Vec::new();
        Header::WSGI.encode_vars(&vars, &mut out).unwrap();
        out
    };
    assert_eq!(
        environ(port, &many(128)).map(|environ| environ.len()),
        Some(128)
    );
    assert!(environ(port, &many(129)).is_none());
}

#[test]
fn what_we_encode_everybody_reads_the_same() {
    let (_uwsgi, uwsgi_port) = uwsgi("app.py", &[]);
    let (_gunicorn, gunicorn_port) = gunicorn("app");
    let constants = b"\x0b\0SERVER_NAME\x01\0s\x0b\0SERVER_PORT\x02\x0080";
    let prefix = Prefix::from_block(constants).unwrap();
    let requests: &[&[(&str, &str)]] = &[
        &[],
        &[("Accept", "*/*"), ("Accept", "text/html"), ("X", "")],
        &[
            ("Cookie", "a=1"),
            (
                "X-Long",
                "vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv",
            ),
            ("cookie", "b=2"),
        ],
        &[
            ("Content-Type", "text/plain"),
            ("Authorization", "Basic eDp5"),
            ("!#$%&'*+.^`|~1", "odd"),
        ],
        &[("X", "\u{e9}\u{1f600}\t,;=\""), ("Y", "caf\u{e9}")],
    ];
    for pairs in requests {
        let fields: Vec<Field<'_>> = pairs
            .iter()
            .map(|(name, value)| Field::new(name.as_bytes(), value.as_bytes()))
            .collect();
        let meta = Meta::get(b"/env/x?a=b%20c&d")
            .host(Some(b"h.example"))
            .remote(Some("192.0.2.7:99".parse().unwrap()));
        let mut packet = Vec::new();
        Builder::new(prefix, meta, &fields)
            .encode(&mut packet)
            .unwrap();
        let ours = dictionary(&packet, Quirks::NONE).unwrap();
        assert_eq!(
            environ(uwsgi_port, &packet).as_ref(),
            Some(&ours),
            "uWSGI: {pairs:?}"
        );
        let theirs = environ(gunicorn_port, &packet).expect("gunicorn answers");
        for (key, value) in &ours {
            // gunicorn takes the addresses from its sockets, and hands the raw target on under another name.
            let own = [
                &b"SERVER_NAME"[..],
                b"SERVER_PORT",
                b"REMOTE_ADDR",
                b"REMOTE_PORT",
                b"REQUEST_URI",
            ]
            .contains(&&key[..]);
            assert!(
                own || theirs.get(key) == Some(value),
                "gunicorn: {} in {pairs:?}: {:?}",
                key.escape_ascii(),
                theirs.get(key).map(|v| v.escape_ascii().to_string())
            );
        }
    }
}

/// What uWSGI drops, gunicorn serves: the quirk is for that.
#[test]
fn gunicorn_takes_an_empty_key() {
    let (_uwsgi, uwsgi_port) = uwsgi("app.py", &[]);
    let (_gunicorn, gunicorn_port) = gunicorn("app");
    let packet = packet(
        b"\x0e\0REQUEST_METHOD\x03\0GET\x09\0PATH_INFO\x02\0/x\0\0\x01\0a\x06\0HTTP_X\x01\x001",
    );
    assert_eq!(environ(uwsgi_port, &packet), None);
    assert_eq!(dictionary(&packet, Quirks::NONE), None);
    let theirs = environ(gunicorn_port, &packet).expect("gunicorn answers");
    let ours = dictionary(&packet, Quirks::EMPTY_KEY).expect("the quirk permits it");
    for key in [&b"PATH_INFO"[..], b"HTTP_X"] {
        assert!(ours.contains_key(key));
        assert_eq!(theirs.get(key), ours.get(key), "{}", key.escape_ascii());
    }
}

/// gunicorn 27 takes `PATH_INFO`, which is decoded already, as text and decodes it once more; what filters paths in
/// front of it has to know.
#[test]
fn gunicorn_decodes_the_path_twice() {
    let (_uwsgi, uwsgi_port) = uwsgi("app.py", &[]);
    let (_gunicorn, gunicorn_port) = gunicorn("app");
    let prefix =
        Prefix::from_block(b"\x0b\0SERVER_NAME\x01\0s\x0b\0SERVER_PORT\x02\x0080").unwrap();
    for (path, gunicorns) in [
        (&b"/a%20b"[..], &b"/a b"[..]),
        (b"/\xc3\xa9", b"/\xc3\x83\xc2\xa9"),
    ] {
        let meta = Meta::get(b"/").path_info(path);
        let mut packet = Vec::new();
        Builder::new(prefix, meta, &[]).encode(&mut packet).unwrap();
        let path_info =
            |port| environ(port, &packet).and_then(|mut environ| environ.remove(&b"PATH_INFO"[..]));
        assert_eq!(path_info(uwsgi_port).as_deref(), Some(path));
        assert_eq!(path_info(gunicorn_port).as_deref(), Some(gunicorns));
    }
}
