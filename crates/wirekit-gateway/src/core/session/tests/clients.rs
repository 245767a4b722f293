//! Who the client is, behind trusted proxies and before the others.

use core::time::Duration;

use super::{CONFIG, Stage};

const FIELDS: &str =
    "X-Forwarded-For: 6.6.6.6, 198.51.100.9, 10.0.0.2\r\nX-Forwarded-Proto: https\r\n";

/// The value of a variable in a packet, up to what may follow it.
fn var(packet: &[u8], key: &str, len: usize) -> Option<String> {
    let at = packet
        .windows(key.len())
        .position(|window| window == key.as_bytes())?;
    let value = packet.get(at + key.len() + 2..)?.get(..len)?;
    Some(String::from_utf8_lossy(value).into_owned())
}

#[test]
fn an_application_and_the_log_learn_of_the_client() {
    let config = format!("[trust]\nproxies = ['10.0.0.0/8']\n{CONFIG}");
    let rows = [
        // The peer, the client, what goes on.
        (
            "10.0.0.1:9",
            "198.51.100.9",
            "6.6.6.6, 198.51.100.9, 10.0.0.2, 10.0.0.1",
            "https",
        ),
        ("192.0.2.7:9", "192.0.2.7", "192.0.2.7", "http"),
    ];
    for (peer, client, forwarded, scheme) in rows {
        let mut stage = Stage::from(peer, &config);
        stage.sends(format!("GET / HTTP/1.1\r\nHost: a\r\n{FIELDS}\r\n").as_bytes());
        stage.connects();
        let packet = &stage.server;
        assert_eq!(
            var(packet, "REMOTE_ADDR", client.len()).as_deref(),
            Some(client)
        );
        let key = "HTTP_X_FORWARDED_FOR";
        assert_eq!(
            var(packet, key, forwarded.len()).as_deref(),
            Some(forwarded)
        );
        let key = "HTTP_X_FORWARDED_PROTO";
        assert_eq!(var(packet, key, scheme.len()).as_deref(), Some(scheme));
        // The port is known of who is connected, and of nobody behind.
        assert_eq!(
            var(packet, "REMOTE_PORT", 1).is_some(),
            client == "192.0.2.7"
        );
        stage.answers(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        assert_eq!(stage.records[0].remote, client.parse().ok());

        // The next request on the connection is another's, and one that cannot be read is the peer's.
        stage.sends(b"GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 1.1.1.1\r\nA b: c\r\n\r\n");
        let peer: core::net::SocketAddr = peer.parse().unwrap();
        assert_eq!(stage.records[1].remote, Some(peer.ip()));
    }
}

#[test]
fn hashes_are_of_the_client_and_not_of_the_proxy() {
    let config = CONFIG.replace(
        "protocol = \"uwsgi\"",
        "protocol = \"uwsgi\"\nbalance = \"ip_hash\"",
    );
    let by_key = CONFIG.replace(
        "protocol = \"uwsgi\"",
        "protocol = \"uwsgi\"\nbalance = \"hash\"\nhash_key = \"$remote_address\"",
    );
    for config in [config, by_key] {
        let config = format!("[trust]\nproxies = ['10.0.0.0/8']\n{config}");
        for third in 0..40 {
            let client = format!("198.51.{third}.9");
            let mut direct = Stage::from(&format!("{client}:9"), &config);
            direct.sends(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            let mut behind = Stage::from("10.0.0.1:9", &config);
            let head = format!("GET / HTTP/1.1\r\nHost: a\r\nForwarded: for={client}\r\n\r\n");
            behind.sends(head.as_bytes());
            assert_eq!(behind.connects(), direct.connects(), "{client}");
        }
    }
}

fn behind_a_balancer(peer: &str) -> Stage {
    let listen = "[[listen]]\naddress = '127.0.0.1:80'\nproxy_protocol = true\n";
    Stage::from(
        peer,
        &format!("{listen}[trust]\nproxies = ['10.0.0.0/8']\n{CONFIG}"),
    )
}

const HEADER: &[u8] = b"PROXY TCP4 198.51.100.9 10.0.0.1 4711 80\r\n";

#[test]
fn a_balancer_says_who_is_connected() {
    let request = b"GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n";
    let local: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0";
    let rows: [(&[u8], &str, &str); 4] = [
        (HEADER, "198.51.100.9:4711", "198.51.100.9"),
        (b"PROXY UNKNOWN\r\n", "10.0.0.1:9", "6.6.6.6"),
        (local, "10.0.0.1:9", "6.6.6.6"),
        // A balancer in front of a proxy that is trusted, too.
        (
            b"PROXY TCP4 10.0.0.2 10.0.0.1 4711 80\r\n",
            "10.0.0.2:4711",
            "6.6.6.6",
        ),
    ];
    for (header, remote, client) in rows {
        let wire = [header, request].concat();
        for step in [1, wire.len()] {
            let mut stage = behind_a_balancer("10.0.0.1:9");
            for piece in wire.chunks(step) {
                stage.sends(piece);
            }
            assert_eq!(
                stage.proxied,
                remote.parse().ok(),
                "{}",
                header.escape_ascii()
            );
            stage.connects();
            let addr = var(&stage.server, "REMOTE_ADDR", client.len());
            assert_eq!(addr.as_deref(), Some(client), "{}", header.escape_ascii());
        }
    }
}

/// A unix socket has no address that could be in a network.
#[test]
fn who_connects_by_a_unix_socket_is_believed_where_that_is_said() {
    let listen = "[[listen]]\naddress = 'unix:a.sock'\n";
    for (trusted, header, client) in [
        ("'10.0.0.0/8', 'unix:'", "", "198.51.100.9"),
        (
            "'unix:'",
            "PROXY TCP4 203.0.113.5 10.0.0.1 4711 80\r\n",
            "203.0.113.5",
        ),
        ("'unix:'", "PROXY UNKNOWN\r\n", "198.51.100.9"),
        ("'10.0.0.0/8'", "", ""),
    ] {
        let proxy_protocol = format!("proxy_protocol = {}\n", !header.is_empty());
        let config = format!("{listen}{proxy_protocol}[trust]\nproxies = [{trusted}]\n{CONFIG}");
        let mut stage = Stage::from("unix:", &config);
        let head = "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 198.51.100.9\r\n\r\n";
        stage.sends(format!("{header}{head}").as_bytes());
        stage.connects();
        let addr = var(&stage.server, "REMOTE_ADDR", client.len());
        assert_eq!(
            addr.as_deref().unwrap_or_default(),
            client,
            "{trusted} {header}"
        );
        let forwarded = var(&stage.server, "HTTP_X_FORWARDED_FOR", 12);
        let passes = client == "198.51.100.9";
        assert_eq!(
            forwarded.as_deref() == Some("198.51.100.9"),
            passes,
            "{trusted} {header}"
        );
    }
}

#[test]
fn a_header_by_a_unix_socket_that_is_not_trusted_is_not_read() {
    let mut stage = behind_a_balancer("unix:");
    stage.settle();
    assert!(stage.session.is_done() && !stage.session.wants_client());
    assert_eq!(stage.reasons(), ["untrusted_peer"]);
}

#[test]
fn who_says_no_header_or_may_not_is_not_answered() {
    let mut stage = behind_a_balancer("192.0.2.7:9");
    stage.settle();
    assert!(stage.session.is_done() && !stage.session.wants_client());
    assert_eq!(
        (stage.reasons(), stage.got().as_str()),
        (vec!["untrusted_peer"], "")
    );

    for wire in [&b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"[..], b"PROXY TCP5 "] {
        let mut stage = behind_a_balancer("10.0.0.1:9");
        stage.sends(&[wire, b"\r\n"].concat());
        assert!(stage.session.is_done());
        assert_eq!(
            (stage.reasons(), stage.got().as_str()),
            (vec!["malformed_proxy_header"], "")
        );
    }
    // One that is cut off, and one that does not come.
    let mut stage = behind_a_balancer("10.0.0.1:9");
    stage.sends(b"PROXY ");
    stage.session.client_ended(stage.now, &mut stage.worker);
    stage.settle();
    assert!(stage.session.is_done());
    assert_eq!(stage.reasons(), ["malformed_proxy_header"]);
    let mut stage = behind_a_balancer("10.0.0.1:9");
    stage.sends(b"PROXY ");
    stage.passes(Duration::from_secs(29));
    stage.sends(b"TCP4 ");
    assert!(!stage.session.is_done());
    stage.passes(Duration::from_secs(1));
    assert!(stage.session.is_done());
    assert_eq!(
        (stage.reasons(), stage.got().as_str()),
        (vec!["head_timeout"], "")
    );
    // A probe that looks whether somebody listens.
    let mut stage = behind_a_balancer("10.0.0.1:9");
    stage.session.client_ended(stage.now, &mut stage.worker);
    stage.settle();
    assert!(stage.session.is_done() && stage.records.is_empty());

    let mut stage = behind_a_balancer("10.0.0.1:9");
    stage.session.drain(stage.now, &mut stage.worker);
    stage.passes(Duration::from_secs(5));
    assert!(stage.session.is_done() && stage.records.is_empty());

    // The head has its own time, and the answer to one that is late goes to the client.
    let mut stage = behind_a_balancer("10.0.0.1:9");
    stage.sends(&HEADER[..10]);
    stage.passes(Duration::from_secs(20));
    stage.sends(&[&HEADER[10..], b"GET"].concat());
    stage.passes(Duration::from_secs(29));
    assert!(!stage.session.is_done());
    stage.passes(Duration::from_secs(1));
    assert_eq!(stage.status(), "408");
    assert_eq!(stage.records[0].remote, "198.51.100.9".parse().ok());
}

#[test]
fn a_proxy_that_took_tls_off_is_not_sent_back_to_it() {
    let config = CONFIG.replacen("[[site]]", "[[site]]\nredirect_https = true", 1);
    let config = format!("[trust]\nproxies = ['10.0.0.0/8']\n{config}");
    for (peer, redirects) in [("10.0.0.1:9", false), ("192.0.2.7:9", true)] {
        let mut stage = Stage::from(peer, &config);
        stage.sends(format!("GET / HTTP/1.1\r\nHost: a\r\n{FIELDS}\r\n").as_bytes());
        assert_eq!(stage.connecting.is_none(), redirects);
        assert_eq!(stage.got().starts_with("HTTP/1.1 308 "), redirects);
    }
}
