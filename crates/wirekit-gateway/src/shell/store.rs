//! The store that says which server has a session: Redis, or what speaks like it.

use core::time::Duration;
use std::collections::HashMap;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, RedisError};
use tokio::sync::{Mutex, oneshot};
use tokio::time::timeout;

use super::Shared;
use crate::config::{Affinity, Upstream};
use crate::core::affinity::{Answer, Cause, Digest, Known, Note, StoreChange};
use crate::core::session::Rules;

/// What takes longer has failed, whether somebody still waits for it or not.
const LIMIT: Duration = Duration::from_secs(1);

/// Moves a session from one server to another, unless it is another one's by now: in one step, as two gateways may find at
/// the same time that its server is down.
const MOVE: &str = "local has = redis.call('GET', KEYS[1]) \
    local may = not has \
    for at = 3, #ARGV do may = may or has == ARGV[at] end \
    if not may then redis.call('EXPIRE', KEYS[1], ARGV[2]) return has end \
    redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2]) return ARGV[1]";

/// The stores that a worker speaks to, by URL.
#[derive(Default)]
pub(super) struct Connections(HashMap<String, Rc<Store>>);

/// A store, and the one connection to it that all requests of a worker share.
struct Store {
    client: Client,
    connection: Mutex<Option<MultiplexedConnection>>,
}

/// What it takes to ask for a session.
struct Question {
    store: Rc<Store>,
    known: Arc<Known>,
    upstream: Arc<str>,
    session: Digest,
    note: Note,
    ttl: u64,
    budget: Duration,
}

/// Whether the store of an upstream can be spoken to, as far as its URL says.
pub(super) fn check(upstream: &Upstream) -> io::Result<()> {
    let Some(Affinity::Learn { store, .. }) = &upstream.affinity else {
        return Ok(());
    };
    let opened = Client::open(store.as_str());
    opened.map(drop).map_err(|error| {
        let text = format!("upstream.{}.affinity.store: {error}", upstream.name);
        io::Error::new(io::ErrorKind::InvalidInput, text)
    })
}

impl Connections {
    fn store(&mut self, url: &str) -> Option<Rc<Store>> {
        if let Some(store) = self.0.get(url) {
            return Some(store.clone());
        }
        let store = Rc::new(Store {
            client: Client::open(url).ok()?,
            connection: Mutex::new(None),
        });
        self.0.insert(url.to_owned(), store.clone());
        Some(store)
    }
}

impl Shared {
    /// Asks the store of an upstream which server has a session.
    pub(super) fn look_up(
        self: &Rc<Self>,
        rules: &Rules,
        upstream: usize,
        session: Digest,
    ) -> oneshot::Receiver<Answer> {
        let (tell, told) = oneshot::channel();
        match self.question(rules, upstream, session, Note::Confirm) {
            Some(question) => {
                let shared = self.clone();
                tokio::task::spawn_local(async move {
                    let answer = shared.ask(question).await;
                    let _ = tell.send(answer);
                });
            }
            None => {
                let _ = tell.send(Answer::Failed(Cause::StoreGone));
            }
        }
        told
    }

    /// Tells the store of an upstream something of a session.
    pub(super) fn tell(
        self: &Rc<Self>,
        rules: &Rules,
        upstream: usize,
        session: Digest,
        note: Note,
    ) {
        if let Some(question) = self.question(rules, upstream, session, note) {
            let shared = self.clone();
            tokio::task::spawn_local(async move { shared.ask(question).await });
        }
    }

    fn question(
        &self,
        rules: &Rules,
        upstream: usize,
        session: Digest,
        note: Note,
    ) -> Option<Question> {
        let learn = rules.learn(upstream)?;
        let (name, known) = (learn.upstream.clone(), learn.known.clone());
        let upstream = rules.config().upstreams.get(upstream)?;
        let Some(Affinity::Learn {
            store, ttl, budget, ..
        }) = &upstream.affinity
        else {
            return None;
        };
        Some(Question {
            store: self.stores.borrow_mut().store(store)?,
            known,
            upstream: name,
            session,
            note,
            ttl: ttl.as_secs().max(1),
            budget: *budget,
        })
    }

    /// Asks, even where no request waits for it any more, so that what comes late is known all the same.
    async fn ask(&self, question: Question) -> Answer {
        let Question {
            store,
            known,
            upstream,
            session,
            note,
            ttl,
            budget,
        } = question;
        let begun = Instant::now();
        let answer = store.ask(&session, &note, ttl).await;
        self.tick(self.now());
        let unix_time = self.worker.borrow().unix_time;
        let change = match &answer {
            Answer::Failed(Cause::StoreWrong) => None,
            Answer::Failed(cause) => {
                self.metrics.borrow_mut().store_failed(*cause);
                known.failed(*cause, unix_time)
            }
            _ if begun.elapsed() <= budget => known.did(&note),
            _ => None,
        };
        if let Some(change) = change {
            say(store.address(), change);
        }
        if let Some(next) = known.learnt((&upstream, session), &note, &answer, unix_time) {
            let said = store.ask(&session, &next, ttl).await;
            if let Answer::Failed(cause) = &said {
                self.metrics.borrow_mut().store_failed(*cause);
                if let Some(change) = known.failed(*cause, unix_time) {
                    say(store.address(), change);
                }
            }
            known.learnt((&upstream, session), &next, &said, unix_time);
        }
        answer
    }

