use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::net::SocketAddr;

use bytes::BufMut;

use crate::http1::{self, BodyLength, Method, Quirks, StatusCode, StatusLine};
use crate::uwsgi::request::{Forwarded, Meta, Names, Peer, Prefix, Protocol, RequestBuilder};
use crate::uwsgi::{EncodeError, Field, Header};

/// A uwsgi server behind a proxy: what is said to it, and what it takes.
#[derive(Clone, Copy, Debug)]
pub struct Upstream<'a> {
    prefix: Prefix<'a>,
    header: Header,
    peer: Peer,
    names: Names,
    forwarded: Forwarded,
    pub(super) quirks: Quirks,
    pub(super) max_held_len: usize,
}

/// Why a request is not sent on; [`Refusal::status`] is the answer to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The head breaks a rule of HTTP.
    #[error("{0}")]
    Http1(http1::Error),
    /// A `%` in the path without two hexadecimal digits behind it.
    #[error("broken percent-encoding in the path")]
    PercentEncoding,
    /// The request asks for a tunnel, and an application is none.
    #[error("a tunnel was asked for")]
    Tunnel,
    /// The body is chunked: its length is known only when all of it is here, and uwsgi wants it first.
    #[error("length of a chunked body is not known")]
    LengthRequired,
    /// The body is chunked, and larger than what is held back.
    #[error("chunked body is too large to be held back")]
    BodyTooLarge,
    /// The packet cannot be made.
    #[error("{0}")]
    Encode(EncodeError),
}

impl Refusal {
    /// The status of the answer.
    pub const fn status(self) -> StatusCode {
        match self {
            Self::Http1(error) => error.kind().status(),
            Self::PercentEncoding => StatusCode(400),
            Self::Tunnel => StatusCode(501),
            Self::LengthRequired => StatusCode(411),
            Self::BodyTooLarge => StatusCode(413),
            Self::Encode(error) => StatusCode(error.status()),
        }
    }

    /// Appends the answer to the client, after which its connection is closed.
    ///
    /// # Errors
    ///
    /// `OutputTooSmall`; nothing is written then.
    pub fn encode(self, out: &mut impl BufMut) -> Result<usize, http1::EncodeError> {
        encode_refusal(self.status(), out)
    }
}

impl<'a> Upstream<'a> {
    /// A WSGI server that gets these constants with every request.
    pub const fn new(prefix: Prefix<'a>) -> Self {
        Self {
            prefix,
            header: Header::WSGI,
            peer: Peer::UNLIMITED,
            names: Names::Drop,
            forwarded: Forwarded::Overwrite,
            quirks: Quirks::NONE,
            max_held_len: 1024 * 1024,
        }
    }

    /// Sets how many bytes of a chunked body [`Front`](super::Front) holds back until its length is known, for
    /// the packet says it first; 1 MiB by default, as nginx's `client_max_body_size`.
    ///
    /// A larger body is refused with 413; with 0 every chunked body is, with 411. A body that says its length is never
    /// held back.
    #[must_use]
    pub const fn max_held_len(self, max_held_len: usize) -> Self {
        Self {
            max_held_len,
            ..self
        }
    }

    /// Sets the modifiers.
    #[must_use]
    pub const fn header(self, header: Header) -> Self {
        Self { header, ..self }
    }

    /// Sets what the server takes.
    #[must_use]
    pub const fn peer(self, peer: Peer) -> Self {
        Self { peer, ..self }
    }

    /// Sets what happens to names that are not safe to pass on.
    #[must_use]
    pub const fn names(self, names: Names) -> Self {
        Self { names, ..self }
    }

    /// Sets what is said about the client.
    #[must_use]
    pub const fn forwarded(self, forwarded: Forwarded) -> Self {
        Self { forwarded, ..self }
    }

    /// Sets the quirks with which the heads were parsed.
    #[must_use]
    pub const fn quirks(self, quirks: Quirks) -> Self {
        Self { quirks, ..self }
    }

