//! Events in the words of a story.

use wirekit::http1::BodyLength;
use wirekit::tcp::track::Side;
use wirekit::tls::{CipherSuite, ProtocolName, ProtocolVersion};
use wirekit::websocket::MessageKind;

use super::options::{self, Timestamps};
use super::put::{MAX_NAME_LEN, counted, grouped};
use crate::events::http1::{Request, Response};
use crate::events::tls::{ClientHello, ServerHello};
use crate::events::uwsgi::Packet;
use crate::events::websocket::{Close, Content};
use crate::events::{Event, Message, Pairs};
use crate::inspect::conversation::application::Application;
use crate::inspect::conversation::exchange::Asked;
use crate::inspect::conversation::tale::{GapCause, Syn, Unread};

/// The longest piece of a message that is quoted.
const MAX_QUOTE_LEN: usize = 60;

/// A message's event as a line; nothing for one that says nothing by itself.
pub(crate) fn of(event: &Event) -> Option<String> {
    Some(match event.message() {
        Message::Error(fault) => format!(
            "broken at byte {}: {} ({})",
            grouped(event.offset()),
            fault.message,
            fault.spec
        ),
        Message::Incomplete => String::from("ends inside a message"),
        Message::Request(head) => request(head),
        Message::Response(head) => response(head),
        Message::Packet(it) => packet(it),
        Message::Content(content) => message(content),
        Message::Ping(data) => with_quote("ping", data),
        Message::Pong(data) => with_quote("pong", data),
        Message::Close(it) => close(it),
        Message::ClientHello(hello) => client_hello(hello),
        Message::ServerHello(hello) => server_hello(hello),
        Message::Alert(alert) => format!(
            "TLS alert: {} {}",
            alert.level.name().unwrap_or_default(),
            alert.description.name().unwrap_or_default()
        ),
        Message::Encrypted => String::from("encrypted from here on"),
        Message::Data(_)
        | Message::End(_)
        | Message::BodyEnd
        | Message::Switch
        | Message::Frame(_)
        | Message::Segment(_)
        | Message::Datagram(_) => return None,
    })
}

/// What a connection is about, as one of its messages shows: a host and a target, or a server's name.
pub(crate) fn about(event: &Event) -> Option<String> {
    let asked = match event.message() {
        Message::Request(request) => Asked::http1(request),
        Message::Packet(packet) => Asked::uwsgi(packet)?,
        Message::ClientHello(hello) => {
            let name = hello.server_name.as_ref()?;
            return Some(quoted(name, MAX_QUOTE_LEN));
        }
        _ => return None,
    };
    let host = match asked.target.starts_with(b"/") {
        true => asked.host.unwrap_or_default(),
        false => Vec::new(),
    };
    Some(quoted_bytes(&[host, asked.target].concat(), MAX_QUOTE_LEN))
}

/// A SYN by its name, with its options.
pub(crate) fn syn(name: &str, syn: &Syn) -> String {
    let mut text = Vec::new();
    if let Some(segment) = syn.segment() {
        options::text(segment.options(), Timestamps::Named, &mut text);
    }
    match String::from_utf8(text) {
        Ok(options) if !options.is_empty() => format!("{name}  {options}"),
        _ => name.to_owned(),
    }
}

/// Bytes that are missing from a stream.
pub(crate) fn gap(offset: u64, len: u64, cause: GapCause) -> String {
    let why = match cause {
        GapCause::Lost => "",
        GapCause::Limit => ", given up for want of room (--max-buffered)",
    };
    format!(
        "{} missing from byte {} of the stream{why}",
        counted(len, "byte"),
        grouped(offset)
    )
}

/// An end that breaks off, and why if it says so.
pub(crate) fn reset(text: &[u8]) -> String {
    match text {
        [] => String::from("RST, breaks off"),
        text => with_quote("RST, breaks off:", text),
    }
}

/// Of an end whose checksums are wrong only in the capture.
pub(crate) const CHECKSUMS_IGNORED: &str =
    "its checksums are bad, but what they cover is acknowledged: they are ignored";

