//! Binary messages to frames in an output buffer, which is emptied when it holds a read or more.

use bytes::{Bytes, BytesMut};
use fastwebsockets::{Frame as FastFrame, Payload, WebSocket as FastWebSocket};
use sockudo_ws::protocol::Protocol;
use tokio_util::codec::Encoder as _;
use tungstenite::protocol::{Message, WebSocket};
use wirekit::websocket::{Config, Connection, MaskingKeys, Role};

use super::wire::{READ_LEN, Socket, ascii, masked_frames, run};
use crate::Workload;

pub(super) fn workloads() -> Vec<Workload> {
    let mut all = Vec::new();
    for (size, len) in [("32", 32), ("1K", 1 << 10), ("64K", 64 << 10)] {
        for (name, role) in [("server", Role::Server), ("client", Role::Client)] {
            all.push(workload(&format!("{name}-{size}"), role, &ascii(len)));
        }
    }
    all
}

/// The digest counts messages: what each engine writes differs by the random keys. fastwebsockets as a server hands
/// long payloads to a vectored write and copies nothing, so it does less there.
fn workload(input: &str, role: Role, payload: &[u8]) -> Workload {
    let payload = Bytes::copy_from_slice(payload);
    let workload = Workload::new(format!("websocket/encode/{input}"), payload.len())
        .engine("wirekit", wirekit(role, payload.clone()))
        .engine("tungstenite", tungstenite(role, payload.clone()))
        .engine("sockudo-ws", sockudo(role, payload.clone()))
        .engine("yawc", yawc(role, payload.clone()));
    let fast = fastwebsockets(role, payload.clone());
    if role == Role::Server && payload.len() >= 1024 {
        workload.floor("fastwebsockets", fast)
    } else {
        workload.engine("fastwebsockets", fast)
    }
}

/// Keys from a CSPRNG, as RFC 6455 section 5.3 asks.
fn wirekit(role: Role, payload: Bytes) -> impl FnMut(u64) -> u64 + 'static {
    let mut keys = MaskingKeys::new().expect("the system has randomness");
    let mut connection = Connection::new(Config::new(role));
    let mut out = Vec::with_capacity(READ_LEN + payload.len() + 64);
    move |operations| {
        for _ in 0..operations {
            let key = (role == Role::Client).then(|| keys.next_key());
            connection
                .send_binary(&payload, key, &mut out)
                .expect("the connection is open");
            if out.len() >= READ_LEN {
                out.clear();
            }
        }
        operations
    }
}

fn tungstenite(role: Role, payload: Bytes) -> impl FnMut(u64) -> u64 + 'static {
    use tungstenite::protocol::Role as PeerRole;
    let role = if role == Role::Client {
        PeerRole::Client
    } else {
        PeerRole::Server
    };
    let wire = masked_frames(wirekit::websocket::Opcode::BINARY, b"", 1);
    let mut connection = WebSocket::from_raw_socket(Socket::new(&wire), role, None);
    move |operations| {
        for _ in 0..operations {
            connection
                .write(Message::Binary(payload.clone()))
                .expect("the socket takes it");
        }
        connection.flush().expect("the socket takes it");
        operations
    }
}

fn fastwebsockets(role: Role, payload: Bytes) -> impl FnMut(u64) -> u64 + 'static {
    use fastwebsockets::Role as PeerRole;
    let role = if role == Role::Client {
        PeerRole::Client
    } else {
        PeerRole::Server
    };
    let wire = masked_frames(wirekit::websocket::Opcode::BINARY, b"", 1);
    let mut connection = FastWebSocket::after_handshake(Socket::new(&wire), role);
    move |operations| {
        run(async {
            for _ in 0..operations {
                let frame = FastFrame::binary(Payload::Borrowed(&payload));
                connection
                    .write_frame(frame)
                    .await
                    .expect("the socket takes it");
            }
            connection.flush().await.expect("the socket takes it");
        });
        operations
    }
}

fn sockudo(role: Role, payload: Bytes) -> impl FnMut(u64) -> u64 + 'static {
    use sockudo_ws::{Message, Role as PeerRole};
    let role = if role == Role::Client {
        PeerRole::Client
    } else {
        PeerRole::Server
    };
    let mut out = BytesMut::with_capacity(READ_LEN + payload.len() + 64);
    let mut connection = Protocol::new(role, 1 << 20, 1 << 20);
    let message = Message::Binary(payload);
    move |operations| {
        for _ in 0..operations {
            connection
                .encode_message(&message, &mut out)
                .expect("the connection is open");
            if out.len() >= READ_LEN {
                out.clear();
            }
        }
        operations
    }
}

fn yawc(role: Role, payload: Bytes) -> impl FnMut(u64) -> u64 + 'static {
    use yawc::{Role as PeerRole, frame::Frame};
    let role = if role == Role::Client {
        PeerRole::Client
    } else {
        PeerRole::Server
    };
    let mut out = BytesMut::with_capacity(READ_LEN + payload.len() + 64);
    let mut encoder = yawc::codec::Encoder::new(role);
    move |operations| {
        for _ in 0..operations {
            encoder
                .encode(Frame::binary(payload.clone()), &mut out)
                .expect("the frame is legal");
            if out.len() >= READ_LEN {
                out.clear();
            }
        }
        operations
    }
}
