use core::net::{IpAddr, SocketAddr};

use wirekit_http::ShortText;

use super::{Body, Prefix};
use crate::field::{breaks_lines, is_token};
use crate::sink::Sink;
use crate::{EncodeError, Key};

/// The protocol version of the client's request: what `SERVER_PROTOCOL` says (RFC 3875 section 4.1.16). The example of [`Meta`]
/// sets it.
///
/// Closed on purpose: uWSGI puts the text, as it is, in front of its status line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Protocol {
    /// `HTTP/1.0`.
    Http10,
    /// `HTTP/1.1`.
    #[default]
    Http11,
}

impl Protocol {
    /// The version's text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http10 => "HTTP/1.0",
            Self::Http11 => "HTTP/1.1",
        }
    }
}

/// What is said about the client, behind the proxy: `X-Forwarded-For`, `-Proto`, `-Host` and the like. Specification section
/// 4.3; the example of [`Meta`] sets it.
///
/// uWSGI takes the URL's scheme from `HTTP_X_FORWARDED_PROTO`, so a client must not choose it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Forwarded {
    /// The client's `X-Forwarded-*`, `X-Real-IP` and `Forwarded` are left out; the proxy's own three stand instead.
    #[default]
    Overwrite,
    /// They are left out, and nothing stands instead.
    Drop,
    /// They are passed on: only behind another proxy that overwrites them.
    Pass,
}

/// What the proxy itself says about one request: specification section 4.3.
///
/// Empty byte strings are sent as empty values; `Option`s that are `None` are not sent.
///
/// ```
/// use wirekit_uwsgi::request::{Forwarded, Meta, Protocol};
///
/// let meta = Meta::new(b"POST", b"/a%20b?q=1")
///     .path_info(b"/a b") // decoded; `new` takes the target's path as it is
///     .protocol(Protocol::Http10)
///     .host(Some(b"shop.example"))
///     .remote(Some(([203, 0, 113, 9], 40_000).into()))
///     .forwarded(Forwarded::Drop)
///     .content_length(6); // bytes of the body that follows the packet
/// assert_eq!(meta.request_uri, b"/a%20b?q=1");
/// assert_eq!(meta.query_string, b"q=1");
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Meta<'a> {
    /// `REQUEST_METHOD`: a token.
    pub method: &'a [u8],
    /// `REQUEST_URI`: the target as the client sent it, with its query.
    pub request_uri: &'a [u8],
    /// `PATH_INFO`: the path, decoded, without `SCRIPT_NAME`.
    pub path_info: &'a [u8],
    /// `QUERY_STRING`: what stands after `?`, as the client sent it.
    pub query_string: &'a [u8],
    /// `SERVER_PROTOCOL`.
    pub protocol: Protocol,
    /// `HTTP_HOST`: from the target where it has an authority, else from the `Host` field.
    pub host: Option<&'a [u8]>,
    /// `REMOTE_ADDR`, and `REMOTE_PORT` unless that is 0: a port that is not known, as where only a proxy knows the client.
    pub remote: Option<SocketAddr>,
    /// The body that will follow, which need not be what the client's fields said: `CONTENT_LENGTH`, or `HTTP_TRANSFER_ENCODING`.
    pub body: Body,
    /// The protocol that the connection is to change to: `HTTP_UPGRADE`, with `HTTP_CONNECTION` saying so.
    pub upgrade: Option<&'a [u8]>,
    /// What is said about the client.
    pub forwarded: Forwarded,
}

impl<'a> Meta<'a> {
    /// A `GET` of a target in origin form, its path taken as it is: nothing is percent-decoded.
    pub fn get(target: &'a [u8]) -> Self {
        Self::new(b"GET", target)
    }

    /// A request without a body, for a target in origin form, its path taken as it is: nothing is percent-decoded.
    pub fn new(method: &'a [u8], target: &'a [u8]) -> Self {
        let mut parts = target.splitn(2, |byte| *byte == b'?');
        let (path_info, query_string) = (
            parts.next().unwrap_or_default(),
            parts.next().unwrap_or_default(),
        );
        Self {
            method,
            request_uri: target,
            path_info,
            query_string,
            protocol: Protocol::Http11,
            host: None,
            remote: None,
            body: Body::Length(0),
            upgrade: None,
            forwarded: Forwarded::Overwrite,
        }
    }

    /// Sets `PATH_INFO`.
    #[must_use]
    pub const fn path_info(self, path_info: &'a [u8]) -> Self {
        Self { path_info, ..self }
    }

