//! Why a request failed: the page, the log, the control plane and the metrics have one story.

use std::fs;

use serde_json::Value;

use super::server::Server;
use super::upstream;
use super::watched::{Watched, until};
use crate::program::free_address;

#[test]
fn a_failure_has_one_story_everywhere() {
    let live = Server::start("http1", |_| b"garbage\r\n\r\n".to_vec());
    let tables = upstream("http1", free_address(), "")
        + &format!(
            "max_failures = 0\n[[upstream.app.server]]\nid = 'b'\naddress = '{}'\nmax_failures = 0\n",
            live.address()
        );
    let watched = Watched::start(&tables);
    // Both are tried, in either order.
    let page = watched.get("/shop?card=4111");
    assert!(page.starts_with("HTTP/1.1 502 "), "{page}");
    let (_, reference) = page.rsplit_once("<small>").expect("a page");
    let (reason, reference) = reference.split_once(' ').expect("a reference");
    let reference = reference.split('<').next().unwrap_or_default();

    let failure = until("it is listed", || {
        watched
            .list(&format!("/requests?reference={reference}"))
            .pop()
    });
    assert_eq!(failure["reason"], reason);
    assert_eq!(failure["path"], "/shop");
    let tries = failure["tries"].as_array().expect("tries");
    let mut found: Vec<(&str, &str)> = tries
        .iter()
        .filter_map(|attempt| Some((attempt["server"].as_str()?, attempt["reason"].as_str()?)))
        .collect();
    found.sort_unstable();
    assert_eq!(
        found,
        [("a", "connect_refused"), ("b", "upstream_malformed")],
        "{failure}"
    );
    assert!(!failure.to_string().contains("4111"), "{failure}");

    let (_, metrics) = watched.ask("GET /metrics");
    for (server, reason) in found {
        let sample = format!(
            "wirekit_gateway_upstream_tries_failed_total{{upstream=\"app\",server=\"{server}\",reason=\"{reason}\"}} 1"
        );
        assert!(metrics.contains(&sample), "{sample}: {metrics}");
    }
    let log = until("it is logged", || {
        let text = fs::read_to_string(watched.gateway.folder().join("access.log")).ok()?;
        text.ends_with('\n').then_some(text)
    });
    let line: Value = serde_json::from_str(&log).expect("a line of JSON");
    assert_eq!(line["reference"], reference);
    assert_eq!(line["reason"], reason);
    assert_eq!(line["phase"], failure["phase"]);
    assert_eq!(
        line["failed_tries"].as_array().map(Vec::len),
        Some(2),
        "{line}"
    );
}

#[test]
fn no_failure_keeps_a_secret_of_its_request() {
    let watched = Watched::start(&upstream("uwsgi", free_address(), ""));
    let secret = "hush-4711";
    let targets = [
        format!("/a?{secret}"),
        format!("http://u:{secret}@a/b"),
        format!("/%zz?{secret}"),
    ];
    for target in &targets {
        let mut client = watched.gateway.connect();
        let request = format!(
            "GET {target} HTTP/1.1\r\nHost: a\r\nCookie: {secret}\r\nAuthorization: {secret}\r\nReferer: /{secret}\r\nConnection: close\r\n\r\n"
        );
        std::io::Write::write_all(&mut client, request.as_bytes()).expect("it reads");
        let mut answer = Vec::new();
        let _ = std::io::Read::read_to_end(&mut client, &mut answer);
        assert!(!String::from_utf8_lossy(&answer).contains(secret));
    }
    let failures = until("all are listed", || {
        Some(watched.list("/requests")).filter(|list| list.len() == targets.len())
    });
    let text = Value::from(failures).to_string();
    assert!(!text.contains(secret), "{text}");
}
