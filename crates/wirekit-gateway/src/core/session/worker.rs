use bytes::BytesMut;
use wirekit::bridge::ResponseTable;
use wirekit::http1::FieldTable;
use wirekit::websocket::MaskingKeys;

use super::renew::Past;
use super::rules::Rules;
use crate::core::balance::{Balancer, Ticket};

/// How long a buffer is, as a rule: a head, and little content with it.
const BUFFER_LEN: usize = 4 * 1024;
/// How long one may be that grew, and how many are kept.
const MAX_BUFFER_LEN: usize = 4 * BUFFER_LEN;
const MAX_BUFFERS: usize = 32;

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
    /// Where the fields of a head are noted while it is decided what becomes of it.
    head_fields: Option<Box<FieldTable>>,
    /// Buffers that no connection has now.
    buffers: Vec<BytesMut>,
    pub(super) past: Vec<Past>,
    pub(super) generation: u64,
    /// The time as `Date` has it.
    pub date: String,
    /// The same in seconds of Unix time, by which cookies end.
    pub unix_time: u64,
    /// Requests for which a server has room now, by upstream: their [`Session::called`](super::Session::called) is due.
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
            head_fields: None,
            buffers: Vec::new(),
            past: Vec::new(),
            generation: rules.generation(),
            date: String::new(),
            unix_time: 0,
            called: Vec::new(),
        }
    }

    /// A table for a head that is kept apart from the rest of the worker; it is to be [taken back](Self::take_back_fields).
    pub(super) fn lend_fields(&mut self) -> Box<FieldTable> {
        let fields = self.head_fields.take();
        fields.unwrap_or_else(|| Box::new(FieldTable::new()))
    }

    pub(super) fn take_back_fields(&mut self, fields: Box<FieldTable>) {
        self.head_fields = Some(fields);
    }

    /// Makes a buffer ready to be written to.
    pub(super) fn lend(&mut self, buffer: &mut BytesMut) {
        if buffer.capacity() == 0 {
            let lent = self.buffers.pop();
            *buffer = lent.unwrap_or_else(|| BytesMut::with_capacity(BUFFER_LEN));
        }
    }

    /// Takes a buffer that holds nothing: a connection that waits for something has none.
    pub(super) fn take_back(&mut self, buffer: &mut BytesMut) {
        if !buffer.is_empty() || buffer.capacity() == 0 {
            return;
        }
        let mut buffer = core::mem::take(buffer);
        // What was read of it is room again, where that is much.
        let has_room = buffer.capacity() > BUFFER_LEN / 2 || buffer.try_reclaim(BUFFER_LEN / 2);
        let is_usual = has_room && buffer.capacity() <= MAX_BUFFER_LEN;
        if is_usual && self.buffers.len() < MAX_BUFFERS {
            self.buffers.push(buffer);
        }
    }
}
