use std::io::{self, Write};

use wirekit_laws::cli::run;

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";

fn words(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Each row: the arguments, the input, the exit status and what stderr says.
#[test]
fn statuses() {
    #[rustfmt::skip]
    let rows: [(&[&str], &[u8], u8, &str); 35] = [
        // 0: all well
        (&["parse", "http1-request"], REQUEST, 0, ""),
        (&["parse", "http1-request", "-"], REQUEST, 0, ""),
        (&["parse", "http1-request"], b"", 0, ""),
        (&["encode", "http1-request"], b"\n\n", 0, ""),
        // 1: the input broke a protocol rule
        (&["parse", "http1-request"], b"GET / HTTP/1.1\n", 1, ""),
        (&["parse", "udp"], b"\0\x01\0\x02\0\x07\0\0", 1, ""),
        (&["encode", "http1-request"], br#"{"event":"request","method":"GET","target":"/","fields":[]}"#, 1, "wirekit: line 1: request without host\n"),
        (&["encode", "websocket"], br#"{"event":"message","kind":"text","data":"\u00ff"}"#, 1, "wirekit: line 1: text is not UTF-8\n"),
        (&["encode", "uwsgi"], br#"{"event":"packet","modifier1":17,"modifier2":0,"block":"x"}"#, 1, "wirekit: line 1: block ends inside a key length\n"),
        (&["encode", "uwsgi"], br#"{"event":"packet","modifier1":32,"modifier2":0,"block":"x"}"#, 1, "wirekit: line 1: array ends inside an item length\n"),
        (&["encode", "websocket"], b"{\"event\":\"frame\",\"fin\":true,\"rsv\":0,\"opcode\":2,\"masked\":false,\"payload_len\":1}\n{\"event\":\"message\",\"kind\":\"text\",\"data\":\"a\"}", 1, "wirekit: line 2: the message is of another kind than its frames\n"),
        (&["encode", "http1-response"], b"{\"event\":\"response\",\"status\":200,\"body\":\"until_close\"}\n{\"event\":\"end\"}\n{\"event\":\"response\",\"status\":200}", 1, "wirekit: line 3: nothing follows a body that lasts until the connection closes\n"),
        (&["encode", "websocket"], b"{\"event\":\"frame\",\"fin\":false,\"rsv\":0,\"opcode\":1,\"masked\":false,\"payload_len\":1}\n{\"event\":\"message\",\"kind\":\"text\",\"data\":\"a\"}", 1, "wirekit: line 2: the message lacks its last frame\n"),
        (&["encode", "websocket"], b"{\"event\":\"frame\",\"fin\":true,\"rsv\":4,\"opcode\":1,\"masked\":false,\"payload_len\":1}\n{\"event\":\"message\",\"kind\":\"text\",\"data\":\"a\"}", 1, "wirekit: line 2: reserved bits"),
        (&["encode", "http1-request"], br#"{"event":"request","method":"TRACE","target":"/","fields":[["Host","a"]],"body":"chunked"}"#, 1, "wirekit: line 1: this message cannot have such a body\n"),
        (&["encode", "http1-response"], br#"{"event":"response","status":205,"body":"length","content_length":1}"#, 1, "wirekit: line 1: this message cannot have such a body\n"),
        (&["encode", "http1-request"], b"{\"event\":\"request\",\"method\":\"GET\",\"target\":\"/\",\"fields\":[[\"Host\",\"a\"],[\"Connection\",\"x, Close\"]]}\n{\"event\":\"end\"}\n{\"event\":\"request\",\"method\":\"GET\",\"target\":\"/\",\"fields\":[[\"Host\",\"a\"]]}", 1, "wirekit: line 3: nothing follows the message that closes the connection\n"),
        (&["encode", "http1-response"], b"{\"event\":\"response\",\"version\":\"HTTP/1.0\",\"status\":204}\n{\"event\":\"end\"}\n{\"event\":\"response\",\"status\":204}", 1, "wirekit: line 3: nothing follows the message that closes the connection\n"),
        // 2: wrong usage
        (&["encode", "http1-request"], br#"{"event":"request","method":"GET","target":"/","version":1.0,"fields":[["Host","a"]]}"#, 2, "wirekit: line 1: `version` must be a string\n"),
        (&["encode", "http1-request"], br#"{"event":"request","method":"GET","target":"/","fields":[["Host","a"]],"body":["chunked"]}"#, 2, "wirekit: line 1: `body` must be a string\n"),
        (&["encode", "websocket"], br#"{"event":"message","kind":"text","data":"a","compressed":"true"}"#, 2, "wirekit: line 1: `compressed` must be true or false\n"),
        (&["parse", "gopher"], b"", 2, "error: invalid value 'gopher'"),
        (&["parse", "udp", "--method", "GET"], b"", 2, "wirekit: this protocol has no --method\n"),
        (&["parse", "http1-request", "--split", "0"], b"", 2, "error: invalid value '0'"),
        (&["parse", "http1-request", "--limit", "max_fields"], b"", 2, "error: invalid value 'max_fields'"),
        (&["parse", "http1-request", "--limit", "max_sheep=1"], b"", 2, "wirekit: there is no limit `max_sheep`; there are max_head_len"),
        (&["parse", "uwsgi", "--quirk", "bare_lf"], b"", 2, "wirekit: there is no quirk `bare_lf`; there are resync, empty_key, leading_digits\n"),
        (&["parse", "tcp", "--pseudo", "192.0.2.1,::1"], b"", 2, "error: invalid value '192.0.2.1,::1'"),
        (&["parse", "udp", "--hex"], b"0g", 2, "wirekit: no hexadecimal digit at byte 1 of the text\n"),
        (&["encode", "udp"], b"{\"event\":\"datagram\"}", 2, "wirekit: line 1: `source_port` must be a number in the field's range\n"),
        (&["encode", "udp"], b"\n{", 2, "wirekit: line 2: column 1: not JSON\n"),
        (&["uwsgi", "uwsgi+unix:///no/such/socket:/"], b"", 2, "wirekit: uwsgi+unix:///no/such/socket:/: "),
        (&["uwsgi", "uwsgi://a/"], b"", 2, "wirekit: uwsgi://a/: a host and a port are needed"),
        // 3: the input ended inside a message
        (&["parse", "websocket"], b"\x81", 3, ""),
        (&["encode", "uwsgi"], br#"{"event":"packet","modifier1":0,"modifier2":0,"vars":[["CONTENT_LENGTH","2"]]}"#, 3, "wirekit: line 2: the body lacks 2 bytes\n"),
    ];
    for (arguments, input, status, said) in rows {
        let (found, _, stderr) = run(arguments, input);
        let stderr = words(&stderr);
        assert_eq!(found, status, "{arguments:?}: {stderr}");
        assert!(
            stderr.starts_with(said) && stderr.is_empty() == said.is_empty(),
            "{arguments:?}: {stderr}"
        );
    }
}

#[test]
fn files_are_read_and_missing_ones_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("request");
    std::fs::write(&path, REQUEST).unwrap();
    let path = path.to_str().unwrap();
    let (status, from_file, _) = run(&["parse", "http1-request", path], b"");
    assert_eq!(status, 0);
    assert_eq!(from_file, run(&["parse", "http1-request"], REQUEST).1);
    let (status, events, said) = run(&["parse", "udp", &format!("{path}.not")], b"");
    assert_eq!((status, events), (2, Vec::new()));
    assert!(words(&said).starts_with(&format!("wirekit: {path}.not: ")));
}

#[test]
fn hexadecimal_text_is_the_same_bytes() {
    let hex: String = REQUEST
        .iter()
        .map(|byte| format!("{byte:02X} \n"))
        .collect();
    let plain = run(&["parse", "http1-request"], REQUEST);
    assert_eq!(
        run(&["parse", "http1-request", "--hex"], hex.as_bytes()),
        plain
    );
    assert_eq!(
        run(
            &["parse", "http1-request", "--hex", "--split", "1"],
            hex.as_bytes()
        ),
        plain
    );
}

/// What stood before the fault is printed all the same.
#[test]
fn a_fault_comes_after_what_was_well() {
    let input = [REQUEST, b"GET\r\n"].concat();
    let (status, events, _) = run(&["parse", "http1-request"], &input);
    let names: Vec<_> = words(&events)
        .lines()
        .map(|line| line.split('"').nth(3).unwrap().to_owned())
        .collect();
    assert_eq!(
        (status, &names[..]),
        (1, &["request", "end", "error"].map(str::to_owned)[..])
    );
}

/// Nothing is written for an event that cannot be encoded; what came before it stays.
#[test]
fn encode_stops_at_the_event_that_cannot_be() {
    let events = concat!(
        r#"{"event":"message","kind":"text","data":"a"}"#,
        "\n",
        r#"{"event":"close","code":999,"reason":""}"#,
        "\n",
        r#"{"event":"message","kind":"text","data":"b"}"#,
        "\n",
    );
    let (status, bytes, said) = run(&["encode", "websocket"], events.as_bytes());
    assert_eq!((status, &bytes[..]), (1, &b"\x81\x01a"[..]));
    assert!(
        words(&said).starts_with("wirekit: line 2: "),
        "{}",
        words(&said)
    );
}

#[test]
fn help_and_version_go_to_stdout() {
    for arguments in [
        &["--help"][..],
        &["--version"],
        &["parse", "--help"],
        &["inspect", "--help"],
    ] {
        let (status, out, said) = run(arguments, b"");
        assert_eq!((status, said), (0, Vec::new()));
        assert!(!out.is_empty() && !out.contains(&0x1b));
    }
    let (status, out, said) = run(&[], b"");
    assert_eq!((status, out), (2, Vec::new()));
    assert!(!said.is_empty());
}

/// A pipe whose reader went away.
struct Closed;

impl Write for Closed {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_closed_pipe_ends_the_program_quietly() {
    let mut said = Vec::new();
    for arguments in [
        ["wirekit", "parse", "http1-request"],
        ["wirekit", "parse", "websocket"],
    ] {
        let status = wirekit_cli::run(
            arguments,
            &b"\x88\x80abcdGET / HTTP/1.1"[..],
            Closed,
            &mut said,
        );
        assert_eq!((status, &said[..]), (0, &b""[..]));
    }
}

/// A body is reported in pieces of a size of its own, so that memory is bounded and the pieces of the input do not show.
#[test]
fn a_long_body_is_reported_in_bounded_pieces() {
    let len = 200_000;
    let mut input =
        format!("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: {len}\r\n\r\n").into_bytes();
    let start = input.len();
    input.resize(start + len, b'x');
    let (status, whole, _) = run(&["parse", "http1-request"], &input);
    assert_eq!(status, 0);
    let lens: Vec<u64> = words(&whole)
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter(|event| event["event"] == "data")
        .map(|event| event["len"].as_u64().unwrap())
        .collect();
    assert_eq!(lens, [65536, 65536, 65536, 3392]);
    for split in ["1", "1000", "65537"] {
        assert_eq!(
            run(&["parse", "http1-request", "--split", split], &input).1,
            whole
        );
    }
}
