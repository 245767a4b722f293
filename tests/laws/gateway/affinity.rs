//! The cookie that keeps a user on a server, in whatever a client sends.

use core::time::Duration;

use wirekit_gateway::config::Keys;
use wirekit_gateway::core::affinity::{Route, RouteCookie};

/// When the values below were signed, and for how long they are routes.
const SIGNED: u64 = 1000;
const MAX_AGE: u64 = 100;

/// Law 11: what is a route was signed by us, for this upstream, byte for byte, and is not over; and cookies say the same in any
/// order.
///
/// The first byte is the time. The bytes 1 to 8 of the rest stand for values that were signed, by whom they may be and by
/// others; a line is a field.
pub fn affinity(data: &[u8]) {
    let (&time, rest) = data.split_first().unwrap_or((&0, &[]));
    let now = SIGNED + u64::from(time);
    let (own, before) = (cookie("app", "route", "no"), cookie("app", "route", "o"));
    // Signed by us, or by a gateway that has the old key alone.
    let right = [
        own.sign("a", SIGNED),
        own.sign("b", SIGNED),
        own.sign("a", SIGNED + 50),
        own.sign("10.0.0.1", SIGNED),
        before.sign("c", SIGNED),
    ];
    let wrong = [
        cookie("other", "route", "no").sign("a", SIGNED),
        cookie("app", "other", "no").sign("a", SIGNED),
        cookie("app", "route", "x").sign("a", SIGNED),
    ];
    let signed: Vec<&String> = right.iter().chain(&wrong).collect();
    let mut text = Vec::new();
    for byte in rest {
        match signed.get(usize::from(*byte).wrapping_sub(1)) {
            Some(value) => text.extend_from_slice(value.as_bytes()),
            None => text.push(*byte),
        }
    }
    let lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
    let routes = own.routes(lines.iter().copied(), now);
    for route in routes.iter().flatten() {
        assert!(route.expires > now, "a route is over: {route:?}");
        let sent = right.iter().any(|value| {
            let (id, expires) = parts(value);
            id == route.server && expires == route.expires && has(&lines, value)
        });
        assert!(
            sent,
            "a route was not signed: {route:?} of {}",
            text.escape_ascii()
        );
    }
    // One that is right, and not over, is one, whatever stands beside it.
    if let Ok(routes) = &routes {
        for value in right.iter().filter(|value| has(&lines, value)) {
            let (id, expires) = parts(value);
            let is_there = |route: &Route| route.server == id && route.expires >= expires;
            assert!(
                expires <= now || routes.iter().any(is_there),
                "{value} is none"
            );
        }
    }
    let pairs = |line: &[u8]| -> Vec<Vec<u8>> {
        let pairs = line.split(|byte| *byte == b';');
        pairs.rev().map(<[u8]>::to_vec).collect()
    };
    let turned: Vec<Vec<u8>> = lines.iter().rev().flat_map(|line| pairs(line)).collect();
    let again = own.routes(turned.iter().map(Vec::as_slice), now);
    assert_eq!(routes, again, "another order, and other routes");
}

fn cookie(upstream: &str, name: &str, keys: &str) -> RouteCookie {
    // A letter a key.
    let letters = keys.chars();
    let lines: Vec<String> = letters
        .map(|letter| letter.to_string().repeat(32))
        .collect();
    let keys = Keys::parse(lines.join("\n").as_bytes()).expect("keys");
    RouteCookie::new(upstream, name, &keys).max_age(Some(Duration::from_secs(MAX_AGE)))
}

/// The id and the end of a value, by its form.
fn parts(value: &str) -> (&str, u64) {
    let (signed, _) = value.rsplit_once('.').expect("a code");
    let (id, expires) = signed.rsplit_once('.').expect("an end");
    (id, expires.parse().expect("a number"))
}

/// Whether a line has this cookie, among others and with white space around it.
fn has(lines: &[&[u8]], value: &str) -> bool {
    let wanted = format!("route={value}");
    lines
        .iter()
        .flat_map(|line| line.split(|byte| *byte == b';'))
        .any(|pair| pair.trim_ascii() == wanted.as_bytes())
}
