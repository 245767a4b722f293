//! One connection as a ladder: time runs down, the client stands left, the server right.

use core::fmt::Write as _;

use wirekit::tcp::track::{Observation, Side, State};
use wirekit::tcp::{Flags, Segment};

use super::page::escaped;
use crate::inspect::capture::Time;
use crate::inspect::conversation::sides::Sides;
use crate::inspect::conversation::tale::Tale;
use crate::inspect::layers::packet::{Packet, Transport};
use crate::inspect::text::put::{counted, duration, grouped, seconds};

const CLIENT: u32 = 240;
const SERVER: u32 = 860;
const WIDTH: u32 = 1100;
/// An arrow falls by this much on its way: it takes time.
const FALL: u32 = 8;
const LINE: u32 = 16;
/// A silence of this many nanoseconds is shown.
const SILENCE: i64 = 200_000_000;
/// So many segments without anything to say, one after the other, are folded.
const MIN_FOLD: usize = 6;
/// Segments of a fold that have a line when it is opened.
const MAX_FOLDED: u64 = 1000;
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
    items: Vec<Item>,
    max_items: usize,
    held_len: usize,
    left_out: u64,
}

#[derive(Debug)]
enum Item {
    Rung(Rung),
    Fold(Fold),
}

/// Segments that say nothing by themselves, a line each: a hundred thousand arrows are more than a browser draws at once.
#[derive(Debug, Default)]
struct Fold {
    lines: String,
    packets: Sides<u64>,
    payload_len: Sides<u64>,
    again: u64,
    first: Option<i64>,
    last: i64,
}

#[derive(Debug)]
struct Rung {
    packet: u64,
    at: i64,
    shape: Shape,
    payload_len: u64,
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
            items: Vec::new(),
            max_items: max_rungs,
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
        self.max_items = self.items.len();
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
            rung.payload_len = transport.payload_len as u64;
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
            payload_len: 0,
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
            payload_len: 0,
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
            payload_len: 0,
            states: [None; 2],
        });
    }

    fn push(&mut self, rung: Rung) {
        self.fold();
        if self.items.len() >= self.max_items {
            self.left_out += 1;
            return;
        }
        self.held_len += rung.held_len();
        self.items.push(Item::Rung(rung));
    }

    /// Nothing more is said about the last rung: it goes into a fold if it and those before it say nothing.
    fn fold(&mut self) {
        let is_quiet = |item: &&Item| matches!(item, Item::Rung(rung) if rung.is_quiet());
        if self
            .items
            .last()
            .as_ref()
            .is_none_or(|last| !is_quiet(last))
        {
            return;
        }
        if let [.., Item::Fold(_), _] = self.items.as_slice() {
            let Some(Item::Rung(rung)) = self.items.pop() else {
                return;
            };
            if let Some(Item::Fold(fold)) = self.items.last_mut() {
                fold.take(&rung, &mut self.held_len);
            }
            return;
        }
        let quiet = self.items.iter().rev().take_while(is_quiet).count();
        if quiet < MIN_FOLD {
            return;
        }
        let rungs = self.items.split_off(self.items.len() - quiet);
        let mut fold = Fold::default();
        for item in rungs {
            if let Item::Rung(rung) = item {
                fold.take(&rung, &mut self.held_len);
            }
        }
        self.items.push(Item::Fold(fold));
    }

    /// The rung of a packet, if it is drawn.
    fn last(&mut self, packet: u64) -> Option<&mut Rung> {
        match self.items.last_mut()? {
            Item::Rung(rung) if rung.packet == packet => Some(rung),
            _ => None,
        }
    }

    /// Appends the diagram: pieces of SVG, and between them what is folded.
    pub(super) fn draw(&self, ends: [&str; 2], out: &mut String) {
        let mut head = String::new();
        for (x, name, address) in [(CLIENT, "client", ends[0]), (SERVER, "server", ends[1])] {
            text(x, 20, "middle", "end", name, &mut head);
            text(x, 38, "middle", "address", address, &mut head);
        }
        let mut piece = Piece {
            body: head,
            y: 64,
            top: 48,
        };
        let mut before = 0;
        for item in &self.items {
            match item {
                Item::Rung(rung) => piece.rung(rung, &mut before),
                Item::Fold(fold) => {
                    core::mem::take(&mut piece).end(out);
                    fold.draw(&mut before, out);
                }
            }
        }
        if self.left_out > 0 {
            let more = format!("{} not drawn", counted(self.left_out, "more packet"));
            text(
                WIDTH / 2,
                piece.y + 12,
                "middle",
                "note",
                &more,
                &mut piece.body,
            );
            piece.y += 28;
        }
        piece.end(out);
    }
}

