//! Users stay on their servers, by the gateway's own cookie.

use core::time::Duration;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::Stage;
use crate::config::{Keys, ServerState};
use crate::core::affinity::RouteCookie;
use crate::core::balance::Ending;
use crate::core::reason::Reason;

const OK: &[u8] = b"Status: 200 OK\r\nContent-Length: 2\r\n\r\nhi";

fn key() -> String {
    "k".repeat(32)
}

fn cookie() -> RouteCookie {
    let keys = Keys::parse(key().as_bytes()).unwrap();
    RouteCookie::new("app", "route", &keys)
}

fn signed(server: &str) -> String {
    cookie().sign(server, 1000)
}

/// An upstream of three servers that keeps its users.
fn stage(more: &str) -> Stage {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("route.key");
    fs::write(&file, key()).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let file = file.display();
    let affinity = format!("{{ cookie = 'route', key_file = '{file}' }}");
    Stage::with_users(&affinity, more)
}

impl Stage {
    /// Asks with these cookies; the server that is connected to.
    fn asks(&mut self, cookies: &str) -> usize {
        self.sends_cookies(cookies);
        self.connecting.expect("a server is wanted")
    }

    /// The server answers; what `Set-Cookie` the client got, and the placement in the record.
    fn ends(&mut self) -> (Option<String>, &'static str, Option<&'static str>) {
        self.connects();
        self.answers(OK);
        let got = self.got();
        let mut lines = got.split("\r\n");
        let set = lines.find_map(|line| line.strip_prefix("Set-Cookie: route="));
        let set = set.map(|set| set.split(';').next().unwrap().to_owned());
        let placement = self.records.last().unwrap().placement.unwrap();
        let cause = placement.cause().map(|cause| cause.as_str());
        (set, placement.as_str(), cause)
    }
}

#[test]
fn a_user_without_a_cookie_gets_one_and_stays() {
    let mut stage = stage("");
    for (server, id) in ["a", "b", "c", "a"].into_iter().enumerate() {
        assert_eq!(stage.asks(""), server % 3);
        assert_eq!(stage.ends(), (Some(signed(id)), "new", None));
    }
    for (server, id) in [(2, "c"), (2, "c"), (0, "a"), (1, "b")] {
        assert_eq!(stage.asks(&format!("route={}", signed(id))), server);
        assert_eq!(stage.ends(), (None, "kept", None));
    }
}

#[test]
fn what_is_no_route_is_replaced() {
    let expired = cookie()
        .max_age(Some(Duration::from_secs(1)))
        .sign("b", 998);
    let elsewhere = RouteCookie::new("other", "route", &Keys::parse(key().as_bytes()).unwrap());
    let nine: Vec<String> = (0..9).map(|at| format!("route={at}")).collect();
    let rows = [
        ("route=b.0.AAAAAAAAAAAAAAAAAAAAAA".to_owned(), "forged"),
        (format!("route={}", elsewhere.sign("b", 1000)), "forged"),
        (format!("route={}", "x".repeat(8000)), "forged"),
        ("route=".to_owned(), "forged"),
        (format!("route={expired}"), "expired"),
        (format!("route={}", signed("gone")), "server_gone"),
        (nine.join("; "), "duplicated"),
    ];
    let mut stage = stage("packet = '16 KiB'");
    for (at, (cookies, cause)) in rows.iter().enumerate() {
        let server = stage.asks(cookies);
        assert_eq!(server, at % 3, "{cause}: as for everybody");
        let id = ["a", "b", "c"][server];
        assert_eq!(stage.ends(), (Some(signed(id)), "moved", Some(*cause)));
    }
}

#[test]
fn a_drained_server_keeps_whom_it_has() {
    let mut stage = stage("");
    stage.worker.balancers[0].set_state(1, ServerState::Drain);
    for _ in 0..3 {
        assert_eq!(stage.asks(&format!("route={}", signed("b"))), 1);
        assert_eq!(stage.ends(), (None, "kept", None));
        assert_ne!(stage.asks(""), 1, "new users go elsewhere");
        stage.ends();
    }
}

