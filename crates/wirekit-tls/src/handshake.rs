use crate::{Error, ErrorKind, HandshakeType};

#[cfg(feature = "alloc")]
use crate::{ContentType, Record};

/// Bounds where the format has none that helps: a handshake message may be 16 MiB long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Limits {
    /// The longest handshake message, its 4 header bytes not counted.
    pub max_message_len: u32,
}

impl Limits {
    /// 64 KiB, which leaves room for post-quantum keys and long certificate chains.
    pub const DEFAULT: Self = Self {
        max_message_len: 1 << 16,
    };

    /// Sets [`max_message_len`](Self::max_message_len).
    #[must_use]
    pub const fn max_message_len(mut self, max_message_len: u32) -> Self {
        self.max_message_len = max_message_len;
        self
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// A handshake message: RFC 8446 section 4.
///
/// Messages are a stream of their own: one may span records, and one record may hold several. `Messages` (feature
/// `alloc`) joins the records' fragments; a fragment that holds whole messages can be parsed as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handshake<'a> {
    message_type: HandshakeType,
    bytes: &'a [u8],
    body: &'a [u8],
}

impl<'a> Handshake<'a> {
    /// The length of a message's header.
    pub const HEADER_LEN: usize = 4;

    /// Reads the message at the start of `input`, the fragments of handshake records.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::MessageTooLong`].
    pub fn parse(input: &'a [u8], limits: &Limits) -> Result<Option<(Self, usize)>, Error> {
        let Some(&[message_type, a, b, c]) = input.first_chunk() else {
            return Ok(None);
        };
        let (found, allowed) = (u32::from_be_bytes([0, a, b, c]), limits.max_message_len);
        if found > allowed {
            return Err(Error::new(ErrorKind::MessageTooLong { found, allowed }, 1));
        }
        // A length that `usize` cannot hold is one that the input cannot have.
        let Ok(len) = usize::try_from(found) else {
            return Ok(None);
        };
        let used = Self::HEADER_LEN.saturating_add(len);
        let Some((bytes, _)) = input.split_at_checked(used) else {
            return Ok(None);
        };
        let message = Self {
            message_type: HandshakeType(message_type),
            bytes,
            body: bytes.get(Self::HEADER_LEN..).unwrap_or_default(),
        };
        Ok(Some((message, used)))
    }

    /// What the message is.
    pub const fn message_type(&self) -> HandshakeType {
        self.message_type
    }

    /// The message after its header.
    pub const fn body(&self) -> &'a [u8] {
        self.body
    }

    /// Header and body.
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The body when the message is of this type.
    pub(crate) const fn body_of(&self, expected: HandshakeType) -> Result<&'a [u8], Error> {
        if self.message_type.0 == expected.0 {
            return Ok(self.body);
        }
        let found = self.message_type;
        Err(Error::new(ErrorKind::UnexpectedMessage { found }, 0))
    }
}

/// Joins the handshake messages of one direction out of its records, as long as they are not encrypted.
///
/// ```
/// use wirekit_tls::{HandshakeType, Limits, Messages, Record};
///
/// let mut messages = Messages::new(Limits::DEFAULT);
/// let mut bytes: &[u8] = &[22, 3, 1, 0, 2, 2, 0, 22, 3, 1, 0, 3, 0, 1, 9];
/// while let Some((record, used)) = Record::parse(bytes)? {
///     messages.push(&record)?;
///     bytes = &bytes[used..];
/// }
/// let message = messages.receive()?.expect("its two parts are there");
/// assert_eq!((message.message_type(), message.body()), (HandshakeType::SERVER_HELLO, &[9][..]));
/// # Ok::<(), wirekit_tls::Error>(())
/// ```
#[cfg(feature = "alloc")]
#[derive(Clone, Debug)]
pub struct Messages {
    bytes: alloc::vec::Vec<u8>,
    used: usize,
    limits: Limits,
}

