//! Requests and their answers, put together from what both ends of all connections say.

use core::net::SocketAddr;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, VecDeque};

use wirekit::tcp::track::Side;

use super::application::Application;
use super::connection::Connection;
use super::exchange::{Asked, Exchange, Messages, Network, Parent, Times};
use super::sides::Sides;
use super::tale::{Tale, What};
use crate::events::{Event, Message};
use crate::inspect::capture::Time;

/// Requests of one connection that wait for their answers; further ones are reported without.
const MAX_WAITING: usize = 1024;
/// Requests of all connections that may be the cause of others: each new one is compared with all of them.
const MAX_OPEN: usize = 256;

/// Those that are under way.
#[derive(Debug)]
pub(crate) struct Exchanges {
    connections: HashMap<u64, Pairing>,
    /// Where those stand that have no end yet, by their numbers.
    open: BTreeMap<u64, u64>,
    /// Those that are over, in the order of their ends.
    done: Vec<Exchange>,
    begun: u64,
    held_len: usize,
    max_held_len: usize,
    keeping: Keeping,
}

/// Whether the messages themselves are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keeping {
    Nothing,
    Messages,
}

/// Those of one connection, the oldest one first.
#[derive(Debug, Default)]
struct Pairing {
    waiting: VecDeque<Exchange>,
    /// A fault of a message that is still to come.
    errors: Sides<Option<Cow<'static, str>>>,
    ends: Option<Sides<SocketAddr>>,
}

impl Exchanges {
    /// None yet; at most so many bytes are held.
    pub(crate) fn new(max_held_len: usize) -> Self {
        Self {
            connections: HashMap::new(),
            open: BTreeMap::new(),
            done: Vec::new(),
            begun: 0,
            held_len: 0,
            max_held_len,
            keeping: Keeping::Nothing,
        }
    }

    /// The same, with the messages themselves.
    pub(crate) fn with_messages(mut self) -> Self {
        self.keeping = Keeping::Messages;
        self
    }

    /// Takes what happened on a connection.
    pub(crate) fn take(&mut self, connection: &Connection, tale: &Tale) {
        match &tale.what {
            What::Message {
                application, event, ..
            } => match tale.from {
                Side::Client => self.client(connection, *application, (event, tale.time)),
                Side::Server => self.server(connection, *application, (event, tale.time)),
            },
            What::Gap { .. } => self.gap(connection, tale.from),
            _ => {}
        }
    }

    /// Keeps the exchange that one end speaks of, if that is so.
    pub(crate) fn mark(
        &mut self,
        connection: &Connection,
        from: Side,
        is_kept: impl FnOnce() -> bool,
    ) {
        let pairing = self.connections.get_mut(&connection.number);
        let exchange = pairing.and_then(|pairing| match from {
            Side::Client => pairing.waiting.back_mut(),
            Side::Server => pairing.waiting.front_mut(),
        });
        if let Some(exchange) = exchange
            && !exchange.is_kept
        {
            exchange.is_kept = is_kept();
        }
    }

    /// Nothing more comes of a connection.
    pub(crate) fn finish(&mut self, connection: &Connection) {
        let Some(pairing) = self.connections.remove(&connection.number) else {
            return;
        };
        for exchange in pairing.waiting {
            self.end(connection, exchange);
        }
    }

    /// Whether an exchange is not over yet, and may be the cause of others.
    pub(crate) fn is_open(&self, number: u64) -> bool {
        self.open.contains_key(&number)
    }

    /// Those that were found to be over since the last call.
    pub(crate) fn done(&mut self) -> Vec<Exchange> {
        core::mem::take(&mut self.done)
    }

