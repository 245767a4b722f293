//! Who a client is: what `X-Forwarded-For`, `Forwarded` and a header of the PROXY protocol make of a connection, from peers
//! that are trusted and from those that are not.

use core::net::{IpAddr, SocketAddr};
use core::time::Duration;
use std::path::Path;
use std::rc::Rc;

use wirekit_gateway::config::Config;
use wirekit_gateway::core::reason::Reason;
use wirekit_gateway::core::session::{Action, Listener, Rules, Session, Worker};

const SITE: &str = "[[site]]\n[[site.location]]\npath = '/'\nredirect = { to = 'https://a/' }\n[trust]\nproxies = ";

/// The last of them trusts nobody who connects by a unix socket.
const TRUSTED: [&str; 2] = [
    "['10.0.0.0/8', 'fd00::/8', 'unix:']",
    "['10.0.0.0/8', 'fd00::/8']",
];

thread_local! {
    static RULES: [Rc<Rules>; 2] = TRUSTED.map(|trusted| {
        let config = Config::parse(&format!("{SITE}{trusted}\n"), Path::new("gateway.toml"));
        Rc::new(Rules::new(config.expect("the law's configuration")))
    });
}

/// A peer: its address, which one by a unix socket has not, and the rules that it is judged by.
#[derive(Clone, Copy, Debug)]
struct Peer {
    address: Option<SocketAddr>,
    rules: usize,
    is_trusted: bool,
}

impl Peer {
    fn of(choice: u8) -> Self {
        let peer = |address: &str, rules, is_trusted| Self {
            address: address.parse().ok(),
            rules,
            is_trusted,
        };
        match choice % 8 {
            0 => peer("10.0.0.1:9", 0, true),
            1 => peer("[::ffff:10.0.0.1]:9", 1, true),
            2 => peer("[fd00::9]:9", 1, true),
            3 => peer("unix:", 0, true),
            4 => peer("unix:", 1, false),
            5 => peer("192.0.2.7:9", 0, false),
            6 => peer("[2001:db8::7]:9", 1, false),
            _ => peer("[::ffff:192.0.2.7]:9", 1, false),
        }
    }

    fn ip(self) -> Option<IpAddr> {
        self.address.map(|address| address.ip().to_canonical())
    }
}

/// What became of a connection.
#[derive(Debug, Default, PartialEq, Eq)]
struct Outcome {
    /// Whom its header named.
    proxied: Vec<Option<SocketAddr>>,
    /// Of each exchange: whose it was, and how it ended.
    ended: Vec<(Option<IpAddr>, Reason)>,
    sent: Vec<u8>,
}

/// Plays a connection, whose bytes come in pieces of that length.
fn play(peer: Peer, has_header: bool, wire: &[u8], len: usize) -> Outcome {
    let rules = RULES.with(|rules| rules[peer.rules].clone());
    let mut listener = Listener::new(&rules.config().listeners[0].address);
    if has_header {
        listener = listener.with_proxy_header();
    }
    let mut worker = Worker::new(&rules);
    worker.date = "Sun, 06 Nov 1994 08:49:37 GMT".to_owned();
    let now = Duration::from_secs(1);
    let mut session = Session::new(rules, Rc::new(listener), peer.address, now);
    let mut outcome = Outcome::default();
    outcome.take(&mut session, &mut worker, now);
    for piece in wire.chunks(len) {
        if !session.wants_client() {
            break;
        }
        session.client_sent(piece, now, &mut worker);
        outcome.take(&mut session, &mut worker, now);
    }
    session.client_ended(now, &mut worker);
    outcome.take(&mut session, &mut worker, now);
    assert!(session.is_done(), "a connection without an end");
    outcome
}

impl Outcome {
    /// Does what the session asks for, and takes what it writes.
    fn take(&mut self, session: &mut Session, worker: &mut Worker, now: Duration) {
        loop {
            match session.next_action() {
                Some(Action::Proxied(client)) => self.proxied.push(client),
                Some(Action::Ended(record)) => self.ended.push((record.remote, record.reason)),
                Some(other) => panic!("{other:?}"),
                None => {}
            }
            let len = session.to_client().len();
            if len > 0 {
                self.sent.extend_from_slice(session.to_client());
                session.wrote_to_client(len, now, worker);
            } else {
                match session.next_action() {
                    Some(Action::Ended(record)) => self.ended.push((record.remote, record.reason)),
                    Some(other) => panic!("{other:?}"),
                    None => return,
                }
            }
        }
    }
}

