//! TLS that is not decrypted: a connection goes to the upstream of its server name, as it is.

use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;
use std::io::{self, ErrorKind};
use std::rc::Rc;

use bytes::{Buf, BytesMut};
use tokio::sync::watch;
use wirekit::tls::AlertDescription;

use super::Shared;
use super::connection::{BUFFER, say};
use super::connections::Registered;
use super::proxied::{Accepted, Arrived};
use super::stream::Stream;
use super::worker::Phase;
use crate::config::{self, Address, Balance, Security, Template, Variable};
use crate::core::balance::{Ending, Tries, Wanted};
use crate::core::passthrough::{Hello, alert, proxy_header, route};
use crate::core::reason::Reason;
use crate::core::session::{Record, Rules};

/// Serves a client until its connection ends.
pub(super) async fn serve(accepted: Accepted, shared: Rc<Shared>, phase: watch::Receiver<Phase>) {
    let address = accepted.address.clone();
    let Some(mut arrived) = accepted.introduce(&shared).await else {
        return;
    };
    let rules = shared.rules();
    let mut record = Record::of_connection(rules.clone(), arrived.remote, shared.now());
    // What it takes to find a server is given back before the connection becomes one of many.
    let opening = Opening {
        rules: &rules,
        address: &address,
        shared: &shared,
        record: &mut record,
    };
    let opened = Box::pin(opening.open(&mut arrived)).await;
    match opened {
        Ok(Some(mut relay)) => {
            relay.client = Some(arrived.stream);
            arrived.registered.relays(&rules, relay.place);
            relay
                .run(&mut record, &shared, (phase, &arrived.registered))
                .await;
        }
        Ok(None) => return,
        Err(reason) => record.reason = reason,
    }
    record.ended = shared.now();
    shared.ended(&mut record);
}

/// The way to a server.
struct Opening<'a> {
    rules: &'a Rc<Rules>,
    address: &'a Address,
    shared: &'a Shared,
    record: &'a mut Record,
}

impl Opening<'_> {
    /// A relay that lacks the client; none where the client said nothing.
    async fn open(mut self, arrived: &mut Arrived) -> Result<Option<Relay>, Reason> {
        let Some((name, received)) = self.read_hello(arrived).await? else {
            return Ok(None);
        };
        let now = self.shared.now();
        self.record.head_time = now.saturating_sub(self.record.started);
        self.record.started = now;
        self.record.name_host(name.as_deref().unwrap_or_default());
        let Some(upstream) = self.route(name.as_deref()) else {
            send_alert(&arrived.stream, AlertDescription::UNRECOGNIZED_NAME);
            return Err(Reason::UnknownHost);
        };
        self.record.upstream = Some(upstream);
        let connected = self.connect(upstream, arrived, name.as_deref()).await;
        let (server, stream) = connected.inspect_err(|_| {
            // RFC 8446 section 6.2 has no better word for a server behind that is not there.
            send_alert(&arrived.stream, AlertDescription::INTERNAL_ERROR);
        })?;
        let mut first = BytesMut::new();
        let config = self.rules.config().upstreams.get(upstream);
        if config.is_some_and(|config| config.proxy_protocol) {
            first.extend_from_slice(&proxy_header(arrived.remote, arrived.stream.local()));
        }
        first.extend_from_slice(&received);
        Ok(Some(Relay {
            client: None,
            server: stream,
            place: (upstream, server),
            up: Way::new(first),
            down: Way::new(BytesMut::new()),
            patience: config.map_or(Duration::from_secs(60), |config| config.body_timeout),
        }))
    }

    /// The server name, and all that came of the client.
    async fn read_hello(
        &self,
        arrived: &mut Arrived,
    ) -> Result<Option<(Option<String>, Vec<u8>)>, Reason> {
        let patience = self.rules.config().limits.head_timeout;
        let stream = &mut arrived.stream;
        let mut hello = Hello::new();
        let reading = async {
            let mut name = hello.receive(&arrived.received);
            loop {
                match name {
                    Ok(Some(name)) => return Ok(Some(name)),
                    Ok(None) => {}
                    Err(malformed) => {
                        send_alert(stream, malformed.alert);
                        return Err(Reason::MalformedHello);
                    }
                }
                let more = poll_fn(|cx| {
                    BUFFER.with_borrow_mut(|buffer| {
                        let read = ready!(stream.poll_read(cx, buffer));
                        let bytes = buffer.get(..read.unwrap_or_default());
                        let bytes = bytes.filter(|bytes| !bytes.is_empty());
                        Poll::Ready(bytes.map(|bytes| hello.receive(bytes)))
                    })
                });
                name = match more.await {
                    Some(name) => name,
                    None if hello.is_empty() => return Ok(None),
                    None => return Err(Reason::ClientClosed),
                };
            }
        };
        let name = match tokio::time::timeout(patience, reading).await {
            Ok(name) => name?,
            Err(_) if hello.is_empty() => None,
            Err(_) => return Err(Reason::HeadTimeout),
        };
        Ok(name.map(|name| (name, hello.into_received())))
    }

    fn route(&self, name: Option<&str>) -> Option<usize> {
        let mut listeners = self.rules.config().listeners.iter();
        let listener = listeners.find(|listener| listener.address == *self.address)?;
        match &listener.security {
            Security::Passthrough(routes) => route(routes, name),
            _ => None,
        }
    }

    /// A server that could be connected to.
    async fn connect(
        &mut self,
        at: usize,
        arrived: &Arrived,
        name: Option<&str>,
    ) -> Result<(usize, Stream), Reason> {
        let rules = self.rules.clone();
        let upstream = rules.config().upstreams.get(at).ok_or(Reason::Internal)?;
        let key = key_of(upstream, arrived, name);
        let remote = arrived.remote.map(|remote| remote.ip());
        let mut tries = Tries::new();
        let mut because = Reason::NoServer;
        let begun = self.shared.now();
        while tries.count() <= upstream.retries as usize {
            let chosen = {
                let mut worker = self.shared.worker.borrow_mut();
                let balancer = worker.balancer(&rules, at).ok_or(Reason::Internal)?;
                let wanted = Wanted::new(remote, &key);
                let chosen = balancer.choose(self.shared.now(), wanted, &mut tries);
                if let Some(server) = chosen {
                    balancer.begin(server);
                }
                chosen.and_then(|server| Some((server, upstream.servers.get(server)?)))
            };
            let Some((server, configured)) = chosen else {
                break;
            };
            self.record.server = Some((at, server));
            self.record.tries = tries.count();
            let connecting = Stream::connect(&configured.address);
            let connected = tokio::time::timeout(upstream.connect_timeout, connecting).await;
            because = match connected {
                Ok(Ok(stream)) => {
                    let now = self.shared.now();
                    self.record.connect_time = Some(now.saturating_sub(begun));
                    return Ok((server, stream));
                }
                Ok(Err(_)) => Reason::ConnectRefused,
                Err(_) => Reason::ConnectTimeout,
            };
            end(self.shared, &rules, (at, server), Ending::Failed);
        }
        Err(because)
    }
}

