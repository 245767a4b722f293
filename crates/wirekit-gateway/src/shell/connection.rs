use core::cell::RefCell;
use core::future::{Future, poll_fn};
use core::net::SocketAddr;
use core::pin::{Pin, pin};
use core::task::{Context, Poll};
use core::time::Duration;
use std::io::{self, ErrorKind};
use std::rc::Rc;
use std::time::SystemTime;

use tokio::sync::{Notify, oneshot, watch};
use tokio::time::Sleep;

use super::Shared;
use super::client::Client;
use super::clients::Place;
use super::connections::Registered;
use super::file::Opened;
use super::held::HeldContent;
use super::stream::Stream;
use super::worker::Phase;
use crate::config::Address;
use crate::core::affinity::{Answer, Cause};
use crate::core::balance::{Change, Ticket};
use crate::core::reason::Reason;
use crate::core::session::{Action, Listener, Peer, Rules, Session};

thread_local! {
    /// What is read goes through here: an idle connection holds no buffer.
    pub(super) static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; 64 * 1024]);
}

/// A client's connection with its sockets.
struct Driver {
    shared: Rc<Shared>,
    session: Session,
    client: Client,
    server: Option<Stream>,
    file: Option<Rc<Opened>>,
    /// Held content that is too long for memory.
    held: HeldContent,
    /// The place among the connections of the client that the PROXY protocol names.
    place: Option<Place>,
    /// Its place among the connections that an operator sees.
    registered: Registered,
    waiting: Option<Waiting>,
    /// What the store says of the user's session.
    looking: Option<oneshot::Receiver<Answer>>,
    /// Of the configuration in which the server's connection was made.
    generation: u64,
    /// Nothing was written to the server yet, which says that it is connected.
    is_connecting: bool,
    /// A piece of the current request was written to the server.
    wrote_to_server: bool,
    /// The side's send buffer was full at the last write: its socket is to become writable first.
    client_is_full: bool,
    server_is_full: bool,
    /// When the connection was last woken.
    now: Duration,
}

/// The place among those who wait for a server, and what says that there is one.
struct Waiting {
    place: (usize, Ticket),
    called: Rc<Notify>,
    call: Pin<Box<dyn Future<Output = ()>>>,
}

impl Waiting {
    fn new(place: (usize, Ticket), called: Rc<Notify>) -> Self {
        let call = called.clone();
        let call = Box::pin(async move { call.notified().await });
        Self {
            place,
            called,
            call,
        }
    }
}

/// What a connection was woken for. Of bytes that were read, there are so many in the worker's buffer.
enum Event {
    ClientSent(io::Result<usize>),
    ClientTakes,
    ServerSent(io::Result<usize>),
    ServerTakes,
    Called,
    Found(Answer),
    Follow(Phase),
    /// An operator ends the connection.
    Ended,
    Late,
}

/// A client that HTTP can be spoken with.
pub(super) struct Arrived {
    pub(super) client: Client,
    /// Whom the connection is from.
    pub(super) remote: Option<SocketAddr>,
    /// What it said by TLS.
    pub(super) peer: Option<Peer>,
    /// The place that it has until its connection ends.
    pub(super) place: Option<Place>,
    /// Its place among the connections that an operator sees.
    pub(super) registered: Registered,
}

/// Serves a client until its connection ends.
///
/// What the future holds is what an idle connection costs, so it holds nothing twice: the arguments of an `async fn` would
/// have a place beside the driver that they become a part of.
pub(super) fn serve(
    arrived: Arrived,
    listener: Rc<Listener>,
    shared: Rc<Shared>,
    mut phase: watch::Receiver<Phase>,
) -> impl Future<Output = ()> {
    let now = shared.now();
    let (client, place) = (arrived.client, arrived.place);
    let mut session = Session::new(shared.rules(), listener, arrived.remote, now);
    if let Some(peer) = arrived.peer {
        session = session.with_peer(peer);
    }
    let mut driver = Driver {
        shared,
        session,
        client,
        server: None,
        file: None,
        held: HeldContent::default(),
        place,
        registered: arrived.registered,
        waiting: None,
        looking: None,
        generation: 0,
        is_connecting: false,
        wrote_to_server: false,
        client_is_full: false,
        server_is_full: false,
        now,
    };
    let begun = *phase.borrow_and_update();
    async move {
        if begun != Phase::Serving {
            driver.follow(begun);
        }
        let mut change = pin!(change(phase));
        let mut timer = pin!(tokio::time::sleep(Duration::MAX));
        loop {
            driver.settle();
            if driver.session.is_done() {
                break;
            }
            driver.registered.set_activity(driver.session.activity());
            driver.arm(timer.as_mut());
            let event = poll_fn(|cx| {
                let event = driver.poll(cx);
                if event.is_ready() {
                    return event;
                }
                if let Poll::Ready((next, phase)) = change.as_mut().poll(cx) {
                    change.set(self::change(phase));
                    return Poll::Ready(Event::Follow(next));
                }
                if driver.registered.poll_ended(cx).is_ready() {
                    return Poll::Ready(Event::Ended);
                }
                timer.as_mut().poll(cx).map(|()| Event::Late)
            })
            .await;
            driver.wake(event, timer.as_mut());
        }
        driver.settle();
        driver.stop_waiting();
        // Few connections are at their end at once: they alone have room for it.
        Box::pin(driver.close()).await;
    }
}

