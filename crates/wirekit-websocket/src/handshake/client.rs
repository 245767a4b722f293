//! A client's half: the request's fields, and the check of the response (RFC 6455 section 4.1, RFC 8441 section 5).
//!
//! A server may send interim responses before the one that counts: "A client MUST be able to parse one or more 1xx
//! responses received prior to a final response, even if the client does not expect one" (RFC 9110 section 15.2). So
//! responses are read until [`Opening::read`] has an answer; frames follow right behind its head.
//!
//! ```
//! use wirekit_websocket::handshake::Key;
//! use wirekit_websocket::handshake::client::Opening;
//!
//! // What an HTTP parser makes of what the server sends: status and fields.
//! let hints: &[(&[u8], &[u8])] = &[(b"Link", b"</style.css>; rel=preload")];
//! let switch: &[(&[u8], &[u8])] = &[
//!     (b"Upgrade", b"websocket"),
//!     (b"Connection", b"Upgrade"),
//!     (b"Sec-WebSocket-Accept", b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
//! ];
//! let mut heads = [(103, hints), (101, switch)].into_iter();
//!
//! let opening = Opening::upgrade(Key::from_nonce(*b"the sample nonce"));
//! let accepted = loop {
//!     let (status, fields) = heads.next().ok_or("the connection ended without an answer")?;
//!     if let Some(accepted) = opening.read(status, fields.iter().copied(), &mut [])? {
//!         break accepted;
//!     }
//! };
//! assert_eq!(accepted.subprotocol(), None);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use wirekit_http::token::is_tchar;

use super::fields::{
    ACCEPT, CONNECTION, EXTENSIONS, Fields, KEY, ORIGIN, PROTOCOL, UPGRADE, VERSION, Value,
    check_extensions, extensions, refuse_hop_fields, require_extension, require_member, single,
    values,
};
use super::subprotocol::check_own;
use super::{Error, ErrorKind, Key};
use crate::extension::{self, InUse, Negotiate};

/// A request for a WebSocket, and the check of its answer: RFC 6455 section 4.1.
///
/// The request is a GET of HTTP/1.1 with [`Opening::fields`] beside its Host, or the extended CONNECT of HTTP/2
/// and HTTP/3 with `:protocol` `websocket` (RFC 8441 section 5, RFC 9220).
///
/// ```
/// use wirekit_websocket::handshake::{Key, client::Opening};
///
/// let opening = Opening::upgrade(Key::from_nonce(*b"the sample nonce")).subprotocols(&["chat"])?;
/// for (name, value) in opening.fields() {
///     println!("{name}: {value}"); // into the request, behind its Host
/// }
/// let response: [(&[u8], &[u8]); 4] = [
///     (b"Upgrade", b"websocket"),
///     (b"Connection", b"Upgrade"),
///     (b"Sec-WebSocket-Accept", b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), // RFC 6455 section 1.3
///     (b"Sec-WebSocket-Protocol", b"chat"),
/// ];
/// let accepted = opening.read(101, response.into_iter(), &mut [])?.expect("the final response");
/// assert_eq!(accepted.subprotocol(), Some("chat"));
/// # Ok::<(), wirekit_websocket::handshake::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening<'s> {
    key: Option<Key>,
    origin: Option<&'s str>,
    subprotocols: &'s [&'s str],
    extensions: &'s str,
}

impl<'s> Opening<'s> {
    /// A request by HTTP/1.1's Upgrade. The key must be new and random for each connection.
    #[must_use]
    pub const fn upgrade(key: Key) -> Self {
        Self {
            key: Some(key),
            origin: None,
            subprotocols: &[],
            extensions: "",
        }
    }

    /// A request by extended CONNECT, which has no key: its `:protocol` took over what the key proves.
    #[must_use]
    pub const fn extended_connect() -> Self {
        Self {
            key: None,
            origin: None,
            subprotocols: &[],
            extensions: "",
        }
    }

    /// The same request on behalf of a page of this origin.
    #[must_use]
    pub const fn origin(mut self, origin: &'s str) -> Self {
        self.origin = Some(origin);
        self
    }

