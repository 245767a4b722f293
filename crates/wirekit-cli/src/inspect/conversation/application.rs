//! What a stream speaks: by its first bytes, else by its port.

use wirekit::tcp::track::Side;

/// A protocol above TCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Application {
    Http1,
    Uwsgi,
    WebSocket,
    Tls,
    /// The PROXY protocol's header, with which a load balancer begins: another protocol follows it.
    Proxy,
    /// HTTP/2, which is not read.
    Http2,
    /// None that is known here.
    Unknown,
}

impl Application {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Http1 => "http1",
            Self::Uwsgi => "uwsgi",
            Self::WebSocket => "websocket",
            Self::Tls => "tls",
            Self::Proxy => "proxy",
            Self::Http2 => "http2",
            Self::Unknown => "unknown",
        }
    }

    /// The protocol of a name that a person gives.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "http1" | "http" => Some(Self::Http1),
            "uwsgi" => Some(Self::Uwsgi),
            "websocket" => Some(Self::WebSocket),
            "tls" => Some(Self::Tls),
            "proxy" => Some(Self::Proxy),
            "http2" => Some(Self::Http2),
            "unknown" => Some(Self::Unknown),
            _ => None,
        }
    }
}

/// What a look at first bytes tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Guess {
    Known(Application),
    /// A proper prefix of something known: more bytes will tell.
    Undecided,
    /// Nothing that is known.
    Unlike,
}

/// The methods by which a request is known at its first bytes: RFC 9110 section 9, RFC 5789, and WebDAV's.
const METHODS: [&[u8]; 17] = [
    b"GET ",
    b"HEAD ",
    b"POST ",
    b"PUT ",
    b"DELETE ",
    b"CONNECT ",
    b"OPTIONS ",
    b"TRACE ",
    b"PATCH ",
    b"PROPFIND ",
    b"PROPPATCH ",
    b"MKCOL ",
    b"COPY ",
    b"MOVE ",
    b"LOCK ",
    b"UNLOCK ",
    b"REPORT ",
];

/// Looks at the first bytes that one end sent.
pub(crate) fn by_content(sender: Side, first: &[u8]) -> Guess {
    let guesses = match sender {
        Side::Client => [
            http1_request(first),
            tls(first, 1),
            uwsgi(first),
            http2(first),
        ],
        Side::Server => [
            http1_response(first),
            tls(first, 2),
            Guess::Unlike,
            Guess::Unlike,
        ],
    };
    let known = guesses
        .iter()
        .find(|guess| matches!(guess, Guess::Known(_)));
    let undecided = guesses
        .iter()
        .find(|guess| matches!(guess, Guess::Undecided));
    known.or(undecided).copied().unwrap_or(Guess::Unlike)
}

/// What begins here in the middle of a connection, which more than a few bytes have to tell.
pub(crate) fn beginning(sender: Side, bytes: &[u8]) -> Option<Application> {
    match by_content(sender, bytes) {
        Guess::Known(Application::Http1) => {
            let line = bytes.split(|&byte| byte == b'\n').next()?;
            let version = b" HTTP/1.";
            let is_request = line.windows(version.len()).any(|part| part == version);
            (is_request || sender == Side::Server).then_some(Application::Http1)
        }
        // The record holds the message, or the message's first part: RFC 8446 section 5.1.
        Guess::Known(Application::Tls) => {
            let &[_, _, _, high, low, _, zero, message_high, message_low] = bytes.first_chunk()?;
            let record_len = u16::from_be_bytes([high, low]);
            let message_len = u16::from_be_bytes([message_high, message_low]);
            (zero == 0 && (4..=1 << 14).contains(&record_len) && message_len >= record_len - 4)
                .then_some(Application::Tls)
        }
        Guess::Known(application @ Application::Http2) => Some(application),
        Guess::Known(_) | Guess::Undecided | Guess::Unlike => None,
    }
}

