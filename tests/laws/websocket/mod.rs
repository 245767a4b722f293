//! The laws of `wirekit-websocket`'s frames and connections.

// The unit tests of the crate stand on it too.
#[path = "../../../crates/wirekit-websocket/src/connection/tests/harness.rs"]
mod harness;
mod relay;
mod url;
mod versus;

pub use relay::relay;
pub use url::urls;
pub use versus::versus_tungstenite;

use arbitrary::{Arbitrary, Unstructured};
use wirekit::websocket::{
    self, Close, CloseCode, Config, Connection, Data, ErrorKind, FrameHeader, Limits, MaskingKey,
    MessageKind, Part, Role, Rsv, SendError, State, Utf8Validator,
};

use harness::{Marks, Received, mark, receive, unmarked};

laws![
    conversation,
    headers,
    mask,
    relay,
    split,
    urls,
    utf8,
    versus_tungstenite
];

/// Laws 2, 3, 5 and 6 for a header alone.
pub fn headers(data: &[u8]) {
    let whole = FrameHeader::parse(data);
    for end in 0..data.len().min(16) {
        match FrameHeader::parse(&data[..end]) {
            Ok(None) => {}
            answer => assert_eq!(answer, whole, "{end}"),
        }
    }
    match whole {
        Ok(None) => assert!(data.len() < 14),
        Ok(Some((header, used))) => {
            let mut out = [0; 14];
            assert_eq!(header.encoded_len(), used);
            assert_eq!(header.encode_to_slice(&mut out), Ok(used));
            assert_eq!(out[..used], data[..used]);
            let mut vec = Vec::new();
            assert_eq!(header.encode(&mut vec), Ok(used));
            assert_eq!(vec, data[..used]);
        }
        Err(error) => assert!(error.offset() <= data.len(), "{error}"),
    }
}

/// Law 4: however the bytes are cut, and whether frames are awaited or not, the outcome is the same.
pub fn split(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let (end, compression, small, whole_len): (u8, bool, bool, u16) =
        input.arbitrary().unwrap_or_default();
    let (server, rsv) = (end & 1 != 0, Rsv(end >> 1 & 7));
    let steps: [u8; 4] = input.arbitrary().unwrap_or_default();
    let steps = steps.map(usize::from);
    let wire = input.take_rest();
    let new = |whole_len| {
        let mut config = Config::new(if server { Role::Server } else { Role::Client })
            .whole_len(whole_len)
            .reserved_bits(rsv);
        let limits = Limits::DEFAULT
            .max_frame_len(100)
            .max_message_len(150)
            .max_fragments(4);
        if small {
            config = config.limits(limits);
        }
        if compression {
            config = config.permessage_deflate();
        }
        Connection::new(config)
    };
    let whole = receive(&mut new(0), wire, &[usize::MAX]);
    for whole_len in [0, whole_len.into()] {
        assert_eq!(
            receive(&mut new(whole_len), wire, &steps),
            whole,
            "in pieces of {steps:?}"
        );
        if wire.len() <= 2048 {
            assert_eq!(
                receive(&mut new(whole_len), wire, &[1]),
                whole,
                "byte by byte"
            );
        }
    }
}

#[derive(Arbitrary, Clone, Debug)]
enum Action {
    Text(String),
    Binary(Vec<u8>),
    Fragments {
        text: bool,
        /// The lowest: compressed. Two of the others for each piece: reserved bits of its frame.
        bits: u8,
        pieces: Vec<Vec<u8>>,
    },
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close {
        code: u16,
        reason: String,
    },
}

