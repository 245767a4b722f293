//! Feeds a connection and checks what every call must keep: for the unit tests beside it, and for the laws in `tests/laws/`.

use std::string::String;
use std::vec::Vec;

use super::websocket::{
    CloseCode, Connection, Data, Error, ErrorKind, Event, MessageKind, Rsv, State,
};

/// An event that owns its bytes; the pieces of a message are joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Received {
    Message {
        kind: MessageKind,
        marks: Marks,
        bytes: Vec<u8>,
    },
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(CloseCode, String),
}

/// How many bytes of a message had which reserved bits.
pub(super) type Marks = Vec<(Rsv, usize)>;

pub(super) fn mark(marks: &mut Marks, rsv: Rsv, len: usize) {
    match marks.last_mut() {
        Some((last, marked)) if *last == rsv => *marked += len,
        _ => marks.push((rsv, len)),
    }
}

pub(super) fn unmarked(kind: MessageKind, bytes: Vec<u8>) -> Received {
    Received::Message {
        kind,
        marks: [(Rsv::NONE, bytes.len())].into(),
        bytes,
    }
}

/// What a connection makes of some bytes: events, then perhaps an error with its offset in the whole.
pub(super) type Outcome = (Vec<Received>, Option<(ErrorKind, usize)>);

/// Feeds `wire` in pieces of the given lengths, round and round, and holds the laws that each call must keep.
pub(super) fn receive(connection: &mut Connection, wire: &[u8], steps: &[usize]) -> Outcome {
    let mut steps = steps.iter().map(|&step| step.max(1)).cycle();
    let (mut received, mut message, mut marks) = (Vec::new(), Vec::new(), Marks::new());
    let (mut buf, mut taken, mut fed) = (Vec::new(), 0, 0);
    while fed < wire.len() {
        let end = wire.len().min(fed + steps.next().unwrap_or(usize::MAX));
        buf.extend_from_slice(&wire[fed..end]);
        fed = end;
        loop {
            let (before, place) = (buf.clone(), buf.as_ptr().addr());
            let (event, used) = match connection.receive(&mut buf) {
                Ok(Some(event)) => event,
                Ok(None) => {
                    // Law 2: nothing happened, and nothing happens if asked again.
                    assert_eq!(buf, before);
                    assert_eq!(connection.receive(&mut buf), Ok(None));
                    assert_eq!(buf, before);
                    break;
                }
                Err(error) => {
                    // Laws 3 and 6.
                    assert!(error.offset() <= before.len(), "{error}");
                    assert_eq!(connection.receive(&mut []), Err(error));
                    assert_eq!(connection.state(), State::Failing);
                    assert_eq!(connection.clone().receive_eof(), Err(error));
                    assert!(!connection.wants_input());
                    return (received, Some((error.kind(), taken + error.offset())));
                }
            };
            assert!(used > 0 && used <= before.len());
            let lent = lent(&event);
            assert!(lent.is_empty() || lent.as_ptr().addr() + lent.len() == place + used);
            match event {
                Event::Text(text) => received.push(unmarked(MessageKind::Text, text.into())),
                Event::Binary(bytes) => received.push(unmarked(MessageKind::Binary, bytes.into())),
                Event::Data(Data {
                    kind,
                    part,
                    rsv,
                    bytes,
                }) => {
                    assert!(!part.is_first() || (message.is_empty() && marks.is_empty()));
                    message.extend_from_slice(bytes);
                    mark(&mut marks, rsv, bytes.len());
                    if part.is_last() {
                        let bytes = core::mem::take(&mut message);
                        let marks = core::mem::take(&mut marks);
                        assert!(
                            kind == MessageKind::Binary
                                || marks.iter().any(|(rsv, _)| !rsv.is_empty())
                                || core::str::from_utf8(&bytes).is_ok()
                        );
                        received.push(Received::Message { kind, marks, bytes });
                    }
                }
                control => received.push(owned(&control)),
            }
            buf.drain(..used);
            taken += used;
        }
    }
    end(&mut connection.clone(), &received);
    (received, None)
}

/// The bytes of the buffer that an event shows; they are the last of those used.
fn lent<'a>(event: &Event<'a>) -> &'a [u8] {
    match event {
        Event::Text(text) => text.as_bytes(),
        Event::Close(close) => close.reason.as_bytes(),
        Event::Data(data) => data.bytes,
        Event::Binary(bytes) | Event::Ping(bytes) => bytes,
        other => pong(other),
    }
}

fn owned(event: &Event<'_>) -> Received {
    match event {
        Event::Ping(body) => Received::Ping((*body).into()),
        Event::Close(close) => Received::Close(close.code, close.reason.into()),
        other => Received::Pong(pong(other).into()),
    }
}

fn pong<'a>(event: &Event<'a>) -> &'a [u8] {
    let Event::Pong(body) = event else {
        panic!("{event:?}");
    };
    body
}

/// RFC 6455 section 7.1.5: the transport ends in order behind the peer's Close frame, and nowhere else.
fn end(connection: &mut Connection, received: &[Received]) {
    let expected = match received.last() {
        Some(Received::Close(..)) => Ok(None),
        _ => Err(ErrorKind::AbnormalClosure),
    };
    let end = connection.receive_eof();
    assert_eq!(end.map_err(Error::kind), expected);
    assert_eq!(connection.receive_eof(), end);
    assert_eq!(connection.receive(&mut []).map(|_| None), end);
    assert_eq!(connection.wants_close(), end.is_err());
}
