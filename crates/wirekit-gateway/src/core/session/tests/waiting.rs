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
        Self::with_config(
            count,
            &CONFIG.replace(
                "address = \"127.0.0.1:3\"",
                "address = \"127.0.0.1:3\"\nmax_connections = 2",
            ),
        )
    }

    /// The same, whose uwsgi servers take one request each.
    fn of_two_servers(count: usize) -> Self {
        let config = CONFIG.replace("127.0.0.1:1\"", "127.0.0.1:1\"\nmax_connections = 1");
        let config = config.replace("127.0.0.1:2\"", "127.0.0.1:2\"\nmax_connections = 1");
        Self::with_config(count, &config)
    }

    fn with_config(count: usize, config: &str) -> Self {
        let stages = (0..count).map(|_| Stage::with(config)).collect();
        Self { stages }
    }

    /// Does something with one of them that has the worker meanwhile, and tells those that are called.
    fn with(&mut self, at: usize, act: impl FnOnce(&mut Stage)) {
        self.lend(at, act);
        self.call();
    }

    fn call(&mut self) {
        let mut called: VecDeque<_> = self.stages[0].worker.called.drain(..).collect();
        while let Some((upstream, ticket)) = called.pop_front() {
            assert!(upstream < self.stages[0].worker.balancers.len());
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

    many.with(0, |stage| {
        stage.passes(Duration::from_secs(30));
        stage.sends(GET);
    });
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

fn answered(stage: &mut Stage) {
    stage.connects();
    stage.answers(OK);
}

fn lost(stage: &mut Stage) {
    stage.session.client_lost(stage.now, &mut stage.worker);
    stage.settle();
}

#[test]
fn who_is_called_and_comes_too_late_is_called_again() {
    let get = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    let mut many = Many::of_two_servers(3);
    for at in 0..3 {
        many.with(at, |stage| stage.sends(get));
    }
    assert!(many.stages[2].waits);
    // Between the call and its answer another request, which was with a server, takes the room.
    many.lend(1, answered);
    many.lend(0, |stage| {
        stage.connecting = None;
        let (now, worker) = (stage.now, &mut stage.worker);
        let reason = Reason::ConnectRefused;
        stage.session.connect_failed(reason, now, worker);
        stage.settle();
    });
    many.call();
    assert_eq!(many.connecting(), [0]);
    many.with(0, answered);
    assert_eq!(many.connecting(), [2]);
}

#[test]
fn a_call_is_for_who_waits_and_for_nobody_else() {
    let mut many = Many::new(6);
    for at in 0..4 {
        many.with(at, |stage| stage.sends(GET));
    }
    // Who goes away while there is no room calls nobody.
    many.lend(2, lost);
    assert!(many.stages[0].worker.called.is_empty());
    many.with(4, |stage| stage.sends(GET));
    // Between the call and its answer another one comes: it stands behind.
    many.lend(0, answered);
    assert_eq!(many.stages[0].worker.called.len(), 1);
    many.lend(3, lost);
    many.lend(0, |stage| stage.sends(GET));
    assert!(many.stages[0].waits);
    assert_eq!(
        many.stages[0].worker.called.len(),
        2,
        "who was called is gone, and the next one is"
    );
    many.stages[0].worker.called.remove(0);
    many.call();
    assert_eq!(many.connecting(), [1, 4]);
}

// A uwsgi server wants the length of what it gets, which of an upload in chunks is known at its end.
#[test]
fn who_has_nothing_to_send_yet_lets_the_next_one_go() {
    let upload = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    let get = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    let mut many = Many::of_two_servers(4);
    for (at, request) in [(0, &get[..]), (1, get), (2, upload), (3, get)] {
        many.with(at, |stage| stage.sends(request));
    }
    many.with(0, answered);
    assert_eq!(many.connecting(), [1, 3]);
    many.with(2, |stage| stage.sends(b"2\r\nhi\r\n0\r\n\r\n"));
    many.with(3, answered);
    assert_eq!(many.connecting(), [1, 2]);
}
