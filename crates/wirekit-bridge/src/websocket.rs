//! The opening handshake of a WebSocket in the heads of HTTP/1.1, at either end.
//!
//! ```
//! use wirekit_bridge::websocket;
//! use wirekit_http1::{Config, FieldTable, client, server};
//! use wirekit_websocket::handshake::{self, Key};
//!
//! // The client.
//! let (mut connection, mut fields) = (client::Connection::new(Config::DEFAULT), FieldTable::new());
//! let opening = handshake::client::Opening::upgrade(Key::from_nonce(*b"the sample nonce"));
//! let mut request = Vec::new();
//! websocket::send_request(&mut connection, &opening, "/chat", "example.com", &[], &mut request)?;
//!
//! // The server.
//! let (mut server, mut response) = (server::Connection::new(Config::DEFAULT), Vec::new());
//! let Some((server::Event::Head { head, .. }, _)) = server.receive(&request, &mut fields)? else { panic!() };
//! match websocket::opening(&head) {
//!     Ok(opening) => websocket::send_response(&mut server, &opening.respond(None, "")?, &[], &mut response)?,
//!     Err(refusal) => websocket::send_refusal(&mut server, refusal, &[], &mut response)?,
//! };
//! assert!(server.is_switched());
//!
//! // The client again: interim responses may come before the answer (RFC 9110 section 15.2), and frames behind it.
//! let received = [b"HTTP/1.1 103 Early Hints\r\n\r\n", &response[..], b"\x81\x02hi"].concat();
//! let mut at = 0;
//! while let Some((event, used)) = connection.receive(&received[at..], &mut fields)? {
//!     at += used;
//!     let (client::Event::Interim { head, .. } | client::Event::Head { head, .. }) = event else { continue };
//!     if let Some(accepted) = websocket::accepted(&opening, &head, &mut [])? {
//!         assert_eq!(accepted.subprotocol(), None);
//!         break;
//!     }
//! }
//! assert!(connection.is_switched() && received[at..] == *b"\x81\x02hi");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use bytes::BufMut;

use wirekit_http1::server::Connection;
use wirekit_http1::{
    self as http1, BodyLength, EncodeError, Field, FieldsIter, Method, RequestHead, RequestLine,
    ResponseHead, SendError, StatusCode, StatusLine,
};
use wirekit_websocket::extension::Negotiate;
use wirekit_websocket::handshake::{Error, Value, client, server};

/// The fields of a head, as the handshake reads them: RFC 6455 section 4.2.1. [`opening`] makes them; the
/// module's example calls it.
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

/// Reads the request for a WebSocket in a head: RFC 6455 section 4.2.1. The module's example reads one.
///
/// ```
/// use wirekit_bridge::websocket;
/// use wirekit_http1::{FieldTable, RequestHead};
///
/// let mut fields = FieldTable::new();
/// let input = b"GET /chat HTTP/1.1\r\nHost: a\r\n\r\n";
/// let Some((head, _)) = RequestHead::parse(input, &mut fields)? else { panic!("more bytes are needed") };
/// assert!(websocket::opening(&head).is_err()); // an ordinary request
/// # Ok::<(), wirekit_http1::Error>(())
/// ```
///
/// # Errors
///
/// As [`server::Opening::read`]; [`send_refusal`] answers it.
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

/// Appends the response that opens the WebSocket, with more fields if there are any, and returns its length in bytes: RFC
/// 6455 section 4.2.2.
///
/// For those who keep no [`Connection`]: [`send_response`] also checks that a switch was asked for and may begin.
///
/// ```
/// use wirekit_bridge::websocket;
/// use wirekit_http1::{Field, FieldTable, RequestHead};
///
/// let input = b"GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
///     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"; // RFC 6455 section 1.2
/// let (mut fields, mut out) = (FieldTable::new(), Vec::new());
/// let Some((head, _)) = RequestHead::parse(input, &mut fields)? else { panic!("more bytes are needed") };
/// let response = websocket::opening(&head)?;
/// websocket::encode_response(&response.respond(None, "")?, &[Field::new("Server", "a")], &mut out)?;
/// let text = String::from_utf8(out)?;
/// assert!(text.starts_with("HTTP/1.1 101 Switching Protocols\r\n"));
/// assert!(text.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") && text.ends_with("Server: a\r\n\r\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
    opening_line(response).encode(&with_more(&own, more), BodyLength::None, out)
}

