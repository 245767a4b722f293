//! Lines of connections that a filter keeps, or may come to keep.

use std::collections::HashMap;
use std::io;

use super::view::Output;
use crate::inspect::conversation::connection::Connection;
use crate::inspect::conversation::filter::Filter;

/// Bytes of lines held for a connection whose protocol is not known yet.
const MAX_HELD_LEN: usize = 64 * 1024;

/// Writes lines as they come, but for connections whose protocol a filter asks for: theirs wait until it is known.
#[derive(Debug)]
pub(super) struct Kept {
    filter: Filter,
    /// All lines are written as they come.
    keeps_all: bool,
    held: HashMap<u64, Held>,
    /// Of all lines that wait, with what a place costs.
    held_len: usize,
    max_held_len: usize,
    left_out: u64,
}

/// Lines that wait.
#[derive(Debug, Default)]
struct Held {
    lines: Vec<u8>,
    /// Further ones, for which there was no room.
    left_out: u64,
}

impl Kept {
    /// Of all connections at most so many bytes wait.
    pub(super) fn new(filter: Filter, max_held_len: usize) -> Self {
        Self {
            keeps_all: filter.is_empty(),
            filter,
            held: HashMap::new(),
            held_len: 0,
            max_held_len,
            left_out: 0,
        }
    }

    /// Whether a line of the connection is of any use.
    pub(super) fn wants(&self, connection: &Connection) -> bool {
        self.keeps_all || connection.is_kept(&self.filter) != Some(false)
    }

    /// Ends the output's line, which is one of the connection's.
    pub(super) fn end_line(
        &mut self,
        connection: &Connection,
        out: &mut Output<'_>,
    ) -> io::Result<()> {
        if self.keeps_all {
            return out.end_line();
        }
        match connection.is_kept(&self.filter) {
            Some(true) => {
                if let Some(held) = self.take(connection) {
                    out.writer.write_all(&held.lines)?;
                    self.left_out += held.left_out;
                }
                out.end_line()
            }
            Some(false) => {
                self.take(connection);
                out.line.clear();
                Ok(())
            }
            None => {
                let held = self.held.entry(connection.number).or_default();
                let before = held.lines.capacity();
                let is_full = self.held_len > self.max_held_len;
                if !is_full && held.lines.len() + out.line.len() < MAX_HELD_LEN {
                    held.lines.append(&mut out.line);
                    held.lines.push(b'\n');
                    self.held_len += held.lines.capacity() - before;
                } else {
                    held.left_out += 1;
                }
                out.line.clear();
                Ok(())
            }
        }
    }

    /// Lines that should have been written, but that had no room to wait.
    pub(super) const fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Nothing more comes of the connection.
    pub(super) fn finish(&mut self, connection: &Connection) {
        self.take(connection);
    }

    fn take(&mut self, connection: &Connection) -> Option<Held> {
        if self.held.is_empty() {
            return None;
        }
        let held = self.held.remove(&connection.number)?;
        self.held_len -= held.lines.capacity();
        Some(held)
    }
}
