//! Lines of connections that a filter keeps, or may come to keep.

use std::collections::HashMap;
use std::io;

use crate::inspect::connection::Connection;
use crate::inspect::settings::Filter;
use crate::inspect::view::Output;

/// Bytes of lines held for a connection whose protocol is not known yet.
const MAX_HELD_LEN: usize = 64 * 1024;

/// Writes lines as they come, but for connections whose protocol a filter asks for: theirs wait until it is known.
#[derive(Debug)]
pub(super) struct Kept {
    filter: Filter,
    held: HashMap<u64, Vec<u8>>,
}

impl Kept {
    pub(super) fn new(filter: Filter) -> Self {
        Self {
            filter,
            held: HashMap::new(),
        }
    }

    /// Whether a line of the connection is of any use.
    pub(super) fn wants(&self, connection: &Connection) -> bool {
        connection.is_kept(&self.filter) != Some(false)
    }

    /// Ends the output's line, which is one of the connection's.
    pub(super) fn end_line(
        &mut self,
        connection: &Connection,
        out: &mut Output<'_>,
    ) -> io::Result<()> {
        if self.filter.is_empty() {
            return out.end_line();
        }
        match connection.is_kept(&self.filter) {
            Some(true) => {
                if let Some(held) = self.held.remove(&connection.number) {
                    out.writer.write_all(&held)?;
                }
                out.end_line()
            }
            Some(false) => {
                self.held.remove(&connection.number);
                out.line.clear();
                Ok(())
            }
            None => {
                let held = self.held.entry(connection.number).or_default();
                if held.len() + out.line.len() < MAX_HELD_LEN {
                    held.append(&mut out.line);
                    held.push(b'\n');
                }
                out.line.clear();
                Ok(())
            }
        }
    }

    /// Nothing more comes of the connection.
    pub(super) fn finish(&mut self, connection: &Connection) {
        self.held.remove(&connection.number);
    }
}