/// Why a direction is not read on.
pub(crate) fn unread(application: Application, reason: Unread) -> String {
    let words = match reason {
        Unread::Gap => {
            "cannot be read on: behind missing bytes nothing tells where a message begins"
        }
        Unread::NoRoom => {
            "is not read on: there is no room for what is not whole yet (--max-buffered)"
        }
        Unread::Unsupported => "from here on, which is not read",
    };
    let name = application.protocol().title;
    format!("{name} {words}")
}

/// A body's end.
pub(crate) fn body(len: u64, end: &Message) -> Option<String> {
    let trailers = match end {
        Message::End(trailers) => trailers.len() as u64,
        _ => 0,
    };
    match (len, trailers) {
        (0, 0) => None,
        (len, 0) => Some(format!("body {}", counted(len, "byte"))),
        (len, trailers) => Some(format!(
            "body {}, {}",
            counted(len, "byte"),
            counted(trailers, "trailer")
        )),
    }
}

fn request(head: &Request) -> String {
    let mut line = format!(
        "{} {} {}",
        head.method,
        quoted_bytes(&head.target, 100),
        head.version.as_str()
    );
    let mut facts = Vec::new();
    facts.extend(field(&head.fields, "host", "host"));
    facts.extend(field(&head.fields, "user-agent", "by"));
    facts.extend(field(&head.fields, "upgrade", "upgrade"));
    facts.extend(body_kind(head.body));
    add(&facts, &mut line);
    line
}

fn response(head: &Response) -> String {
    let mut line = format!(
        "{} {} {}",
        head.version_name(),
        head.status.0,
        quoted_bytes(&head.reason, 40)
    );
    let mut facts = Vec::new();
    let content_type = head.fields.get("content-type");
    facts.extend(content_type.map(|value| quoted_bytes(value, 40)));
    facts.extend(field(&head.fields, "location", "location"));
    facts.extend(field(&head.fields, "server", "by"));
    facts.extend(field(&head.fields, "upgrade", "upgrade"));
    facts.extend(field(
        &head.fields,
        "sec-websocket-extensions",
        "extensions",
    ));
    facts.extend(body_kind(head.body));
    add(&facts, &mut line);
    line
}

fn add(facts: &[String], line: &mut String) {
    if !facts.is_empty() {
        line.push_str("  ");
        line.push_str(&facts.join(", "));
    }
}

fn body_kind(body: BodyLength) -> Option<String> {
    match body {
        BodyLength::Chunked => Some(String::from("chunked")),
        BodyLength::UntilClose => Some(String::from("until close")),
        _ => None,
    }
}

fn field(fields: &Pairs, name: &str, word: &str) -> Option<String> {
    let value = fields.get(name)?;
    Some(format!("{word} {}", quoted_bytes(value, 50)))
}

fn packet(packet: &Packet) -> String {
    let size = packet.size as u64;
    let vars = packet.vars();
    let var = |name| vars?.get(name).filter(|value| !value.is_empty());
    let Some(method) = var("REQUEST_METHOD") else {
        let name = match packet.name {
            Some(name) => name.to_owned(),
            None => packet.modifier1.0.to_string(),
        };
        return format!("uwsgi packet {name}, {}", counted(size, "byte"));
    };
    let target = match (var("REQUEST_URI"), var("QUERY_STRING")) {
        (Some(target), _) => target.to_vec(),
        (None, query) => {
            let path = var("PATH_INFO").unwrap_or(b"/");
            query.map_or_else(|| path.to_vec(), |query| [path, b"?", query].concat())
        }
    };
    let mut facts = Vec::new();
    facts.extend(var("HTTP_HOST").map(|host| format!("host {}", quoted_bytes(host, 50))));
    let address = var("REMOTE_ADDR");
    facts.extend(address.map(|address| format!("for {}", quoted_bytes(address, 50))));
    facts.push(format!(
        "{} in {}",
        counted(vars.map_or(0, Pairs::len) as u64, "var"),
        counted(size, "byte")
    ));
    format!(
        "uwsgi {} {}  {}",
        quoted_bytes(method, 20),
        quoted_bytes(&target, 100),
        facts.join(", ")
    )
}

