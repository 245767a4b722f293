//! The cookies that clients send: the application's session, and the gateway's own.

use core::time::Duration;

use wirekit_gateway::core::affinity::RouteCookie;

use super::chance::Chance;
use super::site::{MAX_AGE, keys};
use super::stage::UNIX_BEGIN;
use super::users::{Says, USERS};

/// More cookies of one name than anybody is believed.
const TOO_MANY: usize = 9;

/// The value of the session cookie of a user.
pub(super) fn session(user: usize) -> String {
    format!("s{user}")
}

/// A session cookie, and what it says.
pub(super) fn sid(chance: &mut Chance<'_>) -> (String, Says) {
    match chance.below(16) {
        0..4 => (String::new(), Says::Nothing),
        15 => {
            let cookies: Vec<_> = (0..TOO_MANY).map(|at| format!("sid=x{at}")).collect();
            (cookies.join("; "), Says::TooMany)
        }
        _ => {
            let user = chance.below(USERS);
            (format!("sid={}", session(user)), Says::User(user))
        }
    }
}

/// What the gateways have signed of an upstream by the time that a conversation begins, as clients send it. Codes cost more than
/// all else of a request, so each is made once.
#[derive(Debug)]
struct Signed {
    upstream: &'static str,
    expired: String,
    /// That of another upstream.
    forged: String,
    own: Vec<(&'static str, String)>,
    /// Half of its time is over.
    old: String,
}

impl Signed {
    fn of(upstream: &'static str) -> Self {
        let sign = |upstream: &str, server: &str, unix_time: u64| {
            let cookie = RouteCookie::new(upstream, "route", &keys());
            let cookie = cookie.max_age(Some(Duration::from_secs(MAX_AGE)));
            format!("route={}", cookie.sign(server, unix_time))
        };
        let servers = ["a", "b", "c", "d"].into_iter();
        Self {
            upstream,
            expired: sign(upstream, "a", 1),
            old: sign(upstream, "a", UNIX_BEGIN - MAX_AGE * 3 / 4),
            forged: sign("other", "a", UNIX_BEGIN),
            own: servers
                .map(|server| (server, sign(upstream, server, UNIX_BEGIN)))
                .collect(),
        }
    }

    fn own(&self, server: &'static str) -> (String, Says) {
        let mut own = self.own.iter();
        let (_, cookie) = own.find(|own| own.0 == server).expect("a server");
        (cookie.clone(), Says::Server(server))
    }
}

thread_local! {
    static SIGNED: [Signed; 2] = ["app", "http"].map(Signed::of);
}

/// The gateway's own cookie of an upstream, and what it says.
pub(super) fn route(chance: &mut Chance<'_>, upstream: &str) -> (String, Says) {
    let chosen = chance.below(16);
    SIGNED.with(|signed| {
        let mut signed = signed.iter();
        let signed = signed.find(|signed| signed.upstream == upstream);
        let signed = signed.expect("an upstream");
        match chosen {
            0..4 => (String::new(), Says::Nothing),
            11 => (signed.old.clone(), Says::Old("a")),
            12 => (signed.expired.clone(), Says::Expired),
            13 => (signed.forged.clone(), Says::Forged),
            14 => {
                let cookies: Vec<_> = (0..TOO_MANY).map(|at| format!("route=x{at}")).collect();
                (cookies.join("; "), Says::TooMany)
            }
            // A server that was there once.
            15 => signed.own("d"),
            _ => signed.own(chance.pick(&["a", "b", "c"])),
        }
    })
}

/// The server's id in a `Set-Cookie` field of the gateway's own, by its form.
pub(super) fn routed(field: &[u8]) -> Option<&[u8]> {
    let value = field.strip_prefix(b"route=")?;
    value.split(|&byte| byte == b'.').next()
}
