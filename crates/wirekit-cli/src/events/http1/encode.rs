use serde_json::{Map, Value};
use wirekit::http1::{
    BodyLength, Chunk, Field, LastChunk, Method, RequestLine, StatusCode, StatusLine, Version,
};

use crate::events::event::{Keys, Pairs};
use crate::events::{Encoder, Rejection};

/// Writes the messages of one direction.
#[derive(Debug)]
pub struct MessageEncoder {
    head: &'static str,
    body: Body,
    /// The current message is the connection's last.
    is_last: bool,
}

#[derive(Clone, Copy, Debug)]
enum Body {
    /// A head is due.
    Ended,
    /// Nothing is due any more, in the words that say why.
    Closed(&'static str),
    Length(u64),
    Chunked,
    UntilClose,
}

impl MessageEncoder {
    /// Writes what a client sends.
    pub fn requests() -> Self {
        Self {
            head: "request",
            body: Body::Ended,
            is_last: false,
        }
    }

    /// Writes what a server sends.
    pub fn responses() -> Self {
        Self {
            head: "response",
            body: Body::Ended,
            is_last: false,
        }
    }
}

impl Encoder for MessageEncoder {
    fn encode(&mut self, event: &Map<String, Value>, out: &mut Vec<u8>) -> Result<(), Rejection> {
        let keys = Keys(event);
        match (keys.name()?, self.body) {
            (name, Body::Ended) if name == self.head => {
                let length = body_length(keys)?;
                self.is_last = if name == "request" {
                    request(keys, length, out)
                } else {
                    response(keys, length, out)
                }?;
                self.body = match length {
                    BodyLength::None => Body::Length(0),
                    BodyLength::Length(left) => Body::Length(left),
                    BodyLength::Chunked => Body::Chunked,
                    BodyLength::UntilClose => Body::UntilClose,
                };
            }
            ("data", body) => self.body = data(body, &keys.bytes("data")?, out)?,
            ("end", body) => {
                end(body, &keys.pairs("trailers")?, out)?;
                self.body = match body {
                    Body::UntilClose => Body::Closed(
                        "nothing follows a body that lasts until the connection closes",
                    ),
                    _ if self.is_last => {
                        Body::Closed("nothing follows the message that closes the connection")
                    }
                    _ => Body::Ended,
                };
            }
            (name, Body::Closed(why)) if name == self.head => {
                return Err(Rejection::Rule(why.into()));
            }
            (name, _) if name == self.head => {
                return Err(Rejection::Rule(
                    "the message before this one has not ended".into(),
                ));
            }
            (name, _) => {
                return Err(Rejection::Malformed(format!(
                    "`{name}` is no event of this protocol"
                )));
            }
        }
        Ok(())
    }

