//! Users stay on their servers, by the application's own session and a store.

use core::time::Duration;
use std::rc::Rc;
use std::sync::Arc;

use super::Stage;
use crate::config::ServerState;
use crate::core::affinity::{Answer, Cause, Digest, Known, Note, StoreChange, Stores};
use crate::core::balance::Tries;
use crate::core::reason::Reason;
use crate::core::session::Rules;

const IDS: [&str; 3] = ["a", "b", "c"];

pub(super) fn stage() -> Stage {
    let affinity =
        "{ learn = 'id', store = 'redis://127.0.0.1:6379/0', ttl = '60s', budget = '5ms' }";
    Stage::with_users(affinity, "")
}

pub(super) fn session(value: &str) -> Digest {
    Digest::new("app", "id", value.as_bytes())
}

pub(super) fn said(server: &str) -> Answer {
    Answer::Server(server.to_owned())
}

pub(super) fn claim(value: &str, server: &str) -> (Digest, Note) {
    (session(value), Note::Claim(server.to_owned()))
}

impl Stage {
    pub(super) fn known(&self) -> Arc<Known> {
        self.session.rules().known(0).unwrap().clone()
    }

    /// The store answers.
    pub(super) fn hears(&mut self, answer: &Answer) {
        let session = self.looks_up.take().expect("the store is asked");
        let known = self.known();
        known.learnt(
            (&"app".into(), session),
            &Note::Confirm,
            answer,
            self.worker.unix_time,
        );
        self.session.found(answer, self.now, &mut self.worker);
        self.settle();
    }

    /// The server answers with this `Set-Cookie`; its id, the placement and the cause.
    pub(super) fn answers_with(&mut self, set: &str) -> (&'static str, &'static str, &'static str) {
        assert_eq!(self.looks_up, None);
        let server = self.connects();
        let set = match set {
            "" => String::new(),
            set => format!("Set-Cookie: {set}\r\n"),
        };
        let head = format!("HTTP/1.1 200 OK\r\n{set}Content-Length: 2\r\n\r\n");
        // A head is looked at whole, wherever it is cut.
        let (start, rest) = head.split_at(head.len() - 3);
        self.answers(b"HTTP/1.1 103 Early Hints\r\nSet-Cookie: id=early\r\n\r\n");
        self.answers(start.as_bytes());
        self.answers(rest.as_bytes());
        self.answers(b"hi");
        let placement = self.records.last().unwrap().placement.unwrap();
        let cause = placement.cause().map_or("", Cause::as_str);
        (IDS[server], placement.as_str(), cause)
    }

    /// Where the hash puts a session.
    pub(super) fn hashed(&mut self, value: &str) -> &'static str {
        let key = session(value);
        let (now, balancer) = (self.now, &mut self.worker.balancers[0]);
        let at = balancer.choose_hashed(now, key.as_bytes(), &mut Tries::new());
        IDS[at.unwrap()]
    }
}

#[test]
fn a_session_is_learnt_from_the_answer_that_begins_it() {
    let mut stage = stage();
    stage.sends_cookies("");
    let first = stage.answers_with("id=x; HttpOnly");
    assert_eq!(first, ("a", "new", ""));
    assert_eq!(stage.told, [claim("x", "a")]);
    // From then on nobody is asked.
    for _ in 0..3 {
        stage.sends_cookies("other=1; id=x");
        assert_eq!(stage.answers_with(""), ("a", "kept", ""));
        // Nor is anything written of what is known.
        stage.sends_cookies("id=x");
        assert_eq!(stage.answers_with("id=x; Max-Age=60"), ("a", "kept", ""));
    }
    assert_eq!(stage.told.len(), 1);
    // Who logs in gets another one, on the same server.
    stage.sends_cookies("id=x");
    assert_eq!(stage.answers_with("id=y"), ("a", "kept", ""));
    assert_eq!(stage.told[1..], [claim("y", "a")]);
    // Who logs out has none.
    stage.sends_cookies("id=y");
    assert_eq!(stage.answers_with("id=; Max-Age=0"), ("a", "kept", ""));
    assert_eq!(stage.told.len(), 2);
}

