use bytes::{Bytes, BytesMut};

use crate::{Data, Event, MessageKind, Rsv, arch};

/// A whole message with its bytes: RFC 6455 section 5.4. The example of [`MessageReader`] has one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Message {
    /// Its kind.
    pub kind: MessageKind,
    /// The reserved bits of all its frames together: what extensions have still to undo. RSV1 is permessage-deflate's.
    pub rsv: Rsv,
    /// Its bytes.
    pub bytes: Bytes,
}

impl Message {
    /// The text of a text message that no extension has marked; `None` for any other.
    ///
    /// A reader's message has been checked piece by piece; its bytes are public, so they are checked again here.
    pub fn text(&self) -> Option<&str> {
        let is_text = self.kind == MessageKind::Text && self.rsv.is_empty();
        if is_text {
            arch::as_text(&self.bytes)
        } else {
            None
        }
    }
}

/// Joins the pieces of messages, for callers that want every message whole.
///
/// It holds what has arrived of one message, so [`Limits::max_message_len`](crate::Limits) bounds it; nothing is
/// reserved for bytes to come. Once earlier messages have been dropped, their memory is used again.
///
/// ```
/// use wirekit_websocket::{Config, Connection, MessageKind, MessageReader};
///
/// let mut client = Connection::new(Config::CLIENT);
/// let mut reader = MessageReader::new();
/// // RFC 6455 section 5.7: a fragmented "Hello".
/// let mut buf = b"\x01\x03Hel\x80\x02lo".to_vec();
///
/// let mut messages = Vec::new();
/// while let Some((event, used)) = client.receive(&mut buf)? {
///     messages.extend(reader.push(event));
///     buf.drain(..used);
/// }
/// assert_eq!(messages.len(), 1);
/// assert_eq!(messages[0].text(), Some("Hello"));
/// # Ok::<(), wirekit_websocket::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct MessageReader {
    bytes: BytesMut,
    rsv: Rsv,
}

impl MessageReader {
    /// A reader without memory of its own yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes an event of a [`Connection`](crate::Connection); returns the message that it completes.
    ///
    /// Control frames pass: they may stand between the pieces of a message.
    pub fn push(&mut self, event: Event<'_>) -> Option<Message> {
        let Data {
            kind,
            part,
            rsv,
            bytes,
        } = match event {
            Event::Text(text) => Data::whole(MessageKind::Text, text.as_bytes()),
            Event::Binary(bytes) => Data::whole(MessageKind::Binary, bytes),
            Event::Data(data) => data,
            Event::Ping(_) | Event::Pong(_) | Event::Close(_) => return None,
        };
        if part.is_first() {
            self.bytes.clear();
            self.rsv = Rsv::NONE;
        }
        self.rsv |= rsv;
        self.bytes.extend_from_slice(bytes);
        part.is_last().then(|| Message {
            kind,
            rsv: self.rsv,
            bytes: self.bytes.split().freeze(),
        })
    }

    /// Bytes held of the message that is not whole yet.
    pub fn pending_len(&self) -> usize {
        self.bytes.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Part;

    #[test]
    fn text_is_of_text_messages_that_no_extension_has_marked() {
        let mut reader = MessageReader::new();
        let piece = |kind, part, rsv, bytes| {
            Event::Data(Data {
                kind,
                part,
                rsv,
                bytes,
            })
        };
        let text = reader.push(Event::Text("a")).unwrap();
        assert_eq!(text.text(), Some("a"));
        let binary = reader.push(Event::Binary(b"a")).unwrap();
        assert_eq!(binary.text(), None);
        // The second of two frames has a bit, and the message has it.
        let first = piece(MessageKind::Text, Part::First, Rsv::NONE, b"a");
        assert_eq!(reader.push(first), None);
        let last = piece(MessageKind::Text, Part::Last, Rsv::RSV2, b"b");
        let marked = reader.push(last).unwrap();
        assert_eq!((marked.rsv, marked.text()), (Rsv::RSV2, None));
    }

    #[test]
    fn memory_is_used_again() {
        let mut reader = MessageReader::new();
        let first = reader.push(Event::Binary(&[1; 1000])).unwrap();
        let place = first.bytes.as_ptr();
        drop(first);
        let mut places = 0;
        for _ in 0..10 {
            let data = |part, bytes| {
                Event::Data(Data {
                    kind: MessageKind::Binary,
                    part,
                    rsv: Rsv::NONE,
                    bytes,
                })
            };
            assert_eq!(reader.push(data(Part::First, &[2; 400])), None);
            assert_eq!(reader.pending_len(), 400);
            assert_eq!(reader.push(Event::Ping(b"between")), None);
            let message = reader.push(data(Part::Last, &[2; 600])).unwrap();
            assert_eq!(message.bytes, [2; 1000].as_slice());
            places += usize::from(message.bytes.as_ptr() == place);
        }
        assert!(places > 0);
    }
}
