use arbitrary::{Result, Unstructured};
use wirekit::http1::{
    BodyLength, EncodeError, Field, FieldTable, Method, Quirks, RequestHead, RequestLine,
    ResponseHead, StatusCode, StatusLine, Version,
};

/// A head to encode: mostly sound in each of its parts, so that most heads are sound as a whole.
#[derive(Debug)]
struct Head {
    is_request: bool,
    version: Version,
    method: Vec<u8>,
    target: String,
    status: u16,
    reason: Vec<u8>,
    fields: Vec<(Vec<u8>, Vec<u8>)>,
    body: BodyLength,
}

impl Head {
    fn new(u: &mut Unstructured<'_>) -> Result<Self> {
        let is_request = u.arbitrary()?;
        let version = *u.choose(&[Version::HTTP_11, Version::HTTP_11, Version::HTTP_10])?;
        let status = if is_any(u)? {
            u.arbitrary()?
        } else {
            u.int_in_range(200..=599)?
        };
        let body = match u.int_in_range(0..=3)? {
            0 => BodyLength::None,
            1 => BodyLength::Length(u.arbitrary()?),
            2 if version == Version::HTTP_11 => BodyLength::Chunked,
            _ if is_request => BodyLength::None,
            _ => BodyLength::UntilClose,
        };
        let mut head = Self {
            is_request,
            version,
            method: text(u, b"GETPOSTX-")?,
            target: String::new(),
            status,
            reason: text(u, b"Not Found\t\xff")?,
            fields: Vec::new(),
            body: if is_any(u)? { any_body(u)? } else { body },
        };
        head.target = if is_any(u)? {
            u.arbitrary()?
        } else {
            let path = text(u, b"abc/?&=%20~.")?;
            format!("/{}", String::from_utf8_lossy(&path))
        };
        if is_request && !is_any(u)? {
            head.fields.push((b"Host".into(), b"a.example:80".into()));
        }
        for _ in 0..u.int_in_range(0..=6)? {
            let name = if is_any(u)? {
                u.choose(&["Host", "content-length", "Transfer-Encoding"])?
                    .as_bytes()
                    .to_vec()
            } else {
                [b"X", text(u, b"abcXYZ-_019")?.as_slice()].concat()
            };
            let value = text(u, b"abc,;=\"\x80")?;
            head.fields.push((name, value));
        }
        Ok(head)
    }
}

/// Now and then, what need not be sound.
fn is_any(u: &mut Unstructured<'_>) -> Result<bool> {
    u.ratio(1, 24)
}

/// Some of these bytes; now and then any bytes.
fn text(u: &mut Unstructured<'_>, of: &[u8]) -> Result<Vec<u8>> {
    if is_any(u)? {
        return u.arbitrary();
    }
    let len = u.int_in_range(1..=40)?;
    (0..len).map(|_| u.choose(of).copied()).collect()
}

fn any_body(u: &mut Unstructured<'_>) -> Result<BodyLength> {
    Ok(match u.int_in_range(0..=3)? {
        0 => BodyLength::None,
        1 => BodyLength::Length(u.arbitrary()?),
        2 => BodyLength::Chunked,
        _ => BodyLength::UntilClose,
    })
}

/// Whatever is encoded is read back as it was, with the body that was stated; what cannot be is refused and leaves the
/// output alone; every way to encode agrees.
pub fn encoded_heads(data: &[u8]) {
    let _ = is_encoded(data);
}

/// Whether the law's head could be encoded; [`encoded_heads`] by itself would pass if none ever was.
pub fn is_encoded(data: &[u8]) -> bool {
    let Ok(head) = Head::new(&mut Unstructured::new(data)) else {
        return false;
    };
    let fields: Vec<Field<'_>> = head
        .fields
        .iter()
        .map(|(name, value)| Field::new(name, value))
        .collect();
    let (body, version) = (head.body, head.version);
    let mut table = FieldTable::new();
    if head.is_request {
        let method = Method::new(&head.method).unwrap_or(Method::POST);
        let target = &head.target;
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
            return false;
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
            return false;
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
    true
}

/// The fields stand in order, and at most the one that the body needs was added.
fn check_fields(sent: &[Field<'_>], read: &[Field<'_>]) {
    assert_eq!(read.get(..sent.len()), Some(sent));
    assert!(read.len() <= sent.len() + 1);
}

fn check_ways(
    result: core::result::Result<usize, EncodeError>,
    out: &[u8],
    encoded_len: core::result::Result<usize, EncodeError>,
    to_slice: impl Fn(&mut [u8]) -> core::result::Result<usize, EncodeError>,
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
