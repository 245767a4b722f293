use core::time::Duration;
use std::time::Instant;

use super::Stream;
use crate::config::{Config, Protocol};
use crate::core::session::{Repeats, Rules};

/// How long a uwsgi server that closes after each response may take to do so.
///
/// uwsgi has no word for a connection that is kept: uWSGI closes behind a response, gunicorn's threads and uWSGI's
/// `--puwsgi-socket` do not. A server is believed to keep its connections once one has stayed open for that long.
const PROBATION: Duration = Duration::from_millis(250);

/// The end of a connection that was left alone for that long says nothing: servers that keep connections close them too,
/// gunicorn after two seconds and uWSGI after four.
const SAYS_NOTHING: Duration = Duration::from_secs(1);

/// Connections to servers that can serve again; the latest is taken first.
#[derive(Debug)]
pub(super) struct Pool {
    /// Of the configuration in which upstreams and servers have these places.
    generation: u64,
    upstreams: Vec<Kept>,
}

#[derive(Debug)]
struct Kept {
    max: usize,
    /// Of each server.
    habits: Vec<Habit>,
    streams: Vec<(usize, Instant, Stream)>,
}

/// What a server does with a connection behind a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Habit {
    Unknown,
    Keeps,
    Closes,
}

impl Pool {
    pub(super) fn new(rules: &Rules) -> Self {
        let upstreams = rules.config().upstreams.iter().map(|upstream| {
            let habit = match upstream.protocol {
                // HTTP says so in each response.
                Protocol::Http1 | Protocol::Tcp => Habit::Keeps,
                Protocol::Uwsgi if upstream.puwsgi => Habit::Keeps,
                Protocol::Uwsgi => Habit::Unknown,
            };
            Kept {
                max: upstream.persistent,
                habits: vec![habit; upstream.servers.len()],
                streams: Vec::new(),
            }
        });
        Self {
            generation: rules.generation(),
            upstreams: upstreams.collect(),
        }
    }

    /// How many connections each upstream has.
    pub(super) fn idle(&self) -> impl Iterator<Item = usize> {
        self.upstreams.iter().map(|kept| kept.streams.len())
    }

    /// The configuration changed: connections to servers whose id, address and protocol are the same stay, others are closed.
    pub(super) fn renew(&mut self, earlier: &Config, rules: &Rules) {
        let mut next = Self::new(rules);
        let upstreams = rules.config().upstreams.iter().zip(&mut next.upstreams);
        for (upstream, kept) in upstreams {
            let same = earlier.upstreams.iter().zip(&mut self.upstreams);
            let mut same = same.filter(|(other, _)| {
                other.name == upstream.name && other.protocol == upstream.protocol
            });
            let Some((other, was)) = same.next() else {
                continue;
            };
            // Where each server is now.
            let places: Vec<Option<usize>> = other
                .servers
                .iter()
                .map(|other| {
                    let mut servers = upstream.servers.iter();
                    servers
                        .position(|server| server.id == other.id && server.address == other.address)
                })
                .collect();
            for (place, habit) in places.iter().zip(&was.habits) {
                if let Some(known) = place.and_then(|place| kept.habits.get_mut(place)) {
                    *known = *habit;
                }
            }
            for (server, since, stream) in was.streams.drain(..) {
                let place = places.get(server).copied().flatten();
                if let Some(place) = place.filter(|_| kept.streams.len() < kept.max) {
                    kept.streams.push((place, since, stream));
                }
            }
        }
        *self = next;
    }

    /// A connection of that server on which nothing came meanwhile: what a server sends unasked is its end, or no answer.
    ///
    /// For a request that may be sent twice it is enough that the runtime knows of nothing; for another one, and while the
    /// server's habit is learned, the socket is asked.
    pub(super) fn take(
        &mut self,
        generation: u64,
        (upstream, server): (usize, usize),
        repeats: Repeats,
    ) -> Option<Stream> {
        if generation != self.generation {
            return None;
        }
        let kept = self.upstreams.get_mut(upstream)?;
        let habit = kept.habits.get_mut(server)?;
        while let Some(at) = kept
            .streams
            .iter()
            .rposition(|(other, ..)| *other == server)
        {
            let (_, since, _) = kept.streams.get(at)?;
            if *habit == Habit::Unknown && since.elapsed() < PROBATION {
                return None;
            }
            let (_, since, stream) = kept.streams.remove(at);
            let is_silent = match (&*habit, repeats) {
                (Habit::Keeps, Repeats::May) => stream.seems_silent(),
                _ => stream.is_silent(),
            };
            if is_silent {
                *habit = Habit::Keeps;
                return Some(stream);
            }
            if *habit == Habit::Unknown && since.elapsed() < SAYS_NOTHING {
                *habit = Habit::Closes;
            }
        }
        None
    }

    pub(super) fn keep(
        &mut self,
        generation: u64,
        (upstream, server): (usize, usize),
        stream: Stream,
    ) {
        if generation != self.generation {
            return;
        }
        let Some(kept) = self.upstreams.get_mut(upstream) else {
            return;
        };
        let is_waiting = |(other, ..): &(usize, Instant, Stream)| *other == server;
        match kept.habits.get(server) {
            Some(Habit::Keeps) => {}
            // One that is waited for is enough to learn.
            Some(Habit::Unknown) if !kept.streams.iter().any(is_waiting) => {}
            _ => return,
        }
        if kept.max == 0 {
            return;
        }
        if kept.streams.len() >= kept.max {
            kept.streams.remove(0);
        }
        kept.streams.push((server, Instant::now(), stream));
    }
}
