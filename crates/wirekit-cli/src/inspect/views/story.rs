//! `--view story`: one section a connection.

use std::collections::BTreeMap;
use std::io;

use wirekit::tcp::Side;

use super::wording;
use crate::inspect::connection::{Connection, Observed};
use crate::inspect::packet::{Body, Packet};
use crate::inspect::paint::Paint;
use crate::inspect::put::{Put as _, counted, duration, grouped, seconds};
use crate::inspect::settings::Filter;
use crate::inspect::sides::Sides;
use crate::inspect::tale::{Tale, What};
use crate::inspect::totals::Totals;
use crate::inspect::view::{Output, View};

/// What a line costs beside its text.
const LINE_OVERHEAD_LEN: usize = 96;

/// One section a connection, in the order of the connections' numbers.
///
/// Sections wait for the capture's end, because connections overlap. When the waiting text reaches the bound, the
/// sections that are finished are written first; if that is not enough, those of the oldest connections are written as
/// far as they are, and continued later.
#[derive(Debug)]
pub(crate) struct Story {
    filter: Filter,
    paint: Paint,
    sections: BTreeMap<u64, Section>,
    waiting_len: usize,
    max_waiting_len: usize,
    /// Broken packets that belong to no connection.
    broken: Vec<String>,
}

#[derive(Debug, Default)]
struct Section {
    lines: Vec<Line>,
    len: usize,
    body_len: Sides<u64>,
    frames: Sides<u64>,
    /// Part of it was written before.
    continued: bool,
    /// The heading, once nothing more comes.
    heading: Option<String>,
    ending: Option<String>,
}

#[derive(Debug)]
struct Line {
    at: i64,
    from: Side,
    packet: u64,
    tone: Tone,
    text: String,
    merge: Merge,
}

/// What a line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tone {
    Life,
    Speech,
    Note,
    Fault,
}

/// Whether the next line may become part of this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Merge {
    Never,
    /// A message's head, whose body may have come with it.
    Head,
    Note {
        name: &'static str,
        count: u64,
        payload_len: u64,
    },
    Data {
        len: u64,
    },
    Datagram {
        count: u64,
        len: u64,
    },
}

impl Story {
    pub(crate) fn new(filter: Filter, paint: Paint, max_waiting_len: usize) -> Self {
        Self {
            filter,
            paint,
            sections: BTreeMap::new(),
            waiting_len: 0,
            max_waiting_len,
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
        let finished: Vec<u64> = self
            .sections
            .iter()
            .filter(|(_, section)| section.heading.is_some())
            .map(|(number, _)| *number)
            .collect();
        for number in finished {
            if let Some(section) = self.sections.remove(&number) {
                self.waiting_len -= section.len;
                self.write(number, &section, out)?;
            }
        }
        while self.waiting_len > self.max_waiting_len / 2 {
            let Some((&number, section)) = self
                .sections
                .iter_mut()
                .find(|(_, section)| section.len > 0)
            else {
                break;
            };
            let written = Section {
                lines: core::mem::take(&mut section.lines),
                continued: section.continued,
                ..Section::default()
            };
            self.waiting_len -= section.len;
            section.len = 0;
            section.continued = true;
            self.write(number, &written, out)?;
        }
        Ok(())
    }

    fn write(&self, number: u64, section: &Section, out: &mut Output<'_>) -> io::Result<()> {
        let paint = &self.paint;
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
}

impl View for Story {
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
        if connection.is_kept(&self.filter) == Some(false) {
            if let Some(section) = self.sections.remove(&connection.number) {
                self.waiting_len -= section.len;
            }
            return Ok(());
        }
        let section = self.sections.entry(connection.number).or_default();
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
        section.heading = Some(heading(connection));
        section.ending = ending(connection);
        section.len += LINE_OVERHEAD_LEN * 2;
        self.waiting_len += LINE_OVERHEAD_LEN * 2;
        self.make_room(out)
    }

    fn end(&mut self, totals: &Totals, out: &mut Output<'_>) -> io::Result<()> {
        for (number, section) in core::mem::take(&mut self.sections) {
            self.write(number, &section, out)?;
        }
        for broken in &self.broken {
            self.paint.fault(broken, &mut out.line);
            out.end_line()?;
        }
        for line in totals.lines() {
            self.paint.life(&line, &mut out.line);
            out.end_line()?;
        }
        Ok(())
    }
}

impl Section {
    /// A tale as a line; nothing for one that is told by others.
    fn line(&mut self, connection: &Connection, tale: &Tale) -> Option<Line> {
        let mut merge = Merge::Never;
        let mut tone = Tone::Life;
        let text = match &tale.what {
            What::Open { options, .. } => {
                let name = if tale.from == Side::Client {
                    "SYN"
                } else {
                    "SYN ACK"
                };
                if options.is_empty() {
                    name.to_owned()
                } else {
                    format!("{name}  {options}")
                }
            }
            What::Established {
                round_trip: Some(round_trip),
            } => {
                format!("established, round trip {}", duration(*round_trip))
            }
            What::Established { round_trip: None } => String::from("established"),
            What::HalfClosed => String::from("FIN, sends no more"),
            What::Closed => String::from("closed by both ends"),
            What::Reset => String::from("RST, breaks off"),
            What::TimeWait => String::from("both have sent FIN, waits in TIME-WAIT"),
            What::Timeout => String::from("TIME-WAIT is over"),
            What::Gap { offset, len } => {
                tone = Tone::Fault;
                format!(
                    "{} missing from byte {} of the stream",
                    counted(*len, "byte"),
                    grouped(*offset)
                )
            }
            What::Conflict { offset, len } => {
                tone = Tone::Fault;
                format!(
                    "{} from byte {} of the stream differ from those seen before",
                    counted(*len, "byte"),
                    grouped(*offset)
                )
            }
            What::Data { len, .. } => {
                tone = Tone::Speech;
                merge = Merge::Data { len: *len };
                counted(*len, "byte")
            }
            What::Note {
                name, payload_len, ..
            } => {
                tone = Tone::Note;
                merge = Merge::Note {
                    name,
                    count: 1,
                    payload_len: *payload_len as u64,
                };
                note(name, 1, *payload_len as u64)
            }
            What::Datagram {
                payload_len,
                checksum,
            } => {
                tone = if *checksum == "bad" {
                    Tone::Fault
                } else {
                    Tone::Speech
                };
                if *checksum != "bad" {
                    merge = Merge::Datagram {
                        count: 1,
                        len: *payload_len as u64,
                    };
                }
                let bad = if *checksum == "bad" {
                    ", bad checksum"
                } else {
                    ""
                };
                format!("datagram, {}{bad}", counted(*payload_len as u64, "byte"))
            }
            What::Error(error) => {
                tone = Tone::Fault;
                format!("{}: {error}", error.kind())
            }
            What::Message {
                application, event, ..
            } => match event.name() {
                "data" => {
                    *self.body_len.of_mut(tale.from) += event.len().unwrap_or_default();
                    return None;
                }
                "frame" => {
                    let is_control = event
                        .keys()
                        .get("opcode")
                        .and_then(serde_json::Value::as_u64)
                        >= Some(8);
                    *self.frames.of_mut(tale.from) += u64::from(!is_control);
                    return None;
                }
                "switch" => {
                    let next = connection
                        .applications()
                        .last()
                        .map_or("another protocol", |it| it.name());
                    format!("from here on {next}")
                }
                "end" => {
                    tone = Tone::Speech;
                    wording::body(core::mem::take(self.body_len.of_mut(tale.from)), event)?
                }
                name => {
                    tone = if matches!(name, "error" | "incomplete") {
                        Tone::Fault
                    } else {
                        Tone::Speech
                    };
                    if matches!(name, "request" | "response" | "packet") {
                        merge = Merge::Head;
                    }
                    let mut text = wording::of(*application, event)?;
                    if name == "message" {
                        let frames = core::mem::take(self.frames.of_mut(tale.from));
                        if frames > 1 {
                            text.push_str(&format!(", in {frames} frames"));
                        }
                    }
                    text
                }
            },
        };
        Some(Line {
            at: tale.time.since(connection.first),
            from: tale.from,
            packet: tale.packet,
            tone,
            text,
            merge,
        })
    }

