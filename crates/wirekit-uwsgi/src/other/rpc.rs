//! Remote calls (modifier 173): an array of a function's name and its arguments, and the answer.
//!
//! Specification section 7.1.

use crate::packet::HEADER_LEN;
use crate::{Array, Error, ErrorKind, Header, Key, Modifier1, Packet, content_length};

/// The most arguments that uWSGI takes; it leaves out what is more, and makes the call all the same.
pub const MAX_ARGUMENTS: usize = 254;

/// Asks for an answer as a packet; [`Header::encode_array`] takes the name and at most [`MAX_ARGUMENTS`] arguments.
pub const CALL: Header = Header {
    modifier1: Modifier1::RPC,
    modifier2: 0,
};

/// Asks for an answer as bare bytes, up to the connection's end.
pub const CALL_RAW: Header = Header {
    modifier1: Modifier1::RPC,
    modifier2: 1,
};

/// The second modifier of an answer that does not fit a packet.
const LONG: u8 = 5;

/// A call, as a server gets it: specification section 7.1.
///
/// ```
/// use wirekit_uwsgi::Packet;
/// use wirekit_uwsgi::rpc::Call;
///
/// let wire = b"\xad\x0b\0\0\x03\0add\x01\x002\x01\x003";
/// let (packet, _) = Packet::parse(&wire[..]).expect("a whole packet");
/// let call = Call::parse(packet)?;
/// assert_eq!(call.function(), b"add");
/// assert!(call.arguments().eq([b"2", b"3"]));
/// # Ok::<(), wirekit_uwsgi::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call<'a> {
    items: Array<'a>,
}

impl<'a> Call<'a> {
    /// Reads a call's packet.
    ///
    /// # Errors
    ///
    /// `WrongModifier`, `ItemLenTruncated`, `ItemOverrun`; `EmptyCall` without a function's name.
    pub fn parse(packet: Packet<'a>) -> Result<Self, Error> {
        if packet.modifier1() != Modifier1::RPC {
            return Err(Error::new(
                ErrorKind::WrongModifier {
                    found: packet.modifier1().0,
                },
                0,
            ));
        }
        let items = packet.array()?;
        match items.iter().next() {
            Some(name) if !name.is_empty() => Ok(Self { items }),
            _ => Err(Error::new(ErrorKind::EmptyCall, HEADER_LEN)),
        }
    }

    /// The function's name.
    pub fn function(&self) -> &'a [u8] {
        self.items.iter().next().unwrap_or_default()
    }

    /// The arguments.
    pub fn arguments(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.items.iter().skip(1)
    }
}

/// The front of an answer to [`CALL`]: specification section 7.1.
///
/// ```
/// use wirekit_uwsgi::rpc::Reply;
///
/// let (reply, used) = Reply::parse(b"\xad\x01\0\x005")?.expect("a whole packet");
/// assert_eq!((reply, used), (Reply::Result(b"5"), 5));
/// # Ok::<(), wirekit_uwsgi::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reply<'a> {
    /// The whole result.
    Result(&'a [u8]),
    /// A result over 65 535 bytes: so many follow the packet.
    Long {
        /// Bytes of the result.
        len: u64,
    },
}

impl<'a> Reply<'a> {
    /// Takes an answer's packet from the front of a stream; `None` while it is not all there.
    ///
    /// An unknown function has no answer: uWSGI closes the connection.
    ///
    /// # Errors
    ///
    /// `WrongModifier`; for a long result as [`Vars::parse`](crate::Vars::parse), `MissingVar`,
    /// `ContentLengthSyntax`, `ContentLengthOverflow`.
    pub fn parse(input: &'a [u8]) -> Result<Option<(Self, usize)>, Error> {
        match input {
            [modifier1, ..] if *modifier1 != Modifier1::RPC.0 => {
                return Err(Error::new(
                    ErrorKind::WrongModifier { found: *modifier1 },
                    0,
                ));
            }
            _ => {}
        }
        let Some((packet, used)) = Packet::parse(input) else {
            return Ok(None);
        };
        if packet.modifier2() != LONG {
            return Ok(Some((Self::Result(packet.block()), used)));
        }
        let name = Key::ContentLength.as_str();
        let value = packet.vars()?.get(name.as_bytes());
        let missing = Error::new(ErrorKind::MissingVar { name }, used);
        let len = content_length(value.ok_or(missing)?)
            .map_err(|error| error.shifted(packet.offset_of(value)))?;
        Ok(Some((Self::Long { len }, used)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_has_a_name() {
        let mut out = [0; 64];
        let len = CALL
            .encode_array_to_slice(&[b"hello", b"", b"z"], &mut out)
            .unwrap();
        let call = Call::parse(Packet::parse(&out[..len]).unwrap().0).unwrap();
        assert_eq!(call.function(), b"hello");
        assert!(call.arguments().eq([&b""[..], b"z"]));
        for block in [&b""[..], b"\0\0", b"\0\0\x01\0a"] {
            let len = CALL.encode_to_slice(block, &mut out).unwrap();
            let error = Call::parse(Packet::parse(&out[..len]).unwrap().0).unwrap_err();
            assert_eq!((error.kind(), error.offset()), (ErrorKind::EmptyCall, 4));
        }
        let error = Call::parse(Packet::parse(b"\x64\0\0\0").unwrap().0).unwrap_err();
        assert_eq!(
            (error.kind(), error.offset()),
            (ErrorKind::WrongModifier { found: 100 }, 0)
        );
    }

    #[test]
    fn an_answer_is_short_or_long() {
        assert_eq!(
            Reply::parse(b"\xad\x02\0\0hi..").unwrap(),
            Some((Reply::Result(b"hi"), 6))
        );
        let long = b"\xad\x17\0\x05\x0e\0CONTENT_LENGTH\x05\x0070000xxxx";
        assert_eq!(
            Reply::parse(long).unwrap(),
            Some((Reply::Long { len: 70_000 }, 27))
        );
        for len in 0..27 {
            assert_eq!(Reply::parse(&long[..len]).unwrap(), None);
        }
        let error = Reply::parse(b"\xad\0\0\x05").unwrap_err();
        assert_eq!(
            (error.kind(), error.offset()),
            (
                ErrorKind::MissingVar {
                    name: "CONTENT_LENGTH"
                },
                4
            )
        );
        let error = Reply::parse(b"\xad\x17\0\x05\x0e\0CONTENT_LENGTH\x05\x007000 ").unwrap_err();
        assert_eq!(
            (error.kind(), error.offset()),
            (ErrorKind::ContentLengthSyntax, 26)
        );
        assert_eq!(
            Reply::parse(b"H").unwrap_err().kind(),
            ErrorKind::WrongModifier { found: 72 }
        );
    }
}
