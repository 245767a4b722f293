//! Whether a text that a filter asks for is said on a connection.

use super::sides::Sides;
use super::tale::{Said, What};
use crate::events::{Message, Pairs};

/// Looks for a text in what is said, piece by piece.
#[derive(Debug, Default)]
pub(crate) struct Search {
    /// The last bytes of what each end's content has had so far: segments part it anywhere.
    tails: Sides<Vec<u8>>,
    is_in_last: bool,
    is_in_any: bool,
}

impl Search {
    /// Takes what is said next.
    pub(super) fn take(&mut self, said: &Said, text: &[u8]) {
        let tail = self.tails.of_mut(said.from);
        self.is_in_last = match content(&said.what) {
            Some(piece) => follows(tail, piece, text),
            None => {
                // What is noted between two pieces does not part them.
                if matches!(&said.what, What::Message { .. } | What::Gap { .. }) {
                    tail.clear();
                }
                says(&said.what, text)
            }
        };
        self.is_in_any |= self.is_in_last;
    }

    /// Whether it stands in what was taken last, or ends there.
    pub(super) const fn is_in_last(&self) -> bool {
        self.is_in_last
    }

    /// Whether it was said at all.
    pub(super) const fn is_in_any(&self) -> bool {
        self.is_in_any
    }
}

/// A piece of a message's content, or of a stream that no decoder reads.
fn content(what: &What) -> Option<&[u8]> {
    match what {
        What::Data { bytes, .. } => Some(bytes),
        What::Message { event, .. } => match event.message() {
            Message::Data(data) => Some(data),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a text stands in a piece, or begins in the tail of those before it, which is then that of this one.
fn follows(tail: &mut Vec<u8>, piece: &[u8], text: &[u8]) -> bool {
    let kept = text.len().saturating_sub(1);
    tail.extend(piece.iter().take(kept));
    let is_parted = has(tail, text);
    if piece.len() > kept {
        tail.clear();
        tail.extend(piece.iter().skip(piece.len() - kept));
    } else {
        tail.drain(..tail.len().saturating_sub(kept));
    }
    is_parted || has(piece, text)
}

fn has(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len().max(1)).any(|part| part == text)
}

/// Whether a text stands in one of the parts of a message.
fn says(what: &What, text: &[u8]) -> bool {
    let has = |bytes: &[u8]| has(bytes, text);
    let any = |pairs: &Pairs| pairs.iter().any(|(name, value)| has(name) || has(value));
    let What::Message { event, .. } = what else {
        return false;
    };
    match event.message() {
        Message::Request(head) => {
            has(head.method.as_bytes()) || has(&head.target) || any(&head.fields)
        }
        Message::Response(head) => has(&head.reason) || any(&head.fields),
        Message::Packet(packet) => packet.vars().is_some_and(any),
        Message::Ping(data) | Message::Pong(data) => has(data),
        Message::End(trailers) => any(trailers),
        Message::Content(content) => has(&content.data),
        Message::Close(close) => has(close.reason.as_bytes()),
        Message::ClientHello(hello) => {
            let name = hello.server_name.as_deref().unwrap_or_default();
            has(name.as_bytes())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_wherever_it_is_parted() {
        let all = b"..a needle in hay..";
        for text in [&b"needle"[..], b"n", b"..a", b"hay.."] {
            for (one, other) in (0..all.len()).flat_map(|a| (a..all.len()).map(move |b| (a, b))) {
                let mut tail = Vec::new();
                let pieces = [&all[..one], &all[one..other], &all[other..]];
                let found = pieces.map(|piece| follows(&mut tail, piece, text));
                assert!(found.contains(&true), "{one} {other}");
                assert!(tail.len() < text.len());
            }
        }
        let mut tail = Vec::new();
        for piece in all.chunks(1) {
            assert!(!follows(&mut tail, piece, b"noodle"));
        }
    }
}
