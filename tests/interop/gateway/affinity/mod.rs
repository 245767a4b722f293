//! Users stay on their servers, over several gateways: by a signed cookie, and by the application's session and a real Redis.

mod application;
mod crowd;
mod django;
mod redis;
mod store;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::thread;
use std::time::Instant;

use serde_json::Value;
use tempfile::TempDir;

use super::{Gateway, PATIENCE};

/// How a request was put on its server, as the access log says it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Placed {
    server: String,
    how: String,
    cause: String,
}

impl Placed {
    fn of(line: &str) -> Self {
        let value: Value = serde_json::from_str(line).expect("a line of JSON");
        let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
        Self {
            server: text("server"),
            how: text("affinity"),
            cause: text("moved"),
        }
    }

    fn is(&self, how: &str, cause: &str) -> bool {
        self.how == how && self.cause == cause
    }
}

/// A folder with the key that gateways share.
fn folder() -> TempDir {
    let folder = TempDir::new().expect("a folder");
    let key = folder.path().join("route.key");
    fs::write(&key, "a key that gateways of a test share").expect("a file");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).expect("a mode");
    folder
}

/// How the request for a path, which no other request has, was put.
fn placed(gateway: &Gateway, path: &str) -> Placed {
    let log = gateway.folder().join("access.log");
    let wanted = format!(" {path} HTTP");
    until(|| {
        let text = fs::read_to_string(&log).unwrap_or_default();
        let mut lines = text.split_inclusive('\n');
        let found = lines.find(|line| line.contains(&wanted) && line.ends_with('\n'));
        found.map(Placed::of)
    })
}

/// Asks until there is an answer.
fn until<T>(mut ask: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(begun.elapsed() < PATIENCE, "it does not happen");
        thread::sleep(core::time::Duration::from_millis(2));
    }
}