/// Law 4 and 11: a header of the PROXY protocol names the client that stands in it, whole or in pieces, and from a trusted peer
/// alone. The first byte is the peer and whether the bytes behind the second are the header or what one is written from; the
/// second how they are cut.
pub fn proxy_header(data: &[u8]) {
    let Some(([choice, cut], rest)) = data.split_first_chunk() else {
        return;
    };
    let peer = Peer::of(*choice);
    let (wire, written) = match choice / 8 % 2 {
        0 => (rest.to_vec(), None),
        _ => match written(rest) {
            Some((wire, client)) => (wire, Some(client)),
            None => return,
        },
    };
    let request = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let wire = [&wire[..], request].concat();
    let whole = play(peer, true, &wire, wire.len());
    for len in [1, 1 + usize::from(*cut)] {
        assert_eq!(play(peer, true, &wire, len), whole, "in pieces of {len}");
    }
    if !peer.is_trusted {
        assert_eq!(
            whole.proxied,
            [],
            "a peer that is not trusted names a client"
        );
        assert_eq!(whole.ended, [(peer.ip(), Reason::UntrustedPeer)]);
        return assert_eq!(whole.sent, b"", "it is answered");
    }
    let client = match *whole.proxied {
        [] => {
            assert_eq!(written, None, "a header that is right is not read");
            let reasons: Vec<_> = whole.ended.iter().map(|(_, reason)| *reason).collect();
            assert_eq!(reasons, [Reason::MalformedProxyHeader]);
            return assert_eq!(whole.sent, b"", "it is answered");
        }
        [client] => client,
        _ => panic!("two headers"),
    };
    let named = named(&wire);
    assert_eq!(
        client,
        named.or(peer.address),
        "another client than the header's"
    );
    if let Some(written) = written {
        assert_eq!(named, written, "another client than was written");
        let ip = client.map(|client| client.ip().to_canonical());
        assert_eq!(whole.ended, [(ip, Reason::Redirected)]);
    }
}

/// A header that is right, and whom it names: of a kind and an address that the bytes choose.
fn written(data: &[u8]) -> Option<(Vec<u8>, Option<SocketAddr>)> {
    let ([kind, high, low], rest) = data.split_first_chunk()?;
    let port = u16::from_be_bytes([*high, *low]);
    let (address, rest) = rest.split_first_chunk::<16>()?;
    let v4 = IpAddr::from(*address.first_chunk::<4>()?);
    let v6 = IpAddr::from(*address);
    let tlvs = &rest[..rest.len().min(100)];
    let binary = |command: u8, family: u8, addresses: &[u8]| {
        let rest = [addresses, tlvs].concat();
        let len = u16::try_from(rest.len()).expect("few").to_be_bytes();
        let fixed = [command, family, len[0], len[1]];
        [&b"\r\n\r\n\0\r\nQUIT\n"[..], &fixed, &rest].concat()
    };
    let ports = [*high, *low, 0, 80];
    Some(match kind % 6 {
        0 => (
            format!("PROXY TCP4 {v4} 10.0.0.1 {port} 80\r\n").into_bytes(),
            Some((v4, port).into()),
        ),
        1 => (
            format!("PROXY TCP6 {v6} ::1 {port} 80\r\n").into_bytes(),
            Some((v6, port).into()),
        ),
        2 => (b"PROXY UNKNOWN\r\n".to_vec(), None),
        3 => (
            binary(
                0x21,
                0x11,
                &[&address[..4], &[10, 0, 0, 1], &ports].concat(),
            ),
            Some((v4, port).into()),
        ),
        4 => (
            binary(0x21, 0x21, &[&address[..], &[1; 16], &ports].concat()),
            Some((v6, port).into()),
        ),
        _ => (binary(0x20, 0, &[]), None),
    })
}

/// Whom a header that was taken for one names, by another reading.
fn named(wire: &[u8]) -> Option<SocketAddr> {
    if let Some(rest) = wire.strip_prefix(b"PROXY ") {
        let end = rest.windows(2).position(|window| window == b"\r\n");
        let line = String::from_utf8_lossy(&rest[..end.expect("a line")]);
        let words: Vec<&str> = line.split(' ').collect();
        return match *words {
            ["TCP4" | "TCP6", source, _, port, _] => Some(SocketAddr::new(
                source.parse().expect("an address"),
                port.parse().expect("a port"),
            )),
            // What follows is ignored, whatever it is.
            ["UNKNOWN", ..] => None,
            _ => panic!("{line:?} is no header"),
        };
    }
    let rest = wire
        .strip_prefix(b"\r\n\r\n\0\r\nQUIT\n")
        .expect("a header");
    let ([command, family, _, _], rest) = rest.split_first_chunk().expect("16 bytes");
    let port = |at: usize| u16::from_be_bytes([rest[at], rest[at + 1]]);
    match (command, family) {
        (0x21, 0x11) => {
            let address: [u8; 4] = *rest.first_chunk().expect("an address");
            Some((address, port(8)).into())
        }
        (0x21, 0x21) => {
            let address: [u8; 16] = *rest.first_chunk().expect("an address");
            Some((address, port(32)).into())
        }
        _ => None,
    }
}

