//! A server's half: read the request, decide, answer (RFC 6455 section 4.2, RFC 8441 section 5).

use core::fmt;

use super::fields::{
    ACCEPT, CONNECTION, EXTENSIONS, Fields, HOST, KEY, ORIGIN, PROTOCOL, UPGRADE, VERSION, Value,
    check_extensions, extensions, refuse_hop_fields, require_member, single,
};
use super::{Accept, Error, ErrorKind, Key, OriginPolicy, Subprotocols};
use crate::extension::{self, Extension, InUse, Negotiate};

/// How a request asks for a WebSocket, beside its fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Start<'a> {
    /// HTTP/1.1 with Upgrade.
    Upgrade {
        /// The method.
        method: &'a [u8],
        /// Major and minor version: `(1, 1)`.
        version: (u8, u8),
    },
    /// The extended CONNECT of HTTP/2 (RFC 8441) and HTTP/3 (RFC 9220).
    ExtendedConnect {
        /// `:method`.
        method: &'a [u8],
        /// `:protocol`.
        protocol: Option<&'a [u8]>,
        /// `:scheme`.
        scheme: Option<&'a [u8]>,
        /// `:path`.
        path: Option<&'a [u8]>,
        /// `:authority`, which [`OriginPolicy::SameHost`] compares.
        authority: Option<&'a [u8]>,
    },
}

/// A request that asks for a WebSocket in every way that the RFC requires.
///
/// What it does not decide: whether the resource exists, who may use it (401, 404), and the Origin, which
/// [`Opening::check_origin`] does.
#[derive(Clone, Debug)]
pub struct Opening<'a, F> {
    key: Option<Key>,
    host: Option<&'a [u8]>,
    origin: Option<&'a [u8]>,
    subprotocols: Subprotocols<F>,
    fields: F,
}

