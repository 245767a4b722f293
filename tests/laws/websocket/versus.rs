//! Beside tungstenite, with every intended difference listed.

use std::io::{self, Cursor, Read, Write};

use tungstenite::protocol::{Message, Role as PeerRole, WebSocket, WebSocketConfig};
use tungstenite::{Bytes, Error as PeerError};
use wirekit::websocket::{Config, Connection, ErrorKind, MessageKind, Rsv};

use super::{Received, receive};

/// How the other library's reading ends.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Waiting,
    Closed,
    Refused,
}

/// Bytes that have arrived; more may follow.
struct Arrived(Cursor<Vec<u8>>);

impl Read for Arrived {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self.0.read(out)? {
            0 => Err(io::ErrorKind::WouldBlock.into()),
            len => Ok(len),
        }
    }
}

impl Write for Arrived {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn peer(server: bool, wire: &[u8]) -> (Vec<Received>, End) {
    let role = if server {
        PeerRole::Server
    } else {
        PeerRole::Client
    };
    let config = WebSocketConfig::default()
        .max_frame_size(Some(16 << 20))
        .max_message_size(Some(64 << 20));
    let mut socket =
        WebSocket::from_raw_socket(Arrived(Cursor::new(wire.to_vec())), role, Some(config));
    let mut received = Vec::new();
    let message = |kind, bytes: &[u8]| Received::Message {
        kind,
        marks: vec![(Rsv::NONE, bytes.len())],
        bytes: bytes.into(),
    };
    let body = |bytes: Bytes| bytes.to_vec();
    loop {
        match socket.read() {
            Ok(Message::Text(text)) => received.push(message(MessageKind::Text, text.as_bytes())),
            Ok(Message::Binary(bytes)) => received.push(message(MessageKind::Binary, &bytes)),
            Ok(Message::Ping(bytes)) => received.push(Received::Ping(body(bytes))),
            Ok(Message::Pong(bytes)) => received.push(Received::Pong(body(bytes))),
            Ok(Message::Close(_)) => return (received, End::Closed),
            Ok(Message::Frame(frame)) => panic!("{frame:?}"),
            Err(PeerError::Io(_)) => return (received, End::Waiting),
            Err(_) => return (received, End::Refused),
        }
    }
}

/// The same bytes to both: the same messages, and the same end but for the differences that the code names.
pub fn versus_tungstenite(data: &[u8]) {
    let Some((&first, wire)) = data.split_first() else {
        return;
    };
    let server = first & 1 == 0;
    let mut connection = Connection::new(if server {
        Config::SERVER
    } else {
        Config::CLIENT
    });
    let (mut ours, error) = receive(&mut connection, wire, &[usize::MAX]);
    let closed = matches!(ours.last(), Some(Received::Close(..)));
    if closed {
        // What became of the code is the connection's tests' business: tungstenite reports another in its place.
        ours.pop();
    }
    let (theirs, end) = peer(server, wire);
    let context = || format!("{ours:?} {error:?} {theirs:?} {end:?} {wire:x?}");
    match error {
        None if closed => {
            assert_eq!(ours, theirs, "{}", context());
            assert_eq!(end, End::Closed, "{}", context());
        }
        None => {
            assert_eq!(ours, theirs, "{}", context());
            assert_eq!(end, End::Waiting, "{}", context());
        }
        // RFC 6455 section 5.2, "the minimal number of bytes MUST be used": tungstenite reads on.
        // RFC 6455 section 7.4: tungstenite hands out a Close frame with a code that must not be sent.
        Some((
            ErrorKind::LengthNotMinimal | ErrorKind::LengthTopBit | ErrorKind::CloseCode { .. },
            _,
        )) => {
            assert!(theirs.starts_with(&ours), "{}", context());
        }
        // The same of a control frame, whose longer length we refuse before it has arrived.
        Some((ErrorKind::ControlTooLong { .. }, offset)) if long_length_of_few(wire, offset) => {
            assert!(theirs.starts_with(&ours), "{}", context());
        }
        // A frame that is not whole: tungstenite waits for its end, or for the rest of its header.
        Some(_) => {
            assert_eq!(ours, theirs, "{}", context());
            assert_ne!(end, End::Closed, "{}", context());
        }
    }
}

/// At `offset` a frame's length takes two or eight octets more, and says at most 125.
fn long_length_of_few(wire: &[u8], offset: usize) -> bool {
    let octets = match wire[offset] & 0x7F {
        126 => 2,
        127 => 8,
        _ => return false,
    };
    wire[offset + 1..].get(..octets).is_some_and(|length| {
        length
            .iter()
            .fold(0, |sum, &octet| sum << 8 | u64::from(octet))
            <= 125
    })
}
