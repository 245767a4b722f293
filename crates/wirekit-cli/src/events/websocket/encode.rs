use std::collections::VecDeque;

use serde_json::{Map, Value};
use wirekit::websocket::{
    Config, Connection, FrameHeader, Limits, MaskingKey, MessageKind, Opcode, Role, Rsv,
};

use crate::events::event::Keys;
use crate::events::{Encoder, Rejection};

/// Writes frames.
///
/// A `frame` says how the payload of the next message or control frame of its kind is cut and masked; a message or
/// control frame without one is a single frame that is not masked.
#[derive(Debug, Default)]
pub struct FrameEncoder {
    /// The frames that were given, in their order, and the payloads of those that have one already.
    frames: VecDeque<(FrameHeader, Option<Vec<u8>>)>,
    /// Reads what is written, so that what a peer would refuse is not.
    reader: Option<Connection>,
}

impl Encoder for FrameEncoder {
    fn encode(&mut self, event: &Map<String, Value>, out: &mut Vec<u8>) -> Result<(), Rejection> {
        let keys = Keys(event);
        match keys.name()? {
            "frame" => {
                self.frames.push_back((header(keys)?, None));
                return Ok(());
            }
            "message" => self.message(keys)?,
            "ping" => self.control(Opcode::PING, keys.bytes("data")?),
            "pong" => self.control(Opcode::PONG, keys.bytes("data")?),
            "close" => self.control(Opcode::CLOSE, close(keys)?),
            name => {
                return Err(Rejection::Malformed(format!(
                    "`{name}` is no event of this protocol"
                )));
            }
        }
        self.write(out)
    }

    fn finish(&mut self, _out: &mut Vec<u8>) -> Result<(), Rejection> {
        match self.frames.is_empty() {
            true => Ok(()),
            false => Err(Rejection::Incomplete("a frame lacks its payload".into())),
        }
    }
}

impl FrameEncoder {
    /// Gives the payload to the first control frame that waits for one.
    fn control(&mut self, opcode: Opcode, payload: Vec<u8>) {
        let waiting = |(header, body): &&mut (FrameHeader, Option<Vec<u8>>)| {
            header.opcode == opcode && body.is_none()
        };
        match self.frames.iter_mut().find(waiting) {
            Some((_, body)) => *body = Some(payload),
            None => self
                .frames
                .push_back((single(opcode, &payload), Some(payload))),
        }
    }

    /// Cuts a message into the data frames that wait.
    fn message(&mut self, keys: Keys<'_>) -> Result<(), Rejection> {
        let opcode = match kind(keys)? {
            MessageKind::Text => Opcode::TEXT,
            MessageKind::Binary => Opcode::BINARY,
        };
        let data = keys.bytes("data")?;
        if keys.get("compressed").is_some() && keys.flag("compressed")? {
            let text = "a compressed message has more than one spelling";
            return Err(Rejection::Rule(text.into()));
        }
        let mut rest = data.as_slice();
        let (mut waiting, mut is_whole) = (false, false);
        for (header, body) in &mut self.frames {
            if header.opcode.is_control() || body.is_some() {
                continue;
            }
            if header.opcode != Opcode::CONTINUATION && header.opcode != opcode {
                let text = "the message is of another kind than its frames";
                return Err(Rejection::Rule(text.into()));
            }
            waiting = true;
            let len = usize::try_from(header.payload_len).unwrap_or(usize::MAX);
            let Some((payload, after)) = rest.split_at_checked(len) else {
                return Err(Rejection::Rule(
                    "the message is shorter than its frames".into(),
                ));
            };
            *body = Some(payload.to_vec());
            rest = after;
            if header.fin {
                is_whole = true;
                break;
            }
        }
        if !waiting {
            self.frames.push_back((single(opcode, &data), Some(data)));
        } else if !rest.is_empty() {
            return Err(Rejection::Rule(
                "the message is longer than its frames".into(),
            ));
        } else if !is_whole {
            return Err(Rejection::Rule("the message lacks its last frame".into()));
        }
        Ok(())
    }

    /// Writes the frames at the front that have their payloads.
    fn write(&mut self, out: &mut Vec<u8>) -> Result<(), Rejection> {
        let start = out.len();
        while let Some((header, Some(payload))) = self.frames.front_mut() {
            if header.payload_len != payload.len() as u64 {
                out.truncate(start);
                return Err(Rejection::Rule("`payload_len` is not the payload's".into()));
            }
            header.encode(out).map_err(Rejection::rule)?;
            if let Some(key) = header.masking_key {
                key.apply(payload);
            }
            out.append(payload);
            let role = if header.masking_key.is_some() {
                Role::Server
            } else {
                Role::Client
            };
            // Without compression: what is encoded is not compressed, whatever a frame's reserved bits say.
            self.reader
                .get_or_insert_with(|| Connection::new(Config::new(role).limits(Limits::NONE)));
            self.frames.pop_front();
        }
        let written = out.get(start..).unwrap_or_default().to_vec();
        self.read(written).inspect_err(|_| out.truncate(start))
    }

    fn read(&mut self, mut written: Vec<u8>) -> Result<(), Rejection> {
        let Some(reader) = &mut self.reader else {
            return Ok(());
        };
        let mut rest = written.as_mut_slice();
        while !rest.is_empty() {
            let all = rest.len();
            if !reader.wants_input() {
                return Err(Rejection::Rule("a frame after the close frame".into()));
            }
            let received = reader
                .receive(rest)
                .map_err(|error| Rejection::rule(error.kind()))?;
            let used = received.map_or(all, |(_, used)| used);
            rest = rest.get_mut(used..).unwrap_or_default();
        }
        Ok(())
    }
}

/// What kind of message it is.
pub(super) fn kind(keys: Keys<'_>) -> Result<MessageKind, Rejection> {
    match keys.text("kind")? {
        "text" => Ok(MessageKind::Text),
        "binary" => Ok(MessageKind::Binary),
        _ => Err(Rejection::Malformed(
            "`kind` must be \"text\" or \"binary\"".into(),
        )),
    }
}

/// The only frame of a message, not masked.
fn single(opcode: Opcode, payload: &[u8]) -> FrameHeader {
    let payload_len = payload.len() as u64;
    FrameHeader {
        fin: true,
        rsv: Rsv::NONE,
        opcode,
        masking_key: None,
        payload_len,
    }
}

/// A frame's header.
pub(crate) fn header(keys: Keys<'_>) -> Result<FrameHeader, Rejection> {
    let masking_key = match keys.flag("masked")? {
        false => None,
        true => {
            let key = <[u8; 4]>::try_from(keys.bytes("masking_key")?);
            let four = |_| Rejection::Malformed("`masking_key` must be four bytes".into());
            Some(MaskingKey(key.map_err(four)?))
        }
    };
    Ok(FrameHeader {
        fin: keys.flag("fin")?,
        rsv: Rsv(keys.number("rsv")?),
        opcode: Opcode(keys.number("opcode")?),
        masking_key,
        payload_len: keys.number("payload_len")?,
    })
}

/// RFC 6455 section 5.5.1; 1005 stands for a frame without a body (section 7.1.5).
fn close(keys: Keys<'_>) -> Result<Vec<u8>, Rejection> {
    let reason = match keys.get("reason") {
        Some(_) => keys.bytes("reason")?,
        None => Vec::new(),
    };
    match keys.number::<u16>("code")? {
        1005 if reason.is_empty() => Ok(Vec::new()),
        code => Ok([&code.to_be_bytes()[..], &reason].concat()),
    }
}
