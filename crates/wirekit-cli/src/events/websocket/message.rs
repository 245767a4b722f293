use serde_json::{Map, Value};
use wirekit::websocket::{CloseCode, FrameHeader, MessageKind};

use super::encode::kind;
use crate::events::Rejection;
use crate::events::event::{Keys, latin1};
use crate::events::message::Json;

/// A message, put together from its frames.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Content {
    /// Text or binary.
    pub kind: MessageKind,
    /// What it says, inflated where it was compressed.
    pub data: Vec<u8>,
    /// Whether it was compressed.
    pub compressed: bool,
}

/// What a close frame says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Close {
    /// 1005 where there is none.
    pub code: CloseCode,
    /// Text for people.
    pub reason: String,
}

/// A frame's header.
pub(crate) fn frame_json(header: &FrameHeader) -> Map<String, Value> {
    let json = Json::new()
        .with("fin", header.fin)
        .with("rsv", header.rsv.0)
        .with("opcode", header.opcode.0)
        .with("masked", header.masking_key.is_some())
        .with("payload_len", header.payload_len);
    match header.masking_key {
        Some(key) => json.with("masking_key", latin1(&key.0)).done(),
        None => json.done(),
    }
}

impl Content {
    /// The kind in the words of the output.
    pub const fn kind_name(&self) -> &'static str {
        match self.kind {
            MessageKind::Text => "text",
            MessageKind::Binary => "binary",
        }
    }

    pub(crate) fn from_json(keys: Keys<'_>) -> Result<Self, Rejection> {
        Ok(Self {
            kind: kind(keys)?,
            data: keys.bytes("data")?,
            compressed: keys.flag("compressed")?,
        })
    }

    pub(crate) fn to_json(&self) -> Map<String, Value> {
        Json::new()
            .with("kind", self.kind_name())
            .with("data", latin1(&self.data))
            .with("compressed", self.compressed)
            .done()
    }
}

impl Close {
    pub(crate) fn from_json(keys: Keys<'_>) -> Result<Self, Rejection> {
        let reason = String::from_utf8(keys.bytes("reason")?);
        let no_text = |_| Rejection::Malformed("`reason` must be UTF-8".into());
        Ok(Self {
            code: CloseCode(keys.number("code")?),
            reason: reason.map_err(no_text)?,
        })
    }

    pub(crate) fn to_json(&self) -> Map<String, Value> {
        Json::new()
            .with("code", self.code.0)
            .with("reason", latin1(self.reason.as_bytes()))
            .done()
    }
}