#[cfg(feature = "alloc")]
impl Messages {
    /// No message yet.
    pub const fn new(limits: Limits) -> Self {
        Self {
            bytes: alloc::vec::Vec::new(),
            used: 0,
            limits,
        }
    }

    /// The bytes of memory that are held for an unfinished message.
    pub const fn held_len(&self) -> usize {
        self.bytes.capacity()
    }

    /// Takes the direction's next record; one of another type than handshake is only looked at.
    ///
    /// Call [`receive`](Self::receive) until it has no message before the next record: what is kept then is one
    /// unfinished message, so no more than the limit and a record.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Interleaved`] at the record's first byte.
    pub fn push(&mut self, record: &Record<'_>) -> Result<(), Error> {
        if record.content_type() == ContentType::HANDSHAKE {
            self.bytes.drain(..self.used);
            self.used = 0;
            self.bytes.extend_from_slice(record.fragment());
        } else if self.is_inside_message() {
            // RFC 8446 section 5.1: "if a handshake message is split over two or more records, there MUST NOT be any
            // other records between them."
            let found = record.content_type();
            return Err(Error::new(ErrorKind::Interleaved { found }, 0));
        }
        Ok(())
    }

    /// The next complete message.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::MessageTooLong`]; the offset is counted from the message's first byte.
    pub fn receive(&mut self) -> Result<Option<Handshake<'_>>, Error> {
        let rest = self.bytes.get(self.used..).unwrap_or_default();
        let message = Handshake::parse(rest, &self.limits)?;
        Ok(message.map(|(message, used)| {
            self.used += used;
            message
        }))
    }

    /// Whether bytes of an unfinished message are kept.
    pub fn is_inside_message(&self) -> bool {
        self.used < self.bytes.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_messages_are_refused_by_their_header() {
        let limits = Limits::DEFAULT.max_message_len(3);
        assert_eq!(Handshake::parse(&[1, 0, 0], &limits), Ok(None));
        let kind = ErrorKind::MessageTooLong {
            found: 4,
            allowed: 3,
        };
        for tail in 0..9 {
            let mut input = std::vec![1, 0, 0, 4];
            input.resize(4 + tail, 0);
            assert_eq!(Handshake::parse(&input, &limits), Err(Error::new(kind, 1)));
        }
        let input = [1, 0, 0, 3, 7, 8, 9, 2];
        for end in 0..7 {
            assert_eq!(Handshake::parse(&input[..end], &limits), Ok(None));
        }
        let (message, used) = Handshake::parse(&input, &limits).unwrap().unwrap();
        assert_eq!((used, message.body()), (7, &[7, 8, 9][..]));
        assert_eq!(message.as_bytes(), &input[..7]);
    }

    #[cfg(feature = "alloc")]
    fn record(bytes: &[u8]) -> Record<'_> {
        Record::parse(bytes).unwrap().unwrap().0
    }

    #[test]
    #[cfg(feature = "alloc")]
    fn a_message_is_not_interrupted() {
        let mut messages = Messages::new(Limits::DEFAULT);
        messages.push(&record(&[20, 3, 3, 0, 1, 1])).unwrap();
        // One record with a message and a half.
        messages
            .push(&record(&[22, 3, 3, 0, 6, 14, 0, 0, 0, 14, 0]))
            .unwrap();
        assert!(messages.receive().unwrap().is_some());
        assert_eq!(messages.receive(), Ok(None));
        assert!(messages.is_inside_message());
        let kind = ErrorKind::Interleaved {
            found: ContentType::ALERT,
        };
        let alert = messages.push(&record(&[21, 3, 3, 0, 2, 1, 0]));
        assert_eq!(alert, Err(Error::new(kind, 0)));
        messages.push(&record(&[22, 3, 3, 0, 2, 0, 0])).unwrap();
        assert!(messages.receive().unwrap().is_some());
        assert!(!messages.is_inside_message());
    }
}
