//! Compressed messages as they were before: RFC 7692.

use wirekit::websocket::deflate::{Inflate, Parameters, PermessageDeflate};
use wirekit::websocket::extension::{Answer, Extensions, Negotiate as _, confirm};
use wirekit::websocket::{Data, Error, Limits, Part, Role, Rsv};

/// The parameters of permessage-deflate as a handshake writes them; the extension's name may be left away.
///
/// They are a server's answer, or an offer, whose `client_max_window_bits` may have no value: then it restricts nothing.
///
/// # Errors
///
/// Words for what is neither.
pub fn deflate_parameters(text: &str) -> Result<Parameters, String> {
    const TOKEN: &str = "permessage-deflate";
    let text = text.trim_matches([' ', '\t', ';']);
    let written = match text {
        _ if text.starts_with(TOKEN) => text.to_owned(),
        "" => TOKEN.to_owned(),
        _ => format!("{TOKEN}; {text}"),
    };
    let mut deflate = PermessageDeflate::new();
    let read = Extensions::parse(written.as_bytes()).and_then(|extensions| {
        let mut list = extensions.iter();
        let is_taken = match (list.next(), list.next()) {
            (Some(one), None) => one.token() == TOKEN && deflate.accept(one) == Answer::Accepted,
            _ => false,
        };
        if is_taken {
            return Ok(());
        }
        // Says what is wrong.
        confirm([extensions], &mut [&mut deflate]).map(|_| ())
    });
    read.map_err(|error| format!("{error} of `{written}`"))?;
    Ok(deflate.agreed().unwrap_or_default())
}

/// Inflates messages as they arrive.
///
/// What is wrong with a message does not depend on how its bytes arrived, but how much of a piece the inflater takes
/// in before it sees the fault does. So there is a second one, always a piece behind, which takes the piece with the
/// fault in byte by byte.
#[derive(Debug)]
pub(super) struct Inflater {
    inflate: Inflate,
    behind: Inflate,
}

impl Inflater {
    /// What `reader` receives where these parameters were agreed on.
    pub(super) fn new(reader: Role, parameters: Parameters, limits: &Limits) -> Self {
        let inflate = || Inflate::new(parameters.sent_by(reader.peer()), limits);
        Self {
            inflate: inflate(),
            behind: inflate(),
        }
    }

    /// The memory that is held: the two windows, RFC 7692 section 7.1.2, and as much for the tables of each.
    pub(super) const fn held_len(&self) -> usize {
        4 * (1 << 15)
    }

    /// What comes out of a piece, into `out`. An error is placed at the first byte of the piece with which it is certain;
    /// behind the last one if the message must not end there.
    pub(super) fn inflate<'o>(
        &mut self,
        piece: Data<'_>,
        out: &'o mut Vec<u8>,
    ) -> Result<Data<'o>, (usize, Error)> {
        if let Err(error) = self.inflate.decode_to(piece, out) {
            return Err((self.place(piece), error));
        }
        // The same goes in, so the same comes out.
        out.clear();
        let caught_up = self.behind.decode_to(piece, out);
        caught_up.map_err(|error| (0, error))?;
        Ok(Data {
            rsv: piece.rsv.without(Rsv::RSV1),
            kind: piece.kind,
            part: piece.part,
            bytes: out,
        })
    }

    /// Where the fault of a piece is.
    fn place(&mut self, piece: Data<'_>) -> usize {
        let mut out = Vec::new();
        let is_fault = |byte| {
            out.clear();
            let byte = Data {
                part: Part::Middle,
                bytes: core::slice::from_ref(byte),
                ..piece
            };
            self.behind.decode_to(byte, &mut out).is_err()
        };
        let place = piece.bytes.iter().position(is_fault);
        place.unwrap_or(piece.bytes.len())
    }
}
