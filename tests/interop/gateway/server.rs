//! A server inside the test: it reads a request, and answers with the bytes that the test gives it.

use core::net::{Ipv4Addr, SocketAddr};
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

/// It lives as long as the test runs.
#[derive(Debug)]
pub(super) struct Server {
    address: SocketAddr,
}

impl Server {
    /// Answers the first request of each connection with what is made of its head, then closes in order.
    pub(super) fn start(
        protocol: &str,
        answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static,
    ) -> Self {
        Self::playing(protocol, move |mut stream, request| {
            // The gateway may have gone.
            let _ = stream.write_all(&answer(request));
        })
    }

    /// Gives each connection, and the head of its first request, to `play`; its content is read first.
    pub(super) fn playing(
        protocol: &str,
        play: impl Fn(TcpStream, &str) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("an address");
        let play = Arc::new(play);
        let is_uwsgi = protocol == "uwsgi";
        thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                let play = play.clone();
                thread::spawn(move || {
                    let _ = stream.set_nodelay(true);
                    if let Ok(request) = read_request(&mut stream, is_uwsgi) {
                        play(stream, &request);
                    }
                });
            }
        });
        Self { address }
    }

    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }
}

/// A request's head as text, and its content read, where a length says that it has any.
pub(super) fn read_request(stream: &mut TcpStream, is_uwsgi: bool) -> io::Result<String> {
    let head = match is_uwsgi {
        true => {
            let mut header = [0; 4];
            stream.read_exact(&mut header)?;
            let mut block = vec![0; usize::from(u16::from_le_bytes([header[1], header[2]]))];
            stream.read_exact(&mut block)?;
            block
        }
        false => {
            let (mut head, mut byte) = (Vec::new(), [0]);
            while !head.ends_with(b"\r\n\r\n") {
                stream.read_exact(&mut byte)?;
                head.push(byte[0]);
            }
            head
        }
    };
    let head = String::from_utf8_lossy(&head).into_owned();
    let len = match is_uwsgi {
        // The length of a value is two bytes, and those of a decimal are digits.
        true => head
            .split("CONTENT_LENGTH")
            .nth(1)
            .and_then(|rest| rest.get(2..)),
        false => head.split("\r\nContent-Length: ").nth(1),
    };
    let digits: String = len
        .unwrap_or_default()
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    let mut content = vec![0; digits.parse().unwrap_or(0)];
    stream.read_exact(&mut content)?;
    Ok(head)
}
