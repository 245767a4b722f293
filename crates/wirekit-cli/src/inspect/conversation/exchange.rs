//! A request and its answer.

use core::net::SocketAddr;
use std::borrow::Cow;

use super::application::Application;
use crate::events::http1::{Request, Response};
use crate::events::uwsgi::Packet;
use crate::events::{Event, Message};
use crate::inspect::capture::Time;

/// One of them, as far as it was seen.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    /// Counted from 1, in the order in which they began.
    pub(crate) number: u64,
    pub(crate) connection: u64,
    /// Who was asked.
    pub(crate) server: SocketAddr,
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
    /// Both messages were seen to their ends.
    pub(crate) is_complete: bool,
    /// Where they are asked for.
    pub(crate) messages: Option<Box<Messages>>,
    /// The first rule that one of them broke.
    pub(crate) error: Option<Cow<'static, str>>,
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
        let forwarded = request.fields.get("x-forwarded-for");
        Self {
            method: request.method.as_bytes().to_vec(),
            target: request.target.clone(),
            host: authority.or_else(|| field("host")),
            client: forwarded
                .and_then(|list| list.rsplit(|&byte| byte == b',').next())
                .map(|last| last.trim_ascii().to_vec()),
            client_port: None,
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
        if self.method != inner.method || !(is_same_path || is_similar && inner_path.len() > 1) {
            return 0;
        }
        let says = |text: &Option<Vec<u8>>, value: &str| match text {
            Some(text) if text == value.as_bytes() => 2,
            Some(_) => 0,
            None => 1,
        };
        let address = says(&inner.client, &client.ip().to_string());
        let port = says(&inner.client_port, &client.port().to_string());
        if inner.client.is_some() && address == 0 || inner.client_port.is_some() && port == 0 {
            return 0;
        }
        let host = u32::from(self.host.is_some() && self.host == inner.host);
        1 + u32::from(is_same_path) * 2 + address * 4 + port * 8 + host
    }
}

/// Authority and path of a target in absolute-form.
fn absolute(target: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = target.windows(3).position(|part| part == b"://")? + 3;
    let rest = target.get(at..)?;
    let end = rest.iter().position(|byte| b"/?".contains(byte));
    rest.split_at_checked(end.unwrap_or(rest.len()))
}