    fn client(&mut self, connection: &Connection, layer: Application, said: (&Event, Time)) {
        let (event, time) = said;
        let asked = match event.message() {
            Message::Request(request) => Some(Asked::http1(request)),
            Message::Packet(packet) => Asked::uwsgi(packet),
            _ => None,
        };
        if let Some(asked) = asked {
            self.begin(connection, layer, (asked, time));
            return self.keep(connection, |messages, _| messages.ask(event));
        }
        if let Message::Data(data) = event.message() {
            self.keep(connection, |messages, room| {
                messages.request_body.push(data, room);
            });
        }
        let pairing = self.connections.entry(connection.number).or_default();
        let last = pairing.waiting.back_mut();
        let current = last.filter(|it| it.times.sent.is_none() && it.request.is_some());
        match (event.message(), current) {
            (Message::Data(data), Some(exchange)) => exchange.request_len += data.len() as u64,
            (Message::End(_) | Message::BodyEnd, Some(exchange)) => {
                exchange.times.sent = Some(time);
            }
            (Message::Error(fault), Some(exchange)) => {
                exchange.error.get_or_insert_with(|| fault.kind.clone());
            }
            (Message::Error(fault), None) => pairing.errors.client = Some(fault.kind.clone()),
            _ => {}
        }
    }

    /// Bytes of messages for which there is room: half of it, so that requests find some.
    const fn room(&self) -> usize {
        (self.max_held_len / 2).saturating_sub(self.held_len)
    }

    /// Adds to the current request's message, if messages are kept.
    fn keep(&mut self, connection: &Connection, change: impl FnOnce(&mut Messages, usize)) {
        let room = self.room();
        let pairing = self.connections.get_mut(&connection.number);
        let last = pairing.and_then(|pairing| pairing.waiting.back_mut());
        let current = last.filter(|it| it.times.sent.is_none() && it.request.is_some());
        if let Some(messages) = current.and_then(|it| it.messages.as_deref_mut()) {
            let before = messages.held_len();
            change(messages, room);
            self.held_len = (self.held_len + messages.held_len()).saturating_sub(before);
        }
    }

    fn begin(&mut self, connection: &Connection, layer: Application, asked: (Asked, Time)) {
        let (asked, time) = asked;
        let parent = self.cause(connection, &asked);
        let exchange = self.new_exchange(connection, layer);
        let pairing = self.connections.entry(connection.number).or_default();
        let opened = match pairing.ends.replace(connection.ends) {
            None => connection.opened(),
            Some(_) => None,
        };
        let exchange = Exchange {
            parent,
            error: pairing.errors.client.take(),
            times: Times {
                start: Some(time),
                ..Times::default()
            },
            request: Some(asked),
            network: Network {
                opened,
                ..exchange.network
            },
            ..exchange
        };
        let len = exchange.held_len();
        let is_full = pairing.waiting.len() >= MAX_WAITING;
        self.held_len += len;
        if is_full || self.held_len > self.max_held_len {
            return self.end(connection, exchange);
        }
        if self.open.len() >= MAX_OPEN {
            self.open.pop_first();
        }
        self.open.insert(exchange.number, connection.number);
        pairing.waiting.push_back(exchange);
    }

    fn new_exchange(&mut self, connection: &Connection, layer: Application) -> Exchange {
        self.begun += 1;
        Exchange {
            number: self.begun,
            connection: connection.number,
            server: connection.ends.server,
            server_name: connection.names.server.clone(),
            parent: Parent::None,
            layer,
            request: None,
            status: None,
            interim: Vec::new(),
            request_len: 0,
            response_len: 0,
            times: Times::default(),
            network: Network {
                round_trip: connection.round_trip(),
                opened: None,
                // Those before it, until it is over.
                retransmissions: connection.notes.retransmissions(),
            },
            is_switch: false,
            is_kept: false,
            is_complete: false,
            messages: match self.keeping {
                Keeping::Messages => Some(Box::default()),
                Keeping::Nothing => None,
            },
            error: None,
        }
    }

    /// The request that was made before, is not answered yet, and fits best.
    fn cause(&self, connection: &Connection, inner: &Asked) -> Parent {
        let mut best = (0, Parent::None);
        for (&number, outer) in &self.open {
            if *outer == connection.number {
                continue;
            }
            let Some(pairing) = self.connections.get(outer) else {
                continue;
            };
            let exchange = pairing.waiting.iter().find(|it| it.number == number);
            let Some((asked, ends)) = exchange
                .and_then(|it| it.request.as_ref())
                .zip(pairing.ends)
            else {
                continue;
            };
            if !may_cause(&ends, &connection.ends) {
                continue;
            }
            // Of those that share a name, the one that was asked is nearer who asks.
            let fit = asked.fits(ends.client, inner);
            let is_asked = ends.server.ip() == connection.ends.client.ip();
            match fit + u32::from(fit >= 64 && is_asked) * 32 {
                0 => {}
                fit if fit > best.0 => best = (fit, Parent::Known(number)),
                fit if fit == best.0 => best.1 = Parent::Ambiguous,
                _ => {}
            }
        }
        best.1
    }