    /// Says what a core learnt of the store of an upstream.
    pub(super) fn say_store(&self, rules: &Rules, upstream: usize, change: StoreChange) {
        let question = rules.config().upstreams.get(upstream);
        if let Some(Affinity::Learn { store, .. }) =
            question.and_then(|upstream| upstream.affinity.as_ref())
            && let Some(store) = self.stores.borrow_mut().store(store)
        {
            say(store.address(), change);
        }
    }

    /// Another configuration is the current one: connections that it needs are made anew.
    pub(super) fn leave_stores(&self) {
        self.stores.borrow_mut().0.clear();
    }
}

impl Store {
    /// Without what a URL may say of a password.
    fn address(&self) -> String {
        self.client.get_connection_info().addr().to_string()
    }

    async fn ask(&self, session: &Digest, note: &Note, ttl: u64) -> Answer {
        let asked = async {
            let mut connection = self.connection().await?;
            exchange(&mut connection, session, note, ttl).await
        };
        match timeout(LIMIT, asked).await {
            Ok(Ok(Some(server))) => match String::from_utf8(server) {
                Ok(server) if server.len() <= 255 => Answer::Server(server),
                _ => Answer::Failed(Cause::StoreWrong),
            },
            Ok(Ok(None)) => Answer::Unknown,
            Ok(Err(error)) => {
                let cause = cause_of(&error);
                if matches!(cause, Cause::StoreGone | Cause::StoreSlow) {
                    self.drop_connection();
                }
                Answer::Failed(cause)
            }
            Err(_) => {
                self.drop_connection();
                Answer::Failed(Cause::StoreSlow)
            }
        }
    }

    async fn connection(&self) -> Result<MultiplexedConnection, RedisError> {
        let mut connection = self.connection.lock().await;
        if let Some(connection) = &*connection {
            return Ok(connection.clone());
        }
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(LIMIT))
            .set_response_timeout(Some(LIMIT));
        let client = &self.client;
        let made = client.get_multiplexed_async_connection_with_config(&config);
        let made = made.await?;
        *connection = Some(made.clone());
        Ok(made)
    }

    /// The next one makes another; who makes one now is left alone.
    fn drop_connection(&self) {
        if let Ok(mut connection) = self.connection.try_lock() {
            *connection = None;
        }
    }
}

/// Has a store forget a session.
///
/// # Errors
///
/// Why it does not, or does not say so.
pub(crate) async fn forget(url: &str, session: &Digest) -> Result<(), String> {
    let store = Store {
        client: Client::open(url).map_err(|error| error.to_string())?,
        connection: Mutex::new(None),
    };
    let forgotten = async {
        let mut connection = store.connection().await?;
        let mut cmd = redis::cmd("DEL");
        cmd.arg(key(session));
        cmd.query_async::<()>(&mut connection).await
    };
    match timeout(LIMIT, forgotten).await {
        Ok(forgotten) => forgotten.map_err(|error| cause_of(&error).text().to_owned()),
        Err(_) => Err(Cause::StoreSlow.text().to_owned()),
    }
}

fn key(session: &Digest) -> String {
    format!("wirekit-gateway:{session}")
}

async fn exchange(
    connection: &mut MultiplexedConnection,
    session: &Digest,
    note: &Note,
    ttl: u64,
) -> Result<Option<Vec<u8>>, RedisError> {
    let key = key(session);
    match note {
        Note::Confirm => look_up(&key, ttl).query_async(connection).await,
        Note::Claim(server) => {
            let mut claim = redis::cmd("SET");
            claim.arg(&key).arg(server).arg("EX").arg(ttl).arg("NX");
            let claimed: Option<String> = claim.query_async(connection).await?;
            match claimed {
                Some(_) => Ok(Some(server.clone().into_bytes())),
                None => look_up(&key, ttl).query_async(connection).await,
            }
        }
        Note::Move(from, to) => {
            let mut script = redis::cmd("EVAL");
            script.arg(MOVE).arg(1).arg(&key).arg(to).arg(ttl).arg(from);
            script.query_async(connection).await
        }
    }
}

/// Who asks for a session uses it.
fn look_up(key: &str, ttl: u64) -> Cmd {
    let mut cmd = redis::cmd("GETEX");
    cmd.arg(key).arg("EX").arg(ttl);
    cmd
}

fn cause_of(error: &RedisError) -> Cause {
    match error.code() {
        Some("OOM") => Cause::StoreFull,
        Some("WRONGTYPE") => Cause::StoreWrong,
        // Of a script that wrote where there is no room.
        _ if error.to_string().contains("OOM") => Cause::StoreFull,
        _ if error.is_timeout() => Cause::StoreSlow,
        _ => Cause::StoreGone,
    }
}

fn say(address: String, change: StoreChange) {
    match change {
        StoreChange::Failed(Cause::StoreFull) => log::warn!(
            "store {address}: {} New users are known to this gateway alone",
            Cause::StoreFull.text()
        ),
        StoreChange::Failed(cause) => log::warn!(
            "store {address}: {} Users whose server is not known here are put by the hash of their cookie",
            cause.text()
        ),
        StoreChange::CameBack => log::info!("store {address} came back"),
    }
}
