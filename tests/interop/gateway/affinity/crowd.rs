//! Ten thousand requests of five hundred sessions, over three gateways and five servers, of which some are drained, die, are
//! taken out and return: no session moves without a cause that its line in the log names.

use core::fmt::Write as _;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::collections::{BTreeMap, HashMap};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Mutex, RwLock};
use std::thread;

use wirekit_gateway::core::affinity::Digest;

use super::application::Application;
use super::redis::Redis;
use super::{Placed, folder, until};
use crate::gateway::{Gateway, wire};

const SESSIONS: usize = 500;
const REQUESTS: usize = 20;
const THREADS: usize = 8;

/// The state of a server in the configuration; none where it is not there.
type State = Option<&'static str>;

struct Site {
    affinity: String,
    applications: Vec<Application>,
    gateways: Vec<Gateway>,
    states: Mutex<Vec<State>>,
    /// Where each session is, as its client knows it.
    homes: Vec<Mutex<String>>,
    redis: Option<Redis>,
    answered: AtomicUsize,
    /// Held while something happens: no request is on its way then.
    happens: RwLock<()>,
}

/// Of one session: its cookie, and the servers that answered.
#[derive(Default)]
struct Session {
    cookie: Option<String>,
    servers: Vec<String>,
}

impl Site {
    fn start(redis: Option<Redis>) -> Self {
        let affinity = match &redis {
            None => "{ cookie = 'route', key_file = 'route.key' }".to_owned(),
            Some(redis) => format!(
                "{{ learn = 'sessionid', store = '{}', ttl = '1h', budget = '60s' }}",
                redis.url()
            ),
        };
        let mut site = Self {
            affinity,
            applications: ["a", "b", "c", "d", "e"].map(Application::start).into(),
            gateways: Vec::new(),
            states: Mutex::new(vec![Some("up"); 5]),
            homes: (0..SESSIONS).map(|_| Mutex::default()).collect(),
            redis,
            answered: AtomicUsize::new(0),
            happens: RwLock::new(()),
        };
        for at in 0..3 {
            let gateway = Gateway::start_in(folder(), &site.tables(at));
            site.gateways.push(gateway);
        }
        site
    }

    /// Each gateway has the servers in another order.
    fn tables(&self, gateway: usize) -> String {
        let mut tables = format!(
            "[[site]]\n[[site.location]]\npath = '/'\nupstream = 'app'\n\
             [upstream.app]\nprotocol = 'http1'\nretries = 4\naffinity = {}\n",
            self.affinity
        );
        let states = self.states.lock().expect("a lock");
        for at in 0..5 {
            let at = (at + gateway * 2) % 5;
            let (application, state) = (&self.applications[at], states[at]);
            let Some(state) = state else { continue };
            let (id, address) = (application.id(), application.address());
            let _ = write!(
                tables,
                "[[upstream.app.server]]\nid = '{id}'\naddress = '{address}'\nstate = '{state}'\nfailure_timeout = '1s'\n"
            );
        }
        tables
    }

    fn becomes(&self, server: usize, state: State) {
        self.states.lock().expect("a lock")[server] = state;
        for (at, gateway) in self.gateways.iter().enumerate() {
            gateway.reload(&self.tables(at));
        }
    }

    /// What happens once so many requests were answered.
    fn event(&self, answered: usize) {
        let act: &dyn Fn() = match answered {
            1_000 => &|| self.becomes(0, Some("drain")),
            2_000 => &|| self.applications[1].die(),
            3_500 => &|| self.applications[1].come_back(),
            4_000 => &|| self.becomes(2, None),
            4_500 => &|| self.applications[3].die(),
            5_500 => &|| self.becomes(0, Some("up")),
            6_000 => &|| self.applications[3].come_back(),
            6_500 => &|| self.becomes(2, Some("up")),
            7_000 => &|| self.becomes(4, Some("down")),
            7_500 => &|| self.applications[0].die(),
            8_500 => &|| self.becomes(4, Some("up")),
            9_000 => &|| self.applications[0].come_back(),
            _ => return,
        };
        let _alone = self.happens.write().expect("a lock");
        self.settle();
        act();
    }

    /// What the gateways told the store beside their requests has arrived there.
    fn settle(&self) {
        let Some(redis) = &self.redis else { return };
        let digest = |at: usize| Digest::new("app", "sessionid", name(at).as_bytes());
        let keys: Vec<String> = (0..SESSIONS)
            .map(|at| format!("wirekit-gateway:{}", digest(at)))
            .collect();
        let homes = self.homes.iter();
        let homes: Vec<String> = homes
            .map(|home| home.lock().expect("a lock").clone())
            .collect();
        let command: Vec<&str> = ["MGET"]
            .into_iter()
            .chain(keys.iter().map(String::as_str))
            .collect();
        until(|| {
            let said = redis.says(&command);
            // A session that has not begun has no home and no line.
            let lines: Vec<&str> = said.split('\n').map(str::trim).collect();
            let is_same = lines.len() == homes.len()
                && lines
                    .iter()
                    .zip(&homes)
                    .all(|(line, home)| home.is_empty() || line == home);
            is_same.then_some(())
        });
    }