#[test]
fn requests_without_the_cookie_ask_nobody() {
    let mut stage = stage();
    for server in ["a", "b", "c"] {
        stage.sends_cookies("other=id=x");
        assert_eq!(stage.answers_with(""), (server, "new", ""));
    }
    assert_eq!(stage.told, []);
}

#[test]
fn the_store_says_who_has_a_session() {
    let mut stage = stage();
    for (value, server) in [("x", "c"), ("y", "c"), ("z", "a")] {
        stage.sends_cookies(&format!("id={value}"));
        assert_eq!(stage.looks_up, Some(session(value)));
        assert_eq!(stage.connecting, None, "it is waited for");
        stage.hears(&said(server));
        assert_eq!(stage.answers_with(""), (server, "kept", ""));
        stage.sends_cookies(&format!("id={value}"));
        assert_eq!(stage.answers_with(""), (server, "kept", ""));
    }
    assert_eq!(stage.told, []);
    // Used on, it is asked for beside the requests.
    stage.worker.unix_time += 1;
    stage.sends_cookies("id=x");
    assert_eq!(stage.answers_with(""), ("c", "kept", ""));
    assert_eq!(stage.told, [(session("x"), Note::Confirm)]);
}

#[test]
fn a_session_that_nobody_knows_is_put_by_its_hash() {
    let mut stage = stage();
    for value in ["x", "y", "z", "w"] {
        let hashed = stage.hashed(value);
        for _ in 0..2 {
            stage.sends_cookies(&format!("id={value}"));
            stage.hears(&Answer::Unknown);
            let answered = stage.answers_with("");
            assert_eq!(answered, (hashed, "hashed", "unknown_session"));
        }
        // What a client makes up is not written down; what the application says of it is.
        assert_eq!(stage.told, []);
        stage.sends_cookies(&format!("id={value}"));
        stage.hears(&Answer::Unknown);
        stage.answers_with(&format!("id={value}"));
        assert_eq!(stage.told, [claim(value, hashed)]);
        stage.told.clear();
    }
}

#[test]
fn a_store_that_says_nothing_costs_its_budget_and_no_more() {
    let mut stage = stage();
    let hashed = stage.hashed("x");
    stage.sends_cookies("id=x");
    assert_eq!(
        stage.session.deadline(),
        stage.now + Duration::from_millis(5)
    );
    stage.passes(Duration::from_millis(5));
    assert_eq!(stage.store, [StoreChange::Failed(Cause::StoreSlow)]);
    stage.looks_up = None;
    assert_eq!(stage.answers_with(""), (hashed, "hashed", "store_slow"));
    // Nobody waits for it now.
    stage.sends_cookies("id=x");
    assert_eq!(stage.answers_with(""), (hashed, "hashed", "store_slow"));
    // What comes too late is nothing to the request, wherever it is.
    stage
        .session
        .found(&said("c"), stage.now, &mut stage.worker);
    // Once in a while one request asks, and what it hears is right again.
    stage.worker.unix_time += 1;
    stage.sends_cookies("id=x");
    stage.known().did(&Note::Confirm);
    stage.hears(&said("c"));
    assert_eq!(stage.answers_with(""), ("c", "kept", ""));
    assert_eq!(stage.store.len(), 1, "it is said once");
}

#[test]
fn a_store_that_fails_moves_nobody_who_is_known() {
    let mut stage = stage();
    stage.sends_cookies("");
    assert_eq!(stage.answers_with("id=x").0, "a");
    stage.known().failed(Cause::StoreGone, 1000);
    for unix_time in [1000, 1001, 1030, 1089] {
        stage.worker.unix_time = unix_time;
        stage.sends_cookies("id=x");
        assert_eq!(stage.answers_with(""), ("a", "kept", ""));
    }
    // Who comes meanwhile is known here, and written to the store when it is back.
    stage.told.clear();
    stage.known().failed(Cause::StoreGone, 1089);
    stage.sends_cookies("");
    let (server, ..) = stage.answers_with("id=y");
    assert_eq!(stage.told, []);
    stage.known().did(&Note::Confirm);
    stage.worker.unix_time += 1;
    stage.sends_cookies("id=y");
    assert_eq!(stage.answers_with(""), (server, "kept", ""));
    assert_eq!(stage.told, [claim("y", server)]);
}

