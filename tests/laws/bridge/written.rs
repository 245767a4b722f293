//! Law 11 for the head of a response that an application's server writes.

use arbitrary::{Result, Unstructured};
use wirekit::bridge::{ResponseEvent, ResponseReader, ResponseTable};
use wirekit::http1::Config;
use wirekit::uwsgi::response::{Builder, Expectation, Form};
use wirekit::uwsgi::{EncodeError, Field};

#[rustfmt::skip]
const NAMES: &[&str] = &[
    "Content-Type", "Content-Length", "content-LENGTH", "Set-Cookie", "Status", "sTATUS", "Connection", "Upgrade", "Keep-Alive", "TE",
    "Trailer", "Transfer-Encoding", "Proxy-Connection", "proxy-anything", "HTTP2-Settings", "Location", "Date", "X", "X_y.z!", "", "A b", "A:",
];
#[rustfmt::skip]
const VALUES: &[&str] = &[
    "", "0", "2", "5", "007", "18446744073709551615", "18446744073709551616", "+5", "5, 5", "5 ", " 5", "Upgrade", "upgrade, websocket", "websocket",
    "close", "chunked", "text/plain", "a\tb", "  a ", "a\r\nB: c", "a\nb", "a\rb", "a\0b", "a\x7f", "a\u{e9}",
];
/// RFC 9110 section 5.6.2.
const TOKEN: &str = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// RFC 9110 section 7.6.1, and those that older texts call so.
#[rustfmt::skip]
const OF_ONE_CONNECTION: &[&str] = &[
    "connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "http2-settings",
];

/// What a head was asked to be.
#[derive(Debug)]
struct Asked {
    form: Form,
    status: u16,
    reason: Vec<u8>,
    fields: Vec<(Vec<u8>, Vec<u8>)>,
    content: Vec<u8>,
}

/// Whatever a caller asks for, the head is read as that by a model and by the reader, with the content behind it; or nothing
/// was written, and a rule forbids it.
pub fn written(data: &[u8]) {
    let mut u = Unstructured::new(data);
    if let Ok(asked) = Asked::any(&mut u) {
        asked.holds();
    }
}

fn text(u: &mut Unstructured<'_>, known: &[&str]) -> Result<Vec<u8>> {
    if u.ratio(7, 8)? {
        return Ok(u.choose(known)?.as_bytes().to_vec());
    }
    let len = u.int_in_range(0..=8)?;
    Ok(u.bytes(len)?.to_vec())
}

impl Asked {
    fn any(u: &mut Unstructured<'_>) -> Result<Self> {
        let form = *u.choose(&[Form::Http, Form::Cgi])?;
        let status = *u.choose(&[
            0, 99, 100, 101, 103, 199, 200, 204, 205, 304, 404, 426, 500, 599, 600, 999, 1200,
        ])?;
        let reason = text(u, VALUES)?;
        let count = u.int_in_range(0..=5)?;
        let mut fields = Vec::new();
        for _ in 0..count {
            fields.push((text(u, NAMES)?, text(u, VALUES)?));
        }
        let content = u.bytes(u.len())?.to_vec();
        Ok(Self {
            form,
            status,
            reason,
            fields,
            content,
        })
    }

    fn holds(&self) {
        let fields: Vec<_> = self
            .fields
            .iter()
            .map(|(name, value)| Field::new(name, value))
            .collect();
        let head = Builder::new(self.form, self.status, &fields).reason(&self.reason);
        let mut out = b"before".to_vec();
        let written = head.encode(&mut out);
        let mut slice = vec![b'x'; out.len() + 8];
        assert_eq!(head.encode_to_slice(&mut slice), written, "{self:?}");
        assert_eq!(head.encoded_len(), written, "{self:?}");
        assert_eq!(written.is_ok(), self.is_allowed(), "{self:?} {written:?}");
        let Ok(len) = written else {
            assert_eq!(
                (&out[..], slice.iter().all(|byte| *byte == b'x')),
                (&b"before"[..], true)
            );
            return;
        };
        let wire = out.strip_prefix(b"before").expect("what was there");
        assert_eq!((wire, wire.len()), (&slice[..len], len), "{self:?}");
        let needed = EncodeError::OutputTooSmall { needed: len };
        assert_eq!(head.encode_to_slice(&mut slice[..len - 1]), Err(needed));
        self.agrees(wire);
        self.is_read(&[wire, &self.content].concat());
    }

