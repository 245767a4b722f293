//! What the control plane costs requests: the gateway while its dashboard is open, beside one without a control address.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread::{self, JoinHandle};

use crate::row::{Row, row};
use crate::server::{Folder, Server, TOKEN};
use crate::{Failure, Pair};

pub(crate) const NAME: &str = "static 12 B, dashboard open";

/// A round takes longer than it is between two messages to the dashboard. The goal is what the least of few rounds varies by.
const ROW: Row = row(NAME, ["", "plane"], "/12.txt", 150_000, 1.03);

pub(crate) fn write(
    out: &mut impl Write,
    folder: &Folder,
    rounds: u32,
    is_quick: bool,
) -> Result<(), Failure> {
    let servers = [
        Server::gateway(folder, "files")?,
        Server::gateway(folder, "plane")?,
    ];
    let mut pair = Pair::of(&ROW, servers, folder)?;
    let dashboard = Dashboard::open(folder.control())?;
    let share = if is_quick { 1000 } else { 1 };
    for round in 0..rounds {
        pair.measure(round, share, 1)?;
    }
    let messages = dashboard.close()?;
    if is_quick {
        writeln!(out, "{NAME}: the answers agree")?;
        return Ok(());
    }
    let [without, with] = &pair.sides;
    let ratio = with.least / without.least;
    let missed = if ratio > ROW.goal { "  missed" } else { "" };
    writeln!(
        out,
        "\n{NAME}; {messages} messages to it\n{:34}  without {:>6.1}  with {:>6.1}  ratio {ratio:>5.2}  goal {:>5.2}{missed}",
        "gateway us", without.least, with.least, ROW.goal
    )?;
    Ok(())
}

/// A page that watches, and reads what it is sent.
struct Dashboard {
    stream: TcpStream,
    reader: JoinHandle<std::io::Result<usize>>,
}

impl Dashboard {
    /// Opens the WebSocket, says the token, and waits for the first message.
    fn open(port: u16) -> Result<Self, Failure> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        // The key of RFC 6455 section 1.3.
        let request = format!(
            "GET /live HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        stream.write_all(request.as_bytes())?;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte)?;
            head.extend(byte);
        }
        if !head.starts_with(b"HTTP/1.1 101 ") {
            return Err(format!("no dashboard: {}", head.escape_ascii()).into());
        }
        // A masked text (RFC 6455 section 5.2); a mask of zeros changes nothing.
        let token = format!(r#"{{"token": "{TOKEN}"}}"#);
        let mut frame = vec![0x81, 0x80 | u8::try_from(token.len())?, 0, 0, 0, 0];
        frame.extend_from_slice(token.as_bytes());
        stream.write_all(&frame)?;
        read_message(&mut stream)?;
        let mut reading = stream.try_clone()?;
        let reader = thread::spawn(move || {
            let mut messages = 1;
            loop {
                match read_message(&mut reading) {
                    Ok(()) => messages += 1,
                    Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(messages),
                    Err(error) => return Err(error),
                }
            }
        });
        Ok(Self { stream, reader })
    }

    /// How many messages came.
    fn close(self) -> Result<usize, Failure> {
        if self.reader.is_finished() {
            return Err("the dashboard was closed by the gateway".into());
        }
        self.stream.shutdown(Shutdown::Both)?;
        let messages = self.reader.join().map_err(|_| "the dashboard panicked")??;
        Ok(messages)
    }
}

/// A frame of a server.
fn read_message(stream: &mut TcpStream) -> std::io::Result<()> {
    let mut head = [0; 2];
    stream.read_exact(&mut head)?;
    if head[0] != 0x81 {
        return Err(std::io::Error::other(
            "the dashboard is sent something else than a text",
        ));
    }
    let len = match head[1] {
        126 => {
            let mut len = [0; 2];
            stream.read_exact(&mut len)?;
            u16::from_be_bytes(len).into()
        }
        127 => {
            let mut len = [0; 8];
            stream.read_exact(&mut len)?;
            u64::from_be_bytes(len)
        }
        len => len.into(),
    };
    std::io::copy(&mut Read::take(stream, len), &mut std::io::sink())?;
    Ok(())
}
