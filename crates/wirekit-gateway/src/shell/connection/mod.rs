mod action;
mod write;

use core::cell::RefCell;
use core::future::{Future, poll_fn};
use core::net::SocketAddr;
use core::pin::{Pin, pin};
use core::task::{Context, Poll};
use core::time::Duration;
use std::io;
use std::rc::Rc;

use tokio::sync::{Notify, oneshot, watch};
use tokio::time::Sleep;

use super::Shared;
use super::client::Client;
use super::clients::Place;
use super::connections::Registered;
use super::file::Opened;
use super::held::HeldContent;
use super::upstream::Upstream;
use super::worker::Phase;
use crate::core::affinity::{Answer, Cause};
use crate::core::balance::Ticket;
use crate::core::session::{Listener, Peer, Session};

pub(super) use action::say;

thread_local! {
    /// What is read goes through here: an idle connection holds no buffer.
    pub(super) static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; 64 * 1024]);
}

/// A client's connection with its sockets.
struct Driver {
    shared: Rc<Shared>,
    session: Session,
    client: Client,
    server: Option<Upstream>,
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
        let mut followed = phase.clone();
        let mut change = pin!(change(phase));
        let mut timer = pin!(tokio::time::sleep(Duration::MAX));
        // Whether the next phase and the timer would wake the task.
        let mut is_armed = false;
        loop {
            driver.settle();
            if driver.session.is_done() {
                break;
            }
            driver.registered.set_activity(driver.session.activity());
            is_armed &= !driver.arm(timer.as_mut());
            let mut is_woken = false;
            let event = poll_fn(|cx| {
                let event = driver.poll(cx);
                if event.is_ready() {
                    return event;
                }
                if driver.registered.poll_ended(cx).is_ready() {
                    return Poll::Ready(Event::Ended);
                }
                // The others need not be asked again behind an event of another kind, unless they woke the task together with it.
                let is_quiet = is_armed && !is_woken;
                is_woken = true;
                if is_quiet && !driver.is_late(&timer) && !followed.has_changed().unwrap_or(true) {
                    return Poll::Pending;
                }
                if let Poll::Ready((next, phase)) = change.as_mut().poll(cx) {
                    followed = phase.clone();
                    change.set(self::change(phase));
                    is_armed = false;
                    return Poll::Ready(Event::Follow(next));
                }
                let late = timer.as_mut().poll(cx);
                is_armed = late.is_pending();
                late.map(|()| Event::Late)
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
    /// Sets the timer anew where it would ring too late, and says so. Where it rings too early, it is set again then: most
    /// deadlines only move on.
    fn arm(&self, timer: Pin<&mut Sleep>) -> bool {
        let deadline = self.shared.start + self.session.deadline();
        let deadline = tokio::time::Instant::from_std(deadline);
        let is_sooner = deadline < timer.deadline();
        if is_sooner {
            timer.reset(deadline);
        }
        is_sooner
    }

    /// Whether the timer may have rung when the task was woken.
    fn is_late(&self, timer: &Sleep) -> bool {
        let now = tokio::time::Instant::from_std(self.shared.start + self.now);
        now >= timer.deadline()
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
        if let Some(server) = &self.server {
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
        self.now = self.shared.now();
        self.shared.tick(self.now);
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
