//! A gateway with a control address, and how a test asks it.

use core::net::SocketAddr;
use std::fs::{self, Permissions};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::thread;
use std::time::Instant;

use serde_json::Value;
use tempfile::TempDir;

use super::Gateway;
use crate::program::{PATIENCE, free_address};

/// The token of these gateways.
pub(super) const TOKEN: &str = "a-token-of-a-test";

/// The program, and its control address.
pub(super) struct Watched {
    pub(super) gateway: Gateway,
    pub(super) control: SocketAddr,
}

impl Watched {
    pub(super) fn start(tables: &str) -> Self {
        let folder = TempDir::new().expect("a folder");
        let token = folder.path().join("control.token");
        fs::write(&token, TOKEN).expect("a file");
        fs::set_permissions(&token, Permissions::from_mode(0o600)).expect("a mode");
        let control = free_address();
        let own = format!("[control]\naddress = '{control}'\ntoken_file = 'control.token'\n");
        Self {
            gateway: Gateway::start_in(folder, &format!("{tables}{own}")),
            control,
        }
    }

    /// Head and content of the answer to a request without content.
    pub(super) fn ask(&self, request: &str) -> (String, String) {
        let mut stream = TcpStream::connect(self.control).expect("it listens");
        let patience = stream.set_read_timeout(Some(PATIENCE));
        patience.expect("a timeout above zero");
        let request = format!(
            "{request} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("text");
        let (head, content) = answer.split_once("\r\n\r\n").expect("a head");
        (head.to_owned(), content.to_owned())
    }

    /// The members of a list of the API.
    pub(super) fn list(&self, path: &str) -> Vec<Value> {
        let (head, content) = self.ask(&format!("GET /api/v1{path}"));
        let list: Value =
            serde_json::from_str(&content).unwrap_or_else(|error| panic!("{error}: {head}"));
        list["items"]
            .as_array()
            .unwrap_or_else(|| panic!("{content}"))
            .clone()
    }

    /// The status and the content of an answer to a client.
    pub(super) fn get(&self, target: &str) -> String {
        let mut client = self.gateway.connect();
        let request = format!("GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        client.write_all(request.as_bytes()).expect("it reads");
        let mut answer = String::new();
        let _ = client.read_to_string(&mut answer);
        answer
    }
}

/// Waits until it is so: what a worker notes when an exchange ends, the client may know before.
pub(super) fn until<T>(what: &str, mut find: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = find() {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "{what}");
        thread::sleep(core::time::Duration::from_millis(20));
    }
}
