//! The shared cache (modifier 111), by its dictionary command (second modifier 17).
//!
//! The older commands answer with four bytes of a pointer in uWSGI up to 2.0.31, so only this one is usable; they are
//! listed in specification section 7.2.

use crate::packet::HEADER_LEN;
use crate::{Error, ErrorKind, Header, Modifier1, Packet, Var, Vars, content_length};

/// The header of a dictionary command; [`Command::vars`] gives the variables.
pub const DICTIONARY: Header = Header {
    modifier1: Modifier1::CACHE,
    modifier2: 17,
};

/// What a command does: specification section 7.2.
///
/// ```
/// use wirekit_uwsgi::cache::{Action, Command};
///
/// assert_eq!(Action::Delete.as_str(), "del");
/// assert!(Command::new(Action::Delete, b"user:7").vars().any(|var| var.value == b"del"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Action {
    /// Fetch a value.
    Get,
    /// Store a value if the key is new.
    Set,
    /// Store a value.
    Update,
    /// Remove a key.
    Delete,
    /// Ask whether a key is there.
    Exists,
    /// Remove every key.
    Clear,
}

impl Action {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Set => "set",
            Self::Update => "update",
            Self::Delete => "del",
            Self::Exists => "exists",
            Self::Clear => "clear",
        }
    }
}

/// A dictionary command; a value of `size` bytes follows the packet of a `Set` or `Update`. Specification section 7.2.
///
/// ```
/// use wirekit_uwsgi::cache::{Action, Command, DICTIONARY, value_len};
/// use wirekit_uwsgi::{Packet, Var};
///
/// let command = Command::new(Action::Set, b"user:7").size("5").expires("60"); // bytes, seconds
/// let vars: Vec<_> = command.vars().collect();
/// let mut packet = [0; 128];
/// DICTIONARY.encode_vars_to_slice(&vars, &mut packet)?;
///
/// let (packet, _) = Packet::parse(&packet).expect("a whole packet");
/// assert_eq!(packet.vars()?.get(b"expires"), Some(&b"60"[..]));
/// assert_eq!(value_len(packet)?, 5); // bytes that follow it
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Command<'a> {
    /// What to do.
    pub action: Action,
    /// The key.
    pub key: &'a [u8],
    /// Bytes of the value that follows, as decimal text; `None` where none does.
    pub size: Option<&'a str>,
    /// Seconds after which the value is gone, as decimal text.
    pub expires: Option<&'a str>,
    /// The cache's name, and `@HOST:PORT` for a remote one.
    pub cache: Option<&'a [u8]>,
}

impl<'a> Command<'a> {
    /// A command for the default cache.
    pub const fn new(action: Action, key: &'a [u8]) -> Self {
        Self {
            action,
            key,
            size: None,
            expires: None,
            cache: None,
        }
    }

    /// Sets the size of the value that follows, as decimal text.
    #[must_use]
    pub const fn size(self, size: &'a str) -> Self {
        Self {
            size: Some(size),
            ..self
        }
    }

    /// Sets the seconds after which the value is gone, as decimal text.
    #[must_use]
    pub const fn expires(self, seconds: &'a str) -> Self {
        Self {
            expires: Some(seconds),
            ..self
        }
    }

    /// Sets the cache's name.
    #[must_use]
    pub const fn cache(self, name: &'a [u8]) -> Self {
        Self {
            cache: Some(name),
            ..self
        }
    }

    /// The variables, for [`Header::encode_vars`] on [`DICTIONARY`].
    pub fn vars(&self) -> impl Iterator<Item = Var<'a>> + use<'a> {
        [
            Some(Var::new(b"cmd", self.action.as_str().as_bytes())),
            Some(Var::new(b"key", self.key)),
            self.size.map(|size| Var::new(b"size", size.as_bytes())),
            self.expires
                .map(|seconds| Var::new(b"expires", seconds.as_bytes())),
            self.cache.map(|name| Var::new(b"cache", name)),
        ]
        .into_iter()
        .flatten()
    }
}

/// Bytes of the value that follows a command's packet: the `size` of a `set` or `update`, else zero. Specification section
/// 7.2; the example of [`Command`] asks for it.
///
/// # Errors
///
/// Variables that are not whole, or a size that is no number.
pub fn value_len(command: Packet<'_>) -> Result<u64, Error> {
    let vars = command.vars()?;
    let has_value = [Action::Set, Action::Update].map(|action| action.as_str().as_bytes());
    if vars
        .get(b"cmd")
        .is_some_and(|action| has_value.contains(&action))
    {
        size(vars, command)
    } else {
        Ok(0)
    }
}

/// `size` as a number; zero where it is absent.
fn size(vars: Vars<'_>, packet: Packet<'_>) -> Result<u64, Error> {
    let size = vars.get(b"size");
    content_length(size.unwrap_or_default()).map_err(|error| error.shifted(packet.offset_of(size)))
}