#[test]
fn a_server_that_may_not_be_had_is_replaced() {
    // Down by the configuration, out for a while as it failed, and full.
    let down = |stage: &mut Stage| stage.worker.balancers[0].set_state(1, ServerState::Down);
    let failing = |stage: &mut Stage| {
        stage.worker.balancers[0].begin(1);
        stage.worker.balancers[0].end(1, stage.now, Ending::Failed);
    };
    let full = |stage: &mut Stage| stage.worker.balancers[0].begin(1);
    type Row = (fn(&mut Stage), &'static str);
    let rows: [Row; 3] = [
        (down, "server_down"),
        (failing, "server_down"),
        (full, "server_full"),
    ];
    for (happens, cause) in rows {
        let mut stage = stage_of_one_request_each();
        happens(&mut stage);
        let server = stage.asks(&format!("a=1; route={}", signed("b")));
        assert_ne!(server, 1, "{cause}");
        let id = ["a", "b", "c"][server];
        assert_eq!(stage.ends(), (Some(signed(id)), "moved", Some(cause)));
    }
}

#[test]
fn an_upload_that_is_held_first_uses_up_no_try_of_a_server_that_failed() {
    let mut stage = stage("");
    stage.worker.balancers[0].begin(1);
    stage.worker.balancers[0].end(1, stage.now, Ending::Failed);
    stage.now += Duration::from_secs(11);
    let cookie = signed("b");
    let head = format!(
        "PUT / HTTP/1.1\r\nHost: a\r\nCookie: route={cookie}\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    stage.sends(head.as_bytes());
    assert_eq!(stage.connecting, None, "its length is not known yet");
    stage.sends(b"2\r\nhi\r\n0\r\n\r\n");
    assert_eq!(stage.connecting, Some(1));
    assert_eq!(stage.ends(), (None, "kept", None));
}

fn stage_of_one_request_each() -> Stage {
    let mut stage = stage("");
    let mut config = stage.session.rules().config().clone();
    for server in &mut config.upstreams[0].servers {
        server.max_connections = 1;
    }
    let rules = std::rc::Rc::new(crate::core::session::Rules::new(config));
    stage.worker = crate::core::session::Worker::new(&rules);
    stage.worker.unix_time = 1000;
    stage.session.renew(rules, stage.now, &mut stage.worker);
    stage
}

#[test]
fn a_try_on_another_server_moves_the_user() {
    let mut stage = stage("");
    assert_eq!(stage.asks(&format!("route={}", signed("b"))), 1);
    stage.connecting = None;
    let worker = &mut stage.worker;
    stage
        .session
        .connect_failed(Reason::ConnectRefused, stage.now, worker);
    stage.settle();
    let server = stage.connecting.expect("another one");
    assert_ne!(server, 1);
    let id = ["a", "b", "c"][server];
    assert_eq!(
        stage.ends(),
        (Some(signed(id)), "moved", Some("server_failed"))
    );
    // From then on that is their server.
    assert_eq!(stage.asks(&format!("route={}", signed(id))), server);
    assert_eq!(stage.ends(), (None, "kept", None));
}

/// A connection that was kept and has ended is no failure of the server, and no reason to leave it.
#[test]
fn a_kept_connection_that_ended_moves_nobody() {
    let mut stage = stage("");
    assert_eq!(stage.asks(&format!("route={}", signed("b"))), 1);
    stage.connecting = None;
    stage.is_connected = true;
    stage.session.connected_again(stage.now, &mut stage.worker);
    stage.settle();
    stage.session.server_ended(stage.now, &mut stage.worker);
    stage.settle();
    assert_eq!(stage.connecting, Some(1));
    assert_eq!(stage.ends(), (None, "kept", None));
}

#[test]
fn the_order_of_the_servers_is_not_part_of_a_route() {
    let mut stage = stage("");
    let mut config = stage.session.rules().config().clone();
    config.upstreams[0].servers.reverse();
    let rules = std::rc::Rc::new(crate::core::session::Rules::new(config));
    stage.worker = crate::core::session::Worker::new(&rules);
    stage.worker.unix_time = 1000;
    stage.session.renew(rules, stage.now, &mut stage.worker);
    for (server, id) in [(2, "a"), (1, "b"), (0, "c")] {
        assert_eq!(stage.asks(&format!("route={}", signed(id))), server);
        assert_eq!(stage.ends(), (None, "kept", None));
    }
}

#[test]
fn every_method_keeps_whom_a_server_has() {
    let hash = "balance = 'hash'\nhash_key = '$path'";
    let consistent = "balance = 'hash_consistent'\nhash_key = '$path'";
    for method in [
        "",
        "balance = 'least_connections'",
        "balance = 'ip_hash'",
        hash,
        consistent,
    ] {
        let mut stage = stage(method);
        for (server, id) in [(0, "a"), (1, "b"), (2, "c")] {
            assert_eq!(
                stage.asks(&format!("route={}", signed(id))),
                server,
                "{method}"
            );
            assert_eq!(stage.ends(), (None, "kept", None));
        }
        let server = stage.asks("");
        let id = ["a", "b", "c"][server];
        assert_eq!(stage.ends(), (Some(signed(id)), "new", None));
    }
}

/// HAProxy's `insert indirect` does so too: the application has no use for the cookie.
#[test]
fn the_application_does_not_see_the_cookie() {
    let route = signed("a");
    let rows = [
        (
            format!("Cookie: a=1; route={route}; b=2\r\n"),
            Some("a=1; b=2"),
        ),
        (format!("Cookie: route={route}\r\n"), None),
        (
            format!("Cookie: route={route}\r\nCookie: a=1\r\n"),
            Some("a=1"),
        ),
        ("Cookie: a=1;b = 2\r\n".to_owned(), Some("a=1;b = 2")),
        (String::new(), None),
    ];
    for (lines, expected) in rows {
        let mut stage = stage("");
        stage.sends(format!("GET / HTTP/1.1\r\nHost: a\r\n{lines}X-A: b\r\n\r\n").as_bytes());
        stage.connects();
        let packet = String::from_utf8_lossy(&stage.server).into_owned();
        assert!(!packet.contains("route="), "{packet}");
        assert!(packet.contains("HTTP_X_A"), "{packet}");
        let cookie = packet
            .split("HTTP_COOKIE")
            .nth(1)
            .map(|rest| &rest.as_bytes()[2..]);
        assert_eq!(cookie.is_some(), expected.is_some(), "{packet}");
        if let (Some(cookie), Some(expected)) = (cookie, expected) {
            assert!(cookie.starts_with(expected.as_bytes()), "{packet}");
        }
    }
}

#[test]
fn interim_responses_set_no_cookie_and_the_final_one_sets_one() {
    let mut stage = stage("");
    stage.asks("");
    stage.connects();
    stage.answers(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n");
    assert_eq!(stage.got(), "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n");
    stage.answers(b"HTTP/1.1 200 OK\r\nContent-Le");
    stage.answers(b"ngth: 2\r\n\r\nh");
    stage.answers(b"i");
    let got = stage.got();
    assert_eq!(got.matches("Set-Cookie: route=").count(), 1, "{got}");
}

/// What the gateway answers itself puts nobody anywhere.
#[test]
fn refusals_set_no_cookie() {
    let mut stage = stage("");
    for server in 0..3 {
        stage.worker.balancers[0].set_state(server, ServerState::Down);
    }
    stage.sends(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    let got = stage.got();
    assert!(
        got.starts_with("HTTP/1.1 503 ") && !got.contains("Set-Cookie"),
        "{got}"
    );
    assert_eq!(stage.records[0].placement, None);
}

#[test]
fn a_user_whose_server_is_back_for_another_try_stays() {
    let mut stage = stage("");
    stage.worker.balancers[0].set_state(0, ServerState::Down);
    assert_ne!(stage.asks(&format!("route={}", signed("a"))), 0);
    stage.worker.balancers[0].set_state(0, ServerState::Up);
    stage.connecting = None;
    let refused = Reason::ConnectRefused;
    let worker = &mut stage.worker;
    stage.session.connect_failed(refused, stage.now, worker);
    stage.settle();
    assert_eq!(stage.connecting, Some(0));
    assert_eq!(stage.ends(), (None, "kept", None));
}
