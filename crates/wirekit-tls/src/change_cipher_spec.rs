use crate::encode::encode_array;
use crate::{EncodeError, Error, ErrorKind};

/// The content of a change_cipher_spec record: the byte 1 (RFC 5246 section 7.1).
///
/// Before TLS 1.3 all that follows it in its direction is protected. TLS 1.3 sends it for middleboxes alone, and a
/// receiver "MUST simply drop it without further processing" (RFC 8446 section 5).
///
/// ```
/// use wirekit_tls::{ChangeCipherSpec, ErrorKind, Record};
///
/// let (record, _) = Record::parse(&[20, 3, 3, 0, 1, 1])?.expect("a whole record");
/// assert_eq!(ChangeCipherSpec::parse(record.fragment()), Ok(ChangeCipherSpec));
/// assert_eq!(ChangeCipherSpec::parse(&[2]).unwrap_err().kind(), ErrorKind::ChangeCipherSpec);
/// # Ok::<(), wirekit_tls::Error>(())
/// ```
#[expect(clippy::exhaustive_structs, reason = "RFC 5246 fixes the single value")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ChangeCipherSpec;

impl ChangeCipherSpec {
    /// The content's length.
    pub const LEN: usize = 1;

    /// Reads the fragment of a change_cipher_spec record that is not encrypted.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ChangeCipherSpec`].
    pub const fn parse(fragment: &[u8]) -> Result<Self, Error> {
        let offset = match fragment {
            [1] => return Ok(Self),
            [1, ..] => 1,
            _ => 0,
        };
        Err(Error::new(ErrorKind::ChangeCipherSpec, offset))
    }

    /// The fragment's byte.
    ///
    /// # Errors
    ///
    /// None; the grammar of its siblings.
    pub const fn encode_to_array(self) -> Result<[u8; Self::LEN], EncodeError> {
        Ok([1])
    }

    encode_array!();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_byte_one() {
        #[rustfmt::skip]
        let rows: [(&[u8], usize); 4] = [
            // RFC 8446 section 5: "consisting of the single byte value 0x01"
            (&[], 0),
            (&[0], 0),
            (&[2, 1], 0),
            (&[1, 1], 1),
        ];
        for (input, offset) in rows {
            let error = Error::new(ErrorKind::ChangeCipherSpec, offset);
            assert_eq!(ChangeCipherSpec::parse(input), Err(error), "{input:?}");
        }
        let mut out = [0x55; 2];
        assert_eq!(ChangeCipherSpec.encode_to_slice(&mut out), Ok(1));
        assert_eq!(out, [1, 0x55]);
        assert_eq!(ChangeCipherSpec::parse(&out[..1]), Ok(ChangeCipherSpec));
    }
}
