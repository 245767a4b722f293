//! What a connection speaks, decided by the first bytes of its streams.

use wirekit::tcp::track::Side;

use super::application::{Application, Recognised, beginning, by_content, by_port};
use super::begins;
use super::proxy_header::ProxyHeader;
use super::sides::Sides;

/// First bytes kept of a stream that tells nothing, as long as the other one may.
const MAX_HEAD_LEN: usize = 4096;
const SWITCHING_PROTOCOLS: &[u8] = b"HTTP/1.1 101";

/// Watches the streams of one connection.
#[derive(Debug)]
pub(crate) struct Recogniser {
    server_port: u16,
    /// Absent where nothing is kept, which is most of the time: every packet asks how much it is.
    kept: Option<Box<Kept>>,
    applications: Vec<Application>,
    /// The last of them, which every packet asks for.
    current: Option<Application>,
    /// Whether one of them is more than a header that stands before the others.
    is_known: bool,
    /// The client asked for a tunnel.
    asks_for_tunnel: bool,
    /// What it speaks was said by who runs this.
    is_told: bool,
    is_joined: bool,
}

/// Bytes that do not tell yet.
#[derive(Debug, Default)]
struct Kept {
    heads: Sides<Vec<u8>>,
    /// What the server said after a request for WebSocket, as long as that may be the answer.
    answer: Option<Vec<u8>>,
}

/// What is to be done with bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// To be read: it is known as what.
    Known,
    /// So many of them end a header in front of what is to be read.
    Header(usize),
    /// Nothing yet: they are kept.
    Waiting,
    /// Nothing: no server that is known begins so, but its client may still say something that is.
    Unlike,
}

impl Recogniser {
    /// `decode_as` overrides what the bytes look like.
    pub(crate) fn new(server_port: u16, decode_as: Option<Application>) -> Self {
        let mut recogniser = Self {
            server_port,
            kept: None,
            applications: Vec::new(),
            current: None,
            is_known: false,
            asks_for_tunnel: false,
            is_told: decode_as.is_some(),
            is_joined: false,
        };
        if let Some(application) = decode_as {
            recogniser.switch(application);
        }
        recogniser
    }

    /// The protocols so far, the first one first.
    pub(crate) fn applications(&self) -> &[Application] {
        &self.applications
    }

    /// The protocol of the moment.
    pub(crate) const fn current(&self) -> Option<Application> {
        self.current
    }

    /// Whether what it speaks is known, and not only that a header stands before it.
    pub(crate) const fn is_known(&self) -> bool {
        self.is_known
    }

    /// The connection turned to another protocol.
    pub(crate) fn switch(&mut self, application: Application) {
        self.applications.push(application);
        self.current = Some(application);
        self.is_known = self.applications.iter().any(|it| *it != Application::Proxy);
    }

    /// Takes a stream's next bytes, and says what is to be done with them.
    pub(crate) fn listen(&mut self, from: Side, bytes: &[u8]) -> Heard {
        if self.is_known() {
            return Heard::Known;
        }
        let head = self.head(from);
        if from == Side::Client && self.applications.is_empty() {
            let front = match head.is_empty() {
                true => ProxyHeader::at_the_front(bytes),
                false => ProxyHeader::at_the_front(&[head, bytes].concat()),
            };
            match front {
                ProxyHeader::Whole(len) => {
                    let header_len = len - head.len();
                    self.switch(Application::Proxy);
                    return Heard::Header(header_len);
                }
                // A prefix of nothing else that is known.
                ProxyHeader::Cut if head.len() + bytes.len() > 3 => return self.wait(from, bytes),
                ProxyHeader::Cut | ProxyHeader::None => {}
            }
        }
        // A stream that was joined has no beginning: each segment may be that of a message.
        let is_alone = head.is_empty()
            || self.is_joined && matches!(by_content(from, bytes), Recognised::Known(_));
        let guess = match is_alone {
            true => by_content(from, bytes),
            false => by_content(from, &[head, bytes].concat()),
        };
        let known = match guess {
            Recognised::Known(application) => application,
            Recognised::Undecided => return self.wait(from, bytes),
            Recognised::Unlike => match (by_port(self.server_port), from) {
                // The client may still say something that is known.
                (Application::Unknown, Side::Server) => return Heard::Unlike,
                (application, _) => application,
            },
        };
        self.switch(known);
        Heard::Known
    }