/// The packet of a positive answer; a miss has none: uWSGI closes the connection. Specification section 7.2.
///
/// ```
/// use wirekit_uwsgi::cache::{DICTIONARY, Reply};
/// use wirekit_uwsgi::Var;
///
/// let mut wire = [0; 64];
/// let vars = [Var::new(b"status", b"ok"), Var::new(b"size", b"5")];
/// let len = DICTIONARY.encode_vars_to_slice(&vars, &mut wire)?;
/// let (reply, used) = Reply::parse(&wire[..len])?.expect("a whole packet");
/// assert!(reply.is_ok());
/// assert_eq!((reply.size(), used), (5, len)); // five bytes of value follow
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply<'a> {
    status: &'a [u8],
    size: u64,
}

impl<'a> Reply<'a> {
    /// Takes an answer's packet from the front of a stream; `None` while it is not all there.
    ///
    /// # Errors
    ///
    /// `WrongModifier`; as [`Vars::parse`](crate::Vars::parse); `MissingVar` without `status`;
    /// `ContentLengthSyntax`, `ContentLengthOverflow` in `size`.
    pub fn parse(input: &'a [u8]) -> Result<Option<(Self, usize)>, Error> {
        match input {
            [found, ..] if *found != DICTIONARY.modifier1.0 => {
                return Err(Error::new(ErrorKind::WrongModifier { found: *found }, 0));
            }
            [_, _, _, found, ..] if *found != DICTIONARY.modifier2 => {
                return Err(Error::new(
                    ErrorKind::WrongModifier { found: *found },
                    HEADER_LEN - 1,
                ));
            }
            _ => {}
        }
        let Some((packet, used)) = Packet::parse(input) else {
            return Ok(None);
        };
        let vars = packet.vars()?;
        let missing = Error::new(ErrorKind::MissingVar { name: "status" }, used);
        let status = vars.get(b"status").ok_or(missing)?;
        let size = size(vars, packet)?;
        Ok(Some((Self { status, size }, used)))
    }

    /// Whether the server says `ok`.
    pub fn is_ok(&self) -> bool {
        self.status == b"ok"
    }

    /// Bytes of the value that follows the packet.
    pub const fn size(&self) -> u64 {
        self.size
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    #[test]
    fn a_command_is_a_dictionary() {
        let command = Command::new(Action::Update, b"k")
            .size("2")
            .expires("60")
            .cache(b"c");
        let mut out = Vec::new();
        DICTIONARY
            .encode_vars(&command.vars().collect::<Vec<_>>(), &mut out)
            .unwrap();
        let expected = b"\x6f\x35\0\x11\x03\0cmd\x06\0update\x03\0key\x01\0k\x04\0size\x01\x002\x07\0expires\x02\x0060\x05\0cache\x01\0c";
        assert_eq!(out, expected);
    }

    #[test]
    fn a_command_says_how_much_follows() {
        type Row = (
            &'static [(&'static str, &'static str)],
            Result<u64, (ErrorKind, usize)>,
        );
        #[rustfmt::skip]
        let rows: &[Row] = &[
            (&[("cmd", "set"), ("key", "k"), ("size", "2")], Ok(2)),
            (&[("cmd", "update"), ("key", "k"), ("size", "2")], Ok(2)),
            (&[("cmd", "set"), ("key", "k")], Ok(0)),
            (&[("cmd", "get"), ("key", "k"), ("size", "2")], Ok(0)),
            (&[("cmd", "get"), ("size", "x")], Ok(0)),
            (&[("size", "2")], Ok(0)),
            (&[], Ok(0)),
            (&[("cmd", "set"), ("size", "2x")], Err((ErrorKind::ContentLengthSyntax, 23))),
        ];
        for (pairs, expected) in rows {
            let vars: Vec<Var<'_>> = pairs
                .iter()
                .map(|(key, value)| Var::new(key.as_bytes(), value.as_bytes()))
                .collect();
            let mut out = Vec::new();
            DICTIONARY.encode_vars(&vars, &mut out).unwrap();
            let answer = value_len(Packet::parse(&out).unwrap().0);
            let answer = answer.map_err(|error| (error.kind(), error.offset()));
            assert_eq!(answer, *expected, "{pairs:?}");
        }
    }

    #[test]
    fn an_answer_says_how_much_follows() {
        let answer = b"\x6f\x15\0\x11\x06\0status\x02\0ok\x04\0size\x01\x002v1";
        let (reply, used) = Reply::parse(answer).unwrap().unwrap();
        assert_eq!((reply.is_ok(), reply.size(), used), (true, 2, 25));
        for len in 0..25 {
            assert_eq!(Reply::parse(&answer[..len]).unwrap(), None);
        }
        let refused = b"\x6f\x0d\0\x11\x06\0status\x03\0err";
        let (reply, _) = Reply::parse(refused).unwrap().unwrap();
        assert_eq!((reply.is_ok(), reply.size()), (false, 0));
        // What uWSGI 2.0.31 answers to the older commands.
        assert_eq!(
            Reply::parse(b"\0\x70\xc2\x32v1").unwrap_err().kind(),
            ErrorKind::WrongModifier { found: 0 }
        );
        let error = Reply::parse(b"\x6f\0\0\0").unwrap_err();
        assert_eq!(
            (error.kind(), error.offset()),
            (ErrorKind::WrongModifier { found: 0 }, 3)
        );
        let error = Reply::parse(b"\x6f\0\0\x11").unwrap_err();
        assert_eq!(
            (error.kind(), error.offset()),
            (ErrorKind::MissingVar { name: "status" }, 4)
        );
    }
}