    /// Adds a line, or makes it part of the last one.
    fn add(&mut self, line: Line) {
        if let Some(last) = self.lines.last_mut()
            && last.from == line.from
        {
            let merged = match (last.merge, line.merge) {
                (
                    Merge::Note {
                        name,
                        count,
                        payload_len,
                    },
                    Merge::Note {
                        name: other,
                        payload_len: more,
                        ..
                    },
                ) if name == other => Some((
                    note(name, count + 1, payload_len + more),
                    Merge::Note {
                        name,
                        count: count + 1,
                        payload_len: payload_len + more,
                    },
                )),
                (Merge::Data { len }, Merge::Data { len: more }) => {
                    Some((counted(len + more, "byte"), Merge::Data { len: len + more }))
                }
                (Merge::Datagram { count, len }, Merge::Datagram { len: more, .. }) => {
                    let text = format!(
                        "{}, {}",
                        counted(count + 1, "datagram"),
                        counted(len + more, "byte")
                    );
                    Some((
                        text,
                        Merge::Datagram {
                            count: count + 1,
                            len: len + more,
                        },
                    ))
                }
                (Merge::Head, Merge::Never)
                    if last.packet == line.packet && line.text.starts_with("body ") =>
                {
                    Some((format!("{}, {}", last.text, line.text), Merge::Never))
                }
                // A more telling note on the same segment.
                (
                    Merge::Note {
                        name: "retransmission",
                        count: 1,
                        ..
                    },
                    Merge::Note {
                        name: "fast_retransmission" | "spurious_retransmission",
                        ..
                    },
                ) if last.packet == line.packet => Some((line.text.clone(), line.merge)),
                _ => None,
            };
            if let Some((text, merge)) = merged {
                self.len = self.len - last.text.len() + text.len();
                last.text = text;
                last.merge = merge;
                return;
            }
        }
        self.len += line.text.len() + LINE_OVERHEAD_LEN;
        self.lines.push(line);
    }
}

/// A note, how often it was made, and about how many bytes.
fn note(name: &str, count: u64, payload_len: u64) -> String {
    let mut text = name.replace('_', " ");
    if count > 1 {
        text.push_str(&format!(" ×{}", grouped(count)));
    }
    if payload_len > 0 {
        text.push_str(&format!(", {}", counted(payload_len, "byte")));
    }
    text
}

fn heading(connection: &Connection) -> String {
    let mut path = String::from(connection.transport_name());
    for application in connection.applications() {
        path.push_str(" › ");
        path.push_str(application.name());
    }
    let mut ends = Vec::new();
    ends.end(connection.ends.client);
    ends.text(" → ");
    ends.end(connection.ends.server);
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
