//! What every view gets.

use std::io;

use crate::inspect::capture::Time;
use crate::inspect::conversation::connection::{Connection, Observed};
use crate::inspect::conversation::depth::Depth;
use crate::inspect::conversation::names::Names;
use crate::inspect::conversation::tale::Tale;
use crate::inspect::conversation::totals::Totals;
use crate::inspect::layers::packet::Packet;
use crate::inspect::text;

/// One way to show a capture. Every method has the output to write to.
pub(crate) trait View {
    /// Whether connections are measured for it.
    const MEASURES: bool = false;

    /// How far up the layers it looks.
    fn needs(&self) -> Depth;

    /// Whether it says itself what was dropped.
    fn shows_totals(&self) -> bool {
        false
    }

    /// The time of the capture's first packet.
    fn begin(&mut self, start: Time) {
        let _ = start;
    }

    /// A packet, and what its connection made of it.
    fn packet(
        &mut self,
        packet: &Packet<'_>,
        observed: Option<Observed<'_>>,
        out: &mut Output<'_>,
    ) -> io::Result<()> {
        let _ = (packet, observed, out);
        Ok(())
    }

    /// Something that happened on a connection.
    fn tale(
        &mut self,
        connection: &Connection,
        tale: Tale,
        out: &mut Output<'_>,
    ) -> io::Result<()> {
        let _ = (connection, tale, out);
        Ok(())
    }

    /// A connection of which nothing more is reported.
    fn finished(&mut self, connection: &Connection, out: &mut Output<'_>) -> io::Result<()>;

    /// Nothing comes at the moment: what waits to be in order is written as it is.
    fn idle(&mut self, out: &mut Output<'_>) -> io::Result<()> {
        let _ = out;
        Ok(())
    }

    /// Lines that were dropped because too many waited for a filter's word.
    fn left_out(&self) -> u64 {
        0
    }

    /// The capture's end.
    fn end(&mut self, totals: &Totals, out: &mut Output<'_>) -> io::Result<()>;
}

/// Where a view writes, and what it may call the addresses in it.
pub(crate) struct Output<'a> {
    pub(crate) writer: &'a mut dyn io::Write,
    /// As the capture said by now; a connection keeps those of its beginning.
    pub(crate) names: Names,
    /// The line being made, kept for its memory.
    pub(crate) line: Vec<u8>,
}

impl<'a> Output<'a> {
    pub(crate) fn new(writer: &'a mut dyn io::Write) -> Self {
        Self {
            writer,
            names: Names::default(),
            line: Vec::with_capacity(512),
        }
    }

    /// Writes the totals, as text.
    pub(crate) fn totals(&mut self, totals: &Totals) -> io::Result<()> {
        for line in text::totals::lines(totals) {
            self.line.extend_from_slice(line.as_bytes());
            self.end_line()?;
        }
        Ok(())
    }

    /// Writes the line, with its line end, and empties it.
    pub(crate) fn end_line(&mut self) -> io::Result<()> {
        self.line.push(b'\n');
        let written = self.writer.write_all(&self.line);
        self.line.clear();
        written
    }
}
