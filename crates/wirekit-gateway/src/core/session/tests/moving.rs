//! Why users of learnt sessions move, and what is asked and written of that.

use std::rc::Rc;

use super::Stage;
use super::learning::{said, session, stage};
use crate::config::ServerState;
use crate::core::affinity::{Answer, Cause, Note};
use crate::core::session::Rules;

impl Stage {
    /// The user of `x` has that server, as the store says.
    fn has(server: &str) -> Self {
        Self::of_few_places(0, server)
    }

    /// The same, where each server takes so many requests at once.
    fn of_few_places(max_connections: u32, server: &str) -> Self {
        let mut stage = stage();
        let rules = stage.session.rules().clone();
        let mut config = rules.config().clone();
        for server in &mut config.upstreams[0].servers {
            server.max_connections = max_connections;
        }
        let next = Rc::new(Rules::new(config).with_generation(1));
        let worker = &mut stage.worker;
        worker.renew(&rules, &next, stage.now);
        stage.session.renew(next, stage.now, worker);
        stage.sends_cookies("id=x");
        stage.hears(&said(server));
        stage.answers_with("");
        stage
    }

    /// The store does this with a note, or does not.
    fn writes(&mut self, note: &Note, answer: &Answer) {
        let asked = (&"app".into(), session("x"));
        let unix_time = self.worker.unix_time;
        let next = self.known().learnt(asked, note, answer, unix_time);
        assert_eq!(next, None);
    }

    fn set_state(&mut self, server: usize, state: ServerState) {
        self.worker.balancers[0].set_state(server, state);
    }
}

#[test]
fn a_server_that_goes_while_content_is_held_moves_nobody_before_the_store_is_asked() {
    let mut stage = Stage::has("b");
    stage
        .sends(b"POST / HTTP/1.1\r\nHost: a\r\nCookie: id=x\r\nTransfer-Encoding: chunked\r\n\r\n");
    assert_eq!((stage.looks_up, stage.connecting), (None, None));
    stage.set_state(1, ServerState::Down);
    stage.sends(b"2\r\nhi\r\n0\r\n\r\n");
    assert_eq!(
        (stage.looks_up, stage.connecting),
        (Some(session("x")), None)
    );
    stage.hears(&said("c"));
    assert_eq!(stage.answers_with(""), ("c", "moved", "elsewhere"));
}

#[test]
fn a_server_that_goes_while_a_request_waits_moves_nobody_before_the_store_is_asked() {
    let mut stage = Stage::of_few_places(2, "b");
    // Another request waits already.
    let other = stage.worker.balancers[0].wait().unwrap();
    stage.sends_cookies("id=x");
    assert!(stage.waits && stage.looks_up.is_none());
    stage.set_state(1, ServerState::Down);
    stage.worker.balancers[0].leave(other);
    stage.session.called(stage.now, &mut stage.worker);
    stage.settle();
    assert_eq!(
        (stage.looks_up, stage.connecting),
        (Some(session("x")), None)
    );
    stage.hears(&said("c"));
    assert_eq!(stage.answers_with(""), ("c", "moved", "elsewhere"));
    assert_eq!(stage.worker.balancers[0].waiting(), 0, "it waits no longer");
}

/// What moves a session from these servers.
fn moves(from: &[&str], to: &str) -> Note {
    let from = from.iter().map(|server| (*server).to_owned()).collect();
    Note::Move(from, to.to_owned())
}

#[test]
fn what_the_store_has_not_taken_is_no_move_by_another_gateway() {
    let mut stage = Stage::has("b");
    stage.set_state(1, ServerState::Down);
    let second = stage.hashed("x");
    stage.sends_cookies("id=x");
    stage.hears(&said("b"));
    assert_eq!(stage.answers_with(""), (second, "moved", "server_down"));
    let (_, note) = stage.told.pop().unwrap();
    assert_eq!(note, moves(&["b"], second));
    // There is no room for it. The store names the first server as before, which is back, when the second is down.
    stage.writes(&note, &Answer::Failed(Cause::StoreFull));
    let at = if second == "a" { 0 } else { 2 };
    stage.set_state(at, ServerState::Down);
    stage.set_state(1, ServerState::Up);
    let third = stage.hashed("x");
    stage.sends_cookies("id=x");
    stage.hears(&said("b"));
    assert_eq!(stage.answers_with(""), (third, "moved", "server_down"));
    let mut from = [second, "b"];
    from.sort_unstable();
    let from: Vec<_> = from.into_iter().filter(|server| *server != third).collect();
    assert_eq!(stage.told, [(session("x"), moves(&from, third))]);
    stage.sends_cookies("id=x");
    assert_eq!(stage.answers_with(""), (third, "kept", ""));
}

#[test]
fn what_another_gateway_does_meanwhile_goes_before_what_the_store_has_not_taken() {
    let mut stage = Stage::has("a");
    stage.set_state(0, ServerState::Down);
    stage.sends_cookies("id=x");
    stage.hears(&said("a"));
    let (second, ..) = stage.answers_with("");
    let other = if second == "b" { "c" } else { "b" };
    let (_, note) = stage.told.pop().unwrap();
    stage.writes(&note, &Answer::Failed(Cause::StoreFull));
    stage.set_state(if second == "b" { 1 } else { 2 }, ServerState::Down);
    stage.sends_cookies("id=x");
    stage.hears(&said(other));
    assert_eq!(stage.answers_with(""), (other, "moved", "elsewhere"));
    stage.sends_cookies("id=x");
    assert_eq!(stage.answers_with(""), (other, "kept", ""));
    assert_eq!(stage.told, []);
}

#[test]
fn what_this_process_does_meanwhile_is_no_move_by_another_gateway() {
    let mut stage = Stage::has("b");
    stage
        .sends(b"POST / HTTP/1.1\r\nHost: a\r\nCookie: id=x\r\nTransfer-Encoding: chunked\r\n\r\n");
    // Another request of the user moves them, and the store has taken that.
    let note = moves(&["b"], "c");
    let place = (&"app".into(), "c");
    let unix_time = stage.worker.unix_time;
    stage
        .known()
        .put(session("x"), place, note.clone(), unix_time);
    stage.writes(&note, &said("c"));
    stage.set_state(1, ServerState::Down);
    stage.sends(b"2\r\nhi\r\n0\r\n\r\n");
    stage.hears(&said("c"));
    assert_eq!(stage.answers_with(""), ("c", "kept", ""));
}

#[test]
fn a_move_by_another_gateway_is_reported_where_the_store_is_asked_first() {
    for answer in [said("c"), Answer::Failed(Cause::StoreSlow)] {
        let mut stage = Stage::has("b");
        // It was learnt beside a request, and the server came back a moment ago.
        stage.writes(&Note::Confirm, &said("c"));
        stage
            .known()
            .server_changed("app", "c", stage.worker.unix_time);
        stage.sends_cookies("id=x");
        stage.hears(&answer);
        assert_eq!(stage.answers_with(""), ("c", "moved", "elsewhere"));
        stage.sends_cookies("id=x");
        stage.hears(&answer);
        assert_eq!(stage.answers_with(""), ("c", "kept", ""));
    }
}

#[test]
fn a_move_by_another_gateway_is_reported_where_its_server_is_down() {
    let mut stage = Stage::has("b");
    stage.writes(&Note::Confirm, &said("c"));
    stage.set_state(2, ServerState::Down);
    stage.sends_cookies("id=x");
    stage.hears(&said("c"));
    let (server, how, cause) = stage.answers_with("");
    assert_eq!((how, cause), ("moved", "elsewhere"));
    assert_ne!(server, "c");
}
