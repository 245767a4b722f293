//! What all clients of a conversation share: the worker, time, kept connections, and chance.

use core::time::Duration;
use std::path::Path;
use std::rc::Rc;

use wirekit_gateway::config::{Action, Config, Protocol};
use wirekit_gateway::core::health::{Checks, Outcome};
use wirekit_gateway::core::session::{Listener, Rules, Session, Worker};

use super::answer::{Answer, Ends};
use super::chance::Chance;
use super::header::BALANCER;
use super::request::{MAX_CONTENT, MAX_HEAD};
use super::server::Server;

/// More than this is not read or written at once.
pub(super) const REPORT: usize = 64 * 1024;

/// How bytes are cut on their way.
#[derive(Clone, Copy, Debug)]
enum Cuts {
    Whole,
    Mixed,
    /// At every byte.
    Bytes,
}

#[derive(Debug)]
pub(super) struct Stage<'d> {
    pub(super) chance: Chance<'d>,
    /// The current rules, and those that the conversation began with.
    pub(super) rules: Rc<Rules>,
    first: Rc<Rules>,
    /// The places that the servers of the current rules had there, by upstream.
    pub(super) places: Vec<Vec<usize>>,
    listener: Rc<Listener>,
    /// Whether a balancer stands before the gateway, and writes the PROXY protocol.
    pub(super) is_behind_balancer: bool,
    pub(super) worker: Worker,
    checks: Checks,
    pub(super) now: Duration,
    /// Connections that serve again.
    pool: Vec<Server>,
    cuts: Cuts,
    /// Whether anything goes wrong, and whether anything did that touches every client.
    pub(super) is_faulty: bool,
    pub(super) is_disturbed: bool,
    pub(super) is_drained: bool,
    pub(super) exchanges: usize,
    is_told: bool,
}

const SITE: &str = r#"
[[site]]
[[site.location]]
path = "/files/"
root = "."

[[site.location]]
path = "/moved"
redirect = { to = "https://$host$path" }

[[site.location]]
path = "/http/"
upstream = "http"

[[site.location]]
path = "/big/"
upstream = "http"
body = "1 MiB"

[[site.location]]
path = "/huge/"
upstream = "app"
body = "2 MiB"

[[site.location]]
path = "/"
upstream = "app"

[upstream.app]
protocol = "uwsgi"
health = { interval = "1s", rise = 1, fall = 1 }
"#;

/// Servers and limits, beside the site. The last one's servers take one request at once, so that clients wait for each other.
const VARIANTS: [&str; 4] = [
    r#"
[[upstream.app.server]]
id = "a"
address = "127.0.0.1:1"
[[upstream.app.server]]
id = "b"
address = "127.0.0.1:2"
[[upstream.app.server]]
id = "c"
address = "127.0.0.1:6"
[upstream.http]
protocol = "http1"
[[upstream.http.server]]
id = "a"
address = "127.0.0.1:3"
"#,
    r#"
retries = 2
balance = "least_connections"
[[upstream.app.server]]
id = "a"
address = "127.0.0.1:1"
[[upstream.app.server]]
id = "b"
address = "127.0.0.1:2"
[[upstream.app.server]]
id = "c"
address = "127.0.0.1:3"
state = "backup"
[upstream.http]
protocol = "http1"
balance = "hash_consistent"
hash_key = "$path"
persistent = 0
[[upstream.http.server]]
id = "a"
address = "127.0.0.1:4"
[[upstream.http.server]]
id = "b"
address = "127.0.0.1:5"
"#,
    r#"
retries = 0
persistent = 1
[[upstream.app.server]]
id = "a"
address = "127.0.0.1:1"
[upstream.http]
protocol = "http1"
retries = 3
[[upstream.http.server]]
id = "a"
address = "127.0.0.1:4"
[[upstream.http.server]]
id = "b"
address = "127.0.0.1:5"
max_failures = 0
"#,
    r#"
balance = "ip_hash"
[[upstream.app.server]]
id = "a"
address = "127.0.0.1:1"
max_connections = 1
[[upstream.app.server]]
id = "b"
address = "127.0.0.1:2"
max_connections = 1
[upstream.http]
protocol = "http1"
[[upstream.http.server]]
id = "a"
address = "127.0.0.1:4"
"#,
];

