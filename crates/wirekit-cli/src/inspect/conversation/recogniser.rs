//! What a connection speaks, decided by the first bytes of its streams.

use wirekit::tcp::track::Side;

use super::application::{Application, Guess, by_content, by_port};
use super::sides::Sides;

/// First bytes kept of a stream that tells nothing, as long as the other one may.
const MAX_HEAD_LEN: usize = 4096;
const SWITCHING_PROTOCOLS: &[u8] = b"HTTP/1.1 101";

/// Watches the streams of one connection.
#[derive(Debug)]
pub(crate) struct Recogniser {
    server_port: u16,
    heads: Sides<Vec<u8>>,
    applications: Vec<Application>,
    /// What the server said after a request for WebSocket, as long as that may be the answer.
    answer: Option<Vec<u8>>,
}

impl Recogniser {
    /// `decode_as` overrides what the bytes look like.
    pub(crate) fn new(server_port: u16, decode_as: Option<Application>) -> Self {
        Self {
            server_port,
            heads: Sides::default(),
            applications: decode_as.into_iter().collect(),
            answer: None,
        }
    }

    /// The protocols so far, the first one first.
    pub(crate) fn applications(&self) -> &[Application] {
        &self.applications
    }

    /// The protocol of the moment.
    pub(crate) fn current(&self) -> Option<Application> {
        self.applications.last().copied()
    }

    /// The connection turned to another protocol.
    pub(crate) fn switch(&mut self, application: Application) {
        self.applications.push(application);
    }

    /// Takes a stream's next bytes; true once it is known what they are. Until then they are kept.
    pub(crate) fn listen(&mut self, from: Side, bytes: &[u8]) -> bool {
        if !self.applications.is_empty() {
            return true;
        }
        let head = self.heads.of_mut(from);
        let guess = if head.is_empty() {
            by_content(from, bytes)
        } else {
            head.extend_from_slice(bytes);
            by_content(from, head)
        };
        let known = match guess {
            Guess::Known(application) => Some(application),
            Guess::Undecided => None,
            Guess::Unlike => match (by_port(self.server_port), from) {
                // The client may still say something that is known.
                (Application::Unknown, Side::Server) if head.len() < MAX_HEAD_LEN => None,
                (application, _) => Some(application),
            },
        };
        match known {
            Some(application) => self.applications.push(application),
            None if head.is_empty() => head.extend_from_slice(bytes),
            None => {}
        }
        known.is_some()
    }

    /// The memory that is held for bytes that do not tell yet.
    pub(crate) fn held_len(&self) -> usize {
        let answer_len = self.answer.as_ref().map_or(0, Vec::capacity);
        self.heads.client.capacity() + self.heads.server.capacity() + answer_len
    }

    /// The bytes that were kept of a stream, given away. Those of the call that decided are among them only if
    /// others were kept before.
    pub(crate) fn take_head(&mut self, from: Side) -> Vec<u8> {
        core::mem::take(self.heads.of_mut(from))
    }

    /// Gives up what was kept of the server's answer.
    pub(crate) fn forget(&mut self) {
        self.answer = None;
    }

    /// Looks for the request and the answer that turn HTTP into WebSocket, without decoding either: for views that tell
    /// no messages. The answer may stand anywhere in the server's stream after the request.
    pub(crate) fn look_for_upgrade(&mut self, from: Side, bytes: &[u8]) {
        if self.current() != Some(Application::Http1) {
            return;
        }
        match (from, &mut self.answer) {
            (Side::Client, None) if is_websocket_request(bytes) => self.answer = Some(Vec::new()),
            (Side::Server, Some(answer)) => {
                let room = MAX_HEAD_LEN.saturating_sub(answer.len());
                answer.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
                if is_websocket_upgrade(answer) {
                    self.answer = None;
                    self.switch(Application::WebSocket);
                } else if answer.len() >= MAX_HEAD_LEN {
                    self.answer = None;
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
        assert!(!recogniser.listen(Side::Client, b"GE"));
        assert!(!recogniser.listen(Side::Server, b"220 who knows\r\n"));
        assert!(recogniser.listen(Side::Client, b"T / HTTP/1.1\r\n"));
        assert_eq!(recogniser.applications(), [Application::Http1]);
        assert_eq!(recogniser.take_head(Side::Client), b"GET / HTTP/1.1\r\n");
        assert_eq!(recogniser.take_head(Side::Server), b"220 who knows\r\n");
    }

    #[test]
    fn the_port_is_asked_when_the_bytes_tell_nothing() {
        let mut recogniser = Recogniser::new(3031, None);
        assert!(recogniser.listen(Side::Client, b"\xff\xff\xff\xff"));
        assert_eq!(recogniser.applications(), [Application::Uwsgi]);
        let mut recogniser = Recogniser::new(9999, None);
        assert!(recogniser.listen(Side::Client, b"\xff\xff\xff\xff"));
        assert_eq!(recogniser.applications(), [Application::Unknown]);
    }

    #[test]
    fn what_was_asked_for_overrides_the_bytes() {
        let mut recogniser = Recogniser::new(80, Some(Application::Uwsgi));
        assert!(recogniser.listen(Side::Client, b"GET / HTTP/1.1\r\n"));
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