/// A hop, as it stands in `X-Forwarded-For` and in `Forwarded`, and what is known of it.
type Hop = (&'static str, &'static str, Option<(&'static str, bool)>);

const HOPS: [Hop; 8] = [
    ("10.0.0.2", "for=10.0.0.2", Some(("10.0.0.2", true))),
    (
        "1.1.1.1",
        "For=1.1.1.1;proto=http",
        Some(("1.1.1.1", false)),
    ),
    (
        "2001:db8::1",
        "for=\"[2001:db8::1]:4711\"",
        Some(("2001:db8::1", false)),
    ),
    (
        "::ffff:10.0.0.3",
        "for=\"[::ffff:10.0.0.3]\"",
        Some(("10.0.0.3", true)),
    ),
    (
        "fd00::1",
        "by=_x;for=\"[fd00::1]\"",
        Some(("fd00::1", true)),
    ),
    ("6.6.6.6:80", "for=\"6.6.6.6:80\"", Some(("6.6.6.6", false))),
    ("unknown", "for=unknown", None),
    ("x y", "proto=https", None),
];

/// Each may be a field line in both fields: with the lines of the request, as many as a head may have.
const MAX_HOPS: usize = 49;

/// Law 4 and 11: the client is the nearest that is no trusted proxy, by a walk of its own; a peer that is not trusted is the
/// client itself, whatever it says. The first byte is the peer and which fields there are, the second whether the bytes behind
/// are their values or hops, the third how all is cut.
pub fn forwarded(data: &[u8]) {
    let Some(([choice, form, cut], rest)) = data.split_first_chunk() else {
        return;
    };
    let peer = Peer::of(*choice);
    let (has_x, has_standard) = (choice / 8 % 2 == 1, choice / 16 % 2 == 1);
    let is_raw = form % 2 == 1;
    let mut head = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n".to_vec();
    let max_len = if is_raw { 400 } else { MAX_HOPS };
    let rest = &rest[..rest.len().min(max_len)];
    for (name, has, which) in [
        ("X-Forwarded-For", has_x, 0),
        ("Forwarded", has_standard, 1),
    ] {
        if !has {
            continue;
        }
        let value = match is_raw {
            true => rest
                .iter()
                .copied()
                .filter(|byte| matches!(byte, b' '..=b'~' | 0x80..))
                .collect(),
            false => value(rest, which, name),
        };
        head.extend_from_slice(name.as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(&value);
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    let whole = play(peer, false, &head, head.len());
    for len in [1, 1 + usize::from(*cut)] {
        assert_eq!(play(peer, false, &head, len), whole, "in pieces of {len}");
    }
    let [(client, Reason::Redirected)] = *whole.ended else {
        panic!("{whole:?}");
    };
    if !peer.is_trusted {
        return assert_eq!(client, peer.ip(), "a peer that is not trusted is believed");
    }
    if !is_raw {
        // Both fields have the same hops, so they name the same client.
        let walked = if has_x || has_standard {
            walk(rest)
        } else {
            None
        };
        assert_eq!(client, walked.or(peer.ip()), "another client");
    }
}

/// The hops that bytes stand for, some of them on a line of their own.
fn value(hops: &[u8], which: usize, name: &str) -> Vec<u8> {
    let mut value = Vec::new();
    for (at, byte) in hops.iter().enumerate() {
        let (x, standard, _) = HOPS[usize::from(*byte) % HOPS.len()];
        let comma = match (at, byte / 8 % 4) {
            (0, _) => String::new(),
            (_, 0) => format!("\r\n{name}: "),
            (_, 1) => ",".to_owned(),
            _ => ", ".to_owned(),
        };
        value.extend_from_slice(comma.as_bytes());
        value.extend_from_slice([x, standard][which].as_bytes());
    }
    value
}

/// The nearest hop that is no trusted proxy, or the farthest before one that is no address.
fn walk(hops: &[u8]) -> Option<IpAddr> {
    let mut farthest = None;
    for byte in hops.iter().rev() {
        let (_, _, known) = HOPS[usize::from(*byte) % HOPS.len()];
        let Some((address, is_trusted)) = known else {
            break;
        };
        farthest = address.parse().ok();
        if !is_trusted {
            break;
        }
    }
    farthest
}
