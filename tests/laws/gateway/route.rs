//! Where a request leads: the core does what `explain` says, and no path leads out of a root.

use core::time::Duration;
use std::path::{Component, Path};
use std::rc::Rc;
use std::sync::LazyLock;

use wirekit_gateway::config::Config;
use wirekit_gateway::core::session::{Action, Listener, Rules, Session, Worker};
use wirekit_gateway::explain::{Question, explain};

const TEXT: &str = r#"
[[site]]
hosts = ["a", "*.a"]
[[site.location]]
path = "/"
upstream = "app"
[[site.location]]
path = "/s/"
root = "."
[[site.location]]
path = "/t/"
root = "."
alias = true
[[site.location]]
path = "/t/only"
exact = true
redirect = { to = "https://$host$path" }
[[site.location]]
path = "/h"
upstream = "http"

[[site]]
hosts = ["b"]
[[site.location]]
path = "/"
root = "."

[upstream.app]
protocol = "uwsgi"
balance = "hash_consistent"
hash_key = "$path"
[[upstream.app.server]]
id = "a"
address = "127.0.0.1:1"
[[upstream.app.server]]
id = "b"
address = "127.0.0.1:2"

[upstream.http]
protocol = "http1"
[[upstream.http.server]]
id = "c"
address = "127.0.0.1:3"
"#;

static CONFIG: LazyLock<Config> = LazyLock::new(|| {
    Config::parse(TEXT, Path::new("gateway.toml")).expect("the law's configuration")
});

thread_local! {
    static RULES: Rc<Rules> = Rc::new(Rules::new(CONFIG.clone()));
}

/// Law 11: the path that is routed is the one that is opened or sent, by a reading of its own; a file lies below its root;
/// and what `explain` says is what happens. The first byte is the host, the method and the target's form, the rest the path.
pub fn route(data: &[u8]) {
    let Some((&choice, target)) = data.split_first() else {
        return;
    };
    let Ok(target) = core::str::from_utf8(target) else {
        return;
    };
    if !target.starts_with('/') {
        return;
    }
    let host = ["a", "x.a", "b", "A:80", "c", "a."][usize::from(choice) % 6];
    let method = ["GET", "HEAD", "POST"][usize::from(choice) / 6 % 3];
    let rules = RULES.with(Rc::clone);
    let listener = Rc::new(Listener::new(&CONFIG.listeners[0].address));
    let mut worker = Worker::new(&rules);
    worker.date = "Sun, 06 Nov 1994 08:49:37 GMT".to_owned();
    let now = Duration::from_secs(1);
    let remote = Some(([127, 0, 0, 1], 1).into());
    let mut session = Session::new(rules, listener, remote, now);
    // RFC 9112 section 3.2: the origin form, or the absolute one.
    let form = ["", "http://", ""][usize::from(choice) / 18 % 3];
    let authority = if form.is_empty() { "" } else { host };
    let wire = format!("{method} {form}{authority}{target} HTTP/1.1\r\nHost: {host}\r\n\r\n");
    session.client_sent(wire.as_bytes(), now, &mut worker);

    let mut question = Question::new(method, target);
    question.fields.push(format!("Host: {host}"));
    let explained = explain(&CONFIG, &question).to_json();
    let said = |key: &str| {
        explained
            .get(key)
            .and_then(serde_json::Value::as_str)
            .unwrap_or_default()
    };
    let context = || format!("{wire:?}: {explained}");
    match session.next_action() {
        Some(Action::Open { root, files }) => {
            assert!(
                matches!(said("action"), "static" | "refuse"),
                "{}",
                context()
            );
            assert!(
                said("action") == "static" || said("reason") == "not_found",
                "{}",
                context()
            );
            let path = normal(target).unwrap_or_else(|| panic!("no normal form: {}", context()));
            assert!(
                path.starts_with(said("location").as_bytes()),
                "{}",
                context()
            );
            assert_eq!(&*root, Path::new("./."), "{}", context());
            for file in files {
                let is_below = file
                    .components()
                    .all(|it| matches!(it, Component::Normal(_)));
                assert!(is_below, "{} leads out: {}", file.display(), context());
                assert!(!file.is_absolute(), "{}", context());
                let below = match said("location") {
                    "/t/" => path.strip_prefix(b"/t/").unwrap_or_default(),
                    _ => path.strip_prefix(b"/").unwrap_or_default(),
                };
                let file = file.as_os_str().as_encoded_bytes();
                let name = if path.ends_with(b"/") {
                    &b"index.html"[..]
                } else {
                    b""
                };
                assert_eq!(file, [below, name].concat(), "{}", context());
            }
        }
        Some(Action::Connect { upstream, server }) => {
            assert_eq!(said("action"), "upstream", "{}", context());
            let upstream = &CONFIG.upstreams[upstream];
            assert_eq!(said("upstream"), upstream.name, "{}", context());
            assert_eq!(said("server"), upstream.servers[server].id, "{}", context());
            session.connected(now, &mut worker);
            let sent = session.to_server();
            let path = normal(target).unwrap_or_else(|| panic!("no normal form: {}", context()));
            assert!(
                path.starts_with(said("location").as_bytes()),
                "{}",
                context()
            );
            let is_sent = match upstream.name.as_str() {
                "app" => var(sent, b"PATH_INFO") == Some(&path),
                _ => line(sent).and_then(|sent| normal(&sent)) == Some(path),
            };
            assert!(
                is_sent,
                "another path is sent, {}: {}",
                sent.escape_ascii(),
                context()
            );
        }
        Some(Action::Ended(record)) => refused(&record, &said, &context()),
        None => {
            // The answer is there; the exchange ends when it is written.
            let len = session.to_client().len();
            if len == 0 {
                return assert_eq!(said("reason"), "malformed_request", "{}", context());
            }
            session.wrote_to_client(len, now, &mut worker);
            let Some(Action::Ended(record)) = session.next_action() else {
                panic!("an answer without an end: {}", context());
            };
            refused(&record, &said, &context());
        }
        other => panic!("{other:?}: {}", context()),
    }
}

