use crate::encode::encode_array;
use crate::{ContentType, EncodeError, Error, ErrorKind, ProtocolVersion};

/// A record's header: RFC 8446 section 5.1.
///
/// ```
/// use wirekit_tls::{ContentType, ProtocolVersion, RecordHeader};
///
/// let (header, used) = RecordHeader::parse(&[22, 3, 1, 0, 5, 1, 0])?.expect("five bytes");
/// assert_eq!((header.content_type, header.len, used), (ContentType::HANDSHAKE, 5, 5));
/// # Ok::<(), wirekit_tls::Error>(())
/// ```
#[expect(clippy::exhaustive_structs, reason = "RFC 8446 fixes the fields")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RecordHeader {
    /// What the record carries.
    pub content_type: ContentType,
    /// The version; "MUST be ignored for all purposes" (RFC 8446 section 5.1), so it is not checked.
    pub legacy_version: ProtocolVersion,
    /// Bytes of the fragment that follows.
    pub len: u16,
}

impl RecordHeader {
    /// The header's length.
    pub const LEN: usize = 5;

    /// The longest fragment, in bytes: RFC 5246 section 6.2.3 lets protection add 2048 bytes to 2^14, TLS 1.3 only 256.
    pub const MAX_FRAGMENT_LEN: u16 = (1 << 14) + 2048;

    /// The longest fragment that is not protected, in bytes: RFC 8446 section 5.1.
    pub const MAX_PLAINTEXT_LEN: usize = 1 << 14;

    /// Reads the header at the start of `input`; a wrong type is reported as soon as its byte is there.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownContentType`], [`ErrorKind::RecordTooLong`], [`ErrorKind::EmptyFragment`].
    pub const fn parse(input: &[u8]) -> Result<Option<(Self, usize)>, Error> {
        let Some(&kind) = input.first() else {
            return Ok(None);
        };
        let content_type = ContentType(kind);
        if content_type.name().is_none() {
            let kind = ErrorKind::UnknownContentType {
                found: content_type,
            };
            return Err(Error::new(kind, 0));
        }
        let Some(&[_, a, b, c, d]) = input.first_chunk() else {
            return Ok(None);
        };
        let len = u16::from_be_bytes([c, d]);
        if len > Self::MAX_FRAGMENT_LEN {
            let allowed = Self::MAX_FRAGMENT_LEN;
            return Err(Error::new(
                ErrorKind::RecordTooLong {
                    found: len,
                    allowed,
                },
                3,
            ));
        }
        // RFC 8446 section 5.1: "Implementations MUST NOT send zero-length fragments of Handshake types", and an alert
        // record holds exactly one alert.
        if len == 0 && matches!(content_type, ContentType::HANDSHAKE | ContentType::ALERT) {
            let kind = ErrorKind::EmptyFragment {
                found: content_type,
            };
            return Err(Error::new(kind, 3));
        }
        let legacy_version = ProtocolVersion(u16::from_be_bytes([a, b]));
        Ok(Some((
            Self {
                content_type,
                legacy_version,
                len,
            },
            Self::LEN,
        )))
    }

    /// The header's bytes.
    ///
    /// # Errors
    ///
    /// [`EncodeError::Rule`] with what [`parse`](Self::parse) would answer.
    pub const fn encode_to_array(self) -> Result<[u8; Self::LEN], EncodeError> {
        match self.check() {
            Err(kind) => Err(EncodeError::Rule { kind }),
            Ok(()) => Ok(self.to_bytes()),
        }
    }

    pub(crate) const fn to_bytes(self) -> [u8; Self::LEN] {
        let [a, b] = self.legacy_version.0.to_be_bytes();
        let [c, d] = self.len.to_be_bytes();
        [self.content_type.0, a, b, c, d]
    }

    /// What a receiver of this header would answer.
    pub(crate) const fn check(self) -> Result<(), ErrorKind> {
        match Self::parse(&self.to_bytes()) {
            Err(error) => Err(error.kind()),
            Ok(_) => Ok(()),
        }
    }

    encode_array!();
}

/// A record as it stands on the wire: RFC 8446 section 5.1.
///
/// ```
/// use wirekit_tls::{ContentType, Record};
///
/// let input = [23, 3, 3, 0, 4, 0xd0, 0x0f, 0x12, 0x9c, 23];
/// let (record, used) = Record::parse(&input)?.expect("a whole record");
/// assert_eq!((record.content_type(), used), (ContentType::APPLICATION_DATA, 9));
/// assert_eq!(record.fragment(), &[0xd0, 0x0f, 0x12, 0x9c]); // encrypted
/// assert_eq!(Record::parse(&input[used..])?, None); // the next one has only begun
/// # Ok::<(), wirekit_tls::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    header: RecordHeader,
    bytes: &'a [u8],
    fragment: &'a [u8],
}

