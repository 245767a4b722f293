use core::fmt;

use crate::field::{Field, trim};

/// Storage for the places of a head's fields (specification section 5.2); the caller owns it and uses it again. The example of
/// [`Head`] has one.
#[derive(Clone)]
pub struct FieldTable<const N: usize = 100> {
    pub(super) spans: [Span; N],
}

impl<const N: usize> FieldTable<N> {
    /// Room for `N` fields; more are an error.
    pub const fn with_capacity() -> Self {
        Self {
            spans: [Span {
                name: (0, 0),
                value: (0, 0),
            }; N],
        }
    }
}

impl FieldTable {
    /// Room for 100 fields.
    pub const fn new() -> Self {
        Self::with_capacity()
    }
}

impl<const N: usize> Default for FieldTable<N> {
    fn default() -> Self {
        Self::with_capacity()
    }
}

impl<const N: usize> fmt::Debug for FieldTable<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FieldTable")
            .field("capacity", &N)
            .finish_non_exhaustive()
    }
}

/// Where a field stands in a head: start and end of its name and of its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) name: (u16, u16),
    pub(super) value: (u16, u16),
}

impl Span {
    fn field<'a>(&self, head: &'a [u8]) -> Field<'a> {
        let part = |(start, end)| {
            head.get(usize::from(start)..usize::from(end))
                .unwrap_or_default()
        };
        Field {
            name: part(self.name),
            value: part(self.value),
        }
    }
}

/// What an application's answer is written as: specification section 5.1.
///
/// ```
/// use wirekit_uwsgi::response::Form;
///
/// assert_eq!(Form::of(b"HTTP/1.1 200 OK\r\n"), Some(Form::Http));
/// assert_eq!(Form::of(b"Status: 200 OK\r\n"), Some(Form::Cgi));
/// assert_eq!(Form::of(b"HT"), None); // not decided yet
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "RFC 3875 section 5 and 6 know these two"
)]
pub enum Form {
    /// A response of HTTP/1.1, as uWSGI and gunicorn send it.
    Http,
    /// CGI: fields alone; the status is in `Status`.
    Cgi,
}

impl Form {
    /// The form of the response that begins with these bytes; `None` until more have come.
    ///
    /// `HTTP/` begins a status line, and an empty line may stand before one (RFC 9112 section 9.2): a CGI response has a
    /// field there, in whose name no such byte can be.
    pub fn of(input: &[u8]) -> Option<Self> {
        const HTTP: &[u8] = b"HTTP/";
        match input {
            [b'\r' | b'\n', ..] => Some(Self::Http),
            _ if input.starts_with(HTTP) => Some(Self::Http),
            _ if HTTP.starts_with(input) => None,
            _ => Some(Self::Cgi),
        }
    }
}

/// How the body behind a head ends: specification section 5.3. The example of [`Head`] asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Body {
    /// There is none.
    None,
    /// After so many bytes.
    Length(u64),
    /// By the chunked coding, which the reader has to take off: passed on as it is, it would be coded twice.
    Chunked,
    /// With the connection.
    UntilClose,
}

/// An answer's head, checked: specification sections 5.1 and 5.2.
///
/// ```
/// use wirekit_uwsgi::response::{Body, Config, Decoder, Event, FieldTable};
///
/// let (mut decoder, mut table) = (Decoder::new(Config::DEFAULT), FieldTable::new());
/// let answer = b"Location: /login\r\nContent-Type: text/html\r\n\r\n";
/// let Some((Event::Head(head), _)) = decoder.receive(answer, &mut table)? else { panic!("more bytes are needed") };
/// assert_eq!(head.status(), 302); // RFC 3875 section 6.3.3: a Location and no Status
/// assert_eq!(head.get("content-type"), Some(&b"text/html"[..]));
/// assert_eq!(head.body(), Body::UntilClose);
/// # Ok::<(), wirekit_uwsgi::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Head<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) spans: &'a [Span],
    pub(super) status: u16,
    pub(super) reason: (u16, u16),
    pub(super) body: Body,
    pub(super) content_length: Option<u64>,
}

impl<'a> Head<'a> {
    /// The status: from `Status`, else 302 with a `Location`, else 200 (RFC 3875
    /// section 6.3.3).
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// The text behind the status, without the space around it; empty where there is none.
    pub fn reason(&self) -> &'a [u8] {
        let (start, end) = self.reason;
        trim(
            self.bytes
                .get(usize::from(start)..usize::from(end))
                .unwrap_or_default(),
        )
    }

    /// How the body ends.
    pub const fn body(&self) -> Body {
        self.body
    }

    /// `Content-Length` as a number, which an answer to `HEAD` and a 304 have without a body.
    pub const fn content_length(&self) -> Option<u64> {
        self.content_length
    }

    /// Every field, as it was sent.
    pub const fn fields(&self) -> Fields<'a> {
        Fields {
            bytes: self.bytes,
            spans: self.spans,
        }
    }

    /// The value of the first field with this name, in any case.
    pub fn get(&self, name: &str) -> Option<&'a [u8]> {
        self.fields()
            .iter()
            .find(|field| field.is(name))
            .map(|field| field.value)
    }

    /// The head's bytes, up to and with its empty line.
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }
}

impl fmt::Debug for Head<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Head");
        shown
            .field("status", &self.status)
            .field("body", &self.body);
        shown.field("fields", &self.fields()).finish()
    }
}

/// The fields of a head, in order: RFC 3875 section 6.3. [`Head::fields`] has them; the example of [`Head`] asks for one by its
/// name.
#[derive(Clone, Copy)]
pub struct Fields<'a> {
    bytes: &'a [u8],
    spans: &'a [Span],
}

impl<'a> Fields<'a> {
    /// The fields in their order.
    pub fn iter(&self) -> FieldsIter<'a> {
        FieldsIter {
            bytes: self.bytes,
            spans: self.spans.iter(),
        }
    }
}

impl<'a> IntoIterator for Fields<'a> {
    type Item = Field<'a>;
    type IntoIter = FieldsIter<'a>;

    fn into_iter(self) -> FieldsIter<'a> {
        self.iter()
    }
}

impl fmt::Debug for Fields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(*self).finish()
    }
}

/// The iterator over [`Fields`].
#[derive(Clone, Debug)]
pub struct FieldsIter<'a> {
    bytes: &'a [u8],
    spans: core::slice::Iter<'a, Span>,
}

impl<'a> Iterator for FieldsIter<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        let Field { name, value } = self.spans.next()?.field(self.bytes);
        Some(Field {
            name,
            value: trim(value),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_say_the_form() {
        let http: &[&[u8]] = &[
            b"HTTP/",
            b"HTTP/1.1 200 OK",
            b"HTTP/x",
            b"\r",
            b"\n",
            b"\r\nA: b",
        ];
        let cgi: &[&[u8]] = &[
            b"S",
            b"Status: 200",
            b"HTTP:",
            b"HTTP-",
            b"HTTPS",
            b"HX",
            b"http/1.1",
            b" ",
            b"\0",
        ];
        let none: &[&[u8]] = &[b"", b"H", b"HT", b"HTT", b"HTTP"];
        for (inputs, form) in [
            (http, Some(Form::Http)),
            (cgi, Some(Form::Cgi)),
            (none, None),
        ] {
            for input in inputs {
                assert_eq!(Form::of(input), form, "{}", input.escape_ascii());
            }
        }
    }
}
