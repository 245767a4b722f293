use serde_json::{Map, Value};
use wirekit::tls::{
    self, AlertDescription, AlertLevel, CipherSuite, ProtocolName, ProtocolVersion,
};

use crate::events::Rejection;
use crate::events::event::{Keys, bytes_of, latin1};
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

    pub(crate) fn from_json(keys: Keys<'_>) -> Result<Self, Rejection> {
        let server_name = keys.optional_text("server_name")?;
        Ok(Self {
            server_name: server_name.map(str::to_owned),
            alpn: keys.each("alpn", protocol_of)?,
            versions: keys.each("versions", version_of)?,
            cipher_suites: keys.each("cipher_suites", suite_of)?,
        })
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

    pub(crate) fn from_json(keys: Keys<'_>) -> Result<Self, Rejection> {
        Ok(Self {
            version: keys.one("version", version_of)?,
            cipher_suite: keys.one("cipher_suite", suite_of)?,
            alpn: match keys.get("alpn") {
                Some(_) => Some(keys.one("alpn", protocol_of)?),
                None => None,
            },
            hello_retry_request: keys.flag("hello_retry_request")?,
        })
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

    pub(crate) fn from_json(keys: Keys<'_>) -> Result<Self, Rejection> {
        let level = |name: &str| {
            let mut levels = AlertLevel::ALL.iter();
            levels.find(|level| level.name() == Some(name)).copied()
        };
        Ok(Self {
            level: keys.word("level", level)?,
            description: AlertDescription(keys.number("code")?),
        })
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

/// The number of a name or of itself.
fn number(value: &Value, name: impl Fn(u16) -> Option<&'static str>) -> Option<u16> {
    match value.as_str() {
        Some(text) => (0..=u16::MAX).find(|number| name(*number) == Some(text)),
        None => u16::try_from(value.as_u64()?).ok(),
    }
}

fn version_of(value: &Value) -> Option<ProtocolVersion> {
    number(value, |number| ProtocolVersion(number).name()).map(ProtocolVersion)
}

fn suite_of(value: &Value) -> Option<CipherSuite> {
    number(value, |number| CipherSuite(number).name()).map(CipherSuite)
}

fn protocol_of(value: &Value) -> Option<Vec<u8>> {
    let text = value.as_str()?;
    let is_meant = |number: &u16| {
        let pair = number.to_be_bytes();
        let protocol = ProtocolName(&pair);
        protocol.is_grease() && protocol.name() == Some(text)
    };
    match (0..=u16::MAX).find(is_meant) {
        Some(number) => Some(number.to_be_bytes().to_vec()),
        None => bytes_of(text),
    }
}

fn suite(suite: CipherSuite) -> Value {
    suite.name().map_or(suite.0.into(), Value::from)
}
