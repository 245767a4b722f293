//! The protocols above TCP, a row each: how it is called, recognised and read.

use wirekit::tcp::track::Side;

use super::begins::{self, Guess};
use super::readers::{self, NewReader};
use super::sides::Sides;

/// What is known of a protocol.
pub(crate) struct Protocol {
    /// For programs.
    pub(crate) name: &'static str,
    /// What people call it, where that is another name.
    also: Option<&'static str>,
    /// In a sentence.
    pub(crate) title: &'static str,
    /// How the first bytes of each end look.
    first: Sides<fn(&[u8]) -> Guess>,
    /// Whether it begins with these bytes in the middle of a connection that spoke something else, by each end.
    later: Sides<fn(&[u8]) -> bool>,
    /// Whether a stream that speaks it, and could not be read, can be read from these bytes on.
    again: Sides<fn(&[u8]) -> bool>,
    /// The ports that its servers usually have.
    ports: &'static [u16],
    pub(crate) reading: Reading,
    pub(crate) resumption: Resumption,
    /// What its servers speak, where that is not itself.
    answers: Option<Application>,
}

/// Who reads it.
#[derive(Clone, Copy)]
pub(crate) enum Reading {
    By(NewReader),
    /// Nobody: it has a name alone.
    Unsupported,
    /// Nobody, as there is nothing to be read.
    Nothing,
}

/// Where a stream is read that does not begin at its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resumption {
    /// Where its next message begins: those begin with something that is not found by chance.
    AtMessage,
    /// There where the capture has begun after the connection, but not behind a fault or missing bytes.
    AtMessageWhenJoined,
    /// At its first byte, whichever that is, and nowhere behind a fault or missing bytes.
    Never,
}

/// The same of both ends.
const fn both<T: Copy>(it: T) -> Sides<T> {
    Sides {
        client: it,
        server: it,
    }
}

