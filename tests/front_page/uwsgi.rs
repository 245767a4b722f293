//! The uwsgi examples: a proxy between an odd client and an odd application, and a server behind an odd front.

use core::net::{Ipv4Addr, SocketAddr};
use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use crate::client::SILENCE;
use crate::program::{PATIENCE, Program, build_example};

/// What a client says, then the answers that it has got before it says more, each a status and the content; and those
/// that are still to come once it has shut down its side, before the proxy closes.
type Exchange = (
    &'static [(&'static str, &'static [&'static str])],
    &'static [&'static str],
);

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

#[rustfmt::skip]
const EXCHANGES: &[Exchange] = &[
    (&[(GET, &["200 hi\n"]), (GET, &["200 hi\n"])], &[]),
    // RFC 9110 section 9.3.2: HEAD "MUST NOT send content", whatever the application says, and the connection goes on.
    (&[("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", &["200 "]), (GET, &["200 hi\n"])], &[]),
    // RFC 9110 section 9.3.6: a uwsgi server has no tunnels.
    (&[("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", &["501 "])], &[]),
    // RFC 9110 section 10.1.1: a client that waits gets 100 or a final status at once.
    (&[("PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n", &["100 "]), ("hi", &["200 hi\n"]), (GET, &["200 hi\n"])], &[]),
    // An early answer. RFC 9112 section 9.3: what follows is read to its end, or not at all, but never as a request.
    (&[("PUT /early HTTP/1.1\r\nHost: a\r\nContent-Length: 31\r\n\r\n", &["413 no\n"]), ("GET /evil HTTP/1.1\r\nHost: a\r\n\r\n", &[])], &[]),
    // RFC 9112 section 9.6: a client that has shut down its side is answered; inside a request, section 8, it is not served.
    (&[], &[]),
    (&[(GET, &[])], &["200 hi\n"]),
    (&[("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", &[])], &["200 hi\n", "200 hi\n"]),
];

#[test]
fn the_proxy_answers_whatever_a_client_may_say() {
    let proxy = listening("uwsgi_proxy", &[&application().to_string()]);
    answers_whatever_a_client_may_say(proxy.address());
}

/// Has every exchange with a proxy in front of an [`application`].
pub(crate) fn answers_whatever_a_client_may_say(proxy: SocketAddr) {
    for (turns, rest) in EXCHANGES {
        let mut stream = connect(proxy);
        for (said, expected) in *turns {
            stream.write_all(said.as_bytes()).expect("it reads");
            for expected in *expected {
                let got = next_answer(&mut stream, said.starts_with("HEAD"));
                assert_eq!(got.as_deref(), Some(*expected), "after {said:?}");
            }
        }
        // The proxy may have closed already.
        let _ = stream.shutdown(Shutdown::Write);
        for expected in *rest {
            let got = next_answer(&mut stream, false);
            assert_eq!(
                got.as_deref(),
                Some(*expected),
                "after {turns:?} and no more"
            );
        }
        assert_eq!(
            next_answer(&mut stream, false),
            None,
            "after {turns:?} and no more"
        );
    }
}

// RFC 9112 section 9.3: HTTP/1.1 keeps its connections; a uwsgi server that answers in it may, as gunicorn does.
#[test]
fn the_proxy_uses_a_connection_again_where_the_server_keeps_it() {
    for protocol in ["", "http://"] {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let upstream = format!("{protocol}{}", listener.local_addr().expect("an address"));
        let accepted = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&accepted);
        // It ends with the test.
        thread::spawn(move || {
            for stream in listener.incoming() {
                count.fetch_add(1, Ordering::Relaxed);
                thread::spawn(move || answer_each(stream?, protocol.is_empty()));
            }
        });
        let proxy = listening("uwsgi_proxy", &[&upstream]);
        for _ in 0..2 {
            let mut stream = connect(proxy.address());
            for request in [
                GET,
                "HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
            ] {
                stream.write_all(request.as_bytes()).expect("it reads");
                let is_head = request != GET;
                let expected = if is_head { "200 " } else { "200 hi\n" };
                let got = next_answer(&mut stream, is_head);
                assert_eq!(got.as_deref(), Some(expected), "{upstream}");
            }
        }
        // To HEAD some uwsgi servers send content, so such a connection goes.
        let expected = if protocol.is_empty() { 2 } else { 1 };
        assert_eq!(accepted.load(Ordering::Relaxed), expected, "{upstream}");
    }
}

