//! One connection as a ladder: time runs down, the client stands left, the server right.

mod fold;
mod piece;
mod rung;

use core::fmt::Write as _;

use wirekit::tcp::track::{Observation, Side};
use wirekit::tcp::{Flags, Segment};

use crate::inspect::capture::Time;
use crate::inspect::conversation::tale::Tale;
use crate::inspect::layers::packet::{Packet, Transport};
use crate::inspect::text::put::counted;
use fold::Fold;
use piece::{CLIENT, Piece, SERVER, WIDTH, text};
pub(super) use rung::Tone;
use rung::{RUNG_OVERHEAD_LEN, Rung, Shape};

/// So many segments without anything to say, one after the other, are folded.
const MIN_FOLD: usize = 6;
/// What a fold that is closed takes of the page, about.
const FOLD_HEIGHT: u32 = 20;

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

    /// Appends the diagram: pieces of SVG, and between them what is folded. Gives its height, about.
    pub(super) fn draw(&self, ends: [&str; 2], out: &mut String) -> u32 {
        let mut head = String::new();
        for (x, name, address) in [(CLIENT, "client", ends[0]), (SERVER, "server", ends[1])] {
            text(x, 20, "end", name, &mut head);
            text(x, 38, "address", address, &mut head);
        }
        let mut piece = Piece {
            body: head,
            y: 64,
            top: 48,
        };
        let (mut before, mut height) = (0, 0);
        for item in &self.items {
            match item {
                Item::Rung(rung) => piece.rung(rung, &mut before),
                Item::Fold(fold) => {
                    height += core::mem::take(&mut piece).end(out) + FOLD_HEIGHT;
                    fold.draw(&mut before, out);
                }
            }
        }
        if self.left_out > 0 {
            let more = format!("{} not drawn", counted(self.left_out, "more packet"));
            text(WIDTH / 2, piece.y + 12, "note", &more, &mut piece.body);
            piece.y += 28;
        }
        height + piece.end(out)
    }
}
