use crate::encode::encode_array;
use crate::{EncodeError, Error, ErrorKind, HandshakeType};

/// Bounds where the format has none that helps: a handshake message may be 16 MiB long.
///
/// RFC 8446 section 4 gives the length 24 bits. One message is held whole before it is read, so this bounds what a peer can
/// make [`Messages`](crate::Messages) hold: this much and a record.
///
/// ```
/// use wirekit_tls::{ErrorKind, Handshake, Limits};
///
/// let limits = Limits::DEFAULT.max_message_len(4096); // bytes
/// let error = Handshake::parse(&[11, 0, 0x20, 0], &limits).unwrap_err(); // a certificate message of 8192 bytes
/// assert_eq!(error.kind(), ErrorKind::MessageTooLong { found: 8192, allowed: 4096 });
/// ```
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

/// A handshake message's header: RFC 8446 section 4.
///
/// ```
/// use wirekit_tls::{HandshakeHeader, HandshakeType, Limits};
///
/// let (header, used) = HandshakeHeader::parse(&[1, 0, 2, 0, 3], &Limits::DEFAULT)?.expect("four bytes");
/// assert_eq!((header.message_type, header.len, used), (HandshakeType::CLIENT_HELLO, 512, 4));
/// assert_eq!(header.encode_to_array()?, [1, 0, 2, 0]);
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[expect(clippy::exhaustive_structs, reason = "RFC 8446 fixes the fields")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HandshakeHeader {
    /// What the message is.
    pub message_type: HandshakeType,
    /// Bytes of the body that follows; the wire holds 24 bits.
    pub len: u32,
}

impl HandshakeHeader {
    /// The header's length.
    pub const LEN: usize = 4;

    /// Reads the header at the start of `input`, the fragments of handshake records.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::MessageTooLong`].
    pub const fn parse(input: &[u8], limits: &Limits) -> Result<Option<(Self, usize)>, Error> {
        let Some(&[message_type, a, b, c]) = input.first_chunk() else {
            return Ok(None);
        };
        let (len, allowed) = (u32::from_be_bytes([0, a, b, c]), limits.max_message_len);
        if len > allowed {
            let kind = ErrorKind::MessageTooLong {
                found: len,
                allowed,
            };
            return Err(Error::new(kind, 1));
        }
        let header = Self {
            message_type: HandshakeType(message_type),
            len,
        };
        Ok(Some((header, Self::LEN)))
    }

    /// The header's bytes.
    ///
    /// # Errors
    ///
    /// [`EncodeError::Length`] for a length of more than 24 bits.
    pub const fn encode_to_array(self) -> Result<[u8; Self::LEN], EncodeError> {
        let [0, a, b, c] = self.len.to_be_bytes() else {
            let (field, len) = ("handshake message", self.len as usize);
            return Err(EncodeError::Length { field, len });
        };
        Ok([self.message_type.0, a, b, c])
    }

    encode_array!();
}

/// A handshake message: RFC 8446 section 4.
///
/// Messages are a stream of their own: one may span records, and one record may hold several. `Messages` (feature
/// `alloc`) joins the records' fragments; a fragment that holds whole messages can be parsed as it is.
///
/// ```
/// use wirekit_tls::{Handshake, HandshakeType, Limits};
///
/// // Two messages in one fragment, as a server of TLS 1.2 ends its flight and goes on.
/// let mut fragment = &[14, 0, 0, 0, 0, 0, 0, 0][..];
/// let mut types = Vec::new();
/// while let Some((message, used)) = Handshake::parse(fragment, &Limits::DEFAULT)? {
///     types.push(message.message_type());
///     fragment = &fragment[used..];
/// }
/// assert_eq!(types, [HandshakeType::SERVER_HELLO_DONE, HandshakeType::HELLO_REQUEST]);
/// # Ok::<(), wirekit_tls::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handshake<'a> {
    message_type: HandshakeType,
    bytes: &'a [u8],
    body: &'a [u8],
}

impl<'a> Handshake<'a> {
    /// Reads the message at the start of `input`, the fragments of handshake records.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::MessageTooLong`].
    pub fn parse(input: &'a [u8], limits: &Limits) -> Result<Option<(Self, usize)>, Error> {
        let Some((header, start)) = HandshakeHeader::parse(input, limits)? else {
            return Ok(None);
        };
        // A length that `usize` cannot hold is one that the input cannot have.
        let Ok(len) = usize::try_from(header.len) else {
            return Ok(None);
        };
        let used = start.saturating_add(len);
        let Some((bytes, _)) = input.split_at_checked(used) else {
            return Ok(None);
        };
        let message = Self {
            message_type: header.message_type,
            bytes,
            body: bytes.get(start..).unwrap_or_default(),
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

    #[test]
    fn a_header_comes_back_or_leaves_the_output_alone() {
        let header = HandshakeHeader {
            message_type: HandshakeType::FINISHED,
            len: 0x01_02_03,
        };
        let mut out = [0x55; 5];
        assert_eq!(header.encode_to_slice(&mut out), Ok(4));
        assert_eq!(out, [20, 1, 2, 3, 0x55]);
        let limits = Limits::default().max_message_len(header.len);
        assert_eq!(HandshakeHeader::parse(&out, &limits), Ok(Some((header, 4))));
        let long = HandshakeHeader {
            len: 1 << 24,
            ..header
        };
        let (field, len) = ("handshake message", 1 << 24);
        let length = EncodeError::Length { field, len };
        assert_eq!(long.encode_to_slice(&mut out), Err(length));
        let small = EncodeError::OutputTooSmall { needed: 4 };
        assert_eq!(header.encode_to_slice(&mut out[..3]), Err(small));
        assert_eq!(out, [20, 1, 2, 3, 0x55]);
    }
}
