//! One connection as a ladder: time runs down, the client stands left, the server right.

mod fold;
mod piece;
mod rung;

use core::fmt::Write as _;

use wirekit::tcp::track::{Observation, Side};
use wirekit::tcp::{Flags, Segment};

use super::aside::{Aside, Place};
use crate::inspect::capture::Time;
use crate::inspect::conversation::connection::Connection;
use crate::inspect::conversation::tale::Tale;
use crate::inspect::layers::packet::{Packet, Transport};
use crate::inspect::text::put::{MAX_NAME_LEN, counted};
use crate::inspect::text::wording::quoted;
use fold::Fold;
use piece::{CLIENT, LINE, Piece, SERVER, WIDTH, text};
pub(super) use rung::Tone;
use rung::{Rung, Shape};

/// So many segments without anything to say, one after the other, are folded.
const MIN_FOLD: usize = 6;
/// What a fold that is closed takes of the page, about.
const FOLD_HEIGHT: u32 = 20;
/// Bytes that are drawn before they are set aside.
const MAX_TEXT_LEN: usize = 8 * 1024;

/// The diagram, drawn as far as nothing can change it any more.
#[derive(Debug)]
pub(super) struct Ladder {
    first: Time,
    /// The last rung, of which more may be said, and those before it that may go into a fold with it.
    items: Vec<Item>,
    max_items: usize,
    left_out: u64,
    /// Items that are drawn.
    drawn: usize,
    text: String,
    /// What is set aside of the text, which stands before the rest.
    aside: Vec<Place>,
    piece: Piece,
    height: u32,
    /// When the last rung that is drawn happened.
    before: i64,
}

#[derive(Debug)]
enum Item {
    Rung(Rung),
    Fold(Fold),
}

impl Ladder {
    pub(super) fn new(connection: &Connection, max_rungs: usize) -> Self {
        let mut head = String::new();
        let mut below = 0;
        for (x, side) in [(CLIENT, Side::Client), (SERVER, Side::Server)] {
            text(x, 20, "end", side.as_str(), &mut head);
            let address = connection.ends.of(side).to_string();
            text(x, 38, "address", &address, &mut head);
            if let Some(name) = connection.names.of(side) {
                let name = quoted(name, MAX_NAME_LEN);
                text(x, 38 + LINE, "address", &name, &mut head);
                below = LINE;
            }
        }
        Self {
            first: connection.first,
            items: Vec::new(),
            max_items: max_rungs,
            left_out: 0,
            drawn: 0,
            text: String::new(),
            aside: Vec::new(),
            piece: Piece {
                body: head,
                y: 64 + below,
                top: 48 + below,
            },
            height: 0,
            before: 0,
        }
    }

    /// Bytes held, about.
    pub(super) fn held_len(&self) -> usize {
        let items = self.items.iter().map(|item| match item {
            Item::Rung(rung) => rung.held_len(),
            Item::Fold(fold) => fold.held_len(),
        });
        let aside = self.aside.len() * size_of::<Place>();
        items.sum::<usize>() + self.text.len() + self.piece.body.len() + aside
    }

    /// Whether it is time to set aside what is drawn.
    pub(super) fn is_long(&self) -> bool {
        self.text.len() >= MAX_TEXT_LEN
    }

    /// Sets aside what is drawn, if there is room for it.
    pub(super) fn set_aside(&mut self, aside: &mut Aside) {
        if let Some(place) = aside.put(&self.text) {
            self.aside.push(place);
            // With its memory: most connections that wait for their end say little more.
            self.text = String::new();
        }
    }

    /// Draws no further rungs.
    pub(super) fn cut(&mut self) {
        self.max_items = self.drawn + self.items.len();
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
        if let Some(rung) = self.last(tale.packet) {
            rung.texts.push((tone, text));
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
        self.draw_settled();
        if self.drawn + self.items.len() >= self.max_items {
            self.left_out += 1;
            return;
        }
        self.items.push(Item::Rung(rung));
    }

    /// Nothing more is said about the last rung: it goes into a fold if it and those before it say nothing.
    fn fold(&mut self) {
        let quiet = self.quiet();
        if quiet == 0 {
            return;
        }
        if let [.., Item::Fold(_), _] = self.items.as_slice() {
            let Some(Item::Rung(rung)) = self.items.pop() else {
                return;
            };
            if let Some(Item::Fold(fold)) = self.items.last_mut() {
                fold.take(&rung);
            }
            return;
        }
        if quiet < MIN_FOLD {
            return;
        }
        let rungs = self.items.split_off(self.items.len() - quiet);
        let mut fold = Fold::default();
        for item in rungs {
            if let Item::Rung(rung) = item {
                fold.take(&rung);
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

    /// How many rungs at the end say nothing.
    fn quiet(&self) -> usize {
        let items = self.items.iter().rev();
        items
            .take_while(|item| matches!(item, Item::Rung(rung) if rung.is_quiet()))
            .count()
    }

    /// Draws what no later rung can change.
    fn draw_settled(&mut self) {
        let open = match self.items.last() {
            Some(Item::Fold(_)) => 1,
            _ => self.quiet(),
        };
        self.draw(self.items.len() - open);
    }

    /// Draws the first items: pieces of SVG, and between them what is folded.
    fn draw(&mut self, count: usize) {
        for item in self.items.drain(..count) {
            match item {
                Item::Rung(rung) => self.piece.rung(&rung, &mut self.before),
                Item::Fold(fold) => {
                    let piece = core::mem::take(&mut self.piece);
                    self.height += piece.end(&mut self.text) + FOLD_HEIGHT;
                    fold.draw(&mut self.before, &mut self.text);
                }
            }
            self.drawn += 1;
        }
    }

    /// Draws the rest: gives where all of it stands, and its height, about. `None` if there is no room for it.
    pub(super) fn finish(mut self, aside: &mut Aside) -> Option<(Vec<Place>, u32)> {
        self.draw(self.items.len());
        let mut piece = self.piece;
        if self.left_out > 0 {
            let more = format!("{} not drawn", counted(self.left_out, "more packet"));
            text(WIDTH / 2, piece.y + 12, "note", &more, &mut piece.body);
            piece.y += 28;
        }
        let height = self.height + piece.end(&mut self.text);
        self.aside.push(aside.put(&self.text)?);
        Some((self.aside, height))
    }
}
