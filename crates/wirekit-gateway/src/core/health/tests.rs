use std::path::Path;

use super::*;
use crate::config::Protocol;

const HEALTH: &str = "{ path = '/up', host = 'shop.example', interval = '10s', rise = 2, fall = 3, status = [200, 204] }";

/// Servers with these keys each.
fn config(protocol: &str, health: &str, servers: &[&str]) -> Config {
    let mut text = format!("[upstream.app]\nprotocol = '{protocol}'\n");
    if !health.is_empty() {
        text += &format!("health = {health}\n");
    }
    for (at, keys) in servers.iter().enumerate() {
        let port = 18001 + at;
        text += &format!(
            "[[upstream.app.server]]\nid = '{at}'\naddress = '127.0.0.1:{port}'\n{keys}\n"
        );
    }
    text += "[[site]]\n[[site.location]]\npath = '/'\nupstream = 'app'\n";
    Config::parse(&text, Path::new("gateway.toml")).unwrap()
}

const fn second(seconds: u64) -> Instant {
    Duration::from_secs(seconds)
}

/// Makes the check that is due.
fn check(checks: &mut Checks, now: Instant, outcome: Outcome) -> Option<Change> {
    let due = checks.begin(now, 0).expect("a check is due");
    checks.report(due.number, outcome, now)
}

#[test]
fn so_many_outcomes_in_a_row_decide() {
    let mut checks = Checks::new();
    let verdicts = checks.renew(&config("http1", HEALTH, &[""]), second(0), || 0);
    let is_well = || verdicts.get(0, 0).unwrap().is_well();
    let (good, other) = (Outcome::Status(204), Outcome::Status(503));
    let lost = Outcome::Failed(Reason::ConnectRefused);
    // What each check finds, and whether the server may get requests then.
    let rows = [
        (other, true),
        (lost, true),
        (good, true),
        (other, true),
        (other, true),
        (lost, false),
        (good, false),
        (other, false),
        (good, false),
        (good, true),
        (good, true),
    ];
    let mut now = second(0);
    let mut changes = Vec::new();
    for (at, (outcome, well)) in rows.into_iter().enumerate() {
        changes.extend(check(&mut checks, now, outcome));
        assert_eq!(is_well(), well, "check {at}");
        now = checks.next_due().expect("another one");
    }
    let said: Vec<String> = changes.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "server 0 of app, 127.0.0.1:18001, is not well: 3 checks were bad, the last: connect_refused",
            "server 0 of app, 127.0.0.1:18001, is well again: 2 checks were good, the last: status 204",
        ]
    );
    let states = checks.states();
    assert_eq!((states[0].good, states[0].bad), (5, 6));
    assert_eq!(states[0].since, verdicts.get(0, 0).unwrap().risen_at());
}

#[test]
fn the_next_check_is_an_interval_later_by_a_tenth() {
    for (random, millis) in [(0, 9_000), (u32::MAX / 2, 9_999), (u32::MAX, 11_000)] {
        let mut checks = Checks::new();
        checks.renew(&config("http1", HEALTH, &[""]), second(0), || random);
        let first = checks.next_due().unwrap();
        assert!(first <= SPREAD);
        assert!(first.is_zero() || checks.begin(first - Duration::from_nanos(1), 0).is_none());
        let check = checks.begin(first, random).unwrap();
        assert!(checks.next_due().is_none(), "one at a time");
        checks.report(check.number, Outcome::Status(200), second(3));
        let due = checks.next_due().unwrap() - first;
        assert_eq!(due.as_millis(), millis, "{random}");
    }
}

#[test]
fn servers_that_get_nobody_are_not_asked() {
    let mut checks = Checks::new();
    let states = ["", "state = 'drain'", "state = 'down'", "state = 'backup'"];
    checks.renew(&config("uwsgi", HEALTH, &states), second(0), || 0);
    let asked: Vec<String> = core::iter::from_fn(|| checks.begin(second(1), 0))
        .map(|check| check.server)
        .collect();
    assert_eq!(asked, ["0", "3"]);
}

