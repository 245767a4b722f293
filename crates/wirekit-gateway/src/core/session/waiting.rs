//! The wait for a server that may have one more request.

use super::{Action, Session, Step, Work, Worker};
use crate::core::balance::Instant;
use crate::core::reason::Reason;

impl Session {
    /// A server has room for the request that [waits](Action::Wait).
    pub fn called(&mut self, now: Instant, worker: &mut Worker) {
        let waits = self
            .current
            .as_ref()
            .is_some_and(|current| matches!(current.work, Work::Wait));
        if waits {
            self.ask(Reason::NoServer, now, worker);
        }
        self.drive(now, worker);
    }

    /// Lines the request up, where that may be: no more wait than the servers take at once.
    pub(super) fn wait(&mut self, now: Instant, worker: &mut Worker) {
        self.step(Step::Full);
        let Some(current) = &mut self.current else {
            return;
        };
        let Some(upstream) = current.upstream else {
            return self.refuse(Reason::Internal, worker);
        };
        let Some(balancer) = worker.balancer(&self.rules, upstream) else {
            return self.refuse(Reason::Internal, worker);
        };
        if current.ticket.is_some() {
            return balancer.stay();
        }
        match balancer.wait() {
            Some(ticket) => {
                current.ticket = Some(ticket);
                current.waits_since.get_or_insert(now);
                self.server_moved = now;
                self.actions.push_back(Action::Wait { upstream, ticket });
            }
            None => self.refuse(Reason::Shed, worker),
        }
    }

    /// The request waits no longer, and the next one may be called.
    pub(super) fn leave_queue(&mut self, now: Instant, worker: &mut Worker) {
        let Some(current) = &mut self.current else {
            return;
        };
        if let (Some(ticket), Some(upstream)) = (current.ticket.take(), current.upstream)
            && let Some(balancer) = worker.balancer(&self.rules, upstream)
        {
            balancer.leave(ticket);
            worker.call(&self.rules, upstream, now);
        }
    }
}