    /// The same request with the subprotocols that the client speaks, the preferred first.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::SubprotocolSyntax`], [`ErrorKind::SubprotocolRepeated`].
    pub fn subprotocols(mut self, subprotocols: &'s [&'s str]) -> Result<Self, Error> {
        check_own(subprotocols)?;
        self.subprotocols = subprotocols;
        Ok(self)
    }

    /// The same request with what [`extension::write_offer`] wrote.
    #[must_use]
    pub const fn extensions(mut self, offer: &'s str) -> Self {
        self.extensions = offer;
        self
    }

    /// The fields to send. Host, and whatever else the request needs, is the caller's.
    pub fn fields(&self) -> impl Iterator<Item = (&'static str, Value<'_>)> {
        let key = self.key.as_ref().map(Key::as_str);
        let text = |value: Option<&'s str>| value.map(Value::Text);
        [
            (UPGRADE, text(key.map(|_| "websocket"))),
            (CONNECTION, text(key.map(|_| "Upgrade"))),
            (KEY, key.map(Value::Text)),
            (VERSION, text(Some("13"))),
            (ORIGIN, text(self.origin)),
            (
                PROTOCOL,
                Some(Value::List(self.subprotocols)).filter(|_| !self.subprotocols.is_empty()),
            ),
            (
                EXTENSIONS,
                text(Some(self.extensions).filter(|extensions| !extensions.is_empty())),
            ),
        ]
        .into_iter()
        .filter_map(|(name, value)| value.map(|value| (name, value)))
    }

    /// Checks a response; `None` for an interim one (1xx, but 101 where that is the answer), behind which the answer is still
    /// to come (RFC 9110 section 15.2). `offered` are the extensions whose offers [`Opening::extensions`] took, in that order.
    ///
    /// # Errors
    ///
    /// Any rule that a server can break; the client must then close the connection. A response with
    /// [`ErrorKind::ResponseStatus`] is an ordinary answer, such as a redirect, to be handled as HTTP says.
    pub fn read<'a>(
        &self,
        status: u16,
        fields: impl Fields<'a>,
        offered: &mut [&mut dyn Negotiate],
    ) -> Result<Option<Accepted<'a>>, Error> {
        if (100..200).contains(&status) && status != 101 {
            return Ok(None);
        }
        match self.key {
            Some(key) => Self::read_upgrade(key, status, &fields)?,
            None if !(200..300).contains(&status) => {
                return Err(Error::new(ErrorKind::ResponseStatus { status }, 0));
            }
            None => refuse_hop_fields(&fields)?,
        }
        let subprotocol = self.read_subprotocol(&fields)?;
        check_extensions(&fields)?;
        require_extension(&fields)?;
        let extensions = extension::confirm(extensions(fields), offered)?;
        Ok(Some(Accepted {
            subprotocol,
            extensions,
        }))
    }

    fn read_upgrade<'a>(key: Key, status: u16, fields: &impl Fields<'a>) -> Result<(), Error> {
        if status != 101 {
            return Err(Error::new(ErrorKind::ResponseStatus { status }, 0));
        }
        // Here, other than in a request, the whole value must match.
        let mut upgrades = values(fields.clone(), UPGRADE);
        match (upgrades.next(), upgrades.next()) {
            (None, _) => return Err(Error::new(ErrorKind::ResponseUpgradeMissing, 0)),
            (Some(value), None) if value.eq_ignore_ascii_case(b"websocket") => {}
            _ => return Err(Error::new(ErrorKind::ResponseUpgradeUnknown, 0)),
        }
        let connection = (
            ErrorKind::ResponseConnectionMissing,
            ErrorKind::ResponseConnectionWithoutUpgrade,
        );
        require_member(fields, CONNECTION, "upgrade", connection)?;
        let accept = single(fields, ACCEPT, ErrorKind::AcceptRepeated)?;
        let accept = accept.ok_or(Error::new(ErrorKind::AcceptMissing, 0))?;
        if key.accept().answers(accept) {
            Ok(())
        } else {
            Err(Error::new(ErrorKind::AcceptMismatch, 0))
        }
    }

    fn read_subprotocol<'a>(&self, fields: &impl Fields<'a>) -> Result<Option<&'a str>, Error> {
        let Some(value) = single(fields, PROTOCOL, ErrorKind::SubprotocolSeveral)? else {
            return Ok(None);
        };
        if let Some(offset) = value.iter().position(|&byte| !is_tchar(byte)) {
            let comma = value.get(offset) == Some(&b',');
            let kind = if comma {
                ErrorKind::SubprotocolSeveral
            } else {
                ErrorKind::SubprotocolSyntax
            };
            return Err(Error::new(kind, offset));
        }
        let chosen = core::str::from_utf8(value)
            .ok()
            .filter(|chosen| !chosen.is_empty());
        match chosen {
            None => Err(Error::new(ErrorKind::SubprotocolSyntax, 0)),
            Some(chosen) if self.subprotocols.contains(&chosen) => Ok(Some(chosen)),
            Some(_) => Err(Error::new(ErrorKind::SubprotocolUnasked, 0)),
        }
    }
}

