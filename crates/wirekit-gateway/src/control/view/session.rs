//! Sessions of users, as JSON.

use core::time::Duration;
use std::time::SystemTime;

use serde_json::{Value, json};

use super::time;
use crate::core::affinity::Session;

/// One of them: the cookie itself is not even known.
pub(crate) fn session(session: &Session) -> Value {
    let used = SystemTime::UNIX_EPOCH + Duration::from_secs(session.used);
    json!({
        "id": session.id.to_string(),
        "upstream": *session.upstream,
        "server": *session.server,
        "used": time::text(used),
    })
}
