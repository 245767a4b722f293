//! A session with a client, a file and servers that a test plays.

mod affinity;
mod cases;
mod clients;
mod content;
mod draining;
mod encrypted;
mod failures;
mod faults;
mod files;
mod learning;
mod moving;
mod passing;
mod refusals;
mod renewal;
mod traces;
mod waiting;
mod websockets;

use core::time::Duration;
use std::path::Path;
use std::time::SystemTime;

use super::*;
use crate::config::{Coding, Config};
use crate::core::affinity::{Digest, Note, StoreChange};
use crate::core::balance::Change;

pub(super) struct Stage {
    pub(super) session: Session,
    pub(super) worker: Worker,
    pub(super) now: Instant,
    pub(super) records: Vec<Record>,
    /// What the client got, and the servers, since it was looked at.
    pub(super) client: Vec<u8>,
    pub(super) server: Vec<u8>,
    /// Which server is to be connected to, and whether one is.
    pub(super) connecting: Option<usize>,
    pub(super) is_connected: bool,
    pub(super) kept: usize,
    /// How often the server was to learn that nothing more comes.
    pub(super) ends_of_server: usize,
    /// The file of held content, and whether it cannot be read.
    pub(super) stored: Vec<u8>,
    pub(super) is_unreadable: bool,
    pub(super) stores: Vec<usize>,
    /// The most that was to be written to a server at once.
    pub(super) most_held: usize,
    /// Whether the request waits for a server with room.
    pub(super) waits: bool,
    /// Whom the PROXY header named.
    pub(super) proxied: Option<SocketAddr>,
    pub(super) changes: Vec<Change>,
    /// The session that the store is asked for, what was written to it, and what was logged of it.
    pub(super) looks_up: Option<Digest>,
    pub(super) told: Vec<(Digest, Note)>,
    pub(super) store: Vec<StoreChange>,
    pub(super) file: Option<&'static [u8]>,
    /// In which there are siblings of the file.
    pub(super) codings: Vec<Coding>,
}

pub(super) const CONFIG: &str = r#"
[[site]]
[[site.location]]
path = "/files/"
root = "."
cache_control = "no-cache"

[[site.location]]
path = "/moved"
redirect = { to = "https://$host$path" }

[[site.location]]
path = "/http/"
upstream = "http"
body = "100 B"

[[site.location]]
path = "/"
upstream = "app"
body = "100 B"

[upstream.app]
protocol = "uwsgi"

[[upstream.app.server]]
id = "a"
address = "127.0.0.1:1"

[[upstream.app.server]]
id = "b"
address = "127.0.0.1:2"

[upstream.http]
protocol = "http1"

[[upstream.http.server]]
id = "a"
address = "127.0.0.1:3"
"#;

impl Stage {
    /// A user asks, with these cookies.
    pub(super) fn sends_cookies(&mut self, cookies: &str) {
        let cookies = match cookies {
            "" => String::new(),
            cookies => format!("Cookie: {cookies}\r\n"),
        };
        self.sends(format!("GET / HTTP/1.1\r\nHost: a\r\n{cookies}\r\n").as_bytes());
    }

    pub(super) fn new() -> Self {
        Self::with(CONFIG)
    }

    pub(super) fn with(text: &str) -> Self {
        Self::from("192.0.2.7:4711", text)
    }

    /// With three servers of `app`, which keeps its users by this, and more that is said of it.
    pub(super) fn with_users(affinity: &str, more: &str) -> Self {
        let config = CONFIG.replace(
            "[upstream.http]",
            "[[upstream.app.server]]\nid = 'c'\naddress = '127.0.0.1:4'\n[upstream.http]",
        );
        let config = config.replace(
            "protocol = \"uwsgi\"",
            &format!("protocol = 'uwsgi'\naffinity = {affinity}\n{more}"),
        );
        let mut stage = Self::with(&config);
        stage.worker.unix_time = 1000;
        stage
    }

    /// A client at this address, or by a unix socket where it is none.
    pub(super) fn from(remote: &str, text: &str) -> Self {
        let config = Config::parse(text, Path::new("gateway.toml")).unwrap();
        let mut listener = Listener::new(&config.listeners[0].address);
        if config.listeners[0].proxy_protocol {
            listener = listener.with_proxy_header();
        }
        let listener = Rc::new(listener);
        let rules = Rc::new(Rules::new(config));
        let mut worker = Worker::new(&rules);
        worker.date = "Sun, 06 Nov 1994 08:49:37 GMT".to_owned();
        let now = Duration::from_secs(1000);
        let remote = remote.parse().ok();
        Self {
            session: Session::new(rules, listener, remote, now),
            worker,
            now,
            records: Vec::new(),
            client: Vec::new(),
            server: Vec::new(),
            connecting: None,
            is_connected: false,
            kept: 0,
            ends_of_server: 0,
            stored: Vec::new(),
            is_unreadable: false,
            stores: Vec::new(),
            most_held: 0,
            waits: false,
            proxied: None,
            changes: Vec::new(),
            looks_up: None,
            told: Vec::new(),
            store: Vec::new(),
            file: None,
            codings: Vec::new(),
        }
    }

