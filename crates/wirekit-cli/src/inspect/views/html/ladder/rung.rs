//! A packet, or what happened without one: an arrow, what is written above it, and the states beside it.

use core::fmt::Write as _;

use wirekit::tcp::track::{Side, State};

use super::super::page::escaped;
use super::piece::{CLIENT, LINE, SERVER, WIDTH, text};
use crate::inspect::text::put::seconds;

/// An arrow falls by this much on its way: it takes time.
const FALL: u32 = 8;
/// What a rung costs beside its texts.
const RUNG_OVERHEAD_LEN: usize = 160;

/// What an arrow or a line of text is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Tone {
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

#[derive(Debug)]
pub(super) struct Rung {
    pub(super) packet: u64,
    pub(super) at: i64,
    pub(super) shape: Shape,
    pub(super) payload_len: u64,
    /// What is written above the line, the first above all.
    pub(super) texts: Vec<(Tone, String)>,
    /// What is shown to a pointer that rests on it.
    pub(super) details: String,
    /// The states that the segment brought about: client, server.
    pub(super) states: [Option<State>; 2],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Arrow(Side, Tone),
    /// An arrow that did not come by, or not here.
    Lost(Side),
    Pause,
}

impl Rung {
    /// Bytes held, about.
    pub(super) fn held_len(&self) -> usize {
        let texts: usize = self.texts.iter().map(|(_, text)| text.len()).sum();
        RUNG_OVERHEAD_LEN + texts + self.details.len()
    }

    /// Whether it is a segment of which nothing stands out but what TCP does all the time.
    pub(super) fn is_quiet(&self) -> bool {
        let is_plain = matches!(
            self.shape,
            Shape::Arrow(_, Tone::Bare | Tone::Data | Tone::Again)
        );
        let is_said = |tone: &Tone| matches!(tone, Tone::Message | Tone::Fault);
        is_plain && self.states == [None; 2] && !self.texts.iter().any(|(tone, _)| is_said(tone))
    }

    pub(super) fn draw(&self, y: &mut u32, out: &mut String) {
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
            text(WIDTH / 2, *y, class, label, out);
        }
        *y += 6;
        let mut time = Vec::new();
        seconds(&mut time, self.at);
        text(8, *y + 4, "time", &String::from_utf8_lossy(&time), out);
        let number = format!("#{}", self.packet);
        text(WIDTH - 8, *y + 4, "number", &number, out);
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
        let places = [(CLIENT - 10, "state before"), (SERVER + 10, "state behind")];
        for (state, (x, class)) in self.states.iter().zip(places) {
            if let Some(state) = state {
                text(x, below, class, state.as_str(), out);
            }
        }
        out.push_str("</g>");
        *y += FALL + 6;
    }
}

/// Its line and its head, in one path.
fn arrow(start: u32, end: u32, y: u32, out: &mut String) {
    let tip = y + FALL;
    let back = if end > start { "-9" } else { "9" };
    let _ = write!(
        out,
        "<path d=\"M{start} {y}L{end} {tip}m0 0l{back} -5v9z\"/>"
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