/// The header of the PROXY protocol at the front, as far as it is there
/// (<https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProxyHeader {
    Whole(usize),
    Cut,
    None,
}

impl ProxyHeader {
    /// The longest line of the first version.
    const MAX_LINE_LEN: usize = 107;
    const WORD: &[u8] = b"PROXY ";
    const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

    pub(crate) fn at_the_front(first: &[u8]) -> Self {
        if first.starts_with(Self::WORD) {
            let line = first.get(..Self::MAX_LINE_LEN).unwrap_or(first);
            return match line.windows(2).position(|end| end == b"\r\n") {
                Some(at) => Self::Whole(at + 2),
                None if first.len() < Self::MAX_LINE_LEN => Self::Cut,
                None => Self::None,
            };
        }
        if first.starts_with(Self::SIGNATURE) {
            return match first.get(14..).and_then(|len| len.first_chunk()) {
                Some(&len) => match 16 + usize::from(u16::from_be_bytes(len)) {
                    len if len <= first.len() => Self::Whole(len),
                    _ => Self::Cut,
                },
                None => Self::Cut,
            };
        }
        let is_prefix = Self::WORD.starts_with(first) || Self::SIGNATURE.starts_with(first);
        match is_prefix {
            true => Self::Cut,
            false => Self::None,
        }
    }
}

/// The protocol that a server's port is usually used for.
pub(crate) fn by_port(port: u16) -> Application {
    match port {
        80 | 591 | 3000 | 5000 | 8000 | 8008 | 8080 | 8081 | 8888 => Application::Http1,
        443 | 465 | 853 | 993 | 995 | 8443 => Application::Tls,
        3031 => Application::Uwsgi,
        _ => Application::Unknown,
    }
}

fn http1_request(first: &[u8]) -> Guess {
    any_prefix(&METHODS, first)
}

fn http1_response(first: &[u8]) -> Guess {
    any_prefix(&[b"HTTP/1."], first)
}

fn any_prefix(prefixes: &[&[u8]], first: &[u8]) -> Guess {
    if prefixes.iter().any(|prefix| first.starts_with(prefix)) {
        Guess::Known(Application::Http1)
    } else if prefixes.iter().any(|prefix| prefix.starts_with(first)) {
        Guess::Undecided
    } else {
        Guess::Unlike
    }
}

/// RFC 9113 section 3.4: the first line of what every client sends first.
fn http2(first: &[u8]) -> Guess {
    const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n";
    match first.get(..PREFACE.len()) {
        Some(PREFACE) => Guess::Known(Application::Http2),
        None if PREFACE.starts_with(first) => Guess::Undecided,
        _ => Guess::Unlike,
    }
}

/// A handshake record (RFC 8446 section 5.1: type 22, version 3.x) whose message is of the type given.
fn tls(first: &[u8], message: u8) -> Guess {
    match *first {
        [] | [22] | [22, 3] | [22, 3, 0..=4] | [22, 3, 0..=4, _] | [22, 3, 0..=4, _, _] => {
            Guess::Undecided
        }
        [22, 3, 0..=4, _, _, kind, ..] if kind == message => Guess::Known(Application::Tls),
        // A server that refuses at once sends an alert.
        [21, 3, 0..=4, 0, 2, 1 | 2, _, ..] if message == 2 => Guess::Known(Application::Tls),
        [21, 3, 0..=4, ..] | [21, 3] | [21] if message == 2 && first.len() < 7 => Guess::Undecided,
        _ => Guess::Unlike,
    }
}

