use crate::encode::encode_array;
use crate::{AlertDescription, AlertLevel, EncodeError, Error, ErrorKind};

/// An alert: RFC 8446 section 6.
///
/// An endpoint answers what it cannot accept with the alert that the error names:
///
/// ```
/// # #[cfg(feature = "alloc")] {
/// use wirekit_tls::{Alert, ContentType, ProtocolVersion, Record, RecordHeader};
///
/// let error = Record::parse(b"GET / HTTP/1.1\r\n").unwrap_err();
/// let header = RecordHeader {
///     content_type: ContentType::ALERT,
///     legacy_version: ProtocolVersion::TLS_1_2,
///     len: Alert::LEN as u16,
/// };
/// let mut out = Vec::new();
/// header.encode(&mut out)?;
/// Alert::fatal(error.kind().alert()).encode(&mut out)?;
/// assert_eq!(out, [21, 3, 3, 0, 2, 2, 10]); // fatal, unexpected_message
/// # }
/// # Ok::<(), wirekit_tls::EncodeError>(())
/// ```
#[expect(clippy::exhaustive_structs, reason = "RFC 8446 fixes the fields")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Alert {
    /// How bad it is; in TLS 1.3 the description alone decides.
    pub level: AlertLevel,
    /// What it says; one that is not known is an error to the receiver, not to this parser.
    pub description: AlertDescription,
}

impl Alert {
    /// The alert's length.
    pub const LEN: usize = 2;

    /// An alert that ends the connection, as all that report an error do: RFC 8446 section 6.2.
    pub const fn fatal(description: AlertDescription) -> Self {
        Self {
            level: AlertLevel::FATAL,
            description,
        }
    }

    /// Reads the fragment of an alert record that is not encrypted.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::AlertLength`], [`ErrorKind::AlertLevel`].
    pub const fn parse(fragment: &[u8]) -> Result<Self, Error> {
        let &[level, description] = fragment else {
            let found = fragment.len();
            let offset = if found < Self::LEN { found } else { Self::LEN };
            return Err(Error::new(ErrorKind::AlertLength { found }, offset));
        };
        let (level, description) = (AlertLevel(level), AlertDescription(description));
        match level.name() {
            Some(_) => Ok(Self { level, description }),
            None => Err(Error::new(ErrorKind::AlertLevel { found: level.0 }, 0)),
        }
    }

    /// The fragment's bytes.
    ///
    /// # Errors
    ///
    /// [`EncodeError::Rule`] with what [`parse`](Self::parse) would answer.
    pub const fn encode_to_array(self) -> Result<[u8; Self::LEN], EncodeError> {
        let bytes = [self.level.0, self.description.0];
        match Self::parse(&bytes) {
            Err(error) => Err(EncodeError::Rule { kind: error.kind() }),
            Ok(_) => Ok(bytes),
        }
    }

    encode_array!();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules() {
        #[rustfmt::skip]
        let rows: [(&[u8], ErrorKind, usize); 5] = [
            // RFC 8446 section 5.1: "a record with an Alert type MUST contain exactly one message"
            (&[], ErrorKind::AlertLength { found: 0 }, 0),
            (&[2], ErrorKind::AlertLength { found: 1 }, 1),
            (&[2, 40, 2, 40], ErrorKind::AlertLength { found: 4 }, 2),
            // RFC 8446 section 6: enum { warning(1), fatal(2), (255) }
            (&[0, 40], ErrorKind::AlertLevel { found: 0 }, 0),
            (&[3, 40], ErrorKind::AlertLevel { found: 3 }, 0),
        ];
        for (input, kind, offset) in rows {
            assert_eq!(Alert::parse(input), Err(Error::new(kind, offset)));
        }
    }

    #[test]
    fn what_is_read_is_written_again() {
        for bytes in [[2, 200], [1, 0]] {
            let alert = Alert::parse(&bytes).unwrap();
            assert_eq!(alert.level, AlertLevel(bytes[0]));
            assert_eq!(alert.description, AlertDescription(bytes[1]));
            assert_eq!(alert.encode_to_array(), Ok(bytes));
            let mut out = [0x55; 3];
            assert_eq!(alert.encode_to_slice(&mut out), Ok(2));
            assert_eq!(out, [bytes[0], bytes[1], 0x55]);
            #[cfg(feature = "alloc")]
            {
                let mut out = std::vec![7];
                assert_eq!(alert.encode(&mut out), Ok(2));
                assert_eq!(out, [7, bytes[0], bytes[1]]);
                // Room for the alert and not a byte more is enough.
                let mut exact = [0; 2];
                assert_eq!(alert.encode(&mut &mut exact[..]), Ok(2));
                assert_eq!(exact, bytes);
            }
        }
    }

    #[test]
    fn what_a_receiver_would_refuse_is_not_written() {
        let alert = Alert {
            level: AlertLevel(3),
            ..Alert::fatal(AlertDescription::DECODE_ERROR)
        };
        let mut out = [0x55; 3];
        let rule = EncodeError::Rule {
            kind: ErrorKind::AlertLevel { found: 3 },
        };
        assert_eq!(alert.encode_to_slice(&mut out), Err(rule));
        let fatal = Alert::fatal(AlertDescription::DECODE_ERROR);
        let small = EncodeError::OutputTooSmall { needed: 2 };
        assert_eq!(fatal.encode_to_slice(&mut out[..1]), Err(small));
        assert_eq!(out, [0x55; 3]);
        #[cfg(feature = "alloc")]
        {
            let mut room = &mut out[..1];
            assert_eq!(fatal.encode(&mut room), Err(small));
            assert_eq!(room.len(), 1);
        }
    }
}
