//! What the rules ask for is done.

use std::io::{self, ErrorKind};
use std::rc::Rc;
use std::time::SystemTime;

use tokio::sync::Notify;

use super::{BUFFER, Driver, Waiting};
use crate::config::Address;
use crate::core::balance::Change;
use crate::core::reason::Reason;
use crate::core::session::{Action, Rules};
use crate::shell::upstream::Upstream;

impl Driver {
    pub(super) fn act(&mut self, action: Action) {
        match action {
            Action::Connect { upstream, server } => {
                self.server_is_full = false;
                self.wrote_to_server = false;
                self.stop_waiting();
                let rules = self.session.rules().clone();
                self.generation = rules.generation();
                self.registered.asks(&rules, (upstream, server));
                let mut pool = self.shared.pool.borrow_mut();
                let repeats = self.session.may_repeat();
                let kept = pool.take(self.generation, (upstream, server), repeats);
                drop(pool);
                if let Some(stream) = kept {
                    self.server = Some(stream);
                    return self
                        .report(|session, now, worker| session.connected_again(now, worker));
                }
                let upstream = rules.config().upstreams.get(upstream);
                if let Some(server) = upstream.and_then(|upstream| upstream.servers.get(server)) {
                    self.connect(&server.address);
                }
            }
            Action::Keep { upstream, server } => {
                if let Some(stream) = self.server.take() {
                    let mut pool = self.shared.pool.borrow_mut();
                    pool.keep(self.generation, (upstream, server), stream);
                }
            }
            Action::Proxied(client) => {
                self.registered.set_remote(client);
                let entered = self
                    .shared
                    .clients
                    .borrow()
                    .enter(client.map(|client| client.ip()));
                match entered {
                    Ok(place) => self.place = place,
                    // One too many, as one that is not accepted.
                    Err(()) => self.report(|session, now, worker| session.client_lost(now, worker)),
                }
            }
            Action::Store { at, bytes } => {
                if let Err(error) = self.held.write(at, &bytes) {
                    log::error!("the content of a request cannot be held: {error}");
                    self.report(|session, now, worker| session.store_failed(now, worker));
                }
            }
            Action::Load { at, len } => BUFFER.with_borrow_mut(|buffer| {
                let room = len.min(buffer.len());
                let piece = buffer.get_mut(..room).unwrap_or_default();
                let bytes = match self.held.read(at, piece) {
                    Ok(()) => &*piece,
                    Err(error) => {
                        log::error!("content of a request that is held cannot be read: {error}");
                        &[]
                    }
                };
                self.report(|session, now, worker| session.loaded(bytes, now, worker));
            }),
            Action::LookUp { upstream, session } => {
                let rules = self.session.rules();
                self.looking = Some(self.shared.look_up(rules, upstream, session));
            }
            Action::Tell {
                upstream,
                session,
                note,
            } => {
                let rules = self.session.rules();
                self.shared.tell(rules, upstream, session, note);
            }
            Action::StoreChanged { upstream, change } => {
                let rules = self.session.rules();
                self.shared.say_store(rules, upstream, change);
            }
            Action::Wait { upstream, ticket } => {
                self.stop_waiting();
                let place = (upstream, ticket);
                let called = Rc::new(Notify::new());
                let mut waiting = self.shared.waiting.borrow_mut();
                waiting.insert(place, called.clone());
                self.waiting = Some(Waiting::new(place, called));
            }
            Action::EndServer => {
                if let Some(server) = &self.server {
                    server.shutdown();
                }
            }
            Action::CloseServer => {
                self.server = None;
                self.is_connecting = false;
            }
            Action::Open { root, files } => {
                let Some(folder) = self.session.folder() else {
                    return;
                };
                let opened = self.shared.files.borrow_mut().open(root, files, folder);
                let wall = SystemTime::now();
                let files = opened
                    .as_ref()
                    .map(|opened| opened.files.as_slice())
                    .map_err(|reason| *reason);
                self.report(|session, now, worker| session.opened(files, wall, now, worker));
                self.file = opened.ok();
            }
            Action::ServerChanged {
                upstream,
                server,
                change,
            } => say(self.session.rules(), (upstream, server), change),
            Action::Ended(mut record) => {
                self.held.clear();
                self.looking = None;
                self.file = None;
                self.registered.answered();
                self.shared.ended(&mut record);
            }
        }
    }

    /// Begins to connect to a server, and writes the request at once where that can be done.
    fn connect(&mut self, address: &Address) {
        match Upstream::connect(address, self.session.to_server()) {
            Ok((server, sent)) => {
                self.server = Some(server);
                self.is_connecting = true;
                self.sent_to_server(sent);
            }
            Err(error) => self.connect_failed(&error),
        }
    }

    pub(super) fn connect_failed(&mut self, error: &io::Error) {
        self.server = None;
        self.is_connecting = false;
        let reason = match error.kind() {
            ErrorKind::TimedOut => Reason::ConnectTimeout,
            _ => Reason::ConnectRefused,
        };
        self.report(|session, now, worker| session.connect_failed(reason, now, worker));
    }
}

/// What an operator is to know of a server.
pub(in crate::shell) fn say(rules: &Rules, (upstream, server): (usize, usize), change: Change) {
    let Some(upstream) = rules.config().upstreams.get(upstream) else {
        return;
    };
    let Some(server) = upstream.servers.get(server) else {
        return;
    };
    let (name, id, address) = (&upstream.name, &server.id, &server.address);
    match change {
        Change::Failed => log::warn!("server {id} of {name}, {address}, failed"),
        Change::CameBack => log::info!("server {id} of {name}, {address}, came back"),
    }
}
