//! One connection as a ladder: time runs down, the client stands left, the server right.

use core::fmt::Write as _;

use wirekit::tcp::track::{Observation, Side, State};
use wirekit::tcp::{Flags, Segment};

use super::page::escaped;
use crate::inspect::capture::Time;
use crate::inspect::conversation::tale::Tale;
use crate::inspect::layers::packet::{Packet, Transport};
use crate::inspect::text::put::{counted, duration, seconds};

const CLIENT: u32 = 240;
const SERVER: u32 = 860;
const WIDTH: u32 = 1100;
/// An arrow falls by this much on its way: it takes time.
const FALL: u32 = 8;
const LINE: u32 = 16;
/// A silence of this many nanoseconds is shown.
const SILENCE: i64 = 200_000_000;
/// What a rung costs beside its texts.
const RUNG_OVERHEAD_LEN: usize = 160;

/// What an arrow or a line of text is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    /// A segment without content that only acknowledges.
    Bare,
    /// SYN, FIN.
    Life,
    Reset,
    Data,
    /// Sent again.
    Again,
    Message,
    Note,
    Fault,
}

impl Tone {
    const fn class(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::Life => "life",
            Self::Reset => "reset",
            Self::Data => "data",
            Self::Again => "again",
            Self::Message => "message",
            Self::Note => "note",
            Self::Fault => "fault",
        }
    }
}

/// The rungs, as far as they are drawn.
#[derive(Debug)]
pub(super) struct Ladder {
    first: Time,
    rungs: Vec<Rung>,
    max_rungs: usize,
    held_len: usize,
    left_out: u64,
}

#[derive(Debug)]
struct Rung {
    packet: u64,
    at: i64,
    shape: Shape,
    /// What is written above the line, the first above all.
    texts: Vec<(Tone, String)>,
    /// What is shown to a pointer that rests on it.
    details: String,
    /// The states that the segment brought about: client, server.
    states: [Option<State>; 2],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Arrow(Side, Tone),
    /// An arrow that did not come by, or not here.
    Lost(Side),
    Pause,
}

impl Ladder {
    pub(super) fn new(first: Time, max_rungs: usize) -> Self {
        Self {
            first,
            rungs: Vec::new(),
            max_rungs,
            held_len: 0,
            left_out: 0,
        }
    }

    /// Bytes held, about.
    pub(super) fn held_len(&self) -> usize {
        self.held_len
    }

    /// Draws no further rungs.
    pub(super) fn cut(&mut self) {
        self.max_rungs = self.rungs.len();
    }

    pub(super) fn segment(
        &mut self,
        packet: &Packet<'_>,
        from: Side,
        transport: &Transport<Segment<'_>>,
        observation: Option<&Observation>,
    ) {
        let segment = &transport.unit;
        let flags = segment.flags();
        let mut label: Vec<&str> = flags.names().collect();
        if label.is_empty() {
            label.push("no flags");
        }
        let mut label = label.join(" ");
        if transport.payload_len > 0 {
            let _ = write!(label, ", {}", counted(transport.payload_len as u64, "byte"));
        }
        let tone = if flags.contains(Flags::RST) {
            Tone::Reset
        } else if flags.contains(Flags::SYN) || flags.contains(Flags::FIN) {
            Tone::Life
        } else if transport.payload_len > 0 {
            Tone::Data
        } else {
            Tone::Bare
        };
        self.rung(packet, from, label, tone);
        if let Some(rung) = self.last(packet.number) {
            rung.details = format!(
                "packet {}: sequence number {}, acknowledgment number {}, window {}, checksum {}",
                packet.number,
                segment.sequence_number().0,
                segment.acknowledgment_number().0,
                segment.window(),
                transport.checksum.as_str(),
            );
            if let Some(observation) = observation {
                for ((state, before), after) in rung
                    .states
                    .iter_mut()
                    .zip(observation.before)
                    .zip(observation.states)
                {
                    *state = (before != after).then_some(after);
                }
            }
        }
    }

    pub(super) fn rung(&mut self, packet: &Packet<'_>, from: Side, label: String, tone: Tone) {
        self.push(Rung {
            packet: packet.number,
            at: packet.time.since(self.first),
            shape: Shape::Arrow(from, tone),
            texts: vec![(tone, label)],
            details: format!("packet {}", packet.number),
            states: [None; 2],
        });
    }

    /// A message that a packet completed, or what is wrong with it.
    pub(super) fn say(&mut self, tale: &Tale, text: String, tone: Tone) {
        let len = text.len() + RUNG_OVERHEAD_LEN / 4;
        if let Some(rung) = self.last(tale.packet) {
            rung.texts.push((tone, text));
            self.held_len += len;
        }
    }

    /// What stands out about a segment.
    pub(super) fn note(&mut self, tale: &Tale, name: &str) {
        if let Some(rung) = self.last(tale.packet)
            && let Shape::Arrow(_, tone) = &mut rung.shape
            && name.contains("retransmission")
        {
            *tone = Tone::Again;
        }
        self.say(tale, name.replace('_', " "), Tone::Note);
    }

    /// Bytes that the capture does not hold.
    pub(super) fn lost(&mut self, tale: &Tale, text: String) {
        self.push(Rung {
            packet: tale.packet,
            at: tale.time.since(self.first),
            shape: Shape::Lost(tale.from),
            texts: vec![(Tone::Fault, text)],
            details: String::new(),
            states: [None; 2],
        });
    }

