//! A configuration that changes while connections live.

use super::*;

/// Rules that take the place of the stage's.
pub(super) fn renew(stage: &mut Stage, text: &str) {
    let config = Config::parse(text, Path::new("gateway.toml")).unwrap();
    let earlier = stage.session.rules().clone();
    let rules = Rc::new(Rules::new(config).with_generation(earlier.generation() + 1));
    stage.worker.renew(&earlier, &rules, stage.now);
    stage.session.renew(rules, stage.now, &mut stage.worker);
    stage.settle();
}

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

#[test]
fn an_idle_connection_has_the_new_rules_at_its_next_request() {
    let mut stage = Stage::new();
    stage.sends(b"GET /moved HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(stage.got().contains("\r\nLocation: https://a/moved\r\n"));
    renew(
        &mut stage,
        &CONFIG.replace("https://$host$path", "https://new$path"),
    );
    stage.sends(b"GET /moved HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(stage.got().contains("\r\nLocation: https://new/moved\r\n"));
    let head = [
        b"GET / HTTP/1.1\r\nHost: a\r\nX: ",
        &[b'x'; 2000][..],
        b"\r\n\r\n",
    ]
    .concat();
    renew(&mut stage, &format!("[limits]\nhead = '1 KiB'\n{CONFIG}"));
    stage.sends(&head);
    assert_eq!(stage.status(), "431", "limits are rules too");
}

#[test]
fn an_exchange_ends_under_the_rules_it_began_with() {
    // What changes, and whether the connection goes on.
    let rows = [
        (
            "what it does not concern",
            CONFIG.replace("no-cache", "no-store"),
            true,
        ),
        (
            "servers",
            CONFIG.replace("127.0.0.1:1\"", "127.0.0.1:9\""),
            true,
        ),
        (
            "order",
            CONFIG
                .replace("upstream.app", "upstream.zapp")
                .replace("\"app\"", "\"zapp\""),
            false,
        ),
        (
            "its limit",
            CONFIG.replace("upstream = \"app\"\nbody = \"100 B\"", "upstream = \"app\""),
            false,
        ),
        (
            "its site",
            CONFIG.replace("[[site]]\n", "[[site]]\nhosts = ['b']\n"),
            false,
        ),
    ];
    for (what, text, goes_on) in rows {
        for is_begun in [false, true] {
            let mut stage = Stage::new();
            stage.sends(REQUEST);
            stage.connects();
            let (first, rest) = ANSWER.split_at(if is_begun { ANSWER.len() - 1 } else { 0 });
            if is_begun {
                stage.answers(first);
            }
            renew(&mut stage, &text);
            assert!(stage.is_connected, "{what}: its server stays");
            stage.answers(rest);
            let got = stage.got();
            assert!(got.ends_with("hi"), "{what}: {got}");
            let says_so = got.contains("\r\nConnection: close\r\n");
            assert_eq!(says_so, !goes_on && !is_begun, "{what}: {got}");
            assert_eq!(stage.session.is_done(), !goes_on, "{what}");
            assert_eq!(stage.reasons(), ["served"], "{what}");
            assert_eq!(stage.records[0].rules.generation(), 0, "{what}");
            assert_eq!(
                stage
                    .worker
                    .balancers
                    .iter()
                    .map(|b| b.active(0))
                    .sum::<u32>(),
                0
            );
        }
    }
}

#[test]
fn a_connection_whose_listener_is_gone_ends_as_at_a_stop() {
    let listen = "[[listen]]\naddress = '127.0.0.1:81'\n";
    let elsewhere = format!("{listen}{CONFIG}");
    let mut idle = Stage::new();
    idle.sends(b"GET /moved HTTP/1.1\r\nHost: a\r\n\r\n");
    renew(&mut idle, &elsewhere);
    assert!(idle.session.is_done());
    // One that came a moment ago may say something yet.
    let mut new = Stage::new();
    renew(&mut new, &elsewhere);
    new.passes(Duration::from_secs(5));
    assert!(new.session.is_done() && new.records.is_empty());

    let mut busy = Stage::new();
    busy.sends(&[REQUEST, REQUEST].concat());
    busy.connects();
    renew(&mut busy, &elsewhere);
    assert!(!busy.session.is_done());
    busy.answers(ANSWER);
    let got = busy.got();
    assert!(got.contains("\r\nConnection: close\r\n"), "{got}");
    assert!(busy.session.is_done() && !busy.session.is_reset());
    assert_eq!(busy.reasons(), ["served"]);

    // One more listener changes nothing.
    let mut stays = Stage::new();
    let both = format!("[[listen]]\naddress = '127.0.0.1:8080'\n{elsewhere}");
    renew(&mut stays, &both);
    assert!(!stays.session.is_done());
}

#[test]
fn what_is_known_of_a_server_stays_known() {
    let mut stage = Stage::new();
    stage.sends(REQUEST);
    assert_eq!(stage.connects(), 0);
    // The server at the first place is at the second one now.
    let text = CONFIG
        .replace("\"b\"", "\"c\"")
        .replace("\"a\"", "\"b\"")
        .replace("\"c\"", "\"a\"");
    let text = text
        .replace("127.0.0.1:1\"", "127.0.0.1:9\"")
        .replace("127.0.0.1:2\"", "127.0.0.1:1\"")
        .replace("127.0.0.1:9\"", "127.0.0.1:2\"");
    renew(&mut stage, &text);
    let active = |stage: &Stage| [0, 1].map(|server| stage.worker.balancers[0].active(server));
    assert_eq!(active(&stage), [0, 1], "a request that began before counts");
    stage.session.server_lost(stage.now, &mut stage.worker);
    stage.settle();
    assert_eq!(stage.changes, [Change::Failed]);
    // The other try, by the earlier rules, is a request of the other server.
    assert_eq!(stage.connecting, Some(1));
    assert_eq!(active(&stage), [1, 0]);
    assert!(
        !stage.worker.balancers[0].is_usable(1, stage.now),
        "a failure counts"
    );
    assert!(stage.worker.balancers[0].is_usable(0, stage.now));
}

#[test]
fn the_time_to_stop_cuts_what_is_not_done() {
    let mut stage = Stage::new();
    stage.sends(REQUEST);
    stage.connects();
    stage.session.drain(stage.now, &mut stage.worker);
    stage.settle();
    assert!(!stage.session.is_done());
    stage.session.cut(stage.now, &mut stage.worker);
    stage.settle();
    assert!(stage.session.is_done() && !stage.is_connected);
    assert_eq!(stage.reasons(), ["drained"]);
}

// RFC 6455 section 7.4.1: 1001 is "an endpoint is "going away"".
#[test]
fn a_websocket_lives_on_where_its_location_does() {
    let rows = [
        (CONFIG.replace("no-cache", "no-store"), true),
        (CONFIG.replace("127.0.0.1:3\"", "127.0.0.1:9\""), true),
        (CONFIG.replace("\"/http/\"", "\"/other/\""), false),
        (
            CONFIG.replace(
                "upstream = \"http\"\n",
                "upstream = \"http\"\nwebsocket = false\n",
            ),
            false,
        ),
    ];
    for (text, lives_on) in rows {
        let mut stage = super::websockets::opened();
        renew(&mut stage, &text);
        assert_eq!(stage.client.is_empty(), lives_on);
        if !lives_on {
            assert_eq!(stage.client, b"\x88\x02\x03\xe9");
            stage.sends(b"\x88\x82mask\x6e\x88");
            stage.answers(b"\x88\x02\x03\xe9");
            assert!(stage.session.is_done());
            assert_eq!(stage.reasons(), ["drained"]);
        }
    }
}
