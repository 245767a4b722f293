//! Two gateways on one Redis, which is killed, stopped, full and flushed.

use core::sync::atomic::{AtomicUsize, Ordering};

use super::application::Application;
use super::redis::Redis;
use super::{Placed, folder, placed, until};
use crate::gateway::Gateway;
use crate::uwsgi::http::ask;

struct Site {
    redis: Redis,
    applications: Vec<Application>,
    /// Two of them.
    gateways: Vec<Gateway>,
    asked: AtomicUsize,
}

impl Site {
    fn start() -> Self {
        let (redis, ids) = (Redis::start(), ["a", "b", "c", "d", "e"]);
        let applications: Vec<Application> = ids.map(Application::start).into();
        let mut tables = format!(
            "[[site]]\n[[site.location]]\npath = '/'\nupstream = 'app'\n[upstream.app]\nprotocol = 'http1'\n\
             affinity = {{ learn = 'sessionid', store = '{}', ttl = '1h', budget = '2s' }}\n",
            redis.url()
        );
        for application in &applications {
            let (id, address) = (application.id(), application.address());
            tables += &format!("[[upstream.app.server]]\nid = '{id}'\naddress = '{address}'\n");
        }
        let gateways = (0..2).map(|_| Gateway::start_in(folder(), &tables));
        Self {
            gateways: gateways.collect(),
            redis,
            applications,
            asked: AtomicUsize::new(0),
        }
    }

    /// A request of a session, by a gateway.
    fn asks(&self, gateway: usize, session: &str) -> Placed {
        let gateway = &self.gateways[gateway];
        let path = format!("/{}", self.asked.fetch_add(1, Ordering::Relaxed));
        let cookie = format!("Cookie: sessionid={session}");
        let response = ask(gateway.port(), &format!("GET {path}"), &[&cookie], b"");
        assert_eq!(response.status, 200);
        let placed = placed(gateway, &path);
        assert_eq!(response.text(), placed.server);
        placed
    }

    /// Begins a session by the first gateway; its server.
    fn logs_in(&self, session: &str) -> String {
        let path = format!("/login/{session}");
        let response = ask(self.gateways[0].port(), &format!("GET {path}"), &[], b"");
        assert_eq!(response.cookies(), format!("sessionid={session}"));
        let placed = placed(&self.gateways[0], &path);
        assert!(placed.is("new", ""), "{placed:?}");
        placed.server
    }

    /// The first gateway, which knows the session, uses it until the second one knows it, too.
    fn is_shared(&self, session: &str, server: &str) {
        until(|| {
            let first = self.asks(0, session);
            assert!(first.is("kept", "") && first.server == server, "{first:?}");
            let second = self.asks(1, session);
            match second.how.as_str() {
                // Its own look-up, and from then on what it knows.
                "kept" => {
                    assert_eq!(second.server, server);
                    Some(())
                }
                _ => {
                    let causes = ["unknown_session", "store_gone", "store_slow"];
                    assert_eq!(second.how, "hashed", "{second:?}");
                    assert!(causes.contains(&second.cause.as_str()), "{second:?}");
                    None
                }
            }
        });
    }

    /// A session that nobody knows is put on the same server by both gateways, for one of these causes.
    fn is_hashed(&self, session: &str, causes: &[&str]) {
        let (first, second) = (self.asks(0, session), self.asks(1, session));
        assert_eq!(first.server, second.server);
        for placed in [first, second] {
            assert_eq!(placed.how, "hashed", "{placed:?}");
            assert!(causes.contains(&placed.cause.as_str()), "{placed:?}");
        }
    }
}

#[test]
fn redis_may_fail_in_every_way() {
    let mut site = Site::start();
    let server = site.logs_in("first");
    site.is_shared("first", &server);
    until(|| {
        site.asks(0, "unknown")
            .is("hashed", "unknown_session")
            .then_some(())
    });
    site.is_hashed("unknown", &["unknown_session", "store_slow", "store_gone"]);
    let stored = site.redis.says(&["KEYS", "*"]);
    assert!(
        stored.starts_with("wirekit-gateway:") && !stored.contains("first"),
        "{stored}"
    );

    // Gone.
    site.redis.die();
    site.is_hashed("gone", &["store_gone", "store_slow"]);
    assert!(site.asks(1, "first").is("kept", ""));
    let meanwhile = site.logs_in("meanwhile");
    assert!(site.asks(0, "meanwhile").is("kept", ""));
    site.redis.come_back();
    site.is_shared("meanwhile", &meanwhile);
    site.is_shared("first", &server);

    // Stopped.
    site.redis.signal("STOP");
    site.is_hashed("stopped", &["store_slow", "store_gone"]);
    assert!(site.asks(0, "first").is("kept", ""));
    site.redis.signal("CONT");
    for gateway in 0..2 {
        until(|| {
            let placed = site.asks(gateway, "stopped");
            placed.is("hashed", "unknown_session").then_some(())
        });
    }

    // Full.
    let full = ["CONFIG", "SET", "maxmemory-policy", "noeviction"];
    assert_eq!(site.redis.says(&full), "OK");
    assert_eq!(site.redis.says(&["CONFIG", "SET", "maxmemory", "1"]), "OK");
    let late = site.logs_in("late");
    assert!(site.asks(0, "late").is("kept", ""));
    site.is_hashed("full", &["unknown_session", "store_slow", "store_gone"]);
    assert_eq!(site.asks(1, "late").how, "hashed");
    assert!(site.asks(1, "first").is("kept", ""));
    until(|| site.gateways[0].has_said("has no room").then_some(()));
    assert_eq!(site.redis.says(&["CONFIG", "SET", "maxmemory", "0"]), "OK");
    site.is_shared("late", &late);

    // Flushed, before the second gateway saw the session.
    let flushed = site.logs_in("flushed");
    until(|| (site.redis.says(&["DBSIZE"]) != "0").then_some(()));
    assert_eq!(site.redis.says(&["FLUSHALL"]), "OK");
    site.is_shared("flushed", &flushed);
    site.is_shared("first", &server);

    let address = site.redis.address().to_string();
    for gateway in site.gateways {
        let (_, said) = gateway.end_saying();
        let failed = said
            .lines()
            .filter(|line| line.contains(&address) && line.contains("warn"));
        let failed: Vec<&str> = failed.collect();
        // Once each time, and not once a request.
        assert!((1..=8).contains(&failed.len()), "{said}");
        assert!(said.contains("came back"), "{said}");
    }
    drop(site.applications);
}
