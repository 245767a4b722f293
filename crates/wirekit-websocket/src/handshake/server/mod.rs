//! A server's half: read the request, decide, answer (RFC 6455 section 4.2, RFC 8441 section 5).

mod response;
#[cfg(test)]
mod tests;

use core::fmt;

use super::fields::{
    CONNECTION, Fields, HOST, KEY, ORIGIN, UPGRADE, VERSION, check_extensions, extensions,
    refuse_hop_fields, require_member, single,
};
use super::{Error, ErrorKind, Key, OriginPolicy, Subprotocols};
use crate::extension::{self, Extension, InUse, Negotiate};

pub use response::Response;

/// How a request asks for a WebSocket, beside its fields: RFC 6455 section 4.2.1, RFC 8441 section 4. The example of [`Opening`]
/// has one.
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

/// A request that asks for a WebSocket in every way that the RFC requires: RFC 6455 section 4.2.1.
///
/// What it does not decide: whether the resource exists, who may use it (401, 404), and the Origin, which
/// [`Opening::check_origin`] does.
///
/// ```
/// use wirekit_websocket::handshake::server::{Opening, Start};
///
/// let request: [(&[u8], &[u8]); 6] = [
///     (b"Host", b"server.example.com"),
///     (b"Upgrade", b"websocket"),
///     (b"Connection", b"keep-alive, Upgrade"),
///     (b"Sec-WebSocket-Key", b"dGhlIHNhbXBsZSBub25jZQ=="),
///     (b"Sec-WebSocket-Version", b"13"),
///     (b"Sec-WebSocket-Protocol", b"chat, superchat"),
/// ];
/// let start = Start::Upgrade { method: b"GET", version: (1, 1) };
/// let opening = Opening::read(start, request.into_iter())?;
/// assert!(opening.subprotocols().contains("chat"));
/// let chosen = opening.select_subprotocol(&["superchat", "soap"]);
/// assert_eq!(chosen, Some("superchat"));
/// assert_eq!(opening.respond(chosen, "")?.status(), 101);
/// # Ok::<(), wirekit_websocket::handshake::Error>(())
/// ```
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