fn rules(variant: usize) -> Rc<Rules> {
    let limits = match variant {
        2 => "requests_per_connection = 3",
        _ => "",
    };
    let text = format!(
        "[trust]\nproxies = [\"198.51.100.0/24\"]\n[limits]\nhead = \"{MAX_HEAD} B\"\nbody = \"{MAX_CONTENT} B\"\n{limits}\n{SITE}{}",
        VARIANTS[variant]
    );
    let config = Config::parse(&text, Path::new("gateway.toml"));
    Rc::new(Rules::new(config.expect("the simulator's configuration")))
}

thread_local! {
    static RULES: [Rc<Rules>; 4] = core::array::from_fn(rules);
}

impl<'d> Stage<'d> {
    pub(super) fn new(mut chance: Chance<'d>, is_told: bool) -> Self {
        let is_faulty = chance.below(4) > 0;
        let is_behind_balancer = chance.one_in(4);
        let variant = chance.below(VARIANTS.len());
        let cuts = match chance.below(16) {
            0..8 => Cuts::Whole,
            15 => Cuts::Bytes,
            _ => Cuts::Mixed,
        };
        let first = RULES.with(|rules| rules[variant].clone());
        let mut checks = Checks::new();
        let verdicts = checks.renew(first.config(), Duration::ZERO, || 0);
        let rules = Rules::new(first.config().clone()).with_verdicts(verdicts);
        let rules = Rc::new(rules);
        let mut worker = Worker::new(&rules);
        worker.date = "Sun, 06 Nov 1994 08:49:37 GMT".to_owned();
        let mut listener = Listener::new(&rules.config().listeners[0].address);
        if is_behind_balancer {
            listener = listener.with_proxy_header();
        }
        Self {
            chance,
            listener: Rc::new(listener),
            is_behind_balancer,
            places: rules
                .config()
                .upstreams
                .iter()
                .map(|it| (0..it.servers.len()).collect())
                .collect(),
            first,
            rules,
            worker,
            checks,
            now: Duration::from_secs(1000),
            pool: Vec::new(),
            cuts,
            is_faulty,
            is_disturbed: false,
            is_drained: false,
            exchanges: 0,
            is_told,
        }
    }

    pub(super) fn session(&self) -> Session {
        let remote = match self.is_behind_balancer {
            true => BALANCER.into(),
            false => ([192, 0, 2, 7], 4711).into(),
        };
        let (rules, listener) = (self.rules.clone(), self.listener.clone());
        Session::new(rules, listener, Some(remote), self.now)
    }

    /// Says what happens, where somebody wants to know.
    pub(super) fn note(&self, what: impl FnOnce() -> String) {
        if self.is_told {
            println!("{:>7.1?} {}", self.now, what());
        }
    }

    /// How much of that many bytes gets through at once.
    pub(super) fn cut(&mut self, len: usize) -> usize {
        let len = len.min(REPORT);
        let most = match self.cuts {
            Cuts::Whole => len,
            // What is large is not worth it.
            Cuts::Bytes if len < 1200 => 1,
            Cuts::Bytes => len - 1000,
            Cuts::Mixed => match self.chance.below(4) {
                0 => len,
                1 => 1,
                2 => 1 + self.chance.below(40),
                _ => 1 + self.chance.below(1000),
            },
        };
        most.min(len)
    }

    /// The places that a server had in the first configuration: it may have moved up since.
    pub(super) fn place(&self, rules: &Rules, upstream: usize, server: usize) -> (usize, usize) {
        let address = &rules.config().upstreams[upstream].servers[server].address;
        let servers = &self.first.config().upstreams[upstream].servers;
        let at = servers.iter().position(|server| server.address == *address);
        (upstream, at.expect("a server of the first configuration"))
    }

    /// Each server's health is checked: every other one that was well is not, or the other way round.
    pub(super) fn check_health(&mut self) {
        let later = self.now + Duration::from_secs(2);
        let mut is_odd = self.exchanges.is_multiple_of(2);
        while let Some(check) = self.checks.begin(later, 0) {
            is_odd = !is_odd;
            let outcome = Outcome::Status(if is_odd { 200 } else { 503 });
            let change = self.checks.report(check.number, outcome, self.now);
            if let Some(change) = change {
                self.note(|| change.to_string());
            }
        }
        self.worker.call_all(self.now);
    }

