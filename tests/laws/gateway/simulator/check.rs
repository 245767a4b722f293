//! What must hold at each step, when an exchange ends, and when a connection does.

use core::net::SocketAddr;
use core::time::Duration;

use wirekit_gateway::core::affinity::{Answer, Cause};
use wirekit_gateway::core::reason::Reason;
use wirekit_gateway::core::session::Record;

use super::answer::Truth;
use super::body;
use super::client::{Client, FILE, Link};
use super::header::{BALANCER, Says};
use super::reader::Final;
use super::request::{Kind, MAX_CONTENT, MAX_HEAD, MAX_IN_MEMORY};
use super::stage::{REPORT, Stage};
use super::tunnel;

/// What may wait for one side before nothing more is made for it.
const HIGH_WATER: usize = 64 * 1024;

/// The longest time that anything may take.
const LONGEST: Duration = Duration::from_secs(80);

/// What is held is bounded by the limits: what waits for either side, a head, and content that a server has to wait for. What is
/// kept for another try is up to 64 KiB, too, and bytes around chunks come to what is read.
pub(super) const fn max_held(is_huge: bool) -> usize {
    let in_memory = if is_huge { MAX_IN_MEMORY + REPORT } else { 0 };
    4 * (HIGH_WATER + REPORT) + HIGH_WATER + 2 * MAX_HEAD + MAX_CONTENT + in_memory
}

impl Client {
    /// What holds whenever the session has done what it could.
    pub(super) fn check(&mut self, stage: &mut Stage<'_>) {
        if self.is_over {
            return;
        }
        if self.session.is_done() {
            return self.over(stage);
        }
        let held = self.session.held();
        assert!(held <= self.max_held, "{held} bytes are held");
        self.is_on_time(stage);
    }

    /// Every timer that is armed is answered: it is ahead, or what it was for happens.
    fn is_on_time(&mut self, stage: &mut Stage<'_>) {
        for _ in 0..8 {
            let deadline = self.session.deadline();
            assert!(deadline <= stage.now + LONGEST, "a timer that never ends");
            if deadline > stage.now {
                return;
            }
            stage.note(|| "time is over".to_owned());
            let asking = self.course.asking.take();
            if let Some(number) = asking {
                self.course.found = Some(Answer::Failed(Cause::StoreSlow));
                stage.store.leave(number);
            }
            self.session.time_passed(stage.now, &mut stage.worker);
            self.settle(stage);
            if asking.is_some() {
                let (said, now) = (self.said.take(), stage.moment());
                stage.store.fails(Cause::StoreSlow, said, now);
            }
            if self.session.is_done() {
                return self.over(stage);
            }
        }
        panic!("a timer that is answered with itself");
    }

    pub(super) fn check_record(&mut self, record: &Record, stage: &Stage<'_>) {
        let at = self.records;
        let is_late = self.drained.is_some_and(|last| at > last);
        assert!(
            !is_late,
            "another request is served though the worker stops"
        );
        assert!(
            matches!(self.link, Link::None),
            "a server is left behind by an exchange that ended"
        );
        assert_ne!(record.reason, Reason::Internal, "the gateway is at fault");
        self.check_client(record);
        self.recorded_len += record.response_len;
        assert_eq!(
            self.recorded_len, self.reader.len,
            "each byte is counted for one exchange"
        );
        // What is no request may end the connection, too: a head that came in part.
        let request = self.requests.get(at).expect("an exchange for each request");
        let Some(last) = self.reader.finals.get(at) else {
            assert!(
                self.is_lost || self.session.is_done(),
                "an exchange ends without an answer"
            );
            assert_ne!(record.reason, Reason::Served, "nothing was served");
            return;
        };
        assert_eq!(
            record.status, last.status,
            "the status that is recorded is the one that was sent"
        );
        assert_eq!(
            self.reader.finals.len(),
            at + 1,
            "one final response an exchange"
        );
        let is_whole = last.is_whole || last.is_until_close;
        assert!(
            is_whole || self.is_lost || self.session.is_done(),
            "a part of a response"
        );
        assert!(
            is_whole || record.reason != Reason::Served,
            "a part was not served"
        );
        match last.token {
            Some(number) => {
                assert_eq!(number, request.number, "another request's answer");
                assert!(request.is_proxied(), "an answer without a server");
                assert!(
                    record.reason.status().is_none() || !last.is_whole,
                    "{:?}",
                    record.reason
                );
                self.is_cut = last.is_until_close && !self.is_meant(last, stage);
            }
            None if last.status == 101 => assert_eq!(request.kind, Kind::WebSocket),
            None => {
                if let Some(status) = record.reason.status() {
                    assert_eq!(status, last.status, "the reason's own status");
                }
                assert!(
                    body::numbers(&last.content).next().is_none(),
                    "a page speaks of a request"
                );
                if request.kind == Kind::File && last.status == 200 && last.is_whole {
                    let content = if request.is_head() { &[][..] } else { FILE };
                    assert!(last.content == content, "another file");
                }
            }
        }
        // As many requests wait as the servers take at once, until those that are called go on: who comes then is sent away.
        let is_one_too_many =
            record.reason == Reason::Shed && stage.has_few_places(record.upstream);
        if !stage.is_faulty && !stage.is_disturbed && !is_one_too_many {
            self.is_expected(last, request.kind);
        }
    }

