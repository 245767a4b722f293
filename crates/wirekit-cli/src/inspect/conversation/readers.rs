//! The readers of the protocols: one end's stream, as events.

use wirekit::http1::Method;
use wirekit::tcp::track::Side;
use wirekit::tls;
use wirekit::websocket::deflate::Parameters;
use wirekit::websocket::{Config, Rsv};

use crate::events::answer::AnswerDecoder;
use crate::events::http1::{Faults, RequestDecoder, ResponseDecoder, Switching};
use crate::events::tls::RecordDecoder;
use crate::events::uwsgi::PacketDecoder;
use crate::events::websocket::FrameDecoder;
use crate::events::{Decoder, Rules};

/// Makes the reader of one end.
pub(crate) type NewReader = fn(Side, Compression, &Rules) -> Box<dyn Decoder>;

/// Whether the frames of a WebSocket connection may be compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compression {
    None,
    /// By permessage-deflate, as it was agreed on.
    Deflate(Parameters),
    /// By something that is not understood: no reserved bit is a fault, and the bytes are shown as they are.
    Unknown,
}

pub(super) fn http1(from: Side, _: Compression, rules: &Rules) -> Box<dyn Decoder> {
    let (config, switching) = (rules.http1, Switching::Accepted);
    match from {
        Side::Client => {
            Box::new(RequestDecoder::new(config, switching).with_faults(Faults::Reported))
        }
        Side::Server => {
            let decoder = ResponseDecoder::new(config, switching, Method::GET);
            Box::new(decoder.with_faults(Faults::Reported))
        }
    }
}

pub(super) fn uwsgi(from: Side, _: Compression, rules: &Rules) -> Box<dyn Decoder> {
    match from {
        Side::Client => Box::new(PacketDecoder::new(rules.uwsgi)),
        Side::Server => Box::new(AnswerDecoder::new(rules.http1)),
    }
}

pub(super) fn tls(_: Side, _: Compression, _: &Rules) -> Box<dyn Decoder> {
    Box::new(RecordDecoder::new(tls::Limits::DEFAULT))
}

pub(super) fn websocket(from: Side, compression: Compression, rules: &Rules) -> Box<dyn Decoder> {
    Box::new(frame_decoder(from, compression, rules))
}

/// The end that reads what `from` sends.
fn frame_decoder(from: Side, compression: Compression, rules: &Rules) -> FrameDecoder {
    let config = match from {
        Side::Client => Config::SERVER,
        Side::Server => Config::CLIENT,
    };
    let config = config.limits(rules.websocket);
    let decoder = match compression {
        Compression::None => FrameDecoder::new(config),
        Compression::Deflate(parameters) => FrameDecoder::new(config).with_deflate(parameters),
        Compression::Unknown => {
            let any = Rsv::RSV1 | Rsv::RSV2 | Rsv::RSV3;
            FrameDecoder::new(config.reserved_bits(any))
        }
    };
    decoder.with_any_mask()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::Event;

    // RFC 6455 section 9.2: what an extension does with a reserved bit is its own.
    #[test]
    fn an_unknown_extension_may_own_every_bit() {
        let rules = Rules::new(&[], &[]).unwrap();
        let wire = b"\xa2\x01a\x11\x01b\xc0\x01\xff";
        for (compression, expected) in [
            (
                Compression::Unknown,
                &["frame", "message", "frame", "frame", "message"][..],
            ),
            (Compression::None, &["error"]),
        ] {
            let mut decoder = frame_decoder(Side::Server, compression, &rules);
            let mut events = Vec::new();
            decoder.feed(wire, &mut events);
            let names: Vec<_> = events.iter().map(Event::name).collect();
            assert_eq!(names, expected, "{compression:?}");
        }
    }
}
