//! What requests and responses say in TLS.

use std::rc::Rc;

use super::{CONFIG, Listener, Peer, Session, Stage};
use crate::core::reason::Reason;

fn stage(config: &str, peer: Peer) -> Stage {
    let mut stage = Stage::with(config);
    let rules = stage.session.rules().clone();
    let listener = Listener::encrypted(&rules.config().listeners[0].address);
    let remote = "192.0.2.7:4711".parse().ok();
    stage.session = Session::new(rules, Rc::new(listener), remote, stage.now).with_peer(peer);
    stage
}

fn has(bytes: &[u8], part: &str) -> bool {
    bytes
        .windows(part.len())
        .any(|window| window == part.as_bytes())
}

#[test]
fn an_application_learns_that_it_is_https_and_who_the_client_is() {
    let config = CONFIG.replace(
        "upstream = \"app\"",
        "upstream = \"app\"\nparams = { REMOTE_USER = \"$tls_client_name\" }",
    );
    let mut stage = stage(&config, Peer::new(None, Some("Ada".to_owned())));
    stage.sends(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    stage.connects();
    for part in [
        "HTTPS\x02\0on",
        "REQUEST_SCHEME\x05\0https",
        "HTTP_X_FORWARDED_PROTO\x05\0https",
        "REMOTE_USER\x03\0Ada",
    ] {
        assert!(has(&stage.server, part), "{part:?}");
    }
}

#[test]
fn a_site_says_in_tls_alone_that_it_is_served_by_tls_alone() {
    let field = "Strict-Transport-Security: max-age=9\r\n";
    let config = CONFIG.replace("[[site]]", "[[site]]\nhsts = \"max-age=9\"");
    let app = "[[site.location]]\npath = \"/\"\n";
    assert!(config.contains(app), "{config}");
    let config = config.replace(app, "[[site.location]]\npath = \"/app/\"\n");
    let answer =
        b"HTTP/1.1 200 OK\r\nStrict-Transport-Security: max-age=0\r\nContent-Length: 0\r\n\r\n";
    let by_tls = stage(&config, Peer::default());
    for (mut stage, says) in [(by_tls, true), (Stage::with(&config), false)] {
        // The last two have no location, and no path.
        for target in [
            "/files/a",
            "/moved",
            "/http/",
            "/files/../files/",
            "/nowhere",
            "/../x",
        ] {
            stage.file = Some(b"text");
            stage.client.clear();
            stage.sends(format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes());
            if target == "/http/" {
                stage.connects();
                stage.answers(answer);
                assert_eq!(has(&stage.client, "max-age=0"), !says, "{target}");
            }
            assert!(stage.client.starts_with(b"HTTP/1.1 "), "{target}");
            assert_eq!(has(&stage.client, field), says, "{target}");
        }
    }
}

/// RFC 9110 section 7.4: "unless the connection is from a trusted gateway, an origin server MUST reject a request if any
/// scheme-specific requirements for the target URI are not met".
#[test]
fn a_request_for_another_site_than_the_handshake_named_is_refused() {
    let location = "[[site.location]]\npath = '/'\nredirect = { to = '/' }\n";
    let config = format!(
        "[[site]]\nhosts = ['a.example', '*.a.example']\n{location}[[site]]\nhosts = ['b.example']\n{location}"
    );
    let rows = [
        (Some("a.example"), "a.example", false),
        (Some("A.example"), "a.EXAMPLE:443", false),
        (Some("x.a.example"), "y.a.example", false),
        (Some("a.example"), "b.example", true),
        (Some("unknown.example"), "b.example", true),
        (None, "b.example", false),
    ];
    for (name, host, is_refused) in rows {
        let mut stage = stage(&config, Peer::new(name.map(str::to_owned), None));
        stage.sends(format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes());
        let reason = stage.records[0].reason;
        assert_eq!(reason == Reason::UnknownHost, is_refused, "{name:?} {host}");
    }
}
