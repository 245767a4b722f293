//! `wirekit uwsgi` against a server of a few lines that sends what a row has.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener};
use std::thread;

use wirekit_laws::cli::run;

/// What is said of a server that says nothing.
const SILENCE: &str = "wirekit: the server closed the connection without an answer: it refused the packet, or its \
    application failed before it answered; its log says which\n";

/// What stdout, stderr and the exit status are when a server answers so; and the packet that it got.
fn ask(answer: &[u8], options: &[&str]) -> (u8, String, String, Vec<u8>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("uwsgi://{}/p", listener.local_addr().expect("an address"));
    let data = options.iter().skip_while(|option| **option != "-d").nth(1);
    let body_len = data.map_or(0, |data| data.len());
    thread::scope(|scope| {
        let server = scope.spawn(move || {
            let (mut stream, _) = listener.accept().expect("a client");
            let mut packet = vec![0; 4];
            stream.read_exact(&mut packet).expect("a header");
            let mut block = vec![0; usize::from(u16::from_le_bytes([packet[1], packet[2]]))];
            stream.read_exact(&mut block).expect("a block");
            packet.append(&mut block);
            // The client sends no more once it has its answer.
            let mut body = vec![0; body_len];
            stream.read_exact(&mut body).expect("a body");
            packet.append(&mut body);
            stream.write_all(answer).expect("the answer is taken");
            stream.shutdown(Shutdown::Write).expect("a connection");
            // The client closes first: no reset can overtake the answer.
            let _ = stream.read_to_end(&mut packet);
            packet
        });
        let arguments = [&["uwsgi", url.as_str()], options].concat();
        let (status, out, err) = run(&arguments, b"");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        let packet = server.join().expect("a server");
        (status, text(out), text(err), packet)
    })
}

#[test]
fn an_answer_is_printed_and_its_faults_are_a_status() {
    #[rustfmt::skip]
    let rows: &[(&str, &[&str], u8, &str, &str)] = &[
        // Answer, options, exit status, stdout, stderr.
        ("HTTP/1.1 200 OK\r\n\r\nhello", &[], 0, "hello", ""),
        ("HTTP/1.1 200 OK\r\n\r\nhello", &["-i"], 0, "HTTP/1.1 200 OK\r\n\r\nhello", ""),
        ("Status: 404 No\r\n\r\nhello", &["-i"], 0, "Status: 404 No\r\n\r\nhello", ""),
        ("HTTP/1.1 103 E\r\n\r\nHTTP/1.1 204 N\r\n\r\n", &["-i"], 0, "HTTP/1.1 103 E\r\n\r\nHTTP/1.1 204 N\r\n\r\n", ""),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi, more", &[], 0, "hi", ""),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", &[], 0, "hi", ""),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", &["-X", "HEAD"], 0, "", ""),
        // What breaks a rule.
        ("HTTP/2 200 OK\r\n\r\n", &[], 1, "", "wirekit: major version other than 1 at byte 5 of the answer\n"),
        ("HTTP/1.1 101 S\r\n\r\n", &[], 1, "", "wirekit: switch to a protocol that was not asked for in the answer\n"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\nx", &[], 1, "hi", "wirekit: malformed chunk size at byte 54 of the answer\n"),
        ("A : b\r\n\r\n", &[], 1, "", "wirekit: not a field line at byte 1 of the answer\n"),
        // What is cut short.
        ("", &[], 3, "", SILENCE),
        ("HTTP/1.1 200", &["-i"], 3, "", "wirekit: the server closed the connection inside its answer, behind 12 bytes\n"),
        ("HTTP/1.1 103 E\r\n\r\n", &[], 3, "", "wirekit: the server closed the connection inside its answer, behind 18 bytes\n"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi", &[], 3, "hi", "wirekit: the server closed the connection inside its answer, behind 40 bytes\n"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n", &[], 3, "hi", "wirekit: the server closed the connection inside its answer, behind 54 bytes\n"),
    ];
    for (answer, options, status, out, err) in rows {
        let (got_status, got_out, got_err, _) = ask(answer.as_bytes(), options);
        assert_eq!(
            (got_status, got_out.as_str(), got_err.as_str()),
            (*status, *out, *err),
            "{answer:?}"
        );
    }
}

