//! One client's connection, and for each of its requests one to the server behind.

mod idle;

use core::net::SocketAddr;
use core::time::Duration;
use std::io;
use std::time::SystemTime;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy, copy_bidirectional, sink};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use wirekit::bridge::{
    self, Edit, End, Error, Exchange, Loss, Outcome, Request, ResponseTable, Upstream, UwsgiServer,
};
use wirekit::http1::client;
use wirekit::http1::server::Event;
use wirekit::http1::{
    BodyLength, Config, Field, FieldTable, RequestHead, State, StatusCode, StatusLine,
};
use wirekit::uwsgi::Var;
use wirekit::uwsgi::request::{Peer, Prefix};

pub(crate) use idle::Idle;

use super::{Protocol, Settings};

/// How much of a chunked body is held back, for the packet says its length first; as nginx's `client_max_body_size`.
const MAX_HELD_LEN: usize = 1024 * 1024;

/// Room for what is read at once: what is left of a buffer may be a few bytes.
const READ_LEN: usize = 16 * 1024;

pub(crate) struct Session<'a> {
    settings: &'a Settings,
    idle: &'a Idle,
    remote: SocketAddr,
    client: TcpStream,
    exchange: Exchange,
    fields: FieldTable,
    from_client: BytesMut,
    to_client: BytesMut,
}

impl<'a> Session<'a> {
    pub(crate) fn new(
        client: TcpStream,
        remote: SocketAddr,
        settings: &'a Settings,
        idle: &'a Idle,
    ) -> Self {
        Self {
            settings,
            idle,
            remote,
            client,
            exchange: Exchange::new(bridge::Config::DEFAULT),
            fields: FieldTable::new(),
            from_client: BytesMut::new(),
            to_client: BytesMut::new(),
        }
    }

    /// Serves request after request.
    pub(crate) async fn serve(mut self) -> io::Result<()> {
        while let Some(head) = self.head().await? {
            if let Some(held) = self.hold(&head).await?
                && let Some(tunnel) = self.ask(&head, &held).await?
            {
                return self.tunnel(tunnel).await;
            }
            self.finish().await?;
            if !self.exchange.is_idle() {
                break;
            }
        }
        self.close().await
    }

    /// The bytes of the next request's head; none where the connection ends instead.
    async fn head(&mut self) -> io::Result<Option<BytesMut>> {
        loop {
            match self
                .exchange
                .receive_request(&self.from_client, &mut self.fields)
            {
                Ok(Some((_, used))) => return Ok(Some(self.from_client.split_to(used))),
                Ok(None) if self.exchange.wants_request() => {}
                Ok(None) => return Ok(None),
                Err(error) => {
                    self.refuse(error.kind().status())?;
                    self.flush().await?;
                    return Ok(None);
                }
            }
            self.read().await?;
        }
    }

    /// The content of a chunked request; nothing of any other, whose length the packet can say. None where it was refused.
    async fn hold(&mut self, head: &[u8]) -> io::Result<Option<BytesMut>> {
        let mut held = BytesMut::new();
        let streams = self.settings.protocol == Protocol::Http1;
        if streams || body(head)? != BodyLength::Chunked {
            return Ok(Some(held));
        }
        self.exchange
            .send_due(&[], &mut self.to_client)
            .map_err(io::Error::other)?;
        self.flush().await?;
        loop {
            let received = self
                .exchange
                .receive_request(&self.from_client, &mut self.fields);
            let used = match received {
                Ok(Some((Event::Data(data), used))) => {
                    held.extend_from_slice(data);
                    used
                }
                Ok(Some((_, used))) => {
                    self.from_client.advance(used);
                    return Ok(Some(held));
                }
                Ok(None) => {
                    self.read().await?;
                    0
                }
                Err(error) => {
                    self.refuse(error.kind().status())?;
                    return Ok(None);
                }
            };
            self.from_client.advance(used);
            if held.len() > MAX_HELD_LEN {
                self.refuse(StatusCode::CONTENT_TOO_LARGE)?;
                return Ok(None);
            }
        }
    }

    /// Has a server answer: over a connection that was kept, if there is one and the request can be sent again where the
    /// server closes it at the same time; or over a new one.
    async fn ask(&mut self, head: &[u8], held: &[u8]) -> io::Result<Option<Tunnel>> {
        if may_repeat(head, held)?
            && let Some(server) = self.idle.take()
        {
            match self.forward(head, held, server).await? {
                Forwarded::Tunnel(tunnel) => return Ok(Some(tunnel)),
                Forwarded::Done => return Ok(None),
                Forwarded::Failed(status) => {
                    if self.exchange.lose_server() != Outcome::Unanswered {
                        self.refuse(status)?;
                        return Ok(None);
                    }
                }
            }
        }
        let Ok(server) = self.connect().await else {
            self.refuse(StatusCode::BAD_GATEWAY)?;
            return Ok(None);
        };
        match self.forward(head, held, server).await? {
            Forwarded::Tunnel(tunnel) => Ok(Some(tunnel)),
            Forwarded::Done => Ok(None),
            Forwarded::Failed(status) => {
                self.refuse(status)?;
                Ok(None)
            }
        }
    }

