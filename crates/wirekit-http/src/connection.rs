use crate::field::{Classes, Name};
use crate::token::token_len;
use crate::{Error, ErrorKind, list};

/// How many fields [`ConnectionOptions`] keeps that `Connection` names beyond those that every proxy knows.
pub const MAX_CONNECTION_OPTIONS: usize = 16;

/// What the lines of `Connection` say (RFC 9110 section 7.6.1), and so which fields a proxy may pass on.
///
/// ```
/// use wirekit_http::ConnectionOptions;
///
/// let mut options = ConnectionOptions::new();
/// options.add(b"close, X-Session-State")?; // once a line
/// assert!(options.close());
/// assert!(options.is_end_to_end(b"Content-Type"));
/// assert!(!options.is_end_to_end(b"x-session-state")); // named
/// assert!(!options.is_end_to_end(b"Transfer-Encoding")); // never
/// # Ok::<(), wirekit_http::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ConnectionOptions<'a> {
    /// `close`, `keep-alive`, `upgrade`, `te`.
    known: u8,
    /// Those that name a field which is not for one connection anyway.
    named: [&'a [u8]; MAX_CONNECTION_OPTIONS],
    len: usize,
}

const CLOSE: u8 = 1;
const KEEP_ALIVE: u8 = 2;
const UPGRADE: u8 = 4;
const TE: u8 = 8;

impl<'a> ConnectionOptions<'a> {
    /// Those of a message without a `Connection` field.
    pub const fn new() -> Self {
        Self {
            known: 0,
            named: [b""; MAX_CONNECTION_OPTIONS],
            len: 0,
        }
    }

    /// Adds those of one line.
    ///
    /// # Errors
    ///
    /// [`Token`](ErrorKind::Token) where an option is none, and
    /// [`TooManyConnectionOptions`](ErrorKind::TooManyConnectionOptions): a message whose options are not all known must
    /// not be forwarded. The options in front of the wrong one were added.
    pub fn add(&mut self, value: &'a [u8]) -> Result<(), Error> {
        for option in list::members(value) {
            let len = token_len(option.bytes);
            if len < option.bytes.len() {
                return Err(Error::new(ErrorKind::Token, option.offset + len));
            }
            self.option(option.bytes)
                .map_err(|kind| Error::new(kind, option.offset))?;
        }
        Ok(())
    }

    fn option(&mut self, option: &'a [u8]) -> Result<(), ErrorKind> {
        match option.len() {
            5 if option.eq_ignore_ascii_case(b"close") => self.known |= CLOSE,
            10 if option.eq_ignore_ascii_case(b"keep-alive") => self.known |= KEEP_ALIVE,
            7 if option.eq_ignore_ascii_case(b"upgrade") => self.known |= UPGRADE,
            2 if option.eq_ignore_ascii_case(b"te") => self.known |= TE,
            _ if Classes::of(option).contains(Classes::CONNECTION) || self.names(option) => {}
            _ => {
                let place = self
                    .named
                    .get_mut(self.len)
                    .ok_or(ErrorKind::TooManyConnectionOptions)?;
                *place = option;
                self.len += 1;
            }
        }
        Ok(())
    }

    /// Whether `close` is among them.
    pub const fn close(&self) -> bool {
        self.known & CLOSE != 0
    }

    /// Whether `keep-alive` is among them.
    pub const fn keep_alive(&self) -> bool {
        self.known & KEEP_ALIVE != 0
    }

    /// Whether `upgrade` is among them.
    pub const fn upgrade(&self) -> bool {
        self.known & UPGRADE != 0
    }

    /// Whether `TE` is among them.
    pub const fn te(&self) -> bool {
        self.known & TE != 0
    }

    /// Whether a field of that name may be passed on: it is not of the class
    /// [`CONNECTION`](Classes::CONNECTION), and is not named here.
    ///
    /// Fields of the class [`PROXY`](Classes::PROXY) pass: whether the message's way ends with them is for the proxy to
    /// say, which may be no proxy to its client.
    #[inline]
    pub fn is_end_to_end(&self, name: &[u8]) -> bool {
        !Classes::of(name).contains(Classes::CONNECTION) && !self.names(name)
    }

    /// The first option that names "a field that is intended for all recipients of the content", which no sender may:
    /// `Connection: Content-Length` or `Connection: X-Forwarded-For` takes from the next hop what another hop wrote.
    pub fn misnamed(&self) -> Option<Name> {
        let named = self.named().filter_map(Name::of);
        named.into_iter().find(|name| !name.is_connection_option())
    }

    /// The options that name a field which would else be passed on, or that are only options, in order, each once.
    pub fn named(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.named.into_iter().take(self.len)
    }

    #[inline]
    fn names(&self, name: &[u8]) -> bool {
        self.len > 0 && self.named().any(|named| named.eq_ignore_ascii_case(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;
    use std::string::String;
    use std::vec::Vec;

    #[test]
    fn options_say_what_stays_here() {
        // RFC 9110 section 7.6.1: the fields, what is passed on, what is misnamed.
        #[rustfmt::skip]
        let rows: [(&[&str], &[&str], Option<Name>); 6] = [
            (&[],                                 &["X-A", "Cookie", "Via"], None),
            (&["close", "x-a"],                   &["Cookie", "Via"],        None),
            (&["X-A, x-a,, X-B", "Keep-Alive"],   &["Cookie", "Via"],        None),
            (&["Cookie"],                         &["X-A", "Via"],           Some(Name::Cookie)),
            (&["TE, Upgrade, Via, Cookie"],       &["X-A"],                  Some(Name::Via)),
            (&["Proxy-Authorization"],            &["X-A", "Cookie", "Via"], None),
        ];
        for (lines, passed, misnamed) in rows {
            let mut options = ConnectionOptions::new();
            for line in lines {
                options.add(line.as_bytes()).unwrap();
            }
            let names = [
                "Connection",
                "X-A",
                "TE",
                "Cookie",
                "Keep-Alive",
                "Via",
                "Upgrade",
            ];
            let passes: Vec<_> = names
                .into_iter()
                .filter(|name| options.is_end_to_end(name.as_bytes()))
                .collect();
            assert_eq!(passes, passed, "{lines:?}");
            assert_eq!(options.misnamed(), misnamed, "{lines:?}");
        }
    }

    #[test]
    fn known_options_are_found_in_any_case() {
        let mut options = ConnectionOptions::new();
        options.add(b"CLOSE,Keep-alive").unwrap();
        assert!(options.close() && options.keep_alive() && !options.upgrade() && !options.te());
        options.add(b"te, upgrade").unwrap();
        assert!(options.upgrade() && options.te());
        assert_eq!(options.named().count(), 0);
    }

    #[test]
    fn options_are_tokens_and_bounded() {
        let mut options = ConnectionOptions::new();
        let error = options.add(b"close, a b").unwrap_err();
        assert_eq!((error.kind(), error.offset()), (ErrorKind::Token, 8));
        let many: String = (0..=MAX_CONNECTION_OPTIONS)
            .map(|index| format!("x{index:02},"))
            .collect();
        let error = options.add(many.as_bytes()).unwrap_err();
        assert_eq!(
            (error.kind(), error.offset()),
            (ErrorKind::TooManyConnectionOptions, 64)
        );
    }
}
