use arbitrary::{Arbitrary, Unstructured};
use wirekit::http1::{
    BodyLength, EncodeError, Field, FieldTable, Method, Quirks, RequestHead, RequestLine,
    ResponseHead, StatusCode, StatusLine, Version,
};

/// A head to encode, of any bytes.
#[derive(Arbitrary, Debug)]
struct Head {
    is_request: bool,
    is_http10: bool,
    method: Vec<u8>,
    target: String,
    status: u16,
    reason: Vec<u8>,
    has_host: bool,
    fields: Vec<(Name, Vec<u8>)>,
    body: Body,
}

#[derive(Arbitrary, Debug)]
enum Name {
    Host,
    ContentLength,
    TransferEncoding,
    Connection,
    Other(Vec<u8>),
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Body {
    None,
    Length(u64),
    Chunked,
    UntilClose,
}

impl Name {
    fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Host => b"Host",
            Self::ContentLength => b"content-length",
            Self::TransferEncoding => b"Transfer-Encoding",
            Self::Connection => b"Connection",
            Self::Other(name) => name,
        }
    }
}

impl From<Body> for BodyLength {
    fn from(body: Body) -> Self {
        match body {
            Body::None => Self::None,
            Body::Length(len) => Self::Length(len),
            Body::Chunked => Self::Chunked,
            Body::UntilClose => Self::UntilClose,
        }
    }
}

/// Whatever is encoded is read back as it was, with the body that was stated; what cannot be is refused and leaves the
/// output alone; every way to encode agrees.
pub fn encoded(data: &[u8]) {
    let Ok(head) = Head::arbitrary(&mut Unstructured::new(data)) else {
        return;
    };
    let fields: Vec<Field<'_>> = head
        .has_host
        .then(|| Field::new("Host", "a.example:80"))
        .into_iter()
        .chain(
            head.fields
                .iter()
                .map(|(name, value)| Field::new(name.as_bytes(), value)),
        )
        .collect();
    let body = BodyLength::from(head.body);
    let version = if head.is_http10 {
        Version::HTTP_10
    } else {
        Version::HTTP_11
    };
    let mut table = FieldTable::new();
    if head.is_request {
        let method = Method::new(&head.method).unwrap_or(Method::POST);
        let target = if head.target.is_empty() {
            "/"
        } else {
            &head.target
        };
        let line = RequestLine {
            method,
            target,
            version,
        };
        let mut out = vec![b'.'];
        let result = line.encode(&fields, body, &mut out);
        check_ways(result, &out, line.encoded_len(&fields, body), |room| {
            line.encode_to_slice(&fields, body, room)
        });
        if result.is_err() {
            return;
        }
        let wire = out.get(1..).unwrap_or_default();
        let parsed = RequestHead::parse(wire, &mut table).expect("sound");
        let (read, used) = parsed.expect("whole");
        assert_eq!((read.line(), used), (line, wire.len()));
        check_fields(&fields, &read.fields().iter().collect::<Vec<_>>());
        let framing = read.framing(Quirks::NONE).expect("unambiguous");
        assert_eq!(framing.body(), body);
    } else {
        let line = StatusLine {
            version,
            status: StatusCode(head.status),
            reason: &head.reason,
        };
        let mut out = vec![b'.'];
        let result = line.encode(&fields, body, &mut out);
        check_ways(result, &out, line.encoded_len(&fields, body), |room| {
            line.encode_to_slice(&fields, body, room)
        });
        if result.is_err() {
            return;
        }
        let wire = out.get(1..).unwrap_or_default();
        let parsed = ResponseHead::parse(wire, &mut table).expect("sound");
        let (read, used) = parsed.expect("whole");
        assert_eq!((read.line(), used), (line, wire.len()));
        check_fields(&fields, &read.fields().iter().collect::<Vec<_>>());
        let method = if body == BodyLength::None {
            Method::HEAD
        } else {
            Method::GET
        };
        let framing = read.framing(method, Quirks::NONE).expect("unambiguous");
        assert_eq!(framing.body(), body);
    }
}

/// The fields stand in order, and at most the one that the body needs was added.
fn check_fields(sent: &[Field<'_>], read: &[Field<'_>]) {
    assert_eq!(read.get(..sent.len()), Some(sent));
    assert!(read.len() <= sent.len() + 1);
}

fn check_ways(
    result: Result<usize, EncodeError>,
    out: &[u8],
    encoded_len: Result<usize, EncodeError>,
    to_slice: impl Fn(&mut [u8]) -> Result<usize, EncodeError>,
) {
    assert_eq!(encoded_len, result);
    let Ok(len) = result else {
        assert_eq!(out, b".", "a failed encode leaves the output");
        let mut room = [b'.'; 64];
        assert_eq!(to_slice(&mut room), result);
        assert_eq!(room, [b'.'; 64]);
        return;
    };
    assert_eq!(out.len(), len + 1);
    let mut room = vec![b'.'; len + 3];
    assert_eq!(to_slice(&mut room), Ok(len));
    assert_eq!(room.get(..len), out.get(1..));
    assert_eq!(room.get(len..), Some(b"...".as_slice()));
    let mut short = vec![b'.'; len - 1];
    assert_eq!(
        to_slice(&mut short),
        Err(EncodeError::OutputTooSmall { needed: len })
    );
    assert!(short.iter().all(|&byte| byte == b'.'));
}
