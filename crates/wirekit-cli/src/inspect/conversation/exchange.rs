//! A request and its answer.

use core::net::{IpAddr, SocketAddr};
use std::borrow::Cow;
use std::rc::Rc;

use wirekit::http::forwarded::{NodePort, elements, x_forwarded_for};

use super::application::Application;
use crate::events::http1::{Request, Response};
use crate::events::uwsgi::Packet;
use crate::events::{Event, Message};
use crate::inspect::capture::Time;

/// What the allocations of an exchange's texts cost beside them, about.
const OVERHEAD_LEN: usize = 64;

/// One of them, as far as it was seen.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    /// Counted from 1, in the order in which they began.
    pub(crate) number: u64,
    pub(crate) connection: u64,
    /// Who was asked.
    pub(crate) server: SocketAddr,
    /// What the capture's DNS calls its address.
    pub(crate) server_name: Option<Rc<str>>,
    pub(crate) parent: Parent,
    /// Http1 or Uwsgi.
    pub(crate) layer: Application,
    /// Absent where only the answer was seen.
    pub(crate) request: Option<Asked>,
    /// Absent where no answer was seen, and of a gateway's protocol that has none.
    pub(crate) status: Option<u16>,
    /// The interim responses before it.
    pub(crate) interim: Vec<u16>,
    pub(crate) request_len: u64,
    pub(crate) response_len: u64,
    pub(crate) times: Times,
    pub(crate) network: Network,
    /// From here on the connection speaks another protocol.
    pub(crate) is_switch: bool,
    /// Whether a filter of messages keeps it.
    pub(crate) is_kept: bool,
    /// Both messages were seen to their ends.
    pub(crate) is_complete: bool,
    /// Where they are asked for.
    pub(crate) messages: Option<Box<Messages>>,
    /// The first rule that one of them broke.
    pub(crate) error: Option<Cow<'static, str>>,
}

impl Exchange {
    /// Bytes held, about.
    pub(crate) fn held_len(&self) -> usize {
        let texts = self.request.as_ref().map_or(0, |asked| {
            let optional = [&asked.host, &asked.client, &asked.client_port];
            let optional = optional.map(|text| text.as_ref().map_or(0, Vec::len));
            asked.method.len()
                + asked.target.len()
                + optional.iter().sum::<usize>()
                + asked.names.len()
        });
        let messages = self.messages.as_ref().map_or(0, |it| it.held_len());
        size_of::<Self>() + OVERHEAD_LEN + texts + messages
    }
}

/// What both ends said.
#[derive(Clone, Debug, Default)]
pub(crate) struct Messages {
    /// Absent of a gateway's protocol, and where it was not seen.
    pub(crate) request: Option<Box<Request>>,
    pub(crate) request_head_len: u64,
    pub(crate) request_body: Body,
    /// The final one.
    pub(crate) response: Option<Box<Response>>,
    pub(crate) response_head_len: u64,
    pub(crate) response_body: Body,
}

/// A message's content, as far as there was room for it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Body {
    pub(crate) bytes: Vec<u8>,
    /// Bytes that are not kept.
    pub(crate) left_out: u64,
}

/// What was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) method: Vec<u8>,
    pub(crate) target: Vec<u8>,
    pub(crate) host: Option<Vec<u8>>,
    /// Whom it is for, if a proxy says so: the last address that it names.
    pub(crate) client: Option<Vec<u8>>,
    /// The port there, if it says so.
    pub(crate) client_port: Option<Vec<u8>>,
    /// What a proxy hands on as it is: the request's number, or that of what it is a part of.
    pub(crate) names: Names,
}

/// The names of a request that proxies and applications hand on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Names {
    /// X-Request-ID.
    request_id: Option<Vec<u8>>,
    /// The trace of <https://www.w3.org/TR/trace-context/>, without the sender's own part.
    trace: Option<Vec<u8>>,
}

impl Names {
    fn new<'f>(field: impl Fn(&str) -> Option<&'f [u8]>) -> Self {
        // `version-trace-parent-flags`, in hexadecimal digits.
        let trace = |value: &[u8]| {
            let mut parts = value.split(|&byte| byte == b'-');
            let trace = parts.nth(1).filter(|trace| trace.len() == 32)?;
            Some(trace.to_ascii_lowercase())
        };
        Self {
            request_id: field("x-request-id").map(<[u8]>::to_vec),
            trace: field("traceparent").and_then(trace),
        }
    }

    pub(super) fn len(&self) -> usize {
        let parts = [&self.request_id, &self.trace].into_iter().flatten();
        parts.map(Vec::len).sum()
    }

    /// How many names both have, which may be made anew on the way but not be the same by chance.
    fn common(&self, other: &Self) -> u32 {
        let is_same = |one: &Option<Vec<u8>>, other: &Option<Vec<u8>>| {
            u32::from(one.is_some() && one == other)
        };
        is_same(&self.request_id, &other.request_id) + is_same(&self.trace, &other.trace)
    }
}

/// The last client that Forwarded or X-Forwarded-For names, and its port if it is said.
fn forwarded<'f>(field: impl Fn(&str) -> Option<&'f [u8]>) -> Option<(IpAddr, Option<u16>)> {
    let last = field("forwarded").and_then(|value| elements(value).last()?.ok());
    if let Some(node) = last.and_then(|element| element.for_node) {
        let port = match node.port {
            Some(NodePort::Number(port)) => Some(port),
            _ => None,
        };
        return Some((node.address()?, port));
    }
    let last = x_forwarded_for(field("x-forwarded-for")?).last()?;
    Some((last?, None))
}

