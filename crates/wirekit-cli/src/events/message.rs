//! What an event says, typed and owned, and the JSON of it.

use core::fmt;
use std::borrow::Cow;

use serde_json::{Map, Value};
use wirekit::websocket::FrameHeader;

use super::Rejection;
use super::event::{Keys, latin1};
use super::http1::{Request, Response};
use super::pairs::Pairs;
use super::tcp::CapturedSegment;
use super::tls::{Alert, ClientHello, ServerHello};
use super::udp::CapturedDatagram;
use super::uwsgi::Packet;
use super::websocket::{self, Close, Content};

/// What stands in a stream. [`name`](Self::name) is what the contract calls it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Message {
    /// http1: the head of a request.
    Request(Box<Request>),
    /// http1: the head of a response, or of an answer in CGI's form.
    Response(Box<Response>),
    /// uwsgi: a packet.
    Packet(Box<Packet>),
    /// http1, uwsgi: a run of body bytes.
    Data(Vec<u8>),
    /// http1: a message's end, with its trailers.
    End(Pairs),
    /// uwsgi: the end of a body.
    BodyEnd,
    /// http1: what follows is another protocol's.
    Switch,
    /// websocket: a frame's header.
    Frame(FrameHeader),
    /// websocket: a whole message.
    Content(Content),
    /// websocket: a ping's application data.
    Ping(Vec<u8>),
    /// websocket: a pong's application data.
    Pong(Vec<u8>),
    /// websocket: the closing handshake.
    Close(Close),
    /// tls: the client's offer.
    ClientHello(Box<ClientHello>),
    /// tls: the server's choice.
    ServerHello(Box<ServerHello>),
    /// tls: what went wrong, or that one end is done.
    Alert(Alert),
    /// tls: from here on nothing can be read.
    Encrypted,
    /// tcp: the segment that was read.
    Segment(Box<CapturedSegment>),
    /// udp: the datagram that was read.
    Datagram(Box<CapturedDatagram>),
    /// A rule was broken.
    Error(Box<Fault>),
    /// The input ended inside a message.
    Incomplete,
}

/// A rule that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fault {
    /// Which one; never renamed.
    pub kind: Cow<'static, str>,
    /// What is wrong, for people.
    pub message: String,
    /// Where the rule stands.
    pub spec: Cow<'static, str>,
    /// http1: how a server answers it.
    pub status: Option<u16>,
    /// websocket: how an end closes because of it.
    pub close_code: Option<u16>,
}

impl Message {
    /// The event's name, `request` or `error` for example.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Request(_) => "request",
            Self::Response(_) => "response",
            Self::Packet(_) => "packet",
            Self::Data(_) => "data",
            Self::End(_) | Self::BodyEnd => "end",
            Self::Switch => "switch",
            Self::Frame(_) => "frame",
            Self::Content(_) => "message",
            Self::Ping(_) => "ping",
            Self::Pong(_) => "pong",
            Self::Close(_) => "close",
            Self::ClientHello(_) => "client_hello",
            Self::ServerHello(_) => "server_hello",
            Self::Alert(_) => "alert",
            Self::Encrypted => "encrypted",
            Self::Segment(_) => "segment",
            Self::Datagram(_) => "datagram",
            Self::Error(_) => "error",
            Self::Incomplete => "incomplete",
        }
    }

    /// The keys that stand after the event's name and place, in the contract's order.
    pub fn to_json(&self) -> Map<String, Value> {
        match self {
            Self::Request(request) => request.to_json(),
            Self::Response(response) => response.to_json(),
            Self::Packet(packet) => packet.to_json(),
            Self::Data(data) | Self::Ping(data) | Self::Pong(data) => {
                Json::new().with("data", latin1(data)).done()
            }
            Self::End(trailers) => Json::new().with("trailers", trailers.to_json()).done(),
            Self::BodyEnd | Self::Switch | Self::Encrypted | Self::Incomplete => Map::new(),
            Self::Frame(header) => websocket::frame_json(header),
            Self::Content(content) => content.to_json(),
            Self::Close(close) => close.to_json(),
            Self::ClientHello(hello) => hello.to_json(),
            Self::ServerHello(hello) => hello.to_json(),
            Self::Alert(alert) => alert.to_json(),
            Self::Segment(segment) => segment.to_json(),
            Self::Datagram(datagram) => datagram.to_json(),
            Self::Error(fault) => fault.to_json(),
        }
    }

    /// The message of a name, from the keys that [`to_json`](Self::to_json) gave; others are passed over.
    ///
    /// # Errors
    ///
    /// [`Rejection`] for a name that no message has, and for a key that is missing or not as it should be.
    pub fn from_json(name: &str, keys: &Map<String, Value>) -> Result<Self, Rejection> {
        let keys = Keys(keys);
        Ok(match name {
            "request" => Self::Request(Box::new(Request::from_json(keys)?)),
            "response" => Self::Response(Box::new(Response::from_json(keys)?)),
            "packet" => Self::Packet(Box::new(Packet::from_json(keys)?)),
            "data" => Self::Data(keys.bytes("data")?),
            "end" if keys.get("trailers").is_none() => Self::BodyEnd,
            "end" => Self::End(Pairs::from_json(keys, "trailers")?),
            "switch" => Self::Switch,
            "frame" => Self::Frame(websocket::frame_of(keys)?),
            "message" => Self::Content(Content::from_json(keys)?),
            "ping" => Self::Ping(keys.bytes("data")?),
            "pong" => Self::Pong(keys.bytes("data")?),
            "close" => Self::Close(Close::from_json(keys)?),
            "client_hello" => Self::ClientHello(Box::new(ClientHello::from_json(keys)?)),
            "server_hello" => Self::ServerHello(Box::new(ServerHello::from_json(keys)?)),
            "alert" => Self::Alert(Alert::from_json(keys)?),
            "encrypted" => Self::Encrypted,
            "segment" => Self::Segment(Box::new(CapturedSegment::from_json(keys)?)),
            "datagram" => Self::Datagram(Box::new(CapturedDatagram::from_json(keys)?)),
            "error" => Self::Error(Box::new(Fault::from_json(keys)?)),
            "incomplete" => Self::Incomplete,
            _ => return Err(Rejection::Malformed(format!("`{name}` is no event"))),
        })
    }
}

impl Fault {
    pub(crate) fn new(kind: &'static str, message: &impl fmt::Display, spec: &'static str) -> Self {
        Self {
            kind: kind.into(),
            message: message.to_string(),
            spec: spec.into(),
            status: None,
            close_code: None,
        }
    }

    fn from_json(keys: Keys<'_>) -> Result<Self, Rejection> {
        let text = |key| keys.text(key).map(str::to_owned);
        Ok(Self {
            kind: text("kind")?.into(),
            message: text("message")?,
            spec: text("spec")?.into(),
            status: keys.optional_number("status")?,
            close_code: keys.optional_number("close_code")?,
        })
    }

    fn to_json(&self) -> Map<String, Value> {
        let mut json = Json::new()
            .with("kind", &*self.kind)
            .with("message", self.message.as_str())
            .with("spec", &*self.spec);
        if let Some(status) = self.status {
            json = json.with("status", status);
        }
        if let Some(code) = self.close_code {
            json = json.with("close_code", code);
        }
        json.done()
    }
}

/// An object that is made key by key.
#[derive(Debug, Default)]
pub(crate) struct Json(Map<String, Value>);

impl Json {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Appends a key.
    pub(crate) fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.insert(key.into(), value.into());
        self
    }

    pub(crate) fn done(self) -> Map<String, Value> {
        self.0
    }
}