/// A server that answers one request after the other.
fn answer_each(mut stream: TcpStream, is_uwsgi: bool) -> io::Result<()> {
    loop {
        let mut head = vec![0; 4];
        stream.read_exact(&mut head)?;
        if is_uwsgi {
            head.resize(4 + usize::from(u16::from_le_bytes([head[1], head[2]])), 0);
            stream.read_exact(&mut head[4..])?;
        }
        while !is_uwsgi && !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte)?;
            head.extend(byte);
        }
        let content = if head.starts_with(b"HEAD") {
            ""
        } else {
            "hi\n"
        };
        write!(
            stream,
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{content}"
        )?;
    }
}

/// The start of a response without a length, and whether the application then says nothing, or resets the connection.
const HALVES: [&str; 2] = ["/stall", "/reset"];

// RFC 9112 section 8: "A message body that uses the chunked transfer coding is incomplete if the zero-sized chunk that
// terminates the encoding has not been received". One that lasts until the close is incomplete only if that is a reset.
#[test]
fn the_proxy_makes_no_whole_answer_of_half() {
    let upstream = application().to_string();
    let proxy = listening("uwsgi_proxy", &[&upstream, "4096", "1"]);
    for path in HALVES {
        let mut stream = connect(proxy.address());
        write!(
            stream,
            "PUT {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"
        )
        .expect("it reads");
        let mut got = Vec::new();
        let end = stream.read_to_end(&mut got).map_err(|error| error.kind());
        let got = String::from_utf8(got).expect("text");
        assert!(
            matches!(end, Ok(_) | Err(io::ErrorKind::ConnectionReset)),
            "{path}: {end:?}"
        );
        assert!(
            got.ends_with("\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"),
            "{path}: {got:?}"
        );

        let mut stream = connect(proxy.address());
        write!(stream, "PUT {path} HTTP/1.0\r\nContent-Length: 2\r\n\r\nhi").expect("it reads");
        let end = stream
            .read_to_end(&mut Vec::new())
            .map_err(|error| error.kind());
        assert_eq!(end, Err(io::ErrorKind::ConnectionReset), "{path}");
    }
    // Before an answer, the same is a status: the application's silence, or its end.
    for (path, expected) in [("/silent", "504 "), ("/gone", "502 ")] {
        let mut stream = connect(proxy.address());
        write!(stream, "GET {path} HTTP/1.1\r\nHost: a\r\n\r\n").expect("it reads");
        let got = next_answer(&mut stream, false);
        assert_eq!(got.as_deref(), Some(expected), "{path}");
    }
}

// RFC 3875 section 4.3.3: no content in answer to HEAD. A front that is gone inside the body has no request.
#[test]
fn the_server_answers_whatever_a_front_may_say() {
    let server = listening("uwsgi_server", &[]);
    let request = |method| {
        packet(&[
            ("REQUEST_METHOD", method),
            ("REQUEST_URI", "/"),
            ("PATH_INFO", "/"),
            ("QUERY_STRING", ""),
            ("SERVER_NAME", "a"),
            ("SERVER_PORT", "80"),
            ("SERVER_PROTOCOL", "HTTP/1.1"),
            ("CONTENT_LENGTH", "2"),
        ])
    };
    for method in ["GET", "HEAD", "PUT"] {
        let mut front = connect(server.address());
        front.write_all(&request(method)).expect("it reads");
        front.write_all(b"hi").expect("it reads");
        let got = next_answer(&mut front, method == "HEAD").expect("an answer");
        assert!(got.starts_with("200 "), "{method}: {got}");
        assert_eq!(next_answer(&mut front, false), None, "{method}");
    }
    let mut front = connect(server.address());
    front.write_all(&request("PUT")).expect("it reads");
    front.shutdown(Shutdown::Write).expect("a connection");
    assert_eq!(next_answer(&mut front, false), None);
}

