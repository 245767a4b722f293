//! What may make another server of the one that is chosen while every server is as configured.

use crate::config::text::Shown;
use crate::config::{Protocol, Server, ServerState, Upstream};

/// What is done with servers as they come and go, a sentence each.
pub(super) fn life(upstream: &Upstream, chosen: &Server) -> Vec<String> {
    let mut why = Vec::new();
    if let Some(health) = &upstream.health {
        let (interval, fall) = (Shown(health.interval), health.fall);
        let statuses: Vec<String> = health.status.iter().map(u16::to_string).collect();
        why.push(match upstream.protocol {
            Protocol::Tcp => format!(
                "a server that takes no connection, asked each {interval}, {fall} times in a row is left out"
            ),
            Protocol::Uwsgi | Protocol::Http1 => format!(
                "a server that answers GET {} for {} with another status than {}, asked each {interval}, {fall} times in a row is left out",
                health.path,
                health.host,
                statuses.join(", ")
            ),
        });
    }
    if !chosen.slow_start.is_zero() {
        let (id, time) = (&chosen.id, Shown(chosen.slow_start));
        why.push(format!(
            "the weight of {id} grows for {time} once it is added or well again"
        ));
    }
    let draining = upstream.servers.iter();
    for server in draining.filter(|server| server.state == ServerState::Drain) {
        let until = server.drain_timeout.map_or_else(
            || "for as long as they stay".to_owned(),
            |time| format!("for {} at most", Shown(time)),
        );
        why.push(format!(
            "{} drains: it keeps whom it has, {until}",
            server.id
        ));
    }
    why
}