/// Laws 5 and 8: what one end sends its twin receives, and what is refused changes nothing.
pub fn conversation(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let client: bool = input.arbitrary().unwrap_or_default();
    let steps: [u8; 4] = input.arbitrary().unwrap_or_default();
    let role = if client { Role::Client } else { Role::Server };
    let new = |role| {
        let config = Config::new(role).reserved_bits(Rsv(7));
        Connection::new(config.permessage_deflate())
    };
    let (mut sender, mut receiver) = (new(role), new(role.peer()));
    let (mut wire, mut sent) = (Vec::new(), Vec::new());
    while let Ok(action) = input.arbitrary::<Action>() {
        let key = client.then(|| MaskingKey(input.arbitrary().unwrap_or_default()));
        send(&mut sender, action, key, &mut wire, &mut sent);
        if input.is_empty() {
            break;
        }
    }
    assert_eq!(
        receive(&mut receiver, &wire, &steps.map(usize::from)),
        (sent, None)
    );
}

fn send(
    sender: &mut Connection,
    action: Action,
    key: Option<MaskingKey>,
    wire: &mut Vec<u8>,
    sent: &mut Vec<Received>,
) {
    let before = wire.len();
    let closed = sender.state() != State::Open;
    let (result, event) = match action {
        Action::Text(text) => {
            let result = sender.send_text(&text, key, wire);
            (result, unmarked(MessageKind::Text, text.into()))
        }
        Action::Binary(bytes) => {
            let result = sender.send_binary(&bytes, key, wire);
            (result, unmarked(MessageKind::Binary, bytes))
        }
        Action::Fragments { text, bits, pieces } => {
            return send_fragments(sender, (text, bits, &pieces), key, wire, sent);
        }
        Action::Ping(body) => (sender.send_ping(&body, key, wire), Received::Ping(body)),
        Action::Pong(body) => (sender.send_pong(&body, key, wire), Received::Pong(body)),
        Action::Close { code, reason } => {
            let code = CloseCode(code);
            (
                sender.send_close(
                    Close {
                        code,
                        reason: &reason,
                    },
                    key,
                    wire,
                ),
                Received::Close(code, reason),
            )
        }
    };
    match result {
        Ok(len) => {
            assert_eq!(wire.len(), before + len);
            assert!(!closed || matches!(event, Received::Ping(_) | Received::Pong(_)));
            // RFC 6455 section 5.5.1: the peer does not look at what follows a Close frame.
            if !sent
                .iter()
                .any(|event| matches!(event, Received::Close(..)))
            {
                sent.push(event);
            }
        }
        Err(error) => {
            assert_eq!(wire.len(), before);
            let expected = match &event {
                Received::Ping(body) | Received::Pong(body) => {
                    SendError::ControlTooLong { len: body.len() }
                }
                _ if closed => SendError::CloseSent,
                Received::Close(_, reason) if reason.len() > 123 => SendError::ControlTooLong {
                    len: reason.len() + 2,
                },
                Received::Close(code, _) => SendError::CloseCode { code: *code },
                Received::Message { .. } => panic!("{error}"),
            };
            assert_eq!(error, expected);
        }
    }
}

/// A message in pieces; where a piece is refused the message ends with an empty one, if it can.
fn send_fragments(
    sender: &mut Connection,
    (text, bits, pieces): (bool, u8, &[Vec<u8>]),
    key: Option<MaskingKey>,
    wire: &mut Vec<u8>,
    sent: &mut Vec<Received>,
) {
    let kind = if text {
        MessageKind::Text
    } else {
        MessageKind::Binary
    };
    let message_bit = if bits & 1 != 0 { Rsv::RSV1 } else { Rsv::NONE };
    if sender.state() != State::Open {
        let data = Data {
            rsv: message_bit,
            ..Data::whole(kind, b"")
        };
        assert_eq!(sender.send_data(data, key, wire), Err(SendError::CloseSent));
        return;
    }
    let pieces: Vec<(Rsv, &[u8])> = pieces
        .iter()
        .enumerate()
        .map(|(index, bytes)| {
            let frame_bits = Rsv(bits >> (1 + 2 * (index % 3)) & 3);
            (frame_bits | message_bit, bytes.as_slice())
        })
        .collect();
    let kind = if may_be_text(&pieces) {
        kind
    } else {
        MessageKind::Binary
    };
    let (mut whole, mut marks) = (Vec::new(), Marks::new());
    for (index, &(rsv, bytes)) in pieces.iter().enumerate() {
        whole.extend_from_slice(bytes);
        mark(&mut marks, rsv, bytes.len());
        let part = match (index == 0, index + 1 == pieces.len()) {
            (true, true) => Part::Whole,
            (true, false) => Part::First,
            (false, false) => Part::Middle,
            (false, true) => Part::Last,
        };
        sender
            .send_data(
                Data {
                    kind,
                    part,
                    rsv,
                    bytes,
                },
                key,
                wire,
            )
            .expect("the state allows it");
        if !part.is_last() {
            let before = wire.len();
            assert_eq!(
                sender.send_binary(b"", key, wire),
                Err(SendError::InsideMessage)
            );
            assert_eq!(wire.len(), before);
        }
    }
    if !pieces.is_empty() {
        sent.push(Received::Message {
            kind,
            marks,
            bytes: whole,
        });
    }
}