/// Starts an application, which ends with the test.
pub(crate) fn application() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for stream in listener.incoming() {
            thread::spawn(move || answer(stream?));
        }
    });
    address
}

/// An application that sends content in answer to HEAD, too, and reads nothing of what it answers early; it may stop in
/// the middle of an answer, or before it.
fn answer(mut stream: TcpStream) -> io::Result<()> {
    let mut header = [0; 4];
    stream.read_exact(&mut header)?;
    let mut block = vec![0; usize::from(u16::from_le_bytes([header[1], header[2]]))];
    stream.read_exact(&mut block)?;
    let text: String = block.iter().copied().map(char::from).collect();
    if text.contains("PATH_INFO\u{6}\0/early") {
        return stream
            .write_all(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nno\n");
    }
    if text.contains("\0/silent") {
        thread::sleep(SILENCE);
        return Ok(());
    } else if text.contains("\0/gone") {
        return Ok(());
    } else if HALVES.iter().any(|path| text.contains(path)) {
        // Unread, which makes the end of the connection a reset.
        while stream.peek(&mut [0; 2])? < 2 {}
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\nhalf")?;
        if text.contains("/stall") {
            thread::sleep(SILENCE);
        }
        return Ok(());
    }
    let len = text.split_once("CONTENT_LENGTH");
    let len = len.map_or(0, |(_, rest)| usize::from(rest.as_bytes()[2] - b'0'));
    stream.read_exact(&mut vec![0; len])?;
    stream
        .write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nhi\n")
}

fn packet(vars: &[(&str, &str)]) -> Vec<u8> {
    let mut block = Vec::new();
    for text in vars.iter().flat_map(|(key, value)| [key, value]) {
        block.extend(u16::try_from(text.len()).expect("short").to_le_bytes());
        block.extend(text.as_bytes());
    }
    let [low, high] = u16::try_from(block.len()).expect("short").to_le_bytes();
    [&[0, low, high, 0][..], &block].concat()
}

/// Starts an example that says nothing when it listens.
fn listening(name: &str, arguments: &[&str]) -> Program {
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let address = free.local_addr().expect("an address");
    drop(free);
    let mut child = Command::new(build_example(name, "dev"))
        .arg(address.to_string())
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the example");
    let begun = Instant::now();
    while TcpStream::connect(address).is_err() {
        let ended = child.try_wait().expect("a child");
        assert!(ended.is_none(), "{name} ended: {ended:?}");
        assert!(begun.elapsed() < PATIENCE, "{name} does not listen");
        thread::sleep(Duration::from_millis(5));
    }
    Program::new(child, address)
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("a server");
    stream.set_nodelay(true).expect("an option");
    stream.set_read_timeout(Some(SILENCE)).expect("an option");
    stream
}

/// The status and the content of the next answer; nothing where the connection ends before it.
fn next_answer(stream: &mut TcpStream, is_head: bool) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        match stream.read(&mut byte).expect("an answer or an end") {
            0 if head.is_empty() => return None,
            0 => panic!("cut: {}", head.escape_ascii()),
            _ => head.extend(byte),
        }
    }
    let head = String::from_utf8(head).expect("text");
    let status = head.get(9..12).expect("a status");
    let field = |name: &str| head.split_once(name)?.1.split("\r\n").next();
    // RFC 9110 section 6.6.1: a recipient with a clock that gets a response without Date adds one.
    assert_eq!(head.contains("\r\nDate: "), status != "100", "{head}");
    let mut content = Vec::new();
    if is_head || status == "100" {
    } else if let Some(len) = field("Content-Length: ") {
        content.resize(len.parse().expect("a length"), 0);
        stream.read_exact(&mut content).expect("the content");
    } else {
        stream.read_to_end(&mut content).expect("the content");
    }
    Some(format!(
        "{status} {}",
        String::from_utf8(content).expect("text")
    ))
}