    async fn connect(&self) -> io::Result<TcpStream> {
        timeout(
            self.settings.patience,
            TcpStream::connect(&self.settings.backend),
        )
        .await?
    }

    /// Sends a request on and its answer back, until that is whole.
    async fn forward(
        &mut self,
        head: &[u8],
        held: &[u8],
        mut server: TcpStream,
    ) -> io::Result<Forwarded> {
        let (mut from_server, mut to_server) = (BytesMut::new(), BytesMut::new());
        if !self.send_request(head, held, &mut to_server)? {
            self.idle.keep(server);
            return Ok(Forwarded::Done);
        }
        let mut table = ResponseTable::new();
        loop {
            let date = date();
            let edit = Edit::NONE.date(&date).remove(Edit::X_ACCEL);
            if let Err(error) = self.pass(&mut from_server, &mut to_server, &mut table, &edit) {
                return Ok(Forwarded::Failed(error.status()));
            }
            if self.exchange.is_switched() {
                return Ok(Forwarded::Tunnel(Tunnel {
                    server,
                    from_server,
                    to_server,
                }));
            }
            if !self.exchange.wants_response() {
                // What is left to be written is of a request that was answered early, so such a connection goes.
                if to_server.is_empty() && self.exchange.upstream_serves_again(&from_server) {
                    self.idle.keep(server);
                }
                return Ok(Forwarded::Done);
            }
            self.from_client.reserve(READ_LEN);
            from_server.reserve(READ_LEN);
            // Of each side no more is read than the other takes.
            let (mut client_reads, mut client_writes) = self.client.split();
            let (mut server_reads, mut server_writes) = server.split();
            let ended = tokio::select! {
                read = client_reads.read_buf(&mut self.from_client), if self.exchange.wants_request() && to_server.is_empty() => {
                    let end = End::of_read(&read);
                    end.map_or(Ok(()), |end| self.exchange.forward_request_end(end))
                }
                read = server_reads.read_buf(&mut from_server), if self.to_client.is_empty() => {
                    let (end, out) = (End::of_read(&read), &mut self.to_client);
                    end.map_or(Ok(()), |end| self.exchange.forward_response_end(end, out))
                }
                written = client_writes.write_buf(&mut self.to_client), if !self.to_client.is_empty() => match written {
                    Ok(_) => Ok(()),
                    Err(_) => self.exchange.forward_request_end(End::Lost(Loss::Broken)),
                },
                written = server_writes.write_buf(&mut to_server), if !to_server.is_empty() => {
                    if written.is_err() {
                        // It does not listen any more, and may have answered all the same.
                        to_server.clear();
                    }
                    Ok(())
                }
                () = sleep(self.settings.patience) => match self.exchange.client().client_state() {
                    State::SendBody => self.exchange.forward_request_end(End::Lost(Loss::Timeout)),
                    _ => self.exchange.forward_response_end(End::Lost(Loss::Timeout), &mut self.to_client),
                },
            };
            if let Err(error) = ended {
                return Ok(Forwarded::Failed(error.status()));
            }
        }
    }

    /// Makes the packet, with the content that was held back behind it; false where the request is refused.
    fn send_request(&mut self, head: &[u8], held: &[u8], out: &mut BytesMut) -> io::Result<bool> {
        let local = self.client.local_addr()?;
        let (name, port) = (local.ip().to_string(), local.port().to_string());
        let constants = [("SERVER_NAME", &name), ("SERVER_PORT", &port)];
        let constants = constants.map(|(key, value)| Var::new(key.as_bytes(), value.as_bytes()));
        let mut storage = [0; 128];
        let prefix = Prefix::encode(&constants, &mut storage).map_err(io::Error::other)?;
        let peer = Peer::UWSGI.max_size(self.settings.max_size);
        let upstream = match self.settings.protocol {
            Protocol::Uwsgi => Upstream::Uwsgi(UwsgiServer::new(prefix).peer(peer)),
            // One that waits for a request is as a new one.
            Protocol::Http1 => Upstream::Http1(client::Connection::new(Config::DEFAULT)),
        };

        let mut fields = FieldTable::new();
        let head = parse(head, &mut fields)?;
        let request = Request::new("http").remote(self.remote);
        if let Err(refusal) = self.exchange.send_request(&head, upstream, &request, out) {
            self.refuse(refusal.status())?;
            return Ok(false);
        }
        if !held.is_empty() {
            self.exchange
                .send_request_data(held, out)
                .map_err(io::Error::other)?;
        }
        // 100 (Continue), if the client waits for it.
        self.exchange
            .send_due(&[], &mut self.to_client)
            .map_err(io::Error::other)?;
        Ok(true)
    }