#[test]
fn a_server_that_is_down_is_replaced_and_the_store_told() {
    let mut stage = stage();
    stage.sends_cookies("id=x");
    stage.hears(&said("b"));
    assert_eq!(stage.answers_with(""), ("b", "kept", ""));
    stage.worker.balancers[0].set_state(1, ServerState::Down);
    let other = stage.hashed("x");
    assert_ne!(other, "b");
    // Another gateway may have moved it already.
    stage.sends_cookies("id=x");
    stage.hears(&said("b"));
    assert_eq!(stage.answers_with(""), (other, "moved", "server_down"));
    let moved = (session("x"), Note::Move(vec!["b".into()], other.into()));
    assert_eq!(stage.told, [moved]);
    // It stays there when the server is back.
    stage.worker.balancers[0].set_state(1, ServerState::Up);
    stage.sends_cookies("id=x");
    assert_eq!(stage.answers_with(""), (other, "kept", ""));
}

#[test]
fn a_drained_server_keeps_its_sessions() {
    let mut stage = stage();
    stage.worker.balancers[0].set_state(1, ServerState::Drain);
    stage.sends_cookies("id=x");
    stage.hears(&said("b"));
    assert_eq!(stage.answers_with(""), ("b", "kept", ""));
    for _ in 0..3 {
        stage.sends_cookies("");
        assert_ne!(stage.answers_with("").0, "b");
    }
}

#[test]
fn a_try_on_another_server_moves_the_session() {
    let mut stage = stage();
    stage.sends_cookies("id=x");
    stage.hears(&said("b"));
    stage.connecting = None;
    // The store has said whose it is.
    let worker = &mut stage.worker;
    let refused = Reason::ConnectRefused;
    stage.session.connect_failed(refused, stage.now, worker);
    stage.settle();
    let (other, how, cause) = stage.answers_with("");
    assert_eq!((how, cause), ("moved", "server_failed"));
    let moved = (session("x"), Note::Move(vec!["b".into()], other.into()));
    assert_eq!(stage.told, [moved]);
}

#[test]
fn before_a_session_moves_the_store_is_asked() {
    // A server that this process knows, is down, gone, or fails with the request.
    for (at, how) in [(0, "down"), (1, "fails"), (2, "down and nobody moved it")] {
        let mut stage = stage();
        stage.sends_cookies("id=x");
        stage.hears(&said("b"));
        assert_eq!(stage.answers_with(""), ("b", "kept", ""));
        let hashed = match at {
            1 => "",
            _ => {
                stage.worker.balancers[0].set_state(1, ServerState::Down);
                stage.hashed("x")
            }
        };
        stage.sends_cookies("id=x");
        if at == 1 {
            assert_eq!(stage.connecting.take(), Some(1), "{how}");
            let worker = &mut stage.worker;
            let refused = Reason::ConnectRefused;
            stage.session.connect_failed(refused, stage.now, worker);
            stage.settle();
        }
        assert_eq!(
            (stage.looks_up, stage.connecting),
            (Some(session("x")), None),
            "{how}"
        );
        if at == 2 {
            stage.hears(&said("b"));
            assert_eq!(stage.answers_with(""), (hashed, "moved", "server_down"));
            continue;
        }
        stage.hears(&said("c"));
        assert_eq!(stage.answers_with(""), ("c", "moved", "elsewhere"), "{how}");
        assert_eq!(stage.told, [], "{how}: the store knows that");
        stage.sends_cookies("id=x");
        assert_eq!(stage.answers_with(""), ("c", "kept", ""), "{how}");
    }
}

