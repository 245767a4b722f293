//! The control address: `/health` and `/metrics`.

use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::SystemTime;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::timeout;
use wirekit::http1::server::{Connection, Event};
use wirekit::http1::{
    BodyLength, Config, Field, FieldTable, Method, RequestHead, StatusCode, StatusLine,
};

use super::exposition;
use super::log::Log;
use super::metrics::Totals;
use super::worker::Order;
use crate::config::{self, Address};

/// How many connections there may be at once.
const MAX_CONNECTIONS: usize = 64;

/// How long a client may say nothing.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long a worker may take to say what it counted.
const WORKER: Duration = Duration::from_secs(5);

/// What there is to be said.
pub(super) struct Site {
    workers: OnceLock<Vec<mpsc::UnboundedSender<Order>>>,
    log: Mutex<Option<Log>>,
    is_draining: AtomicBool,
}

impl Site {
    pub(super) fn new(log: Log) -> Self {
        Self {
            workers: OnceLock::new(),
            log: Mutex::new(Some(log)),
            is_draining: AtomicBool::new(false),
        }
    }

    /// The workers that are asked.
    pub(super) fn set_workers(&self, workers: impl Iterator<Item = mpsc::UnboundedSender<Order>>) {
        let _ = self.workers.set(workers.collect());
    }

    /// The log that there is now.
    pub(super) fn set_log(&self, log: Log) {
        *self.log.lock().unwrap_or_else(PoisonError::into_inner) = Some(log);
    }

    /// From now on no more connections are taken.
    pub(super) fn drain(&self) {
        self.is_draining.store(true, Ordering::Release);
    }