impl<'a> Record<'a> {
    /// Reads the record at the start of `input`.
    ///
    /// # Errors
    ///
    /// As [`RecordHeader::parse`].
    pub fn parse(input: &'a [u8]) -> Result<Option<(Self, usize)>, Error> {
        let Some((header, start)) = RecordHeader::parse(input)? else {
            return Ok(None);
        };
        let used = start + usize::from(header.len);
        let Some((bytes, _)) = input.split_at_checked(used) else {
            return Ok(None);
        };
        let fragment = bytes.get(start..).unwrap_or_default();
        let record = Self {
            header,
            bytes,
            fragment,
        };
        Ok(Some((record, used)))
    }

    /// The header.
    pub const fn header(&self) -> RecordHeader {
        self.header
    }

    /// What the record carries; from the change of protection on, `fragment` is encrypted.
    pub const fn content_type(&self) -> ContentType {
        self.header.content_type
    }

    /// The bytes after the header.
    pub const fn fragment(&self) -> &'a [u8] {
        self.fragment
    }

    /// Header and fragment.
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules() {
        #[rustfmt::skip]
        let rows: [(&[u8], ErrorKind, usize); 5] = [
            // RFC 8446 section 5: "If a TLS implementation receives an unexpected record type, it MUST terminate the connection"
            (&[19], ErrorKind::UnknownContentType { found: ContentType(19) }, 0),
            (b"GET / HTTP/1.1", ErrorKind::UnknownContentType { found: ContentType(b'G') }, 0),
            // RFC 5246 section 6.2.3: "The length MUST NOT exceed 2^14 + 2048."
            (&[23, 3, 3, 0x48, 1], ErrorKind::RecordTooLong { found: 18_433, allowed: 18_432 }, 3),
            // RFC 8446 section 5.1: "MUST NOT send zero-length fragments of Handshake types"
            (&[22, 3, 3, 0, 0], ErrorKind::EmptyFragment { found: ContentType::HANDSHAKE }, 3),
            // RFC 8446 section 5.1: "a record with an Alert type MUST contain exactly one message"
            (&[21, 3, 3, 0, 0], ErrorKind::EmptyFragment { found: ContentType::ALERT }, 3),
        ];
        for (input, kind, offset) in rows {
            let expected = Err(Error::new(kind, offset));
            assert_eq!(Record::parse(input), expected, "{input:?}");
            let mut tailed = input.to_vec();
            tailed.extend([0; 9]);
            assert_eq!(Record::parse(&tailed), expected, "{input:?} with a tail");
            // Byte by byte: nothing, or already the same fault.
            for end in 0..input.len() {
                let cut = Record::parse(&input[..end]);
                assert!(cut == Ok(None) || cut == expected, "{:?}", &input[..end]);
            }
        }
    }

    #[test]
    fn just_legal() {
        // RFC 8446 section 5.1: "The length MUST NOT exceed 2^14 bytes."
        assert_eq!(RecordHeader::MAX_PLAINTEXT_LEN, 16_384);
        let mut input = std::vec![23, 9, 9, 0x48, 0];
        input.extend([7; 18_432]);
        for end in 0..input.len() {
            assert_eq!(Record::parse(&input[..end]), Ok(None));
        }
        let (record, used) = Record::parse(&input).unwrap().unwrap();
        assert_eq!((used, record.as_bytes()), (input.len(), &input[..]));
        assert_eq!(record.fragment(), &input[5..]);
        // Application data may be empty: "Zero-length fragments of Application Data MAY be sent".
        assert_eq!(Record::parse(&[23, 3, 3, 0, 0]).unwrap().unwrap().1, 5);
    }

    #[test]
    fn encoding_comes_back_or_leaves_the_output_alone() {
        let header = RecordHeader {
            content_type: ContentType::HANDSHAKE,
            legacy_version: ProtocolVersion::TLS_1_0,
            len: 512,
        };
        let mut out = [0x55; 6];
        assert_eq!(header.encode_to_slice(&mut out), Ok(5));
        assert_eq!(out, [22, 3, 1, 2, 0, 0x55]);
        assert_eq!(RecordHeader::parse(&out), Ok(Some((header, 5))));
        let mut short = [0x55; 4];
        assert_eq!(
            header.encode_to_slice(&mut short),
            Err(EncodeError::OutputTooSmall { needed: 5 })
        );
        assert_eq!(short, [0x55; 4]);
        let empty = RecordHeader { len: 0, ..header };
        assert!(matches!(
            empty.encode_to_slice(&mut out),
            Err(EncodeError::Rule { .. })
        ));
    }
}