/// What the server agreed to: RFC 6455 section 4.1. The example of [`Opening`] asks it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted<'a> {
    subprotocol: Option<&'a str>,
    extensions: InUse,
}

impl<'a> Accepted<'a> {
    /// The subprotocol that the server chose.
    #[must_use]
    pub const fn subprotocol(&self) -> Option<&'a str> {
        self.subprotocol
    }

    /// Which of the offered extensions are in use.
    #[must_use]
    pub const fn extensions(&self) -> InUse {
        self.extensions
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::format;
    use std::string::String;
    use std::vec::Vec;

    use super::super::fields::from_lines as fields;
    use super::*;

    const KEY: [u8; 16] = *b"the sample nonce";

    fn opening() -> Opening<'static> {
        Opening::upgrade(Key::from_nonce(KEY))
            .subprotocols(&["chat", "superchat"])
            .unwrap()
    }

    #[test]
    fn request_has_the_fields_of_section_4_1() {
        let opening = opening().origin("http://example.com").extensions("x-trace");
        let sent: String = opening
            .fields()
            .map(|(name, value)| format!("{name}: {value}\n"))
            .collect();
        assert_eq!(
            sent,
            "Upgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n\
             Sec-WebSocket-Version: 13\nOrigin: http://example.com\nSec-WebSocket-Protocol: chat, superchat\n\
             Sec-WebSocket-Extensions: x-trace\n"
        );
        // RFC 8441 section 5: neither key nor Connection and Upgrade.
        let sent: Vec<_> = Opening::extended_connect()
            .fields()
            .map(|(name, _)| name)
            .collect();
        assert_eq!(sent, ["Sec-WebSocket-Version"]);
    }

    #[test]
    fn subprotocols_to_send_are_unique_tokens() {
        let opening = Opening::extended_connect();
        #[rustfmt::skip]
        let rows: [(&[&str], ErrorKind, usize); 3] = [
            (&["a", ""],        ErrorKind::SubprotocolSyntax,   3),
            (&["a", "b c"],     ErrorKind::SubprotocolSyntax,   3),
            (&["a", "bc", "a"], ErrorKind::SubprotocolRepeated, 7),
        ];
        for (list, kind, offset) in rows {
            assert_eq!(
                opening.subprotocols(list),
                Err(Error::new(kind, offset)),
                "{list:?}"
            );
        }
    }

    #[test]
    fn response_of_section_1_2_is_accepted() {
        #[rustfmt::skip]
        let rows = [
            ("Upgrade: websocket|Connection: Upgrade|Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=|Sec-WebSocket-Protocol: chat", Some("chat")),
            // "ignoring any leading and trailing whitespace"; any case; other options
            ("upgrade: WebSocket |connection: keep-alive,UPGRADE|sec-websocket-accept: \ts3pPLMBiTxaQ9kYGzzhZRbK+xOo= ", None),
        ];
        for (text, subprotocol) in rows {
            let accepted = opening().read(101, fields(text), &mut []).unwrap().unwrap();
            assert_eq!(accepted.subprotocol(), subprotocol);
            assert_eq!(accepted.extensions(), InUse::default());
        }
        let accepted = Opening::extended_connect()
            .read(204, fields(""), &mut [])
            .unwrap()
            .unwrap();
        assert_eq!(accepted.subprotocol(), None);
    }

    #[test]
    fn interim_responses_are_no_answer() {
        // RFC 9110 section 15.2: "A user agent MAY ignore unexpected 1xx responses", known or not, whatever they say.
        for status in [100, 102, 103, 199] {
            for opening in [opening(), Opening::extended_connect()] {
                for text in ["", "Link: </a>; rel=preload", "Sec-WebSocket-Accept: wrong"] {
                    let read = opening.read(status, fields(text), &mut []);
                    assert_eq!(read, Ok(None), "{status} {text}");
                }
            }
        }
    }

    #[test]
    fn responses_are_refused_by_rule() {
        use ErrorKind::*;
        #[rustfmt::skip]
        let rows: [(u16, &str, ErrorKind, usize); 21] = [
            // RFC 6455 section 4.1, the second list
            (200, "U|C|A", ResponseStatus { status: 200 }, 0),
            (301, "Location: ws://elsewhere.test", ResponseStatus { status: 301 }, 0),
            (101, "C|A", ResponseUpgradeMissing, 0),
            (101, "Upgrade: h2c|C|A", ResponseUpgradeUnknown, 0),
            (101, "Upgrade: h2c, websocket|C|A", ResponseUpgradeUnknown, 0),
            (101, "U|Upgrade: h2c|C|A", ResponseUpgradeUnknown, 0),
            (101, "U|A", ResponseConnectionMissing, 0),
            (101, "U|Connection: close|A", ResponseConnectionWithoutUpgrade, 0),
            (101, "U|C", AcceptMissing, 0),
            (101, "U|C|A|A", AcceptRepeated, 0),
            (101, "U|C|Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOO=", AcceptMismatch, 0),
            (101, "U|C|Sec-WebSocket-Accept: dGhlIHNhbXBsZSBub25jZQ==", AcceptMismatch, 0),
            (101, "U|C|A|Sec-WebSocket-Protocol: soap", SubprotocolUnasked, 0),
            (101, "U|C|A|Sec-WebSocket-Protocol: Chat", SubprotocolUnasked, 0),
            (101, "U|C|A|Sec-WebSocket-Protocol: chat, superchat", SubprotocolSeveral, 4),
            (101, "U|C|A|Sec-WebSocket-Protocol: chat|Sec-WebSocket-Protocol: superchat", SubprotocolSeveral, 0),
            (101, "U|C|A|Sec-WebSocket-Protocol: ", SubprotocolSyntax, 0),
            (101, "U|C|A|Sec-WebSocket-Extensions: permessage-deflate", ExtensionUnasked, 0),
            // section 9.1, 1#extension, and RFC 9110 section 5.6.1.2
            (101, "U|C|A|Sec-WebSocket-Extensions: ", ExtensionListEmpty, 0),
            (101, "U|C|A|Sec-WebSocket-Extensions: |Sec-WebSocket-Extensions: ,", ExtensionListEmpty, 1),
            (101, "U|C|A|Sec-WebSocket-Extensions: |Sec-WebSocket-Extensions: a;", ExtensionToken, 2),
        ];
        for (status, text, kind, offset) in rows {
            let written = text.split('|').map(|line| match line {
                "U" => "Upgrade: websocket",
                "C" => "Connection: Upgrade",
                "A" => "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
                line => line,
            });
            let fields: Vec<(&[u8], &[u8])> = written
                .map(|line| line.split_once(':').unwrap())
                .map(|(name, value)| (name.as_bytes(), value.as_bytes()))
                .collect();
            let error = opening()
                .read(status, fields.into_iter(), &mut [])
                .unwrap_err();
            assert_eq!(
                (error.kind(), error.offset()),
                (kind, offset),
                "{status} {text}"
            );
            assert!(matches!(kind, SubprotocolSyntax | ExtensionToken) || kind.status().is_none());
        }
        #[rustfmt::skip]
        let rows = [
            (101, "", ResponseStatus { status: 101 }), // RFC 8441 section 5: 2xx
            (200, "Upgrade: websocket", HopField),
        ];
        for (status, text, kind) in rows {
            let error = Opening::extended_connect()
                .read(status, fields(text), &mut [])
                .unwrap_err();
            assert_eq!(error.kind(), kind);
        }
    }
}