    /// The bytes of a stream so far that told nothing.
    fn head(&self, from: Side) -> &[u8] {
        self.kept.as_ref().map_or(&[], |kept| kept.heads.of(from))
    }

    fn wait(&mut self, from: Side, bytes: &[u8]) -> Heard {
        let kept = self.kept.get_or_insert_default();
        kept.heads.of_mut(from).extend_from_slice(bytes);
        Heard::Waiting
    }

    /// Whether a connection that speaks nothing known turns to something that is known with these bytes: behind a word in
    /// the clear that asks for TLS, in a tunnel; then so many of them come before that. One beginning of many, so it has to
    /// be more than a first byte.
    pub(crate) fn listen_again(&mut self, from: Side, bytes: &[u8]) -> Option<usize> {
        if self.is_told || self.current() != Some(Application::Unknown) {
            return None;
        }
        let before_len = begins::word_for_tls(from, bytes);
        let application = beginning(from, bytes.get(before_len..)?)?;
        // A tunnel is known by what goes through it.
        if self.applications.len() > 1 {
            self.applications.pop();
        }
        self.switch(application);
        Some(before_len)
    }

    /// The capture began after the connection.
    pub(crate) const fn join(&mut self) {
        self.is_joined = true;
    }

    /// The memory that is held for bytes that do not tell yet.
    pub(crate) fn held_len(&self) -> usize {
        self.kept.as_ref().map_or(0, |kept| kept.held_len())
    }

    /// The bytes that were kept of a stream before those that told, given away.
    pub(crate) fn take_head(&mut self, from: Side) -> Vec<u8> {
        match &mut self.kept {
            Some(kept) => core::mem::take(kept.heads.of_mut(from)),
            None => Vec::new(),
        }
    }

    /// Gives up what was kept of the server's answer.
    pub(crate) fn forget(&mut self) {
        if let Some(kept) = &mut self.kept {
            kept.answer = None;
        }
    }

    /// Looks for the request and the answer that turn HTTP into WebSocket, without decoding either: for views that tell
    /// no messages. The answer may stand anywhere in the server's stream after the request.
    pub(crate) fn look_for_upgrade(&mut self, from: Side, bytes: &[u8]) {
        if self.listen_again(from, bytes).is_some() || self.current() != Some(Application::Http1) {
            return;
        }
        if from == Side::Client && bytes.starts_with(b"CONNECT ") {
            self.asks_for_tunnel = true;
        } else if self.asks_for_tunnel
            && from == Side::Client
            && let Some(application) = beginning(from, bytes)
            && application != Application::Http1
        {
            self.switch(application);
            return;
        }
        let answer = self.kept.as_mut().and_then(|kept| kept.answer.as_mut());
        match (from, answer) {
            (Side::Client, None) if is_websocket_request(bytes) => {
                self.kept.get_or_insert_default().answer = Some(Vec::new());
            }
            (Side::Server, Some(answer)) => {
                let room = MAX_HEAD_LEN.saturating_sub(answer.len());
                answer.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
                if is_websocket_upgrade(answer) {
                    self.forget();
                    self.switch(Application::WebSocket);
                } else if answer.len() >= MAX_HEAD_LEN {
                    self.forget();
                }
            }
            // The request did not come by.
            (Side::Server, None)
                if bytes.starts_with(SWITCHING_PROTOCOLS) && is_websocket_upgrade(bytes) =>
            {
                self.switch(Application::WebSocket);
            }
            _ => {}
        }
    }
}

impl Kept {
    fn held_len(&self) -> usize {
        let answer_len = self.answer.as_ref().map_or(0, Vec::capacity);
        self.heads.client.capacity() + self.heads.server.capacity() + answer_len
    }
}

/// RFC 6455 section 4.1: a GET request with a `Sec-WebSocket-Key`.
fn is_websocket_request(bytes: &[u8]) -> bool {
    const NAME: &[u8] = b"sec-websocket-key:";
    bytes.starts_with(b"GET ")
        && bytes
            .get(..MAX_HEAD_LEN)
            .unwrap_or(bytes)
            .split(|&byte| byte == b'\n')
            .filter_map(|line| line.get(..NAME.len()))
            .any(|name| name.eq_ignore_ascii_case(NAME))
}

