//! Events in the words of a story.

use serde_json::Value;

use super::put::{counted, grouped};
use crate::events::Event;
use crate::inspect::conversation::application::Application;
use crate::inspect::conversation::dialogue::{pair, text};

/// The longest piece of a message that is quoted.
const MAX_QUOTE_LEN: usize = 60;

/// A message's event as a line; nothing for one that says nothing by itself.
pub(crate) fn of(application: Application, event: &Event) -> Option<String> {
    Some(match (application, event.name()) {
        (_, "error") => {
            let spec = text(event, "spec");
            format!(
                "broken at byte {}: {} ({spec})",
                grouped(event.offset()),
                text(event, "message")
            )
        }
        (_, "incomplete") => String::from("ends inside a message"),
        (_, "request") => request(event),
        (_, "response") => response(event),
        (_, "packet") => packet(event),
        (_, "message") => message(event),
        (_, "ping" | "pong") => with_quote(event.name(), text(event, "data")),
        (_, "close") => close(event),
        (_, "client_hello") => client_hello(event),
        (_, "server_hello") => server_hello(event),
        (_, "alert") => format!(
            "TLS alert: {} {}",
            text(event, "level"),
            text(event, "description")
        ),
        (_, "encrypted") => String::from("encrypted from here on"),
        _ => return None,
    })
}

/// A body's end.
pub(crate) fn body(len: u64, event: &Event) -> Option<String> {
    let trailers = event
        .keys()
        .get("trailers")
        .and_then(Value::as_array)
        .map_or(0, Vec::len);
    match (len, trailers) {
        (0, 0) => None,
        (len, 0) => Some(format!("body {}", counted(len, "byte"))),
        (len, trailers) => Some(format!(
            "body {}, {}",
            counted(len, "byte"),
            counted(trailers as u64, "trailer")
        )),
    }
}

fn request(event: &Event) -> String {
    let mut line = format!(
        "{} {} {}",
        text(event, "method"),
        quoted(text(event, "target"), 100),
        text(event, "version")
    );
    let mut facts = Vec::new();
    facts.extend(field(event, "host", "host"));
    facts.extend(field(event, "user-agent", "by"));
    facts.extend(field(event, "upgrade", "upgrade"));
    facts.extend(body_kind(event));
    if !facts.is_empty() {
        line.push_str("  ");
        line.push_str(&facts.join(", "));
    }
    line
}

fn response(event: &Event) -> String {
    let status = event
        .keys()
        .get("status")
        .and_then(Value::as_u64)
        .unwrap_or_default();
    let mut line = format!(
        "{} {status} {}",
        text(event, "version"),
        quoted(text(event, "reason"), 40)
    );
    let mut facts = Vec::new();
    facts.extend(pair(event, "fields", "content-type").map(|value| quoted(value, 40)));
    facts.extend(field(event, "location", "location"));
    facts.extend(field(event, "server", "by"));
    facts.extend(field(event, "upgrade", "upgrade"));
    facts.extend(field(event, "sec-websocket-extensions", "extensions"));
    facts.extend(body_kind(event));
    if !facts.is_empty() {
        line.push_str("  ");
        line.push_str(&facts.join(", "));
    }
    line
}

fn body_kind(event: &Event) -> Option<String> {
    match text(event, "body") {
        "chunked" => Some(String::from("chunked")),
        "until_close" => Some(String::from("until close")),
        _ => None,
    }
}

fn field(event: &Event, name: &str, word: &str) -> Option<String> {
    pair(event, "fields", name).map(|value| format!("{word} {}", quoted(value, 50)))
}