    /// Whom an exchange was for: nobody who was not named, and nothing is served before the header was read.
    fn check_client(&self, record: &Record) {
        let client = match self.header {
            Says::Nothing => ([192, 0, 2, 7], 0).into(),
            Says::Client(client) if self.is_proxied => client,
            _ => SocketAddr::from(BALANCER),
        };
        assert_eq!(
            record.remote,
            Some(client.ip()),
            "another client's exchange"
        );
        if self.header != Says::Nothing && !self.is_proxied {
            assert!(
                self.reader.len == 0 && record.reason != Reason::Served,
                "an answer before the header: {:?}",
                record.reason
            );
        }
    }

    /// The answer is what the server meant, in part if it sent a part; whether nothing of it is missing.
    fn is_meant(&self, last: &Final, stage: &Stage<'_>) -> bool {
        let answer = self.answered.as_ref().expect("a server that answered");
        assert_ne!(
            answer.truth,
            Truth::Broken,
            "a broken answer reaches a client"
        );
        assert_eq!(answer.status, last.status, "another status");
        assert!(answer.content.starts_with(&last.content), "other content");
        if last.is_whole && !last.is_until_close {
            assert_eq!(answer.truth, Truth::Whole, "a part becomes a whole");
            assert_eq!(answer.content, last.content, "a whole that lacks something");
        }
        stage.note(|| {
            format!(
                "{:?}, {} of {} bytes",
                answer.truth,
                last.content.len(),
                answer.content.len()
            )
        });
        answer.truth == Truth::Whole && answer.content == last.content
    }

    /// Without any fault each request gets what it asks for.
    fn is_expected(&self, last: &Final, kind: Kind) {
        let status = last.status;
        match kind {
            Kind::Uwsgi | Kind::Http1 => assert!(last.token.is_some(), "{status} without a fault"),
            Kind::WebSocket => assert!(
                status == 101 || last.token.is_some(),
                "{status} without a fault"
            ),
            Kind::TooLong => assert_eq!(status, 413),
            Kind::File => assert_eq!(status, 200),
            Kind::NoFile => assert_eq!(status, 404),
            Kind::Moved => assert_eq!(status, 308),
            Kind::Refused(expected, _) => assert_eq!(status, expected),
        }
    }

    /// The connection is closed, or reset.
    fn over(&mut self, stage: &Stage<'_>) {
        self.is_over = true;
        let is_reset = self.session.is_reset() || self.is_lost;
        assert!(matches!(self.link, Link::None), "a server is left behind");
        let finals = self.reader.finals.len();
        assert!(finals <= self.records, "a response without a record");
        if !is_reset {
            if let Some(last) = self.reader.finals.last()
                && last.is_until_close
                && last.token.is_some()
                && !last.is_whole
            {
                assert!(
                    !self.is_cut,
                    "a part becomes a whole by the connection's end"
                );
            }
            self.reader.end();
        }
        if let Some(server) = &self.relayed {
            tunnel::check(&server.tunnel, &self.frames[..self.frames_sent]);
            tunnel::check(&self.reader.tunnel, &server.frames[..server.tunnel_sent]);
        }
        // Who closes says so in the last response, so that no client sends in vain.
        let last = self.reader.finals.last();
        let is_told = last.is_none_or(|last| last.closes || last.status == 101 || !last.is_whole);
        let is_own = stage.is_faulty || stage.is_disturbed || self.has_ended;
        assert!(is_told || is_own, "a connection is closed without a word");
    }
}
