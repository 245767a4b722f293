//! What each command asks, and how the answer looks.

use core::fmt::Write;

use serde_json::{Map, Value, json};
use wirekit::http1::Method;

use super::Error;
use super::arguments::Command;
use super::client::{Ask, Client, json as content};
use super::observed;
use super::table::{Table, cell, plain};

/// What came of a command: for people, and for programs.
pub(super) struct Answer {
    pub(super) text: String,
    pub(super) json: Value,
}

impl Answer {
    fn table(items: Vec<Value>, heading: &[&str], row: impl Fn(&Value) -> Vec<String>) -> Self {
        let mut table = Table::new(heading);
        items.iter().for_each(|item| table.row(row(item)));
        Self {
            text: table.text(),
            json: items.into(),
        }
    }
}

/// How often a change is made anew after somebody else was faster.
const ATTEMPTS: usize = 5;

/// What a table has of a connection, and of a certificate.
const CONNECTION: [&str; 9] = [
    "id", "remote", "listener", "protocol", "activity", "requests", "upstream", "server", "since",
];
const CERTIFICATE: [&str; 6] = [
    "name",
    "names",
    "source",
    "issuer",
    "not_after",
    "persisted",
];

pub(super) fn run(client: &Client, command: &Command) -> Result<Answer, Error> {
    match command {
        Command::Health => health(client),
        Command::Upstreams => {
            let mut items = client.list("/api/v1/upstreams", usize::MAX)?;
            let metrics = observed::metrics(client);
            for upstream in &mut items {
                let name = cell(upstream, "name");
                let servers = upstream.get_mut("servers").and_then(Value::as_array_mut);
                for server in servers.into_iter().flatten() {
                    observed::add(server, &name, &metrics);
                }
            }
            let heading = [
                "UPSTREAM",
                "PROTOCOL",
                "BALANCE",
                "SERVERS",
                "UP",
                "PERSISTED",
            ];
            Ok(Answer::table(items, &heading, |item| {
                let servers = item.get("servers").and_then(Value::as_array);
                let servers = || servers.into_iter().flatten();
                let up = servers().filter(|server| is_up(server)).count();
                vec![
                    cell(item, "name"),
                    cell(item, "protocol"),
                    cell(item, "balance"),
                    servers().count().to_string(),
                    up.to_string(),
                    cell(item, "persisted"),
                ]
            }))
        }
        Command::Servers { upstream } => servers(client, upstream.as_deref()),
        Command::Drain {
            upstream,
            server,
            deadline,
        } => {
            let mut body = Map::new();
            if let Some(deadline) = deadline {
                body.insert("deadline".to_owned(), deadline.as_str().into());
            }
            let target = format!("{}/drain", server_target(upstream, server));
            change(client, Method::PUT, &target, Some(body.into()))
        }
        Command::Undrain { upstream, server } => {
            let target = format!("{}/drain", server_target(upstream, server));
            change(client, Method::DELETE, &target, None)
        }
        Command::Up { upstream, server } => patch(client, upstream, server, json!({"state": "up"})),
        Command::Down { upstream, server } => {
            patch(client, upstream, server, json!({"state": "down"}))
        }
        Command::Weight {
            upstream,
            server,
            weight,
        } => patch(client, upstream, server, json!({ "weight": weight })),
        Command::Failures {
            status,
            reason,
            upstream,
            limit,
            reference,
        } => {
            let mut target = format!("/api/v1/requests?limit={}", limit.clamp(&1, &1000));
            let status = status.map(|status| status.to_string());
            for (name, value) in [
                ("status", status.as_ref()),
                ("reason", reason.as_ref()),
                ("upstream", upstream.as_ref()),
                ("reference", reference.as_ref()),
            ] {
                if let Some(value) = value {
                    let _ = write!(target, "&{name}={}", encode(value));
                }
            }
            failures(client, &target, *limit, reference.is_some())
        }
        Command::Explain {
            remote,
            tls_name,
            field,
            method,
            url,
        } => {
            let mut body = Map::new();
            body.insert("method".to_owned(), method.as_str().into());
            body.insert("url".to_owned(), url.as_str().into());
            body.insert("fields".to_owned(), field.clone().into());
            if let Some(remote) = remote {
                body.insert("remote".to_owned(), remote.to_string().into());
            }
            if let Some(name) = tls_name {
                body.insert("tls_name".to_owned(), name.as_str().into());
            }
            explain(client, body.into())
        }
        Command::Sessions => listed(client, "sessions", &["id", "upstream", "server", "used"]),
        Command::Connections => listed(client, "connections", &CONNECTION),
        Command::Certificates => listed(client, "certificates", &CERTIFICATE),
    }
}

