//! A run of segments that say nothing by themselves.

use core::fmt::Write as _;

use wirekit::tcp::track::Side;

use super::super::page::escaped;
use super::rung::{Rung, Shape, Tone};
use crate::inspect::conversation::sides::Sides;
use crate::inspect::text::put::{counted, duration, grouped, seconds};

/// Segments of a fold that have a line when it is opened.
const MAX_FOLDED: u64 = 1000;

/// Segments that say nothing by themselves, a line each: a hundred thousand arrows are more than a browser draws at once.
#[derive(Debug, Default)]
pub(super) struct Fold {
    lines: String,
    packets: Sides<u64>,
    payload_len: Sides<u64>,
    again: u64,
    first: Option<i64>,
    last: i64,
}

impl Fold {
    /// Bytes held, about.
    pub(super) fn held_len(&self) -> usize {
        self.lines.len() + size_of::<Self>()
    }

    pub(super) fn take(&mut self, rung: &Rung) {
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
        let mut time = Vec::new();
        seconds(&mut time, rung.at);
        let arrow = match from {
            Side::Client => '→',
            Side::Server => '←',
        };
        // Writing into a string cannot fail.
        let _ = write!(
            self.lines,
            "{}\t#{}\t{arrow}",
            String::from_utf8_lossy(&time),
            rung.packet
        );
        for (index, (_, words)) in rung.texts.iter().enumerate() {
            self.lines.push_str(if index == 0 { " " } else { "  " });
            self.lines.push_str(words);
        }
        self.lines.push('\n');
    }

    const fn count(&self) -> u64 {
        self.packets.client + self.packets.server
    }

    pub(super) fn draw(&self, before: &mut i64, out: &mut String) {
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
