//! Compressed messages as they were before: RFC 7692.

use wirekit::websocket::deflate::{Inflate, Parameters, PermessageDeflate};
use wirekit::websocket::extension::{Extensions, confirm};
use wirekit::websocket::{Data, Error, Limits, Message, Part, Role};

/// What a server answered in Sec-WebSocket-Extensions; the extension's name may be left away.
///
/// # Errors
///
/// Words for what is no such answer.
pub fn deflate_parameters(text: &str) -> Result<Parameters, String> {
    const TOKEN: &str = "permessage-deflate";
    let text = text.trim_matches([' ', '\t', ';']);
    let answer = match text {
        _ if text.starts_with(TOKEN) => text.to_owned(),
        "" => TOKEN.to_owned(),
        _ => format!("{TOKEN}; {text}"),
    };
    let mut deflate = PermessageDeflate::new();
    Extensions::parse(answer.as_bytes())
        .and_then(|extensions| confirm([extensions], &mut [&mut deflate]))
        .map_err(|error| format!("{error} of `{answer}`"))?;
    Ok(deflate.agreed().unwrap_or_default())
}

/// Inflates whole messages.
///
/// A message goes in whole, however its bytes arrived, so that the place of a fault does not depend on that.
#[derive(Debug)]
pub(super) struct Inflater {
    inflate: Inflate,
    out: Vec<u8>,
}

impl Inflater {
    /// What `reader` receives where these parameters were agreed on.
    pub(super) fn new(reader: Role, parameters: Parameters, limits: &Limits) -> Self {
        let inflate = Inflate::new(parameters.sent_by(reader.peer()), limits);
        Self {
            inflate,
            out: Vec::new(),
        }
    }

    /// The message's bytes; an error counts the compressed ones.
    pub(super) fn message(&mut self, message: &Message) -> Result<&[u8], Error> {
        self.out.clear();
        let data = Data {
            kind: message.kind,
            part: Part::Whole,
            compressed: message.compressed,
            bytes: &message.bytes,
        };
        self.inflate.decode_to(data, &mut self.out)?;
        Ok(&self.out)
    }
}
