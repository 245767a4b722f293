use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use sha1::{Digest as _, Sha1};

use super::{Error, ErrorKind};

/// What every key is hashed with, RFC 6455 section 1.3.
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

const KEY_LEN: usize = 24;
const ACCEPT_LEN: usize = 28;

/// Padding is there or the length is wrong; but the unused bits of the last character may be set, as in the
/// example of RFC 6455 section 4.1, "AQIDBAUGBwgJCgsMDQ4PEC==".
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);

/// The value of Sec-WebSocket-Key: 16 random bytes in base64 (RFC 6455 section 4.1).
///
/// ```
/// use wirekit_websocket::handshake::Key;
///
/// let key = Key::parse(b"dGhlIHNhbXBsZSBub25jZQ==")?;
/// assert_eq!(key.accept().as_str(), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
/// # Ok::<(), wirekit_websocket::handshake::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key([u8; KEY_LEN]);

impl Key {
    /// The key of 16 bytes that the client drew at random for this connection alone.
    #[must_use]
    pub fn from_nonce(nonce: [u8; 16]) -> Self {
        Self(encode(&nonce))
    }

    /// A key from the source of a client's masking keys.
    #[cfg(feature = "std")]
    #[must_use]
    pub fn generate(keys: &mut crate::MaskingKeys) -> Self {
        let mut nonce = [0; 16];
        for word in nonce.as_chunks_mut::<4>().0 {
            *word = keys.next_key().0;
        }
        Self::from_nonce(nonce)
    }

    /// The key in a field's value, without the white space around it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::KeyLength`], [`ErrorKind::KeyBase64`].
    pub fn parse(value: &[u8]) -> Result<Self, Error> {
        let Ok(key) = <[u8; KEY_LEN]>::try_from(value) else {
            return Err(Error::new(
                ErrorKind::KeyLength { len: value.len() },
                value.len().min(KEY_LEN),
            ));
        };
        let mut nonce = [0; 18];
        match BASE64.decode_slice(key, &mut nonce) {
            Ok(16) => Ok(Self(key)),
            Err(base64::DecodeSliceError::DecodeError(base64::DecodeError::InvalidByte(
                offset,
                byte,
            ))) => Err(Error::new(ErrorKind::KeyBase64 { byte }, offset)),
            // 24 characters that end in another padding than "==" are another number of bytes.
            _ => Err(Error::new(
                ErrorKind::KeyBase64 {
                    byte: key[KEY_LEN - 2],
                },
                KEY_LEN - 2,
            )),
        }
    }

    /// The key as it stands in the request.
    #[must_use]
    pub fn as_str(&self) -> &str {
        ascii(&self.0)
    }

    /// The value of Sec-WebSocket-Accept that answers this key (RFC 6455 section 4.2.2).
    #[must_use]
    pub fn accept(&self) -> Accept {
        accept_for(&self.0)
    }
}

/// The value of Sec-WebSocket-Accept: the base64 of a SHA-1 (RFC 6455 section 4.2.2).
///
/// ```
/// use wirekit_websocket::handshake::Key;
///
/// let accept = Key::from_nonce(*b"the sample nonce").accept(); // RFC 6455 section 1.3
/// assert!(accept.answers(b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Accept([u8; ACCEPT_LEN]);

impl Accept {
    /// The answer as it stands in the response.
    #[must_use]
    pub fn as_str(&self) -> &str {
        ascii(&self.0)
    }

    /// Whether a response's value is this answer.
    #[must_use]
    pub fn answers(&self, value: &[u8]) -> bool {
        self.0 == value
    }
}

/// The answer to any key, well formed or not: "the |Sec-WebSocket-Key| (as a string, not base64-decoded)"
/// (RFC 6455 section 4.1). For an observer; a server uses [`Key`].
///
/// ```
/// use wirekit_websocket::handshake::{Key, accept_for};
///
/// assert!(Key::parse(b"no key").is_err()); // and some server may have answered it
/// assert_eq!(accept_for(b"no key").as_str().len(), 28); // bytes: base64 of a SHA-1
/// ```
#[must_use]
pub fn accept_for(key: &[u8]) -> Accept {
    let mut hash = Sha1::new();
    hash.update(key);
    hash.update(GUID);
    Accept(encode(&hash.finalize()))
}

fn encode<const LEN: usize>(bytes: &[u8]) -> [u8; LEN] {
    let mut out = [b'='; LEN];
    let written = BASE64.encode_slice(bytes, &mut out);
    debug_assert_eq!(written, Ok(LEN));
    out
}

fn ascii(bytes: &[u8]) -> &str {
    // Both types hold base64 and nothing else.
    core::str::from_utf8(bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accept_answers_the_example_of_section_1_3() {
        let key = Key::from_nonce(*b"the sample nonce");
        assert_eq!(key.as_str(), "dGhlIHNhbXBsZSBub25jZQ==");
        assert_eq!(key.accept().as_str(), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        assert!(key.accept().answers(b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
        assert!(!key.accept().answers(b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo"));
    }

    #[test]
    #[cfg(feature = "std")]
    fn generated_keys_are_keys() {
        let mut keys = crate::MaskingKeys::from_seed([7; 32]);
        let (first, second) = (Key::generate(&mut keys), Key::generate(&mut keys));
        assert_ne!(first, second);
        assert_eq!(Key::parse(first.as_str().as_bytes()), Ok(first));
    }

    #[test]
    fn key_is_sixteen_bytes_in_base64() {
        // RFC 6455 section 4.1, with unused bits set; section 1.3.
        for good in ["AQIDBAUGBwgJCgsMDQ4PEC==", "dGhlIHNhbXBsZSBub25jZQ=="] {
            assert_eq!(Key::parse(good.as_bytes()).unwrap().as_str(), good);
        }
        #[rustfmt::skip]
        let rows: [(&[u8], ErrorKind, usize); 8] = [
            (b"",                          ErrorKind::KeyLength { len: 0 }, 0),
            (b"c2hvcnQ=",                  ErrorKind::KeyLength { len: 8 }, 8),
            (b"dGhlIHNhbXBsZSBub25jZQ",    ErrorKind::KeyLength { len: 22 }, 22),
            (b"dGhlIHNhbXBsZSBub25jZSEh",  ErrorKind::KeyBase64 { byte: b'E' }, 22), // 18 bytes
            (b"dGhlIHNhbXBsZSBub25jZSE=",  ErrorKind::KeyBase64 { byte: b'E' }, 22), // 17 bytes
            (b"dGhlIHNhbXBsZSBub25jZQ== ", ErrorKind::KeyLength { len: 25 }, 24),
            (b"dGhlIHN-bXBsZSBub25jZQ==",  ErrorKind::KeyBase64 { byte: b'-' }, 7),
            (b"dGhlIHNhbXBsZSBub25=ZQ==",  ErrorKind::KeyBase64 { byte: b'=' }, 19),
        ];
        for (input, kind, offset) in rows {
            let error = Key::parse(input).unwrap_err();
            assert_eq!(
                (error.kind(), error.offset()),
                (kind, offset),
                "{}",
                input.escape_ascii()
            );
        }
    }
}