impl<'a, F: Fields<'a>> Opening<'a, F> {
    /// Checks a request. The first rule broken is the one reported, in the order of the RFC's list, but for the
    /// version, which decides what the other fields mean.
    ///
    /// # Errors
    ///
    /// Any kind that has a status, but the two about the Origin's value. Answer with
    /// [`ErrorKind::status`] and [`ErrorKind::response_fields`].
    pub fn read(start: Start<'a>, fields: F) -> Result<Self, Error> {
        let (key, host) = match start {
            Start::Upgrade { method, version } => Self::read_upgrade(method, version, &fields)?,
            Start::ExtendedConnect {
                method,
                protocol,
                scheme,
                path,
                authority,
            } => {
                refuse(method != b"CONNECT", ErrorKind::Method)?;
                let protocol = required(protocol, ErrorKind::ProtocolMissing)?;
                refuse(protocol != b"websocket", ErrorKind::ProtocolUnknown)?;
                let scheme = required(scheme, ErrorKind::SchemeMissing)?;
                refuse(
                    !matches!(scheme, b"http" | b"https"),
                    ErrorKind::SchemeUnknown,
                )?;
                required(path, ErrorKind::PathMissing)?;
                refuse_hop_fields(&fields)?;
                check_version(&fields)?;
                (None, authority)
            }
        };
        let origin = single(&fields, ORIGIN, ErrorKind::OriginRepeated)?;
        let subprotocols = Subprotocols::read(fields.clone())?;
        check_extensions(&fields)?;
        Ok(Self {
            key,
            host,
            origin,
            subprotocols,
            fields,
        })
    }

    fn read_upgrade(
        method: &[u8],
        version: (u8, u8),
        fields: &F,
    ) -> Result<(Option<Key>, Option<&'a [u8]>), Error> {
        refuse(method != b"GET", ErrorKind::Method)?;
        refuse(version < (1, 1), ErrorKind::HttpVersion)?;
        // More than one Host is the HTTP parser's to refuse (RFC 9112 section 3.2).
        let host = required(
            super::fields::values(fields.clone(), HOST).next(),
            ErrorKind::HostMissing,
        )?;
        check_no_body(fields)?;
        require_member(
            fields,
            UPGRADE,
            "websocket",
            (ErrorKind::UpgradeMissing, ErrorKind::UpgradeUnknown),
        )?;
        let connection = (
            ErrorKind::ConnectionMissing,
            ErrorKind::ConnectionWithoutUpgrade,
        );
        require_member(fields, CONNECTION, "upgrade", connection)?;
        check_version(fields)?;
        let key = single(fields, KEY, ErrorKind::KeyRepeated)?;
        let key = key.ok_or(Error::new(ErrorKind::KeyMissing, 0))?;
        Ok((Some(Key::parse(key)?), Some(host)))
    }

    /// The key, which an extended CONNECT does not have.
    #[must_use]
    pub const fn key(&self) -> Option<Key> {
        self.key
    }

    /// The Host, or the `:authority` of an extended CONNECT.
    #[must_use]
    pub const fn host(&self) -> Option<&'a [u8]> {
        self.host
    }

    /// The Origin, which browsers always send.
    #[must_use]
    pub const fn origin(&self) -> Option<&'a [u8]> {
        self.origin
    }

    /// Holds the request's Origin against a policy.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::OriginMissing`], [`ErrorKind::OriginRefused`].
    pub fn check_origin(&self, policy: &OriginPolicy<'_>) -> Result<(), Error> {
        policy.check(self.origin, self.host)
    }

    /// The subprotocols that the client speaks.
    #[must_use]
    pub const fn subprotocols(&self) -> &Subprotocols<F> {
        &self.subprotocols
    }

    /// The client's favourite among the subprotocols that the server speaks.
    #[must_use]
    pub fn select_subprotocol<'s>(&self, spoken: &[&'s str]) -> Option<&'s str> {
        self.subprotocols
            .iter()
            .find_map(|asked| spoken.iter().copied().find(|&spoken| spoken == asked))
    }

    /// The extensions that the client offers, the preferred first.
    pub fn extensions(&self) -> impl Iterator<Item = Extension<'a>> + use<'a, F> {
        extensions(self.fields.clone()).flatten()
    }

    /// Decides about the extensions and writes what [`Opening::respond`] takes: see [`extension::negotiate`].
    ///
    /// # Errors
    ///
    /// When `out` refuses.
    pub fn negotiate(
        &self,
        supported: &mut [&mut dyn Negotiate],
        out: &mut dyn fmt::Write,
    ) -> Result<InUse, fmt::Error> {
        extension::negotiate(self.extensions(), supported, out)
    }

    /// The response that opens the WebSocket. `extensions` is what [`Opening::negotiate`] wrote; empty for none.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::SubprotocolUnasked`]: the value "MUST be derived from the client's handshake" (RFC 6455
    /// section 4.2.2).
    pub fn respond<'s>(
        &self,
        subprotocol: Option<&'s str>,
        extensions: &'s str,
    ) -> Result<Response<'s>, Error> {
        if subprotocol.is_some_and(|chosen| !self.subprotocols.contains(chosen)) {
            return Err(Error::new(ErrorKind::SubprotocolUnasked, 0));
        }
        Ok(Response {
            accept: self.key.map(|key| key.accept()),
            subprotocol,
            extensions,
        })
    }
}

/// The response that opens a WebSocket: its status and fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Response<'s> {
    accept: Option<Accept>,
    subprotocol: Option<&'s str>,
    extensions: &'s str,
}

impl Response<'_> {
    /// 101, or 200 for an extended CONNECT.
    #[must_use]
    pub const fn status(&self) -> u16 {
        if self.accept.is_some() { 101 } else { 200 }
    }

    /// The fields to send.
    pub fn fields(&self) -> impl Iterator<Item = (&'static str, Value<'_>)> {
        let accept = self.accept.as_ref().map(Accept::as_str);
        let upgrade = accept.map(|_| "websocket");
        let connection = accept.map(|_| "Upgrade");
        let extensions = Some(self.extensions).filter(|extensions| !extensions.is_empty());
        [
            (UPGRADE, upgrade),
            (CONNECTION, connection),
            (ACCEPT, accept),
            (PROTOCOL, self.subprotocol),
            (EXTENSIONS, extensions),
        ]
        .into_iter()
        .filter_map(|(name, value)| value.map(|value| (name, Value::Text(value))))
    }
}

