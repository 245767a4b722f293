//! The laws of the program's `parse` and `encode`, and of the events that they share with `inspect`.

use arbitrary::Unstructured;
use wirekit::http1::{Field, LastChunk, field_name};

mod content;
mod flows;
mod frames;
mod inspect;
mod messages;
mod names;

pub use content::content;
pub use flows::flows;
pub use inspect::{capture_splits, counts, versus_etherparse};
pub use messages::{messages, messages_of};
pub use names::names;

laws![
    capture_splits,
    content,
    counts,
    encode,
    flows,
    messages,
    names,
    round_trip,
    split,
    versus_etherparse
];

/// Every protocol, with options that change what is read.
const COMMANDS: [&[&str]; 16] = [
    &["tcp"],
    &["tcp", "--pseudo", "192.0.2.1,192.0.2.2"],
    &["udp"],
    &["udp", "--pseudo", "2001:db8::1,2001:db8::2"],
    &["http1-request"],
    &["http1-request", "--accept-switch"],
    &[
        "http1-request",
        "--quirk",
        "bare_lf",
        "--quirk",
        "bare_lf_in_chunks",
        "--quirk",
        "obs_fold",
    ],
    &[
        "http1-request",
        "--limit",
        "max_head_len=64",
        "--limit",
        "max_chunk_extensions_len=8",
    ],
    &["http1-response"],
    &["http1-response", "--method", "HEAD"],
    &["http1-response", "--method", "CONNECT", "--accept-switch"],
    &["uwsgi"],
    &["uwsgi", "--lenient"],
    &["websocket", "--role", "client"],
    &["websocket", "--role", "server"],
    &[
        "websocket",
        "--role",
        "client",
        "--deflate",
        "client_no_context_takeover",
    ],
];

/// Of these, the ones that read by the rules that the encoders write by: no deviations, and no compression, which has
/// more than one spelling.
fn is_strict(command: &[&str]) -> bool {
    !command
        .iter()
        .any(|word| ["--quirk", "--lenient", "--deflate"].contains(word))
}

/// Runs the program; the answer is its status, stdout and stderr.
pub fn run(arguments: &[&str], stdin: &[u8]) -> (u8, Vec<u8>, Vec<u8>) {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let arguments = core::iter::once("wirekit").chain(arguments.iter().copied());
    let status = wirekit_cli::run(arguments, stdin, &mut stdout, &mut stderr);
    (status, stdout, stderr)
}

fn parse(command: &[&str], more: &[&str], input: &[u8]) -> (u8, Vec<u8>) {
    let arguments = [&["parse"], command, more].concat();
    let (status, events, words) = run(&arguments, input);
    let words = String::from_utf8_lossy(&words);
    assert!(
        status != 2 && words.is_empty(),
        "{arguments:?} says {words:?}"
    );
    (status, events)
}

/// The protocol that the first byte of fuzzed data chooses.
fn choose(data: &[u8]) -> Option<(&'static [&'static str], usize, &[u8])> {
    let mut input = Unstructured::new(data);
    let command = *input.choose(&COMMANDS).ok()?;
    let split = usize::from(input.arbitrary::<u8>().ok()?).max(1);
    Some((command, split, input.take_rest()))
}

/// Law 4: the events do not depend on how the input is cut, byte for byte.
pub fn split(data: &[u8]) {
    let Some((command, split, input)) = choose(data) else {
        return;
    };
    split_of(command, split, input);
}

/// [`split`] of one command.
pub fn split_of(command: &[&str], split: usize, input: &[u8]) {
    let (status, whole) = parse(command, &[], input);
    let split = split.to_string();
    let (cut_status, cut) = parse(command, &["--split", &split], input);
    let (whole, cut) = (
        String::from_utf8_lossy(&whole),
        String::from_utf8_lossy(&cut),
    );
    assert_eq!(whole, cut, "{command:?} split {split}");
    assert_eq!(status, cut_status);
    check_places(status, &whole, input.len() as u64);
}

/// Laws 3 and 6: events stand inside the input, one after the other, and only the last one ends the list.
fn check_places(status: u8, events: &str, len: u64) {
    let mut ended = false;
    for line in events.lines() {
        assert!(!ended, "an event after the end: {line}");
        let event: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let offset = event["offset"].as_u64().expect("an offset");
        assert!(offset <= len, "{line} in {len} bytes");
        let name = event["event"].as_str().expect("a name");
        // A frame may announce more than has arrived.
        if let (Some(used), false) = (event["len"].as_u64(), name == "frame") {
            assert!(offset + used <= len, "{line} in {len} bytes");
        }
        let expected = match name {
            "error" => 1,
            "incomplete" => 3,
            _ => 0,
        };
        ended = expected != 0 || name == "switch";
        assert!(
            expected == 0 || expected == status,
            "{line} and status {status}"
        );
    }
    assert!(ended || status == 0);
}

/// Law 5: what was read without a fault is encoded, and what was encoded is read as the same.
pub fn round_trip(data: &[u8]) {
    if let Some((command, _, input)) = choose(data) {
        round_trip_of(command, input);
    }
}

/// [`round_trip`] of one command.
pub fn round_trip_of(command: &[&str], input: &[u8]) {
    let (status, events) = parse(command, &[], input);
    if status != 0 || !is_strict(command) || is_unsendable(&events) {
        return;
    }
    let protocol = command.first().copied().unwrap_or_default();
    let (status, bytes, words) = run(&["encode", protocol], &events);
    let words = String::from_utf8_lossy(&words);
    assert_eq!(
        (status, &*words),
        (0, ""),
        "{}",
        String::from_utf8_lossy(&events)
    );
    let (status, again) = parse(command, &[], &bytes);
    assert_eq!(status, 0, "{}", String::from_utf8_lossy(&again));
    assert_eq!(meaning(&events), meaning(&again));
}

