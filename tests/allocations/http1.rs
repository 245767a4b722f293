use wirekit::http1::{
    BodyLength, Config, Field, FieldTable, Method, RequestLine, StatusCode, StatusLine, client,
    server,
};

use crate::allocations;

/// A stretch of a fixed buffer that was written and not yet read.
struct Pipe {
    bytes: [u8; 4096],
    read: usize,
    written: usize,
}

impl Pipe {
    const fn new() -> Self {
        Self {
            bytes: [0; 4096],
            read: 0,
            written: 0,
        }
    }

    fn unread(&self) -> &[u8] {
        &self.bytes[self.read..self.written]
    }

    fn room(&mut self) -> &mut [u8] {
        &mut self.bytes[self.written..]
    }
}

#[test]
fn an_exchange_with_chunks_and_trailers_allocates_nothing() {
    let exchange = || {
        let (mut client, mut server) = (
            client::Connection::new(Config::DEFAULT),
            server::Connection::new(Config::DEFAULT),
        );
        let (mut fields, mut up, mut down) = (FieldTable::new(), Pipe::new(), Pipe::new());
        let host = [
            Field::new("Host", "example.org"),
            Field::new("Accept", "*/*"),
        ];
        let trailers = [Field::new("ETag", "\"1\"")];
        for _ in 0..5 {
            let line = RequestLine::new(Method::PUT, "/where?q=now");
            up.written += client
                .send_head_to_slice(&line, &host, BodyLength::Chunked, up.room())
                .unwrap();
            up.written += client
                .send_data_to_slice(b"hello, server", up.room())
                .unwrap();
            up.written += client.send_end_to_slice(&trailers, up.room()).unwrap();
            while let Some((event, used)) = server.receive(up.unread(), &mut fields).unwrap() {
                let echo = &mut down.bytes[down.written..];
                down.written += match event {
                    server::Event::Head { framing, .. } => server.send_head_to_slice(
                        &StatusLine::new(StatusCode::OK),
                        &host,
                        framing.body(),
                        echo,
                    ),
                    server::Event::Data(data) => server.send_data_to_slice(data, echo),
                    server::Event::End(_) => server.send_end_to_slice(&trailers, echo),
                }
                .unwrap();
                up.read += used;
            }
            // Byte by byte.
            let mut content = 0;
            while down.read < down.written {
                let (mut end, before) = (down.read + 1, down.read);
                while down.read == before {
                    while let Some((event, used)) = client
                        .receive(&down.bytes[down.read..end], &mut fields)
                        .unwrap()
                    {
                        if let client::Event::Data(data) = event {
                            content += data.len();
                        }
                        down.read += used;
                    }
                    end += 1;
                }
            }
            assert_eq!(content, b"hello, server".len());
            assert!(client.is_idle());
        }
    };
    // The first run may find out what the processor can do.
    exchange();
    assert_eq!(allocations(exchange), 0);
}

#[test]
fn refusing_allocates_nothing() {
    let wires: [&[u8]; 4] = [
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab",
        b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nHost: b\r\n\r\n",
    ];
    let refuse = || {
        for wire in wires {
            let (mut server, mut fields, mut at) = (
                server::Connection::new(Config::DEFAULT),
                FieldTable::new(),
                0,
            );
            while let Ok(event) = server.receive(&wire[at..], &mut fields) {
                let (_, used) = event.expect("refused");
                at += used;
            }
            assert!(server.send_due_to_slice(&[], &mut [0; 256]).unwrap() > 0);
        }
    };
    refuse();
    assert_eq!(allocations(refuse), 0);
}