    /// Does what the session asks for, and takes what it writes.
    pub(super) fn settle(&mut self) {
        loop {
            let Some(action) = self.session.next_action() else {
                let to_client = self.session.to_client().to_vec();
                let to_server = self.session.to_server().to_vec();
                self.most_held = self.most_held.max(to_server.len());
                if !to_client.is_empty() {
                    self.client.extend_from_slice(&to_client);
                    self.session
                        .wrote_to_client(to_client.len(), self.now, &mut self.worker);
                } else if let Some(span) = self.session.file_piece() {
                    let file = self.file.unwrap();
                    let bytes = file.get(usize::try_from(span.first).unwrap()..).unwrap();
                    let bytes = &bytes[..usize::try_from(span.len()).unwrap()];
                    self.client.extend_from_slice(bytes);
                    self.session
                        .wrote_of_file(span.len(), self.now, &mut self.worker);
                } else if self.is_connected && !to_server.is_empty() {
                    self.server.extend_from_slice(&to_server);
                    self.session
                        .wrote_to_server(to_server.len(), self.now, &mut self.worker);
                } else {
                    return;
                }
                continue;
            };
            match action {
                Action::Store { at, bytes } => {
                    self.stores.push(bytes.len());
                    self.stored.truncate(usize::try_from(at).unwrap());
                    self.stored.extend_from_slice(&bytes);
                }
                Action::Load { at, len } => {
                    let at = usize::try_from(at).unwrap();
                    let bytes = match self.is_unreadable {
                        true => Vec::new(),
                        false => self.stored[at..at + len].to_vec(),
                    };
                    let worker = &mut self.worker;
                    self.session.loaded(&bytes, self.now, worker);
                }
                Action::Wait { .. } => self.waits = true,
                Action::Proxied(client) => self.proxied = client,
                Action::Connect { server, .. } => {
                    assert!(!self.is_connected && self.connecting.is_none());
                    self.connecting = Some(server);
                }
                Action::Keep { .. } => {
                    assert!(self.is_connected);
                    self.is_connected = false;
                    self.kept += 1;
                }
                Action::EndServer => self.ends_of_server += 1,
                Action::CloseServer => {
                    self.is_connected = false;
                    self.connecting = None;
                }
                Action::Open { files, .. } => {
                    let is_there =
                        self.file.is_some() && files.iter().any(|file| file.ends_with("a.txt"));
                    let is_folder = files.iter().any(|file| file.ends_with("folder"));
                    let file = |tag| {
                        let len = self.file.map_or(0, <[u8]>::len) as u64;
                        File::new(len, SystemTime::UNIX_EPOCH, tag, "text/plain")
                    };
                    let mut opened = vec![file("v1")];
                    opened.extend(self.codings.iter().map(|coding| file("v2").coding(*coding)));
                    let opened = match (is_there, is_folder) {
                        (true, _) => Ok(&opened[..]),
                        (_, true) => Err(Reason::Redirected),
                        _ => Err(Reason::NotFound),
                    };
                    self.session
                        .opened(opened, SystemTime::now(), self.now, &mut self.worker);
                }
                Action::ServerChanged { change, .. } => self.changes.push(change),
                Action::LookUp { session, .. } => self.looks_up = Some(session),
                Action::Tell { session, note, .. } => self.told.push((session, note)),
                Action::StoreChanged { change, .. } => self.store.push(change),
                Action::Ended(record) => self.records.push((*record).clone()),
            }
        }
    }

    pub(super) fn sends(&mut self, bytes: &[u8]) {
        self.sends_unsettled(bytes);
        self.settle();
    }

    /// As [`sends`](Self::sends), and what is to be done is left.
    pub(super) fn sends_unsettled(&mut self, bytes: &[u8]) {
        self.session.client_sent(bytes, self.now, &mut self.worker);
    }

    pub(super) fn connects(&mut self) -> usize {
        let server = self.connecting.take().expect("no server is wanted");
        self.is_connected = true;
        self.session.connected(self.now, &mut self.worker);
        self.settle();
        server
    }

    pub(super) fn answers(&mut self, bytes: &[u8]) {
        self.session.server_sent(bytes, self.now, &mut self.worker);
        self.settle();
    }

    pub(super) fn passes(&mut self, time: Duration) {
        self.now += time;
        self.session.time_passed(self.now, &mut self.worker);
        self.settle();
    }

    pub(super) fn got(&mut self) -> String {
        String::from_utf8_lossy(&core::mem::take(&mut self.client)).into_owned()
    }

    pub(super) fn status(&mut self) -> String {
        let got = self.got();
        got.split(' ').nth(1).unwrap_or_default().to_owned()
    }

    pub(super) fn reasons(&self) -> Vec<&'static str> {
        self.records
            .iter()
            .map(|record| record.reason.as_str())
            .collect()
    }
}
