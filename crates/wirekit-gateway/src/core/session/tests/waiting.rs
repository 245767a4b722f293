//! Requests that wait until a server may have one more.

use core::time::Duration;
use std::collections::VecDeque;

use super::{CONFIG, Stage};
use crate::core::reason::Reason;

const GET: &[u8] = b"GET /http/ HTTP/1.1\r\nHost: a\r\n\r\n";
const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

/// Connections of one worker, whose only server takes two requests at once.
struct Many {
    stages: Vec<Stage>,
}

impl Many {
    fn new(count: usize) -> Self {
        let config = CONFIG.replace(
            "address = \"127.0.0.1:3\"",
            "address = \"127.0.0.1:3\"\nmax_connections = 2",
        );
        let stages = (0..count).map(|_| Stage::with(&config)).collect();
        Self { stages }
    }

    /// Does something with one of them that has the worker meanwhile, and tells those that are called.
    fn with(&mut self, at: usize, act: impl FnOnce(&mut Stage)) {
        self.lend(at, act);
        let mut called: VecDeque<_> = self.stages[0].worker.called.drain(..).collect();
        while let Some((upstream, ticket)) = called.pop_front() {
            assert_eq!(upstream, self.stages[0].worker.balancers.len() - 1);
            let place = |stage: &Stage| {
                let current = stage.session.current.as_ref();
                current.is_some_and(|current| current.ticket == Some(ticket))
            };
            let at = self
                .stages
                .iter()
                .position(place)
                .expect("who is called waits");
            self.lend(at, |stage| {
                stage.session.called(stage.now, &mut stage.worker);
                stage.settle();
            });
            called.extend(self.stages[0].worker.called.drain(..));
        }
    }

    fn lend(&mut self, at: usize, act: impl FnOnce(&mut Stage)) {
        let (first, rest) = self.stages.split_first_mut().unwrap();
        match at.checked_sub(1) {
            None => act(first),
            Some(at) => {
                core::mem::swap(&mut first.worker, &mut rest[at].worker);
                act(&mut rest[at]);
                core::mem::swap(&mut first.worker, &mut rest[at].worker);
            }
        }
    }

    fn statuses(&mut self) -> Vec<String> {
        self.stages.iter_mut().map(Stage::status).collect()
    }

    /// Who was given a server and is not connected to it yet.
    fn connecting(&self) -> Vec<usize> {
        let places = self.stages.iter().enumerate();
        places
            .filter(|(_, stage)| stage.connecting.is_some())
            .map(|(at, _)| at)
            .collect()
    }
}

#[test]
fn who_finds_no_room_waits_for_its_turn() {
    let mut many = Many::new(5);
    for at in 0..5 {
        many.with(at, |stage| stage.sends(GET));
    }
    assert_eq!(many.connecting(), [0, 1]);
    // As many wait as the server takes at once, and no more.
    assert!(many.stages[2].waits && many.stages[3].waits && !many.stages[4].waits);
    assert_eq!(many.stages[4].reasons(), ["shed"]);
    let got = many.stages[4].got();
    assert!(
        got.starts_with("HTTP/1.1 503 ") && got.contains("\r\nRetry-After: 1\r\n"),
        "{got}"
    );

    many.with(1, |stage| {
        stage.connects();
        stage.answers(OK);
    });
    assert_eq!(many.connecting(), [0, 2]);
    // Who comes now stands behind those who wait.
    many.with(1, |stage| stage.sends(GET));
    many.with(0, |stage| {
        stage.connects();
        stage.answers(OK);
    });
    assert_eq!(many.connecting(), [2, 3]);
    for at in [2, 3, 1] {
        many.with(at, |stage| {
            stage.connects();
            stage.answers(OK);
        });
    }
    assert_eq!(many.statuses(), ["200", "200", "200", "200", ""]);
    assert_eq!(many.stages[0].worker.balancers[1].active(0), 0);
}

#[test]
fn who_gives_up_makes_room_for_the_next() {
    // The client goes away, a server that was had fails, and the time is over.
    let mut many = Many::new(4);
    for at in 0..4 {
        many.with(at, |stage| stage.sends(GET));
    }
    many.with(2, |stage| {
        stage.session.client_lost(stage.now, &mut stage.worker);
        stage.settle();
    });
    many.with(0, |stage| {
        stage.connecting = None;
        let (now, worker) = (stage.now, &mut stage.worker);
        stage
            .session
            .connect_failed(Reason::ConnectRefused, now, worker);
        stage.settle();
    });
    assert_eq!(
        many.stages[0].status(),
        "502",
        "who had its turn does not wait again"
    );
    assert_eq!(many.connecting(), [1, 3]);

    many.with(0, |stage| stage.sends(GET));
    assert!(many.stages[0].waits);
    many.with(0, |stage| stage.passes(Duration::from_secs(4)));
    assert_eq!(many.stages[0].status(), "");
    many.with(0, |stage| stage.passes(Duration::from_secs(1)));
    assert_eq!(many.stages[0].status(), "503");
    assert_eq!(many.stages[0].reasons(), ["connect_refused", "no_server"]);
    assert!(
        !many.stages[0].session.is_done(),
        "the connection serves on"
    );
    many.with(1, |stage| {
        stage.connects();
        stage.answers(OK);
    });
    many.with(0, |stage| stage.sends(GET));
    assert_eq!(many.connecting(), [0, 3], "nobody waits any more");
}

#[test]
fn without_a_server_that_could_have_room_nobody_waits() {
    let down = "address = \"127.0.0.1:3\"\nmax_connections = 2\nstate = \"down\"";
    let mut stage = Stage::with(&CONFIG.replace("address = \"127.0.0.1:3\"", down));
    stage.sends(GET);
    assert_eq!(stage.status(), "503");
    assert_eq!(stage.reasons(), ["no_server"]);
}