/// A packet head (modifier1, size, modifier2) and the first key of its vars, which is a CGI name.
fn uwsgi(first: &[u8]) -> Guess {
    let (Some(&size), key) = (
        first.get(1..).and_then(|rest| rest.first_chunk()),
        first.get(4..).unwrap_or_default(),
    ) else {
        // The modifiers that carry vars are small.
        return if first.first().is_none_or(|&modifier| modifier < 32) {
            Guess::Undecided
        } else {
            Guess::Unlike
        };
    };
    if first.first().is_some_and(|&modifier| modifier >= 32) {
        return Guess::Unlike;
    }
    let size = usize::from(u16::from_le_bytes(size));
    let Some((&key_len, key)) = key.split_first_chunk() else {
        return Guess::Undecided;
    };
    let key_len = usize::from(u16::from_le_bytes(key_len));
    if !(3..=64).contains(&key_len) || key_len + 4 > size {
        return Guess::Unlike;
    }
    let seen = key.get(..key_len).unwrap_or(key);
    if !seen
        .iter()
        .all(|byte| matches!(byte, b'A'..=b'Z' | b'_' | b'0'..=b'9'))
    {
        return Guess::Unlike;
    }
    if key.len() < key_len {
        Guess::Undecided
    } else {
        Guess::Known(Application::Uwsgi)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes_tell_the_protocol_and_their_prefixes_wait() {
        let rows: [(Side, &[u8], Application); 7] = [
            (Side::Client, b"GET ", Application::Http1),
            (Side::Client, b"OPTIONS ", Application::Http1),
            (Side::Client, b"PRI * HTTP/2.0\r\n", Application::Http2),
            (Side::Server, b"HTTP/1.", Application::Http1),
            (Side::Client, &[22, 3, 1, 2, 0, 1], Application::Tls),
            (Side::Server, &[22, 3, 3, 0, 90, 2], Application::Tls),
            (
                Side::Client,
                b"\0\x2c\0\0\x0c\0QUERY_STRING",
                Application::Uwsgi,
            ),
        ];
        for (sender, first, application) in rows {
            assert_eq!(by_content(sender, first), Guess::Known(application));
            for cut in 0..first.len() {
                assert_eq!(
                    by_content(sender, first.get(..cut).unwrap()),
                    Guess::Undecided,
                    "{application:?} {cut}"
                );
            }
        }
    }

    #[test]
    fn other_bytes_are_unlike() {
        let rows: [(Side, &[u8]); 6] = [
            (Side::Client, b"HELO there\r\n"),
            (Side::Client, b"GETTY"),
            (Side::Server, b"220 mail"),
            (Side::Client, &[22, 3, 1, 2, 0, 2]),
            (Side::Client, b"\0\x2c\0\0\x02\0QU"),
            (Side::Client, b"\0\x2c\0\0\x0c\0query"),
        ];
        for (sender, first) in rows {
            assert_eq!(by_content(sender, first), Guess::Unlike, "{first:?}");
        }
    }

    #[test]
    fn the_proxy_protocols_header_is_measured() {
        let second = [ProxyHeader::SIGNATURE, &[0x21, 0x11, 0, 2, 9, 9]].concat();
        let rows: [(&[u8], usize); 3] = [
            (b"PROXY TCP4 192.0.2.1 192.0.2.2 5 80\r\n", 37),
            (b"PROXY UNKNOWN\r\n", 15),
            (&second, 18),
        ];
        for (header, len) in rows {
            let whole = [header, b"GET /"].concat();
            let front = ProxyHeader::at_the_front(&whole);
            assert_eq!(front, ProxyHeader::Whole(len));
            for cut in 0..len {
                let front = ProxyHeader::at_the_front(&whole[..cut]);
                assert_eq!(front, ProxyHeader::Cut, "{cut}");
            }
        }
        for first in [&b"PROXYA"[..], b"GET /", &[b'P'; 200]] {
            assert_eq!(ProxyHeader::at_the_front(first), ProxyHeader::None);
        }
    }

    #[test]
    fn ports_are_asked_last() {
        assert_eq!(by_port(8080), Application::Http1);
        assert_eq!(by_port(3031), Application::Uwsgi);
        assert_eq!(by_port(9999), Application::Unknown);
    }
}
