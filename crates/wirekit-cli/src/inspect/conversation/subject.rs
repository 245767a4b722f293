//! Whom a connection is for, and what its first request asked for.

use wirekit::tcp::track::Side;

use super::application::{Application, Reading};
use super::readers::Compression;
use crate::events::{Decoder, Message, Rules};

/// Hosts that are remembered of a connection; it seldom has more than one.
const MAX_HOSTS: usize = 16;
/// A first request that is longer is not looked for.
const MAX_SEARCHED_LEN: usize = 64 * 1024;

/// The hosts that a client named, the first one first, and its first target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Subject {
    pub(crate) hosts: Vec<Box<[u8]>>,
    pub(crate) target: Option<Box<[u8]>>,
}

impl Subject {
    /// Takes what a client says.
    pub(crate) fn take(&mut self, message: &Message) {
        let (host, target) = match message {
            Message::Request(request) => (request.fields.get("host"), Some(&request.target[..])),
            Message::Packet(packet) => {
                let var = |name| packet.vars().and_then(|vars| vars.get(name));
                (var("HTTP_HOST"), var("REQUEST_URI"))
            }
            Message::ClientHello(hello) => (hello.server_name.as_deref().map(str::as_bytes), None),
            _ => return,
        };
        if let Some(host) = host
            && self.hosts.len() < MAX_HOSTS
            && !self.hosts.iter().any(|known| **known == *host)
        {
            self.hosts.push(host.into());
        }
        if self.target.is_none() {
            self.target = target.map(Into::into);
        }
    }

    /// Whether one of the hosts is this one, in any case, with a port or without.
    pub(crate) fn names(&self, host: &str) -> bool {
        self.hosts.iter().any(|known| is_host(known, host))
    }
}

/// Whether a Host is this name, in any case, with a port or without.
pub(crate) fn is_host(found: &[u8], name: &str) -> bool {
    let is_name = |host: &[u8]| host.eq_ignore_ascii_case(name.as_bytes());
    let mut parts = found.rsplitn(2, |&byte| byte == b':');
    let port = parts.next().unwrap_or_default();
    is_name(found) || port.iter().all(u8::is_ascii_digit) && parts.next().is_some_and(is_name)
}

/// Looks for the subject where no view asks for messages: the first one is read, and no other.
#[derive(Debug, Default)]
pub(crate) struct Search {
    state: State,
    pub(crate) subject: Subject,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    NotYet,
    Reading(Box<Reader>),
    Over,
}

#[derive(Debug)]
struct Reader {
    decoder: Box<dyn Decoder>,
    fed_len: usize,
}

impl Search {
    pub(crate) const fn is_over(&self) -> bool {
        matches!(self.state, State::Over)
    }

    /// The memory that is held for what is not read yet.
    pub(crate) fn held_len(&self) -> usize {
        match &self.state {
            State::Reading(reader) => reader.decoder.held_len(),
            State::NotYet | State::Over => 0,
        }
    }

    /// Takes the client's next bytes, which speak `application`.
    pub(crate) fn feed(&mut self, application: Application, bytes: &[u8], rules: &Rules) {
        if let State::NotYet = self.state
            && let Reading::By(reader) = application.protocol().reading
        {
            self.state = State::Reading(Box::new(Reader {
                decoder: reader(Side::Client, Compression::None, rules),
                fed_len: 0,
            }));
        }
        let State::Reading(reader) = &mut self.state else {
            return;
        };
        let mut events = Vec::new();
        reader.decoder.feed(bytes, &mut events);
        reader.fed_len += bytes.len();
        for event in &events {
            self.subject.take(event.message());
        }
        if !events.is_empty() || reader.fed_len > MAX_SEARCHED_LEN {
            self.give_up();
        }
    }

    /// Stops.
    pub(crate) fn give_up(&mut self) {
        self.state = State::Over;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_named_with_its_port_or_without() {
        for host in [&b"h.example"[..], b"H.Example", b"h.example:8080"] {
            assert!(is_host(host, "h.example"));
        }
        for host in [&b"www.h.example"[..], b"h.example:x", b"h", b"", b":80"] {
            assert!(!is_host(host, "h.example"));
        }
        assert!(is_host(b"[2001:db8::1]:80", "[2001:db8::1]"));
    }
}
