//! The store that gateways share: what it has, and when and how it answers.

use core::time::Duration;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use wirekit_gateway::core::affinity::{Answer, Cause, Digest, Known, Note, StoreChange};
use wirekit_gateway::core::session::Rules;

use super::fate::Moment;

/// How long a request waits for it.
pub(super) const BUDGET: Duration = Duration::from_millis(5);
/// For so many seconds it is left alone when it failed.
const PAUSE: u64 = 1;
/// What takes longer has failed.
const LIMIT: Duration = Duration::from_secs(1);

/// What is wrong with the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mood {
    Fine,
    /// It answers behind the budget.
    Late,
    /// It never answers.
    Silent,
    /// It cannot be reached.
    Gone,
    /// It takes nothing more.
    Full,
    /// It has something else under the keys.
    Wrong,
}

/// Whether a request waits for the answer, or goes on beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waits {
    Yes,
    No,
}

#[derive(Debug)]
pub(super) struct Question {
    pub(super) number: u64,
    pub(super) rules: Rc<Rules>,
    pub(super) upstream: usize,
    pub(super) session: Digest,
    pub(super) note: Note,
    /// Whose request it is of, and who waits for the answer.
    pub(super) client: usize,
    pub(super) asker: Option<usize>,
    pub(super) waits: Waits,
    asked: Duration,
    mood: Mood,
}

/// The server of a session, and who wrote that.
#[derive(Clone, Debug)]
struct Place {
    server: String,
    by: By,
}

/// Which gateway wrote something to the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    This,
    Another,
}

/// What the store says of a note.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) note: Note,
    pub(super) answer: Answer,
    /// Who wrote what it says.
    pub(super) by: By,
}

#[derive(Debug)]
pub(super) struct Store {
    pub(super) mood: Mood,
    has: HashMap<Digest, Place>,
    pending: Vec<Question>,
    numbers: u64,
    /// Why it is not asked, and until when it was not.
    failed: Option<Cause>,
    /// From which second on it is asked again, and the turn in which it last was: two things may be written for one request.
    asked_from: u64,
    asked_at: usize,
    before: Vec<(usize, Cause)>,
    /// What was said of it: that it failed, that it is full.
    is_said: [bool; 2],
}

impl Store {
    pub(super) fn new() -> Self {
        Self {
            mood: Mood::Fine,
            has: HashMap::new(),
            pending: Vec::new(),
            numbers: 0,
            failed: None,
            asked_from: 0,
            asked_at: 0,
            before: Vec::new(),
            is_said: [false; 2],
        }
    }

    /// Another gateway says which server has the user.
    pub(super) fn put(&mut self, session: Digest, server: &str) {
        let place = Place {
            server: server.to_owned(),
            by: By::Another,
        };
        self.has.insert(session, place);
    }

    /// It forgets everything.
    pub(super) fn flush(&mut self) {
        self.has.clear();
    }

    /// Somebody asks, or writes.
    pub(super) fn ask(
        &mut self,
        rules: &Rc<Rules>,
        upstream: usize,
        (session, note): (Digest, Note),
        (client, waits): (usize, Waits),
        now: Moment,
    ) -> u64 {
        if self.failed.is_some() {
            let is_due = now.time.as_secs() >= self.asked_from || now.turn == self.asked_at;
            assert!(is_due, "a store that fails is asked at once again");
            (self.asked_from, self.asked_at) = (now.time.as_secs() + PAUSE, now.turn);
        }
        self.numbers += 1;
        self.pending.push(Question {
            number: self.numbers,
            rules: rules.clone(),
            upstream,
            session,
            note,
            client,
            asker: (waits == Waits::Yes).then_some(client),
            waits,
            asked: now.time,
            mood: self.mood,
        });
        self.numbers
    }

    /// Nobody waits for the answer any more.
    pub(super) fn leave(&mut self, number: u64) {
        let mut pending = self.pending.iter_mut();
        if let Some(question) = pending.find(|question| question.number == number) {
            question.asker = None;
        }
    }

    /// The place of a question that is answered now: this one, or any for which nobody waits.
    pub(super) fn due(&self, number: Option<u64>, now: Duration) -> Option<usize> {
        let is_due = |question: &Question| {
            let wait = match question.mood {
                Mood::Late => BUDGET + Duration::from_millis(1),
                Mood::Silent => LIMIT,
                _ => Duration::ZERO,
            };
            let is_it = match number {
                Some(number) => number == question.number,
                None => question.asker.is_none(),
            };
            is_it && now >= question.asked + wait
        };
        self.pending.iter().position(is_due)
    }

