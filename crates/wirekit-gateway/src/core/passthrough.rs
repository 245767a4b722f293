//! TLS that is not decrypted: the server name in a ClientHello, and the upstream that it leads to.

use core::net::SocketAddr;
use std::collections::BTreeMap;

use wirekit::tls::{
    Alert, AlertDescription, ClientHello, ContentType, ErrorKind, Limits, Messages,
    ProtocolVersion, Record, RecordHeader,
};

/// What a client may send before it has said whom it wants: a post-quantum ClientHello has less than 3 KiB, and one that
/// carries tickets and keys of several groups not ten times as much.
const MAX_RECEIVED_LEN: usize = 32 * 1024;
const LIMITS: Limits = Limits::DEFAULT.max_message_len(32 * 1024);

/// The start of a client's connection, up to the end of its ClientHello.
#[derive(Debug)]
pub struct Hello {
    messages: Messages,
    /// All that came: it is what the server gets.
    received: Vec<u8>,
    used: usize,
}

/// A connection that does not begin as one of TLS, and the alert that says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Malformed {
    /// What an endpoint would answer.
    pub alert: AlertDescription,
}

impl Hello {
    /// Nothing came yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            messages: Messages::new(LIMITS),
            received: Vec::new(),
            used: 0,
        }
    }

    /// The client sent this: the server name once the ClientHello is whole, or that it has none. Of a hello in a hello (ECH)
    /// it is the outer one, which is all that anybody can read on the way.
    ///
    /// # Errors
    ///
    /// It is no ClientHello, or one of more than 32 KiB.
    pub fn receive(&mut self, bytes: &[u8]) -> Result<Option<Option<String>>, Malformed> {
        let of = |kind: ErrorKind| Malformed {
            alert: kind.alert(),
        };
        self.received.extend_from_slice(bytes);
        loop {
            let rest = self.received.get(self.used..).unwrap_or_default();
            let record = Record::parse(rest).map_err(|error| of(error.kind()))?;
            let Some((record, used)) = record else { break };
            // Before the hello there is nothing that a client may say.
            if record.content_type() != ContentType::HANDSHAKE {
                let alert = AlertDescription::UNEXPECTED_MESSAGE;
                return Err(Malformed { alert });
            }
            self.messages
                .push(&record)
                .map_err(|error| of(error.kind()))?;
            self.used += used;
            let message = self.messages.receive().map_err(|error| of(error.kind()))?;
            if let Some(message) = message {
                let hello = ClientHello::parse(&message).map_err(|error| of(error.kind()))?;
                let name = hello.server_name().map(str::to_ascii_lowercase);
                return Ok(Some(name));
            }
        }
        match self.received.len() > MAX_RECEIVED_LEN {
            true => Err(Malformed {
                alert: AlertDescription::ILLEGAL_PARAMETER,
            }),
            false => Ok(None),
        }
    }

    /// Whether nothing came: a probe that only looks whether somebody listens is no failure.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.received.is_empty()
    }

    /// All that the client sent.
    #[must_use]
    pub fn into_received(self) -> Vec<u8> {
        self.received
    }
}

impl Default for Hello {
    fn default() -> Self {
        Self::new()
    }
}

/// The upstream of a server name: that of the name itself, else of the longest `*.` that fits, else of `*`.
#[must_use]
pub fn route(routes: &BTreeMap<String, usize>, name: Option<&str>) -> Option<usize> {
    let by_name = name.and_then(|name| {
        let name = name.strip_suffix('.').unwrap_or(name);
        let parents = core::iter::successors(Some(name), |name| Some(name.split_once('.')?.1));
        let mut wildcards = parents
            .skip(1)
            .filter_map(|parent| routes.get(&format!("*.{parent}")));
        let exact = routes.get(name);
        exact.or_else(|| wildcards.next()).copied()
    });
    by_name.or_else(|| routes.get("*").copied())
}

/// A record with a fatal alert, for a client that is answered by nobody else.
#[must_use]
pub fn alert(description: AlertDescription) -> Vec<u8> {
    let Ok(alert) = Alert::fatal(description).encode_to_array() else {
        return Vec::new();
    };
    let header = RecordHeader {
        content_type: ContentType::ALERT,
        legacy_version: ProtocolVersion::TLS_1_2,
        len: 2,
    };
    let header = header.encode_to_array();
    let header = header.as_ref().map_or(&[][..], |header| header.as_slice());
    [header, &alert].concat()
}

/// The header of the PROXY protocol, version 2, that says to a server who is connected, and where.
#[must_use]
pub fn proxy_header(client: Option<SocketAddr>, local: Option<SocketAddr>) -> Vec<u8> {
    use ppp::v2::{Addresses, Builder, Command, Protocol, Version};

    let both = client
        .zip(local)
        .map(|(client, local)| match (client, local) {
            (SocketAddr::V4(_), SocketAddr::V6(_)) | (SocketAddr::V6(_), SocketAddr::V4(_)) => {
                (mapped(client), mapped(local))
            }
            both => both,
        });
    let builder = match both {
        Some(both) => {
            Builder::with_addresses(Version::Two | Command::Proxy, Protocol::Stream, both)
        }
        // By a unix socket nobody has an address.
        None => Builder::with_addresses(
            Version::Two | Command::Local,
            Protocol::Unspecified,
            Addresses::Unspecified,
        ),
    };
    builder.build().unwrap_or_default()
}

/// The same address as one of IPv6.
fn mapped(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V4(v4) => (v4.ip().to_ipv6_mapped(), v4.port()).into(),
        v6 => v6,
    }
}

#[cfg(test)]
mod tests;
