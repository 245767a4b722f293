//! Connections of clients, as JSON.

use serde_json::{Map, Value};

use super::time;
use crate::shell::Seen;

/// One of them; what does not apply is left out.
pub(crate) fn connection(seen: &Seen) -> Value {
    let mut json = Map::new();
    let mut set = |key: &str, value: Value| json.insert(key.to_owned(), value);
    set("id", seen.number.into());
    if let Some(remote) = seen.remote {
        set("remote", remote.to_string().into());
    }
    set("listener", seen.listener.to_string().into());
    set("protocol", seen.protocol.into());
    set("since", time::text(seen.since).into());
    set("activity", seen.activity.into());
    set("requests", seen.requests.into());
    if let Some((upstream, server)) = &seen.server {
        set("upstream", upstream.as_str().into());
        set("server", server.as_str().into());
    }
    json.into()
}
