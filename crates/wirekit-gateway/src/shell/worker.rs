//! A worker: a thread with sockets and connections of its own, and the orders that it takes.

use core::time::Duration;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use tokio::runtime::LocalRuntime;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;

use super::client::Client;
use super::clients::Clients;
use super::connections::{Part, Seen};
use super::listen::{Accepted, Bound, Closing, Sockets};
use super::log::Log;
use super::metrics::Totals;
use super::tls::{self, Tls};
use super::{Shared, connection, passthrough, proxied};
use crate::config::{Address, Config, Security};
use crate::core::affinity::Stores;
use crate::core::failure::Failure;
use crate::core::health::Verdicts;
use crate::core::session::Rules;

/// How long connections have to end once they are ordered to.
const CUT: Duration = Duration::from_secs(1);

/// A configuration, with what of it belongs to one worker.
pub(crate) struct Renewal {
    pub(super) config: Arc<Config>,
    /// Each configuration of the program has a number of its own.
    pub(super) generation: u64,
    /// Those that the worker has not got yet.
    pub(super) sockets: Vec<Bound>,
    pub(super) log: Log,
    pub(super) clients: Clients,
    pub(super) verdicts: Verdicts,
    /// The start of time, the same for all workers.
    pub(super) start: Instant,
    /// What is known of users, whose sessions are learnt.
    pub(super) stores: Stores,
    pub(super) tls: Arc<Tls>,
}

impl Renewal {
    pub(super) fn rules(&self) -> Rules {
        Rules::new(self.config.clone())
            .with_stores(&self.stores)
            .with_generation(self.generation)
            .with_verdicts(self.verdicts.clone())
            .with_challenges(self.tls.challenges().clone())
    }
}

/// An order to a worker.
pub(crate) enum Order {
    /// Go on with another configuration, and say so.
    Renew(Renewal, oneshot::Sender<()>),
    /// Take no more connections, and say so.
    Close(Closing, oneshot::Sender<()>),
    /// End once the connections that are there have ended.
    Stop,
    /// End now.
    Cut,
    /// A server is well again: call who waits for one.
    Call,
    /// Checks say that a server is not well: by the names of the upstream and its own, and its address.
    Unwell(String, String, Address),
    /// Say what was counted.
    Measure(oneshot::Sender<Totals>),
    /// Say which exchanges failed.
    Failures(oneshot::Sender<Vec<Failure>>),
    /// Say which connections there are: so many at most, of those behind this number.
    Connections(u64, usize, oneshot::Sender<Part>),
    /// Say what is known of the connection of this number.
    Connection(u64, oneshot::Sender<Option<Seen>>),
    /// End the connection of this number, and say whether there was one.
    EndConnection(u64, oneshot::Sender<bool>),
}

/// What connections are to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// The current configuration may be another than before.
    Serving,
    /// No request follows the current one.
    Draining,
    /// What is not done will not be.
    Cut,
}

/// The worker's whole life, on a thread of its own.
pub(super) fn run(first: Renewal, orders: mpsc::UnboundedReceiver<Order>) {
    let begun = LocalRuntime::new().and_then(|runtime| Ok((runtime, Shared::new(&first)?)));
    match begun {
        Ok((runtime, shared)) => runtime.block_on(work(Rc::new(shared), first, orders)),
        Err(error) => log::error!("a worker cannot start: {error}"),
    }
}

async fn work(shared: Rc<Shared>, first: Renewal, mut orders: mpsc::UnboundedReceiver<Order>) {
    let (accepted, mut incoming) = mpsc::channel(64);
    let mut sockets = Sockets::new(accepted);
    sockets.renew(&first.config.listeners, first.sockets);
    drop((first.log, first.clients));
    let (phase, followed) = watch::channel(Phase::Serving);
    let mut tasks = JoinSet::new();
    loop {
        tokio::select! {
            Some(accepted) = incoming.recv() => serve(accepted, &shared, &followed, &mut tasks),
            order = orders.recv() => match order {
                Some(Order::Renew(renewal, done)) => {
                    shared.renew(&renewal);
                    sockets.renew(&renewal.config.listeners, renewal.sockets);
                    phase.send_replace(Phase::Serving);
                    let _ = done.send(());
                }
                Some(Order::Close(closing, done)) => {
                    close(&mut sockets, &mut incoming, closing, |accepted| {
                        serve(accepted, &shared, &followed, &mut tasks);
                    })
                    .await;
                    let _ = done.send(());
                }
                Some(Order::Stop | Order::Cut) | None => break,
                Some(order) => shared.answer(order, tasks.len()),
            },
            Some(_) = tasks.join_next(), if !tasks.is_empty() => {}
        }
    }
    close(&mut sockets, &mut incoming, Closing::Leave, |accepted| {
        serve(accepted, &shared, &followed, &mut tasks);
    })
    .await;
    phase.send_replace(Phase::Draining);
    let timeout = shared.rules().config().shutdown_timeout;
    if !drained(&shared, &mut tasks, &mut orders, timeout).await {
        log::warn!("{} connections are cut", tasks.len());
        phase.send_replace(Phase::Cut);
        drained(&shared, &mut tasks, &mut orders, CUT).await;
    }
}

