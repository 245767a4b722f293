//! What a session asks for, done as a shell would, where the session may ask for it.

use wirekit_gateway::core::affinity::Note;
use wirekit_gateway::core::session::Action;

use super::answer::Ends;
use super::body::find;
use super::client::{Client, Link};
use super::header::{BALANCER, Says};
use super::request::Kind;
use super::server::Server;
use super::stage::Stage;
use super::store::Waits;

impl Client {
    /// Does what the session asks for.
    pub(super) fn settle(&mut self, stage: &mut Stage<'_>) {
        for _ in 0..64 {
            let Some(action) = self.session.next_action() else {
                return;
            };
            stage.note(|| format!("  {action:?}"));
            self.act(action, stage);
        }
        panic!("actions without end");
    }

    fn act(&mut self, action: Action, stage: &mut Stage<'_>) {
        match action {
            Action::Wait { upstream, ticket } => {
                assert!(
                    self.begins().is_proxied(),
                    "a wait for what no server is to see"
                );
                (self.waiting, self.is_called) = (Some((upstream, ticket)), false);
            }
            Action::Store { at, bytes } => {
                if at == 0 {
                    self.stored.clear();
                }
                assert_eq!(
                    at,
                    u64::try_from(self.stored.len()).expect("a length"),
                    "a gap in a file"
                );
                if stage.is_faulty && stage.chance.one_in(12) {
                    return self.session.store_failed(stage.now, &mut stage.worker);
                }
                self.stored.extend_from_slice(&bytes);
            }
            Action::Load { at, len } => {
                let at = usize::try_from(at).expect("a place");
                let is_lost = stage.is_faulty && stage.chance.one_in(64);
                let len = if is_lost { 0 } else { len };
                let bytes = &self.stored[at..at + len];
                self.session.loaded(bytes, stage.now, &mut stage.worker);
            }
            Action::EndServer => {
                if let Link::Connected(server) = &mut self.link {
                    server.is_deaf = true;
                    let answer = server.answer.as_mut().expect("a switch of protocols");
                    answer.ends = Ends::Closes;
                }
            }
            Action::LookUp { upstream, session } => {
                let is_first = self.course.asking.is_none() && self.course.found.is_none();
                assert!(is_first, "two questions for one request");
                let (ask, now) = ((session, Note::Confirm), stage.moment());
                let (rules, asker) = (self.session.rules(), (self.number, Waits::Yes));
                let number = stage.store.ask(rules, upstream, ask, asker, now);
                self.course.asking = Some(number);
            }
            Action::Tell {
                upstream,
                session,
                note,
            } => {
                stage.asks_beside(&session, &note, self.began());
                self.course.notes.push((session, note.clone()));
                let (rules, now) = (self.session.rules(), stage.moment());
                let asker = (self.number, Waits::No);
                stage
                    .store
                    .ask(rules, upstream, (session, note), asker, now);
            }
            Action::StoreChanged { change, .. } => self.said = Some(change),
            Action::Connect { upstream, server } => {
                self.waiting = None;
                assert!(
                    self.course.asking.is_none(),
                    "a store that was not waited for"
                );
                self.meets(upstream, server, stage);
                let (upstream, server) = stage.place(self.session.rules(), upstream, server);
                assert!(matches!(self.link, Link::None), "a second server at once");
                assert!(
                    self.begins().is_proxied(),
                    "a server for what none is to see"
                );
                match stage.take(upstream, server) {
                    Some(server) => {
                        self.link = Link::Connected(server);
                        self.session.connected(stage.now, &mut stage.worker);
                    }
                    None => {
                        let is_uwsgi = stage.is_uwsgi(upstream);
                        self.link = Link::Connecting(Server::new(upstream, server, is_uwsgi));
                    }
                }
            }
            Action::Keep { .. } => {
                assert!(
                    self.session.to_server().is_empty(),
                    "something is left for a server that is kept"
                );
                self.leaves(false, stage);
                let link = core::mem::replace(&mut self.link, Link::None);
                let Link::Connected(mut kept) = link else {
                    panic!("{link:?} is kept")
                };
                self.compare(&mut kept);
                self.answered = Some(kept.renew());
                stage.keep(kept, self.answered.as_ref());
            }
            Action::CloseServer => match core::mem::replace(&mut self.link, Link::None) {
                Link::Connected(mut server) => {
                    self.leaves(!server.has_answered(), stage);
                    self.compare(&mut server);
                    self.answered = server.answer.take();
                    if server.is_tunnel {
                        self.relayed = Some(server);
                    }
                }
                Link::Connecting(_) | Link::None => self.leaves(true, stage),
            },
            Action::Open { files, .. } => {
                let kind = self.begins().kind;
                assert!(
                    matches!(kind, Kind::File | Kind::NoFile),
                    "a file for {kind:?}"
                );
                self.opening = Some(files.iter().any(|file| file.ends_with("a.txt")));
            }
            Action::Proxied(client) => {
                let expected = match self.header {
                    Says::Client(client) => client,
                    Says::Balancer => BALANCER.into(),
                    header => panic!("{client:?} is named by {header:?}"),
                };
                assert_eq!(client, Some(expected), "another client than the header's");
                assert!(self.records == 0 && !self.is_proxied, "a second header");
                self.is_proxied = true;
            }
            // It is for an operator to read, and is to be acted on as well.
            Action::ServerChanged {
                upstream, server, ..
            } => {
                let server = &self.session.rules().config().upstreams[upstream].servers[server];
                let now = stage.moment();
                stage.fates.changed(&server.address, now);
            }
            Action::Ended(record) => {
                (self.opening, self.waiting) = (None, None);
                self.check_record(&record, stage);
                self.check_user(&record, stage);
                self.records += 1;
                self.answered = None;
                self.is_impatient = false;
                stage.exchanges += 1;
            }
            other => panic!("{other:?}"),
        }
    }

    fn meets(&mut self, upstream: usize, server: usize, stage: &mut Stage<'_>) {
        let server = &self.session.rules().config().upstreams[upstream].servers[server];
        self.course.tried.push(server.id.clone());
        self.server_at = Some(server.address.clone());
        let now = stage.moment();
        stage
            .fates
            .asked(&server.address, server.max_connections, now);
    }

    fn leaves(&mut self, has_failed: bool, stage: &mut Stage<'_>) {
        let now = stage.moment();
        let address = self.server_at.take().expect("a server");
        stage.fates.left(&address, has_failed, now);
    }

    /// A request that is sent again is the same.
    fn compare(&mut self, server: &mut Server) {
        let request = &mut self.requests[self.records];
        let head = server.got.as_slice();
        if request.attempts <= 1 {
            request.first = head.to_vec();
        } else if !request.is_chunked || server.has_head() {
            // What came in chunks is of known length once it is held.
            let (head, first) = (meant(head), meant(&request.first));
            let is_same = head.starts_with(first) || first.starts_with(head);
            let (head, first) = (head.escape_ascii(), first.escape_ascii());
            assert!(
                is_same,
                "another request is sent the second time: {first}, then {head}"
            );
        }
    }
}

/// A head without the field that says where the content ends.
fn meant(head: &[u8]) -> &[u8] {
    let framing = [&b"Content-Length: "[..], b"Transfer-Encoding: "];
    let start = framing.into_iter().find_map(|name| find(head, name));
    &head[..start.unwrap_or(head.len())]
}
