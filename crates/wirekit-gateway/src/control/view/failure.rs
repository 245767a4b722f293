//! Exchanges that failed, as JSON.

use core::time::Duration;

use serde_json::{Map, Value, json};

use super::time;
use crate::core::failure::{Failure, NamedTry};

/// One of them; what does not apply is left out.
pub(crate) fn failure(failure: &Failure) -> Value {
    let mut json = Map::new();
    let mut set = |key: &str, value: Value| {
        if !value.is_null() {
            json.insert(key.to_owned(), value);
        }
    };
    let text = |text: &str| match text {
        "" => Value::Null,
        text => text.into(),
    };
    set("reference", failure.reference.to_string().into());
    set("time", time::text(failure.time).into());
    set("reason", failure.reason.as_str().into());
    set("text", failure.reason.text().into());
    set(
        "status",
        match failure.status {
            0 => Value::Null,
            status => status.into(),
        },
    );
    set("phase", failure.phase.map(|phase| phase.as_str()).into());
    set(
        "remote",
        failure.remote.map(|remote| remote.to_string()).into(),
    );
    set("method", text(&failure.method));
    set("host", text(&failure.host));
    set("path", text(&failure.target));
    if failure.has_query {
        set("has_query", true.into());
    }
    set("site", failure.site.as_deref().into());
    set("location", failure.location.as_deref().into());
    set("upstream", failure.upstream.as_deref().into());
    set("server", failure.server.as_deref().into());
    set("tries", failure.tries.iter().map(attempt).collect());
    set("bytes", failure.response_len.into());
    set(
        "seconds",
        json!({
            "head": seconds(Some(failure.head)),
            "wait": seconds(failure.wait),
            "whole": seconds(Some(failure.whole)),
        }),
    );
    set("trace", failure.trace.as_deref().into());
    json.into()
}

fn attempt(named: &NamedTry) -> Value {
    let attempt = named.attempt;
    json!({
        "server": named.server,
        "address": named.address,
        "reason": attempt.reason.as_str(),
        "phase": attempt.phase.as_str(),
        "kept": attempt.is_kept,
        "seconds": {
            "connect": seconds(attempt.connect),
            "first_byte": seconds(attempt.first_byte),
            "whole": seconds(Some(attempt.whole)),
        },
    })
}

/// With microseconds: more is noise.
fn seconds(time: Option<Duration>) -> Value {
    let micros =
        time.map(|time| Duration::from_micros(u64::try_from(time.as_micros()).unwrap_or(u64::MAX)));
    micros.map(|time| time.as_secs_f64()).into()
}
