use wirekit_http::field::Name;
use wirekit_http1::{
    self as http1, BodyLength, Field, FieldTable, Fields, FieldsIter, Framing, StatusCode,
};
use wirekit_uwsgi::response as cgi;

/// Storage for the fields of a server's response (RFC 9110 section 5), in either form; the caller owns it and may use it for
/// every exchange.
///
/// ```
/// use wirekit_bridge::{Fault, ResponseReader, ResponseTable};
/// use wirekit_http1::Config;
///
/// let mut table = ResponseTable::<1>::with_capacity(); // `new` has room for 100 fields
/// let fault = ResponseReader::new(Config::DEFAULT).receive(b"HTTP/1.1 200 OK\r\nA: 1\r\nB: 2\r\n\r\n", &mut table).unwrap_err();
/// assert!(matches!(fault, Fault::Http1 { error } if error.kind().as_str() == "http1.too_many_fields"));
/// ```
#[derive(Clone, Debug, Default)]
pub struct ResponseTable<const N: usize = 100> {
    pub(crate) http1: FieldTable<N>,
    pub(crate) cgi: cgi::FieldTable<N>,
}

impl ResponseTable {
    /// Room for 100 fields.
    pub const fn new() -> Self {
        Self::with_capacity()
    }
}

impl<const N: usize> ResponseTable<N> {
    /// Room for `N` fields; more are an error.
    pub const fn with_capacity() -> Self {
        Self {
            http1: FieldTable::with_capacity(),
            cgi: cgi::FieldTable::with_capacity(),
        }
    }
}

/// What comes from a server, in order: RFC 9110 section 15.2 and RFC 9112 section 6. The example of
/// [`ResponseReader`](crate::ResponseReader) handles them.
#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::exhaustive_enums,
    reason = "RFC 9112 section 2.1 fixes what a response is made of"
)]
pub enum ResponseEvent<'a> {
    /// A response before the final one, 1xx other than 101.
    Interim(ResponseHead<'a>),
    /// The final response begins; 101, and success of CONNECT, end what is HTTP.
    Head(ResponseHead<'a>),
    /// Content, never empty.
    Data(&'a [u8]),
    /// The response is whole, with the trailer fields of a chunked body.
    End(Fields<'a>),
}

/// A response's head, from an HTTP/1.1 server or an application, in HTTP (RFC 9112 section 4) or CGI form (RFC 3875 section
/// 6).
///
/// ```
/// use wirekit_bridge::{Fault, ResponseEvent, ResponseReader, ResponseTable};
/// use wirekit_http1::{BodyLength, Config};
///
/// let (mut reader, mut table) = (ResponseReader::new(Config::DEFAULT), ResponseTable::new());
/// let input = b"Location: /login\r\nContent-Length: 0\r\n\r\n";
/// let Some((ResponseEvent::Head(head), _)) = reader.receive(input, &mut table)? else { panic!("more bytes are needed") };
/// assert_eq!(head.status().0, 302); // a CGI response with Location and no Status
/// assert_eq!(head.first("location"), Some(&b"/login"[..]));
/// assert_eq!(head.content_length(), Some(0)); // bytes
/// # Ok::<(), Fault>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ResponseHead<'a> {
    form: Form<'a>,
    status: StatusCode,
    body: BodyLength,
    content_length: Option<u64>,
}

#[derive(Clone, Copy, Debug)]
enum Form<'a> {
    Http1(http1::ResponseHead<'a>),
    Cgi(cgi::Head<'a>),
}

impl<'a> ResponseHead<'a> {
    pub(crate) fn http1(head: http1::ResponseHead<'a>, framing: Framing) -> Self {
        Self {
            status: head.status(),
            body: framing.body(),
            content_length: framing.content_length(),
            form: Form::Http1(head),
        }
    }

    pub(crate) const fn cgi(head: cgi::Head<'a>) -> Self {
        let status = StatusCode(head.status());
        let body = match head.body() {
            _ if status.forbids_body() => BodyLength::None,
            cgi::Body::None => BodyLength::None,
            cgi::Body::Length(len) => BodyLength::Length(len),
            cgi::Body::Chunked => BodyLength::Chunked,
            _ => BodyLength::UntilClose,
        };
        Self {
            status,
            body,
            content_length: head.content_length(),
            form: Form::Cgi(head),
        }
    }

    /// The status; of a CGI response, what `Status` or `Location` make of it.
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// The reason phrase, which may be empty.
    pub fn reason(&self) -> &'a [u8] {
        match &self.form {
            Form::Http1(head) => head.reason(),
            Form::Cgi(head) => head.reason(),
        }
    }

    /// How the body ends.
    pub const fn body(&self) -> BodyLength {
        self.body
    }

    /// Content-Length, which a response to HEAD and a 304 have without a body.
    pub const fn content_length(&self) -> Option<u64> {
        self.content_length
    }

    /// Every field as it came, in order.
    pub fn fields(&self) -> ResponseFields<'a> {
        ResponseFields(match &self.form {
            Form::Http1(head) => FormFields::Http1(head.fields().iter()),
            Form::Cgi(head) => FormFields::Cgi(head.fields().iter()),
        })
    }

    /// The value of the first field of a name that the table has.
    pub(crate) fn value(&self, name: Name) -> Option<&'a [u8]> {
        let mut fields = self.fields();
        fields
            .find(|field| name.is(field.name))
            .map(|field| field.value)
    }

    /// The value of the first field of this name.
    pub fn first(&self, name: &str) -> Option<&'a [u8]> {
        let mut fields = self.fields();
        fields
            .find(|field| field.is_named(name))
            .map(|field| field.value)
    }
}

