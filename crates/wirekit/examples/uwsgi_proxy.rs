//! An HTTP/1.1 server in front of a uwsgi server: `uwsgi_proxy LISTEN UPSTREAM [MAX_SIZE [PATIENCE]]`, such as
//! `uwsgi_proxy 127.0.0.1:8000 127.0.0.1:3031`, or of another HTTP/1.1 server: `http://127.0.0.1:8001`. `MAX_SIZE` is
//! uWSGI's `--buffer-size`, 4096 if not said; `PATIENCE` is how many seconds either side may say nothing, 60 if not said, as
//! in nginx. A connection to the server is used for the next request where the server keeps it.

mod uwsgi_session;

use core::time::Duration;
use std::io;
use std::net::TcpListener;
use std::sync::Arc;

use tokio::runtime::Runtime;
use uwsgi_session::{Idle, Session};

/// What the proxy knows of the server behind it.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// Its address.
    pub(crate) backend: String,
    /// What it speaks.
    pub(crate) protocol: Protocol,
    /// The largest packet that it takes.
    pub(crate) max_size: usize,
    /// How long it and the clients may say nothing, or take nothing.
    pub(crate) patience: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Uwsgi,
    Http1,
}

impl Settings {
    pub(crate) fn new(upstream: String) -> Self {
        let (backend, protocol) = match upstream.strip_prefix("http://") {
            Some(address) => (address.into(), Protocol::Http1),
            None => (upstream, Protocol::Uwsgi),
        };
        Self {
            backend,
            protocol,
            max_size: 4096,
            patience: Duration::from_secs(60),
        }
    }
}

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(listen), Some(backend)) = (arguments.next(), arguments.next()) else {
        return Err(io::Error::other(
            "usage: uwsgi_proxy LISTEN UPSTREAM [MAX_SIZE [PATIENCE]]",
        ));
    };
    let mut settings = Settings::new(backend);
    if let Some(size) = arguments.next() {
        settings.max_size = size.parse().map_err(io::Error::other)?;
    }
    if let Some(seconds) = arguments.next() {
        settings.patience = Duration::from_secs(seconds.parse().map_err(io::Error::other)?);
    }
    run(TcpListener::bind(listen)?, settings)
}

/// Serves until the listener fails; one task a client.
pub(crate) fn run(listener: TcpListener, settings: Settings) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let shared = Arc::new((settings, Idle::default()));
    Runtime::new()?.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        loop {
            let (client, remote) = listener.accept().await?;
            let shared = Arc::clone(&shared);
            tokio::spawn(async move {
                let (settings, idle) = &*shared;
                let session = Session::new(client, remote, settings, idle);
                if let Err(error) = session.serve().await {
                    eprintln!("{remote}: {error}");
                }
            });
        }
    })
}
