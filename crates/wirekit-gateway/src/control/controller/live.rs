//! What serves, reported every second over a WebSocket to clients that have the token.
//!
//! A page cannot send `Authorization` with the opening handshake, and a token in the URL would stand in histories and logs: it is
//! the first message. A client that sends none in time, or another one, is closed with a code of its own.

use core::time::Duration;
use std::io;
use std::sync::Arc;

use bytes::{Buf, BytesMut};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout, timeout_at};
use wirekit::websocket::{Close, CloseCode, Config, Connection, Event, Limits, SendError};

use super::{Controller, Peer, Request};
use crate::control::view::live::Live;
use crate::control::view::{Fault, Problem};

/// Where it is.
pub(super) const PATH: &str = "/live";

/// Between two messages.
const TICK: Duration = Duration::from_secs(1);

/// How long the token may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a client may take to read a message.
const SLOW: Duration = Duration::from_secs(30);

/// Bytes of a message that a client may send.
const MAX_MESSAGE: u64 = 4096;

/// There is no token, or it is another one.
const UNAUTHORIZED: CloseCode = CloseCode(4401);

/// Too many wrong tokens came from there.
const TOO_MANY: CloseCode = CloseCode(4429);

/// What becomes of the connection.
enum Next {
    Goes,
    Ends,
}

struct Watcher {
    controller: Arc<Controller>,
    peer: Peer,
    socket: Connection,
    is_known: bool,
    live: Live,
}

/// Serves a WebSocket that was opened, of which these bytes came already.
pub(super) async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    mut input: BytesMut,
    controller: Arc<Controller>,
    peer: Peer,
) -> io::Result<()> {
    let limits = Limits::DEFAULT.max_message_len(MAX_MESSAGE);
    let config = Config::SERVER.limits(limits);
    let mut watcher = Watcher {
        controller,
        peer,
        socket: Connection::new(config),
        is_known: false,
        live: Live::default(),
    };
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let late = Instant::now() + PATIENCE;
    let mut out = Vec::new();
    loop {
        let next = watcher
            .receive(&mut input, &mut out)
            .map_err(io::Error::other)?;
        timeout(SLOW, stream.write_all(&out)).await??;
        out.clear();
        if matches!(next, Next::Ends) {
            return stream.shutdown().await;
        }
        if !watcher.is_known {
            let read = timeout_at(late, stream.read_buf(&mut input)).await?;
            if read? == 0 {
                return Ok(());
            }
            continue;
        }
        tokio::select! {
            read = stream.read_buf(&mut input) => if read? == 0 {
                return Ok(());
            },
            _ = ticks.tick() => {
                let text = watcher.tell().await;
                watcher.socket.send_text(&text, None, &mut out).map_err(io::Error::other)?;
            }
        }
    }
}

impl Watcher {
    /// Takes what came, and writes what is to be answered.
    fn receive(&mut self, input: &mut BytesMut, out: &mut Vec<u8>) -> Result<Next, SendError> {
        loop {
            let Ok(Some((event, used))) = self.socket.receive(input) else {
                self.socket.send_due(None, out)?;
                break;
            };
            match event {
                Event::Text(text) if !self.is_known => {
                    let told = self.controller.check_told(text, self.peer);
                    match told {
                        Ok(()) => self.is_known = true,
                        Err(problem) => {
                            let code = match problem.fault {
                                Fault::TooManyFailures => TOO_MANY,
                                _ => UNAUTHORIZED,
                            };
                            let reason = problem.fault.as_str();
                            self.socket.send_close(Close { code, reason }, None, out)?;
                            return Ok(Next::Ends);
                        }
                    }
                }
                Event::Ping(_) | Event::Close(_) => _ = self.socket.send_due(None, out)?,
                // There is nothing more to be said.
                _ => {}
            }
            input.advance(used);
        }
        Ok(match self.socket.wants_close() {
            true => Next::Ends,
            false => Next::Goes,
        })
    }

    async fn tell(&mut self) -> String {
        let plane = &self.controller.plane;
        let totals = plane.totals().await;
        let is_draining = plane.is_draining();
        self.live
            .tell(&plane.state(), &totals, is_draining)
            .to_string()
    }
}

/// What a request for a WebSocket that opens none is to be.
///
/// RFC 9110 section 15.5.22: "The server MUST send an Upgrade header field in a 426 response"; of the version that it speaks a
/// server says so by RFC 6455 section 4.2.2.
pub(super) fn upgrade() -> Problem {
    let detail = "a WebSocket is opened here (RFC 6455), of version 13";
    Problem::new(Fault::UpgradeRequired, detail)
        .with_field("Connection", "upgrade")
        .with_field("Upgrade", "websocket")
        .with_field("Sec-WebSocket-Version", "13")
}

impl Controller {
    /// Whether a WebSocket may be opened by this request: the token is still to come.
    pub(super) fn check_opening(&self, request: &Request) -> Result<(), Problem> {
        self.access().check_host(request)?;
        let Some(origin) = request.field("origin") else {
            // No page: those have no way to leave it out.
            return Ok(());
        };
        let own = request.field("host").unwrap_or_default();
        let is_own = origin
            .split_once("://")
            .is_some_and(|(_, host)| host.eq_ignore_ascii_case(own));
        match is_own || self.access().origin(request).is_some() {
            true => Ok(()),
            false => Err(Problem::new(
                Fault::ForeignHost,
                "the page is of an origin that is not in [control] allowed_origins",
            )),
        }
    }

    /// Why a request does not open a WebSocket.
    pub(super) fn not_opened(&self, request: &Request) -> Problem {
        self.check_opening(request).err().unwrap_or_else(upgrade)
    }

    /// Whether this message, `{"token": ".."}`, has the token.
    fn check_told(&self, message: &str, peer: Peer) -> Result<(), Problem> {
        let message: Value = serde_json::from_str(message).unwrap_or(json!(null));
        let token = message.get("token").and_then(Value::as_str);
        let token = token.map(|token| {
            (
                "authorization".to_owned(),
                format!("Bearer {token}").into_bytes(),
            )
        });
        let request = Request {
            method: "GET".to_owned(),
            target: PATH.to_owned(),
            fields: token.into_iter().collect(),
            content: Vec::new(),
            peer,
        };
        self.access().check_token(&request, self.start.elapsed())
    }
}
