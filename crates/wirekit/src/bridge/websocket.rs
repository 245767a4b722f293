//! The opening handshake of a WebSocket in the heads of HTTP/1.1, at either end.
//!
//! ```
//! use wirekit::bridge::websocket;
//! use wirekit::http1::{FieldTable, RequestHead, ResponseHead};
//! use wirekit::websocket::handshake::{Key, client};
//!
//! // The client.
//! let opening = client::Opening::upgrade(Key::from_nonce(*b"the sample nonce"));
//! let mut request = Vec::new();
//! websocket::encode_request(&opening, "/chat", "example.com", &[], &mut request)?;
//!
//! // The server.
//! let mut fields = FieldTable::new();
//! let (head, used) = RequestHead::parse(&request, &mut fields)?.unwrap();
//! assert_eq!(used, request.len());
//! let mut response = Vec::new();
//! match websocket::opening(&head) {
//!     Ok(opening) => websocket::encode_response(&opening.respond(None, "")?, &[], &mut response)?,
//!     Err(refusal) => websocket::encode_refusal(refusal, &[], &mut response)?,
//! };
//!
//! // The client again; what follows the head are frames.
//! let mut fields = FieldTable::new();
//! let (head, used) = ResponseHead::parse(&response, &mut fields)?.unwrap();
//! websocket::accepted(&opening, &head, &mut [])?;
//! assert_eq!(used, response.len());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use bytes::BufMut;

use crate::http1::{
    BodyLength, EncodeError, Field, FieldsIter, Method, RequestHead, RequestLine, ResponseHead,
    StatusCode, StatusLine,
};
use crate::websocket::extension::Negotiate;
use crate::websocket::handshake::{Error, Value, client, server};

/// The fields of a head, as the handshake reads them.
#[derive(Clone, Debug)]
pub struct HeadFields<'a> {
    fields: FieldsIter<'a>,
}

impl<'a> Iterator for HeadFields<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        self.fields.next().map(|field| (field.name, field.value))
    }
}

/// Reads the request for a WebSocket in a head.
///
/// # Errors
///
/// As [`server::Opening::read`]; [`encode_refusal`] answers it.
pub fn opening<'a>(head: &RequestHead<'a>) -> Result<server::Opening<'a, HeadFields<'a>>, Error> {
    let line = head.line();
    let start = server::Start::Upgrade {
        method: line.method.as_str().as_bytes(),
        version: (1, head.version().minor()),
    };
    server::Opening::read(
        start,
        HeadFields {
            fields: head.fields().iter(),
        },
    )
}

/// Appends the response that opens the WebSocket, with more fields if there are any, and returns its length.
///
/// # Errors
///
/// When a field cannot be sent, or `out` has no room.
pub fn encode_response(
    response: &server::Response<'_>,
    more: &[Field<'_>],
    out: &mut impl BufMut,
) -> Result<usize, EncodeError> {
    let own = written(response.fields());
    let fields: Vec<Field<'_>> = fields(&own).chain(more.iter().copied()).collect();
    StatusLine::new(StatusCode(response.status())).encode(&fields, BodyLength::None, out)
}

/// Appends the response that refuses a request, with an empty body, and returns its length.
///
/// # Errors
///
/// When a field cannot be sent, or `out` has no room.
pub fn encode_refusal(
    error: Error,
    more: &[Field<'_>],
    out: &mut impl BufMut,
) -> Result<usize, EncodeError> {
    let status = error
        .kind()
        .status()
        .map_or(StatusCode::BAD_REQUEST, StatusCode);
    let own = error
        .kind()
        .response_fields()
        .iter()
        .map(|(name, value)| Field::new(name, value));
    let fields: Vec<Field<'_>> = own.chain(more.iter().copied()).collect();
    StatusLine::new(status).encode(&fields, BodyLength::Length(0), out)
}

/// Appends the request for a WebSocket, with more fields if there are any, and returns its length.
///
/// # Errors
///
/// When the target, the host or a field cannot be sent, or `out` has no room.
pub fn encode_request(
    opening: &client::Opening<'_>,
    target: &str,
    host: &str,
    more: &[Field<'_>],
    out: &mut impl BufMut,
) -> Result<usize, EncodeError> {
    let own = written(opening.fields());
    let host = [Field::new("Host", host)];
    let fields: Vec<Field<'_>> = host
        .into_iter()
        .chain(fields(&own))
        .chain(more.iter().copied())
        .collect();
    RequestLine::new(Method::GET, target).encode(&fields, BodyLength::None, out)
}

/// Checks the answer to a request for a WebSocket.
///
/// # Errors
///
/// As [`client::Opening::read`].
pub fn accepted<'a>(
    opening: &client::Opening<'_>,
    head: &ResponseHead<'a>,
    offered: &mut [&mut dyn Negotiate],
) -> Result<client::Accepted<'a>, Error> {
    opening.read(
        head.status().0,
        HeadFields {
            fields: head.fields().iter(),
        },
        offered,
    )
}

fn written<'v>(
    fields: impl Iterator<Item = (&'static str, Value<'v>)>,
) -> Vec<(&'static str, String)> {
    fields
        .map(|(name, value)| (name, value.to_string()))
        .collect()
}

fn fields<'v>(written: &'v [(&'static str, String)]) -> impl Iterator<Item = Field<'v>> {
    written.iter().map(|(name, value)| Field::new(name, value))
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use crate::http1::FieldTable;
    use crate::websocket::handshake::{ErrorKind, Key};

    #[test]
    fn refusals_are_responses() {
        #[rustfmt::skip]
        let rows: [(&[u8], ErrorKind, &[u8]); 4] = [
            (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", ErrorKind::UpgradeMissing,
             b"HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 0\r\n\r\n"),
            (b"POST / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n", ErrorKind::Method,
             b"HTTP/1.1 405 Method Not Allowed\r\nAllow: GET\r\nContent-Length: 0\r\n\r\n"),
            (b"GET / HTTP/1.0\r\nHost: a\r\n\r\n", ErrorKind::HttpVersion,
             b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
            (b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 7\r\n\r\n",
             ErrorKind::VersionUnsupported { version: 7 },
             b"HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 13\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 0\r\n\r\n"),
        ];
        for (request, kind, response) in rows {
            let mut table = FieldTable::new();
            let (head, _) = RequestHead::parse(request, &mut table).unwrap().unwrap();
            let refusal = opening(&head).map(|_| ()).unwrap_err();
            assert_eq!(refusal.kind(), kind);
            let mut out = Vec::new();
            encode_refusal(refusal, &[], &mut out).unwrap();
            assert_eq!(out, response, "{}", out.escape_ascii());
        }
    }

    #[test]
    fn requests_carry_lists_and_more_fields() {
        let opening = client::Opening::upgrade(Key::from_nonce(*b"the sample nonce"));
        let opening = opening.subprotocols(&["chat", "soap"]).unwrap();
        let mut out = Vec::new();
        encode_request(
            &opening,
            "/a?b",
            "example.com:81",
            &[Field::new("Cookie", "c=d")],
            &mut out,
        )
        .unwrap();
        let expected = b"GET /a?b HTTP/1.1\r\nHost: example.com:81\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
            Sec-WebSocket-Protocol: chat, soap\r\nCookie: c=d\r\n\r\n";
        assert_eq!(out, expected, "{}", out.escape_ascii());
    }
}