impl Shared {
    /// Does what an order asks for that changes nothing of the worker's own life.
    fn answer(&self, order: Order, connections: usize) {
        // Who asked may have gone.
        match order {
            Order::Call => self.call_all(),
            Order::Unwell(upstream, server, address) => self.leave(&upstream, &server, &address),
            Order::Measure(tell) => _ = tell.send(self.totals(connections)),
            Order::Failures(tell) => _ = tell.send(self.failures()),
            Order::Connections(after, max, tell) => {
                _ = tell.send(self.connections.part(after, max));
            }
            Order::Connection(number, tell) => _ = tell.send(self.connections.find(number)),
            Order::EndConnection(number, tell) => _ = tell.send(self.connections.end(number)),
            Order::Renew(..) | Order::Close(..) | Order::Stop | Order::Cut => {}
        }
    }
}

/// Closes the sockets; those who were accepted before are served.
async fn close(
    sockets: &mut Sockets,
    incoming: &mut mpsc::Receiver<Accepted>,
    closing: Closing,
    mut serve: impl FnMut(Accepted),
) {
    {
        let closed = sockets.close(closing);
        tokio::pin!(closed);
        loop {
            tokio::select! {
                Some(accepted) = incoming.recv() => serve(accepted),
                () = &mut closed => break,
            }
        }
    }
    while let Ok(accepted) = incoming.try_recv() {
        serve(accepted);
    }
}

fn serve(
    (stream, address): Accepted,
    shared: &Rc<Shared>,
    phase: &watch::Receiver<Phase>,
    tasks: &mut JoinSet<()>,
) {
    let rules = shared.rules();
    let config = rules.config();
    let mut listeners = config.listeners.iter();
    let place = listeners.position(|listener| listener.address == *address);
    let Some((listener, listens)) = place.and_then(|place| {
        let listens = shared.listeners.borrow().get(place).cloned();
        config.listeners.get(place).zip(listens)
    }) else {
        return;
    };
    let remote = stream.remote().map(|remote| remote.ip());
    // Behind a proxy are many clients; a header of the PROXY protocol says which this is.
    let remote = remote
        .filter(|remote| !listener.proxy_protocol && !config.trusted_proxies.trust(Some(*remote)));
    // One too many is closed before it is read.
    let Ok(place) = shared.clients.borrow().enter(remote) else {
        return;
    };
    shared.metrics.borrow_mut().accepted();
    let registered = shared
        .connections
        .add(address.clone(), &listener.security, stream.remote());
    if !matches!(listener.security, Security::Plain) {
        let server = shared.tls.borrow().server(&listener.address).cloned();
        let accepted = proxied::Accepted {
            stream,
            address,
            has_header: listener.proxy_protocol,
            place,
            registered,
        };
        if matches!(listener.security, Security::Passthrough(_)) {
            let served = passthrough::serve(accepted, shared.clone(), phase.clone());
            tasks.spawn_local(served);
        } else if let Some(server) = server {
            let served = tls::serve(accepted, server, listens, shared.clone(), phase.clone());
            tasks.spawn_local(served);
        }
        return;
    }
    let arrived = connection::Arrived {
        remote: stream.remote(),
        client: Client::plain(stream),
        peer: None,
        place,
        registered,
    };
    let served = connection::serve(arrived, listens, shared.clone(), phase.clone());
    tasks.spawn_local(served);
}

/// Whether all connections ended in time, and before the order to end now.
async fn drained(
    shared: &Shared,
    tasks: &mut JoinSet<()>,
    orders: &mut mpsc::UnboundedReceiver<Order>,
    timeout: Duration,
) -> bool {
    let late = tokio::time::sleep(timeout);
    tokio::pin!(late);
    loop {
        tokio::select! {
            ended = tasks.join_next() => if ended.is_none() {
                return true;
            },
            () = &mut late => return false,
            Some(order) = orders.recv() => match order {
                Order::Cut => return false,
                order => shared.answer(order, tasks.len()),
            },
        }
    }
}