    fn server(&mut self, connection: &Connection, layer: Application, said: (&Event, Time)) {
        let (event, time) = said;
        let room = self.room();
        let number = connection.number;
        let is_head = matches!(event.message(), Message::Response(_));
        let is_empty = |it: &Self| {
            let pairing = it.connections.get(&number);
            pairing.is_none_or(|pairing| pairing.waiting.is_empty())
        };
        if is_head && is_empty(self) {
            let exchange = self.new_exchange(connection, layer);
            self.held_len += exchange.held_len();
            let pairing = self.connections.entry(number).or_default();
            pairing.waiting.push_back(exchange);
        }
        let pairing = self.connections.entry(number).or_default();
        let Some(exchange) = pairing.waiting.front_mut() else {
            if let Message::Error(fault) = event.message() {
                pairing.errors.server = Some(fault.kind.clone());
            }
            return;
        };
        let is_over = match event.message() {
            Message::Response(response) => {
                let status = response.status;
                if status.is_informational() && status.0 != 101 {
                    exchange.interim.push(status.0);
                    return;
                }
                exchange.status = Some(status.0);
                if let Some(messages) = &mut exchange.messages {
                    let before = messages.held_len();
                    messages.answer(event);
                    self.held_len = (self.held_len + messages.held_len()).saturating_sub(before);
                }
                exchange.times.first_byte = Some(time);
                if let Some(error) = pairing.errors.server.take() {
                    exchange.error.get_or_insert(error);
                }
                false
            }
            Message::Data(data) => {
                exchange.response_len += data.len() as u64;
                if let Some(messages) = &mut exchange.messages {
                    let before = messages.held_len();
                    messages.response_body.push(data, room);
                    self.held_len = (self.held_len + messages.held_len()).saturating_sub(before);
                }
                false
            }
            // An interim response has an end too.
            Message::End(_) if exchange.status.is_none() => false,
            Message::End(_) => {
                exchange.times.end = Some(time);
                exchange.is_complete = exchange.times.sent.is_some() && exchange.error.is_none();
                // What follows is still to be said to be another protocol's.
                exchange.status != Some(101)
            }
            Message::Switch => {
                exchange.is_switch = true;
                exchange.is_complete = exchange.request.is_some();
                exchange.times.end.get_or_insert(time);
                true
            }
            Message::Error(fault) if exchange.status.is_some() => {
                exchange.error.get_or_insert_with(|| fault.kind.clone());
                false
            }
            Message::Error(fault) => {
                pairing.errors.server = Some(fault.kind.clone());
                false
            }
            _ => false,
        };
        if is_over && let Some(exchange) = pairing.waiting.pop_front() {
            self.end(connection, exchange);
        }
    }

    /// Bytes are missing: what was under way has lost them, and what follows need not be its.
    fn gap(&mut self, connection: &Connection, from: Side) {
        let Some(pairing) = self.connections.get_mut(&connection.number) else {
            return;
        };
        let is_begun = |it: &Exchange| it.status.is_some();
        if from == Side::Server
            && pairing.waiting.front().is_some_and(is_begun)
            && let Some(exchange) = pairing.waiting.pop_front()
        {
            self.end(connection, exchange);
        }
    }

    fn end(&mut self, connection: &Connection, mut exchange: Exchange) {
        let before = exchange.network.retransmissions;
        exchange.network.retransmissions = connection.notes.retransmissions() - before;
        self.held_len = self.held_len.saturating_sub(exchange.held_len());
        self.open.remove(&exchange.number);
        self.done.push(exchange);
    }
}

/// Whether who was asked on one connection may be who asks on another: not the same client once more.
fn may_cause(outer: &Sides<SocketAddr>, inner: &Sides<SocketAddr>) -> bool {
    let is_same_client = outer.client.ip() == inner.client.ip();
    outer.server != inner.server && (!is_same_client || outer.client.ip() == outer.server.ip())
}