/// The fields of a [`ResponseHead`], in order (RFC 9110 section 5.3): [`ResponseHead::fields`] gives them; the example of
/// [`ResponseHead`] asks for one by its name.
#[derive(Clone, Debug)]
pub struct ResponseFields<'a>(FormFields<'a>);

#[derive(Clone, Debug)]
enum FormFields<'a> {
    Http1(FieldsIter<'a>),
    Cgi(cgi::FieldsIter<'a>),
}

impl<'a> Iterator for ResponseFields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        match &mut self.0 {
            FormFields::Http1(fields) => fields.next(),
            FormFields::Cgi(fields) => fields.next().map(|field| Field {
                name: field.name,
                value: field.value,
            }),
        }
    }
}

/// What a gateway changes of a response's fields: RFC 9110 section 7.7.
///
/// Fields that belong to one connection, and those that frame the body, are never passed on, whatever it says.
///
/// ```
/// use wirekit_bridge::Edit;
/// use wirekit_http1::Field;
///
/// let hsts = [Field::new("Strict-Transport-Security", "max-age=31536000")];
/// let edit = Edit::NONE
///     .date("Sun, 06 Nov 1994 08:49:37 GMT") // where the server sent none
///     .remove(Edit::X_ACCEL)
///     .add(&hsts);
/// assert!(edit.remove.contains(&"X-Accel-Redirect"));
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Edit<'a> {
    /// Names of fields that go no further.
    pub remove: &'a [&'a str],
    /// Fields that are added behind those of the server's final response; those before it are passed on without.
    pub add: &'a [Field<'a>],
    /// `Date` as text, for a response that has none: "a recipient with a clock that receives a response message without a
    /// Date header field MUST record the time it was received and append a corresponding Date header field"
    /// (RFC 9110 section 6.6.1).
    pub date: Option<&'a str>,
}

impl<'a> Edit<'a> {
    /// Nothing is changed.
    pub const NONE: Self = Self {
        remove: &[],
        add: &[],
        date: None,
    };

    /// The fields by which an application tells nginx what to do, and which are not for the client.
    pub const X_ACCEL: &'static [&'static str] = &[
        "X-Accel-Redirect",
        "X-Accel-Expires",
        "X-Accel-Limit-Rate",
        "X-Accel-Buffering",
        "X-Accel-Charset",
    ];

    /// Sets [`remove`](Self::remove).
    #[must_use]
    pub const fn remove(mut self, remove: &'a [&'a str]) -> Self {
        self.remove = remove;
        self
    }

    /// Sets [`add`](Self::add).
    #[must_use]
    pub const fn add(mut self, add: &'a [Field<'a>]) -> Self {
        self.add = add;
        self
    }

    /// Sets [`date`](Self::date).
    #[must_use]
    pub const fn date(mut self, date: &'a str) -> Self {
        self.date = Some(date);
        self
    }
}
