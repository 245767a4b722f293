//! Who the client is, behind trusted proxies and before the others.

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