/// [`encode_response`] on the connection that the request came over: what follows on it are frames (RFC 6455 section 4.2.2).
/// The module's example sends one.
///
/// # Errors
///
/// As [`Connection::send_head`].
pub fn send_response(
    connection: &mut Connection,
    response: &server::Response<'_>,
    more: &[Field<'_>],
    out: &mut impl BufMut,
) -> Result<usize, SendError> {
    let (line, own) = (opening_line(response), written(response.fields()));
    connection.send_head(&line, &with_more(&own, more), BodyLength::None, out)
}

/// Appends the response that refuses a request, with an empty body, and returns its length in bytes: RFC 6455 sections 4.2.1
/// and 4.4.
///
/// ```
/// use wirekit_bridge::websocket;
/// use wirekit_http1::{FieldTable, RequestHead};
///
/// let input = b"GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
///     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 8\r\n\r\n";
/// let (mut fields, mut out) = (FieldTable::new(), Vec::new());
/// let Some((head, _)) = RequestHead::parse(input, &mut fields)? else { panic!("more bytes are needed") };
/// let error = websocket::opening(&head).unwrap_err();
/// websocket::encode_refusal(error, &[], &mut out)?;
/// let text = String::from_utf8(out)?;
/// assert!(text.starts_with("HTTP/1.1 426 Upgrade Required\r\n") && text.contains("Sec-WebSocket-Version: 13\r\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// When a field cannot be sent, or `out` has no room.
pub fn encode_refusal(
    error: Error,
    more: &[Field<'_>],
    out: &mut impl BufMut,
) -> Result<usize, EncodeError> {
    let (line, fields) = refusal(error, more);
    line.encode(&fields, BodyLength::Length(0), out)
}

/// [`encode_refusal`] on the connection that the request came over (RFC 6455 section 4.2.1). The module's example sends one
/// where it must.
///
/// # Errors
///
/// As [`Connection::send_head`].
pub fn send_refusal(
    connection: &mut Connection,
    error: Error,
    more: &[Field<'_>],
    out: &mut impl BufMut,
) -> Result<usize, SendError> {
    let (line, fields) = refusal(error, more);
    let written = connection.send_head(&line, &fields, BodyLength::Length(0), out)?;
    Ok(written + connection.send_end(&[], out)?)
}

/// Appends the request for a WebSocket, with more fields if there are any, and returns its length in bytes: RFC 6455 section
/// 4.1.
///
/// For those who keep no [`client::Connection`](http1::client::Connection), on which [`send_request`] is.
///
/// ```
/// use wirekit_bridge::websocket;
/// use wirekit_websocket::handshake::{Key, client::Opening};
///
/// let opening = Opening::upgrade(Key::from_nonce(*b"the sample nonce"));
/// let mut out = Vec::new();
/// let len = websocket::encode_request(&opening, "/chat", "server.example.com", &[], &mut out)?;
/// let text = String::from_utf8(out)?;
/// assert!(text.starts_with("GET /chat HTTP/1.1\r\nHost: server.example.com\r\n"));
/// assert!(text.contains("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n") && text.len() == len);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
    let own = request_fields(opening, host);
    RequestLine::new(Method::GET, target).encode(&with_more(&own, more), BodyLength::None, out)
}

/// [`encode_request`] on the connection that the answer is to come over (RFC 6455 section 4.1). The module's example sends
/// one.
///
/// # Errors
///
/// As [`client::Connection::send_head`](http1::client::Connection::send_head).
pub fn send_request(
    connection: &mut http1::client::Connection,
    opening: &client::Opening<'_>,
    target: &str,
    host: &str,
    more: &[Field<'_>],
    out: &mut impl BufMut,
) -> Result<usize, SendError> {
    let own = request_fields(opening, host);
    let line = RequestLine::new(Method::GET, target);
    let written = connection.send_head(&line, &with_more(&own, more), BodyLength::None, out)?;
    Ok(written + connection.send_end(&[], out)?)
}

/// Looks for the answer to a request for a WebSocket in the head of a response: `None` in an interim one, behind which
/// the answer is still to come. 101 opens the WebSocket, and any final response refuses it (RFC 6455 section 4.1).
///
/// RFC 9110 section 15.2: "A client MUST be able to parse one or more 1xx responses received prior to a final response". The
/// module's example passes over one.
///
/// # Errors
///
/// As [`client::Opening::read`]; a final response is a
/// [`ResponseStatus`](wirekit_websocket::handshake::ErrorKind::ResponseStatus).
pub fn accepted<'a>(
    opening: &client::Opening<'_>,
    head: &ResponseHead<'a>,
    offered: &mut [&mut dyn Negotiate],
) -> Result<Option<client::Accepted<'a>>, Error> {
    let fields = HeadFields {
        fields: head.fields().iter(),
    };
    opening.read(head.status().0, fields, offered)
}

fn request_fields(opening: &client::Opening<'_>, host: &str) -> Vec<(&'static str, String)> {
    let mut fields = written(opening.fields());
    fields.insert(0, ("Host", host.into()));
    fields
}

fn written<'v>(
    fields: impl Iterator<Item = (&'static str, Value<'v>)>,
) -> Vec<(&'static str, String)> {
    fields
        .map(|(name, value)| (name, value.to_string()))
        .collect()
}

fn with_more<'v>(
    own: &'v [(&'static str, impl AsRef<[u8]>)],
    more: &[Field<'v>],
) -> Vec<Field<'v>> {
    let own = own.iter().map(|(name, value)| Field::new(name, value));
    own.chain(more.iter().copied()).collect()
}