    /// Something that time alone brought about.
    pub(super) fn pause(&mut self, tale: &Tale, text: &str) {
        self.push(Rung {
            packet: tale.packet,
            at: tale.time.since(self.first),
            shape: Shape::Pause,
            texts: vec![(Tone::Life, text.to_owned())],
            details: String::new(),
            states: [None; 2],
        });
    }

    fn push(&mut self, rung: Rung) {
        if self.rungs.len() >= self.max_rungs {
            self.left_out += 1;
            return;
        }
        let texts: usize = rung.texts.iter().map(|(_, text)| text.len()).sum();
        self.held_len += RUNG_OVERHEAD_LEN + texts + rung.details.len();
        self.rungs.push(rung);
    }

    /// The rung of a packet, if it is drawn.
    fn last(&mut self, packet: u64) -> Option<&mut Rung> {
        let rung = self.rungs.last_mut()?;
        (rung.packet == packet).then_some(rung)
    }

    /// Appends the diagram as SVG.
    pub(super) fn draw(&self, ends: [&str; 2], out: &mut String) {
        let mut rungs = String::new();
        let mut y = 64;
        let mut before = 0;
        for rung in &self.rungs {
            if rung.at - before > SILENCE && rung.shape != Shape::Pause {
                silence(rung.at - before, &mut y, &mut rungs);
            }
            before = rung.at;
            rung.draw(&mut y, &mut rungs);
        }
        if self.left_out > 0 {
            let more = format!("{} not drawn", counted(self.left_out, "more packet"));
            text(WIDTH / 2, y + 12, "middle", "note", &more, &mut rungs);
            y += 28;
        }
        let height = y + 16;
        // Writing into a string cannot fail.
        let _ = write!(
            out,
            "<svg class=\"ladder\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" role=\"img\">"
        );
        for (x, name, address) in [(CLIENT, "client", ends[0]), (SERVER, "server", ends[1])] {
            text(x, 20, "middle", "end", name, out);
            text(x, 38, "middle", "address", address, out);
            let _ = write!(
                out,
                "<line class=\"lane\" x1=\"{x}\" y1=\"48\" x2=\"{x}\" y2=\"{}\"/>",
                height - 8
            );
        }
        out.push_str(&rungs);
        out.push_str("</svg>");
    }
}

impl Rung {
    fn draw(&self, y: &mut u32, out: &mut String) {
        let (class, from) = match self.shape {
            Shape::Arrow(from, tone) => (tone.class(), Some(from)),
            Shape::Lost(from) => ("lost", Some(from)),
            Shape::Pause => ("pause", None),
        };
        let _ = write!(out, "<g class=\"rung {class}\">");
        if !self.details.is_empty() {
            let _ = write!(out, "<title>{}</title>", escaped(&self.details));
        }
        for (index, (tone, label)) in self.texts.iter().enumerate() {
            *y += LINE;
            let class = if index == 0 { "label" } else { tone.class() };
            text(WIDTH / 2, *y, "middle", class, label, out);
        }
        *y += 6;
        let mut time = Vec::new();
        seconds(&mut time, self.at);
        text(
            8,
            *y + 4,
            "start",
            "time",
            &String::from_utf8_lossy(&time),
            out,
        );
        let [start, end] = match from {
            Some(Side::Client) => [CLIENT, SERVER],
            Some(Side::Server) => [SERVER, CLIENT],
            None => [CLIENT, CLIENT],
        };
        match self.shape {
            Shape::Arrow(..) => arrow(start, end, *y, out),
            Shape::Lost(_) => lost(start, end, *y, out),
            Shape::Pause => {}
        }
        let below = *y + FALL + 4;
        for ((state, x), anchor) in self
            .states
            .iter()
            .zip([CLIENT - 10, SERVER + 10])
            .zip(["end", "start"])
        {
            if let Some(state) = state {
                text(x, below, anchor, "state", state.as_str(), out);
            }
        }
        out.push_str("</g>");
        *y += FALL + 6;
    }
}

fn arrow(start: u32, end: u32, y: u32, out: &mut String) {
    let tip = y + FALL;
    let back = if end > start { end - 9 } else { end + 9 };
    let _ = write!(
        out,
        "<line x1=\"{start}\" y1=\"{y}\" x2=\"{end}\" y2=\"{tip}\"/><path d=\"M{end} {tip}L{back} {}L{back} {}Z\"/>",
        tip - 5,
        tip + 4,
    );
}

/// Half an arrow, and a cross where it ends.
fn lost(start: u32, end: u32, y: u32, out: &mut String) {
    let (middle, tip) = (u32::midpoint(start, end), y + FALL / 2);
    let _ = write!(
        out,
        "<line x1=\"{start}\" y1=\"{y}\" x2=\"{middle}\" y2=\"{tip}\"/><path class=\"cross\" d=\"M{} {}l10 10m0 -10l-10 10\"/>",
        middle - 5,
        tip - 5,
    );
}

fn silence(length: i64, y: &mut u32, out: &mut String) {
    *y += LINE + 4;
    let words = format!("⋮ {} of silence", duration(length));
    text(WIDTH / 2, *y, "middle", "silence", &words, out);
    *y += 6;
}

fn text(x: u32, y: u32, anchor: &str, class: &str, words: &str, out: &mut String) {
    let _ = write!(
        out,
        "<text x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\" class=\"{class}\">{}</text>",
        escaped(words)
    );
}