fn refused<'e>(
    record: &wirekit_gateway::core::session::Record,
    said: &impl Fn(&str) -> &'e str,
    context: &str,
) {
    assert!(
        matches!(said("action"), "refuse" | "redirect"),
        "{:?}: {context}",
        record.reason
    );
    // What ends a head before its end is one malformed request to the one and two to the other.
    let is_two = said("reason") == "malformed_request";
    assert!(
        is_two || said("reason") == record.reason.as_str(),
        "{:?}: {context}",
        record.reason
    );
}

/// The path's normal form, from the end of the rules: decoded, split, dots resolved.
fn normal(target: &str) -> Option<Vec<u8>> {
    let path = target.split('?').next().unwrap_or_default();
    let mut decoded = Vec::new();
    let mut bytes = path.bytes();
    while let Some(byte) = bytes.next() {
        let byte = match byte {
            b'%' => {
                let digits = [bytes.next()?, bytes.next()?];
                let digits = core::str::from_utf8(&digits).ok()?;
                u8::from_str_radix(digits, 16).ok()?
            }
            byte => byte,
        };
        if byte == 0 {
            return None;
        }
        decoded.push(byte);
    }
    let mut segments: Vec<&[u8]> = Vec::new();
    let mut is_folder = true;
    for segment in decoded.split(|&byte| byte == b'/') {
        is_folder = matches!(segment, b"" | b"." | b"..");
        match segment {
            b"" | b"." => {}
            b".." => drop(segments.pop()?),
            segment => segments.push(segment),
        }
    }
    let mut normal = segments
        .iter()
        .flat_map(|segment| [b"/", *segment].concat())
        .collect::<Vec<_>>();
    if is_folder {
        normal.push(b'/');
    }
    Some(normal)
}

/// The value of a variable in a uwsgi packet.
fn var<'p>(packet: &'p [u8], wanted: &[u8]) -> Option<&'p [u8]> {
    let mut rest = packet.get(4..)?;
    let mut text = || -> Option<&'p [u8]> {
        let (len, behind) = rest.split_first_chunk()?;
        let (text, behind) = behind.split_at_checked(u16::from_le_bytes(*len).into())?;
        rest = behind;
        Some(text)
    };
    while let (Some(name), Some(value)) = (text(), text()) {
        if name == wanted {
            return Some(value);
        }
    }
    None
}

/// The target of a request line.
fn line(sent: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(sent);
    Some(text.split(' ').nth(1)?.to_owned())
}
