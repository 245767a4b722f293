//! How the first bytes of each protocol look.

use wirekit::tcp::track::Side;

/// What a look at first bytes says of one protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Guess {
    /// It begins so.
    Known,
    /// A proper prefix of how it begins: more bytes will tell.
    Undecided,
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

/// A request of HTTP/1.1, by its method.
pub(super) fn http1_request(first: &[u8]) -> Guess {
    any_prefix(&METHODS, first)
}

/// A response of HTTP/1.1, by its version.
pub(super) fn http1_response(first: &[u8]) -> Guess {
    any_prefix(&[b"HTTP/1."], first)
}

fn any_prefix(prefixes: &[&[u8]], first: &[u8]) -> Guess {
    if prefixes.iter().any(|prefix| first.starts_with(prefix)) {
        Guess::Known
    } else if prefixes.iter().any(|prefix| prefix.starts_with(first)) {
        Guess::Undecided
    } else {
        Guess::Unlike
    }
}

/// RFC 9113 section 3.4: the first line of what every client sends first.
pub(super) fn http2(first: &[u8]) -> Guess {
    const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n";
    match first.get(..PREFACE.len()) {
        Some(PREFACE) => Guess::Known,
        None if PREFACE.starts_with(first) => Guess::Undecided,
        _ => Guess::Unlike,
    }
}

/// A client's first record of TLS.
pub(super) fn tls_client(first: &[u8]) -> Guess {
    tls(first, 1)
}

/// A server's first record of TLS.
pub(super) fn tls_server(first: &[u8]) -> Guess {
    tls(first, 2)
}

/// A handshake record (RFC 8446 section 5.1: type 22, version 3.x) whose message is of the type given.
fn tls(first: &[u8], message: u8) -> Guess {
    match *first {
        [] | [22] | [22, 3] | [22, 3, 0..=4] | [22, 3, 0..=4, _] | [22, 3, 0..=4, _, _] => {
            Guess::Undecided
        }
        [22, 3, 0..=4, _, _, kind, ..] if kind == message => Guess::Known,
        // A server that refuses at once sends an alert.
        [21, 3, 0..=4, 0, 2, 1 | 2, _, ..] if message == 2 => Guess::Known,
        [21, 3, 0..=4, ..] | [21, 3] | [21] if message == 2 && first.len() < 7 => Guess::Undecided,
        _ => Guess::Unlike,
    }
}

/// A packet head (modifier1, size, modifier2) and the first key of its vars, which is a CGI name.
pub(super) fn uwsgi(first: &[u8]) -> Guess {
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
        Guess::Known
    }
}

/// Whether a request of HTTP/1.1 begins here in the middle of a connection, which more than a method has to say.
pub(super) fn is_http1_request(bytes: &[u8]) -> bool {
    const VERSION: &[u8] = b" HTTP/1.";
    let line = bytes.split(|&byte| byte == b'\n').next();
    let mut parts = line.unwrap_or_default().windows(VERSION.len());
    http1_request(bytes) == Guess::Known && parts.any(|part| part == VERSION)
}

/// Whether a response of HTTP/1.1 begins here.
pub(super) fn is_http1_response(bytes: &[u8]) -> bool {
    http1_response(bytes) == Guess::Known
}

/// Whether a client's TLS begins here in the middle of a connection.
pub(super) fn is_tls_client(bytes: &[u8]) -> bool {
    tls_client(bytes) == Guess::Known && is_whole_record(bytes)
}

/// Whether a server's does.
pub(super) fn is_tls_server(bytes: &[u8]) -> bool {
    tls_server(bytes) == Guess::Known && is_whole_record(bytes)
}

/// The record holds the message, or the message's first part: RFC 8446 section 5.1.
fn is_whole_record(bytes: &[u8]) -> bool {
    let Some(&[_, _, _, high, low, _, zero, message_high, message_low]) = bytes.first_chunk()
    else {
        return false;
    };
    let record_len = u16::from_be_bytes([high, low]);
    let message_len = u16::from_be_bytes([message_high, message_low]);
    zero == 0 && (4..=1 << 14).contains(&record_len) && message_len >= record_len - 4
}

/// Whether HTTP/2 begins here.
pub(super) fn is_http2(bytes: &[u8]) -> bool {
    http2(bytes) == Guess::Known
}

/// Whether this may be a record of TLS, whichever.
pub(super) fn is_tls_record(bytes: &[u8]) -> bool {
    matches!(bytes, [20..=24, 3, ..])
}

/// Whether packets of uwsgi begin here.
pub(super) fn is_uwsgi(bytes: &[u8]) -> bool {
    uwsgi(bytes) == Guess::Known
}

/// How long the word is that asks for TLS, where TLS may stand behind it in one segment: MySQL's SSLRequest, a packet of 32
/// bytes that has the number 1, whose capabilities name TLS
/// (<https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_ssl_request.html>).
pub(super) fn word_for_tls(from: Side, bytes: &[u8]) -> usize {
    const TLS: u8 = 0x08;
    match (from, bytes) {
        (Side::Client, [32, 0, 0, 1, _, capabilities, ..]) if capabilities & TLS != 0 => 36,
        _ => 0,
    }
}

/// Never: what is not known by its first bytes.
pub(super) fn never(_: &[u8]) -> bool {
    false
}

/// Never: the same of first bytes.
pub(super) fn unlike(_: &[u8]) -> Guess {
    Guess::Unlike
}
