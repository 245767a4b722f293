use core::fmt;

use wirekit_http::list;
use wirekit_http::token::trim_ows;

use super::{Error, ErrorKind};
use crate::extension::Extensions;

pub(super) const CONNECTION: &str = "Connection";
pub(super) const HOST: &str = "Host";
pub(super) const ORIGIN: &str = "Origin";
pub(super) const UPGRADE: &str = "Upgrade";
pub(super) const ACCEPT: &str = "Sec-WebSocket-Accept";
pub(super) const EXTENSIONS: &str = "Sec-WebSocket-Extensions";
pub(super) const KEY: &str = "Sec-WebSocket-Key";
pub(super) const PROTOCOL: &str = "Sec-WebSocket-Protocol";
pub(super) const VERSION: &str = "Sec-WebSocket-Version";

/// The fields of a message as some HTTP parser holds them: name and value, in their order.
///
/// Names match in any case (RFC 9110 section 5.1); white space around a value is passed over. Nothing needs to implement
/// this: any iterator of such pairs that can be cloned has it.
///
/// ```
/// use wirekit_websocket::handshake::Fields;
///
/// // What another parser holds.
/// struct Header { name: String, value: Vec<u8> }
/// fn fields(headers: &[Header]) -> impl Fields<'_> {
///     headers.iter().map(|header| (header.name.as_bytes(), &header.value[..]))
/// }
/// let headers = [Header { name: "Upgrade".into(), value: b"websocket".into() }];
/// assert_eq!(fields(&headers).next(), Some((&b"Upgrade"[..], &b"websocket"[..])));
/// ```
pub trait Fields<'a>: Iterator<Item = (&'a [u8], &'a [u8])> + Clone {}

impl<'a, T: Iterator<Item = (&'a [u8], &'a [u8])> + Clone> Fields<'a> for T {}

/// The values of every field of this name.
pub(super) fn values<'a>(
    fields: impl Fields<'a>,
    name: &'static str,
) -> impl Iterator<Item = &'a [u8]> + Clone {
    fields
        .filter(move |(found, _)| found.eq_ignore_ascii_case(name.as_bytes()))
        .map(|(_, value)| trim_ows(value))
}

/// The value of a field that must not stand twice.
pub(super) fn single<'a>(
    fields: &impl Fields<'a>,
    name: &'static str,
    repeated: ErrorKind,
) -> Result<Option<&'a [u8]>, Error> {
    let mut values = values(fields.clone(), name);
    let first = values.next();
    match values.next() {
        Some(_) => Err(Error::new(repeated, 0)),
        None => Ok(first),
    }
}

/// Whether a list in one or more fields has this member, in any case.
pub(super) fn require_member<'a>(
    fields: &impl Fields<'a>,
    name: &'static str,
    member: &str,
    (missing, absent): (ErrorKind, ErrorKind),
) -> Result<(), Error> {
    let mut values = values(fields.clone(), name).peekable();
    if values.peek().is_none() {
        return Err(Error::new(missing, 0));
    }
    let found = values.any(|value| list::members(value).has(member));
    if found {
        Ok(())
    } else {
        Err(Error::new(absent, 0))
    }
}

/// "An intermediary transforming an HTTP/1.x message to HTTP/2 MUST remove connection-specific header fields"
/// (RFC 9113 section 8.2.2), and a message that has them is malformed.
pub(super) fn refuse_hop_fields<'a>(fields: &impl Fields<'a>) -> Result<(), Error> {
    let hop = [CONNECTION, UPGRADE]
        .iter()
        .any(|name| values(fields.clone(), name).next().is_some());
    if hop {
        Err(Error::new(ErrorKind::HopField, 0))
    } else {
        Ok(())
    }
}

/// Checks every Sec-WebSocket-Extensions. Several count as one list, so one may be empty beside another that is not;
/// whether all of them may be is for [`require_extension`] to say.
pub(super) fn check_extensions<'a>(fields: &impl Fields<'a>) -> Result<(), Error> {
    let errors =
        values(fields.clone(), EXTENSIONS).filter_map(|value| Extensions::parse(value).err());
    let mut errors = errors.filter(|error| error.kind() != ErrorKind::ExtensionListEmpty);
    errors.next().map_or(Ok(()), Err)
}

/// Refuses a list that is there and names no extension.
///
/// RFC 6455 section 9.1 defines it as `1#extension` and says that "the recipient of such malformed data MUST immediately
/// _Fail the WebSocket Connection_"; RFC 9110 section 5.6.1.2 names "" and "," as invalid for such a rule "since at least
/// one non-empty element is required". Only a client applies the rule. To a server an empty list is an offer of nothing, and
/// clients that have been given no extension to offer do send one.
pub(super) fn require_extension<'a>(fields: &impl Fields<'a>) -> Result<(), Error> {
    let mut values = values(fields.clone(), EXTENSIONS);
    match values.clone().last() {
        Some(last) if values.all(|value| list::members(value).next().is_none()) => {
            Err(Error::new(ErrorKind::ExtensionListEmpty, last.len()))
        }
        _ => Ok(()),
    }
}

/// Every Sec-WebSocket-Extensions, after [`check_extensions`].
pub(super) fn extensions<'a>(
    fields: impl Fields<'a>,
) -> impl Iterator<Item = Extensions<'a>> + Clone {
    values(fields, EXTENSIONS).filter_map(|value| Extensions::parse(value).ok())
}

/// A field's value that is to be sent; `Display` writes it. The example of [`client::Opening`](super::client::Opening) does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Value<'a> {
    /// The value itself.
    Text(&'a str),
    /// The members of a list, to be separated by commas.
    List(&'a [&'a str]),
}

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::List(members) => members.iter().enumerate().try_for_each(|(index, member)| {
                f.write_str(if index == 0 { "" } else { ", " })?;
                f.write_str(member)
            }),
        }
    }
}

/// The fields of `Name: value|Name: value`.
#[cfg(test)]
pub(super) fn from_lines(text: &'static str) -> impl Fields<'static> {
    let lines = text.split('|').filter(|line| !line.is_empty());
    lines.map(|line| {
        let (name, value) = line.split_once(':').unwrap();
        (name.as_bytes(), value.as_bytes())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_of_several_fields_are_one_list() {
        type Row<'a> = (&'a [&'a [u8]], Result<(), Error>, Result<(), Error>);
        let empty = |offset| Err(Error::new(ErrorKind::ExtensionListEmpty, offset));
        let token = |offset| Err(Error::new(ErrorKind::ExtensionToken, offset));
        // What a server finds, and what a client finds then.
        #[rustfmt::skip]
        let rows: [Row<'_>; 7] = [
            (&[],                      Ok(()),   Ok(())),
            (&[b"foo", b"bar; baz=2"], Ok(()),   Ok(())), // RFC 6455 section 9.1
            (&[b"", b"foo"],           Ok(()),   Ok(())), // RFC 9110 section 5.3: the same as ", foo"
            (&[b"foo", b" , "],        Ok(()),   Ok(())),
            (&[b""],                   Ok(()),   empty(0)), // section 5.6.1.2
            (&[b"", b","],             Ok(()),   empty(1)),
            (&[b"", b"foo;"],          token(4), Ok(())),
        ];
        for (values, checked, required) in rows {
            let fields = values
                .iter()
                .map(|value| (&b"sec-websocket-extensions"[..], *value));
            assert_eq!(check_extensions(&fields), checked, "{values:?}");
            assert_eq!(require_extension(&fields), required, "{values:?}");
        }
    }
}
