//! `--view story`: one section a connection.

mod section;

use std::collections::BTreeMap;
use std::io;

use wirekit::tcp::track::Side;

use crate::inspect::conversation::connection::{Connection, Observed};
use crate::inspect::conversation::depth::Depth;
use crate::inspect::conversation::filter::Filter;
use crate::inspect::conversation::tale::Tale;
use crate::inspect::conversation::totals::Totals;
use crate::inspect::layers::packet::{Body, Packet};
use crate::inspect::text;
use crate::inspect::text::paint::Paint;
use crate::inspect::text::put::{Put as _, counted, duration, seconds};
use crate::inspect::views::view::{Output, View};
use section::{Line, Section, Tone};

/// One section a connection, in the order of the connections' numbers.
///
/// Sections wait for the capture's end, because connections overlap. When the waiting text reaches the bound, the
/// sections that are finished are written first; if that is not enough, those of the oldest connections are written as
/// far as they are, and continued later. What waits for a filter's word is never written before it, but left out if need be.
#[derive(Debug)]
pub(crate) struct Story {
    filter: Filter,
    paint: Paint,
    sections: BTreeMap<u64, Section>,
    waiting_len: usize,
    max_waiting_len: usize,
    /// Lines of sections that were written without them.
    left_out: u64,
    /// Broken packets that belong to no connection.
    broken: Vec<String>,
}

impl Story {
    pub(crate) fn new(filter: Filter, paint: Paint, max_waiting_len: usize) -> Self {
        Self {
            filter,
            paint,
            sections: BTreeMap::new(),
            waiting_len: 0,
            max_waiting_len,
            left_out: 0,
            broken: Vec::new(),
        }
    }

    fn add(&mut self, connection: &Connection, line: Line) {
        let section = self.sections.entry(connection.number).or_default();
        let before = section.len;
        section.add(line);
        self.waiting_len = self.waiting_len - before + section.len;
    }

    /// Writes sections until the waiting text is well within its bound again.
    fn make_room(&mut self, out: &mut Output<'_>) -> io::Result<()> {
        if self.waiting_len <= self.max_waiting_len {
            return Ok(());
        }
        self.write_finished(out)?;
        self.write_parts(self.max_waiting_len / 2, out)?;
        for section in self.sections.values_mut() {
            if self.waiting_len <= self.max_waiting_len / 2 {
                break;
            }
            self.waiting_len -= section.len;
            section.leave_out();
        }
        Ok(())
    }

    fn write_finished(&mut self, out: &mut Output<'_>) -> io::Result<()> {
        let sections = self.sections.iter();
        let finished = sections.filter(|(_, section)| section.heading.is_some());
        let finished: Vec<u64> = finished.map(|(number, _)| *number).collect();
        for number in finished {
            if let Some(section) = self.sections.remove(&number) {
                self.waiting_len -= section.len;
                self.left_out += section.left_out;
                write(&self.paint, number, &section, out)?;
            }
        }
        Ok(())
    }

    /// Writes what waits of sections that are not finished, until no more than so much is left.
    fn write_parts(&mut self, max_len: usize, out: &mut Output<'_>) -> io::Result<()> {
        for (number, section) in &mut self.sections {
            if self.waiting_len <= max_len {
                break;
            }
            if section.len > 0 && section.is_kept {
                self.waiting_len -= section.len;
                write(&self.paint, *number, &section.part(), out)?;
            }
        }
        Ok(())
    }
}

impl View for Story {
    fn needs(&self) -> Depth {
        Depth::Messages
    }

    fn shows_totals(&self) -> bool {
        true
    }

    fn packet(
        &mut self,
        packet: &Packet<'_>,
        observed: Option<Observed<'_>>,
        _out: &mut Output<'_>,
    ) -> io::Result<()> {
        if let (Body::Error(error), None) = (&packet.body, observed)
            && self.broken.len() < 100
        {
            self.broken.push(format!(
                "packet {}: {}: {error}",
                packet.number,
                error.kind()
            ));
        }
        Ok(())
    }

