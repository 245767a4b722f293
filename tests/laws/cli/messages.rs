//! What events say, as JSON and back.

use arbitrary::Unstructured;
use serde_json::Value;
use wirekit::http1::{self, Method};
use wirekit::{tls, uwsgi, websocket};
use wirekit_cli::events::http1::{RequestDecoder, ResponseDecoder, Switching};
use wirekit_cli::events::tcp::SegmentDecoder;
use wirekit_cli::events::tls::RecordDecoder;
use wirekit_cli::events::udp::DatagramDecoder;
use wirekit_cli::events::uwsgi::PacketDecoder;
use wirekit_cli::events::websocket::FrameDecoder;
use wirekit_cli::events::{Decoder, Event, Message};

use super::run;

/// Law 5: whatever a decoder says comes back from its JSON as the same value, and what `inspect` prints of it as the same
/// line.
pub fn messages(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let which = input.arbitrary::<u8>().unwrap_or_default();
    let bytes = input.take_rest();
    let mut decoder = decoder(which);
    let mut events = Vec::new();
    decoder.feed(bytes, &mut events);
    decoder.finish(&mut events);
    // An option that is broken has no keys, and ends those that have some.
    if let [segment, broken] = &events[..]
        && matches!(segment.message(), Message::Segment(_))
        && broken.name() == "error"
    {
        return;
    }
    for event in &events {
        let mut line = Vec::new();
        event.write(&mut line).expect("memory");
        let object: Value = serde_json::from_slice(&line).expect("JSON");
        let again = Event::from_json(object.as_object().expect("an object"));
        let again = again.unwrap_or_else(|error| panic!("{error}: {object}"));
        let mut written = Vec::new();
        again.write(&mut written).expect("memory");
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        assert_eq!(text(&line), text(&written));
        // Padding behind the options has no key.
        if !matches!(event.message(), Message::Segment(_)) {
            assert_eq!(*event, again);
        }
    }
}

fn decoder(which: u8) -> Box<dyn Decoder> {
    let (switching, config) = (Switching::Ignored, http1::Config::DEFAULT);
    match which % 7 {
        0 => Box::new(SegmentDecoder::new(None)),
        1 => Box::new(DatagramDecoder::new(None)),
        2 => Box::new(RequestDecoder::new(config, switching)),
        3 => Box::new(ResponseDecoder::new(config, switching, Method::GET)),
        4 => Box::new(PacketDecoder::new(uwsgi::server::Config::DEFAULT)),
        5 => Box::new(FrameDecoder::new(websocket::Config::CLIENT)),
        _ => Box::new(RecordDecoder::new(tls::Limits::DEFAULT)),
    }
}

/// The same of what `inspect` prints of a capture; the answer is how many messages that were.
pub fn messages_of(capture: &[u8]) -> usize {
    let story = ["inspect", "-", "--view", "story", "--format", "json"];
    let (status, lines, _) = run(&story, capture);
    assert_eq!(status, 0);
    let lines = String::from_utf8(lines).expect("UTF-8");
    let mut count = 0;
    for line in lines.lines() {
        let object: Value = serde_json::from_str(line).expect("JSON");
        let keys = object.as_object().expect("an object");
        let name = keys["event"].as_str().expect("a name");
        if !matches!(
            keys.get("layer").and_then(Value::as_str),
            Some("http1" | "uwsgi" | "websocket" | "tls")
        ) {
            continue;
        }
        let message = Message::from_json(name, keys);
        let message = message.unwrap_or_else(|error| panic!("{error}: {line}"));
        assert_eq!(message.name(), name);
        let said = message.to_json();
        for (key, value) in &said {
            assert_eq!(keys.get(key), Some(value), "{key} of {line}");
        }
        let place = [
            "connection",
            "packet",
            "timestamp",
            "from",
            "layer",
            "event",
            "offset",
            "len",
        ];
        let others = keys.keys().filter(|key| !place.contains(&key.as_str()));
        assert_eq!(others.count(), said.len(), "{line}");
        count += 1;
    }
    count
}
