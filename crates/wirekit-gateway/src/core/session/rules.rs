use core::fmt;
use core::net::SocketAddr;
use std::sync::Arc;

use wirekit::http1;
use wirekit::uwsgi::Var;
use wirekit::uwsgi::request::{Prefix, PrefixBuf};

use crate::config::{Action, Address, Config};
use crate::core::affinity::{Affinity, Known, Learn, Stores};
use crate::core::balance::{Balancer, Ring};
use crate::core::challenges::Challenges;
use crate::core::health::Verdicts;
use crate::core::route::{Route, Router};

/// A configuration, ready to be asked.
#[derive(Clone)]
pub struct Rules {
    config: Arc<Config>,
    router: Arc<Router>,
    /// Of each upstream that has a use for one.
    rings: Arc<[Option<Arc<Ring>>]>,
    /// Of each upstream.
    affinities: Vec<Option<Affinity>>,
    http1: http1::Config,
    generation: u64,
    verdicts: Verdicts,
    challenges: Challenges,
}

impl fmt::Debug for Rules {
    /// Which they are: a record has them, and is read by people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rules({})", self.generation)
    }
}

impl Rules {
    /// Readies a configuration.
    pub fn new(config: impl Into<Arc<Config>>) -> Self {
        let config = config.into();
        let router = Arc::new(Router::new(&config));
        let rings = config.upstreams.iter().map(Ring::of).collect();
        let affinities = affinities(&config, &Stores::default());
        let limits = http1::Limits::DEFAULT.max_head_len(config.limits.head);
        let http1 = http1::Config::DEFAULT.limits(limits);
        Self {
            config,
            router,
            rings,
            affinities,
            http1,
            generation: 0,
            verdicts: Verdicts::default(),
            challenges: Challenges::default(),
        }
    }

    /// These rules take the place of others: each configuration of a program has a number of its own.
    #[must_use]
    pub fn with_generation(self, generation: u64) -> Self {
        Self { generation, ..self }
    }

    /// What checks say of its servers, from now on and whenever that changes.
    #[must_use]
    pub fn with_verdicts(self, verdicts: Verdicts) -> Self {
        Self { verdicts, ..self }
    }

    /// What authorities are answered, from now on and whenever that changes.
    #[must_use]
    pub fn with_challenges(self, challenges: Challenges) -> Self {
        Self { challenges, ..self }
    }

    pub(super) const fn challenges(&self) -> &Challenges {
        &self.challenges
    }

    /// The servers of each upstream, none of which has a request.
    pub(super) fn balancers(&self) -> impl Iterator<Item = Balancer> {
        let upstreams = self.config.upstreams.iter().zip(self.rings.iter());
        upstreams.enumerate().map(|(at, (upstream, ring))| {
            let mut balancer = Balancer::with_ring(upstream, ring.clone());
            balancer.heed(&self.verdicts, at);
            balancer
        })
    }

    /// The same, with what other rules know of the users of these stores.
    #[must_use]
    pub fn with_stores(self, stores: &Stores) -> Self {
        let upstreams = self.config.upstreams.iter().zip(self.affinities);
        let affinities = upstreams
            .map(|(upstream, affinity)| match affinity {
                Some(Affinity::Learn(_)) => Affinity::of(upstream, stores),
                // Its key is not to be read anew.
                affinity => affinity,
            })
            .collect();
        Self { affinities, ..self }
    }

    /// What is known of the users of an upstream whose sessions are learnt.
    pub fn known(&self, upstream: usize) -> Option<&Arc<Known>> {
        self.learn(upstream).map(|learn| &learn.known)
    }

    /// How the sessions of an upstream are learnt, if they are.
    pub(crate) fn learn(&self, upstream: usize) -> Option<&Learn> {
        match self.affinity(upstream)? {
            Affinity::Learn(learn) => Some(learn),
            Affinity::Cookie(_) => None,
        }
    }

