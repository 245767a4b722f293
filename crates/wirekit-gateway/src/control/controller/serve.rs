//! The control address: its socket, and the loop that reads requests from it. Here stand all limits of both.

use core::net::IpAddr;
use core::time::Duration;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout, timeout_at};
use wirekit::bridge::websocket as handshake;
use wirekit::http1::server::{Connection, Event};
use wirekit::http1::{
    BodyLength, Config, Field, FieldTable, Limits, RequestHead, StatusLine, Target,
};

use super::{Answer, Controller, Peer, Request, live};
use crate::config::{self, Address};
use crate::control::view::{Fault, Problem};
use crate::shell::Inherited;

/// How many connections there may be at once.
const MAX_CONNECTIONS: usize = 64;

/// Bytes of a request's head.
const MAX_HEAD: usize = 16 << 10;

/// Bytes of a request's content: a configuration of some thousand servers.
const MAX_CONTENT: usize = 4 << 20;

/// From a connection's first byte, or the end of the request before, to the end of a request.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long a connection is read from once its last answer was sent.
const LINGER: Duration = Duration::from_secs(2);

/// A socket that was bound, with what it needs.
#[derive(Debug)]
pub(crate) struct Control {
    listener: Listening,
    token: Vec<u8>,
    origins: Vec<String>,
}

#[derive(Debug)]
enum Listening {
    Tcp(std::net::TcpListener),
    Unix(std::os::unix::net::UnixListener),
}

impl Control {
    /// Reads the token, and binds the address.
    pub(crate) fn bind(control: &config::Control, inherited: &mut Inherited) -> io::Result<Self> {
        let named = |error: io::Error| {
            io::Error::new(
                error.kind(),
                format!("control {}: {error}", control.address),
            )
        };
        let token = std::fs::read(&control.token_file).map_err(named)?;
        let listener = match &control.address {
            Address::Tcp(address) => {
                let listener = match inherited.take_tcp(*address).pop() {
                    Some(listener) => listener,
                    None => std::net::TcpListener::bind(address).map_err(named)?,
                };
                listener.set_nonblocking(true)?;
                Listening::Tcp(listener)
            }
            Address::Unix(path) => {
                let listener = match inherited.take_unix(path) {
                    Some(listener) => listener,
                    None => {
                        if std::os::unix::net::UnixStream::connect(path).is_err() {
                            let _ = std::fs::remove_file(path);
                        }
                        std::os::unix::net::UnixListener::bind(path).map_err(named)?
                    }
                };
                listener.set_nonblocking(true)?;
                Listening::Unix(listener)
            }
            Address::Builtin(_) => return Err(named(io::ErrorKind::Unsupported.into())),
        };
        Ok(Self {
            listener,
            token,
            origins: control.allowed_origins.clone(),
        })
    }

    /// Its socket once more, for a process that takes over.
    pub(crate) fn share(&self) -> io::Result<OwnedFd> {
        Ok(match &self.listener {
            Listening::Tcp(listener) => listener.try_clone()?.into(),
            Listening::Unix(listener) => listener.try_clone()?.into(),
        })
    }

    /// Serves until it is dropped.
    pub(crate) async fn serve(self, plane: Arc<crate::control::Plane>) {
        let controller = Arc::new(Controller::new(plane, &self.token, &self.origins));
        let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        let ended = match self.listener {
            Listening::Tcp(listener) => accept_tcp(listener, controller, room).await,
            Listening::Unix(listener) => accept_unix(listener, controller, room).await,
        };
        if let Err(error) = ended {
            log::error!("the control address cannot be waited on: {error}");
        }
    }
}

async fn accept_tcp(
    listener: std::net::TcpListener,
    controller: Arc<Controller>,
    room: Arc<Semaphore>,
) -> io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    loop {
        let Ok((stream, remote)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        let local = stream
            .local_addr()
            .map_or(IpAddr::from([0; 4]), |local| local.ip());
        let peer = Peer::Tcp {
            remote: remote.ip(),
            local,
        };
        spawn(stream, peer, &controller, &room);
    }
}

