use super::{Sink, encode_counted, length16};
use crate::{
    ContentType, EncodeError, ErrorKind, HandshakeHeader, HandshakeType, ProtocolVersion,
    RecordHeader,
};

/// A record that a sender writes: RFC 8446 section 5.1. The length is computed.
///
/// The fragment of a record that is not protected has at most [`RecordHeader::MAX_PLAINTEXT_LEN`] bytes; longer messages
/// go into several records:
///
/// ```
/// # #[cfg(feature = "alloc")] {
/// use wirekit_tls::{ContentType, ProtocolVersion, RecordFields, RecordHeader};
///
/// let (message, mut out) = ([2; 20_000], Vec::new());
/// for fragment in message.chunks(RecordHeader::MAX_PLAINTEXT_LEN) {
///     let (content_type, legacy_version) = (ContentType::HANDSHAKE, ProtocolVersion::TLS_1_2);
///     RecordFields { content_type, legacy_version, fragment }.encode(&mut out)?;
/// }
/// assert_eq!(out.len(), 5 + 16_384 + 5 + 3_616);
/// # }
/// # Ok::<(), wirekit_tls::EncodeError>(())
/// ```
#[expect(clippy::exhaustive_structs, reason = "RFC 8446 fixes the fields")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RecordFields<'a> {
    /// What the record carries.
    pub content_type: ContentType,
    /// The version; TLS 1.3 wants [`TLS_1_2`](ProtocolVersion::TLS_1_2), or [`TLS_1_0`](ProtocolVersion::TLS_1_0) for
    /// the first ClientHello.
    pub legacy_version: ProtocolVersion,
    /// The bytes after the header.
    pub fragment: &'a [u8],
}

impl RecordFields<'_> {
    encode_counted!();

    fn check(&self) -> Result<(), ErrorKind> {
        match self.header() {
            Ok(header) => header.check(),
            // `write` says what is too long.
            Err(_) => Ok(()),
        }
    }

    fn header(&self) -> Result<RecordHeader, EncodeError> {
        let len = length16("fragment", self.fragment.len(), 0..=u16::MAX)?;
        Ok(RecordHeader {
            content_type: self.content_type,
            legacy_version: self.legacy_version,
            len: u16::from_be_bytes(len),
        })
    }

    fn write(&self, out: &mut impl Sink) -> Result<(), EncodeError> {
        out.put(&self.header()?.to_bytes());
        out.put(self.fragment);
        Ok(())
    }
}

/// A handshake message of any type whose body is at hand: RFC 8446 section 4. The length is computed.
///
/// ```
/// use wirekit_tls::{HandshakeFields, HandshakeType};
///
/// let mut out = [0; 16];
/// let fields = HandshakeFields { message_type: HandshakeType::KEY_UPDATE, body: &[0] };
/// let len = fields.encode_to_slice(&mut out)?;
/// assert_eq!(out[..len], [24, 0, 0, 1, 0]); // type, length in three bytes, update_not_requested
/// # Ok::<(), wirekit_tls::EncodeError>(())
/// ```
#[expect(clippy::exhaustive_structs, reason = "RFC 8446 fixes the fields")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HandshakeFields<'a> {
    /// What the message is.
    pub message_type: HandshakeType,
    /// The message after its header; it is not looked at.
    pub body: &'a [u8],
}

impl HandshakeFields<'_> {
    encode_counted!();

    fn check(&self) -> Result<(), ErrorKind> {
        Ok(())
    }

    fn write(&self, out: &mut impl Sink) -> Result<(), EncodeError> {
        put_header(out, self.message_type, self.body.len())?;
        out.put(self.body);
        Ok(())
    }
}

/// The header of a message whose body has so many bytes.
pub(super) fn put_header(
    out: &mut impl Sink,
    message_type: HandshakeType,
    body_len: usize,
) -> Result<(), EncodeError> {
    let field = "handshake message";
    let len = u32::try_from(body_len).map_err(|_| EncodeError::Length {
        field,
        len: body_len,
    })?;
    out.put(&HandshakeHeader { message_type, len }.encode_to_array()?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Handshake, Limits, Record};

    #[test]
    fn a_record_comes_back() {
        let fields = RecordFields {
            content_type: ContentType::HANDSHAKE,
            legacy_version: ProtocolVersion::TLS_1_0,
            fragment: &[1, 0, 0, 0],
        };
        let mut out = [0x55; 10];
        assert_eq!(fields.encoded_len(), Ok(9));
        assert_eq!(fields.encode_to_slice(&mut out), Ok(9));
        assert_eq!(out, [22, 3, 1, 0, 4, 1, 0, 0, 0, 0x55]);
        let (record, used) = Record::parse(&out).unwrap().unwrap();
        assert_eq!((record.fragment(), used), (fields.fragment, 9));
        let empty = RecordFields {
            fragment: &[],
            ..fields
        };
        let found = ContentType::HANDSHAKE;
        let rule = EncodeError::Rule {
            kind: ErrorKind::EmptyFragment { found },
        };
        assert_eq!(empty.encode_to_slice(&mut out), Err(rule));
        let long = RecordFields {
            fragment: &[0; 65_536],
            ..fields
        };
        let (field, len) = ("fragment", 65_536);
        let length = EncodeError::Length { field, len };
        assert_eq!(long.encode_to_slice(&mut out), Err(length));
        assert_eq!(out[9], 0x55);
    }

    #[test]
    fn a_message_comes_back() {
        let fields = HandshakeFields {
            message_type: HandshakeType::CERTIFICATE,
            body: &[7; 300],
        };
        let mut out = [0; 304];
        assert_eq!(
            fields.encode_to_slice(&mut out[..303]),
            Err(EncodeError::OutputTooSmall { needed: 304 })
        );
        assert_eq!(out, [0; 304]);
        assert_eq!(fields.encode_to_slice(&mut out), Ok(304));
        let (message, used) = Handshake::parse(&out, &Limits::DEFAULT).unwrap().unwrap();
        assert_eq!((message.message_type(), used), (fields.message_type, 304));
        assert_eq!(message.body(), fields.body);
    }
}
