//! Wire bytes to messages, the copy out of the socket included.

use core::hint::black_box;
use std::sync::Arc;

use bytes::BytesMut;
use fastwebsockets::WebSocket as FastWebSocket;
use sockudo_ws::protocol::Protocol;
use tokio_util::codec::Decoder as _;
use wirekit::websocket::{Config, Connection, Event, MAX_HEADER_LEN, Opcode};

use super::wire::{READ_LEN, Socket, ascii, chinese, digest, masked_frames, run};
use crate::Workload;

/// Longest frame and message that every peer is told to take.
const MAX_LEN: usize = 1 << 20;

pub(super) fn workloads() -> Vec<Workload> {
    vec![
        workload("text-32", Opcode::TEXT, &ascii(32), 10_000),
        workload("chinese-30", Opcode::TEXT, &chinese(30), 10_000),
        workload("binary-1K", Opcode::BINARY, &ascii(1024), 10_000),
        workload("text-64K", Opcode::TEXT, &ascii(64 << 10), 100),
        workload("chinese-64K", Opcode::TEXT, &chinese(64 << 10), 100),
    ]
}

fn workload(input: &str, opcode: Opcode, payload: &[u8], count: usize) -> Workload {
    let wire = masked_frames(opcode, payload, count);
    let frame_len = wire.len() / count;
    Workload::new(format!("websocket/decode/{input}"), frame_len)
        .engine("wirekit", wirekit(&wire, payload.len()))
        .engine("tungstenite", tungstenite(&wire))
        .engine("fastwebsockets", fastwebsockets(&wire))
        .engine("sockudo-ws", sockudo(&wire))
        .engine("yawc", yawc(&wire, opcode))
        .floor("memcpy", memcpy(&wire, frame_len))
}

/// Messages are lent from the receive buffer. The pieces of one that reads have cut lie side by side there; each is
/// unmasked and checked once, as it comes, and the message stays where it is until it is whole.
fn wirekit(wire: &Arc<[u8]>, payload_len: usize) -> impl FnMut(u64) -> u64 + 'static {
    let wire = Arc::clone(wire);
    let mut buffer = vec![0; READ_LEN + payload_len + MAX_HEADER_LEN];
    move |operations| {
        let mut socket = Socket::new(&wire);
        let mut server = Connection::new(Config::SERVER);
        let (mut sum, mut left) = (0, operations);
        // The bytes received and not taken yet, and where the message stands that has begun.
        let (mut at, mut end, mut begun) = (0, 0, None);
        loop {
            let mut rest = buffer.get_mut(at..end).unwrap_or_default();
            let mut piece = None;
            while let Some((event, used)) = server.receive(rest).expect("the frames are legal") {
                sum += match event {
                    Event::Text(text) => digest(text.as_bytes()),
                    Event::Binary(bytes) => digest(bytes),
                    Event::Data(data) => {
                        piece = Some((data.part, data.bytes.len()));
                        rest = rest.get_mut(used..).unwrap_or_default();
                        break;
                    }
                    other => panic!("{other:?}"),
                };
                left -= 1;
                if left == 0 {
                    return sum;
                }
                rest = rest.get_mut(used..).unwrap_or_default();
            }
            at = end - rest.len();
            if let Some((part, len)) = piece {
                let start = begun.take().unwrap_or(at - len);
                if part.is_last() {
                    sum += digest(buffer.get(start..at).unwrap_or_default());
                    left -= 1;
                    if left == 0 {
                        return sum;
                    }
                } else {
                    begun = Some(start);
                }
                continue;
            }
            let keep = begun.unwrap_or(at);
            buffer.copy_within(keep..end, 0);
            (at, end, begun) = (at - keep, end - keep, begun.map(|_| 0));
            let room = buffer.get_mut(end..).unwrap_or_default();
            let piece = socket.next(room.len());
            room.get_mut(..piece.len())
                .unwrap_or_default()
                .copy_from_slice(piece);
            end += piece.len();
        }
    }
}