    /// A client's share: its sessions in turns, each request by another gateway.
    fn visits(&self, thread: usize, sessions: &mut BTreeMap<usize, Session>) {
        let mut connections: Vec<Option<TcpStream>> = (0..3).map(|_| None).collect();
        for request in 0..REQUESTS {
            for (&at, session) in &mut *sessions {
                let gateway = (at + request * (1 + thread % 2)) % 3;
                let guard = self.happens.read().expect("a lock");
                let connection = &mut connections[gateway];
                let stream = connection.get_or_insert_with(|| self.gateways[gateway].connect());
                let path = match (request, &self.redis) {
                    (0, Some(_)) => format!("/login/{}", name(at)),
                    _ => format!("/{}/{request}", name(at)),
                };
                let cookie = session.cookie.as_ref();
                let cookie = cookie.map(|it| format!("Cookie: other=1; {it}\r\n"));
                let cookie = cookie.unwrap_or_default();
                let head = format!("GET {path} HTTP/1.1\r\nHost: a\r\n{cookie}\r\n");
                stream.write_all(head.as_bytes()).expect("it takes it");
                let answer = read(stream);
                assert_eq!(answer.status(), 200, "{path}: {answer:?}");
                // What a reload changed of the connection's location would end it.
                if answer.field("connection") == Some("close") {
                    *connection = None;
                }
                let server = String::from_utf8_lossy(&answer.content).into_owned();
                if let Some(set) = answer.field("set-cookie") {
                    let set = set.split(';').next().unwrap_or_default();
                    session.cookie = Some(set.to_owned());
                }
                *self.homes[at].lock().expect("a lock") = server.clone();
                session.servers.push(server);
                let answered = self.answered.fetch_add(1, Ordering::AcqRel) + 1;
                drop(guard);
                self.event(answered);
            }
        }
    }
}

fn name(session: usize) -> String {
    format!("session-{session}")
}

fn read(stream: &mut TcpStream) -> wire::Message {
    let mut got = Vec::new();
    loop {
        if let Some((message, len)) = wire::read(&got, false).expect("a response") {
            assert_eq!(len, got.len());
            return message;
        }
        let mut piece = [0; 4096];
        let len = stream.read(&mut piece).expect("an answer in time");
        assert!(len > 0, "it closes: {}", got.escape_ascii());
        got.extend_from_slice(&piece[..len]);
    }
}

/// How often each cause was one, and how many requests stayed.
fn crowd(redis: Option<Redis>) -> BTreeMap<(String, String), usize> {
    let site = Site::start(redis);
    let is_learnt = site.redis.is_some();
    let sessions: Vec<BTreeMap<usize, Session>> = thread::scope(|scope| {
        let threads = (0..THREADS).map(|thread| {
            let site = &site;
            scope.spawn(move || {
                let own = (0..SESSIONS).filter(|at| at % THREADS == thread);
                let mut sessions = own.map(|at| (at, Session::default())).collect();
                site.visits(thread, &mut sessions);
                sessions
            })
        });
        let threads: Vec<_> = threads.collect();
        threads
            .into_iter()
            .map(|it| it.join().expect("a thread"))
            .collect()
    });
    assert_eq!(site.answered.into_inner(), SESSIONS * REQUESTS);
    let mut lines = HashMap::new();
    for gateway in site.gateways {
        let (text, _) = gateway.end_saying();
        for line in text.lines() {
            let target = line
                .split("GET ")
                .nth(1)
                .and_then(|it| it.split(' ').next());
            lines.insert(target.expect("a target").to_owned(), Placed::of(line));
        }
    }
    let mut counts = BTreeMap::new();
    for (at, session) in sessions.iter().flatten() {
        let mut home: Option<&String> = None;
        for (request, server) in session.servers.iter().enumerate() {
            let path = match (request, is_learnt) {
                (0, true) => format!("/login/{}", name(*at)),
                _ => format!("/{}/{request}", name(*at)),
            };
            let placed = &lines[&path];
            assert_eq!(placed.server, *server, "{path}");
            let how = (placed.how.clone(), placed.cause.clone());
            *counts.entry(how).or_insert(0) += 1;
            match placed.how.as_str() {
                "new" => assert_eq!(request, 0, "{path}: {placed:?}"),
                "kept" => assert_eq!(home, Some(server), "{path}: {placed:?}"),
                "moved" => assert!(!placed.cause.is_empty(), "{path}"),
                _ => panic!("{path}: {placed:?}"),
            }
            home = Some(server);
        }
    }
    counts
}

fn check(counts: &BTreeMap<(String, String), usize>, causes: &[&str]) {
    let kept = counts.get(&("kept".to_owned(), String::new())).copied();
    let new = counts.get(&("new".to_owned(), String::new())).copied();
    assert_eq!(new, Some(SESSIONS), "{counts:?}");
    // By the store each gateway hears of a move by itself.
    assert!(
        kept.unwrap_or_default() > SESSIONS * REQUESTS / 2,
        "{counts:?}"
    );
    for cause in causes {
        let key = ("moved".to_owned(), (*cause).to_owned());
        assert!(counts.contains_key(&key), "{cause}: {counts:?}");
    }
}

#[test]
fn nobody_moves_without_a_cause_by_the_cookie() {
    let counts = crowd(None);
    check(&counts, &["server_failed", "server_down", "server_gone"]);
}

#[test]
fn nobody_moves_without_a_cause_by_the_store() {
    let counts = crowd(Some(Redis::start()));
    check(&counts, &["server_failed", "server_gone", "elsewhere"]);
}
