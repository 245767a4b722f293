use core::fmt;

use super::{Extension, Extensions};
use crate::Rsv;
use crate::handshake::{Error, ErrorKind};

/// A server's decision about one offer: RFC 6455 section 9.1. The example of [`Negotiate`] accepts one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "RFC 6455 section 9.1: an extension is in use or it is not"
)]
pub enum Answer {
    /// The extension is in use, with the parameters that [`Negotiate::write_answer`] writes.
    Accepted,
    /// This offer is passed over; a later one for the same extension may be taken.
    Declined,
}

/// An extension that can be negotiated, at either end.
///
/// RFC 6455 section 9.1. `deflate::PermessageDeflate` (feature `deflate`) is one.
///
/// ```
/// use core::fmt::{Result, Write};
/// use wirekit_websocket::extension::{Answer, Extension, Extensions, Negotiate, negotiate};
/// use wirekit_websocket::{Rsv, handshake::ErrorKind};
///
/// /// Marks with RSV3 what need not be kept.
/// struct Volatile;
///
/// impl Negotiate for Volatile {
///     fn token(&self) -> &str {
///         "x-volatile"
///     }
///     fn rsv(&self) -> Rsv {
///         Rsv::RSV3
///     }
///     fn write_offer(&self, out: &mut dyn Write) -> Result {
///         out.write_str(self.token())
///     }
///     fn accept(&mut self, offer: Extension<'_>) -> Answer {
///         match offer.parameters().iter().next() {
///             Some(_) => Answer::Declined, // it has none
///             None => Answer::Accepted,
///         }
///     }
///     fn write_answer(&self, out: &mut dyn Write) -> Result {
///         out.write_str(self.token())
///     }
///     fn confirm(&mut self, answer: Extension<'_>) -> core::result::Result<(), ErrorKind> {
///         match answer.parameters().iter().next() {
///             Some(_) => Err(ErrorKind::ParameterUnknown),
///             None => Ok(()),
///         }
///     }
/// }
///
/// let offers = Extensions::parse(b"x-volatile; a=1, x-volatile").unwrap();
/// let mut answer = String::new();
/// let in_use = negotiate(offers, &mut [&mut Volatile], &mut answer).unwrap();
/// assert_eq!((answer.as_str(), in_use.rsv()), ("x-volatile", Rsv::RSV3));
/// ```
pub trait Negotiate {
    /// The registered name.
    fn token(&self) -> &str;

    /// The reserved bits of the frame header that the extension gives a meaning to.
    fn rsv(&self) -> Rsv;

    /// Writes the offer, or several with a comma between them, the preferred first.
    ///
    /// # Errors
    ///
    /// When `out` refuses.
    fn write_offer(&self, out: &mut dyn fmt::Write) -> fmt::Result;

