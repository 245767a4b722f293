//! What a connection speaks, decided by the first bytes of its streams.

use wirekit::tcp::Side;

use super::recognise::{Application, Guess, by_content, by_port};
use super::sides::Sides;

/// First bytes kept of a stream that tells nothing, as long as the other one may.
const MAX_HEAD_LEN: usize = 4096;

/// Watches the streams of one connection.
#[derive(Debug)]
pub(crate) struct Recogniser {
    server_port: u16,
    heads: Sides<Vec<u8>>,
    applications: Vec<Application>,
}

impl Recogniser {
    /// `decode_as` overrides what the bytes look like.
    pub(crate) fn new(server_port: u16, decode_as: Option<Application>) -> Self {
        Self {
            server_port,
            heads: Sides::default(),
            applications: decode_as.into_iter().collect(),
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

    /// The bytes that were kept of a stream, given away. Those of the call that decided are among them only if
    /// others were kept before.
    pub(crate) fn take_head(&mut self, from: Side) -> Vec<u8> {
        core::mem::take(self.heads.of_mut(from))
    }

    /// Looks for the answer that turns HTTP into WebSocket, in a stretch of the server's stream, without decoding it.
    pub(crate) fn look_for_upgrade(&mut self, bytes: &[u8]) {
        if self.current() == Some(Application::Http1) && is_websocket_upgrade(bytes) {
            self.switch(Application::WebSocket);
        }
    }
}

/// RFC 6455 section 4.2.2: a response with status 101 whose `Upgrade` is `websocket`.
fn is_websocket_upgrade(bytes: &[u8]) -> bool {
    const STATUS_LINE: &[u8] = b"HTTP/1.1 101";
    const TOKEN: &[u8] = b"websocket";
    bytes.starts_with(STATUS_LINE)
        && bytes
            .windows(TOKEN.len())
            .take(4096)
            .any(|seen| seen.eq_ignore_ascii_case(TOKEN))
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

    #[test]
    fn an_upgrade_changes_the_protocol() {
        let mut recogniser = Recogniser::new(80, Some(Application::Http1));
        recogniser.look_for_upgrade(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n");
        assert_eq!(recogniser.current(), Some(Application::Http1));
        recogniser
            .look_for_upgrade(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\n\r\n");
        assert_eq!(
            recogniser.applications(),
            [Application::Http1, Application::WebSocket]
        );
    }
}