/// The enum of the protocols, and the row of each.
macro_rules! protocols {
    ($($(#[$doc:meta])* $variant:ident = $row:expr,)*) => {
        /// A protocol above TCP.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub(crate) enum Application {
            $($(#[$doc])* $variant,)*
        }

        impl Application {
            const ALL: &[Self] = &[$(Self::$variant),*];

            /// Its row.
            pub(crate) const fn protocol(self) -> &'static Protocol {
                match self {
                    $(Self::$variant => {
                        const ROW: Protocol = $row;
                        &ROW
                    })*
                }
            }
        }
    };
}

/// Of bytes of which nothing is known.
const NOTHING: Protocol = Protocol {
    name: "unknown",
    also: None,
    title: "unknown",
    first: both(begins::unlike),
    later: both(begins::never),
    again: both(begins::never),
    ports: &[],
    reading: Reading::Nothing,
    resumption: Resumption::Never,
    answers: None,
};

protocols! {
    Http1 = Protocol {
        name: "http1",
        also: Some("http"),
        title: "http1",
        first: Sides {
            client: begins::http1_request,
            server: begins::http1_response,
        },
        later: Sides {
            client: begins::is_http1_request,
            server: begins::is_http1_response,
        },
        again: Sides {
            client: |bytes| begins::http1_request(bytes) == Guess::Known,
            server: begins::is_http1_response,
        },
        ports: &[80, 591, 3000, 5000, 8000, 8008, 8080, 8081, 8888],
        reading: Reading::By(readers::http1),
        resumption: Resumption::AtMessage,
        ..NOTHING
    },
    Uwsgi = Protocol {
        name: "uwsgi",
        title: "uwsgi",
        first: Sides {
            client: begins::uwsgi,
            server: begins::unlike,
        },
        again: Sides {
            client: begins::is_uwsgi,
            server: begins::never,
        },
        ports: &[3031],
        reading: Reading::By(readers::uwsgi),
        resumption: Resumption::AtMessage,
        answers: Some(Application::Http1),
        ..NOTHING
    },
    WebSocket = Protocol {
        name: "websocket",
        title: "websocket",
        reading: Reading::By(readers::websocket),
        ..NOTHING
    },
    Tls = Protocol {
        name: "tls",
        title: "tls",
        first: Sides {
            client: begins::tls_client,
            server: begins::tls_server,
        },
        later: Sides {
            client: begins::is_tls_client,
            server: begins::is_tls_server,
        },
        again: both(begins::is_tls_record),
        ports: &[443, 465, 853, 993, 995, 8443],
        reading: Reading::By(readers::tls),
        resumption: Resumption::AtMessageWhenJoined,
        ..NOTHING
    },
    /// The PROXY protocol's header, with which a load balancer begins: another protocol follows it.
    Proxy = Protocol {
        name: "proxy",
        title: "proxy",
        ..NOTHING
    },
    /// HTTP/2, which is not read.
    Http2 = Protocol {
        name: "http2",
        title: "HTTP/2",
        first: Sides {
            client: begins::http2,
            server: begins::unlike,
        },
        later: Sides {
            client: begins::is_http2,
            server: begins::never,
        },
        reading: Reading::Unsupported,
        ..NOTHING
    },
    /// None that is known here.
    Unknown = NOTHING,
}

impl Application {
    pub(crate) const fn name(self) -> &'static str {
        self.protocol().name
    }

    /// The protocol of a name that a person gives.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let is_named = |it: &Self| {
            let protocol = it.protocol();
            protocol.name == name || protocol.also == Some(name)
        };
        Self::ALL.iter().copied().find(is_named)
    }

    /// The names that there are, for people.
    pub(crate) fn names() -> String {
        let names: Vec<_> = Self::ALL.iter().map(|it| it.name()).collect();
        names.join(", ")
    }

    /// What one end speaks where the connection speaks it: what a uwsgi server answers is HTTP.
    pub(crate) fn of(self, from: Side) -> Self {
        match from {
            Side::Client => self,
            Side::Server => self.protocol().answers.unwrap_or(self),
        }
    }

    /// Whether a stream that speaks it, and could not be read, can be read from these bytes on.
    pub(crate) fn is_found(self, from: Side, bytes: &[u8]) -> bool {
        (self.protocol().again.of(from))(bytes)
    }
}

/// The protocol whose first bytes these are, sent by one end; `Undecided` where more of them will tell.
pub(crate) fn by_content(sender: Side, first: &[u8]) -> Recognised {
    let mut recognised = Recognised::Unlike;
    for &application in Application::ALL {
        match (application.protocol().first.of(sender))(first) {
            Guess::Known => return Recognised::Known(application),
            Guess::Undecided => recognised = Recognised::Undecided,
            Guess::Unlike => {}
        }
    }
    recognised
}

/// What first bytes tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Recognised {
    Known(Application),
    /// A proper prefix of something known: more bytes will tell.
    Undecided,
    /// Nothing that is known.
    Unlike,
}

/// What begins here in the middle of a connection, which more than a few bytes have to tell.
pub(crate) fn beginning(sender: Side, bytes: &[u8]) -> Option<Application> {
    let begins = |it: &Application| (it.protocol().later.of(sender))(bytes);
    Application::ALL.iter().copied().find(begins)
}

/// The protocol that a server's port is usually used for.
pub(crate) fn by_port(port: u16) -> Application {
    let has_port = |it: &Application| it.protocol().ports.contains(&port);
    let known = Application::ALL.iter().copied().find(has_port);
    known.unwrap_or(Application::Unknown)
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
            assert_eq!(by_content(sender, first), Recognised::Known(application));
            for cut in 0..first.len() {
                assert_eq!(
                    by_content(sender, first.get(..cut).unwrap()),
                    Recognised::Undecided,
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
            assert_eq!(by_content(sender, first), Recognised::Unlike, "{first:?}");
        }
    }

    #[test]
    fn ports_are_asked_last() {
        assert_eq!(by_port(8080), Application::Http1);
        assert_eq!(by_port(3031), Application::Uwsgi);
        assert_eq!(by_port(9999), Application::Unknown);
    }
}