/// What is read by the rules, and yet no sender may write: another minor version, framing fields of a response without a
/// body, which a recipient does not look at, content in TRACE and 205, trailers that must be known before the content, a
/// Host that is not the target's, and what [`has_ineffective_field`].
fn is_unsendable(events: &[u8]) -> bool {
    meaning(events).iter().any(|event| {
        let names = event["fields"].to_string().to_lowercase();
        if event["event"] == "response"
            && event["body"] == "none"
            && (names.contains("transfer-encoding") || names.contains("content-length"))
        {
            return true;
        }
        let has_no_content = event["method"] == "TRACE" || event["status"] == 205;
        if has_no_content && has_content(event) {
            return true;
        }
        if is_for_another_host(event) || has_ineffective_field(event) {
            return true;
        }
        let trailers = event["trailers"].as_array().into_iter().flatten();
        let mut names = trailers.filter_map(|trailer| trailer[0].as_str());
        let is_refused = |name: &str| {
            let (name, value) = (name.as_bytes(), &b""[..]);
            let trailers = &[Field { name, value }];
            LastChunk { trailers }.encoded_len().is_err()
        };
        if names.any(is_refused) {
            return true;
        }
        let version = event["version"].as_str().unwrap_or("HTTP/1.1");
        let is_interim = event["status"].as_u64().is_some_and(|status| status < 200);
        !matches!(version, "HTTP/1.0" | "HTTP/1.1") || is_interim && version == "HTTP/1.0"
    })
}

/// Whether content may follow.
fn has_content(event: &serde_json::Value) -> bool {
    event["body"] == "chunked"
        || event["body"] == "until_close"
        || event["body"] == "length" && event["content_length"].as_u64() > Some(0)
}

/// RFC 9112 section 3.2: Host is to be "identical to that authority component" of a target in absolute-form or
/// authority-form, whose port it may leave out. (More than is refused: the scheme's own port makes no difference to the
/// encoder.)
fn is_for_another_host(event: &serde_json::Value) -> bool {
    let target = event["target"].as_str().unwrap_or_default();
    let (authority, without_port) = match event["target_form"].as_str() {
        Some("absolute") => {
            let rest = target.split_once("://").map_or("", |(_, rest)| rest);
            let authority = rest.split(['/', '?']).next().unwrap_or_default();
            (authority, authority)
        }
        Some("authority") => (target, target.rsplit_once(':').map_or("", |(host, _)| host)),
        _ => return false,
    };
    values(event, "host").any(|host| !is_text(host, authority) && !is_text(host, without_port))
}

/// Fields that lack what makes them true: Upgrade and TE without their connection option (RFC 9110 sections 7.8 and
/// 10.1.4), or chunked in TE; a connection option that is the name of a field for all recipients (section 7.6.1);
/// `Expect: 100-continue` without content (section 10.1.1); 101 and 426 without Upgrade (sections 15.2.2 and 15.5.22).
fn has_ineffective_field(event: &serde_json::Value) -> bool {
    let list = |name| {
        values(event, name)
            .filter_map(serde_json::Value::as_str)
            .flat_map(|value| value.split(','))
            .map(|element| element.trim_matches([' ', '\t']).to_ascii_lowercase())
            .filter(|element| !element.is_empty())
            .collect::<Vec<_>>()
    };
    let options = list("connection");
    let lacks_option = |name: &str| {
        values(event, name).next().is_some() && !options.iter().any(|option| option == name)
    };
    let is_for_all = |option: &String| {
        !["close", "keep-alive", "upgrade", "te"].contains(&option.as_str())
            && (field_name::registered(option.as_bytes()).is_some() || option.starts_with("x-"))
    };
    lacks_option("upgrade")
        || lacks_option("te")
        || list("te").iter().any(|coding| coding == "chunked")
        || options.iter().any(is_for_all)
        || list("expect").iter().any(|it| it == "100-continue") && !has_content(event)
        || matches!(event["status"].as_u64(), Some(101 | 426)) && list("upgrade").is_empty()
}

/// The values of the fields of a name.
fn values<'e>(
    event: &'e serde_json::Value,
    name: &'e str,
) -> impl Iterator<Item = &'e serde_json::Value> {
    let fields = event["fields"].as_array().into_iter().flatten();
    fields
        .filter(move |field| is_text(&field[0], name))
        .map(|field| &field[1])
}

/// Whether a JSON string is `text`, in any case.
fn is_text(value: &serde_json::Value, text: &str) -> bool {
    value
        .as_str()
        .is_some_and(|value| value.eq_ignore_ascii_case(text))
}

/// The events without their places, which a shorter spelling moves.
fn meaning(events: &[u8]) -> Vec<serde_json::Value> {
    let events = String::from_utf8_lossy(events);
    let event = |line: &str| {
        let mut event: serde_json::Value = serde_json::from_str(line).expect("JSON");
        if let Some(keys) = event.as_object_mut() {
            keys.remove("offset");
            keys.remove("len");
        }
        event
    };
    events.lines().map(event).collect()
}

/// Law 1 of `encode`: any input is answered, and nothing is written for what is refused.
pub fn encode(data: &[u8]) {
    let Some((command, _, input)) = choose(data) else {
        return;
    };
    let protocol = command.first().copied().unwrap_or_default();
    let (status, bytes, words) = run(&["encode", protocol], input);
    assert_eq!(status == 0, words.is_empty());
    if status == 0 && matches!(protocol, "http1-request" | "uwsgi") {
        let (status, events) = parse(&[protocol], &[], &bytes);
        assert_eq!(status, 0, "{}", String::from_utf8_lossy(&events));
    }
}
