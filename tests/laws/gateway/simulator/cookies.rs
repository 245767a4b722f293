//! The cookies that clients send: the application's session, and the gateway's own.

use core::time::Duration;

use wirekit_gateway::core::affinity::RouteCookie;

use super::chance::Chance;
use super::site::{MAX_AGE, keys};
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

/// The gateway's own cookie of an upstream, and what it says.
pub(super) fn route(chance: &mut Chance<'_>, upstream: &str, unix_time: u64) -> (String, Says) {
    let cookie = |upstream: &str| {
        let cookie = RouteCookie::new(upstream, "route", &keys());
        cookie.max_age(Some(Duration::from_secs(MAX_AGE)))
    };
    let own = |server: &str, time: u64| format!("route={}", cookie(upstream).sign(server, time));
    match chance.below(16) {
        0..4 => (String::new(), Says::Nothing),
        12 => (own("a", 1), Says::Expired),
        13 => {
            let value = cookie("other").sign("a", unix_time);
            (format!("route={value}"), Says::Forged)
        }
        14 => {
            let cookies: Vec<_> = (0..TOO_MANY).map(|at| format!("route=x{at}")).collect();
            (cookies.join("; "), Says::TooMany)
        }
        // A server that was there once.
        15 => (own("d", unix_time), Says::Server("d")),
        _ => {
            let server = chance.pick(&["a", "b", "c"]);
            (own(server, unix_time), Says::Server(server))
        }
    }
}

/// The server's id in a `Set-Cookie` field of the gateway's own, by its form.
pub(super) fn routed(field: &[u8]) -> Option<&[u8]> {
    let value = field.strip_prefix(b"route=")?;
    value.split(|&byte| byte == b'.').next()
}