    /// Appends the packet of a request, and says how many bytes it took; the body is to follow it.
    ///
    /// `buffered` is the length of a chunked body that is all here, without its coding. An upgrade is asked for only
    /// where it is to `websocket`: passed on, `h2c` would open a way past every rule.
    ///
    /// # Errors
    ///
    /// A [`Refusal`]; nothing is written then.
    pub fn encode(
        &self,
        head: &http1::RequestHead<'_>,
        remote: Option<SocketAddr>,
        buffered: Option<u64>,
        out: &mut impl BufMut,
    ) -> Result<usize, Refusal> {
        let framing = head.framing(self.quirks).map_err(Refusal::Http1)?;
        if head.method() == Method::CONNECT {
            return Err(Refusal::Tunnel);
        }
        let content_length = match framing.body() {
            BodyLength::Length(length) => length,
            BodyLength::None => 0,
            BodyLength::Chunked | BodyLength::UntilClose => {
                buffered.ok_or(Refusal::LengthRequired)?
            }
        };
        let uri = head
            .target_uri(self.prefix.scheme())
            .map_err(Refusal::Http1)?;
        let path = match uri.path {
            // RFC 9110 section 4.2.3: but for OPTIONS, an empty path is `/`.
            "" if head.method() != Method::OPTIONS => "/",
            path => path,
        };
        let path = path_info(path.as_bytes()).ok_or(Refusal::PercentEncoding)?;
        let upgrade = framing.upgrade() && asks_for_websocket(head);
        let protocol = if head.version().minor() == 0 {
            Protocol::Http10
        } else {
            Protocol::Http11
        };

        let method = head.method();
        let meta = Meta::new(method.as_bytes(), head.target_bytes())
            .path_info(&path)
            .query_string(uri.query.unwrap_or_default().as_bytes())
            .protocol(protocol)
            .host((!uri.authority.is_empty()).then_some(uri.authority.as_bytes()))
            .remote(remote)
            .content_length(content_length)
            .upgrade(upgrade.then_some(b"websocket"))
            .forwarded(self.forwarded);
        let values: Vec<Cow<'_, [u8]>> =
            head.fields().iter().map(|field| field.unfolded()).collect();
        let fields: Vec<Field<'_>> = head
            .fields()
            .iter()
            .zip(&values)
            .map(|(field, value)| Field::new(field.name, value))
            .collect();
        RequestBuilder::new(self.prefix, meta, &fields)
            .header(self.header)
            .names(self.names)
            .peer(self.peer)
            .encode(out)
            .map_err(Refusal::Encode)
    }
}

/// An answer without content, after which the connection is closed.
pub(super) fn encode_refusal(
    status: StatusCode,
    out: &mut impl BufMut,
) -> Result<usize, http1::EncodeError> {
    let fields = [http1::Field::new("Connection", "close")];
    StatusLine::new(status).encode(&fields, BodyLength::Length(0), out)
}

/// Whether `Upgrade` offers `websocket`.
pub(super) fn asks_for_websocket(head: &http1::RequestHead<'_>) -> bool {
    let mut offers = head
        .fields()
        .iter()
        .filter(|field| field.is_named("upgrade"));
    offers.any(|field| {
        field
            .elements()
            .any(|protocol| protocol.eq_ignore_ascii_case(b"websocket"))
    })
}

