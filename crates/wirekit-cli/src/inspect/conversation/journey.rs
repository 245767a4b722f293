//! A request that came from outside, with those that it caused.

use std::collections::HashMap;

use super::exchange::{Exchange, Parent};
use super::exchanges::Exchanges;

/// Requests that wait for the one that caused them; further ones stand for themselves.
const MAX_WAITING: usize = 65_536;

/// An exchange and those that it caused, in the order in which they began.
#[derive(Clone, Debug)]
pub(crate) struct Journey {
    pub(crate) exchange: Exchange,
    pub(crate) children: Vec<Self>,
}

/// Where the time of an exchange went, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shares {
    /// The request was on its way: from its head to its last byte.
    pub(crate) client: i64,
    /// Who was asked did something that was not seen: it waited for nobody.
    pub(crate) server: i64,
    /// It waited for the first byte of what it had asked others for.
    pub(crate) waiting: i64,
    /// Their answers were on their way.
    pub(crate) fetching: i64,
    /// The answer was on its way, while nobody else was asked.
    pub(crate) answer: i64,
}

/// Those that are under way.
#[derive(Debug, Default)]
pub(crate) struct Journeys {
    /// By what caused them.
    waiting: HashMap<u64, Vec<Journey>>,
    waiting_count: usize,
}

impl Journeys {
    /// Takes an exchange that is over; a journey that this ends is given back.
    pub(crate) fn take(&mut self, exchange: Exchange, all: &Exchanges) -> Option<Journey> {
        let mut children = self.waiting.remove(&exchange.number).unwrap_or_default();
        self.waiting_count -= children.len();
        children.sort_by_key(|child| child.exchange.number);
        let journey = Journey { exchange, children };
        match journey.exchange.parent {
            Parent::Known(number) if all.is_open(number) && self.waiting_count < MAX_WAITING => {
                self.waiting_count += 1;
                self.waiting.entry(number).or_default().push(journey);
                None
            }
            _ => Some(journey),
        }
    }

    /// What still waits, at the capture's end.
    pub(crate) fn rest(&mut self) -> Vec<Journey> {
        let waiting = core::mem::take(&mut self.waiting);
        let mut rest: Vec<Journey> = waiting.into_values().flatten().collect();
        rest.sort_by_key(|journey| journey.exchange.number);
        rest
    }
}

impl Journey {
    /// Whether something holds of one of its exchanges.
    pub(crate) fn any(&self, holds: &impl Fn(&Exchange) -> bool) -> bool {
        holds(&self.exchange) || self.children.iter().any(|child| child.any(holds))
    }

    /// Where its time went, if its beginning and its end were seen. The shares add up to it.
    pub(crate) fn shares(&self) -> Option<Shares> {
        let times = self.exchange.times;
        let (start, end) = times.start.zip(times.end)?;
        let sent = times.sent.unwrap_or(start).max(start).min(end);
        let first_byte = times.first_byte.unwrap_or(end).max(sent).min(end);
        let mut shares = Shares {
            client: sent.since(start),
            ..Shares::default()
        };
        // What others did counts where the time is not yet somebody's.
        let mut done = sent;
        for child in &self.children {
            let times = child.exchange.times;
            let (Some(asked), Some(answered)) = (times.start, times.end.or(times.first_byte))
            else {
                continue;
            };
            let asked = asked.max(done).min(end);
            let first = times.first_byte.unwrap_or(answered).max(asked).min(end);
            let answered = answered.max(first).min(end);
            shares.server += asked.since(done);
            shares.waiting += first.since(asked);
            shares.fetching += answered.since(first);
            done = answered;
        }
        let first_byte = first_byte.max(done);
        shares.server += first_byte.since(done);
        shares.answer = end.since(first_byte);
        Some(shares)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::capture::Time;
    use crate::inspect::conversation::application::Application;
    use crate::inspect::conversation::exchange::{Network, Times};

    fn journey(times: [u64; 4], children: Vec<Journey>) -> Journey {
        let [start, sent, first_byte, end] = times.map(|at| Some(Time::from_nanoseconds(at)));
        let exchange = Exchange {
            number: 1,
            connection: 1,
            server: core::net::SocketAddr::from(([192, 0, 2, 1], 80)),
            server_name: None,
            parent: Parent::None,
            layer: Application::Http1,
            request: None,
            status: None,
            interim: Vec::new(),
            request_len: 0,
            response_len: 0,
            times: Times {
                start,
                sent,
                first_byte,
                end,
            },
            network: Network::default(),
            is_switch: false,
            is_kept: true,
            is_complete: true,
            messages: None,
            error: None,
        };
        Journey { exchange, children }
    }

    #[test]
    fn shares_add_up() {
        let child = |times| journey(times, Vec::new());
        let rows = [
            (vec![], [10, 60, 0, 0, 30]),
            (vec![child([20, 20, 50, 60])], [10, 20, 30, 10, 30]),
            (
                vec![child([20, 20, 30, 40]), child([50, 50, 60, 65])],
                [10, 25, 20, 15, 30],
            ),
            // At the same time, and one that ends after the answer has begun.
            (
                vec![child([20, 20, 40, 50]), child([30, 30, 60, 90])],
                [10, 10, 30, 40, 10],
            ),
            // Clocks that disagree.
            (vec![child([0, 0, 200, 300])], [10, 0, 90, 0, 0]),
        ];
        for (children, expected) in rows {
            let journey = journey([0, 10, 70, 100], children);
            let shares = journey.shares().unwrap();
            let found = [
                shares.client,
                shares.server,
                shares.waiting,
                shares.fetching,
                shares.answer,
            ];
            assert_eq!(found, expected);
            assert_eq!(found.iter().sum::<i64>(), 100);
        }
    }
}
