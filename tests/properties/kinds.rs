//! Every kind of error stands in its list, with its section and what the peer is sent: scripts and metrics read these
//! names, so none changes unnoticed.

use wirekit::{http, http1, tcp, tls, udp, uwsgi, websocket};

/// Compares a list of `tests/kinds` with the kinds as `line` writes them.
fn check<K: Copy>(list: &str, kinds: &[K], line: impl Fn(K) -> String) {
    let kinds: Vec<_> = kinds.iter().map(|kind| line(*kind)).collect();
    assert_eq!(kinds, list.lines().collect::<Vec<_>>());
}

#[test]
fn http_kinds_are_listed() {
    check(
        include_str!("../kinds/http.txt"),
        http::ErrorKind::ALL,
        |kind| format!("{}\t{}", kind.as_str(), kind.spec()),
    );
}

#[test]
fn tcp_kinds_are_listed() {
    check(
        include_str!("../kinds/tcp.txt"),
        tcp::ErrorKind::ALL,
        |kind| format!("{}\t{}", kind.as_str(), kind.spec()),
    );
}

#[test]
fn udp_kinds_are_listed() {
    check(
        include_str!("../kinds/udp.txt"),
        udp::ErrorKind::ALL,
        |kind| format!("{}\t{}", kind.as_str(), kind.spec()),
    );
}

#[test]
fn tls_kinds_are_listed_with_their_alert() {
    check(
        include_str!("../kinds/tls.txt"),
        tls::ErrorKind::ALL,
        |kind| format!("{}\t{}\t{:?}", kind.as_str(), kind.spec(), kind.alert()),
    );
}

#[test]
fn uwsgi_kinds_are_listed() {
    check(
        include_str!("../kinds/uwsgi.txt"),
        uwsgi::ErrorKind::ALL,
        |kind| format!("{}\t{}", kind.as_str(), kind.spec()),
    );
}

#[test]
fn http1_kinds_are_listed_with_their_status() {
    check(
        include_str!("../kinds/http1.txt"),
        http1::ErrorKind::ALL,
        |kind| format!("{}\t{}\t{}", kind.as_str(), kind.spec(), kind.status()),
    );
}

#[test]
fn websocket_kinds_are_listed_with_their_close_code() {
    check(
        include_str!("../kinds/websocket.txt"),
        websocket::ErrorKind::ALL,
        |kind| format!("{}\t{}\t{}", kind.as_str(), kind.spec(), kind.close_code()),
    );
}

#[test]
fn handshake_kinds_are_listed_with_their_status() {
    use websocket::handshake::ErrorKind;
    check(
        include_str!("../kinds/handshake.txt"),
        ErrorKind::ALL,
        |kind| {
            let status = kind
                .status()
                .map_or("-".to_owned(), |status| status.to_string());
            format!("{}\t{}\t{status}", kind.as_str(), kind.spec())
        },
    );
}

#[test]
fn url_kinds_are_listed() {
    use websocket::url::ErrorKind;
    check(include_str!("../kinds/url.txt"), ErrorKind::ALL, |kind| {
        format!("{}\t{}", kind.as_str(), kind.spec())
    });
}