fn health(client: &Client) -> Result<Answer, Error> {
    let answer = client.ask(&Ask::get("/health"));
    match answer {
        Ok(_) => Ok(Answer {
            text: "ok\n".to_owned(),
            json: json!({"health": "ok"}),
        }),
        Err(Error::Refused { text, problem }) if text.starts_with("503") => Err(Error::Refused {
            text: "draining".to_owned(),
            problem,
        }),
        Err(error) => Err(error),
    }
}

fn is_up(server: &Value) -> bool {
    let state = server.get("state").and_then(Value::as_str);
    let is_failing = server.get("failing").and_then(Value::as_bool);
    matches!(state, Some("up" | "backup")) && is_failing != Some(true)
}

fn servers(client: &Client, upstream: Option<&str>) -> Result<Answer, Error> {
    let mut names = Vec::new();
    match upstream {
        Some(name) => names.push(name.to_owned()),
        None => {
            for upstream in client.list("/api/v1/upstreams", usize::MAX)? {
                names.push(cell(&upstream, "name"));
            }
        }
    }
    let mut items = Vec::new();
    let metrics = observed::metrics(client);
    for name in names {
        let target = format!("/api/v1/upstreams/{}/servers", encode(&name));
        for mut server in client.list(&target, usize::MAX)? {
            observed::add(&mut server, &name, &metrics);
            if let Value::Object(server) = &mut server {
                server.insert("upstream".to_owned(), name.as_str().into());
            }
            items.push(server);
        }
    }
    let heading = [
        "UPSTREAM",
        "SERVER",
        "ADDRESS",
        "STATE",
        "FAILING",
        "WEIGHT",
        "REQUESTS",
        "PERSISTED",
    ];
    let keys = [
        "upstream",
        "id",
        "address",
        "state",
        "failing",
        "weight",
        "requests",
        "persisted",
    ];
    Ok(Answer::table(items, &heading, |item| {
        keys.iter().map(|key| cell(item, key)).collect()
    }))
}

fn failures(client: &Client, target: &str, limit: u32, is_one: bool) -> Result<Answer, Error> {
    let max = usize::try_from(limit).unwrap_or(usize::MAX);
    let items = client.list(target, max)?;
    if is_one {
        let text = match items.is_empty() {
            true => "no failure of that reference is kept\n".to_owned(),
            false => items.iter().map(story).collect(),
        };
        return Ok(Answer {
            text,
            json: items.into(),
        });
    }
    let heading = [
        "TIME",
        "STATUS",
        "REASON",
        "PHASE",
        "SERVER",
        "TRIES",
        "CLIENT",
        "REQUEST",
        "REFERENCE",
    ];
    Ok(Answer::table(items, &heading, |item| {
        let server = match (item.get("upstream"), item.get("server")) {
            (Some(_), Some(_)) => format!("{}/{}", cell(item, "upstream"), cell(item, "server")),
            _ => cell(item, "upstream"),
        };
        let tries = item.get("tries").and_then(Value::as_array);
        vec![
            cell(item, "time"),
            cell(item, "status"),
            cell(item, "reason"),
            cell(item, "phase"),
            server,
            tries.map_or(0, Vec::len).to_string(),
            cell(item, "remote"),
            format!(
                "{} {}{}",
                cell(item, "method"),
                cell(item, "host"),
                cell(item, "path")
            ),
            cell(item, "reference"),
        ]
    }))
}