    /// Decides about a client's offer.
    fn accept(&mut self, offer: Extension<'_>) -> Answer;

    /// Writes the answer to the offer that was accepted.
    ///
    /// # Errors
    ///
    /// When `out` refuses.
    fn write_answer(&self, out: &mut dyn fmt::Write) -> fmt::Result;

    /// Takes a server's answer to what [`Negotiate::write_offer`] wrote.
    ///
    /// # Errors
    ///
    /// The rule that the answer breaks; the client must fail the connection.
    fn confirm(&mut self, answer: Extension<'_>) -> Result<(), ErrorKind>;
}

/// Writes the value of a request's Sec-WebSocket-Extensions: every extension's offers, the preferred first (RFC 6455 section
/// 9.1). The example of [`confirm`] writes one.
///
/// # Errors
///
/// When `out` refuses.
pub fn write_offer(extensions: &[&mut dyn Negotiate], out: &mut dyn fmt::Write) -> fmt::Result {
    for (index, extension) in extensions.iter().enumerate() {
        if index > 0 {
            out.write_str(", ")?;
        }
        extension.write_offer(out)?;
    }
    Ok(())
}

/// Decides about a client's offers and writes the value of the response's Sec-WebSocket-Extensions; where it
/// writes nothing, no extension is in use and the field is left out (RFC 6455 section 9.1). The example of [`Negotiate`] calls
/// it.
///
/// Offers are looked at in the client's order, which is its preference. Of several offers for one extension the
/// first acceptable one is taken, and none for an extension whose reserved bits are in use already.
///
/// # Errors
///
/// When `out` refuses.
pub fn negotiate<'a>(
    offers: impl IntoIterator<Item = Extension<'a>>,
    supported: &mut [&mut dyn Negotiate],
    out: &mut dyn fmt::Write,
) -> Result<InUse, fmt::Error> {
    let mut in_use = InUse::default();
    for offer in offers {
        let Some((index, extension)) = find(supported, offer.token()) else {
            continue;
        };
        if in_use.excludes(index, &**extension) || extension.accept(offer) == Answer::Declined {
            continue;
        }
        if in_use != InUse::default() {
            out.write_str(", ")?;
        }
        extension.write_answer(out)?;
        in_use.insert(index, &**extension);
    }
    Ok(in_use)
}

/// Takes a server's answers to [`write_offer`]: every Sec-WebSocket-Extensions field of the response, in order (RFC 6455
/// section 9.1).
///
/// ```
/// # #[cfg(feature = "deflate")] {
/// use wirekit_websocket::deflate::PermessageDeflate;
/// use wirekit_websocket::extension::{Extensions, confirm, write_offer};
///
/// let mut deflate = PermessageDeflate::new();
/// let mut offer = String::new();
/// write_offer(&[&mut deflate], &mut offer).unwrap(); // into the request
/// assert!(offer.starts_with("permessage-deflate"));
///
/// let answer = Extensions::parse(b"permessage-deflate; client_no_context_takeover")?;
/// let in_use = confirm([answer], &mut [&mut deflate])?;
/// assert!(in_use.contains(0));
/// # }
/// # Ok::<(), wirekit_websocket::handshake::Error>(())
/// ```
///
/// # Errors
///
/// [`ErrorKind::ExtensionUnasked`], [`ErrorKind::ExtensionConflict`], and what the extensions find wrong. The
/// offset is that of the extension's name in its field's value.
pub fn confirm<'a>(
    answers: impl IntoIterator<Item = Extensions<'a>>,
    offered: &mut [&mut dyn Negotiate],
) -> Result<InUse, Error> {
    let mut in_use = InUse::default();
    for field in answers {
        let mut extensions = field.into_iter();
        while let Some((offset, answer)) = extensions.next_with_offset(field.as_bytes().len()) {
            let error = |kind| Error::new(kind, offset);
            let Some((index, extension)) = find(offered, answer.token()) else {
                return Err(error(ErrorKind::ExtensionUnasked));
            };
            if in_use.excludes(index, &**extension) {
                return Err(error(ErrorKind::ExtensionConflict));
            }
            extension.confirm(answer).map_err(error)?;
            in_use.insert(index, &**extension);
        }
    }
    Ok(in_use)
}

/// Which of a list of extensions are in use, and the reserved bits that they own: RFC 6455 section 9.2. The example of
/// [`confirm`] has one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InUse {
    indexes: u32,
    rsv: Rsv,
}

impl InUse {
    /// Whether the extension at this index of the list is in use.
    #[must_use]
    pub const fn contains(self, index: usize) -> bool {
        index < 32 && self.indexes & (1 << index) != 0
    }

    /// The reserved bits that have a meaning on this connection, for
    /// [`Config::reserved_bits`](crate::Config::reserved_bits).
    #[must_use]
    pub const fn rsv(self) -> Rsv {
        self.rsv
    }

    fn excludes(self, index: usize, extension: &dyn Negotiate) -> bool {
        self.contains(index) || self.rsv.0 & extension.rsv().0 != 0
    }

    fn insert(&mut self, index: usize, extension: &dyn Negotiate) {
        self.indexes |= 1 << index;
        self.rsv |= extension.rsv();
    }
}

