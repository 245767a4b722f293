//! The laws of `wirekit-uwsgi`.

use wirekit::http1::{self, BodyLength, BodyReader};
use wirekit::uwsgi::response::{self, Expectation, FieldTable};
use wirekit::uwsgi::server::{self, Config, Event};
use wirekit::uwsgi::{Array, Header, Packet, Quirks, Vars};

laws![answers, chunks, round_trip, splits];

/// What a decoder reports of a stream: its events with the body joined, then its error.
fn events(data: &[u8], step: usize, config: Config) -> Vec<String> {
    let mut decoder = server::Decoder::new(config);
    let (mut reports, mut body) = (Vec::new(), Vec::new());
    let (mut at, mut have) = (0, 0);
    loop {
        match decoder.receive(&data[at..have]) {
            Ok(Some((event, used))) => {
                assert!(used <= have - at, "used more than there is");
                match event {
                    Event::Request(request) => {
                        assert_eq!(request.packet().as_bytes(), &data[at..at + used]);
                        reports.push(format!("{:?} {}", request.vars(), request.content_length()));
                    }
                    Event::Data(piece) => body.extend_from_slice(piece),
                    Event::End => {
                        reports.push(format!("{body:?}"));
                        body.clear();
                        decoder.start_next();
                    }
                    other => reports.push(format!("{other:?}")),
                }
                at += used;
            }
            Ok(None) => {
                assert!(
                    matches!(decoder.receive(&data[at..have]), Ok(None)),
                    "asked again, another answer"
                );
                if have == data.len() {
                    let end = decoder.receive_eof();
                    let end = end.map_err(|error| (error.kind(), at + error.offset()));
                    reports.push(format!("rest {body:?} {end:?}"));
                    return reports;
                }
                have = (have + step).min(data.len());
            }
            Err(error) => {
                assert!(error.offset() <= have - at, "{error} is outside");
                assert_eq!(
                    decoder.receive(&data[at..]).err(),
                    Some(error),
                    "an error is final"
                );
                reports.push(format!("{:?} at {}", error.kind(), at + error.offset()));
                return reports;
            }
        }
    }
}

/// Requests: the same events at every split, used bytes and offsets inside, errors final.
pub fn splits(data: &[u8]) {
    for config in [
        Config::DEFAULT,
        Config::LENIENT,
        Config::DEFAULT.quirks(Quirks::EMPTY_KEY),
    ] {
        let whole = events(data, data.len().max(1), config);
        for step in [1, 2, 7] {
            assert_eq!(events(data, step, config), whole, "by {step}");
        }
    }
}

/// A chunked body: this reader and the one of `wirekit-http1` agree on every input, with the same data and the same
/// end. This one has dropped the trailers, so http1 must not mind their names, nor how many there are.
pub fn chunks(data: &[u8]) {
    const MAX_DROPPED_LEN: usize = 16 * 1024;
    const MAX_TRAILERS: usize = 4096;
    const PACKET: &[u8] = b"\0\x21\0\0\x16\0HTTP_TRANSFER_ENCODING\x07\0chunked";
    let input = [PACKET, data].concat();
    let mut decoder = server::Decoder::new(Config::DEFAULT);
    let (mut body, mut at, mut end) = (Vec::new(), 0, Ok(None));
    loop {
        match decoder.receive(&input[at..]) {
            Ok(Some((event, used))) => {
                at += used;
                match event {
                    Event::Data(piece) => body.extend_from_slice(piece),
                    Event::End => {
                        end = Ok(Some(at - PACKET.len()));
                        break;
                    }
                    _ => {}
                }
            }
            Ok(None) => break,
            Err(_) => {
                end = Err(());
                break;
            }
        }
    }
    let limits = http1::Limits::DEFAULT
        .max_fields(MAX_TRAILERS)
        .max_trailers_len(MAX_DROPPED_LEN)
        .max_chunk_extensions_len(MAX_DROPPED_LEN);
    let config = http1::Config::DEFAULT
        .limits(limits)
        .quirks(http1::Quirks::FORBIDDEN_TRAILERS);
    let mut reader = BodyReader::new(BodyLength::Chunked, config);
    let mut table = http1::FieldTable::<MAX_TRAILERS>::with_capacity();
    let (mut http1_body, mut at, mut http1_end) = (Vec::new(), 0, Ok(None));
    loop {
        match reader.receive(&data[at..], &mut table) {
            Ok(Some((piece, used))) => {
                at += used;
                match piece {
                    http1::Body::Data(piece) => http1_body.extend_from_slice(piece),
                    http1::Body::End(_) => {
                        http1_end = Ok(Some(at));
                        break;
                    }
                }
            }
            Ok(None) => break,
            Err(_) => {
                http1_end = Err(());
                break;
            }
        }
    }
    assert_eq!((body, end), (http1_body, http1_end));
}

