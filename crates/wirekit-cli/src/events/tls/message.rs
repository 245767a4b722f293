use serde_json::{Map, Value};
use wirekit::tls::{
    self, AlertDescription, AlertLevel, CipherSuite, ProtocolName, ProtocolVersion,
};

use crate::events::event::latin1;
use crate::events::message::Json;

/// What a client offers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClientHello {
    /// The server that is meant.
    pub server_name: Option<String>,
    /// The protocols above, the preferred one first.
    pub alpn: Vec<Vec<u8>>,
    /// The versions of TLS.
    pub versions: Vec<ProtocolVersion>,
    /// The cipher suites.
    pub cipher_suites: Vec<CipherSuite>,
}

/// What the server chose.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerHello {
    /// The version of TLS.
    pub version: ProtocolVersion,
    /// The cipher suite.
    pub cipher_suite: CipherSuite,
    /// The protocol above, as far as it is said in the clear.
    pub alpn: Option<Vec<u8>>,
    /// It asks for another ClientHello.
    pub hello_retry_request: bool,
}

/// An alert in the clear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Alert {
    /// How bad it is.
    pub level: AlertLevel,
    /// What it says.
    pub description: AlertDescription,
}

impl ClientHello {
    pub(crate) fn new(hello: &tls::ClientHello<'_>) -> Self {
        Self {
            server_name: hello.server_name().map(str::to_owned),
            alpn: hello.alpn().into_iter().map(|it| it.0.to_vec()).collect(),
            versions: hello.versions().into_iter().collect(),
            cipher_suites: hello.cipher_suites().into_iter().collect(),
        }
    }

    pub(crate) fn to_json(&self) -> Map<String, Value> {
        let protocols: Value = self.alpn.iter().map(|name| protocol(name)).collect();
        let versions: Value = self.versions.iter().copied().map(version).collect();
        let suites: Value = self.cipher_suites.iter().copied().map(suite).collect();
        Json::new()
            .with("server_name", self.server_name.as_deref())
            .with("alpn", protocols)
            .with("versions", versions)
            .with("cipher_suites", suites)
            .done()
    }
}

impl ServerHello {
    pub(crate) fn new(hello: &tls::ServerHello<'_>) -> Self {
        Self {
            version: hello.version(),
            cipher_suite: hello.cipher_suite(),
            alpn: hello.alpn().map(|protocol| protocol.0.to_vec()),
            hello_retry_request: hello.is_hello_retry_request(),
        }
    }

    pub(crate) fn to_json(&self) -> Map<String, Value> {
        Json::new()
            .with("version", version(self.version))
            .with("cipher_suite", suite(self.cipher_suite))
            .with("alpn", self.alpn.as_deref().map(protocol))
            .with("hello_retry_request", self.hello_retry_request)
            .done()
    }
}

impl Alert {
    pub(crate) const fn new(alert: &tls::Alert) -> Self {
        Self {
            level: alert.level,
            description: alert.description,
        }
    }

    pub(crate) fn to_json(self) -> Map<String, Value> {
        Json::new()
            .with("level", self.level.name())
            .with("description", self.description.name())
            .with("code", self.description.0)
            .done()
    }
}

/// The name where there is one, or the number.
fn version(version: ProtocolVersion) -> Value {
    version.name().map_or(version.0.into(), Value::from)
}

/// A name that stands for nothing is no text, either.
fn protocol(name: &[u8]) -> Value {
    let protocol = ProtocolName(name);
    match protocol.name() {
        Some(name) if protocol.is_grease() => name.into(),
        _ => latin1(name),
    }
}

fn suite(suite: CipherSuite) -> Value {
    suite.name().map_or(suite.0.into(), Value::from)
}