fn packet(event: &Event) -> String {
    let size = event
        .keys()
        .get("size")
        .and_then(Value::as_u64)
        .unwrap_or_default();
    let vars = event
        .keys()
        .get("vars")
        .and_then(Value::as_array)
        .map_or(0, Vec::len);
    let var = |name| pair(event, "vars", name).filter(|value| !value.is_empty());
    let Some(method) = var("REQUEST_METHOD") else {
        let name = match text(event, "name") {
            "" => event
                .keys()
                .get("modifier1")
                .map(Value::to_string)
                .unwrap_or_default(),
            name => name.to_owned(),
        };
        return format!("uwsgi packet {name}, {}", counted(size, "byte"));
    };
    let target = var("REQUEST_URI").map(str::to_owned).unwrap_or_else(|| {
        let path = var("PATH_INFO").unwrap_or("/");
        var("QUERY_STRING").map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"))
    });
    let mut facts = Vec::new();
    facts.extend(var("HTTP_HOST").map(|host| format!("host {}", quoted(host, 50))));
    facts.extend(var("REMOTE_ADDR").map(|address| format!("for {}", quoted(address, 50))));
    facts.push(format!(
        "{} in {}",
        counted(vars as u64, "var"),
        counted(size, "byte")
    ));
    format!(
        "uwsgi {} {}  {}",
        quoted(method, 20),
        quoted(&target, 100),
        facts.join(", ")
    )
}

fn message(event: &Event) -> String {
    let data = text(event, "data");
    let len = data.chars().count() as u64;
    let compressed = event
        .keys()
        .get("compressed")
        .and_then(Value::as_bool)
        .unwrap_or_default();
    let kind = text(event, "kind");
    let words = match kind {
        "text" => with_quote(kind, data),
        _ => format!("{kind}, {}", counted(len, "byte")),
    };
    match compressed {
        true => format!("{words}, compressed"),
        false => words,
    }
}

/// A word, and the beginning of a text: `text "hello", 5 bytes`.
fn with_quote(word: &str, data: &str) -> String {
    let len = data.chars().count() as u64;
    let bytes: Vec<u8> = data
        .chars()
        .map(|character| u8::try_from(u32::from(character)).unwrap_or(b'?'))
        .collect();
    let shown = String::from_utf8_lossy(&bytes);
    match len {
        0 => format!("{word}, empty"),
        _ => format!(
            "{word} \"{}\", {}",
            quoted(&shown, MAX_QUOTE_LEN),
            counted(len, "byte")
        ),
    }
}

fn close(event: &Event) -> String {
    let code = event
        .keys()
        .get("code")
        .and_then(Value::as_u64)
        .unwrap_or_default();
    match text(event, "reason") {
        "" => format!("close {code}"),
        reason => with_quote(&format!("close {code}"), reason),
    }
}

fn client_hello(event: &Event) -> String {
    let mut facts = Vec::new();
    let name = event.keys().get("server_name").and_then(Value::as_str);
    facts.extend(name.map(|name| format!("for {}", quoted(name, 80))));
    facts.extend(words(event, "versions").map(|versions| format!("offers {versions}")));
    facts.extend(words(event, "alpn").map(|protocols| format!("ALPN {protocols}")));
    let suites = event
        .keys()
        .get("cipher_suites")
        .and_then(Value::as_array)
        .map_or(0, Vec::len);
    facts.push(counted(suites as u64, "cipher suite"));
    format!("TLS ClientHello  {}", facts.join(", "))
}

fn server_hello(event: &Event) -> String {
    let mut facts = vec![
        word(event.keys().get("version")),
        word(event.keys().get("cipher_suite")),
    ];
    match event.keys().get("alpn") {
        None | Some(Value::Null) => {}
        alpn => facts.push(format!("ALPN {}", word(alpn))),
    }
    let kind = match event
        .keys()
        .get("hello_retry_request")
        .and_then(Value::as_bool)
    {
        Some(true) => "HelloRetryRequest",
        _ => "ServerHello",
    };
    format!("TLS {kind}  {}", facts.join(", "))
}

/// A list of names and numbers; nothing when it is empty.
fn words(event: &Event, key: &str) -> Option<String> {
    let list = event.keys().get(key)?.as_array()?;
    let words: Vec<String> = list.iter().map(|value| word(Some(value))).collect();
    if words.is_empty() {
        None
    } else {
        Some(words.join(" "))
    }
}

fn word(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => quoted(text, 60),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}

/// The beginning of a text from the wire, with nothing in it that a terminal obeys.
pub(crate) fn quoted(text: &str, max_len: usize) -> String {
    let mut quoted = String::new();
    for (index, character) in text.chars().enumerate() {
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