/// What parses encodes to the same bytes, whole packets, variables and arrays; what the strict parser takes, the
/// lenient one reads the same way.
pub fn round_trip(data: &[u8]) {
    let Some((packet, used)) = Packet::parse(data) else {
        return;
    };
    assert_eq!(packet.as_bytes(), &data[..used]);
    let mut out = Vec::new();
    assert_eq!(packet.header().encode(packet.block(), &mut out), Ok(used));
    assert_eq!(out, packet.as_bytes());
    if let Ok(vars) = packet.vars() {
        let list: Vec<_> = vars.iter().collect();
        out.clear();
        assert_eq!(packet.header().encode_vars(&list, &mut out), Ok(used));
        assert_eq!(out, packet.as_bytes());
        let lenient =
            Vars::parse_with(packet.block(), Quirks::RESYNC).expect("what is strict is lenient");
        assert!(
            lenient.iter().eq(list),
            "a strict block is read differently"
        );
    }
    if let Ok(array) = Array::parse(packet.block()) {
        let items: Vec<_> = array.iter().collect();
        out.clear();
        assert_eq!(Header::WSGI.encode_array(&items, &mut out), Ok(used));
        assert_eq!(&out[4..], packet.block());
    }
}

/// Answers: the same heads and the same body at every split.
pub fn answers(data: &[u8]) {
    let (expectation, data) = match data {
        [0, rest @ ..] => (Expectation::HeadOnly, rest),
        [1, rest @ ..] => (Expectation::Upgrade, rest),
        rest => (Expectation::Body, rest),
    };
    let whole = answer(data, data.len().max(1), expectation);
    for step in [1, 3] {
        assert_eq!(answer(data, step, expectation), whole, "by {step}");
    }
}

fn answer(data: &[u8], step: usize, expectation: Expectation) -> Vec<String> {
    let mut decoder = response::Decoder::new(response::Config::DEFAULT.expectation(expectation));
    let mut table = FieldTable::<16>::with_capacity();
    let (mut reports, mut body) = (Vec::new(), Vec::new());
    let (mut at, mut have) = (0, 0);
    loop {
        match decoder.receive(&data[at..have], &mut table) {
            Ok(Some((event, used))) => {
                match event {
                    response::Event::Data(piece) => body.extend_from_slice(piece),
                    event => reports.push(format!("{event:?}")),
                }
                at += used;
            }
            Ok(None) if have < data.len() => have = (have + step).min(data.len()),
            Ok(None) => {
                let end = decoder
                    .receive_eof()
                    .map(|_| ())
                    .map_err(|error| error.kind());
                // Of a body that ended, what is behind it depends on nothing.
                reports.push(format!("{body:?} {end:?}"));
                return reports;
            }
            Err(error) => {
                let seen = have - at;
                assert!(error.offset() <= seen, "{error} is outside");
                // A bare CR shows with the byte behind it.
                assert!(
                    step > 1 || seen <= error.offset() + 2,
                    "{error} was reported after {seen} bytes"
                );
                reports.push(format!("{:?} at {}", error.kind(), at + error.offset()));
                return reports;
            }
        }
    }
}
