use proptest::prelude::*;
use wirekit_laws::cli;

/// Every command that the laws run, by its words, with inputs that it reads without a fault.
#[rustfmt::skip]
const SEEDS: &[(&[&str], &[u8])] = &[
    (&["tcp"], b"\x9c\x40\x00\x50\x00\x00\x00\x01\x00\x00\x00\x00\xa0\x02\xfa\xf0\x12\x34\x00\x00\x02\x04\x05\xb4\x04\x02\x08\x0a\x00\x00\x00\x01\x00\x00\x00\x00\x01\x03\x03\x07"),
    (&["tcp"], b"\x9c\x40\x00\x50\x00\x00\x00\x01\x00\x00\x00\x09\xa1\x9b\xfa\xf0\x12\x34\x00\x05\x05\x12\0\0\0\x01\0\0\0\x09\0\0\0\x11\0\0\0\x19\x01\x00data"),
    (&["tcp"], b"\x00\x01\x00\x02\x00\x00\x00\x01\x00\x00\x00\x00\xf0\x10\xfa\xf0\x12\x34\x00\x00\x1e\x04\x30\x00\x22\x06abcd\xac\x05\0\0\x09\xfd\x06\x12\x34zz\x1c\x04\x80\x05\x1d\x08\x01\x02macs\x63\x03!\x01\x01\x01\x01"),
    (&["tcp", "--pseudo", "192.0.2.1,192.0.2.2"], b"\0\x01\0\x02\0\0\0\x03\0\0\0\x04\x50\x11\0\x06\0\0\0\0"),
    (&["udp"], b"\x0f\xa0\x005\x00\x0a\x00\x00hi"),
    (&["udp", "--pseudo", "2001:db8::1,2001:db8::2"], b"\x0f\xa0\x005\x00\x0a\xab\xcdhi"),
    (&["http1-request"], b"GET /where?q=now HTTP/1.1\r\nHost: www.example.com\r\nAccept: */*\r\n\r\nPUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhelloOPTIONS * HTTP/1.0\r\n\r\n"),
    (&["http1-request"], b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\nX-T: 1\r\n\r\nDELETE http://b/ HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n"),
    (&["http1-request", "--accept-switch"], b"GET /chat HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x80abcd"),
    (&["http1-request", "--accept-switch"], b"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n\x16\x03\x01"),
    (&["http1-response"], b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\nHTTP/1.0 200 \r\n\r\nto the end"),
    (&["http1-response"], b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1a\r\nabcdefghijklmnopqrstuvwxyz\r\n1\r\n!\r\n0\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"),
    (&["http1-response", "--method", "HEAD"], b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nHTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n"),
    (&["http1-response", "--method", "CONNECT", "--accept-switch"], b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 1\r\n\r\n?HTTP/1.1 200 OK\r\n\r\n\x16\x03"),
    (&["http1-response", "--accept-switch"], b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n\x81\x00"),
    (&["uwsgi"], b"\x00\x13\x00\x00\x0e\x00CONTENT_LENGTH\x01\x002hi\x64\x00\x00\x00\x20\x05\x00\x00\x03\x00abc\x00\x0c\x00\x00\x01\x00A\x01\x00b\x01\x00A\x01\x00b"),
    (&["uwsgi"], b"\x6f\x12\x00\x11\x03\x00cmd\x03\x00get\x03\x00key\x01\x00k\xad\x0a\x00\x00\x05\x00hello\x01\x00a\xad\x02\x00\x00hi\xad\x13\x00\x02\x0e\x00CONTENT_LENGTH\x01\x002hi\x01\x02\x00\x09hi\xff\x00\x00\x01"),
    (&["uwsgi", "--lenient"], b"\x00\x13\x00\x00\x0e\x00CONTENT_LENGTH\x01\x002hi\x00\x16\x00\x00\x01\x00A\x00\x00\xff\x7f\x09\x00PATH_INFO\x02\x00/x"),
    (&["websocket", "--role", "client"], b"\x81\x05Hello\x01\x03Hel\x89\x02hi\x80\x02lo\x02\x00\x8a\x00\x80\x01\xff\x88\x05\x03\xe8bye"),
    (&["websocket", "--role", "server"], b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58\x82\x84\x01\x02\x03\x04abcd\x88\x80\x01\x02\x03\x04"),
    (&["websocket", "--role", "client", "--deflate", "client_no_context_takeover"], b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00\xc1\x05\xf2\x00\x11\x00\x00\x41\x03\xf2\x48\xcd\x89\x01!\x80\x04\xc9\xc9\x07\x00\x81\x02hi"),
    (&["websocket", "--role", "client"], b"\x81\x7e\x00\x80\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"),
];

#[test]
fn seeds_are_cut_anywhere() {
    for &(command, input) in SEEDS {
        for split in (1..9).chain([input.len()]) {
            cli::split_of(command, split, input);
        }
        for end in 0..input.len() {
            cli::split_of(command, 1, &input[..end]);
        }
        cli::round_trip_of(command, input);
    }
}

#[test]
fn what_nobody_may_send_is_read_all_the_same() {
    let inputs: [(&[&str], &[u8]); 4] = [
        // RFC 9110 section 2.5: a higher minor version is read as the highest known
        (&["http1-request"], b"GET / HTTP/1.9\r\nHost: a\r\n\r\n"),
        // RFC 9112 section 3.2.2: a server ignores Host beside a target in absolute-form
        (
            &["http1-request"],
            b"GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n",
        ),
        // RFC 9110 section 7.8: a server may ignore Upgrade
        (
            &["http1-request"],
            b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\n\r\n",
        ),
        // RFC 9110 section 10.1.1: a server may be asked for 100 (Continue) though there is no content
        (
            &["http1-request"],
            b"GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n",
        ),
    ];
    for (command, input) in inputs {
        cli::round_trip_of(command, input);
        let (status, events, _) = cli::run(&[&["parse"], command].concat(), input);
        assert_eq!(status, 0);
        assert_eq!(cli::run(&["encode", command[0]], &events).0, 1);
    }
}

/// RFC 6455 section 5.4 lets a close stand between fragments; the message before it never ends.
#[test]
fn a_close_inside_a_message_leaves_it_incomplete() {
    let (command, input) = (
        ["websocket", "--role", "client"],
        b"\x01\x03Hel\x88\x00\x80\x02lo",
    );
    cli::split_of(&command, 1, input);
    cli::round_trip_of(&command, input);
    let (status, events, _) = cli::run(&[&["parse"], &command[..]].concat(), input);
    assert_eq!(status, 3);
    assert!(events.ends_with(b"{\"event\":\"incomplete\",\"offset\":7}\n"));
}

#[test]
fn messages_of_every_capture_come_back() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/captures");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|it| it == "pcap") {
            count += cli::messages_of(&std::fs::read(path).unwrap());
        }
    }
    let sample = include_bytes!("../../crates/wirekit-cli/sample.pcap");
    count += cli::messages_of(sample);
    assert!(count > 200, "{count}");
}

/// DNS messages and coded content, cut at every byte and with each byte another.
#[test]
fn names_and_content_are_cut_and_changed_anywhere() {
    for (target, law) in [
        ("cli_names", cli::names as fn(&[u8])),
        ("cli_content", cli::content),
    ] {
        let folder = format!("{}/../fuzz/seeds/{target}", env!("CARGO_MANIFEST_DIR"));
        for entry in std::fs::read_dir(folder).unwrap() {
            let seed = std::fs::read(entry.unwrap().path()).unwrap();
            for at in 0..seed.len().min(64) {
                law(&seed[..at]);
                let mut seed = seed.clone();
                seed[at] ^= 0x81;
                law(&seed);
            }
        }
    }
}

/// Where one spelling exists, it comes back.
#[test]
fn seeds_come_back_byte_for_byte() {
    for &(command, input) in SEEDS {
        let (status, events, _) = cli::run(&[&["parse"], command].concat(), input);
        assert_eq!(
            status,
            0,
            "{command:?}: {}",
            String::from_utf8_lossy(&events)
        );
        if command.contains(&"--lenient") || command.contains(&"--deflate") {
            continue;
        }
        let (status, bytes, words) = cli::run(&["encode", command[0]], &events);
        assert_eq!(
            status,
            0,
            "{command:?}: {}",
            String::from_utf8_lossy(&words)
        );
        let rest = if command.contains(&"--accept-switch") {
            input.len() - bytes.len()
        } else {
            0
        };
        assert_eq!(bytes, input[..input.len() - rest], "{command:?}");
    }
}

proptest! {
    #[test]
    fn random_bytes_keep_the_laws(data: Vec<u8>) {
        cli::split(&data);
        cli::round_trip(&data);
        cli::encode(&data);
        cli::capture_splits(&data);
        cli::content(&data);
        cli::counts(&data);
        cli::flows(&data);
        cli::messages(&data);
        cli::names(&data);
        cli::versus_etherparse(&data);
    }

    #[test]
    fn mutated_seeds_keep_the_laws(
        seed in prop::sample::select(SEEDS),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 1..4),
        split in 1..40_usize,
    ) {
        let (command, input) = seed;
        let mut input = input.to_vec();
        for (at, byte, how) in edits {
            if input.is_empty() {
                break;
            }
            let at = at.index(input.len());
            match how {
                0 => input[at] = byte,
                1 => input.insert(at, byte),
                2 => drop(input.remove(at)),
                _ => input.truncate(at),
            }
        }
        cli::split_of(command, split, &input);
        cli::round_trip_of(command, &input);
    }
}
