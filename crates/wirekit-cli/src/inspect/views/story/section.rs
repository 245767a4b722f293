//! What waits to be written of one connection.

use wirekit::tcp::track::Side;

use crate::events::Message;
use crate::inspect::conversation::connection::Connection;
use crate::inspect::conversation::sides::Sides;
use crate::inspect::conversation::tale::{Tale, What};
use crate::inspect::text::put::{counted, duration, grouped};
use crate::inspect::text::wording;

/// What a text costs beside its bytes: the allocator's share.
const TEXT_OVERHEAD_LEN: usize = 16;
/// What a section costs while something waits in it, beside that: its place in the tree.
const SECTION_LEN: usize = size_of::<Section>() + 64;
/// Lines that are made room for one by one: most sections of a flood have one.
const FEW_LINES: usize = 4;

#[derive(Debug, Default)]
pub(super) struct Section {
    pub(super) lines: Vec<Line>,
    /// Bytes of memory that is held as long as something waits: lines, the heading, the ending.
    pub(super) len: usize,
    body_len: Sides<u64>,
    frames: Sides<u64>,
    /// Part of it was written, or left out, before.
    pub(super) continued: bool,
    pub(super) is_kept: bool,
    /// Lines for which there was no room before the filter had its word.
    pub(super) left_out: u64,
    /// The heading, once nothing more comes.
    pub(super) heading: Option<String>,
    pub(super) ending: Option<String>,
}

#[derive(Debug)]
pub(super) struct Line {
    pub(super) at: i64,
    pub(super) from: Side,
    packet: u64,
    pub(super) tone: Tone,
    pub(super) text: String,
    merge: Merge,
}

/// What a line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    Life,
    Speech,
    Note,
    Fault,
}

/// Whether the next line may become part of this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Merge {
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

impl Section {
    /// A tale as a line; nothing for one that others say.
    pub(super) fn line(&mut self, connection: &Connection, tale: &Tale) -> Option<Line> {
        let mut merge = Merge::Never;
        let mut tone = Tone::Life;
        let text = match &tale.what {
            What::Open(syn) => {
                let name = match tale.from {
                    Side::Client => "SYN",
                    Side::Server => "SYN ACK",
                };
                wording::syn(name, syn)
            }
            What::Established {
                round_trip: Some(round_trip),
            } => {
                format!("established, round trip {}", duration(*round_trip))
            }
            What::Established { round_trip: None } => String::from("established"),
            What::HalfClosed => String::from("FIN, sends no more"),
            What::Closed => String::from("closed by both ends"),
            What::Reset { text } => wording::reset(text),
            What::TimeWait => String::from("both have sent FIN, waits in TIME-WAIT"),
            What::Timeout => String::from("TIME-WAIT is over"),
            What::Gap { offset, len, cause } => {
                tone = Tone::Fault;
                wording::gap(*offset, *len, *cause)
            }
            What::Conflict { offset, len } => {
                tone = Tone::Fault;
                format!(
                    "{} from byte {} of the stream differ from those seen before",
                    counted(*len, "byte"),
                    grouped(*offset)
                )
            }
            What::Data { bytes, .. } => {
                let len = bytes.len() as u64;
                tone = Tone::Speech;
                merge = Merge::Data { len };
                counted(len, "byte")
            }
            What::Bytes { .. } => return None,
            What::Unread {
                application,
                reason,
            } => {
                tone = Tone::Note;
                wording::unread(*application, *reason)
            }
            What::ChecksumsIgnored => {
                tone = Tone::Note;
                wording::CHECKSUMS_IGNORED.to_owned()
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
                let bad = if checksum.is_bad() {
                    tone = Tone::Fault;
                    ", bad checksum"
                } else {
                    tone = Tone::Speech;
                    merge = Merge::Datagram {
                        count: 1,
                        len: *payload_len as u64,
                    };
                    ""
                };
                format!("datagram, {}{bad}", counted(*payload_len as u64, "byte"))
            }
            What::Error(error) => {
                tone = Tone::Fault;
                format!("{}: {error}", error.kind())
            }
            What::Message { event, .. } => match event.message() {
                Message::Data(data) => {
                    *self.body_len.of_mut(tale.from) += data.len() as u64;
                    return None;
                }
                Message::Frame(header) => {
                    *self.frames.of_mut(tale.from) += u64::from(!header.opcode.is_control());
                    return None;
                }
                Message::Switch => {
                    let next = connection
                        .applications()
                        .last()
                        .map_or("another protocol", |it| it.name());
                    format!("from here on {next}")
                }
                end @ (Message::End(_) | Message::BodyEnd) => {
                    tone = Tone::Speech;
                    wording::body(core::mem::take(self.body_len.of_mut(tale.from)), end)?
                }
                message => {
                    tone = match message {
                        Message::Error(_) | Message::Incomplete => Tone::Fault,
                        _ => Tone::Speech,
                    };
                    if is_head(message) {
                        // The body of a message that was broken off counts no further.
                        *self.body_len.of_mut(tale.from) = 0;
                        merge = Merge::Head;
                    }
                    let mut text = wording::of(event)?;
                    if matches!(message, Message::Content(_)) {
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

    /// Nothing more comes.
    pub(super) fn finish(&mut self, heading: String, ending: Option<String>) {
        let texts = [Some(&heading), ending.as_ref()];
        let lens = texts
            .into_iter()
            .flatten()
            .map(|text| text.capacity() + TEXT_OVERHEAD_LEN);
        self.wait(lens.sum());
        (self.heading, self.ending) = (Some(heading), ending);
    }

    /// So many more bytes wait.
    fn wait(&mut self, len: usize) {
        if self.len == 0 {
            self.len = SECTION_LEN;
        }
        self.len += len;
    }

    /// Takes what waits, to be written; more may come.
    pub(super) fn part(&mut self) -> Self {
        let part = Self {
            lines: core::mem::take(&mut self.lines),
            continued: self.continued,
            ..Self::default()
        };
        self.len = 0;
        self.continued = true;
        part
    }

    /// Leaves out what waits.
    pub(super) fn leave_out(&mut self) {
        self.left_out += self.part().lines.len() as u64;
    }

    /// Adds a line, or makes it part of the last one.
    pub(super) fn add(&mut self, line: Line) {
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
                self.len = self.len - last.text.capacity() + text.capacity();
                last.text = text;
                last.merge = merge;
                return;
            }
        }
        let before = self.lines.capacity();
        if before < FEW_LINES {
            self.lines.reserve_exact(1);
        }
        self.wait(line.text.capacity() + TEXT_OVERHEAD_LEN);
        self.lines.push(line);
        self.len += (self.lines.capacity() - before) * size_of::<Line>();
    }
}

/// Whether a body may follow.
fn is_head(message: &Message) -> bool {
    matches!(
        message,
        Message::Request(_) | Message::Response(_) | Message::Packet(_)
    )
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