/// All that is known of one failure.
fn story(item: &Value) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: String| _ = writeln!(text, "{name:<10} {}", plain(&value));
    for key in [
        "reference",
        "time",
        "status",
        "reason",
        "text",
        "phase",
        "remote",
        "method",
        "host",
        "path",
        "site",
        "location",
        "upstream",
        "trace",
    ] {
        if item.get(key).is_some() {
            line(key, cell(item, key));
        }
    }
    let seconds = item.get("seconds").unwrap_or(&Value::Null);
    line(
        "seconds",
        format!(
            "{} (head {}, wait {})",
            cell(seconds, "whole"),
            cell(seconds, "head"),
            cell(seconds, "wait")
        ),
    );
    for attempt in item
        .get("tries")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let seconds = attempt.get("seconds").unwrap_or(&Value::Null);
        line(
            "try",
            format!(
                "{} at {}: {} in {}, {} s (connect {}, first byte {})",
                cell(attempt, "server"),
                cell(attempt, "address"),
                cell(attempt, "reason"),
                cell(attempt, "phase"),
                cell(seconds, "whole"),
                cell(seconds, "connect"),
                cell(seconds, "first_byte"),
            ),
        );
    }
    text
}

fn explain(client: &Client, body: Value) -> Result<Answer, Error> {
    let answer = client.ask(&Ask {
        method: Method::POST,
        target: "/api/v1/explain",
        content: Some(body),
        content_type: "application/json",
        if_match: None,
    })?;
    let json = content(&answer)?;
    let mut text = String::new();
    for key in [
        "site", "location", "action", "file", "upstream", "server", "status", "reason",
    ] {
        if json.get(key).is_some() {
            let _ = writeln!(text, "{key:<9} {}", plain(&cell(&json, key)));
        }
    }
    let steps = json.get("why").and_then(Value::as_array);
    for step in steps.into_iter().flatten().filter_map(Value::as_str) {
        let _ = writeln!(text, "why       {}", plain(step));
    }
    Ok(Answer { text, json })
}

/// The members of a resource that have a column.
fn listed(client: &Client, name: &str, keys: &[&str]) -> Result<Answer, Error> {
    let items = client.list(&format!("/api/v1/{name}?limit=1000"), usize::MAX)?;
    let heading: Vec<String> = keys.iter().map(|key| key.to_ascii_uppercase()).collect();
    let heading: Vec<&str> = heading.iter().map(String::as_str).collect();
    Ok(Answer::table(items, &heading, |item| {
        keys.iter().map(|key| cell(item, key)).collect()
    }))
}

fn patch(client: &Client, upstream: &str, server: &str, body: Value) -> Result<Answer, Error> {
    let target = server_target(upstream, server);
    change(client, Method::PATCH, &target, Some(body))
}

/// Changes what is there, if it is still what it was when it was looked at; made anew where somebody else was faster.
fn change(
    client: &Client,
    method: Method<'_>,
    target: &str,
    body: Option<Value>,
) -> Result<Answer, Error> {
    let mut attempts = 0;
    loop {
        let tag = match client.ask(&Ask::get(target)) {
            Ok(found) => found.tag,
            // A drain that is not there yet is put there.
            Err(Error::Refused { text, .. })
                if text.starts_with("404") && target.ends_with("/drain") =>
            {
                None
            }
            Err(error) => return Err(error),
        };
        let asked = client.ask(&Ask {
            method,
            target,
            content: body.clone(),
            content_type: match method {
                Method::PATCH => "application/merge-patch+json",
                _ => "application/json",
            },
            if_match: tag.as_deref(),
        });
        attempts += 1;
        match asked {
            Ok(answer) => {
                let json = content(&answer)?;
                let state = cell(&json, "state");
                let weight = cell(&json, "weight");
                let text = match json.get("state").is_none() {
                    true => "done\n".to_owned(),
                    false => format!("{}: state {state}, weight {weight}\n", cell(&json, "id")),
                };
                return Ok(Answer { text, json });
            }
            Err(Error::Refused { text, .. }) if text.starts_with("412") && attempts < ATTEMPTS => {}
            Err(error) => return Err(error),
        }
    }
}

fn server_target(upstream: &str, server: &str) -> String {
    format!(
        "/api/v1/upstreams/{}/servers/{}",
        encode(upstream),
        encode(server)
    )
}

/// Text as a segment of a path or a value of a query.
fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            _ => _ = write!(encoded, "%{byte:02X}"),
        }
    }
    encoded
}
