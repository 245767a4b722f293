//! An HTTP/1.1 server in front of a uwsgi server: `uwsgi_proxy LISTEN UPSTREAM [MAX_SIZE [PATIENCE]]`, such as
//! `uwsgi_proxy 127.0.0.1:8000 127.0.0.1:3031`. `MAX_SIZE` is uWSGI's `--buffer-size`, 4096 if not said; `PATIENCE` is how
//! many seconds either side may say nothing, 60 if not said, as in nginx.

mod uwsgi_session;

use core::time::Duration;
use std::io;
use std::net::TcpListener;
use std::sync::Arc;

use tokio::runtime::Runtime;
use uwsgi_session::Session;

/// What the proxy knows of the server behind it.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// Its address.
    pub(crate) backend: String,
    /// The largest packet that it takes.
    pub(crate) max_size: usize,
    /// How long it and the clients may say nothing, or take nothing.
    pub(crate) patience: Duration,
}

impl Settings {
    pub(crate) const fn new(backend: String) -> Self {
        Self {
            backend,
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
    let settings = Arc::new(settings);
    Runtime::new()?.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        loop {
            let (client, remote) = listener.accept().await?;
            let settings = Arc::clone(&settings);
            tokio::spawn(async move {
                let session = Session::new(client, remote, &settings);
                if let Err(error) = session.serve().await {
                    eprintln!("{remote}: {error}");
                }
            });
        }
    })
}