/// A path as `PATH_INFO` has it, percent-decoded; `None` for a `%` without two hexadecimal digits behind it.
///
/// Dot segments stay: what they mean is the application's to say.
pub fn path_info(path: &[u8]) -> Option<Cow<'_, [u8]>> {
    if !path.contains(&b'%') {
        return Some(Cow::Borrowed(path));
    }
    let mut decoded = Vec::with_capacity(path.len());
    let mut rest = path;
    loop {
        match rest {
            [] => return Some(Cow::Owned(decoded)),
            [b'%', high, low, after @ ..] => {
                decoded.push((digit(*high)? << 4) | digit(*low)?);
                rest = after;
            }
            [b'%', ..] => return None,
            [byte, after @ ..] => {
                decoded.push(*byte);
                rest = after;
            }
        }
    }
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::String;
    use alloc::vec;

    use super::*;
    use crate::http1::{Config, FieldTable, RequestHead};
    use crate::uwsgi::{Packet, Var};

    fn encode(request: &str, buffered: Option<u64>) -> Result<Vec<String>, u16> {
        let mut storage = [0; 64];
        let constants = [
            Var::new(b"SERVER_NAME", b"s"),
            Var::new(b"SERVER_PORT", b"80"),
        ];
        let upstream = Upstream::new(Prefix::encode(&constants, &mut storage).unwrap());
        let mut fields = FieldTable::new();
        let config = Config::DEFAULT.quirks(Quirks::OBS_FOLD);
        let (head, _) = RequestHead::parse_with(request.as_bytes(), &mut fields, &config)
            .unwrap()
            .unwrap();
        let mut packet = vec![];
        let outcome = upstream.encode(
            &head,
            Some("192.0.2.1:5".parse().unwrap()),
            buffered,
            &mut packet,
        );
        if let Err(refusal) = outcome {
            assert!(packet.is_empty());
            return Err(refusal.status().0);
        }
        let (packet, _) = Packet::parse(&packet).unwrap();
        Ok(packet
            .vars()
            .unwrap()
            .iter()
            .skip(2)
            .map(|var| String::from_utf8([var.key, b"=", var.value].concat()).unwrap())
            .collect())
    }

    #[test]
    fn a_head_becomes_a_packet() {
        let vars = encode(
            "POST /a%2Fb%20c?x=%20 HTTP/1.0\r\nContent-Length: 3\r\nX-A: 1\r\n\r\n",
            None,
        )
        .unwrap();
        let expected = [
            "REQUEST_METHOD=POST",
            "REQUEST_URI=/a%2Fb%20c?x=%20",
            "PATH_INFO=/a/b c",
            "QUERY_STRING=x=%20",
            "SERVER_PROTOCOL=HTTP/1.0",
            "CONTENT_LENGTH=3",
            "REMOTE_ADDR=192.0.2.1",
            "REMOTE_PORT=5",
            "HTTP_X_FORWARDED_FOR=192.0.2.1",
            "HTTP_X_FORWARDED_PROTO=http",
            "HTTP_X_A=1",
        ];
        assert_eq!(vars, expected);
    }

    // RFC 9112 section 5.2: "replace each received obs-fold with one or more SP octets prior to interpreting the field
    // value or forwarding the message downstream".
    #[test]
    fn a_folded_value_is_sent_on_in_one_line() {
        let vars = encode("GET / HTTP/1.1\r\nHost: a\r\nX-A: b,\r\n \tc\r\n\r\n", None);
        assert!(vars.unwrap().contains(&"HTTP_X_A=b, c".into()));
    }

    #[test]
    fn the_authority_of_the_target_is_the_host() {
        let vars = encode(
            "GET http://good.example/env HTTP/1.1\r\nHost: evil.example\r\n\r\n",
            None,
        )
        .unwrap();
        assert!(
            vars.contains(&"HTTP_HOST=good.example".into())
                && vars.contains(&"PATH_INFO=/env".into())
        );
        assert!(!vars.iter().any(|var| var.contains("evil")));
    }

    #[test]
    fn every_form_of_target_has_its_path() {
        // RFC 9112 section 3.2; RFC 9110 section 4.2.3 for an empty path.
        #[rustfmt::skip]
        let rows: &[(&str, &str, &str, &str)] = &[
            ("GET /a?b?c=%zz", "PATH_INFO=/a", "QUERY_STRING=b?c=%zz", "HTTP_HOST=h:80"),
            ("GET //a/../b;c", "PATH_INFO=//a/../b;c", "QUERY_STRING=", "HTTP_HOST=h:80"),
            ("GET http://a/b", "PATH_INFO=/b", "QUERY_STRING=", "HTTP_HOST=a"),
            ("GET http://a", "PATH_INFO=/", "QUERY_STRING=", "HTTP_HOST=a"),
            ("GET http://a?b", "PATH_INFO=/", "QUERY_STRING=b", "HTTP_HOST=a"),
            ("OPTIONS http://a", "PATH_INFO=", "QUERY_STRING=", "HTTP_HOST=a"),
            ("OPTIONS *", "PATH_INFO=", "QUERY_STRING=", "HTTP_HOST=h:80"),
        ];
        for (line, path, query, host) in rows {
            let vars = encode(
                &alloc::format!("{line} HTTP/1.1\r\nHost: h:80\r\n\r\n"),
                None,
            );
            let vars = vars.unwrap();
            for expected in [*path, *query, *host] {
                assert!(vars.contains(&expected.into()), "{line}: {vars:?}");
            }
        }
    }

    #[test]
    fn only_websocket_is_upgraded_to() {
        let request = |upgrade| {
            alloc::format!(
                "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: {upgrade}\r\n\r\n"
            )
        };
        let websocket = encode(&request("WebSocket"), None).unwrap();
        assert!(websocket.contains(&"HTTP_UPGRADE=websocket".into()));
        assert!(websocket.contains(&"HTTP_CONNECTION=Upgrade".into()));
        let h2c = encode(&request("h2c"), None).unwrap();
        assert!(
            !h2c.iter()
                .any(|var| var.starts_with("HTTP_UPGRADE") || var.starts_with("HTTP_CONNECTION"))
        );
    }

    #[test]
    fn what_cannot_be_sent_on_has_a_status() {
        let chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
        assert_eq!(encode(chunked, None), Err(411));
        let vars = encode(chunked, Some(7)).unwrap();
        assert!(
            vars.contains(&"CONTENT_LENGTH=7".into())
                && !vars.iter().any(|var| var.contains("TRANSFER"))
        );
        for (target, status) in [("/%0", 400), ("/%zz", 400), ("/%00", 400), ("/%0d%0a", 400)] {
            assert_eq!(
                encode(
                    &alloc::format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n"),
                    None
                ),
                Err(status),
                "{target}"
            );
        }
        assert_eq!(
            encode("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", None),
            Err(501)
        );
        let large = alloc::format!(
            "GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n",
            "x".repeat(20_000)
        );
        assert!(encode(&large, None).is_ok());
    }
}
