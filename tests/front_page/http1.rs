//! The HTTP/1.1 examples: what servers answer where a short loop goes wrong, and what the client does with odd servers.

use core::net::SocketAddr;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener};
use std::process::{Command, Stdio};
use std::thread;

use crate::client::{Exchange, ends, have};
use crate::program::{Program, build_example};

const SERVERS: [&str; 3] = [
    "http1_server_threads",
    "http1_server_mio",
    "http1_server_tokio",
];

macro_rules! hello {
    () => {
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nDate: now\r\nContent-Length: 14\r\n\r\nhello, client\n"
    };
}

const GET: &str = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";

#[rustfmt::skip]
const EXCHANGES: &[Exchange<'_>] = &[
    // RFC 9110 section 9.3.2: HEAD "MUST NOT send content", and the connection goes on.
    (&[("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nDate: now\r\nContent-Length: 14\r\n\r\n"), (GET, hello!())], ""),
    (&[("HEAD /large HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nDate: now\r\nTransfer-Encoding: chunked\r\n\r\n"), (GET, hello!())], ""),
    (&[("HEAD /missing HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nDate: now\r\nContent-Length: 8\r\n\r\n"), (GET, hello!())], ""),
    // RFC 9110 section 9.3.6: "most origin servers do not implement CONNECT". What follows may be meant for the tunnel.
    (&[("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", "HTTP/1.1 501 Not Implemented\r\nContent-Type: text/plain\r\nDate: now\r\nConnection: close\r\nContent-Length: 8\r\n\r\nnothing\n")], ""),
    // RFC 9110 section 10.1.1: a client that waits gets 100 or a final status at once.
    (&[("PUT /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nDate: now\r\nContent-Length: 2\r\n\r\n"), ("hi", "hi"), (GET, hello!())], ""),
    (&[("PUT /missing HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n", "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nDate: now\r\nConnection: close\r\nContent-Length: 8\r\n\r\nnothing\n")], ""),
    (&[("GET /hello HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n", concat!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nDate: now\r\nConnection: close\r\nContent-Length: 14\r\n\r\n", "hello, client\n"))], ""),
    // The same: not where there is no content, and not for HTTP/1.0.
    (&[("GET /hello HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n", hello!()), (GET, hello!())], ""),
    (&[("PUT /echo HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi", "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nDate: now\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi")], ""),
    // An early answer. RFC 9112 section 9.3: "A server MUST read the entire request message body or close the connection".
    (&[("POST /missing HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel", "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nDate: now\r\nContent-Length: 8\r\n\r\nnothing\n"), ("loGET /hello HTTP/1.1\r\nHost: a\r\n\r\n", hello!())], ""),
    (&[("POST /missing HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel", "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nDate: now\r\nContent-Length: 8\r\n\r\nnothing\n"), ("\r\n0\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n", hello!())], ""),
    // RFC 9112 section 9.6: a client that has shut down its side is answered; inside a request, section 8, it is not served.
    (&[], ""),
    (&[("GET /hello HTTP/1.1\r\nHost: a\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n", "")], concat!(hello!(), hello!())),
    (&[("GET /hello HTTP/1.1\r\nHo", "")], "HTTP/1.1 400 Bad Request\r\nDate: now\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"),
    (&[("PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel", "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nDate: now\r\nContent-Length: 5\r\n\r\nhel")], ""),
    (&[("PUT /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n", "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nDate: now\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n")], ""),
];

#[test]
fn servers_answer_whatever_a_client_may_say() {
    for name in SERVERS {
        let mut command = Command::new(build_example(name, "dev"));
        command.arg("127.0.0.1:0");
        let server = Program::that_prints_its_address(command);
        for exchange in EXCHANGES {
            have(name, server.address(), *exchange);
        }
    }
}

/// What the client gets and prints where a server says `answer` as soon as a connection is open, then reads nothing for
/// as long as the client is there, or all.
fn ask(answer: &'static [u8], reads: bool, arguments: &[&str], body: Vec<u8>) -> (bool, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address: SocketAddr = listener.local_addr().expect("an address");
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        if reads {
            let mut head = [0; 4];
            stream.read_exact(&mut head).expect("a request");
        }
        stream.write_all(answer).expect("it reads");
        if reads {
            stream.shutdown(Shutdown::Write).expect("a connection");
            let _ = stream.read_to_end(&mut Vec::new());
        }
        stream
    });
    let mut client = Command::new(build_example("http1_client", "dev"))
        .arg(address.to_string())
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the example");
    let mut stdin = client.stdin.take().expect("a pipe");
    let writer = thread::spawn(move || stdin.write_all(&body));
    let is_in_time = ends(&mut client);
    let output = client.wait_with_output().expect("an end");
    // A client that does not need its input has closed the pipe.
    let _ = writer.join().expect("a thread");
    drop(server.join().expect("a server"));
    let printed = String::from_utf8(output.stdout).expect("text");
    assert!(is_in_time, "{arguments:?} printed {printed:?} and went on");
    (output.status.success(), printed)
}

// RFC 9110 section 15.2: "A client MUST be able to parse one or more 1xx responses received prior to a final response".
#[test]
fn the_client_reads_through_interim_responses() {
    let answer =
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
    assert_eq!(
        ask(answer, true, &["/"], Vec::new()),
        (true, "hi".to_owned())
    );
    assert_eq!(
        ask(answer, true, &["-", "/"], b"body".to_vec()),
        (true, "hi".to_owned())
    );
}

// RFC 9112 section 9.3: the answer may come before the request is whole; the rest of a body that nobody reads is not
// waited for, and a request that was cut is the last.
#[test]
fn the_client_takes_an_early_answer() {
    let body = vec![b'x'; 16 << 20];
    let answer = b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno";
    assert_eq!(
        ask(answer, false, &["-", "/"], body.clone()),
        (true, "no".to_owned())
    );
    assert_eq!(
        ask(answer, false, &["-", "/", "/2"], body.clone()),
        (false, "no".to_owned())
    );
    let answer =
        b"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno";
    assert_eq!(
        ask(answer, false, &["-", "/"], body),
        (true, "no".to_owned())
    );
}

// RFC 9112 section 8: the end of the connection ends a body without a length, and cuts one that has a length.
#[test]
fn the_client_tells_a_whole_answer_from_a_cut_one() {
    let answer = b"HTTP/1.1 200 OK\r\n\r\nhi";
    assert_eq!(
        ask(answer, true, &["/"], Vec::new()),
        (true, "hi".to_owned())
    );
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi";
    assert_eq!(
        ask(answer, true, &["/"], Vec::new()),
        (false, "hi".to_owned())
    );
}