fn opening_line(response: &server::Response<'_>) -> StatusLine<'static> {
    StatusLine::new(StatusCode(response.status()))
}

fn refusal<'v>(error: Error, more: &[Field<'v>]) -> (StatusLine<'static>, Vec<Field<'v>>) {
    let kind = error.kind();
    let status = kind.status().map_or(StatusCode::BAD_REQUEST, StatusCode);
    let fields = with_more(kind.response_fields(), more);
    (StatusLine::new(status), fields)
}

#[cfg(test)]
mod tests {
    use wirekit_http1::client::{Connection as Client, Event};
    use wirekit_http1::{Config, FieldTable};
    use wirekit_websocket::handshake::{ErrorKind, Key};

    use super::*;

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

            // A connection adds what the request's version asks for, and to this request no switch is the answer any more.
            let mut connection = Connection::new(Config::DEFAULT);
            connection.receive(request, &mut table).unwrap();
            let mut sent = Vec::new();
            send_refusal(&mut connection, refusal, &[], &mut sent).unwrap();
            let sent = String::from_utf8(sent).unwrap();
            assert_eq!(
                sent.replace("Connection: close\r\n", "").as_bytes(),
                response
            );
            assert!(!connection.is_switched());
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

    #[test]
    fn the_length_is_that_of_what_was_written() {
        let opening = client::Opening::upgrade(Key::from_nonce(*b"the sample nonce"));
        let (mut request, mut sent) = (Vec::new(), Vec::new());
        let len = encode_request(&opening, "/", "a", &[], &mut request);
        assert_eq!(len, Ok(request.len()));
        let mut connection = Client::new(Config::DEFAULT);
        let len = send_request(&mut connection, &opening, "/", "a", &[], &mut sent);
        assert_eq!((len, &sent), (Ok(request.len()), &request));

        let (mut connection, mut table) = (Connection::new(Config::DEFAULT), FieldTable::new());
        let received = connection.receive(&request, &mut table).unwrap();
        let Some((http1::server::Event::Head { head, .. }, _)) = received else {
            panic!("{received:?}");
        };
        let opening = super::opening(&head).unwrap();
        let response = opening.respond(None, "").unwrap();
        let (mut encoded, mut sent) = (Vec::new(), Vec::new());
        let len = encode_response(&response, &[], &mut encoded);
        assert_eq!(len, Ok(encoded.len()));
        let len = send_response(&mut connection, &response, &[], &mut sent);
        assert_eq!((len, &sent), (Ok(encoded.len()), &encoded));
    }

    /// What a server sends, and how many interim responses there are before the answer, or why it is none.
    type Row<'a> = (&'a [&'a [u8]], Result<usize, ErrorKind>);

    // RFC 9110 section 15.2, and RFC 6455 section 4.1 for what any other status means.
    #[test]
    fn the_answer_comes_behind_interim_responses() {
        let answer =
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
            Sec-WebSocket-Accept: BACScCJPNqyz+UBoqMH89VmURoA=\r\n\r\n";
        let refusal = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n";
        let status = ErrorKind::ResponseStatus { status: 503 };
        let rows: [Row<'_>; 4] = [
            (&[answer], Ok(0)),
            (
                &[b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", answer],
                Ok(1),
            ),
            (
                &[
                    b"HTTP/1.1 100 Continue\r\n\r\n",
                    b"HTTP/1.1 102 Processing\r\n\r\n",
                    answer,
                ],
                Ok(2),
            ),
            (&[b"HTTP/1.1 103 Early Hints\r\n\r\n", refusal], Err(status)),
        ];
        for (heads, expected) in rows {
            let received = [&heads.concat()[..], b"\x81\x00"].concat();
            for step in 1..=received.len() {
                let opening = client::Opening::upgrade(Key::from_nonce(*b"0123456789abcdef"));
                let (mut connection, mut table) = (Client::new(Config::DEFAULT), FieldTable::new());
                send_request(&mut connection, &opening, "/", "a", &[], &mut Vec::new()).unwrap();
                let (mut at, mut have, mut interim) = (0, 0, 0);
                let outcome = loop {
                    let next = connection.receive(&received[at..have], &mut table).unwrap();
                    let Some((event, used)) = next else {
                        have = (have + step).min(received.len());
                        continue;
                    };
                    at += used;
                    let (Event::Interim { head, .. } | Event::Head { head, .. }) = event else {
                        panic!("{event:?}");
                    };
                    match accepted(&opening, &head, &mut []) {
                        Ok(None) => interim += 1,
                        Ok(Some(_)) => break Ok(interim),
                        Err(error) => break Err(error.kind()),
                    }
                };
                assert_eq!(outcome, expected);
                assert_eq!(connection.is_switched(), expected.is_ok());
                assert_eq!(at, received.len() - 2);
            }
        }
    }
}