    /// Which configuration of the program this is.
    pub const fn generation(&self) -> u64 {
        self.generation
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The `Strict-Transport-Security` of a site; empty for none.
    pub(super) fn hsts(&self, site: usize) -> &str {
        let site = self.config.sites.get(site);
        site.map_or("", |site| &site.hsts)
    }

    /// What is said of the files of a location to caches; empty for nothing.
    pub(super) fn cache_control(&self, route: Route) -> &str {
        let site = self.config.sites.get(route.site);
        let location = site.and_then(|site| site.locations.get(route.location));
        match location.map(|location| &location.action) {
            Some(Action::Static(files)) => &files.cache_control,
            _ => "",
        }
    }

    /// What keeps the users of an upstream on their servers, if anything does.
    pub(super) fn affinity(&self, upstream: usize) -> Option<&Affinity> {
        self.affinities.get(upstream)?.as_ref()
    }

    pub(super) fn router(&self) -> &Router {
        &self.router
    }

    pub(super) const fn http1(&self) -> http1::Config {
        self.http1
    }
}

fn affinities(config: &Config, stores: &Stores) -> Vec<Option<Affinity>> {
    let upstreams = config.upstreams.iter();
    upstreams
        .map(|upstream| Affinity::of(upstream, stores))
        .collect()
}

/// A socket that clients connect to, and what every request from there says of it.
#[derive(Debug)]
pub struct Listener {
    address: Address,
    scheme: &'static str,
    /// None where the names do not fit a packet.
    prefix: Option<PrefixBuf>,
    has_proxy_header: bool,
}

impl Listener {
    /// A listener of plain HTTP at this address.
    pub fn new(address: &Address) -> Self {
        let vars = [Var::new(b"REQUEST_SCHEME", b"http")];
        Self::of("http", address, &vars)
    }

    /// A listener of HTTP in TLS at this address.
    pub fn encrypted(address: &Address) -> Self {
        let vars = [
            Var::new(b"REQUEST_SCHEME", b"https"),
            Var::new(b"HTTPS", b"on"),
        ];
        Self::of("https", address, &vars)
    }

    fn of(scheme: &'static str, address: &Address, says: &[Var<'_>]) -> Self {
        let (name, port) = match address {
            Address::Tcp(SocketAddr::V4(address)) => (address.ip().to_string(), address.port()),
            Address::Tcp(SocketAddr::V6(address)) => (address.ip().to_string(), address.port()),
            Address::Unix(_) | Address::Builtin(_) if scheme == "https" => {
                ("localhost".to_owned(), 443)
            }
            Address::Unix(_) | Address::Builtin(_) => ("localhost".to_owned(), 80),
        };
        let port = port.to_string();
        let mut vars = vec![
            Var::new(b"SERVER_NAME", name.as_bytes()),
            Var::new(b"SERVER_PORT", port.as_bytes()),
            Var::new(b"SERVER_SOFTWARE", b"wirekit-gateway"),
        ];
        vars.extend_from_slice(says);
        Self {
            address: address.clone(),
            scheme,
            prefix: PrefixBuf::new(&vars).ok(),
            has_proxy_header: false,
        }
    }

    /// The same, where a connection begins with a header of the PROXY protocol.
    #[must_use]
    pub fn with_proxy_header(self) -> Self {
        Self {
            has_proxy_header: true,
            ..self
        }
    }

    /// Whether a configuration has it.
    pub(super) fn is_in(&self, config: &Config) -> bool {
        let mut listeners = config.listeners.iter();
        listeners.any(|listener| listener.address == self.address)
    }

    pub(super) const fn has_proxy_header(&self) -> bool {
        self.has_proxy_header
    }

    pub(super) const fn scheme(&self) -> &'static str {
        self.scheme
    }

    pub(super) fn prefix(&self) -> Option<Prefix<'_>> {
        self.prefix.as_ref().map(PrefixBuf::as_prefix)
    }
}
