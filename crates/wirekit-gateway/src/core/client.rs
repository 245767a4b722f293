//! Who asks, where trusted proxies stand between: RFC 7239 and `X-Forwarded-For`.

use core::net::IpAddr;

use wirekit::http::forwarded::{client_behind, elements, x_forwarded_for};
use wirekit::http::list::members;
use wirekit::http1::RequestHead;

use crate::config::Proxies;

/// Whom a request is from, as far as can be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The client's address; none by a unix socket.
    pub(crate) address: Option<IpAddr>,
    /// Whether what the peer says of the client is believed, and goes on to the server.
    pub(crate) is_believed: bool,
    /// Whether a proxy that is believed says that the client spoke TLS.
    pub(crate) is_secure: bool,
}

impl Origin {
    /// Whom a connection is from, of which nothing more is said.
    pub(crate) fn of_peer(peer: Option<IpAddr>) -> Self {
        Self {
            address: peer.map(|peer| peer.to_canonical()),
            is_believed: false,
            is_secure: false,
        }
    }

    /// Whom a request is from: the nearest that is no trusted proxy, of what `X-Forwarded-For` or `Forwarded` list.
    ///
    /// A proxy writes one of the two fields and passes the other on as the client wrote it. Where a request has both, the
    /// gateway cannot know which is which: they are believed where they name the same client, and otherwise neither is.
    pub(crate) fn of_request(
        proxies: &Proxies,
        peer: Option<IpAddr>,
        head: &RequestHead<'_>,
    ) -> Self {
        let unknown = Self::of_peer(peer);
        if !proxies.trust(peer) {
            return unknown;
        }
        let is_trusted = |address| proxies.trust(Some(address));
        let fields = head.fields();
        let has = |name: &str| fields.first(name).is_some();
        let by_x = || {
            let hops = fields.all("x-forwarded-for").flat_map(x_forwarded_for);
            client_behind(hops, is_trusted)
        };
        let by_standard = || {
            let elements = fields.all("forwarded").flat_map(elements);
            let hops = elements.map(|element| element.ok()?.for_node?.address());
            client_behind(hops, is_trusted)
        };
        let found = match (has("x-forwarded-for"), has("forwarded")) {
            (true, true) => Some(by_x()).filter(|found| *found == by_standard()),
            (true, false) => Some(by_x()),
            (false, true) => Some(by_standard()),
            (false, false) => Some(None),
        };
        let client = found.flatten().map(|client| client.to_canonical());
        Self {
            address: client.or(unknown.address),
            is_believed: found.is_some(),
            is_secure: found.is_some() && says_https(head),
        }
    }
}

/// Whether the nearest proxy says that it was asked by `https`: all that say something, as one of them may be the client.
fn says_https(head: &RequestHead<'_>) -> bool {
    let fields = head.fields();
    let by_x = fields.all("x-forwarded-proto").flat_map(members).last();
    let by_x = by_x.map(|member| member.bytes.eq_ignore_ascii_case(b"https"));
    let nearest = fields.all("forwarded").flat_map(elements).last();
    let by_standard = nearest
        .and_then(|element| element.ok()?.proto)
        .map(|proto| proto.is_ignoring_case("https"));
    match (by_x, by_standard) {
        (None, None) => false,
        (by_x, by_standard) => by_x.unwrap_or(true) && by_standard.unwrap_or(true),
    }
}

#[cfg(test)]
mod tests {
    use wirekit::http1::FieldTable;

    use super::*;

