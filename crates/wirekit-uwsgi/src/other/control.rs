//! Packets without HTTP in them: ping, signals, jobs for the spooler, and their answers.
//!
//! Specification sections 7.3 to 7.5.

use crate::{Error, ErrorKind, Header, Modifier1, Packet};

/// Asks whether a server is there; a packet without a block.
pub const PING: Header = Header {
    modifier1: Modifier1::PING,
    modifier2: 0,
};

/// A job for the spooler; [`Header::encode_vars`] takes its variables. The server answers [`Answer::Yes`] or
/// [`Answer::No`].
pub const SPOOL: Header = Header {
    modifier1: Modifier1::SPOOLER,
    modifier2: 0,
};

/// A signal of uWSGI's own, by its number; a packet without a block. Specification section 7.4.
///
/// ```
/// use wirekit_uwsgi::control;
///
/// let mut out = [0; 4];
/// control::signal(17).encode_to_slice(&[], &mut out)?;
/// assert_eq!(out, [110, 0, 0, 17]);
/// # Ok::<(), wirekit_uwsgi::EncodeError>(())
/// ```
pub const fn signal(number: u8) -> Header {
    Header {
        modifier1: Modifier1::SIGNAL,
        modifier2: number,
    }
}

/// What a server answers to a ping, a signal or a job: specification sections 7.3 to 7.5.
///
/// ```
/// use wirekit_uwsgi::Packet;
/// use wirekit_uwsgi::control::{Answer, PING};
///
/// let mut ping = [0; 4];
/// PING.encode_to_slice(&[], &mut ping)?; // send it, and read:
/// let (packet, _) = Packet::parse(&[100, 0, 0, 1]).expect("a whole packet");
/// assert_eq!(Answer::parse(packet)?, Answer::Pong);
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer<'a> {
    /// To a ping: all is well.
    Pong,
    /// To a ping: there, but with a warning.
    Warning(&'a [u8]),
    /// To a signal or a job: taken.
    Yes,
    /// To a signal or a job: refused.
    No,
}

impl<'a> Answer<'a> {
    /// Reads an answer's packet.
    ///
    /// # Errors
    ///
    /// `WrongModifier` at the modifier that is none of an answer.
    pub fn parse(packet: Packet<'a>) -> Result<Self, Error> {
        match (packet.modifier1(), packet.modifier2(), packet.block()) {
            (Modifier1::PONG, 1, []) => Ok(Self::Pong),
            (Modifier1::PONG, 1, warning) => Ok(Self::Warning(warning)),
            (Modifier1::STATUS, 1, _) => Ok(Self::Yes),
            (Modifier1::STATUS, 0, _) => Ok(Self::No),
            (Modifier1::PONG | Modifier1::STATUS, found, _) => {
                Err(Error::new(ErrorKind::WrongModifier { found }, 3))
            }
            (Modifier1(found), _, _) => Err(Error::new(ErrorKind::WrongModifier { found }, 0)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_one_of_four() {
        type Row = (&'static [u8], Result<Answer<'static>, (ErrorKind, usize)>);
        #[rustfmt::skip]
        let rows: &[Row] = &[
            (b"\x64\0\0\x01", Ok(Answer::Pong)),
            (b"\x64\x02\0\x01hm", Ok(Answer::Warning(b"hm"))),
            (b"\xff\0\0\x01", Ok(Answer::Yes)),
            (b"\xff\0\0\0", Ok(Answer::No)),
            (b"\x64\0\0\0", Err((ErrorKind::WrongModifier { found: 0 }, 3))),
            (b"\0\0\0\0", Err((ErrorKind::WrongModifier { found: 0 }, 0))),
        ];
        for (packet, expected) in rows {
            let (packet, _) = Packet::parse(packet).unwrap();
            assert_eq!(
                Answer::parse(packet).map_err(|error| (error.kind(), error.offset())),
                *expected
            );
        }
        assert_eq!(signal(17).to_bytes(0), *b"\x6e\0\0\x11");
        assert_eq!(PING.to_bytes(0), *b"\x64\0\0\0");
    }
}
