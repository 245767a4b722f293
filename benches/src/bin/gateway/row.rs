//! What is measured, and what is to be reached.

/// Something that both servers are asked for.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    /// The configurations, by their names in `benches/gateway`.
    pub(crate) nginx: &'static str,
    pub(crate) gateway: &'static str,
    pub(crate) path: &'static str,
    pub(crate) through: Through,
    /// How many requests a round.
    pub(crate) requests: usize,
    /// How many times nginx's CPU time the gateway may take at most.
    pub(crate) goal: f64,
}

/// What requests go through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Through {
    /// Kept connections.
    Tcp,
    /// Kept connections with TLS 1.3.
    Tls,
    /// A connection each, with a whole handshake of TLS 1.3.
    Handshake,
    /// A connection each, with a handshake that resumes.
    Resumption,
}

impl Through {
    /// Whether each request has a connection of its own.
    pub(crate) const fn is_new(self) -> bool {
        matches!(self, Self::Handshake | Self::Resumption)
    }
}

const fn tls(
    name: &'static str,
    through: Through,
    path: &'static str,
    requests: usize,
    goal: f64,
) -> Row {
    Row {
        through,
        ..row(name, ["tls", "tls"], path, requests, goal)
    }
}

pub(crate) const fn row(
    name: &'static str,
    servers: [&'static str; 2],
    path: &'static str,
    requests: usize,
    goal: f64,
) -> Row {
    let [nginx, gateway] = servers;
    Row {
        name,
        nginx,
        gateway,
        path,
        through: Through::Tcp,
        requests,
        goal,
    }
}

#[rustfmt::skip]
pub(crate) const ROWS: &[Row] = &[
    row("static 12 B", ["debian", "files"], "/12.txt", 40_000, 0.6),
    row("static 12 B, opened each time", ["debian", "opened"], "/12.txt", 40_000, 0.85),
    row("static 12 B", ["tuned", "files"], "/12.txt", 40_000, 0.95),
    row("static 12 B, access logs", ["log", "log"], "/12.txt", 40_000, 0.9),
    row("static 100 kB, sendfile", ["cache", "files"], "/100k.txt", 10_000, 0.8),
    row("static 100 kB, no sendfile", ["tuned", "files"], "/100k.txt", 10_000, 1.05),
    row("uwsgi, TCP", ["proxy", "proxy"], "/close-tcp", 10_000, 0.95),
    row("uwsgi, unix", ["proxy", "proxy"], "/close-unix", 20_000, 1.0),
    row("uwsgi, TCP, uWSGI", ["proxy", "proxy"], "/uwsgi-tcp", 8_000, 0.95),
    row("uwsgi, unix, uWSGI", ["proxy", "proxy"], "/uwsgi-unix", 8_000, 1.0),
    row("uwsgi, TCP, kept", ["proxy", "proxy"], "/keep-tcp", 15_000, 0.35),
    row("uwsgi, unix, kept", ["proxy", "proxy"], "/keep-unix", 20_000, 0.75),
    row("HTTP/1.1, TCP, kept by both", ["proxy", "proxy"], "/http", 20_000, 1.0),
    row("WebSocket, 1 KiB there and back", ["proxy", "proxy"], "/websocket", 30_000, 1.05),
    tls("TLS 1.3, whole handshake, 12 B", Through::Handshake, "/12.txt", 4_000, 1.0),
    tls("TLS 1.3, resumption, 12 B", Through::Resumption, "/12.txt", 6_000, 1.0),
    tls("TLS 1.3, kept, 12 B", Through::Tls, "/12.txt", 40_000, 0.9),
    tls("TLS 1.3, kept, 1 MB", Through::Tls, "/1m.txt", 2_000, 1.0),
    Row { through: Through::Tls, ..row("TLS passed through, 1 MB", ["preread", "preread"], "/1m.txt", 2_000, 1.05) },
];
