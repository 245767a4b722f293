//! The connections that a worker has, for those who ask about them or end one.

use core::cell::{Cell, RefCell};
use core::future::{Future, poll_fn};
use core::net::SocketAddr;
use core::ops::Bound;
use core::sync::atomic::{AtomicU64, Ordering};
use core::task::{Context, Poll, Waker};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::SystemTime;

use crate::config::{Address, Security};
use crate::core::session::{Activity, Rules};

/// The number of the next connection of the process: that of an earlier one is never given again.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// What is known of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Its number, which no other connection of the process has.
    pub(crate) number: u64,
    /// The client's address, as far as it is known; none over a unix socket.
    pub(crate) remote: Option<SocketAddr>,
    /// Where it was accepted.
    pub(crate) listener: Address,
    /// What is spoken there.
    pub(crate) protocol: &'static str,
    /// When it was accepted.
    pub(crate) since: SystemTime,
    /// What it does: a word of the API.
    pub(crate) activity: &'static str,
    /// How many requests were answered, or given up.
    pub(crate) requests: u32,
    /// The upstream and the server that its request is with.
    pub(crate) server: Option<(String, String)>,
}

/// A part of a worker's connections, in the order of their numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Part {
    /// How many there are in all.
    pub(crate) total: usize,
    /// Those that were asked for.
    pub(crate) connections: Vec<Seen>,
}

/// The connections of a worker, by number.
#[derive(Debug, Default)]
pub(super) struct Connections(RefCell<BTreeMap<u64, Rc<Entry>>>);

/// What a connection notes of itself.
#[derive(Debug)]
pub(super) struct Entry {
    number: u64,
    listener: Rc<Address>,
    protocol: &'static str,
    since: SystemTime,
    remote: Cell<Option<SocketAddr>>,
    activity: Cell<&'static str>,
    requests: Cell<u32>,
    /// The places of upstream and server in the configuration that the request has.
    server: RefCell<Option<(Rc<Rules>, usize, usize)>>,
    is_ended: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

/// A connection that is among those of its worker until this is dropped.
#[derive(Debug)]
pub(super) struct Registered {
    entry: Rc<Entry>,
    all: Rc<Connections>,
}

impl Connections {
    /// One more connection.
    pub(super) fn add(
        self: &Rc<Self>,
        listener: Rc<Address>,
        security: &Security,
        remote: Option<SocketAddr>,
    ) -> Registered {
        let (protocol, activity) = match security {
            Security::Plain => ("http", "idle"),
            Security::Tls(_) => ("https", "handshake"),
            Security::Passthrough(_) => ("tls", "handshake"),
        };
        let entry = Rc::new(Entry {
            number: NEXT.fetch_add(1, Ordering::Relaxed),
            listener,
            protocol,
            since: SystemTime::now(),
            remote: Cell::new(remote),
            activity: Cell::new(activity),
            requests: Cell::new(0),
            server: RefCell::default(),
            is_ended: Cell::new(false),
            waker: RefCell::default(),
        });
        self.0.borrow_mut().insert(entry.number, entry.clone());
        Registered {
            entry,
            all: self.clone(),
        }
    }

    /// So many connections at most, of those behind this number. What it takes does not grow with how many there are.
    pub(super) fn part(&self, after: u64, max: usize) -> Part {
        let all = self.0.borrow();
        let behind = all.range((Bound::Excluded(after), Bound::Unbounded));
        Part {
            total: all.len(),
            connections: behind.take(max).map(|(_, entry)| entry.seen()).collect(),
        }
    }

    /// The connection of this number.
    pub(super) fn find(&self, number: u64) -> Option<Seen> {
        self.0.borrow().get(&number).map(|entry| entry.seen())
    }

