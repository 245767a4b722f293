use core::cell::RefCell;
use core::future::Future;
use core::pin::Pin;
use core::time::Duration;
use std::fs::File;
use std::io::{self, ErrorKind, IoSlice};
use std::os::unix::fs::FileExt;
use std::rc::Rc;
use std::time::SystemTime;

use tokio::io::Interest;
use tokio::sync::{Notify, watch};

use super::Shared;
use super::clients::Place;
use super::file::Opened;
use super::stream::Stream;
use super::worker::Phase;
use crate::core::balance::{Change, Ticket};
use crate::core::reason::Reason;
use crate::core::session::{Action, Listener, Rules, Session};

thread_local! {
    /// What is read goes through here: an idle connection holds no buffer.
    static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; 64 * 1024]);
}

type Connecting = Pin<Box<dyn Future<Output = io::Result<Stream>>>>;

/// A client's connection with its sockets.
struct Driver {
    shared: Rc<Shared>,
    session: Session,
    client: Stream,
    server: Option<Stream>,
    connecting: Option<Connecting>,
    file: Option<Rc<Opened>>,
    /// Held content that is too long for memory.
    held: Option<File>,
    /// The place among the connections of the client that the PROXY protocol names.
    place: Option<Place>,
    /// The place among those who wait for a server, and what says that there is one.
    waiting: Option<(usize, Ticket)>,
    called: Rc<Notify>,
    /// Of the configuration in which the server's connection was made.
    generation: u64,
    /// The side's send buffer was full at the last write: its socket is to become writable first.
    client_is_full: bool,
    server_is_full: bool,
}

/// Serves a client until its connection ends.
pub(super) async fn serve(
    client: Stream,
    listener: Rc<Listener>,
    shared: Rc<Shared>,
    mut phase: watch::Receiver<Phase>,
) {
    let now = shared.now();
    let session = Session::new(shared.rules(), listener, client.remote(), now);
    let mut driver = Driver {
        shared,
        session,
        client,
        server: None,
        connecting: None,
        file: None,
        held: None,
        place: None,
        waiting: None,
        called: Rc::new(Notify::new()),
        generation: 0,
        client_is_full: false,
        server_is_full: false,
    };
    let begun = *phase.borrow_and_update();
    if begun != Phase::Serving {
        driver.follow(begun);
    }
    loop {
        driver.settle();
        if driver.session.is_done() {
            break;
        }
        let wait = driver
            .session
            .deadline()
            .saturating_sub(driver.shared.now());
        tokio::select! {
            biased;
            ready = wait_for(&driver.client, driver.client_interest()) => driver.client_ready(ready),
            ready = wait_for_server(driver.server.as_ref(), driver.server_interest()) => driver.server_ready(ready),
            connected = connected(&mut driver.connecting) => driver.connected(connected),
            () = driver.called.notified(), if driver.waiting.is_some() => {
                driver.report(|session, now, worker| session.called(now, worker));
            }
            Ok(()) = phase.changed() => {
                let next = *phase.borrow_and_update();
                driver.follow(next);
            }
            () = tokio::time::sleep(wait) => driver.report(|session, now, worker| session.time_passed(now, worker)),
        }
    }
    driver.settle();
    driver.stop_waiting();
    driver.close().await;
}

async fn wait_for(stream: &Stream, interest: Option<Interest>) -> io::Result<tokio::io::Ready> {
    match interest {
        Some(interest) => stream.ready(interest).await,
        None => core::future::pending().await,
    }
}

async fn wait_for_server(
    stream: Option<&Stream>,
    interest: Option<Interest>,
) -> io::Result<tokio::io::Ready> {
    match stream {
        Some(stream) => wait_for(stream, interest).await,
        None => core::future::pending().await,
    }
}

async fn connected(connecting: &mut Option<Connecting>) -> io::Result<Stream> {
    match connecting {
        Some(connecting) => connecting.as_mut().await,
        None => core::future::pending().await,
    }
}

impl Driver {
    fn report(
        &mut self,
        report: impl FnOnce(&mut Session, Duration, &mut crate::core::session::Worker),
    ) {
        self.shared.tick();
        let now = self.shared.now();
        report(&mut self.session, now, &mut self.shared.worker.borrow_mut());
        self.shared.call();
    }

    /// Writes content that is held into a file that has no name, and is gone with the exchange.
    fn store(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        let file = match self.held.take() {
            Some(file) if at > 0 => file,
            _ => tempfile::tempfile()?,
        };
        let written = file.write_all_at(bytes, at);
        self.held = Some(file);
        written
    }

    fn stop_waiting(&mut self) {
        if let Some(place) = self.waiting.take() {
            self.shared.waiting.borrow_mut().remove(&place);
        }
    }