fn tungstenite(wire: &Arc<[u8]>) -> impl FnMut(u64) -> u64 + 'static {
    use tungstenite::protocol::{Message, Role, WebSocket, WebSocketConfig};
    let wire = Arc::clone(wire);
    move |operations| {
        let config = WebSocketConfig::default().read_buffer_size(READ_LEN);
        let mut server = WebSocket::from_raw_socket(Socket::new(&wire), Role::Server, Some(config));
        (0..operations)
            .map(|_| match server.read().expect("the frames are legal") {
                Message::Text(text) => digest(text.as_bytes()),
                Message::Binary(bytes) => digest(&bytes),
                other => panic!("{other:?}"),
            })
            .sum()
    }
}

fn fastwebsockets(wire: &Arc<[u8]>) -> impl FnMut(u64) -> u64 + 'static {
    let wire = Arc::clone(wire);
    move |operations| {
        let mut server =
            FastWebSocket::after_handshake(Socket::new(&wire), fastwebsockets::Role::Server);
        run(async {
            let mut sum = 0;
            for _ in 0..operations {
                sum += digest(
                    &server
                        .read_frame()
                        .await
                        .expect("the frames are legal")
                        .payload,
                );
            }
            sum
        })
    }
}

fn sockudo(wire: &Arc<[u8]>) -> impl FnMut(u64) -> u64 + 'static {
    let wire = Arc::clone(wire);
    let mut buffer = BytesMut::with_capacity(2 * READ_LEN);
    let mut messages = Vec::new();
    move |operations| {
        let mut socket = Socket::new(&wire);
        let mut server = Protocol::new(sockudo_ws::Role::Server, MAX_LEN, MAX_LEN);
        buffer.clear();
        let (mut sum, mut left) = (0, operations);
        loop {
            buffer.extend_from_slice(socket.next(READ_LEN));
            server
                .process_into(&mut buffer, &mut messages)
                .expect("the frames are legal");
            for message in messages.drain(..) {
                if left > 0 {
                    left -= 1;
                    sum += digest(message.as_bytes());
                }
            }
            if left == 0 {
                return sum;
            }
        }
    }
}

/// Its codec gives frames, and says on request whether they are text.
fn yawc(wire: &Arc<[u8]>, opcode: Opcode) -> impl FnMut(u64) -> u64 + 'static {
    let wire = Arc::clone(wire);
    let is_text = opcode == Opcode::TEXT;
    let mut buffer = BytesMut::with_capacity(2 * READ_LEN);
    move |operations| {
        let mut socket = Socket::new(&wire);
        let mut server = yawc::codec::Decoder::new(yawc::Role::Server, MAX_LEN);
        buffer.clear();
        let (mut sum, mut left) = (0, operations);
        loop {
            match server.decode(&mut buffer).expect("the frames are legal") {
                Some(frame) => {
                    assert!(!is_text || frame.is_utf8());
                    sum += digest(frame.payload());
                    left -= 1;
                    if left == 0 {
                        return sum;
                    }
                }
                None => buffer.extend_from_slice(socket.next(READ_LEN)),
            }
        }
    }
}

/// Only the copy out of the socket.
fn memcpy(wire: &Arc<[u8]>, frame_len: usize) -> impl FnMut(u64) -> u64 + 'static {
    let wire = Arc::clone(wire);
    let mut buffer = vec![0; READ_LEN];
    move |operations| {
        let mut socket = Socket::new(&wire);
        let mut left = usize::try_from(operations)
            .unwrap_or(usize::MAX)
            .saturating_mul(frame_len);
        while left > 0 {
            let piece = socket.next(left);
            buffer
                .get_mut(..piece.len())
                .unwrap_or_default()
                .copy_from_slice(piece);
            black_box(&mut buffer);
            left -= piece.len();
        }
        0
    }
}
