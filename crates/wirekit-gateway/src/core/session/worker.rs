use wirekit::bridge::ResponseTable;
use wirekit::http1::FieldTable;
use wirekit::websocket::MaskingKeys;

use super::renew::Past;
use super::rules::Rules;
use crate::core::balance::{Balancer, Ticket};

/// What belongs to a worker and is lent to each call.
#[derive(Debug)]
#[non_exhaustive]
pub struct Worker {
    /// Where a request's fields are noted while its head is looked at.
    pub fields: FieldTable,
    /// Where a response's fields are noted.
    pub table: ResponseTable,
    /// The servers of each upstream of the current configuration.
    pub balancers: Vec<Balancer>,
    /// For Close frames to servers, references and traces; of a fixed seed until they are set, as the core draws no randomness.
    pub masking_keys: MaskingKeys,
    pub(super) past: Vec<Past>,
    pub(super) generation: u64,
    /// The time as `Date` has it.
    pub date: String,
    /// The same in seconds of Unix time, by which cookies end.
    pub unix_time: u64,
    /// Requests for which a server has room now, by upstream: their [`Session::called`] is due.
    pub called: Vec<(usize, Ticket)>,
}

impl Worker {
    /// A worker whose servers have no requests yet.
    pub fn new(rules: &Rules) -> Self {
        Self {
            fields: FieldTable::new(),
            table: ResponseTable::new(),
            balancers: rules.balancers().collect(),
            masking_keys: MaskingKeys::from_seed([0; 32]),
            past: Vec::new(),
            generation: rules.generation(),
            date: String::new(),
            unix_time: 0,
            called: Vec::new(),
        }
    }
}