#[test]
fn what_another_gateway_did_is_a_cause() {
    let mut stage = stage();
    stage.sends_cookies("id=x");
    stage.hears(&said("b"));
    assert_eq!(stage.answers_with(""), ("b", "kept", ""));
    // It was asked for beside a request.
    stage.known().learnt(
        (&"app".into(), session("x")),
        &Note::Confirm,
        &said("c"),
        1001,
    );
    stage.sends_cookies("id=x");
    assert_eq!(stage.answers_with(""), ("c", "moved", "elsewhere"));
    stage.sends_cookies("id=x");
    assert_eq!(stage.answers_with(""), ("c", "kept", ""));
    // Its server came back: whose it is now is asked first.
    stage.known().server_changed("app", "c", 1001);
    stage.sends_cookies("id=x");
    stage.hears(&said("a"));
    assert_eq!(stage.answers_with(""), ("a", "moved", "elsewhere"));
    stage.sends_cookies("id=x");
    assert_eq!(stage.answers_with(""), ("a", "kept", ""));
}

#[test]
fn what_the_store_says_may_be_wrong() {
    let mut stage = stage();
    let hashed = stage.hashed("x");
    for (answer, how, cause) in [
        (said("gone"), "moved", "server_gone"),
        (said(""), "moved", "server_gone"),
        (said(&"a".repeat(255)), "moved", "server_gone"),
        (Answer::Failed(Cause::StoreWrong), "hashed", "store_wrong"),
    ] {
        let mut stage = self::stage();
        stage.sends_cookies("id=x");
        stage.hears(&answer);
        assert_eq!(stage.answers_with(""), (hashed, how, cause));
    }
}

#[test]
fn more_cookies_of_the_name_are_one_session_whatever_their_order() {
    let mut stage = stage();
    stage.sends_cookies("id=x; id=y");
    let asked = stage.looks_up;
    stage.hears(&said("c"));
    stage.answers_with("");
    let mut stage = self::stage();
    stage.sends_cookies("id=y; id=x");
    assert_eq!(stage.looks_up, asked);
    stage.hears(&said("c"));
    stage.answers_with("");
    // The one that is known is theirs.
    let (known, other) = match asked == Some(session("x")) {
        true => ("y", "x"),
        false => ("x", "y"),
    };
    let mut stage = self::stage();
    stage.sends_cookies("");
    let (server, ..) = stage.answers_with(&format!("id={known}"));
    stage.sends_cookies(&format!("id={other}; id={known}"));
    assert_eq!(stage.answers_with(""), (server, "kept", ""));
    // And nobody has nine.
    let nine: Vec<String> = (0..9).map(|at| format!("id={at}")).collect();
    stage.sends_cookies(&nine.join("; "));
    let (_, how, cause) = stage.answers_with("");
    assert_eq!((how, cause), ("moved", "duplicated"));
}

#[test]
fn a_client_that_leaves_while_the_store_is_asked_is_gone() {
    let mut stage = stage();
    stage.sends_cookies("id=x");
    stage.session.client_lost(stage.now, &mut stage.worker);
    stage.settle();
    assert_eq!(stage.reasons(), ["client_closed"]);
    stage
        .session
        .found(&said("a"), stage.now, &mut stage.worker);
    stage.settle();
    assert_eq!((stage.connecting, stage.records.len()), (None, 1));
}

/// Others may have moved its sessions while it was out.
#[test]
fn a_server_that_a_configuration_brings_back_is_doubtful() {
    let (mut stage, stores) = (stage(), Stores::default());
    let first = Rules::new(stage.session.rules().config().clone());
    let first = Rc::new(first.with_stores(&stores));
    stage
        .session
        .renew(first.clone(), stage.now, &mut stage.worker);
    stage.sends_cookies("id=x");
    stage.hears(&said("b"));
    assert_eq!(stage.answers_with(""), ("b", "kept", ""));
    let mut rules = first.clone();
    for (generation, state) in [(1, ServerState::Down), (2, ServerState::Up)] {
        let mut config = first.config().clone();
        config.upstreams[0].servers[1].state = state;
        let next = Rules::new(config).with_generation(generation);
        let next = Rc::new(next.with_stores(&stores));
        stage.worker.renew(&rules, &next, stage.now);
        stage
            .session
            .renew(next.clone(), stage.now, &mut stage.worker);
        rules = next;
    }
    stage.sends_cookies("id=x");
    stage.hears(&said("c"));
    assert_eq!(stage.answers_with(""), ("c", "moved", "elsewhere"));
}