/// RFC 6455 section 4.2.2: a response with status 101 whose `Upgrade` is `websocket`.
fn is_websocket_upgrade(bytes: &[u8]) -> bool {
    find(bytes, SWITCHING_PROTOCOLS)
        .and_then(|at| find(bytes.get(at..)?, b"websocket"))
        .is_some()
}

/// The place of a word, in any case, in the first bytes.
fn find(bytes: &[u8], word: &[u8]) -> Option<usize> {
    bytes
        .windows(word.len())
        .take(MAX_HEAD_LEN)
        .position(|seen| seen.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_kept_until_they_tell() {
        let mut recogniser = Recogniser::new(9999, None);
        assert_eq!(recogniser.listen(Side::Client, b"GE"), Heard::Waiting);
        let banner = b"220 who knows\r\n";
        assert_eq!(recogniser.listen(Side::Server, banner), Heard::Unlike);
        let rest = b"T / HTTP/1.1\r\n";
        assert_eq!(recogniser.listen(Side::Client, rest), Heard::Known);
        assert_eq!(recogniser.applications(), [Application::Http1]);
        assert_eq!(recogniser.take_head(Side::Client), b"GE");
        assert_eq!(recogniser.take_head(Side::Server), b"");
    }

    #[test]
    fn the_port_is_asked_when_the_bytes_tell_nothing() {
        let mut recogniser = Recogniser::new(3031, None);
        assert_eq!(
            recogniser.listen(Side::Client, b"\xff\xff\xff\xff"),
            Heard::Known
        );
        assert_eq!(recogniser.applications(), [Application::Uwsgi]);
        let mut recogniser = Recogniser::new(9999, None);
        assert_eq!(
            recogniser.listen(Side::Client, b"\xff\xff\xff\xff"),
            Heard::Known
        );
        assert_eq!(recogniser.applications(), [Application::Unknown]);
    }

    #[test]
    fn what_was_asked_for_overrides_the_bytes() {
        let mut recogniser = Recogniser::new(80, Some(Application::Uwsgi));
        assert_eq!(
            recogniser.listen(Side::Client, b"GET / HTTP/1.1\r\n"),
            Heard::Known
        );
        assert_eq!(recogniser.applications(), [Application::Uwsgi]);
    }

    const BOTH: [Application; 2] = [Application::Http1, Application::WebSocket];

    #[test]
    fn an_upgrade_changes_the_protocol() {
        let mut recogniser = Recogniser::new(80, Some(Application::Http1));
        recogniser.look_for_upgrade(
            Side::Server,
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n",
        );
        assert_eq!(recogniser.current(), Some(Application::Http1));
        recogniser.look_for_upgrade(
            Side::Server,
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\n\r\n",
        );
        assert_eq!(recogniser.applications(), BOTH);
    }

    #[test]
    fn an_upgrade_may_stand_behind_other_answers_and_come_in_pieces() {
        let answers: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok\
            HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n\r\n";
        let request = b"GET /chat HTTP/1.1\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n";
        for piece_len in 1..=answers.len() {
            let mut recogniser = Recogniser::new(80, Some(Application::Http1));
            recogniser.look_for_upgrade(Side::Client, b"GET / HTTP/1.1\r\n\r\n");
            recogniser.look_for_upgrade(Side::Client, request);
            for piece in answers.chunks(piece_len) {
                recogniser.look_for_upgrade(Side::Server, piece);
            }
            assert_eq!(
                recogniser.applications(),
                BOTH,
                "{piece_len} bytes at a time"
            );
        }
    }

    #[test]
    fn without_a_request_for_it_a_body_is_no_upgrade() {
        let mut recogniser = Recogniser::new(80, Some(Application::Http1));
        recogniser.look_for_upgrade(Side::Client, b"GET / HTTP/1.1\r\n\r\n");
        recogniser.look_for_upgrade(
            Side::Server,
            b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 101 x\r\nUpgrade: websocket\r\n\r\n",
        );
        assert_eq!(recogniser.applications(), [Application::Http1]);
    }
}
