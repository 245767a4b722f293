//! One end of a hop, as an element of `Forwarded` names it.

use core::fmt::Write;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::EncodeError;
use crate::token::decimal;
use crate::write::Sink;

/// One end of a hop (RFC 7239 section 6).
///
/// ```
/// use wirekit_http::forwarded::{Node, NodeName, NodePort};
///
/// let node = Node::parse(b"[2001:db8::17]:4711").expect("a node");
/// assert_eq!((node.name, node.port), (NodeName::Address("2001:db8::17".parse().unwrap()), Some(NodePort::Number(4711))));
/// assert_eq!(Node::parse(b"_hidden").and_then(|node| node.address()), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_structs,
    reason = "RFC 7239 section 6 fixes the two parts"
)]
pub struct Node<'a> {
    /// Who it is.
    pub name: NodeName<'a>,
    /// Its port, where it is said.
    pub port: Option<NodePort<'a>>,
}

/// Who a node is: RFC 7239 section 6. The example of [`Node`] has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "RFC 7239 section 6 fixes the three"
)]
pub enum NodeName<'a> {
    /// An address.
    Address(IpAddr),
    /// `unknown` (section 6.2).
    Unknown,
    /// An identifier such as `_hidden`, the underscore included (section 6.3).
    Obfuscated(&'a str),
}

/// Which port a node has: RFC 7239 section 6. The example of [`Node`] has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "RFC 7239 section 6 fixes the two")]
pub enum NodePort<'a> {
    /// A number.
    Number(u16),
    /// An identifier such as `_port`, the underscore included.
    Obfuscated(&'a str),
}

impl<'a> Node<'a> {
    /// Reads a node without quotes; `None` if it is none.
    pub fn parse(input: &'a [u8]) -> Option<Self> {
        let input = core::str::from_utf8(input).ok()?;
        let (name, port) = match input.strip_prefix('[') {
            Some(rest) => {
                let (address, port) = rest.split_once(']')?;
                let name = NodeName::Address(IpAddr::V6(address.parse().ok()?));
                match port.split_at_checked(1) {
                    None => (name, None),
                    Some((":", port)) => (name, Some(port)),
                    Some(_) => return None,
                }
            }
            None => {
                let (name, port) = match input.split_once(':') {
                    Some((name, port)) => (name, Some(port)),
                    None => (input, None),
                };
                let name = match name.parse::<Ipv4Addr>() {
                    Ok(address) => NodeName::Address(IpAddr::V4(address)),
                    Err(_) if name.eq_ignore_ascii_case("unknown") => NodeName::Unknown,
                    Err(_) if is_obfuscated(name) => NodeName::Obfuscated(name),
                    Err(_) => return None,
                };
                (name, port)
            }
        };
        let port = match port {
            None => None,
            Some(port) if is_obfuscated(port) => Some(NodePort::Obfuscated(port)),
            Some(port) => {
                let number = decimal(port.as_bytes()).filter(|_| port.len() <= 5)?;
                Some(NodePort::Number(u16::try_from(number).ok()?))
            }
        };
        Some(Self { name, port })
    }

    /// The address, where the node is one.
    pub const fn address(&self) -> Option<IpAddr> {
        match self.name {
            NodeName::Address(address) => Some(address),
            NodeName::Unknown | NodeName::Obfuscated(_) => None,
        }
    }

    pub(super) fn check(&self) -> Result<(), EncodeError> {
        let name = match self.name {
            NodeName::Obfuscated(name) => Some(name),
            NodeName::Address(_) | NodeName::Unknown => None,
        };
        let port = match self.port {
            Some(NodePort::Obfuscated(port)) => Some(port),
            Some(NodePort::Number(_)) | None => None,
        };
        let is_written = [name, port].into_iter().flatten().all(is_obfuscated);
        is_written.then_some(()).ok_or(EncodeError::InvalidToken)
    }

    /// "Note that an IPv6 address is always enclosed in square brackets", and that brackets and colons need quotes.
    pub(super) fn write_to(&self, sink: &mut Sink<'_>) {
        let quotes: &[u8] = match self {
            Self {
                name: NodeName::Address(IpAddr::V6(_)),
                ..
            }
            | Self { port: Some(_), .. } => b"\"",
            _ => b"",
        };
        sink.put(quotes);
        // A sink takes everything.
        _ = match self.name {
            NodeName::Address(IpAddr::V4(address)) => write!(sink, "{address}"),
            NodeName::Address(IpAddr::V6(address)) => write!(sink, "[{address}]"),
            NodeName::Unknown => sink.write_str("unknown"),
            NodeName::Obfuscated(name) => sink.write_str(name),
        };
        _ = match self.port {
            Some(NodePort::Number(port)) => write!(sink, ":{port}"),
            Some(NodePort::Obfuscated(port)) => write!(sink, ":{port}"),
            None => Ok(()),
        };
        sink.put(quotes);
    }
}

impl From<IpAddr> for Node<'_> {
    /// The address, without a port.
    fn from(address: IpAddr) -> Self {
        Self {
            name: NodeName::Address(address),
            port: None,
        }
    }
}

impl From<Ipv4Addr> for Node<'_> {
    fn from(address: Ipv4Addr) -> Self {
        IpAddr::V4(address).into()
    }
}

impl From<Ipv6Addr> for Node<'_> {
    fn from(address: Ipv6Addr) -> Self {
        IpAddr::V6(address).into()
    }
}

/// `"_" 1*( ALPHA / DIGIT / "." / "_" / "-")`
fn is_obfuscated(text: &str) -> bool {
    matches!(text.as_bytes(), [b'_', rest @ ..] if !rest.is_empty()
        && rest.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')))
}
