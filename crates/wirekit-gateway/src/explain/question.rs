//! What is asked: a request that was not sent.

use core::net::{AddrParseError, IpAddr, Ipv4Addr};
use core::str::FromStr;

/// A request that was not sent.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Question {
    /// The method.
    pub method: String,
    /// `http://host/path`, `https://host/path`, or a path alone.
    pub url: String,
    /// `Name: value` each.
    pub fields: Vec<String>,
    /// Who is connected; loopback where nobody is said.
    pub remote: Option<Remote>,
    /// The server name of its TLS handshake; the URL's host where none is said.
    pub tls_name: Option<String>,
}

/// Who is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Remote {
    /// A peer with this address.
    Address(IpAddr),
    /// A peer by a unix socket: `unix:`.
    Unix,
}

impl FromStr for Remote {
    type Err = AddrParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "unix:" => Ok(Self::Unix),
            _ => text.parse().map(Self::Address),
        }
    }
}

impl Question {
    /// A request without fields.
    pub fn new(method: impl Into<String>, url: impl Into<String>) -> Self {
        Self {
            method: method.into(),
            url: url.into(),
            fields: Vec::new(),
            remote: None,
            tls_name: None,
        }
    }
}

/// A URL's scheme, host and target.
pub(super) struct Url<'u> {
    pub(super) scheme: &'static str,
    pub(super) host: &'u str,
    pub(super) target: String,
}

impl<'u> Url<'u> {
    pub(super) fn of(url: &'u str) -> Self {
        let (scheme, rest) = match url.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => ("https", rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => ("http", rest),
            // A path, or what stands for one: the codec says what is wrong with it.
            _ => {
                return Self {
                    scheme: "http",
                    host: "",
                    target: url.to_owned(),
                };
            }
        };
        // A fragment is not sent.
        let rest = rest.split_once('#').map_or(rest, |(rest, _)| rest);
        let at = rest.find(['/', '?']).unwrap_or(rest.len());
        let (host, target) = rest.split_at(at);
        let slash = if target.starts_with('/') { "" } else { "/" };
        Self {
            scheme,
            host,
            target: format!("{slash}{target}"),
        }
    }
}

/// The address of who is connected; none by a unix socket.
pub(super) fn peer_of(question: &Question) -> Option<IpAddr> {
    match question.remote {
        None => Some(Ipv4Addr::LOCALHOST.into()),
        Some(Remote::Address(address)) => Some(address.to_canonical()),
        Some(Remote::Unix) => None,
    }
}