    fn finish(&mut self, _out: &mut Vec<u8>) -> Result<(), Rejection> {
        match self.body {
            Body::Ended | Body::Closed(_) | Body::Length(0) | Body::UntilClose => Ok(()),
            Body::Length(left) => Err(Rejection::Incomplete(format!(
                "the body lacks {left} bytes"
            ))),
            Body::Chunked => Err(Rejection::Incomplete(
                "the body lacks its last chunk".into(),
            )),
        }
    }
}

/// RFC 9112 section 6.3, from the event's own word for it.
pub(super) fn body_length(keys: Keys<'_>) -> Result<BodyLength, Rejection> {
    match keys.optional_text("body")? {
        None | Some("none") => Ok(BodyLength::None),
        Some("length") => Ok(BodyLength::Length(keys.number("content_length")?)),
        Some("chunked") => Ok(BodyLength::Chunked),
        Some("until_close") => Ok(BodyLength::UntilClose),
        Some(_) => Err(Rejection::Malformed(
            "`body` must be \"none\", \"length\", \"chunked\" or \"until_close\"".into(),
        )),
    }
}

/// Writes a head; whether it is the connection's last.
fn request(keys: Keys<'_>, length: BodyLength, out: &mut Vec<u8>) -> Result<bool, Rejection> {
    let (method, fields) = (keys.bytes("method")?, keys.pairs("fields")?);
    let method =
        Method::new(&method).ok_or_else(|| Rejection::Rule("the method is not a token".into()))?;
    let line = RequestLine {
        method,
        target: keys.text("target")?,
        version: version(keys)?,
    };
    line.encode(&borrowed(&fields), length, out)
        .map_err(Rejection::rule)?;
    Ok(closes(line.version, &fields))
}

/// Writes a head; whether it is the connection's last.
fn response(keys: Keys<'_>, length: BodyLength, out: &mut Vec<u8>) -> Result<bool, Rejection> {
    let (fields, status) = (keys.pairs("fields")?, StatusCode(keys.number("status")?));
    let reason = match (keys.get("reason"), status.reason()) {
        (Some(_), _) => keys.bytes("reason")?,
        (None, reason) => reason.unwrap_or_default().into(),
    };
    let line = StatusLine {
        version: version(keys)?,
        status,
        reason: &reason,
    };
    line.encode(&borrowed(&fields), length, out)
        .map_err(Rejection::rule)?;
    Ok(!status.is_informational() && closes(line.version, &fields))
}

/// RFC 9112 section 9.3: by the connection options, or the version where they do not say.
fn closes(version: Version, fields: &Pairs) -> bool {
    let fields = borrowed(fields);
    let has = |name: &[u8]| {
        fields
            .iter()
            .filter(|field| field.is_named("connection"))
            .flat_map(Field::members)
            .any(|option| option.eq_ignore_ascii_case(name))
    };
    has(b"close") || version < Version::HTTP_11 && !has(b"keep-alive")
}

fn version(keys: Keys<'_>) -> Result<Version, Rejection> {
    match keys.optional_text("version")? {
        None | Some("HTTP/1.1") => Ok(Version::HTTP_11),
        Some("HTTP/1.0") => Ok(Version::HTTP_10),
        Some(_) => Err(Rejection::Rule(
            "the version is not HTTP/1.0 or HTTP/1.1".into(),
        )),
    }
}

fn borrowed(fields: &Pairs) -> Vec<Field<'_>> {
    fields
        .iter()
        .map(|(name, value)| Field { name, value })
        .collect()
}

fn data(body: Body, data: &[u8], out: &mut Vec<u8>) -> Result<Body, Rejection> {
    match body {
        Body::Ended | Body::Closed(_) => Err(Rejection::Rule("data before a head".into())),
        Body::Length(left) => match left.checked_sub(data.len() as u64) {
            Some(left) => {
                out.extend_from_slice(data);
                Ok(Body::Length(left))
            }
            None => Err(Rejection::Rule(format!("the body ends {left} bytes on"))),
        },
        // A chunk of no bytes would be the last.
        Body::Chunked if data.is_empty() => Ok(body),
        Body::Chunked => {
            Chunk { data }.encode(out).map_err(Rejection::rule)?;
            Ok(body)
        }
        Body::UntilClose => {
            out.extend_from_slice(data);
            Ok(body)
        }
    }
}

fn end(body: Body, trailers: &Pairs, out: &mut Vec<u8>) -> Result<(), Rejection> {
    match body {
        Body::Ended | Body::Closed(_) => Err(Rejection::Rule("the end of no message".into())),
        Body::Length(left @ 1..) => Err(Rejection::Rule(format!("the body lacks {left} bytes"))),
        Body::Chunked => {
            LastChunk {
                trailers: &borrowed(trailers),
            }
            .encode(out)
            .map_err(Rejection::rule)?;
            Ok(())
        }
        Body::Length(0) | Body::UntilClose if trailers.is_empty() => Ok(()),
        Body::Length(0) | Body::UntilClose => {
            Err(Rejection::Rule("only a chunked body has trailers".into()))
        }
    }
}