    /// Ends a connection: from now on it is none of these. Whether there was one.
    pub(super) fn end(&self, number: u64) -> bool {
        let Some(entry) = self.0.borrow_mut().remove(&number) else {
            return false;
        };
        entry.is_ended.set(true);
        if let Some(waker) = entry.waker.take() {
            waker.wake();
        }
        true
    }
}

impl Entry {
    fn seen(&self) -> Seen {
        let server = self.server.borrow();
        let server = server.as_ref().and_then(|(rules, upstream, server)| {
            let upstream = rules.config().upstreams.get(*upstream)?;
            let server = upstream.servers.get(*server)?;
            Some((upstream.name.clone(), server.id.clone()))
        });
        Seen {
            number: self.number,
            remote: self.remote.get(),
            listener: Address::clone(&self.listener),
            protocol: self.protocol,
            since: self.since,
            activity: self.activity.get(),
            requests: self.requests.get(),
            server,
        }
    }
}

impl Registered {
    /// Whom the connection is from is another than its peer.
    pub(super) fn set_remote(&self, remote: Option<SocketAddr>) {
        self.entry.remote.set(remote);
    }

    /// What the connection does now.
    pub(super) fn set_activity(&self, activity: Activity) {
        self.entry.activity.set(match activity {
            Activity::Idle => "idle",
            Activity::Exchange => "exchange",
            Activity::WebSocket => "websocket",
        });
    }

    /// It passes on what it does not read, to this server.
    pub(super) fn relays(&self, rules: &Rc<Rules>, (upstream, server): (usize, usize)) {
        self.entry.activity.set("relay");
        self.asks(rules, (upstream, server));
    }

    /// The request is with this server.
    pub(super) fn asks(&self, rules: &Rc<Rules>, (upstream, server): (usize, usize)) {
        let place = Some((rules.clone(), upstream, server));
        self.entry.server.replace(place);
    }

    /// A request was answered, or given up.
    pub(super) fn answered(&self) {
        self.entry.server.replace(None);
        self.entry
            .requests
            .set(self.entry.requests.get().saturating_add(1));
    }

    /// Ready once an operator has ended the connection. Of those who ask, the last one is woken.
    pub(super) fn poll_ended(&self, cx: &Context<'_>) -> Poll<()> {
        if self.entry.is_ended.get() {
            return Poll::Ready(());
        }
        let mut waker = self.entry.waker.borrow_mut();
        if !waker
            .as_ref()
            .is_some_and(|waker| waker.will_wake(cx.waker()))
        {
            *waker = Some(cx.waker().clone());
        }
        Poll::Pending
    }

    /// Waits until an operator ends the connection.
    pub(super) fn ended(&self) -> impl Future<Output = ()> + use<'_> {
        poll_fn(|cx| self.poll_ended(cx))
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        self.all.0.borrow_mut().remove(&self.entry.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(all: &Rc<Connections>) -> Registered {
        let address = Address::Tcp(SocketAddr::from(([127, 0, 0, 1], 80)));
        all.add(Rc::new(address), &Security::Plain, None)
    }

    #[test]
    fn a_part_goes_on_behind_a_number_whatever_has_ended_meanwhile() {
        let all = Rc::new(Connections::default());
        let mut there: Vec<Registered> = (0..5).map(|_| add(&all)).collect();
        let numbers: Vec<u64> = there.iter().map(|one| one.entry.number).collect();
        let first = all.part(0, 2);
        let of = |part: &Part| -> Vec<u64> {
            let connections = part.connections.iter();
            connections.map(|seen| seen.number).collect()
        };
        assert_eq!((first.total, of(&first)), (5, numbers[..2].to_vec()));
        there.remove(1);
        let next = all.part(numbers[1], 2);
        assert_eq!((next.total, of(&next)), (4, numbers[2..4].to_vec()));
        drop(there);
        assert_eq!(all.part(0, 2).total, 0);
    }

    #[test]
    fn a_connection_that_is_ended_is_gone_at_once_and_once() {
        let all = Rc::new(Connections::default());
        let one = add(&all);
        let number = one.entry.number;
        let mut cx = Context::from_waker(Waker::noop());
        assert!(one.poll_ended(&cx).is_pending());
        assert!(all.end(number) && !all.end(number) && all.find(number).is_none());
        assert!(core::pin::pin!(one.ended()).poll(&mut cx).is_ready());
    }
}