    /// Another configuration: a location does something else, or a server drains or is gone.
    pub(super) fn reload(&mut self) {
        let mut config = self.rules.config().clone();
        let upstream = self.chance.below(config.upstreams.len());
        let upstream_name = config.upstreams[upstream].name.clone();
        let servers = &mut config.upstreams[upstream].servers;
        match self.chance.below(3) {
            0 => {
                // The time that is left of it may be over at once, or outlast the conversation.
                let at = self.exchanges % servers.len();
                let timeout = [30, 90, 0][self.exchanges % 3];
                let timeout = (timeout > 0).then(|| Duration::from_secs(timeout));
                let (name, id) = (upstream_name, servers[at].id.clone());
                assert!(config.drain(&name, &id, timeout), "it is there");
            }
            1 if servers.len() > 1 => drop(servers.remove(self.chance.below(servers.len()))),
            _ => {
                for location in &mut config.sites[0].locations {
                    match &mut location.action {
                        Action::Redirect(redirect) => redirect.status = 307,
                        Action::Static(files) => files.cache_control.push('x'),
                        // The same limit, written down: that is a change, too.
                        _ => location.body = u64::try_from(MAX_CONTENT).ok(),
                    }
                }
            }
        }
        let generation = self.rules.generation() + 1;
        let verdicts = self.checks.renew(&config, self.now, || 0);
        let rules = Rules::new(config).with_generation(generation);
        let rules = Rc::new(rules.with_verdicts(verdicts));
        let earlier = core::mem::replace(&mut self.rules, rules.clone());
        self.worker.renew(&earlier, &rules, self.now);
        let upstreams = rules.config().upstreams.iter().enumerate();
        let places = upstreams.map(|(at, upstream)| {
            let servers = 0..upstream.servers.len();
            servers
                .map(|server| self.place(&rules, at, server).1)
                .collect()
        });
        self.places = places.collect();
        self.is_disturbed = true;
        let addresses = |rules: &Rules, at: usize| -> Vec<_> {
            let servers = rules.config().upstreams[at].servers.iter();
            servers.map(|server| server.address.clone()).collect()
        };
        let there: Vec<_> = (0..self.first.config().upstreams.len())
            .map(|at| addresses(&rules, at))
            .collect();
        let first = self.first.clone();
        self.pool.retain(|kept| {
            let servers = &first.config().upstreams[kept.upstream].servers;
            there[kept.upstream].contains(&servers[kept.server].address)
        });
    }

    pub(super) fn is_uwsgi(&self, upstream: usize) -> bool {
        self.first.config().upstreams[upstream].protocol == Protocol::Uwsgi
    }

    /// Whether each server of that upstream takes only so many requests at once.
    pub(super) fn has_few_places(&self, upstream: Option<usize>) -> bool {
        let upstream = upstream.map(|at| &self.rules.config().upstreams[at]);
        upstream.is_some_and(|it| it.servers.iter().all(|server| server.max_connections > 0))
    }

    /// How many servers may get a request of that upstream.
    pub(super) fn max_attempts(&self, upstream: usize) -> usize {
        let retries = self.first.config().upstreams[upstream].retries;
        1 + usize::try_from(retries).expect("few")
    }

    /// A connection to that server that was kept: it may have ended meanwhile.
    pub(super) fn take(&mut self, upstream: usize, server: usize) -> Option<Server> {
        let is_it = |kept: &Server| (kept.upstream, kept.server) == (upstream, server);
        let at = self.pool.iter().position(is_it)?;
        let mut kept = self.pool.swap_remove(at);
        if self.is_faulty && self.chance.one_in(8) {
            let ends = self
                .chance
                .pick(&[Ends::Closes, Ends::Resets, Ends::Stalls]);
            kept.answer = Some(Answer::gone(ends));
        }
        Some(kept)
    }

    /// Keeps a connection for the next request, unless there are enough, or something that is no answer came on it.
    pub(super) fn keep(&mut self, server: Server, answered: Option<&Answer>) {
        let max = self.first.config().upstreams[server.upstream].persistent;
        let is_clean = answered.is_some_and(|it| it.wire.len() == it.len && it.ends == Ends::Stays);
        let kept = self.pool.iter().filter(|it| it.upstream == server.upstream);
        if is_clean && kept.count() < max {
            self.pool.push(server);
        }
    }
}