    /// Passes on what has come from both sides.
    fn pass(
        &mut self,
        from_server: &mut BytesMut,
        to_server: &mut BytesMut,
        table: &mut ResponseTable,
        edit: &Edit<'_>,
    ) -> Result<(), Error> {
        let used = self
            .exchange
            .forward_request(&self.from_client, &mut self.fields, to_server)?;
        self.from_client.advance(used);
        let used = self
            .exchange
            .forward_response(from_server, table, edit, &mut self.to_client)?;
        from_server.advance(used);
        Ok(())
    }

    /// Answers with a status alone. A response that was begun is given up: it will never be whole.
    fn refuse(&mut self, status: StatusCode) -> io::Result<()> {
        let date = date();
        let fields = [Field::new("Date", &date)];
        self.exchange
            .refuse(&StatusLine::new(status), &fields, b"", &mut self.to_client)
            .map(drop)
            .map_err(io::Error::other)
    }

    /// Writes the rest of the answer, and reads that of the request, as far as it keeps the connection.
    async fn finish(&mut self) -> io::Result<()> {
        loop {
            self.flush().await?;
            let nowhere = &mut BytesMut::new();
            match self
                .exchange
                .forward_request(&self.from_client, &mut self.fields, nowhere)
            {
                Ok(used) => self.from_client.advance(used),
                Err(_) => return Ok(()),
            }
            if self.exchange.is_idle() || !self.exchange.wants_request() {
                return Ok(());
            }
            self.read().await?;
        }
    }

    /// Reads what has come from the client; its end is an event of the exchange, or an error of its next call.
    async fn read(&mut self) -> io::Result<()> {
        self.from_client.reserve(READ_LEN);
        let read = timeout(
            self.settings.patience,
            self.client.read_buf(&mut self.from_client),
        );
        let end = match read.await {
            Ok(read) => End::of_read(&read),
            Err(_) => Some(End::Lost(Loss::Timeout)),
        };
        // What is wrong with that, `receive_request` says again.
        let ended = end.map(|end| self.exchange.forward_request_end(end));
        if let Some(Err(error @ Error::ClientLost { .. })) = ended {
            self.refuse(error.status())?;
        }
        Ok(())
    }

    async fn flush(&mut self) -> io::Result<()> {
        while !self.to_client.is_empty() && !self.exchange.is_aborted() {
            timeout(
                self.settings.patience,
                self.client.write_buf(&mut self.to_client),
            )
            .await??;
        }
        Ok(())
    }

    /// Copies both ways until both sides are done: who speaks when is not HTTP's to say any more.
    async fn tunnel(mut self, mut tunnel: Tunnel) -> io::Result<()> {
        self.flush().await?;
        self.client.write_all_buf(&mut tunnel.from_server).await?;
        tunnel.server.write_all_buf(&mut tunnel.to_server).await?;
        tunnel.server.write_all_buf(&mut self.from_client).await?;
        copy_bidirectional(&mut self.client, &mut tunnel.server)
            .await
            .map(drop)
    }

    /// Ends our side, then reads for a while what still comes: closing with bytes unread would reset the connection, and
    /// the client might lose the answer. The end of a response that was given up must not look like one, so that is reset.
    async fn close(mut self) -> io::Result<()> {
        if self.exchange.is_aborted() {
            return self.client.set_zero_linger();
        }
        self.client.shutdown().await?;
        let mut rest = (&mut self.client).take(16 << 20);
        let _ = timeout(Duration::from_secs(1), copy(&mut rest, &mut sink())).await;
        Ok(())
    }
}

/// How far a server came with a request.
enum Forwarded {
    /// The client has its answer.
    Done,
    Tunnel(Tunnel),
    /// One side broke a rule or was lost; this status says so, if an answer can still be given.
    Failed(StatusCode),
}

/// Where HTTP has ended: the server, and what was said to either side already.
struct Tunnel {
    server: TcpStream,
    from_server: BytesMut,
    to_server: BytesMut,
}

/// A head that was received once already.
fn parse<'a>(head: &'a [u8], fields: &'a mut FieldTable) -> io::Result<RequestHead<'a>> {
    match RequestHead::parse(head, fields) {
        Ok(Some((head, _))) => Ok(head),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

fn body(head: &[u8]) -> io::Result<BodyLength> {
    let mut fields = FieldTable::new();
    let framing = parse(head, &mut fields)?.framing(Config::DEFAULT.quirks);
    Ok(framing.map_err(io::Error::other)?.body())
}

/// Whether a request may be sent twice (RFC 9110 section 9.2.2), and all of it is at hand.
fn may_repeat(head: &[u8], held: &[u8]) -> io::Result<bool> {
    let mut fields = FieldTable::new();
    let is_idempotent = parse(head, &mut fields)?.method().is_idempotent();
    Ok(is_idempotent && (!held.is_empty() || body(head)? == BodyLength::None))
}

/// The time as HTTP says it.
fn date() -> String {
    httpdate::fmt_http_date(SystemTime::now())
}
