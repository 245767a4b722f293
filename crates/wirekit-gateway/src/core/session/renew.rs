//! A new configuration, while connections live.

use std::rc::Rc;

use super::{Rules, Session, Worker};
use crate::config::{Action, Location, Proxy, Server, Site};
use crate::core::balance::{Balancer, Instant};
use crate::core::route::Route;

/// The balancers of a configuration that is no longer the current one, for exchanges that began under it.
#[derive(Debug)]
pub(super) struct Past {
    rules: std::rc::Weak<Rules>,
    generation: u64,
    balancers: Vec<Balancer>,
}

impl Worker {
    /// The configuration changed: what is known of servers that are still there stays known.
    pub fn renew(&mut self, earlier: &Rc<Rules>, rules: &Rules, now: Instant) {
        let upstreams = rules.config().upstreams.iter();
        let balancers = upstreams
            .zip(rules.balancers())
            .map(|(upstream, mut balancer)| {
                let mut others = earlier.config().upstreams.iter();
                let at = others.position(|other| other.name == upstream.name);
                if let Some(other) = at.and_then(|at| self.balancers.get(at)) {
                    balancer.inherit(other, now);
                }
                balancer.number_tickets(rules.generation());
                balancer
            });
        let balancers: Vec<Balancer> = balancers.collect();
        for (upstream, balancer) in earlier.config().upstreams.iter().zip(&self.balancers) {
            let mut next = rules.config().upstreams.iter();
            let next = next.position(|next| next.name == upstream.name);
            balancer.leave_behind(next.and_then(|at| balancers.get(at)), now);
        }
        self.past.retain(|past| past.rules.strong_count() > 0);
        self.past.push(Past {
            rules: Rc::downgrade(earlier),
            generation: self.generation,
            balancers: core::mem::replace(&mut self.balancers, balancers),
        });
        self.generation = rules.generation();
        note_changes(earlier, rules, self.unix_time);
    }

    /// The balancer of an upstream, by its place in the configuration of these rules.
    pub(crate) fn balancer(&mut self, rules: &Rules, upstream: usize) -> Option<&mut Balancer> {
        if rules.generation() == self.generation {
            return self.balancers.get_mut(upstream);
        }
        let mut past = self.past.iter_mut();
        let past = past.find(|past| past.generation == rules.generation())?;
        past.balancers.get_mut(upstream)
    }

    /// Calls who waits for a server of that upstream, if one has room now.
    pub(crate) fn call(&mut self, rules: &Rules, upstream: usize, now: Instant) {
        let ticket = self
            .balancer(rules, upstream)
            .and_then(|balancer| balancer.call(now));
        self.called.extend(ticket.map(|ticket| (upstream, ticket)));
        self.past.retain(|past| past.rules.strong_count() > 0);
        if !self.past.is_empty() {
            self.call_all(now);
        }
    }

    /// Calls who waits for a server that has room, or is well again.
    pub fn call_all(&mut self, now: Instant) {
        // A server has one room for the requests of all configurations.
        let past = self.past.iter_mut().map(|past| &mut past.balancers);
        for balancers in past.chain([&mut self.balancers]) {
            for (upstream, balancer) in balancers.iter_mut().enumerate() {
                let ticket = balancer.call(now);
                self.called.extend(ticket.map(|ticket| (upstream, ticket)));
            }
        }
    }
}

/// Servers that are there again, or in another state, may have lost their users to others in between.
fn note_changes(earlier: &Rules, rules: &Rules, unix_time: u64) {
    for (at, upstream) in rules.config().upstreams.iter().enumerate() {
        let Some(known) = rules.known(at) else {
            continue;
        };
        let mut others = earlier.config().upstreams.iter();
        let other = others.find(|other| other.name == upstream.name);
        for server in &upstream.servers {
            let mut before = other.iter().flat_map(|other| &other.servers);
            let is_same = |other: &&Server| other.id == server.id && other.state == server.state;
            if before.find(is_same).is_none() {
                known.server_changed(&upstream.name, &server.id, unix_time);
            }
        }
    }
}

impl Session {
    /// The configuration changed. An idle connection has the new rules at once; another finishes its exchange under those it
    /// began with, and is closed then if its site or its location is gone or has changed. Where its listener is gone, it ends
    /// as if the worker stopped.
    pub fn renew(&mut self, rules: Rc<Rules>, now: Instant, worker: &mut Worker) {
        let is_listened_on = self.listener.is_in(rules.config());
        match self.current.as_ref().map(|current| current.route) {
            None => self.take_rules(rules),
            Some(route) => {
                if route.is_some_and(|route| !has_same(&self.rules, &rules, route)) {
                    self.is_last = true;
                    if !self.exchange.is_switched() {
                        self.exchange.close_after_response();
                    }
                }
                self.next_rules = Some(rules);
                self.learn_drain(worker);
            }
        }
        match is_listened_on {
            true => self.drive(now, worker),
            false => self.drain(now, worker),
        }
    }

    /// Between two exchanges.
    pub(super) fn take_rules(&mut self, rules: Rc<Rules>) {
        if rules.http1() != self.rules.http1() {
            self.exchange.end();
        }
        self.rules = rules;
        self.next_rules = None;
    }

    /// The rules of the current exchange, or of the next one.
    pub const fn rules(&self) -> &Rc<Rules> {
        &self.rules
    }
}

/// Whether the site and the location of a request are there in another configuration, and say the same.
fn has_same(rules: &Rules, other: &Rules, route: Route) -> bool {
    let sites = &rules.config().sites;
    let Some(site) = sites.get(route.site) else {
        return false;
    };
    let Some(location) = site.locations.get(route.location) else {
        return false;
    };
    let is_same_site = |other: &&Site| {
        other.hosts == site.hosts
            && other.redirect_https == site.redirect_https
            && other.hsts == site.hsts
    };
    let is_same = |there: &Location| {
        there.path == location.path
            && there.exact == location.exact
            && there.body == location.body
            && does_same((rules, &location.action), (other, &there.action))
    };
    let mut others = other.config().sites.iter();
    others
        .find(is_same_site)
        .is_some_and(|site| site.locations.iter().any(is_same))
}

/// An upstream is known by its name: its servers come and go, and connections to it stay.
fn does_same(one: (&Rules, &Action), other: (&Rules, &Action)) -> bool {
    match (one.1, other.1) {
        (Action::Static(a), Action::Static(b)) => a == b,
        (Action::Redirect(a), Action::Redirect(b)) => a.status == b.status && a.to == b.to,
        (Action::Upstream(a), Action::Upstream(b)) => {
            name(one.0, a) == name(other.0, b) && a.websocket == b.websocket && a.params == b.params
        }
        _ => false,
    }
}

fn name<'r>(rules: &'r Rules, proxy: &Proxy) -> Option<&'r str> {
    let upstream = rules.config().upstreams.get(proxy.upstream)?;
    Some(&upstream.name)
}
