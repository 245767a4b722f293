//! The configurations that conversations have.

use core::time::Duration;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use wirekit_gateway::config::{Affinity, Config, Keys};
use wirekit_gateway::core::affinity::Digest;
use wirekit_gateway::core::session::{Listener, Rules};

use super::chance::Chance;
use super::cookies::session;
use super::request::{MAX_CONTENT, MAX_HEAD};
use super::users::{USERS, affinity};

/// What all of them have.
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
"#;

/// What is said of each upstream of all of them.
const APP: &str = r#"
protocol = "uwsgi"
health = { interval = "1s", rise = 1, fall = 1 }
"#;
const HTTP: &str = r#"
protocol = "http1"
"#;

/// By the application's session, and a store.
const LEARNS: &str = r#"affinity = { learn = "sid", store = "redis://127.0.0.1:6379", ttl = "30d", budget = "5ms" }"#;
const ONE_AT_ONCE: &str = "max_connections = 1";
const BACKUP: &str = r#"state = "backup""#;

/// In what a configuration is its own.
#[derive(Debug)]
struct Variant {
    limits: &'static str,
    app: Upstream,
    http: Upstream,
    users: Users,
}

#[derive(Debug)]
struct Upstream {
    says: &'static [&'static str],
    servers: &'static [Server],
}

/// An id, a port, and what else is said of a server.
type Server = (&'static str, u16, &'static str);

/// Whether users stay on their servers: then an upstream that does not learn who they are gives them a cookie of the gateway's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Users {
    Wander,
    Stay,
}

const VARIANTS: [Variant; 6] = [
    Variant {
        limits: "",
        app: Upstream {
            says: &[],
            servers: &[("a", 1, ""), ("b", 2, ""), ("c", 6, "")],
        },
        http: Upstream {
            says: &[],
            servers: &[("a", 3, "")],
        },
        users: Users::Wander,
    },
    Variant {
        limits: "",
        app: Upstream {
            says: &["retries = 2", r#"balance = "least_connections""#],
            servers: &[("a", 1, ""), ("b", 2, ""), ("c", 3, BACKUP)],
        },
        http: Upstream {
            says: &[
                r#"balance = "hash_consistent""#,
                r#"hash_key = "$path""#,
                "persistent = 0",
            ],
            servers: &[("a", 4, ""), ("b", 5, "")],
        },
        users: Users::Wander,
    },
    Variant {
        limits: "requests_per_connection = 3",
        app: Upstream {
            says: &["retries = 0", "persistent = 1"],
            servers: &[("a", 1, "")],
        },
        http: Upstream {
            says: &["retries = 3"],
            servers: &[("a", 4, ""), ("b", 5, "max_failures = 0")],
        },
        users: Users::Wander,
    },
    // Clients wait for each other.
    Variant {
        limits: "",
        app: Upstream {
            says: &[r#"balance = "ip_hash""#],
            servers: &[("a", 1, ONE_AT_ONCE), ("b", 2, ONE_AT_ONCE)],
        },
        http: Upstream {
            says: &[],
            servers: &[("a", 4, "")],
        },
        users: Users::Wander,
    },
    Variant {
        limits: "",
        app: Upstream {
            says: &["retries = 2", LEARNS],
            servers: &[("a", 1, ""), ("b", 2, ""), ("c", 3, ONE_AT_ONCE)],
        },
        http: Upstream {
            says: &[],
            servers: &[("a", 4, ""), ("b", 5, "")],
        },
        users: Users::Stay,
    },
    Variant {
        limits: "",
        app: Upstream {
            says: &[],
            servers: &[("a", 1, ""), ("b", 2, ONE_AT_ONCE), ("c", 3, BACKUP)],
        },
        http: Upstream {
            says: &[LEARNS],
            servers: &[("a", 4, ""), ("b", 5, "")],
        },
        users: Users::Stay,
    },
];

impl Variant {
    fn text(&self) -> String {
        let mut text = format!(
            "[trust]\nproxies = [\"198.51.100.0/24\"]\n[limits]\nhead = \"{MAX_HEAD} B\"\nbody = \"{MAX_CONTENT} B\"\n{}\n{SITE}",
            self.limits
        );
        for (name, says, upstream) in [("app", APP, &self.app), ("http", HTTP, &self.http)] {
            text += &format!("[upstream.{name}]{says}{}\n", upstream.says.join("\n"));
            for (id, port, says) in upstream.servers {
                text += &format!(
                    "[[upstream.{name}.server]]\nid = \"{id}\"\naddress = \"127.0.0.1:{port}\"\n{says}\n"
                );
            }
        }
        text
    }

    fn config(&self) -> Config {
        let config = Config::parse(&self.text(), Path::new("gateway.toml"));
        let mut config = config.expect("the simulator's configuration");
        if self.users == Users::Stay {
            // There is no key file: it is read with the configuration.
            let others = config.upstreams.iter_mut();
            for upstream in others.filter(|upstream| upstream.affinity.is_none()) {
                upstream.affinity = Some(Affinity::Cookie {
                    cookie: "route".to_owned(),
                    key_file: "route.key".into(),
                    keys: keys(),
                    max_age: Some(Duration::from_secs(MAX_AGE)),
                    path: "/".to_owned(),
                });
            }
        }
        config
    }
}

/// How long a cookie of the gateway's own lasts, in seconds.
pub(super) const MAX_AGE: u64 = 3600;

/// The key that signs it.
pub(super) fn keys() -> Keys {
    Keys::parse("k".repeat(32).as_bytes()).expect("a key")
}

/// The users' sessions, as the store has them, and the place of the upstream that learns them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sessions {
    pub(super) upstream: usize,
    pub(super) digests: [Digest; USERS],
}

impl Sessions {
    fn of(config: &Config) -> Option<Self> {
        let learns = |at: &usize| matches!(affinity(config, *at), Some(Affinity::Learn { .. }));
        let upstream = (0..config.upstreams.len()).find(learns)?;
        let name = &config.upstreams[upstream].name;
        let digest = |user| Digest::new(name, "sid", session(user).as_bytes());
        Some(Self {
            upstream,
            digests: core::array::from_fn(digest),
        })
    }
}

/// A configuration, which is read once for all conversations.
#[derive(Clone, Debug)]
pub(super) struct Site {
    pub(super) config: Arc<Config>,
    /// What conversations begin with, but for their own store and checks.
    pub(super) rules: Rc<Rules>,
    /// Of clients, and of a balancer that writes the PROXY protocol.
    pub(super) listeners: [Rc<Listener>; 2],
    /// Where users are known by the application's session.
    pub(super) sessions: Option<Sessions>,
}

/// One of the configurations.
pub(super) fn draw(chance: &mut Chance<'_>) -> Site {
    let variant = chance.below(VARIANTS.len());
    SITES.with(|sites| sites[variant].clone())
}

thread_local! {
    static SITES: [Site; VARIANTS.len()] = VARIANTS.map(|variant| {
        let config = Arc::new(variant.config());
        let listener = || Listener::new(&config.listeners[0].address);
        let listeners = [listener(), listener().with_proxy_header()].map(Rc::new);
        let sessions = Sessions::of(&config);
        let rules = Rc::new(Rules::new(config.clone()));
        Site { config, rules, listeners, sessions }
    });
}