/// A server has one connection fewer.
fn end(shared: &Shared, rules: &Rules, (upstream, server): (usize, usize), ending: Ending) {
    let now = shared.now();
    let mut worker = shared.worker.borrow_mut();
    let balancer = worker.balancer(rules, upstream);
    if let Some(change) = balancer.and_then(|balancer| balancer.end(server, now, ending)) {
        say(rules, (upstream, server), change);
    }
    worker.call(rules, upstream, now);
    drop(worker);
    shared.call();
}

/// What servers are chosen by: the client's address and the server name are all that is known.
fn key_of(upstream: &config::Upstream, arrived: &Arrived, name: Option<&str>) -> Vec<u8> {
    let expand = |template: &Template| {
        let remote = arrived.remote.map(|remote| remote.ip().to_canonical());
        let remote = remote.map(|remote| remote.to_string());
        template.expand(|variable| match variable {
            Variable::RemoteAddress => remote.as_ref().map(String::as_bytes),
            Variable::Host => name.map(str::as_bytes),
            _ => None,
        })
    };
    match &upstream.balance {
        Balance::Hash(key) | Balance::HashConsistent(key) => expand(key),
        _ => Vec::new(),
    }
}

/// Says why the connection ends to a client that nobody else answers.
fn send_alert(stream: &Stream, description: AlertDescription) {
    let _ = stream.try_send(&alert(description));
    stream.shutdown();
}

/// Two connections, each of which gets what the other one says.
struct Relay {
    client: Option<Stream>,
    server: Stream,
    place: (usize, usize),
    up: Way,
    down: Way,
    patience: Duration,
}

/// One of the two directions.
struct Way {
    /// What the receiver had no room for.
    held: BytesMut,
    has_ended: bool,
    is_closed: bool,
    len: u64,
}

/// Whose connection is lost: the one that is read, or the one that is written to.
enum Lost {
    Giver,
    Taker,
}

impl Way {
    const fn new(held: BytesMut) -> Self {
        Self {
            held,
            has_ended: false,
            is_closed: false,
            len: 0,
        }
    }