    fn tale(
        &mut self,
        connection: &Connection,
        tale: Tale,
        out: &mut Output<'_>,
    ) -> io::Result<()> {
        let is_kept = connection.is_kept(&self.filter);
        if is_kept == Some(false) {
            if let Some(section) = self.sections.remove(&connection.number) {
                self.waiting_len -= section.len;
            }
            return Ok(());
        }
        let section = self.sections.entry(connection.number).or_default();
        section.is_kept = is_kept == Some(true);
        if let Some(line) = section.line(connection, &tale) {
            self.add(connection, line);
        }
        self.make_room(out)
    }

    fn finished(&mut self, connection: &Connection, out: &mut Output<'_>) -> io::Result<()> {
        if connection.is_kept(&self.filter) != Some(true) {
            if let Some(section) = self.sections.remove(&connection.number) {
                self.waiting_len -= section.len;
            }
            return Ok(());
        }
        let section = self.sections.entry(connection.number).or_default();
        let before = section.len;
        section.finish(heading(connection), ending(connection));
        self.waiting_len = self.waiting_len - before + section.len;
        self.make_room(out)
    }

    fn idle(&mut self, out: &mut Output<'_>) -> io::Result<()> {
        self.write_finished(out)?;
        self.write_parts(0, out)
    }

    fn left_out(&self) -> u64 {
        let waiting = self.sections.values().map(|section| section.left_out);
        self.left_out + waiting.sum::<u64>()
    }

    fn end(&mut self, totals: &Totals, out: &mut Output<'_>) -> io::Result<()> {
        for (number, section) in core::mem::take(&mut self.sections) {
            write(&self.paint, number, &section, out)?;
        }
        for broken in &self.broken {
            self.paint.fault(broken, &mut out.line);
            out.end_line()?;
        }
        for line in text::totals::lines(totals) {
            self.paint.life(&line, &mut out.line);
            out.end_line()?;
        }
        Ok(())
    }
}

fn write(paint: &Paint, number: u64, section: &Section, out: &mut Output<'_>) -> io::Result<()> {
    let heading = match (&section.heading, section.continued) {
        (Some(heading), false) => heading.clone(),
        (Some(heading), true) => format!("{heading} (continued)"),
        (None, _) => format!("#{number} (to be continued)"),
    };
    paint.heading(&heading, &mut out.line);
    out.end_line()?;
    for line in &section.lines {
        out.line.text("  ");
        let start = out.line.len();
        seconds(&mut out.line, line.at);
        let len = out.line.len() - start;
        // Right-aligned: the sign and up to four digits before the point.
        out.line.splice(
            start..start,
            core::iter::repeat_n(b' ', 12_usize.saturating_sub(len)),
        );
        paint.arrow(line.from, &mut out.line);
        match line.tone {
            Tone::Life => paint.life(&line.text, &mut out.line),
            Tone::Speech => out.line.text(&line.text),
            Tone::Note => paint.note(&line.text, &mut out.line),
            Tone::Fault => paint.fault(&line.text, &mut out.line),
        }
        out.end_line()?;
    }
    if let Some(ending) = &section.ending {
        out.line.text("  ");
        paint.life(ending, &mut out.line);
        out.end_line()?;
    }
    out.end_line()
}

fn heading(connection: &Connection) -> String {
    let mut path = String::from(connection.transport_name());
    for application in connection.applications() {
        path.push_str(" › ");
        path.push_str(application.name());
    }
    let mut ends = Vec::new();
    for (side, separator) in [(Side::Client, ""), (Side::Server, " → ")] {
        ends.text(separator);
        ends.end(*connection.ends.of(side));
        ends.name(connection.names.of(side).as_ref());
    }
    format!(
        "#{}  {}  {path}  {}, {}, {} → {} ←",
        connection.number,
        String::from_utf8_lossy(&ends),
        duration(connection.duration()),
        counted(
            connection.packets.client + connection.packets.server,
            "packet"
        ),
        counted(connection.payload_len.client, "byte"),
        counted(connection.payload_len.server, "byte"),
    )
}

/// How it stands at the end.
fn ending(connection: &Connection) -> Option<String> {
    let [client, server] = connection.states()?;
    Some(format!("in the end: client {client}, server {server}"))
}