/// When what was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Times {
    /// The packet that completed the request's head.
    pub(crate) start: Option<Time>,
    /// The one with its last byte.
    pub(crate) sent: Option<Time>,
    /// The one that completed the head of the final response.
    pub(crate) first_byte: Option<Time>,
    /// The one with its last byte.
    pub(crate) end: Option<Time>,
}

/// What is known of the network that it went through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Network {
    /// That of the connection's handshake, in nanoseconds.
    pub(crate) round_trip: Option<i64>,
    /// When the connection's SYN was seen, and the end of its handshake; of its first exchange alone.
    pub(crate) opened: Option<(Time, Time)>,
    /// On its connection, while it lasted.
    pub(crate) retransmissions: u32,
}

/// The exchange on another connection that caused this one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Parent {
    /// None that was seen.
    #[default]
    None,
    Known(u64),
    /// More than one may have.
    Ambiguous,
}

impl Messages {
    /// Takes the request's head.
    pub(crate) fn ask(&mut self, event: &Event) {
        if let Message::Request(request) = event.message()
            && self.request.is_none()
        {
            self.request = Some(request.clone());
            self.request_head_len = event.len().unwrap_or_default();
        }
    }

    /// Takes the head of the final response.
    pub(crate) fn answer(&mut self, event: &Event) {
        if let Message::Response(response) = event.message() {
            self.response = Some(response.clone());
            self.response_head_len = event.len().unwrap_or_default();
        }
    }

    /// Bytes held, about.
    pub(crate) fn held_len(&self) -> usize {
        let heads = self.request_head_len + self.response_head_len;
        let bodies = self.request_body.bytes.len() + self.response_body.bytes.len();
        size_of::<Self>() + bodies + usize::try_from(heads).unwrap_or(usize::MAX)
    }
}

impl Body {
    /// Takes the next bytes, of a body of which at most so many more may be kept: a part is of no use to anybody.
    pub(crate) fn push(&mut self, data: &[u8], room: usize) {
        if self.left_out > 0 || data.len() > room {
            self.left_out += (self.bytes.len() + data.len()) as u64;
            self.bytes = Vec::new();
        } else {
            self.bytes.extend_from_slice(data);
        }
    }
}

impl Asked {
    pub(crate) fn http1(request: &Request) -> Self {
        let field = |name| request.fields.get(name).map(<[u8]>::to_vec);
        // RFC 9112 section 3.2.2: the authority of an absolute target counts, and not Host.
        let authority = absolute(&request.target).map(|(authority, _)| authority.to_vec());
        let forwarded = forwarded(|name| request.fields.get(name));
        Self {
            method: request.method.as_bytes().to_vec(),
            target: request.target.clone(),
            host: authority.or_else(|| field("host")),
            client: forwarded.map(|(client, _)| client.to_string().into()),
            client_port: forwarded.and_then(|(_, port)| Some(port?.to_string().into())),
            names: Names::new(|name| request.fields.get(name)),
        }
    }

    /// Of a packet that is a request.
    pub(crate) fn uwsgi(packet: &Packet) -> Option<Self> {
        let vars = packet.vars()?;
        let var = |name| vars.get(name).map(<[u8]>::to_vec);
        Some(Self {
            method: var("REQUEST_METHOD")?,
            target: var("REQUEST_URI")
                .or_else(|| var("PATH_INFO"))
                .unwrap_or_default(),
            host: var("HTTP_HOST").or_else(|| var("SERVER_NAME")),
            client: var("REMOTE_ADDR"),
            client_port: var("REMOTE_PORT"),
            names: Names::new(|name| {
                let name = name.to_ascii_uppercase().replace('-', "_");
                vars.get(&format!("HTTP_{name}"))
            }),
        })
    }

    /// How well another request, made in between, fits this one of `client`: 0 for not at all.
    pub(crate) fn fits(&self, client: SocketAddr, inner: &Self) -> u32 {
        let path = |asked: &Self| match absolute(&asked.target) {
            Some((_, path)) => path.to_vec(),
            None => asked.target.clone(),
        };
        let (outer_path, inner_path) = (path(self), path(inner));
        let is_same_path = outer_path == inner_path;
        // A proxy may take off, or put on, the front of a path.
        let is_similar = outer_path.ends_with(&inner_path) || inner_path.ends_with(&outer_path);
        // A name that was handed on says more than all the rest, which may then differ: an application asks others for
        // something else.
        let common = self.names.common(&inner.names);
        let is_like = is_same_path || is_similar && inner_path.len() > 1;
        if common == 0 && (self.method != inner.method || !is_like) {
            return 0;
        }
        let says = |text: &Option<Vec<u8>>, value: &str| match text {
            Some(text) if text == value.as_bytes() => 2,
            Some(_) => 0,
            None => 1,
        };
        let address = says(&inner.client, &client.ip().to_string());
        let port = says(&inner.client_port, &client.port().to_string());
        let is_another =
            inner.client.is_some() && address == 0 || inner.client_port.is_some() && port == 0;
        if common == 0 && is_another {
            return 0;
        }
        let host = u32::from(self.host.is_some() && self.host == inner.host);
        1 + common * 64 + u32::from(is_same_path) * 2 + address * 4 + port * 8 + host
    }
}

/// Authority and path of a target in absolute-form.
fn absolute(target: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = target.windows(3).position(|part| part == b"://")? + 3;
    let rest = target.get(at..)?;
    let end = rest.iter().position(|byte| b"/?".contains(byte));
    rest.split_at_checked(end.unwrap_or(rest.len()))
}