    #[test]
    fn the_client_is_whom_trusted_proxies_name() {
        let (proxy, other) = ("10.0.0.1", "192.0.2.1");
        #[rustfmt::skip]
        let rows: [(&str, &str, &str, bool); 21] = [
            // The peer, its fields, the client, whether they are believed.
            (other, "", other, false),
            (other, "X-Forwarded-For: 1.1.1.1", other, false),
            (other, "Forwarded: for=1.1.1.1", other, false),
            (proxy, "", proxy, true),
            (proxy, "X-Forwarded-For: 1.1.1.1", "1.1.1.1", true),
            // From the right, past the trusted.
            (proxy, "X-Forwarded-For: 6.6.6.6, 1.1.1.1, 10.0.0.2", "1.1.1.1", true),
            (proxy, "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 1.1.1.1", "1.1.1.1", true),
            (proxy, "X-Forwarded-For: 10.0.0.3, 10.0.0.2", "10.0.0.3", true),
            (proxy, "X-Forwarded-For: 1.1.1.1, ::ffff:10.0.0.2", "1.1.1.1", true),
            (proxy, "X-Forwarded-For: 1.1.1.1, x, 10.0.0.2", "10.0.0.2", true),
            ("::ffff:10.0.0.1", "X-Forwarded-For: ::ffff:1.1.1.1", "1.1.1.1", true),
            // RFC 7239 section 6
            (proxy, "Forwarded: for=6.6.6.6, for=\"[2001:db8::1]:4711\";proto=https", "2001:db8::1", true),
            (proxy, "Forwarded: for=1.1.1.1, for=unknown, for=10.0.0.2", "10.0.0.2", true),
            (proxy, "Forwarded: for=1.1.1.1, for=_hidden", proxy, true),
            (proxy, "Forwarded: for=1.1.1.1, proto=http", proxy, true),
            (proxy, "Forwarded: for=\"1.1.1.1", proxy, true),
            // By a unix socket there is no address.
            ("unix:", "", "", true),
            ("unix:", "X-Forwarded-For: 6.6.6.6, 1.1.1.1, 10.0.0.2", "1.1.1.1", true),
            ("unix:", "Forwarded: for=1.1.1.1, for=unknown", "", true),
            // One of them may be the client's own.
            (proxy, "X-Forwarded-For: 1.1.1.1\r\nForwarded: for=1.1.1.1", "1.1.1.1", true),
            (proxy, "X-Forwarded-For: 1.1.1.1\r\nForwarded: for=6.6.6.6", proxy, false),
        ];
        let proxies = proxies();
        for (peer, lines, client, is_believed) in rows {
            let found = origin(&proxies, peer, lines);
            assert_eq!(found.address, client.parse().ok(), "{peer} {lines}");
            assert_eq!(found.is_believed, is_believed, "{peer} {lines}");
        }
    }

    fn proxies() -> Proxies {
        Proxies {
            networks: vec!["10.0.0.0/8".parse().unwrap()],
            unix: true,
        }
    }

    fn origin(proxies: &Proxies, peer: &str, lines: &str) -> Origin {
        let line_end = if lines.is_empty() { "" } else { "\r\n" };
        let head = format!("GET / HTTP/1.1\r\nHost: a\r\n{lines}{line_end}\r\n");
        let mut table = FieldTable::new();
        let (head, _) = RequestHead::parse(head.as_bytes(), &mut table)
            .unwrap()
            .unwrap();
        Origin::of_request(proxies, peer.parse().ok(), &head)
    }

    #[test]
    fn a_trusted_proxy_says_that_the_client_came_by_tls() {
        let (proxy, other) = ("10.0.0.1", "192.0.2.1");
        #[rustfmt::skip]
        let rows = [
            (proxy, "X-Forwarded-Proto: https", true),
            (proxy, "X-Forwarded-Proto: http, HTTPS", true),
            (proxy, "X-Forwarded-Proto: https, http", false),
            (proxy, "Forwarded: for=1.1.1.1;proto=http, for=10.0.0.2;proto=https", true),
            (proxy, "Forwarded: for=1.1.1.1;proto=https, for=10.0.0.2", false),
            (proxy, "X-Forwarded-Proto: http\r\nForwarded: for=1.1.1.1;proto=https", false),
            (proxy, "", false),
            (other, "X-Forwarded-Proto: https", false),
        ];
        let proxies = proxies();
        for (peer, lines, is_secure) in rows {
            assert_eq!(
                origin(&proxies, peer, lines).is_secure,
                is_secure,
                "{peer} {lines}"
            );
        }
    }
}