/// Looks at the first 32 of a list, the bits of [`InUse`]; IANA has not registered as many extensions.
fn find<'e, 'd>(
    extensions: &'e mut [&'d mut dyn Negotiate],
    token: &str,
) -> Option<(usize, &'e mut &'d mut dyn Negotiate)> {
    extensions
        .iter_mut()
        .take(32)
        .enumerate()
        .find(|(_, extension)| extension.token() == token)
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::string::String;

    use super::*;

    /// An extension that accepts offers with exactly one parameter, and gives it back.
    struct Echo(&'static str, Rsv, String);

    impl Negotiate for Echo {
        fn token(&self) -> &str {
            self.0
        }

        fn rsv(&self) -> Rsv {
            self.1
        }

        fn write_offer(&self, out: &mut dyn fmt::Write) -> fmt::Result {
            write!(out, "{};x", self.0)
        }

        fn accept(&mut self, offer: Extension<'_>) -> Answer {
            let mut parameters = offer.parameters().iter();
            match (parameters.next(), parameters.next()) {
                (Some(parameter), None) => {
                    self.2 = parameter.name().into();
                    Answer::Accepted
                }
                _ => Answer::Declined,
            }
        }

        fn write_answer(&self, out: &mut dyn fmt::Write) -> fmt::Result {
            write!(out, "{};{}", self.0, self.2)
        }

        fn confirm(&mut self, answer: Extension<'_>) -> Result<(), ErrorKind> {
            match answer.parameters().iter().next() {
                Some(parameter) if parameter.name() == "x" => Ok(()),
                _ => Err(ErrorKind::ParameterUnknown),
            }
        }
    }

    fn three() -> [Echo; 3] {
        [("a", Rsv::RSV1), ("b", Rsv::RSV2), ("c", Rsv::RSV1)]
            .map(|(name, rsv)| Echo(name, rsv, String::new()))
    }

    #[test]
    fn offers_are_taken_in_the_clients_order() {
        #[rustfmt::skip]
        let rows: [(&str, &str, u8); 7] = [
            ("a;1, b;2",          "a;1, b;2", 6),
            ("b;2, a;1",          "b;2, a;1", 6),
            ("a;1, a;2",          "a;1",      4), // RFC 6455 section 9.1: alternatives
            ("a, a;2",            "a;2",      4), // the first is declined
            ("c;1, a;1",          "c;1",      4), // RFC 7692 section 5.2: one bit, two meanings
            ("z;1, b",            "",         0),
            ("A;1",               "",         0),
        ];
        for (offered, answer, rsv) in rows {
            let [mut a, mut b, mut c] = three();
            let mut out = String::new();
            let offers = Extensions::parse(offered.as_bytes()).unwrap();
            let in_use = negotiate(offers, &mut [&mut a, &mut b, &mut c], &mut out).unwrap();
            assert_eq!(
                (out.as_str(), in_use.rsv()),
                (answer, Rsv(rsv)),
                "{offered}"
            );
        }
    }

    #[test]
    fn no_extension_is_in_use_behind_the_last_index() {
        let in_use = InUse::default();
        assert!(
            [0, 31, 32, usize::MAX]
                .iter()
                .all(|&index| !in_use.contains(index))
        );
    }

    #[test]
    fn answers_must_have_been_asked_for() {
        let run = |fields: &[&str]| {
            let [mut a, mut b, mut c] = three();
            let fields = fields
                .iter()
                .map(|field| Extensions::parse(field.as_bytes()).unwrap());
            confirm(fields, &mut [&mut a, &mut b, &mut c])
        };
        let in_use = run(&["b;x", "a;x"]).unwrap();
        assert_eq!(
            (in_use.contains(0), in_use.contains(1), in_use.contains(2)),
            (true, true, false)
        );
        assert_eq!(in_use.rsv(), Rsv(6));
        #[rustfmt::skip]
        let rows: [(&[&str], ErrorKind, usize); 5] = [
            (&["b;x, z"],      ErrorKind::ExtensionUnasked,  5),
            (&["a;x,  a;x"],   ErrorKind::ExtensionConflict, 6),
            (&["a;x", "a;x"],  ErrorKind::ExtensionConflict, 0),
            (&[",a;x , c;x"],  ErrorKind::ExtensionConflict, 7),
            (&["b;x, a;y"],    ErrorKind::ParameterUnknown,  5),
        ];
        for (fields, kind, offset) in rows {
            assert_eq!(run(fields), Err(Error::new(kind, offset)), "{fields:?}");
        }
    }

    #[test]
    fn every_extension_is_offered() {
        let [mut a, mut b, mut c] = three();
        let mut out = String::new();
        write_offer(&[&mut a, &mut b, &mut c], &mut out).unwrap();
        assert_eq!(out, "a;x, b;x, c;x");
    }
}