#[test]
fn the_packet_says_what_the_options_say() {
    let options = [
        "-v",
        "-H",
        "Host: h",
        "-H",
        "X-A:  1 ",
        "-H",
        "Cookie: a",
        "-H",
        "cookie: b",
        "-H",
        "Proxy: no",
        "-d",
        "x=1",
        "--var",
        "REMOTE_USER=ada",
        "--var",
        "PATH_INFO=/q",
    ];
    let (status, _, err, packet) = ask(b"HTTP/1.1 204 N\r\n\r\n", &options);
    assert_eq!(status, 0, "{err}");
    assert!(packet.ends_with(b"x=1"));
    let printed: Vec<&str> = err
        .lines()
        .filter(|line| !line.contains("_PORT="))
        .skip(1)
        .collect();
    let expected = [
        "> SERVER_NAME=127.0.0.1",
        "> REQUEST_METHOD=POST",
        "> REQUEST_URI=/p",
        "> QUERY_STRING=",
        "> SERVER_PROTOCOL=HTTP/1.1",
        "> CONTENT_LENGTH=3",
        "> HTTP_HOST=h",
        "> REMOTE_ADDR=127.0.0.1",
        "> HTTP_X_A=1",
        "> HTTP_COOKIE=a; b",
        "> CONTENT_TYPE=application/x-www-form-urlencoded",
        "> REMOTE_USER=ada",
        "> PATH_INFO=/q",
    ];
    assert_eq!(printed, expected);
}

#[test]
fn a_packet_that_uwsgi_refuses_by_default_says_which_option_takes_it() {
    // The other variables, and REMOTE_PORT between 1 and 5 digits, are some 250 bytes.
    let field = |len: usize| format!("X: {}", "x".repeat(len));
    let hint = "uWSGI takes 4096, more by its option --buffer-size\n";
    let (status, _, err, packet) = ask(b"", &["-H", &field(5000)]);
    let size = packet.len() - 4;
    assert_eq!(status, 3);
    assert_eq!(
        err,
        format!("{SILENCE}wirekit: the packet has {size} bytes of variables: {hint}")
    );
    assert_eq!(ask(b"", &["-H", &field(3000)]).2, SILENCE);
    // A server that answers has taken the packet.
    let answered = ask(b"HTTP/1.1 200", &["-H", &field(5000)]);
    assert!(!answered.2.contains(hint), "{}", answered.2);

    let settings: Vec<_> = (0..130).map(|number| format!("V{number}=")).collect();
    let options: Vec<_> = settings
        .iter()
        .flat_map(|setting| ["--var", setting])
        .collect();
    let (_, _, err, _) = ask(b"", &options);
    assert!(
        err.ends_with(" variables: uWSGI takes 128, more by its option --max-vars\n"),
        "{err}"
    );
}

#[test]
fn a_server_is_waited_for_as_long_as_the_options_say() {
    // Its queue takes the connection, and nobody answers.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("uwsgi://{}/", silent.local_addr().expect("an address"));
    for option in ["-m", "--max-time"] {
        // A loaded machine may take long to connect.
        let (status, out, err) = run(&["uwsgi", &url, option, "1.5"], b"");
        let err = String::from_utf8(err).expect("text");
        assert_eq!((status, out.len()), (3, 0), "{err}");
        assert_eq!(err, "wirekit: no answer within 1.5 s\n");
    }
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    for options in [
        ["-m", "30"],
        ["-m", "0"],
        ["--connect-timeout", "0"],
        ["--connect-timeout", "30"],
    ] {
        let (status, out, err, _) = ask(answer, &options);
        assert_eq!((status, out.as_str()), (0, "hello"), "{options:?}: {err}");
    }
    for wrong in ["-1", "x", "", "inf", "NaN"] {
        let option = format!("--max-time={wrong}");
        assert_eq!(run(&["uwsgi", &url, &option], b"").0, 2, "{wrong}");
    }
}

#[test]
fn an_answer_that_stops_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("uwsgi://{}/", listener.local_addr().expect("an address"));
    thread::scope(|scope| {
        scope.spawn(|| {
            let (mut stream, _) = listener.accept().expect("a client");
            stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe")
                .expect("the answer is taken");
            // Until the client gives up.
            let _ = stream.read_to_end(&mut Vec::new());
        });
        // A loaded machine may take long to bring the front of the answer.
        let (status, out, err) = run(&["uwsgi", &url, "-m", "3"], b"");
        let err = String::from_utf8(err).expect("text");
        assert_eq!((status, out.as_slice()), (3, &b"he"[..]), "{err}");
        let expected = "wirekit: the answer was not whole within 3 s, 40 bytes of it came\n";
        assert_eq!(err, expected);
    });
}

#[test]
fn a_body_is_a_form_unless_a_field_says_otherwise() {
    for (options, content_type) in [
        (
            &["-v", "-d", "a=b"][..],
            "application/x-www-form-urlencoded",
        ),
        (&["-v", "-d", "a=b", "-H", "content-type: a/b"], "a/b"),
    ] {
        let (status, _, err, packet) = ask(b"Status: 204 No Content\r\n\r\n", options);
        assert_eq!(status, 0, "{err}");
        let line = format!("\n> CONTENT_TYPE={content_type}\n");
        assert!(err.contains(&line), "{err}");
        assert!(
            packet
                .windows(content_type.len())
                .any(|part| part == content_type.as_bytes())
        );
    }
}