    /// Sets `QUERY_STRING`.
    #[must_use]
    pub const fn query_string(self, query_string: &'a [u8]) -> Self {
        Self {
            query_string,
            ..self
        }
    }

    /// Sets `SERVER_PROTOCOL`.
    #[must_use]
    pub const fn protocol(self, protocol: Protocol) -> Self {
        Self { protocol, ..self }
    }

    /// Sets `HTTP_HOST`.
    #[must_use]
    pub const fn host(self, host: Option<&'a [u8]>) -> Self {
        Self { host, ..self }
    }

    /// Sets [`remote`](Self::remote).
    #[must_use]
    pub const fn remote(self, remote: Option<SocketAddr>) -> Self {
        Self { remote, ..self }
    }

    /// Sets `CONTENT_LENGTH`.
    #[must_use]
    pub const fn content_length(self, content_length: u64) -> Self {
        Self {
            body: Body::Length(content_length),
            ..self
        }
    }

    /// Sets that the body goes out in the chunked coding, so that an upload of unknown length need not be held back;
    /// only to a [`Peer`](super::Peer) that takes it.
    #[must_use]
    pub const fn chunked(self) -> Self {
        Self {
            body: Body::Chunked,
            ..self
        }
    }

    /// Sets the protocol that the connection is to change to.
    #[must_use]
    pub const fn upgrade(self, upgrade: Option<&'a [u8]>) -> Self {
        Self { upgrade, ..self }
    }

    /// Sets what is said about the client.
    #[must_use]
    pub const fn forwarded(self, forwarded: Forwarded) -> Self {
        Self { forwarded, ..self }
    }

    pub(super) fn check(&self) -> Result<(), EncodeError> {
        if !is_token(self.method) {
            return Err(EncodeError::InvalidVar {
                key: Key::RequestMethod,
            });
        }
        let values = [
            (Key::RequestUri, self.request_uri),
            (Key::PathInfo, self.path_info),
            (Key::QueryString, self.query_string),
            (Key::HttpHost, self.host.unwrap_or_default()),
            (Key::HttpUpgrade, self.upgrade.unwrap_or_default()),
        ];
        match values.into_iter().find(|(_, value)| breaks_lines(value)) {
            Some((key, _)) => Err(EncodeError::InvalidVar { key }),
            None => Ok(()),
        }
    }

    /// Hands every variable to `var`, in the order in which they are written.
    pub(super) fn each(&self, prefix: &Prefix<'_>, var: &mut impl FnMut(&str, &[u8])) {
        var("REQUEST_METHOD", self.method);
        var("REQUEST_URI", self.request_uri);
        var("PATH_INFO", self.path_info);
        var("QUERY_STRING", self.query_string);
        var("SERVER_PROTOCOL", self.protocol.as_str().as_bytes());
        match self.body {
            Body::Length(length) => var("CONTENT_LENGTH", ShortText::of_number(length).as_bytes()),
            Body::Chunked => var("HTTP_TRANSFER_ENCODING", b"chunked"),
        }
        if let Some(host) = self.host {
            var("HTTP_HOST", host);
        }
        let address = self
            .remote
            .map(|remote| ShortText::of_address(canonical(remote.ip())));
        if let (Some(address), Some(remote)) = (&address, self.remote) {
            var("REMOTE_ADDR", address.as_bytes());
            if remote.port() != 0 {
                var(
                    "REMOTE_PORT",
                    ShortText::of_number(remote.port().into()).as_bytes(),
                );
            }
        }
        if let Some(upgrade) = self.upgrade {
            var("HTTP_UPGRADE", upgrade);
            var("HTTP_CONNECTION", b"Upgrade");
        }
        if matches!(self.forwarded, Forwarded::Overwrite) {
            if let Some(address) = &address {
                var("HTTP_X_FORWARDED_FOR", address.as_bytes());
            }
            var("HTTP_X_FORWARDED_PROTO", prefix.scheme().as_bytes());
            if let Some(host) = self.host {
                var("HTTP_X_FORWARDED_HOST", host);
            }
        }
    }

    pub(super) fn write(&self, prefix: &Prefix<'_>, out: &mut impl Sink) {
        self.each(prefix, &mut |key, value| out.put_var(key.as_bytes(), value));
    }
}

/// An IPv4 address that came in an IPv6 socket, as itself: applications compare it with text.
fn canonical(address: IpAddr) -> IpAddr {
    address.to_canonical()
}