    /// What the RFCs and PEP 3333 let an application's server send.
    fn is_allowed(&self) -> bool {
        let is_text = |bytes: &[u8]| {
            bytes
                .iter()
                .all(|byte| matches!(byte, b'\t' | b' '..=b'~' | 128..))
        };
        let named = |name: &'static str| {
            let is =
                move |(field, _): &&(Vec<u8>, Vec<u8>)| field.eq_ignore_ascii_case(name.as_bytes());
            self.fields.iter().filter(is).map(|(_, value)| &value[..])
        };
        let names_protocol = matches!(self.status, 101 | 426);
        let lengths: Vec<_> = named("content-length").collect();
        let has_length = match lengths[..] {
            [] => true,
            [length] => {
                let number = str::from_utf8(length)
                    .ok()
                    .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()));
                number.is_some_and(|digits| digits.parse::<u64>().is_ok())
                    && !matches!(self.status, 100..=199 | 204)
            }
            _ => false,
        };
        (100..=599).contains(&self.status)
            && is_text(&self.reason)
            && has_length
            && named("status").next().is_none()
            // RFC 9110 sections 15.2.2 and 15.5.22: a server MUST send an Upgrade in either.
            && (!names_protocol || named("upgrade").next().is_some())
            && self.fields.iter().all(|(name, value)| {
                let lower = name.to_ascii_lowercase();
                let is_of_one = lower.starts_with(b"proxy-")
                    || OF_ONE_CONNECTION.iter().any(|known| known.as_bytes() == lower);
                let switches = names_protocol && (lower == b"connection" || lower == b"upgrade");
                let is_token = !name.is_empty() && name.iter().all(|byte| TOKEN.as_bytes().contains(byte));
                is_token && is_text(value) && (switches || !is_of_one)
            })
    }

    /// The model: lines that end in CRLF, of which the first has the status and every other one a field.
    fn agrees(&self, wire: &[u8]) {
        let lines: Vec<&[u8]> = wire
            .split_inclusive(|byte| *byte == b'\n')
            .map(|line| line.strip_suffix(b"\r\n").expect("a whole line"))
            .collect();
        let Some((first, [fields @ .., b""])) = lines.split_first() else {
            panic!("{self:?}: {}", wire.escape_ascii())
        };
        let start: &[u8] = match self.form {
            Form::Http => b"HTTP/1.1",
            Form::Cgi => b"Status:",
        };
        let status = self.status.to_string();
        let mut parts = first.splitn(3, |byte| *byte == b' ');
        assert_eq!(parts.next(), Some(start), "{self:?}");
        assert_eq!(parts.next(), Some(status.as_bytes()), "{self:?}");
        assert_eq!(parts.next(), Some(&self.reason[..]), "{self:?}");
        let fields: Vec<_> = fields
            .iter()
            .map(|line| {
                assert!(!line.contains(&b'\r'), "{self:?}");
                let colon = line.iter().position(|byte| *byte == b':').expect("a colon");
                (line[..colon].to_vec(), ows_trimmed(&line[colon + 1..]))
            })
            .collect();
        let asked: Vec<_> = self
            .fields
            .iter()
            .map(|(name, value)| (name.clone(), ows_trimmed(value)))
            .collect();
        assert_eq!(fields, asked);
    }

    /// What a front server reads.
    fn is_read(&self, wire: &[u8]) {
        let mut reader = ResponseReader::new(Config::DEFAULT).expectation(Expectation::Upgrade);
        let (mut table, mut at, mut heads, mut content) = (ResponseTable::new(), 0, 0, Vec::new());
        let is_whole = loop {
            match reader.receive(&wire[at..], &mut table) {
                Ok(Some((event, used))) => {
                    at += used;
                    match event {
                        ResponseEvent::Interim(_) if heads > 0 => return,
                        ResponseEvent::Interim(head) | ResponseEvent::Head(head) => {
                            heads += 1;
                            // Behind an interim response the content is another one.
                            if heads > 1 {
                                return;
                            }
                            assert_eq!(head.status().0, self.status, "{self:?}");
                            assert_eq!(
                                ows_trimmed(head.reason()),
                                ows_trimmed(&self.reason),
                                "{self:?}"
                            );
                            let read: Vec<_> = head
                                .fields()
                                .filter(|field| !field.is_named("status"))
                                .map(|field| (field.name.to_vec(), field.value.to_vec()))
                                .collect();
                            let asked = self
                                .fields
                                .iter()
                                .map(|(name, value)| (name.clone(), ows_trimmed(value)));
                            assert!(read.into_iter().eq(asked), "{self:?}");
                        }
                        ResponseEvent::Data(data) => content.extend_from_slice(data),
                        ResponseEvent::End(_) => break true,
                    }
                }
                Ok(None) => break reader.receive_eof().is_ok(),
                Err(fault) => {
                    assert!(heads > 0 && self.status < 200, "{self:?}: {fault}");
                    return;
                }
            }
        };
        let length = self
            .fields
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(b"content-length"));
        let sent = match (self.status, length) {
            (100..=199 | 204 | 304, _) => &[],
            (_, None) => &self.content[..],
            (_, Some((_, length))) => {
                // It may say more than a slice can hold.
                let length: u64 = str::from_utf8(length)
                    .expect("digits")
                    .parse()
                    .expect("a number");
                assert_eq!(is_whole, self.content.len() as u64 >= length, "{self:?}");
                usize::try_from(length)
                    .ok()
                    .and_then(|length| self.content.get(..length))
                    .unwrap_or(&self.content)
            }
        };
        assert_eq!(content, sent, "{self:?}");
    }
}

/// Without the white space around it, which is none of a value (RFC 9110 section 5.5).
fn ows_trimmed(mut value: &[u8]) -> Vec<u8> {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value.to_vec()
}