    /// Passes on what there is, up to the end of it.
    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        from: &mut Stream,
        to: &mut Stream,
    ) -> Poll<Result<(), Lost>> {
        loop {
            while !self.held.is_empty() {
                match to.try_send(&self.held) {
                    Ok(len) => self.held.advance(len),
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {
                        ready!(to.poll_writable(cx)).map_err(|_| Lost::Taker)?;
                    }
                    Err(_) => return Poll::Ready(Err(Lost::Taker)),
                }
            }
            if self.has_ended {
                // The other direction may go on.
                if !core::mem::replace(&mut self.is_closed, true) {
                    to.shutdown();
                }
                return Poll::Ready(Ok(()));
            }
            let passed = BUFFER.with_borrow_mut(|buffer| {
                let len = ready!(from.poll_read(cx, buffer)).map_err(|_| Lost::Giver)?;
                let bytes = buffer.get(..len).unwrap_or_default();
                self.pass(bytes, to).map_err(|_| Lost::Taker)?;
                Poll::Ready(Ok(()))
            });
            ready!(passed)?;
        }
    }

    fn pass(&mut self, bytes: &[u8], to: &Stream) -> io::Result<()> {
        self.held = BytesMut::new();
        self.has_ended = bytes.is_empty();
        self.len += bytes.len() as u64;
        if self.has_ended {
            return Ok(());
        }
        let sent = match to.try_send(bytes) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
            sent => sent?,
        };
        let rest = bytes.get(sent..).unwrap_or_default();
        self.held.extend_from_slice(rest);
        Ok(())
    }
}

impl Relay {
    async fn run(
        mut self,
        record: &mut Record,
        shared: &Shared,
        (mut phase, registered): (watch::Receiver<Phase>, &Registered),
    ) {
        let Some(mut client) = self.client.take() else {
            return;
        };
        let mut timer = pin!(tokio::time::sleep(self.patience));
        let mut cut = pin!(async move {
            let is_cut = |phase: &Phase| *phase == Phase::Cut;
            if phase.wait_for(is_cut).await.is_err() {
                core::future::pending::<()>().await;
            }
        });
        let (mut moved, mut counted) = (shared.now(), (0, 0));
        let ended = poll_fn(|cx| {
            let polled = self.poll(cx, &mut client);
            let lens = (self.up.len, self.down.len);
            if lens != counted {
                count(shared, lens.0 - counted.0, lens.1 - counted.1);
                (moved, counted) = (shared.now(), lens);
            }
            if let Poll::Ready(done) = polled {
                return Poll::Ready(done);
            }
            if cut.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Reason::Drained);
            }
            if registered.poll_ended(cx).is_ready() {
                return Poll::Ready(Reason::ConnectionEnded);
            }
            while timer.as_mut().poll(cx).is_ready() {
                let rest = (moved + self.patience).saturating_sub(shared.now());
                if rest.is_zero() {
                    return Poll::Ready(Reason::IdleTimeout);
                }
                // Most deadlines only move on.
                timer.as_mut().reset(tokio::time::Instant::now() + rest);
            }
            Poll::Pending
        })
        .await;
        if ended != Reason::Served {
            // Neither side takes half of what was said for the whole.
            client.reset();
            self.server.reset();
        }
        record.reason = ended;
        record.response_len = self.down.len;
        record.upstream_time = Some(shared.now().saturating_sub(record.started));
        let ending = match ended {
            Reason::UpstreamClosedEarly if self.down.len == 0 => Ending::Failed,
            _ => Ending::Answered,
        };
        end(shared, &record.rules, self.place, ending);
    }

    /// Passes on what there is on both sides: why it is over, if it is.
    fn poll(&mut self, cx: &mut Context<'_>, client: &mut Stream) -> Poll<Reason> {
        let up = self.up.poll(cx, client, &mut self.server);
        let down = self.down.poll(cx, &mut self.server, client);
        match (up, down) {
            (Poll::Ready(Err(Lost::Giver)), _) | (_, Poll::Ready(Err(Lost::Taker))) => {
                Poll::Ready(Reason::ClientClosed)
            }
            (Poll::Ready(Err(Lost::Taker)), _) | (_, Poll::Ready(Err(Lost::Giver))) => {
                Poll::Ready(Reason::UpstreamClosedEarly)
            }
            (Poll::Ready(Ok(())), Poll::Ready(Ok(()))) => Poll::Ready(Reason::Served),
            _ => Poll::Pending,
        }
    }
}

fn count(shared: &Shared, up: u64, down: u64) {
    let mut metrics = shared.metrics.borrow_mut();
    metrics.received(usize::try_from(up).unwrap_or(usize::MAX));
    metrics.sent(usize::try_from(down).unwrap_or(usize::MAX));
}