    fn follow(&mut self, phase: Phase) {
        match phase {
            Phase::Serving => {
                let rules = self.shared.rules();
                self.report(|session, now, worker| session.renew(rules, now, worker));
            }
            Phase::Draining => self.report(|session, now, worker| session.drain(now, worker)),
            Phase::Cut => self.report(|session, now, worker| session.cut(now, worker)),
        }
    }

    /// Does what is to be done, and writes what can be written, until neither is left.
    fn settle(&mut self) {
        loop {
            while let Some(action) = self.session.next_action() {
                self.act(action);
            }
            let wrote_client = !self.client_is_full && self.write_client();
            let wrote_server = !self.server_is_full && self.write_server();
            if !wrote_client && !wrote_server {
                match self.session.next_action() {
                    Some(action) => self.act(action),
                    None => return,
                }
            }
        }
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Connect { upstream, server } => {
                self.server_is_full = false;
                self.stop_waiting();
                let rules = self.session.rules().clone();
                self.generation = rules.generation();
                let mut pool = self.shared.pool.borrow_mut();
                let kept = pool.take(self.generation, (upstream, server));
                drop(pool);
                if let Some(stream) = kept {
                    self.server = Some(stream);
                    return self
                        .report(|session, now, worker| session.connected_again(now, worker));
                }
                let upstream = rules.config().upstreams.get(upstream);
                let address = upstream
                    .and_then(|upstream| upstream.servers.get(server))
                    .map(|server| server.address.clone());
                self.connecting = address.map(|address| {
                    let connecting: Connecting =
                        Box::pin(async move { Stream::connect(&address).await });
                    connecting
                });
            }
            Action::Keep { upstream, server } => {
                if let Some(stream) = self.server.take() {
                    let mut pool = self.shared.pool.borrow_mut();
                    pool.keep(self.generation, (upstream, server), stream);
                }
            }
            Action::Proxied(client) => {
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
                if self.store(at, &bytes).is_err() {
                    self.report(|session, now, worker| session.store_failed(now, worker));
                }
            }
            Action::Load { at, len } => BUFFER.with_borrow_mut(|buffer| {
                let room = len.min(buffer.len());
                let piece = buffer.get_mut(..room).unwrap_or_default();
                let read = match &self.held {
                    Some(held) => held.read_exact_at(piece, at),
                    None => Err(ErrorKind::NotFound.into()),
                };
                let bytes = if read.is_ok() { &*piece } else { &[] };
                self.report(|session, now, worker| session.loaded(bytes, now, worker));
            }),
            Action::Wait { upstream, ticket } => {
                self.stop_waiting();
                self.waiting = Some((upstream, ticket));
                let mut waiting = self.shared.waiting.borrow_mut();
                waiting.insert((upstream, ticket), self.called.clone());
            }
            Action::EndServer => {
                if let Some(server) = &self.server {
                    server.shutdown();
                }
            }
            Action::CloseServer => {
                self.server = None;
                self.connecting = None;
            }
            Action::Open { root, files } => {
                let (age, cache_control) = self.session.file_settings();
                let opened =
                    self.shared
                        .files
                        .borrow_mut()
                        .open(&root, &files, age, &cache_control);
                let wall = SystemTime::now();
                self.file = opened.as_ref().ok().cloned();
                let meta = opened
                    .as_ref()
                    .map(|opened| &opened.meta)
                    .map_err(|reason| *reason);
                self.report(|session, now, worker| session.opened(meta, wall, now, worker));
            }
            Action::ServerChanged {
                upstream,
                server,
                change,
            } => say(self.session.rules(), (upstream, server), change),
            Action::Ended(record) => {
                self.held = None;
                self.shared.metrics.borrow_mut().count(&record);
                self.shared.log.borrow().put(&record);
            }
        }
    }

    fn client_interest(&self) -> Option<Interest> {
        let reads = self.session.wants_client();
        match (reads, self.client_is_full) {
            (true, true) => Some(Interest::READABLE | Interest::WRITABLE),
            (true, false) => Some(Interest::READABLE),
            (false, true) => Some(Interest::WRITABLE),
            (false, false) => None,
        }
    }

    fn server_interest(&self) -> Option<Interest> {
        match (self.session.wants_server(), self.server_is_full) {
            (true, true) => Some(Interest::READABLE | Interest::WRITABLE),
            (true, false) => Some(Interest::READABLE),
            (false, true) => Some(Interest::WRITABLE),
            (false, false) => None,
        }
    }

    fn client_ready(&mut self, ready: io::Result<tokio::io::Ready>) {
        let Ok(ready) = ready else {
            return self.report(|session, now, worker| session.client_lost(now, worker));
        };
        if ready.is_writable() {
            self.client_is_full = false;
        }
        if !self.session.wants_client() {
            return;
        }
        BUFFER.with_borrow_mut(|buffer| match self.client.try_read(buffer) {
            Ok(0) => self.report(|session, now, worker| session.client_ended(now, worker)),
            Ok(len) => {
                self.shared.metrics.borrow_mut().received(len);
                let bytes = buffer.get(..len).unwrap_or_default();
                self.report(|session, now, worker| session.client_sent(bytes, now, worker));
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => self.report(|session, now, worker| session.client_lost(now, worker)),
        });
    }

    fn server_ready(&mut self, ready: io::Result<tokio::io::Ready>) {
        let Ok(ready) = ready else {
            return self.report(|session, now, worker| session.server_lost(now, worker));
        };
        if ready.is_writable() {
            self.server_is_full = false;
        }
        if !self.session.wants_server() {
            return;
        }
        BUFFER.with_borrow_mut(|buffer| {
            let read = match &self.server {
                Some(server) => server.try_read(buffer),
                None => return,
            };
            match read {
                Ok(0) => self.report(|session, now, worker| session.server_ended(now, worker)),
                Ok(len) => {
                    let bytes = buffer.get(..len).unwrap_or_default();
                    self.report(|session, now, worker| session.server_sent(bytes, now, worker));
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_) => self.report(|session, now, worker| session.server_lost(now, worker)),
            }
        });
    }

    fn connected(&mut self, stream: io::Result<Stream>) {
        self.connecting = None;
        match stream {
            Ok(stream) => {
                self.server = Some(stream);
                self.report(|session, now, worker| session.connected(now, worker));
            }
            Err(error) => {
                let reason = match error.kind() {
                    ErrorKind::TimedOut => Reason::ConnectTimeout,
                    _ => Reason::ConnectRefused,
                };
                self.report(|session, now, worker| session.connect_failed(reason, now, worker));
            }
        }
    }

    /// Writes once to the client; whether something was written.
    fn write_client(&mut self) -> bool {
        let head_len = self.session.to_client().len();
        let span = self.session.file_piece();
        if head_len == 0 && span.is_none() {
            return false;
        }
        let mut chunk = Vec::new();
        let piece: &[u8] = match (span, &self.file) {
            (Some(span), Some(file)) => match &file.content {
                Some(content) => content
                    .get(index(span.first)..index(span.first.saturating_add(span.len())))
                    .unwrap_or_default(),
                None => {
                    chunk.resize(index(span.len()).min(256 * 1024), 0);
                    let len = file.read_at(&mut chunk, span.first).unwrap_or(0);
                    chunk.truncate(len);
                    &chunk
                }
            },
            _ => &[],
        };
        if span.is_some() && piece.is_empty() && head_len == 0 {
            // The file is shorter than it was: what was promised cannot be sent.
            self.client.reset();
            self.report(|session, now, worker| session.client_lost(now, worker));
            return true;
        }
        let slices = [IoSlice::new(self.session.to_client()), IoSlice::new(piece)];
        match self.client.try_write(&slices) {
            Ok(len) => {
                self.shared.metrics.borrow_mut().sent(len);
                let head = len.min(head_len);
                let rest = (len - head) as u64;
                if head > 0 {
                    self.report(|session, now, worker| session.wrote_to_client(head, now, worker));
                }
                if rest > 0 {
                    self.report(|session, now, worker| session.wrote_of_file(rest, now, worker));
                }
                true
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.client_is_full = true;
                false
            }
            Err(_) => {
                self.report(|session, now, worker| session.client_lost(now, worker));
                true
            }
        }
    }

    fn write_server(&mut self) -> bool {
        let Some(server) = &self.server else {
            return false;
        };
        if self.session.to_server().is_empty() {
            return false;
        }
        match server.try_write(&[IoSlice::new(self.session.to_server())]) {
            Ok(len) => {
                self.report(|session, now, worker| session.wrote_to_server(len, now, worker));
                true
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.server_is_full = true;
                false
            }
            // It takes nothing more, but its answer may be on the way: reading says so.
            Err(_) => {
                self.session.server_takes_no_more();
                true
            }
        }
    }

    /// Closes the client's connection so that it gets what was written: by reading on for a while where it still sends.
    async fn close(self) {
        if self.session.is_reset() {
            self.client.reset();
            return;
        }
        self.client.shutdown();
        let linger = async {
            let mut budget = 4 * 1024 * 1024_usize;
            while budget > 0 {
                if self.client.ready(Interest::READABLE).await.is_err() {
                    return;
                }
                let read = BUFFER.with_borrow_mut(|buffer| self.client.try_read(buffer));
                match read {
                    Ok(0) => return,
                    Ok(len) => budget = budget.saturating_sub(len),
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                    Err(_) => return,
                }
            }
        };
        let _ = tokio::time::timeout(Duration::from_secs(2), linger).await;
    }
}

/// What an operator is to know of a server.
fn say(rules: &Rules, (upstream, server): (usize, usize), change: Change) {
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

fn index(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}