    /// Lets go of the log.
    pub(super) fn close(&self) {
        *self.log.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// A socket that was bound, with what it needs.
pub(super) struct Control {
    listener: Listening,
    token: Vec<u8>,
}

enum Listening {
    Tcp(std::net::TcpListener),
    Unix(std::os::unix::net::UnixListener, PathBuf),
}

impl Control {
    /// Reads the token, and binds the address.
    pub(super) fn bind(control: &config::Control) -> io::Result<Self> {
        let named = |error: io::Error| {
            io::Error::new(
                error.kind(),
                format!("control {}: {error}", control.address),
            )
        };
        let token = std::fs::read(&control.token_file).map_err(named)?;
        let listener = match &control.address {
            Address::Tcp(address) => {
                let listener = std::net::TcpListener::bind(address).map_err(named)?;
                listener.set_nonblocking(true)?;
                Listening::Tcp(listener)
            }
            Address::Unix(path) => {
                if std::os::unix::net::UnixStream::connect(path).is_err() {
                    let _ = std::fs::remove_file(path);
                }
                let listener = std::os::unix::net::UnixListener::bind(path).map_err(named)?;
                listener.set_nonblocking(true)?;
                Listening::Unix(listener, path.clone())
            }
            Address::Builtin(_) => return Err(named(io::ErrorKind::Unsupported.into())),
        };
        let token = token.trim_ascii().to_vec();
        Ok(Self { listener, token })
    }

    /// Serves until it is dropped.
    pub(super) async fn serve(self, site: Arc<Site>) {
        let token: Arc<[u8]> = self.token.into();
        let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        let ended = match self.listener {
            Listening::Tcp(listener) => accept_tcp(listener, site, token, room).await,
            Listening::Unix(listener, path) => {
                let _path = Path(path);
                accept_unix(listener, site, room).await
            }
        };
        if let Err(error) = ended {
            log::error!("the control address cannot be waited on: {error}");
        }
    }
}

async fn accept_tcp(
    listener: std::net::TcpListener,
    site: Arc<Site>,
    token: Arc<[u8]>,
    room: Arc<Semaphore>,
) -> io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    loop {
        let Ok((stream, remote)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        // Who is on this machine needs no token.
        let is_local = remote.ip().to_canonical().is_loopback();
        let token = (!is_local).then(|| token.clone());
        spawn(stream, token, &site, &room);
    }
}

async fn accept_unix(
    listener: std::os::unix::net::UnixListener,
    site: Arc<Site>,
    room: Arc<Semaphore>,
) -> io::Result<()> {
    let listener = UnixListener::from_std(listener)?;
    loop {
        match listener.accept().await {
            // Who may connect is said by the file.
            Ok((stream, _)) => spawn(stream, None, &site, &room),
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

/// Serves a connection, if there is room for one more.
fn spawn(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    token: Option<Arc<[u8]>>,
    site: &Arc<Site>,
    room: &Arc<Semaphore>,
) {
    if let Ok(place) = room.clone().try_acquire_owned() {
        let served = serve(stream, token, site.clone());
        tokio::spawn(async move {
            let _ = served.await;
            drop(place);
        });
    }
}

/// A unix socket's name, which goes with the socket.
struct Path(PathBuf);

impl Drop for Path {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Health,
    Metrics,
    Nothing,
    OtherMethod,
    Unknown,
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    token: Option<Arc<[u8]>>,
    site: Arc<Site>,
) -> io::Result<()> {
    let (mut connection, mut fields) = (Connection::new(Config::DEFAULT), FieldTable::new());
    let (mut input, mut out) = (BytesMut::new(), Vec::new());
    while connection.wants_input() {
        input.reserve(4096);
        if timeout(PATIENCE, stream.read_buf(&mut input)).await?? == 0 {
            // What is wrong with that is due.
            let _ = connection.receive_eof();
        }
        loop {
            let (asked, used) = match connection.receive(&input, &mut fields) {
                Ok(Some((Event::Head { head, .. }, used))) => {
                    (Some(asked(&head, token.as_deref())), used)
                }
                Ok(Some((_, used))) => (None, used),
                Ok(None) | Err(_) => break,
            };
            input.advance(used);
            if let Some(asked) = asked {
                site.answer(asked, &mut connection, &mut out).await?;
            }
        }
        let date = date();
        connection
            .send_due(&[Field::new("Date", &date)], &mut out)
            .map_err(io::Error::other)?;
        timeout(PATIENCE, stream.write_all(&out)).await??;
        out.clear();
    }
    stream.shutdown().await
}

/// What a request asks for. Where there is a token, it is to be given.
fn asked(head: &RequestHead<'_>, token: Option<&[u8]>) -> Asked {
    let target = head.target();
    let path = target.split_once('?').map_or(target, |(path, _)| path);
    let asked = match path {
        "/health" => Asked::Health,
        "/metrics" => Asked::Metrics,
        _ => Asked::Nothing,
    };
    let given = head.fields().first("authorization").unwrap_or_default();
    if token.is_some_and(|token| !is_token(given, token)) {
        return Asked::Unknown;
    }
    if asked != Asked::Nothing && !matches!(head.method(), Method::GET | Method::HEAD) {
        return Asked::OtherMethod;
    }
    asked
}

impl Site {
    async fn answer(
        &self,
        asked: Asked,
        connection: &mut Connection,
        out: &mut Vec<u8>,
    ) -> io::Result<()> {
        const TEXT: &str = "text/plain; charset=utf-8";
        let (status, content_type, content) = match asked {
            Asked::Health if self.is_draining.load(Ordering::Acquire) => (
                StatusCode::SERVICE_UNAVAILABLE,
                TEXT,
                "draining\n".to_owned(),
            ),
            Asked::Health => (StatusCode::OK, TEXT, "ok\n".to_owned()),
            Asked::Metrics => (
                StatusCode::OK,
                exposition::CONTENT_TYPE,
                self.metrics().await,
            ),
            Asked::Nothing => (
                StatusCode::NOT_FOUND,
                TEXT,
                "There are /health and /metrics.\n".to_owned(),
            ),
            Asked::OtherMethod => (
                StatusCode::METHOD_NOT_ALLOWED,
                TEXT,
                "It is there to be read.\n".to_owned(),
            ),
            Asked::Unknown => (
                StatusCode::UNAUTHORIZED,
                TEXT,
                "From another machine it takes the token.\n".to_owned(),
            ),
        };
        let date = date();
        let mut fields = vec![
            Field::new("Content-Type", content_type),
            Field::new("Cache-Control", "no-store"),
            Field::new("Date", &date),
        ];
        match asked {
            Asked::OtherMethod => fields.push(Field::new("Allow", "GET, HEAD")),
            Asked::Unknown => fields.push(Field::new("WWW-Authenticate", "Bearer")),
            _ => {}
        }
        let body = BodyLength::Length(content.len() as u64);
        connection
            .send_head(&StatusLine::new(status), &fields, body, out)
            .and_then(|_| connection.send_data(content.as_bytes(), out))
            .and_then(|_| connection.send_end(&[], out))
            .map(drop)
            .map_err(io::Error::other)
    }

    async fn metrics(&self) -> String {
        let mut answers = Vec::new();
        for worker in self.workers.get().into_iter().flatten() {
            let (tell, told) = oneshot::channel();
            if worker.send(Order::Measure(tell)).is_ok() {
                answers.push(told);
            }
        }
        let mut totals = Totals::default();
        for answer in answers {
            // One that has ended has nothing to say.
            if let Ok(Ok(other)) = timeout(WORKER, answer).await {
                totals.add(other);
            }
        }
        let lost = self
            .log
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .as_ref()
            .map_or(0, Log::lost);
        exposition::write(&totals, lost)
    }
}

/// Whether this is `Bearer` with the token, in a time that does not say how much of it is right.
fn is_token(value: &[u8], token: &[u8]) -> bool {
    let Some((scheme, given)) = value.split_at_checked(7) else {
        return false;
    };
    let given = given.trim_ascii();
    let differences = given.iter().zip(token).fold(0, |all, (a, b)| all | (a ^ b));
    scheme.eq_ignore_ascii_case(b"bearer ") && given.len() == token.len() && differences == 0
}

fn date() -> String {
    httpdate::fmt_http_date(SystemTime::now())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_all_of_it_and_no_more() {
        let rows: [(&[u8], bool); 7] = [
            (b"Bearer secret", true),
            (b"bearer  secret ", true),
            (b"Bearer secre", false),
            (b"Bearer secrets", false),
            (b"Bearer ", false),
            (b"Basic secret", false),
            (b"", false),
        ];
        for (value, is_right) in rows {
            assert_eq!(
                is_token(value, b"secret"),
                is_right,
                "{}",
                value.escape_ascii()
            );
        }
    }
}