/// Text in pieces must be UTF-8, as a whole or up to the first piece that an extension has marked.
fn may_be_text(pieces: &[(Rsv, &[u8])]) -> bool {
    let checked = pieces.iter().take_while(|(rsv, _)| rsv.is_empty());
    let checked: Vec<&[u8]> = checked.map(|&(_, bytes)| bytes).collect();
    match core::str::from_utf8(&checked.concat()) {
        Ok(_) => true,
        Err(error) => checked.len() < pieces.len() && error.error_len().is_none(),
    }
}

/// Laws 4, 6 and 9 for text: any cut, masked or not, agrees with the standard library.
pub fn utf8(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let (key, step): ([u8; 4], u8) = input.arbitrary().unwrap_or_default();
    let text = input.take_rest();
    let run = |step: usize, masked: bool| {
        let mut validator = Utf8Validator::new();
        let mut at = 0;
        for piece in text.chunks(step.max(1)) {
            let result = if masked {
                let mut bytes = piece.to_vec();
                MaskingKey(key).apply(&mut bytes);
                let result = validator.update_masked(&mut bytes, MaskingKey(key));
                assert!(result.is_err() || bytes == piece);
                result
            } else {
                validator.update(piece)
            };
            if let Err(error) = result {
                return Err((error.kind(), at + error.offset()));
            }
            at += piece.len();
        }
        validator.finish(at).map_err(|error| (error.kind(), at))
    };
    let whole = run(usize::MAX, false);
    assert_eq!(whole.is_ok(), core::str::from_utf8(text).is_ok());
    if let (Err((kind, offset)), Err(error)) = (whole, core::str::from_utf8(text)) {
        // The standard library names the start of the character, this crate the byte that is wrong in it.
        assert!((error.valid_up_to()..error.valid_up_to() + 4).contains(&offset));
        assert_eq!(
            kind == ErrorKind::TruncatedUtf8,
            error.error_len().is_none()
        );
    }
    for masked in [false, true] {
        for step in [usize::MAX, step.into(), 1] {
            assert_eq!(run(step, masked), whole, "{masked} {step}");
        }
    }
}

/// Law 9 for masking: RFC 6455 section 5.3, octet by octet, in one piece or two.
pub fn mask(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let (key, cut): ([u8; 4], u16) = input.arbitrary().unwrap_or_default();
    let payload = input.take_rest();
    let expected: Vec<u8> = payload
        .iter()
        .zip(key.iter().cycle())
        .map(|(byte, key)| byte ^ key)
        .collect();
    let mut whole = payload.to_vec();
    MaskingKey(key).apply(&mut whole);
    assert_eq!(whole, expected);
    let mut pieces = payload.to_vec();
    let (head, tail) = pieces.split_at_mut(payload.len().min(cut.into()));
    MaskingKey(key).apply(head).apply(tail);
    assert_eq!(pieces, expected);
}