    pub(super) fn take(&mut self, at: usize) -> Question {
        self.pending.swap_remove(at)
    }

    /// What it says of a question, and what the process then knows; a second thing may have to be written, whose answer is
    /// the last.
    pub(super) fn answer(&mut self, question: &Question, unix_time: u64, now: Moment) -> Vec<Said> {
        let known = question.rules.known(question.upstream);
        let known: &Arc<Known> = known.expect("an upstream with a store");
        let upstream = question.rules.config().upstreams.get(question.upstream);
        let name = upstream
            .map_or("", |upstream| upstream.name.as_str())
            .into();
        let mut answers = vec![self.does(question, &question.note)];
        let answer = &answers[0].answer;
        match answer {
            Answer::Failed(Cause::StoreWrong) => {}
            Answer::Failed(cause) => {
                let change = known.failed(*cause, unix_time);
                self.fails(*cause, change, now);
            }
            _ if now.time <= question.asked + BUDGET => {
                let change = known.did(&question.note);
                self.comes_back(&question.note, change, now);
            }
            _ => {}
        }
        let next = known.learnt((&name, question.session), &question.note, answer, unix_time);
        if let Some(next) = next {
            let said = self.does(question, &next);
            if let Answer::Failed(cause) = &said.answer {
                let change = known.failed(*cause, unix_time);
                self.fails(*cause, change, now);
            }
            known.learnt((&name, question.session), &next, &said.answer, unix_time);
            answers.push(said);
        }
        answers
    }

    fn does(&mut self, question: &Question, note: &Note) -> Said {
        let answer = self.takes(question, note);
        let place = self.has.get(&question.session);
        let is_there = |place: &&Place| answer == Answer::Server(place.server.clone());
        // Whatever else it says no gateway is known to have written.
        let by = place.filter(is_there).map_or(By::Another, |place| place.by);
        let note = note.clone();
        Said { note, answer, by }
    }

    fn takes(&mut self, question: &Question, note: &Note) -> Answer {
        let before = self.has.get(&question.session);
        let before = before.map(|place| place.server.clone());
        match (question.mood, note) {
            (Mood::Gone, _) => return Answer::Failed(Cause::StoreGone),
            (Mood::Silent, _) => return Answer::Failed(Cause::StoreSlow),
            (Mood::Full, Note::Claim(_) | Note::Move(..)) => {
                return Answer::Failed(Cause::StoreFull);
            }
            (Mood::Wrong, _) if question.number.is_multiple_of(2) => {
                return Answer::Failed(Cause::StoreWrong);
            }
            (Mood::Wrong, _) => return Answer::Server("nobody".to_owned()),
            _ => {}
        }
        let server = match (note, before) {
            (Note::Confirm, None) => return Answer::Unknown,
            (Note::Claim(server), None) => server.clone(),
            (Note::Move(from, to), before)
                if before.as_ref().is_none_or(|it| from.contains(it)) =>
            {
                to.clone()
            }
            (_, Some(before)) => return Answer::Server(before),
            (note, None) => panic!("{note:?}"),
        };
        let place = Place {
            server: server.clone(),
            by: By::This,
        };
        self.has.insert(question.session, place);
        Answer::Server(server)
    }

    /// It failed, or said nothing in time: that is said once.
    pub(super) fn fails(&mut self, cause: Cause, change: Option<StoreChange>, now: Moment) {
        let is_full = cause == Cause::StoreFull;
        let was_said = core::mem::replace(&mut self.is_said[usize::from(is_full)], true);
        let expected = (!was_said).then_some(StoreChange::Failed(cause));
        assert_eq!(change, expected, "what is said of a store that fails");
        if !is_full {
            self.asked_from = now.time.as_secs() + PAUSE;
            let before = self.failed.replace(cause);
            self.before.extend(before.map(|before| (now.turn, before)));
        }
    }

    fn comes_back(&mut self, note: &Note, change: Option<StoreChange>, now: Moment) {
        let [failed, full] = &mut self.is_said;
        let was_full = *note != Note::Confirm && core::mem::take(full);
        let was_said = core::mem::take(failed) || was_full;
        let expected = was_said.then_some(StoreChange::CameBack);
        assert_eq!(change, expected, "what is said of a store that answers");
        let before = self.failed.take();
        self.before.extend(before.map(|before| (now.turn, before)));
    }

    /// Why it was not asked at some time since then.
    pub(super) fn failed_since(&self, since: Moment) -> Vec<Cause> {
        let before = self.before.iter().filter(|(until, _)| *until >= since.turn);
        let before = before.map(|(_, cause)| *cause);
        before.chain(self.failed).collect()
    }
}