impl ErrorKind {
    /// The fields that the refusal needs beside its status.
    #[must_use]
    pub const fn response_fields(self) -> &'static [(&'static str, &'static str)] {
        match self {
            // RFC 9110 section 15.5.6: "The origin server MUST generate an Allow header field".
            Self::Method => &[("Allow", "GET")],
            // RFC 9110 section 15.5.22: "The server MUST send an Upgrade header field in a 426 response".
            Self::UpgradeMissing | Self::UpgradeUnknown => {
                &[(UPGRADE, "websocket"), (CONNECTION, "Upgrade")]
            }
            // RFC 6455 section 4.4: "containing all versions it is willing to use".
            Self::VersionUnsupported { .. } => &[
                (VERSION, "13"),
                (UPGRADE, "websocket"),
                (CONNECTION, "Upgrade"),
            ],
            _ => &[],
        }
    }
}

/// "Content received in a GET request has no generally defined semantics" (RFC 9110 section 9.3.1), and its bytes
/// stand where the first frame is looked for.
fn check_no_body<'a>(fields: &impl Fields<'a>) -> Result<(), Error> {
    let mut lengths = super::fields::values(fields.clone(), "Content-Length");
    let has_length = lengths.any(|length| length != b"0");
    let has_coding = super::fields::values(fields.clone(), "Transfer-Encoding")
        .next()
        .is_some();
    refuse(has_length || has_coding, ErrorKind::RequestBody)
}

fn check_version<'a>(fields: &impl Fields<'a>) -> Result<(), Error> {
    let value = single(fields, VERSION, ErrorKind::VersionRepeated)?;
    let digits = value.ok_or(Error::new(ErrorKind::VersionMissing, 0))?;
    let syntax = |offset| Error::new(ErrorKind::VersionSyntax, offset);
    let mut version: u8 = 0;
    for (offset, &byte) in digits.iter().enumerate() {
        if !byte.is_ascii_digit() || (offset > 0 && version == 0) {
            return Err(syntax(offset));
        }
        let next = version
            .checked_mul(10)
            .and_then(|version| version.checked_add(byte - b'0'));
        version = next.ok_or(syntax(offset))?;
    }
    match version {
        13 => Ok(()),
        0 if digits.is_empty() => Err(syntax(0)),
        _ => Err(Error::new(ErrorKind::VersionUnsupported { version }, 0)),
    }
}

fn refuse(broken: bool, kind: ErrorKind) -> Result<(), Error> {
    if broken {
        Err(Error::new(kind, 0))
    } else {
        Ok(())
    }
}

