use core::time::Duration;
use std::time::Instant;

use super::upstream::Upstream;
use crate::config::{Config, Protocol, Server, ServerState};
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
    /// Whether connections to each server are kept: not to one that drains or is down.
    is_wanted: Vec<bool>,
    streams: Vec<(usize, Instant, Upstream)>,
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
                is_wanted: upstream.servers.iter().map(is_wanted).collect(),
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

    /// The configuration changed: connections to servers whose id, address and protocol are the same stay, others are closed,
    /// as are those to servers that drain or are down.
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
                let place = place.filter(|at| kept.wants(*at) && kept.streams.len() < kept.max);
                if let Some(place) = place {
                    kept.streams.push((place, since, stream));
                }
            }
        }
        *self = next;
    }

    /// Checks say that a server is not well: connections to it are closed.
    pub(super) fn close(&mut self, (upstream, server): (usize, usize)) {
        if let Some(kept) = self.upstreams.get_mut(upstream) {
            kept.streams.retain(|(other, ..)| *other != server);
        }
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
    ) -> Option<Upstream> {
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
        stream: Upstream,
    ) {
        if generation != self.generation {
            return;
        }
        let Some(kept) = self.upstreams.get_mut(upstream) else {
            return;
        };
        let is_waiting = |(other, ..): &(usize, Instant, Upstream)| *other == server;
        match kept.habits.get(server) {
            Some(Habit::Keeps) => {}
            // One that is waited for is enough to learn.
            Some(Habit::Unknown) if !kept.streams.iter().any(is_waiting) => {}
            _ => return,
        }
        if kept.max == 0 || !kept.wants(server) {
            return;
        }
        if kept.streams.len() >= kept.max {
            kept.streams.remove(0);
        }
        kept.streams.push((server, Instant::now(), stream));
    }
}

impl Kept {
    fn wants(&self, server: usize) -> bool {
        self.is_wanted.get(server).copied().unwrap_or_default()
    }
}

fn is_wanted(server: &Server) -> bool {
    matches!(server.state, ServerState::Up | ServerState::Backup)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;

    use super::*;

    /// The generation of rules that have no number, and the only server.
    const PLACE: (u64, (usize, usize)) = (0, (0, 0));

    fn pool(protocol: &str) -> Pool {
        Pool::new(&Rules::new(config(protocol, "")))
    }

    fn config(protocol: &str, server: &str) -> Config {
        let text = format!(
            "[[site]]\n[[site.location]]\npath = '/'\nupstream = 'a'\n[upstream.a]\nprotocol = '{protocol}'\n\
             [[upstream.a.server]]\nid = 'a'\naddress = '127.0.0.1:1'\n{server}"
        );
        Config::parse(&text, Path::new("gateway.toml")).unwrap()
    }

    #[tokio::test]
    async fn connections_to_servers_that_are_left_are_closed_at_once() {
        let other = "[[upstream.a.server]]\nid = 'b'\naddress = '127.0.0.1:2'\n";
        let gone = config("http1", other).upstreams[0].servers[1].clone();
        let rows = [
            ("weight = 2\n", true),
            (
                "state = 'backup'\n[[upstream.a.server]]\nid = 'b'\naddress = '127.0.0.1:2'\n",
                true,
            ),
            ("state = 'drain'\n", false),
            (
                "state = 'down'\n[[upstream.a.server]]\nid = 'b'\naddress = '127.0.0.1:2'\n",
                false,
            ),
        ];
        for (server, stays) in rows {
            let mut pool = pool("http1");
            let mut theirs = pool.keeps(Duration::ZERO);
            let next = Rules::new(config("http1", server));
            pool.renew(&config("http1", ""), &next);
            assert_eq!(pool.upstreams[0].streams.len(), usize::from(stays));
            if !stays {
                assert_eq!(theirs.read(&mut [0]).unwrap(), 0, "{server}");
            }
            // Nor are others kept.
            drop(pool.upstreams[0].streams.drain(..));
            let (ours, _theirs) = UnixStream::pair().unwrap();
            pool.keep(PLACE.0, PLACE.1, Upstream::of(ours));
            assert_eq!(pool.upstreams[0].streams.len(), usize::from(stays));
        }
        let mut pool = pool("http1");
        let _theirs = pool.keeps(Duration::ZERO);
        let mut without = config("http1", "");
        without.upstreams[0].servers = vec![gone];
        pool.renew(&config("http1", ""), &Rules::new(without));
        assert!(pool.upstreams[0].streams.is_empty());
        let _theirs = pool.keeps(Duration::ZERO);
        pool.close((0, 1));
        assert_eq!(pool.upstreams[0].streams.len(), 1);
        pool.close(PLACE.1);
        assert!(pool.upstreams[0].streams.is_empty());
    }

    impl Pool {
        /// Keeps a connection that has lain there for that long; the server's end of it.
        fn keeps(&mut self, age: Duration) -> UnixStream {
            let (ours, theirs) = UnixStream::pair().unwrap();
            self.keep(PLACE.0, PLACE.1, Upstream::of(ours));
            let kept = &mut self.upstreams[0].streams;
            kept.last_mut().unwrap().1 = Instant::now().checked_sub(age).unwrap();
            theirs
        }

        fn takes(&mut self) -> bool {
            self.take(PLACE.0, PLACE.1, Repeats::MayNot).is_some()
        }

        fn habit(&self) -> Habit {
            self.upstreams[0].habits[0]
        }
    }

    /// It may have ended while it lay there, and the runtime not know of it yet.
    #[tokio::test]
    async fn a_connection_that_ended_is_not_taken_and_an_earlier_one_is() {
        let mut pool = pool("http1");
        let _stays = pool.keeps(Duration::ZERO);
        drop(pool.keeps(Duration::ZERO));
        let mut talks = pool.keeps(Duration::ZERO);
        talks.write_all(b"unasked").unwrap();
        assert!(pool.takes());
        assert!(pool.upstreams[0].streams.is_empty());
        assert!(!pool.takes());
    }

    #[tokio::test]
    async fn how_a_uwsgi_server_ends_connections_is_learnt_from_the_first() {
        let (early, late) = (PROBATION, SAYS_NOTHING + Duration::from_millis(1));
        let rows = [
            // How long it lay there, whether it ended, what is learnt.
            (Duration::ZERO, false, Habit::Unknown),
            (Duration::ZERO, true, Habit::Unknown),
            (early, false, Habit::Keeps),
            (early, true, Habit::Closes),
            (late, false, Habit::Keeps),
            // A server that keeps connections ends them as well, later.
            (late, true, Habit::Unknown),
        ];
        for (age, ended, habit) in rows {
            let mut pool = pool("uwsgi");
            let mut theirs = Some(pool.keeps(age));
            if ended {
                theirs = None;
            }
            assert_eq!(pool.takes(), habit == Habit::Keeps, "{age:?} {ended}");
            assert_eq!(pool.habit(), habit, "{age:?} {ended}");
            drop(theirs);
        }
    }
}
