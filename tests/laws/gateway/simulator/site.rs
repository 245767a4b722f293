//! The configurations that conversations have.

use core::time::Duration;
use std::path::Path;
use std::rc::Rc;

use wirekit_gateway::config::{Affinity, Config, Keys};
use wirekit_gateway::core::session::Rules;

use super::chance::Chance;
use super::request::{MAX_CONTENT, MAX_HEAD};

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

/// Servers and limits, beside the site. The servers of the fourth take one request at once, so that clients wait for each other.
/// The last two keep users on their servers: by the application's session and the store, or by a cookie of the gateway's.
const VARIANTS: [&str; 6] = [
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
    r#"
retries = 2
affinity = { learn = "sid", store = "redis://127.0.0.1:6379", ttl = "30d", budget = "5ms" }
[[upstream.app.server]]
id = "a"
address = "127.0.0.1:1"
[[upstream.app.server]]
id = "b"
address = "127.0.0.1:2"
[[upstream.app.server]]
id = "c"
address = "127.0.0.1:3"
max_connections = 1
[upstream.http]
protocol = "http1"
[[upstream.http.server]]
id = "a"
address = "127.0.0.1:4"
[[upstream.http.server]]
id = "b"
address = "127.0.0.1:5"
"#,
    r#"
[[upstream.app.server]]
id = "a"
address = "127.0.0.1:1"
[[upstream.app.server]]
id = "b"
address = "127.0.0.1:2"
max_connections = 1
[[upstream.app.server]]
id = "c"
address = "127.0.0.1:3"
state = "backup"
[upstream.http]
protocol = "http1"
affinity = { learn = "sid", store = "redis://127.0.0.1:6379", ttl = "30d", budget = "5ms" }
[[upstream.http.server]]
id = "a"
address = "127.0.0.1:4"
[[upstream.http.server]]
id = "b"
address = "127.0.0.1:5"
"#,
];

/// From which variant on users stay on their servers.
const FIRST_WITH_USERS: usize = 4;

/// The rules of one of the configurations.
pub(super) fn draw(chance: &mut Chance<'_>) -> Rc<Rules> {
    let variant = chance.below(VARIANTS.len());
    RULES.with(|rules| rules[variant].clone())
}

/// How long a cookie of the gateway's own lasts, in seconds.
pub(super) const MAX_AGE: u64 = 3600;

/// The key that signs it.
pub(super) fn keys() -> Keys {
    Keys::parse("k".repeat(32).as_bytes()).expect("a key")
}

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
    let mut config = config.expect("the simulator's configuration");
    if variant >= FIRST_WITH_USERS {
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
    Rc::new(Rules::new(config))
}

thread_local! {
    static RULES: [Rc<Rules>; VARIANTS.len()] = core::array::from_fn(rules);
}