/// A part of the ladder without folds.
#[derive(Debug)]
struct Piece {
    body: String,
    /// Where the next rung goes.
    y: u32,
    /// Where the lanes begin.
    top: u32,
}

impl Default for Piece {
    fn default() -> Self {
        Self {
            body: String::new(),
            y: 4,
            top: 0,
        }
    }
}

impl Piece {
    fn rung(&mut self, rung: &Rung, before: &mut i64) {
        if rung.at - *before > SILENCE && rung.shape != Shape::Pause {
            silence(rung.at - *before, &mut self.y, &mut self.body);
        }
        *before = rung.at;
        rung.draw(&mut self.y, &mut self.body);
    }

    fn end(self, out: &mut String) {
        let height = self.y + 6;
        // Writing into a string cannot fail.
        let _ = write!(
            out,
            "<svg class=\"ladder\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" role=\"img\">"
        );
        for x in [CLIENT, SERVER] {
            let top = self.top;
            let _ = write!(
                out,
                "<line class=\"lane\" x1=\"{x}\" y1=\"{top}\" x2=\"{x}\" y2=\"{height}\"/>"
            );
        }
        out.push_str(&self.body);
        out.push_str("</svg>\n");
    }
}

impl Fold {
    fn take(&mut self, rung: &Rung, held_len: &mut usize) {
        *held_len = held_len.saturating_sub(rung.held_len());
        self.first.get_or_insert(rung.at);
        self.last = rung.at;
        let Shape::Arrow(from, tone) = rung.shape else {
            return;
        };
        *self.packets.of_mut(from) += 1;
        *self.payload_len.of_mut(from) += rung.payload_len;
        self.again += u64::from(tone == Tone::Again);
        if self.count() > MAX_FOLDED {
            return;
        }
        let before = self.lines.len();
        let mut time = Vec::new();
        seconds(&mut time, rung.at);
        let arrow = match from {
            Side::Client => '→',
            Side::Server => '←',
        };
        // Writing into a string cannot fail.
        let _ = write!(
            self.lines,
            "{:>12}  #{:<8} {arrow}",
            String::from_utf8_lossy(&time),
            rung.packet
        );
        for (_, words) in &rung.texts {
            self.lines.push_str("  ");
            self.lines.push_str(words);
        }
        self.lines.push('\n');
        *held_len += self.lines.len() - before;
    }

    const fn count(&self) -> u64 {
        self.packets.client + self.packets.server
    }

    fn draw(&self, before: &mut i64, out: &mut String) {
        let count = self.count();
        let part = |arrow: &str, side| {
            let (packets, len) = (*self.packets.of(side), *self.payload_len.of(side));
            let bytes = match len {
                0 => String::new(),
                _ => format!(" with {}", counted(len, "byte")),
            };
            (packets > 0).then(|| format!("{arrow} {}{bytes}", grouped(packets)))
        };
        let mut parts = Vec::new();
        parts.extend(part("→", Side::Client));
        parts.extend(part("←", Side::Server));
        if self.again > 0 {
            parts.push(format!("{} sent again", grouped(self.again)));
        }
        let first = self.first.unwrap_or(self.last);
        parts.push(format!("in {}", duration(self.last - first)));
        let _ = write!(
            out,
            "<details class=\"fold{}\"><summary>{}: {}</summary>",
            if self.again > 0 { " again" } else { "" },
            counted(count, "packet"),
            escaped(&parts.join(", ")),
        );
        out.push_str("<pre>");
        out.push_str(&escaped(&self.lines));
        let more = count.saturating_sub(MAX_FOLDED);
        if more > 0 {
            let _ = write!(out, "{} without a line", counted(more, "more packet"));
        }
        out.push_str("</pre>");
        out.push_str("</details>\n");
        *before = self.last;
    }
}

impl Rung {
    /// Bytes held, about.
    fn held_len(&self) -> usize {
        let texts: usize = self.texts.iter().map(|(_, text)| text.len()).sum();
        RUNG_OVERHEAD_LEN + texts + self.details.len()
    }

    /// Whether it is a segment of which nothing stands out but what TCP does all the time.
    fn is_quiet(&self) -> bool {
        let is_plain = matches!(
            self.shape,
            Shape::Arrow(_, Tone::Bare | Tone::Data | Tone::Again)
        );
        let is_said = |tone: &Tone| matches!(tone, Tone::Message | Tone::Fault);
        is_plain && self.states == [None; 2] && !self.texts.iter().any(|(tone, _)| is_said(tone))
    }

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
        let number = format!("#{}", self.packet);
        text(WIDTH - 8, *y + 4, "end", "time", &number, out);
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
