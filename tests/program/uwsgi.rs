//! `wirekit uwsgi` against a server of a few lines that says what a row tells it to say.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener};
use std::thread;

use wirekit_laws::cli::run;

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
        ("HTTP/2 200 OK\r\n\r\n", &[], 1, "", "wirekit: not a status at byte 5 of the answer\n"),
        ("HTTP/1.1 101 S\r\n\r\n", &[], 1, "", "wirekit: switch of protocols that nobody asked for at byte 11 of the answer\n"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\nx", &[], 1, "hi", "wirekit: malformed chunk size at byte 54 of the answer\n"),
        // What is cut short.
        ("", &[], 3, "", "wirekit: the server closed the connection without an answer: it refused the packet\n"),
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
    let told: Vec<&str> = err
        .lines()
        .filter(|line| !line.contains("SERVER_PORT="))
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
        "> HTTP_X_A=1",
        "> HTTP_COOKIE=a; b",
        "> CONTENT_TYPE=application/x-www-form-urlencoded",
        "> REMOTE_USER=ada",
        "> PATH_INFO=/q",
    ];
    assert_eq!(told, expected);
}