fn required(value: Option<&[u8]>, missing: ErrorKind) -> Result<&[u8], Error> {
    value
        .filter(|value| !value.is_empty())
        .ok_or(Error::new(missing, 0))
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::format;
    use std::string::String;
    use std::vec::Vec;

    use super::super::WithoutOrigin;
    use super::*;

    type Field = (&'static [u8], &'static [u8]);

    /// RFC 6455 section 1.2.
    const GOOD: &str = "Host: server.example.com|Upgrade: websocket|Connection: Upgrade\
        |Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==|Origin: http://example.com\
        |Sec-WebSocket-Protocol: chat, superchat|Sec-WebSocket-Version: 13";

    const GET: Start<'_> = Start::Upgrade {
        method: b"GET",
        version: (1, 1),
    };

    fn fields(text: &'static str) -> impl Fields<'static> {
        let lines = text.split('|').filter(|line| !line.is_empty());
        lines.map(|line| {
            let (name, value) = line.split_once(':').unwrap();
            (name.as_bytes(), value.as_bytes())
        })
    }

    /// GOOD with one field exchanged for what stands in `field`, which may be nothing or several.
    fn with(name: &str, field: &'static str) -> Vec<Field> {
        let kept = fields(GOOD).filter(|(found, _)| *found != name.as_bytes());
        kept.chain(fields(field)).collect()
    }

    fn read(start: Start<'_>, fields: &[Field]) -> Result<(), Error> {
        let answer = Opening::read(start, fields.iter().copied()).map(|_| ());
        // The order of fields with different names means nothing (RFC 9110 section 5.3).
        let mut sorted = fields.to_vec();
        sorted.sort_by_key(|(name, _)| *name);
        assert_eq!(Opening::read(start, sorted.into_iter()).map(|_| ()), answer);
        answer
    }

    #[test]
    fn example_of_section_1_2_is_answered() {
        let opening = Opening::read(GET, fields(GOOD)).unwrap();
        assert_eq!(opening.host(), Some(&b"server.example.com"[..]));
        assert_eq!(opening.origin(), Some(&b"http://example.com"[..]));
        assert_eq!(
            opening.subprotocols().iter().collect::<Vec<_>>(),
            ["chat", "superchat"]
        );
        let chosen = opening.select_subprotocol(&["superchat", "chat"]);
        assert_eq!(chosen, Some("chat"), "the client's order decides");
        let response = opening.respond(chosen, "").unwrap();
        let sent: String = response
            .fields()
            .map(|(name, value)| format!("{name}: {value}\n"))
            .collect();
        assert_eq!(response.status(), 101);
        assert_eq!(
            sent,
            "Upgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n\
             Sec-WebSocket-Protocol: chat\n"
        );
        assert_eq!(opening.select_subprotocol(&["soap"]), None);
        assert_eq!(
            opening.respond(Some("soap"), "").unwrap_err().kind(),
            ErrorKind::SubprotocolUnasked
        );
        let policy = OriginPolicy::SameHost {
            without: WithoutOrigin::Accepted,
        };
        assert_eq!(
            opening.check_origin(&policy).unwrap_err().kind(),
            ErrorKind::OriginRefused
        );
    }

    #[test]
    fn fields_may_be_spelled_in_every_allowed_way() {
        #[rustfmt::skip]
        let rows: [(&str, &str); 10] = [
            ("", "Content-Length: 0"),
            ("Upgrade", "upgrade: WebSocket"),                      // RFC 6455 section 4.2.1: any case
            ("Upgrade", "Upgrade: h2c, websocket"),                 // RFC 9110 section 7.8: a list
            ("Upgrade", "Upgrade: h2c|UPGRADE: websocket"),         // in several fields
            ("Connection", "Connection: keep-alive, upgrade"),      // as Firefox sends it
            ("Connection", "Connection: keep-alive|Connection: ,UPGRADE ,"),
            ("Origin", ""),                                         // optional
            ("Sec-WebSocket-Protocol", ""),
            ("Sec-WebSocket-Protocol", "Sec-WebSocket-Protocol: a|Sec-WebSocket-Protocol:b ,c"),
            ("Sec-WebSocket-Key", "sec-websocket-key: \t AQIDBAUGBwgJCgsMDQ4PEC== "),
        ];
        for (name, field) in rows {
            assert_eq!(read(GET, &with(name, field)), Ok(()), "{field}");
        }
        let later = Start::Upgrade {
            method: b"GET",
            version: (1, 2),
        };
        assert_eq!(read(later, &with("", "")), Ok(()));
    }

    #[test]
    fn requests_are_refused_by_rule_and_status() {
        use ErrorKind::*;
        #[rustfmt::skip]
        let rows: [(&str, &str, ErrorKind, usize, u16); 33] = [
            // RFC 6455 section 4.2.1, item by item
            ("Host", "", HostMissing, 0, 400),
            ("Host", "Host: ", HostMissing, 0, 400),
            ("Upgrade", "", UpgradeMissing, 0, 426),
            ("Upgrade", "Upgrade: h2c", UpgradeUnknown, 0, 426),
            ("Upgrade", "Upgrade: websocket/13", UpgradeUnknown, 0, 426),
            ("Connection", "", ConnectionMissing, 0, 400),
            ("Connection", "Connection: keep-alive", ConnectionWithoutUpgrade, 0, 400),
            ("Connection", "Connection: keep-alive upgrade", ConnectionWithoutUpgrade, 0, 400),
            ("Sec-WebSocket-Key", "", KeyMissing, 0, 400),
            ("Sec-WebSocket-Key", "Sec-WebSocket-Key: short", KeyLength { len: 5 }, 5, 400),
            ("Sec-WebSocket-Key", "Sec-WebSocket-Key: dGhlIHNhbXBsZ!Bub25jZQ==", KeyBase64 { byte: b'!' }, 13, 400),
            ("Sec-WebSocket-Version", "", VersionMissing, 0, 400),
            // section 4.4: another version; section 4.3: no version at all
            ("Sec-WebSocket-Version", "Sec-WebSocket-Version: 8", VersionUnsupported { version: 8 }, 0, 426),
            ("Sec-WebSocket-Version", "Sec-WebSocket-Version: 255", VersionUnsupported { version: 255 }, 0, 426),
            ("Sec-WebSocket-Version", "Sec-WebSocket-Version: 0", VersionUnsupported { version: 0 }, 0, 426),
            ("Sec-WebSocket-Version", "Sec-WebSocket-Version: 256", VersionSyntax, 2, 400),
            ("Sec-WebSocket-Version", "Sec-WebSocket-Version: 013", VersionSyntax, 1, 400),
            ("Sec-WebSocket-Version", "Sec-WebSocket-Version: +13", VersionSyntax, 0, 400),
            ("Sec-WebSocket-Version", "Sec-WebSocket-Version: 13, 8", VersionSyntax, 2, 400),
            ("Sec-WebSocket-Version", "Sec-WebSocket-Version: ", VersionSyntax, 0, 400),
            // sections 11.3.1 and 11.3.5, RFC 6454 section 7.3: once in a request
            ("", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", KeyRepeated, 0, 400),
            ("", "Sec-WebSocket-Version: 13", VersionRepeated, 0, 400),
            ("", "Origin: http://example.com", OriginRepeated, 0, 400),
            // section 4.1 item 10
            ("Sec-WebSocket-Protocol", "Sec-WebSocket-Protocol: ", SubprotocolListEmpty, 0, 400),
            ("Sec-WebSocket-Protocol", "Sec-WebSocket-Protocol: ,", SubprotocolListEmpty, 1, 400),
            ("Sec-WebSocket-Protocol", "Sec-WebSocket-Protocol: a, b c", SubprotocolSyntax, 4, 400),
            ("Sec-WebSocket-Protocol", "Sec-WebSocket-Protocol: a, b/1", SubprotocolSyntax, 4, 400),
            ("Sec-WebSocket-Protocol", "Sec-WebSocket-Protocol: a, b, a", SubprotocolRepeated, 6, 400),
            ("", "Sec-WebSocket-Protocol: chat", SubprotocolRepeated, 0, 400),
            // RFC 9110 section 9.3.1
            ("", "Content-Length: 5", RequestBody, 0, 400),
            ("", "Transfer-Encoding: chunked", RequestBody, 0, 400),
            // section 9.1
            ("", "Sec-WebSocket-Extensions: ", ExtensionListEmpty, 0, 400),
            ("", "Sec-WebSocket-Extensions: a;b|Sec-WebSocket-Extensions: a;", ExtensionToken, 2, 400),
        ];
        for (name, field, kind, offset, status) in rows {
            let error = read(GET, &with(name, field)).unwrap_err();
            assert_eq!(
                (error.kind(), error.offset()),
                (kind, offset),
                "{name}: {field}"
            );
            assert_eq!(kind.status(), Some(status), "{kind}");
        }
        let start = |method, version| Start::Upgrade { method, version };
        #[rustfmt::skip]
        let rows = [
            (start(b"POST", (1, 1)), Method, 405), // section 4.2.1 item 1
            (start(b"get", (1, 1)), Method, 405),
            (start(b"GET", (1, 0)), HttpVersion, 400),
        ];
        for (start, kind, status) in rows {
            let error = read(start, &with("", "")).unwrap_err();
            assert_eq!(
                (error.kind(), error.kind().status()),
                (kind, Some(status)),
                "{start:?}"
            );
        }
    }

    #[test]
    fn refusals_carry_the_fields_they_need() {
        let named = |kind: ErrorKind| {
            kind.response_fields()
                .iter()
                .map(|(name, _)| *name)
                .collect::<Vec<_>>()
        };
        for kind in ErrorKind::ALL {
            match kind.status() {
                Some(405) => assert_eq!(named(*kind), ["Allow"]),
                Some(426) => assert!(named(*kind).ends_with(&["Upgrade", "Connection"])),
                _ => assert!(named(*kind).is_empty()),
            }
        }
        let version = ErrorKind::VersionUnsupported { version: 8 };
        assert_eq!(
            version.response_fields().first(),
            Some(&("Sec-WebSocket-Version", "13"))
        );
    }

    #[test]
    fn subprotocols_are_counted() {
        let list = (0..=Subprotocols::<core::iter::Empty<(&[u8], &[u8])>>::MAX)
            .map(|number| format!("p{number}"));
        let list = list.collect::<Vec<_>>().join(",");
        let fields: Vec<(&[u8], &[u8])> = fields(GOOD)
            .filter(|(name, _)| *name != PROTOCOL.as_bytes())
            .map(|(name, value)| -> (&[u8], &[u8]) { (name, value) })
            .chain([(PROTOCOL.as_bytes(), list.as_bytes())])
            .collect();
        let error = Opening::read(GET, fields.iter().copied()).unwrap_err();
        assert_eq!(
            (error.kind(), error.offset()),
            (ErrorKind::SubprotocolTooMany, list.len() - 3)
        );
    }

    #[test]
    fn extended_connect_follows_rfc_8441() {
        use ErrorKind::*;
        // The example of RFC 8441 section 5.1.
        let start = |method, protocol, scheme, path| {
            let [protocol, scheme, path] =
                [protocol, scheme, path].map(|text: Option<&'static str>| text.map(str::as_bytes));
            Start::ExtendedConnect {
                method,
                protocol,
                scheme,
                path,
                authority: Some(b"server.example.com"),
            }
        };
        let good = start(b"CONNECT", Some("websocket"), Some("https"), Some("/chat"));
        let listed = "sec-websocket-protocol: chat, superchat|sec-websocket-extensions: permessage-deflate\
            |sec-websocket-version: 13|origin: http://www.example.com";
        let opening = Opening::read(good, fields(listed)).unwrap();
        assert_eq!(
            (opening.key(), opening.host()),
            (None, Some(&b"server.example.com"[..]))
        );
        assert_eq!(
            opening
                .extensions()
                .map(Extension::token)
                .collect::<Vec<_>>(),
            ["permessage-deflate"]
        );
        let response = opening.respond(Some("chat"), "").unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(
            response.fields().collect::<Vec<_>>(),
            [("Sec-WebSocket-Protocol", Value::Text("chat"))]
        );

        #[rustfmt::skip]
        let rows = [
            (start(b"GET", Some("websocket"), Some("https"), Some("/")), "", Method, 405),
            (start(b"CONNECT", None, Some("https"), Some("/")), "", ProtocolMissing, 400),            // section 4
            (start(b"CONNECT", Some("connect-udp"), Some("https"), Some("/")), "", ProtocolUnknown, 501), // RFC 9220 section 3
            (start(b"CONNECT", Some("websocket"), None, Some("/")), "", SchemeMissing, 400),          // section 4
            (start(b"CONNECT", Some("websocket"), Some("wss"), Some("/")), "", SchemeUnknown, 400),   // section 5
            (start(b"CONNECT", Some("websocket"), Some("https"), None), "", PathMissing, 400),        // section 4
            (start(b"CONNECT", Some("websocket"), Some("https"), Some("")), "", PathMissing, 400),
            (good, "connection: upgrade", HopField, 400),                                             // RFC 9113 section 8.2.2
            (good, "upgrade: websocket", HopField, 400),
            (good, "", VersionMissing, 400),                                                          // section 5
            (good, "sec-websocket-version: 12", VersionUnsupported { version: 12 }, 426),
        ];
        for (start, field, kind, status) in rows {
            let error = Opening::read(start, fields(field)).map(|_| ()).unwrap_err();
            assert_eq!(
                (error.kind(), error.kind().status()),
                (kind, Some(status)),
                "{start:?} {field}"
            );
        }
    }
}