async fn accept_unix(
    listener: std::os::unix::net::UnixListener,
    controller: Arc<Controller>,
    room: Arc<Semaphore>,
) -> io::Result<()> {
    let listener = UnixListener::from_std(listener)?;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => spawn(stream, Peer::Unix, &controller, &room),
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

/// Serves a connection, if there is room for one more.
fn spawn(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: Peer,
    controller: &Arc<Controller>,
    room: &Arc<Semaphore>,
) {
    if let Ok(place) = room.clone().try_acquire_owned() {
        let served = serve(stream, peer, controller.clone());
        tokio::spawn(async move {
            let _ = served.await;
            drop(place);
        });
    }
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    peer: Peer,
    controller: Arc<Controller>,
) -> io::Result<()> {
    let config = Config::DEFAULT.limits(Limits::DEFAULT.max_head_len(MAX_HEAD));
    let (mut connection, mut fields) = (Connection::new(config), FieldTable::new());
    let (mut input, mut out) = (BytesMut::new(), Vec::new());
    let mut request: Option<Request> = None;
    let mut late = Instant::now() + PATIENCE;
    while connection.wants_input() {
        input.reserve(4096);
        if timeout_at(late, stream.read_buf(&mut input)).await?? == 0 {
            // What is wrong with that is said below.
            let _ = connection.receive_eof();
        }
        loop {
            let (event, used) = match connection.receive(&input, &mut fields) {
                Ok(Some(received)) => received,
                Ok(None) => break,
                Err(error) => {
                    // Of an answer that has begun nothing more can be said.
                    if connection.due().is_some() {
                        let problem = Problem::of_request(error.kind());
                        send(&mut connection, &problem.into(), &mut out)?;
                    }
                    break;
                }
            };
            if let Event::Head { head, .. } = &event
                && head.target() == live::PATH
                && opens(head, peer, &controller, &mut connection, &mut out)?
            {
                timeout(PATIENCE, stream.write_all(&out)).await??;
                input.advance(used);
                return live::serve(stream, input, controller, peer).await;
            }
            let received = received(event, &mut request, peer);
            input.advance(used);
            let answer = match received {
                Received::More => continue,
                Received::Whole(request) => controller.answer(&request).await,
                Received::TooLong(request) => {
                    connection.close_after_response();
                    let detail = format!("the content is longer than {MAX_CONTENT} bytes");
                    controller.refuse(&request, Problem::new(Fault::ContentTooLarge, detail))
                }
            };
            send(&mut connection, &answer, &mut out)?;
            late = Instant::now() + PATIENCE;
        }
        let date = date();
        connection
            .send_due(&[Field::new("Date", &date)], &mut out)
            .map_err(io::Error::other)?;
        timeout(PATIENCE, stream.write_all(&out)).await??;
        out.clear();
    }
    stream.shutdown().await?;
    // What the client still sends is read for a while: closed before that, the system would take the answer back.
    let discarded = async {
        while stream.read_buf(&mut input).await? > 0 {
            input.clear();
        }
        Ok(())
    };
    timeout(LINGER, discarded).await?
}

/// Whether a request opens a WebSocket, and may; one that is none is refused as any other, with what it is to be.
fn opens(
    head: &RequestHead<'_>,
    peer: Peer,
    controller: &Controller,
    connection: &mut Connection,
    out: &mut Vec<u8>,
) -> io::Result<bool> {
    let Ok(opening) = handshake::opening(head) else {
        return Ok(false);
    };
    if controller.check_opening(&begun(head, peer)).is_err() {
        return Ok(false);
    }
    let response = opening.respond(None, "").map_err(io::Error::other)?;
    let date = date();
    let more = [Field::new("Date", &date)];
    handshake::send_response(connection, &response, &more, out).map_err(io::Error::other)?;
    Ok(true)
}

/// What a piece of a request makes of it.
enum Received {
    /// There is more to come, or it belongs to a request that was answered.
    More,
    /// That was all.
    Whole(Request),
    /// More than may be.
    TooLong(Request),
}

fn received(event: Event<'_>, request: &mut Option<Request>, peer: Peer) -> Received {
    match event {
        Event::Head { head, framing } => {
            let begun = begun(&head, peer);
            if framing.content_length() > Some(MAX_CONTENT as u64) {
                return Received::TooLong(begun);
            }
            *request = Some(begun);
            Received::More
        }
        Event::Data(data) => {
            let Some(begun) = request.as_mut() else {
                return Received::More;
            };
            begun.content.extend_from_slice(data);
            match request.take_if(|begun| begun.content.len() > MAX_CONTENT) {
                Some(begun) => Received::TooLong(begun),
                None => Received::More,
            }
        }
        Event::End(_) => request.take().map_or(Received::More, Received::Whole),
    }
}

fn begun(head: &RequestHead<'_>, peer: Peer) -> Request {
    let fields = head.fields().into_iter();
    let mut fields: Vec<(String, Vec<u8>)> = fields
        .map(|field| {
            let name = String::from_utf8_lossy(field.name).into_owned();
            (name, field.value.to_vec())
        })
        .collect();
    let mut target = head.target().to_owned();
    // RFC 9112 section 3.2.2: "a server MUST accept the absolute-form in requests", and ignores Host then.
    if let Ok(Target::Absolute { .. }) = head.parse_target()
        && let Ok(uri) = head.target_uri("http")
    {
        let query = uri.query.map(|query| format!("?{query}"));
        target = format!("{}{}", uri.path, query.unwrap_or_default());
        fields.retain(|(name, _)| !name.eq_ignore_ascii_case("host"));
        fields.push(("Host".to_owned(), uri.authority.as_bytes().to_vec()));
    }
    Request {
        method: head.method().as_str().to_owned(),
        target,
        fields,
        content: Vec::new(),
        peer,
    }
}

fn send(connection: &mut Connection, answer: &Answer, out: &mut Vec<u8>) -> io::Result<()> {
    let date = date();
    let fields = answer.fields.iter();
    let mut fields: Vec<Field<'_>> = fields
        .map(|(name, value)| Field::new(*name, value))
        .collect();
    fields.push(Field::new("Date", &date));
    let line = StatusLine::new(answer.status);
    let Some(content) = &answer.content else {
        return connection
            .send_head(&line, &fields, BodyLength::None, out)
            .and_then(|_| connection.send_end(&[], out))
            .map(drop)
            .map_err(io::Error::other);
    };
    connection
        .send_head(
            &line,
            &fields,
            BodyLength::Length(content.len() as u64),
            out,
        )
        .and_then(|_| connection.send_data(content, out))
        .and_then(|_| connection.send_end(&[], out))
        .map(drop)
        .map_err(io::Error::other)
}

fn date() -> String {
    httpdate::fmt_http_date(SystemTime::now())
}
