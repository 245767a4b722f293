//! Why users of learnt sessions move, and what is asked and written of that.

use std::rc::Rc;

use super::Stage;
use super::learning::{said, session, stage};
use crate::config::ServerState;
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