fn message(content: &Content) -> String {
    let kind = content.kind_name();
    let words = match content.kind {
        MessageKind::Text => with_quote(kind, &content.data),
        MessageKind::Binary => format!("{kind}, {}", counted(content.data.len() as u64, "byte")),
    };
    match content.compressed {
        true => format!("{words}, compressed"),
        false => words,
    }
}

/// A word, and the beginning of a text: `text "hello", 5 bytes`.
fn with_quote(word: &str, data: &[u8]) -> String {
    match data.len() as u64 {
        0 => format!("{word}, empty"),
        len => format!(
            "{word} \"{}\", {}",
            quoted(&String::from_utf8_lossy(data), MAX_QUOTE_LEN),
            counted(len, "byte")
        ),
    }
}

fn close(close: &Close) -> String {
    match close.reason.as_str() {
        "" => format!("close {}", close.code.0),
        reason => with_quote(&format!("close {}", close.code.0), reason.as_bytes()),
    }
}

fn client_hello(hello: &ClientHello) -> String {
    let mut facts = Vec::new();
    let name = hello.server_name.as_deref();
    facts.extend(name.map(|name| format!("for {}", quoted(name, 80))));
    let versions: Vec<String> = hello.versions.iter().copied().map(version).collect();
    if !versions.is_empty() {
        facts.push(format!("offers {}", versions.join(" ")));
    }
    let protocols: Vec<String> = hello.alpn.iter().map(|name| protocol(name)).collect();
    if !protocols.is_empty() {
        facts.push(format!("ALPN {}", protocols.join(" ")));
    }
    facts.push(counted(hello.cipher_suites.len() as u64, "cipher suite"));
    format!("TLS ClientHello  {}", facts.join(", "))
}

fn server_hello(hello: &ServerHello) -> String {
    let mut facts = vec![version(hello.version), suite(hello.cipher_suite)];
    let protocols = hello.alpn.as_deref().map(protocol);
    facts.extend(protocols.map(|name| format!("ALPN {name}")));
    let kind = match hello.hello_retry_request {
        true => "HelloRetryRequest",
        false => "ServerHello",
    };
    format!("TLS {kind}  {}", facts.join(", "))
}

fn version(version: ProtocolVersion) -> String {
    version
        .name()
        .map_or_else(|| format!("version {:#06x}", version.0), str::to_owned)
}

fn suite(suite: CipherSuite) -> String {
    suite
        .name()
        .map_or_else(|| format!("suite {:#06x}", suite.0), str::to_owned)
}

fn protocol(name: &[u8]) -> String {
    let protocol = ProtocolName(name);
    match protocol.name() {
        Some(name) if protocol.is_grease() => name.to_owned(),
        _ => quoted_bytes(name, 60),
    }
}

/// [`quoted`], of bytes of which nothing says that they are UTF-8: a character each.
pub(crate) fn quoted_bytes(bytes: &[u8], max_len: usize) -> String {
    quoted_from(bytes.iter().copied().map(char::from), max_len)
}

/// The beginning of a text from the wire, with nothing in it that a terminal obeys.
pub(crate) fn quoted(text: &str, max_len: usize) -> String {
    quoted_from(text.chars(), max_len)
}

/// An end by the name that the capture's DNS gave its address, where the address itself has its place elsewhere.
pub(crate) fn is_named(side: Side, name: &str) -> String {
    format!("{} is {}", side.as_str(), quoted(name, MAX_NAME_LEN))
}

fn quoted_from(characters: impl Iterator<Item = char>, max_len: usize) -> String {
    let mut quoted = String::new();
    for (index, character) in characters.enumerate() {
        if index == max_len {
            quoted.push('…');
            break;
        }
        match character {
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            '\n' => quoted.push_str("\\n"),
            character if character.is_control() || is_invisible(character) => {
                quoted.extend(character.escape_unicode());
            }
            character => quoted.push(character),
        }
    }
    quoted
}

/// Marks that change how the text around them is shown.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_the_wire_reaches_the_terminal_as_a_command() {
        assert_eq!(
            quoted("a\x1b[31m\r\n\u{9b}\u{202e}z", 60),
            "a\\u{1b}[31m\\r\\n\\u{9b}\\u{202e}z"
        );
        assert_eq!(quoted("abcdef", 3), "abc…");
    }
}