#[test]
fn a_server_that_did_not_change_stays_known() {
    let mut checks = Checks::new();
    let before = checks.renew(&config("http1", HEALTH, &["", ""]), second(0), || 0);
    let mut now = second(0);
    for _ in 0..3 {
        while let Some(due) = checks.begin(now, 0) {
            checks.report(due.number, Outcome::Status(500), now);
        }
        now += second(20);
    }
    let under_way = checks.begin(now, 0).unwrap();
    let other = HEALTH.replace("/up", "/other");
    // The first one has moved: it is another server.
    let mut changed = config("http1", &other, &["", ""]);
    changed.upstreams[0].servers[0].address = Address::Tcp(([127, 0, 0, 1], 9).into());
    let after = checks.renew(&changed, now, || 0);
    let is_well = |verdicts: &Verdicts, at| verdicts.get(0, at).unwrap().is_well();
    assert_eq!([0, 1].map(|at| is_well(&before, at)), [false, false]);
    assert_eq!([0, 1].map(|at| is_well(&after, at)), [true, false]);
    assert!(
        checks
            .report(under_way.number, Outcome::Status(200), now)
            .is_none(),
        "a server that is gone"
    );
    let without = checks.renew(&config("http1", "", &["", ""]), now, || 0);
    assert!(is_well(&without, 1), "nobody asks any more");
    assert!(checks.states().is_empty() && checks.next_due().is_none());
}

fn probe(protocol: &str) -> Probe {
    let config = config(protocol, HEALTH, &[""]);
    let upstream = &config.upstreams[0];
    Probe::new(upstream, upstream.health.as_ref().unwrap()).unwrap()
}

#[test]
fn a_server_is_asked_by_its_own_protocol() {
    let http1 = probe("http1");
    let text = String::from_utf8_lossy(http1.to_server());
    assert!(
        text.starts_with("GET /up HTTP/1.1\r\nHost: shop.example\r\n"),
        "{text}"
    );
    let uwsgi = probe("uwsgi");
    let block = uwsgi.to_server();
    let len = usize::from(u16::from_le_bytes([block[1], block[2]]));
    assert_eq!((block[0], block.len()), (0, 4 + len));
    let text = String::from_utf8_lossy(block);
    for var in [
        "PATH_INFO\u{3}\0/up",
        "HTTP_HOST\u{c}\0shop.example",
        "REQUEST_METHOD\u{3}\0GET",
        "SERVER_NAME\u{c}\0shop.example",
    ] {
        assert!(text.contains(var), "{var:?}: {text:?}");
    }
    let config = config("http1", HEALTH, &[""]);
    let mut upstream = config.upstreams[0].clone();
    upstream.protocol = Protocol::Tcp;
    assert!(Probe::new(&upstream, upstream.health.as_ref().unwrap()).is_none());
}

#[test]
fn an_answer_is_whole_or_none() {
    use Outcome::{Failed, Status};
    // What comes before the end of the connection, and what it means.
    let rows: &[(&str, Outcome)] = &[
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
            Status(200),
        ),
        ("HTTP/1.1 200 OK\r\n\r\nok", Status(200)),
        (
            "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n",
            Status(503),
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok",
            Failed(Reason::UpstreamClosedEarly),
        ),
        ("", Failed(Reason::UpstreamClosedEarly)),
        ("HTTP/1.1 200", Failed(Reason::UpstreamClosedEarly)),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
            Failed(Reason::UpstreamMalformed),
        ),
        ("220 smtp\r\n", Failed(Reason::UpstreamMalformed)),
    ];
    for protocol in ["http1", "uwsgi"] {
        for (answer, expected) in rows {
            for size in [answer.len().max(1), 1] {
                let mut probe = probe(protocol);
                let mut pieces = answer.as_bytes().chunks(size);
                let outcome = pieces.find_map(|piece| probe.received(piece));
                let outcome = outcome.unwrap_or_else(|| probe.ended());
                assert_eq!(outcome, *expected, "{protocol} {answer:?} by {size}");
            }
        }
    }
    let mut long = probe("http1");
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n";
    assert_eq!(long.received(head), None);
    assert_eq!(long.received(&[b'x'; MAX_READ]), Some(Status(200)));
}

const MAX_READ: usize = 64 * 1024;