/// The next phase. While there is none the receiver waits in one place, rather than once more each time that the connection is
/// woken.
async fn change(mut phase: watch::Receiver<Phase>) -> (Phase, watch::Receiver<Phase>) {
    match phase.changed().await {
        Ok(()) => {
            let next = *phase.borrow_and_update();
            (next, phase)
        }
        Err(_) => core::future::pending().await,
    }
}

impl Driver {
    /// Sets the timer anew where it would ring too late. Where it rings too early, it is set again then: most deadlines only
    /// move on.
    fn arm(&self, timer: Pin<&mut Sleep>) {
        let deadline = self.shared.start + self.session.deadline();
        let deadline = tokio::time::Instant::from_std(deadline);
        if deadline < timer.deadline() {
            timer.reset(deadline);
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Event> {
        if self.session.wants_client() {
            let read = BUFFER.with_borrow_mut(|buffer| self.client.poll_read(cx, buffer));
            if let Poll::Ready(read) = read {
                return Poll::Ready(Event::ClientSent(read));
            }
        }
        if self.client.has_unsent()
            && let Poll::Ready(Err(error)) = self.client.poll_flush(cx)
        {
            return Poll::Ready(Event::ClientSent(Err(error)));
        }
        if self.client_is_full && self.client.poll_writable(cx).is_ready() {
            return Poll::Ready(Event::ClientTakes);
        }
        if let Some(server) = &mut self.server {
            if self.session.wants_server() {
                let read = BUFFER.with_borrow_mut(|buffer| server.poll_read(cx, buffer));
                if let Poll::Ready(read) = read {
                    return Poll::Ready(Event::ServerSent(read));
                }
            }
            if self.server_is_full && server.poll_writable(cx).is_ready() {
                return Poll::Ready(Event::ServerTakes);
            }
        }
        if let Some(waiting) = &mut self.waiting
            && waiting.call.as_mut().poll(cx).is_ready()
        {
            // For the next call, if this one is not for a server that is left.
            *waiting = Waiting::new(waiting.place, waiting.called.clone());
            return Poll::Ready(Event::Called);
        }
        if let Some(looking) = &mut self.looking
            && let Poll::Ready(answer) = Pin::new(looking).poll(cx)
        {
            self.looking = None;
            let answer = answer.unwrap_or(Answer::Failed(Cause::StoreGone));
            return Poll::Ready(Event::Found(answer));
        }
        Poll::Pending
    }

    fn wake(&mut self, event: Event, timer: Pin<&mut Sleep>) {
        self.shared.tick();
        self.now = self.shared.now();
        match event {
            Event::ClientSent(Ok(0)) => {
                self.report(|session, now, worker| session.client_ended(now, worker));
            }
            Event::ClientSent(Ok(len)) => BUFFER.with_borrow(|buffer| {
                self.shared.metrics.borrow_mut().received(len);
                let bytes = buffer.get(..len).unwrap_or_default();
                self.report(|session, now, worker| session.client_sent(bytes, now, worker));
            }),
            Event::ClientSent(Err(_)) => {
                self.report(|session, now, worker| session.client_lost(now, worker));
            }
            Event::ClientTakes => self.client_is_full = false,
            Event::ServerSent(Ok(0)) => {
                self.report(|session, now, worker| session.server_ended(now, worker));
            }
            Event::ServerSent(Ok(len)) => BUFFER.with_borrow(|buffer| {
                let bytes = buffer.get(..len).unwrap_or_default();
                self.report(|session, now, worker| session.server_sent(bytes, now, worker));
            }),
            Event::ServerSent(Err(_)) => {
                self.report(|session, now, worker| session.server_lost(now, worker));
            }
            Event::ServerTakes => self.server_is_full = false,
            Event::Called => self.report(|session, now, worker| session.called(now, worker)),
            Event::Found(answer) => {
                self.report(|session, now, worker| session.found(&answer, now, worker));
            }
            Event::Follow(phase) => self.follow(phase),
            Event::Ended => {
                self.report(|session, now, worker| session.end_connection(now, worker));
            }
            Event::Late => {
                self.report(|session, now, worker| session.time_passed(now, worker));
                let deadline = self.shared.start + self.session.deadline();
                timer.reset(tokio::time::Instant::from_std(deadline));
            }
        }
    }

    fn report(
        &mut self,
        report: impl FnOnce(&mut Session, Duration, &mut crate::core::session::Worker),
    ) {
        let now = self.now;
        report(&mut self.session, now, &mut self.shared.worker.borrow_mut());
        self.shared.call();
    }

    fn stop_waiting(&mut self) {
        if let Some(waiting) = self.waiting.take() {
            self.shared.waiting.borrow_mut().remove(&waiting.place);
        }
    }

    fn follow(&mut self, phase: Phase) {
        match phase {
            Phase::Serving => {
                let rules = self.shared.rules();
                self.report(|session, now, worker| session.renew(rules, now, worker));
            }
            Phase::Draining => self.report(|session, now, worker| session.drain(now, worker)),
            Phase::Cut => self.report(|session, now, worker| session.cut(now, worker)),
        }
    }

    /// Does what is to be done, and writes what can be written, until neither is left.
    fn settle(&mut self) {
        loop {
            while let Some(action) = self.session.next_action() {
                self.act(action);
            }
            let wrote_client = !self.client_is_full && self.write_client();
            let wrote_server = !self.server_is_full && self.write_server();
            if !wrote_client && !wrote_server {
                match self.session.next_action() {
                    Some(action) => self.act(action),
                    None => return,
                }
            }
        }
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Connect { upstream, server } => {
                self.server_is_full = false;
                self.wrote_to_server = false;
                self.stop_waiting();
                let rules = self.session.rules().clone();
                self.generation = rules.generation();
                self.registered.asks(&rules, (upstream, server));
                let mut pool = self.shared.pool.borrow_mut();
                let repeats = self.session.may_repeat();
                let kept = pool.take(self.generation, (upstream, server), repeats);
                drop(pool);
                if let Some(stream) = kept {
                    self.server = Some(stream);
                    return self
                        .report(|session, now, worker| session.connected_again(now, worker));
                }
                let upstream = rules.config().upstreams.get(upstream);
                if let Some(server) = upstream.and_then(|upstream| upstream.servers.get(server)) {
                    self.connect(&server.address);
                }
            }
            Action::Keep { upstream, server } => {
                if let Some(stream) = self.server.take() {
                    let mut pool = self.shared.pool.borrow_mut();
                    pool.keep(self.generation, (upstream, server), stream);
                }
            }
            Action::Proxied(client) => {
                self.registered.set_remote(client);
                let entered = self
                    .shared
                    .clients
                    .borrow()
                    .enter(client.map(|client| client.ip()));
                match entered {
                    Ok(place) => self.place = place,
                    // One too many, as one that is not accepted.
                    Err(()) => self.report(|session, now, worker| session.client_lost(now, worker)),
                }
            }
            Action::Store { at, bytes } => {
                if let Err(error) = self.held.write(at, &bytes) {
                    log::error!("the content of a request cannot be held: {error}");
                    self.report(|session, now, worker| session.store_failed(now, worker));
                }
            }
            Action::Load { at, len } => BUFFER.with_borrow_mut(|buffer| {
                let room = len.min(buffer.len());
                let piece = buffer.get_mut(..room).unwrap_or_default();
                let bytes = match self.held.read(at, piece) {
                    Ok(()) => &*piece,
                    Err(error) => {
                        log::error!("content of a request that is held cannot be read: {error}");
                        &[]
                    }
                };
                self.report(|session, now, worker| session.loaded(bytes, now, worker));
            }),
            Action::LookUp { upstream, session } => {
                let rules = self.session.rules();
                self.looking = Some(self.shared.look_up(rules, upstream, session));
            }
            Action::Tell {
                upstream,
                session,
                note,
            } => {
                let rules = self.session.rules();
                self.shared.tell(rules, upstream, session, note);
            }
            Action::StoreChanged { upstream, change } => {
                let rules = self.session.rules();
                self.shared.say_store(rules, upstream, change);
            }
            Action::Wait { upstream, ticket } => {
                self.stop_waiting();
                let place = (upstream, ticket);
                let called = Rc::new(Notify::new());
                let mut waiting = self.shared.waiting.borrow_mut();
                waiting.insert(place, called.clone());
                self.waiting = Some(Waiting::new(place, called));
            }
            Action::EndServer => {
                if let Some(server) = &self.server {
                    server.shutdown();
                }
            }
            Action::CloseServer => {
                self.server = None;
                self.is_connecting = false;
            }
            Action::Open { root, files } => {
                let Some(folder) = self.session.folder() else {
                    return;
                };
                let opened = self.shared.files.borrow_mut().open(root, files, folder);
                let wall = SystemTime::now();
                let files = opened
                    .as_ref()
                    .map(|opened| opened.files.as_slice())
                    .map_err(|reason| *reason);
                self.report(|session, now, worker| session.opened(files, wall, now, worker));
                self.file = opened.ok();
            }
            Action::ServerChanged {
                upstream,
                server,
                change,
            } => say(self.session.rules(), (upstream, server), change),
            Action::Ended(mut record) => {
                self.held.clear();
                self.looking = None;
                self.file = None;
                self.registered.answered();
                self.shared.ended(&mut record);
            }
        }
    }

    /// Begins to connect to a server, and writes the request at once where that can be done.
    fn connect(&mut self, address: &Address) {
        match Stream::begin_connect(address) {
            Ok(server) => {
                let sent = server.send_first(self.session.to_server());
                self.server = Some(server);
                self.is_connecting = true;
                self.sent_to_server(sent);
            }
            Err(error) => self.connect_failed(&error),
        }
    }

    fn connect_failed(&mut self, error: &io::Error) {
        self.server = None;
        self.is_connecting = false;
        let reason = match error.kind() {
            ErrorKind::TimedOut => Reason::ConnectTimeout,
            _ => Reason::ConnectRefused,
        };
        self.report(|session, now, worker| session.connect_failed(reason, now, worker));
    }

    /// Writes once to the client; whether something was written.
    fn write_client(&mut self) -> bool {
        let head_len = self.session.to_client().len();
        let span = self.session.file_piece();
        if head_len == 0 && span.is_none() {
            return false;
        }
        let head = self.session.to_client();
        let written = match (span, &self.file) {
            (Some(span), Some(file)) => {
                file.write(self.session.file_at(), span, head, &mut self.client)
            }
            _ => self.client.try_send(head),
        };
        match written {
            Ok(len) => {
                self.shared.metrics.borrow_mut().sent(len);
                let head = len.min(head_len);
                let rest = (len - head) as u64;
                if head > 0 {
                    self.report(|session, now, worker| session.wrote_to_client(head, now, worker));
                }
                if rest > 0 {
                    self.report(|session, now, worker| session.wrote_of_file(rest, now, worker));
                }
                true
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.client_is_full = true;
                false
            }
            Err(error) => {
                if error.kind() == ErrorKind::UnexpectedEof {
                    // The file is shorter than it was: what was promised cannot be sent.
                    self.client.reset();
                }
                self.report(|session, now, worker| session.client_lost(now, worker));
                true
            }
        }
    }

    fn write_server(&mut self) -> bool {
        let Some(server) = &mut self.server else {
            return false;
        };
        if self.session.to_server().is_empty() {
            return false;
        }
        if self.wrote_to_server {
            server.send_promptly();
        }
        let sent = server.try_send(self.session.to_server());
        self.sent_to_server(sent)
    }

    /// What became of a write to the server; whether there may be more to be done.
    fn sent_to_server(&mut self, sent: io::Result<usize>) -> bool {
        match sent {
            Ok(len) => {
                if core::mem::take(&mut self.is_connecting) {
                    self.report(|session, now, worker| session.connected(now, worker));
                }
                self.wrote_to_server = true;
                self.report(|session, now, worker| session.wrote_to_server(len, now, worker));
                true
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.server_is_full = true;
                false
            }
            Err(error) if self.is_connecting => {
                self.connect_failed(&error);
                true
            }
            // It takes nothing more, but its answer may be on the way: reading says so.
            Err(_) => {
                self.session.server_takes_no_more();
                true
            }
        }
    }

    /// Closes the client's connection so that it gets what was written: by reading on for a while where it still sends.
    async fn close(&mut self) {
        if self.session.is_reset() {
            self.client.reset();
            return;
        }
        let rules = self.session.rules();
        let patience = rules.config().limits.body_timeout;
        self.client.shutdown(patience).await;
        let client = &mut self.client;
        let linger = async {
            let mut budget = 4 * 1024 * 1024_usize;
            while budget > 0 {
                let read =
                    poll_fn(|cx| BUFFER.with_borrow_mut(|buffer| client.poll_discard(cx, buffer)));
                match read.await {
                    Ok(0) | Err(_) => return,
                    Ok(len) => budget = budget.saturating_sub(len),
                }
            }
        };
        let _ = tokio::time::timeout(Duration::from_secs(2), linger).await;
    }
}

/// What an operator is to know of a server.
pub(super) fn say(rules: &Rules, (upstream, server): (usize, usize), change: Change) {
    let Some(upstream) = rules.config().upstreams.get(upstream) else {
        return;
    };
    let Some(server) = upstream.servers.get(server) else {
        return;
    };
    let (name, id, address) = (&upstream.name, &server.id, &server.address);
    match change {
        Change::Failed => log::warn!("server {id} of {name}, {address}, failed"),
        Change::CameBack => log::info!("server {id} of {name}, {address}, came back"),
    }
}
