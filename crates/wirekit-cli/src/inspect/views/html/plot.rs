//! What a connection carried over its time, and where something was sent again.

use core::fmt::Write as _;
use std::collections::BTreeMap;

use wirekit::tcp::track::Side;

use super::page::escaped;
use crate::inspect::capture::Time;
use crate::inspect::conversation::sides::Sides;
use crate::inspect::text::put::{counted, duration};
use crate::inspect::text::statistics::rate_of;

const BINS: usize = 128;
/// Nanoseconds of a bin, to begin with.
const FIRST_WIDTH: u64 = 100_000;
/// Bytes held.
pub(super) const HELD_LEN: usize = BINS * size_of::<Sides<Bin>>();

const WIDTH: usize = 1100;
const LEFT: usize = 8;
const HEIGHT: u64 = 40;
const MIDDLE: u64 = 64;

/// Bytes and repetitions by time, in bins that grow with the connection.
#[derive(Debug)]
pub(super) struct Plot {
    first: Time,
    bins: Vec<Sides<Bin>>,
    width: u64,
}

/// What an end sent in a bin's time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Bin {
    bytes: u64,
    again: u64,
}

impl Plot {
    pub(super) fn new(first: Time) -> Self {
        Self {
            first,
            bins: Vec::new(),
            width: FIRST_WIDTH,
        }
    }

    /// Takes a segment with payload.
    pub(super) fn add(&mut self, time: Time, from: Side, payload_len: usize, again: bool) {
        let at = u64::try_from(time.since(self.first)).unwrap_or_default();
        let mut index = at / self.width;
        while index >= BINS as u64 {
            self.widen();
            index = at / self.width;
        }
        let index = usize::try_from(index).unwrap_or_default();
        if index >= self.bins.len() {
            self.bins.resize(index + 1, Sides::default());
        }
        if let Some(bin) = self.bins.get_mut(index) {
            let bin = bin.of_mut(from);
            bin.bytes += payload_len as u64;
            bin.again += u64::from(again);
        }
    }

    /// Puts two bins each into one.
    fn widen(&mut self) {
        self.width *= 2;
        self.bins = self
            .bins
            .chunks(2)
            .map(|pair| {
                let mut both = Sides::<Bin>::default();
                for bin in pair {
                    for side in [Side::Client, Side::Server] {
                        let sum = both.of_mut(side);
                        sum.bytes += bin.of(side).bytes;
                        sum.again += bin.of(side).again;
                    }
                }
                both
            })
            .collect();
    }

    /// Appends it as SVG: what the client sent above, what the server sent below. Nothing of a connection that carried
    /// nothing, or all at once.
    pub(super) fn draw(&self, out: &mut String) {
        let bytes = |side| self.bins.iter().map(move |bin| bin.of(side).bytes);
        let greatest = |side| bytes(side).max().unwrap_or(0);
        let most = greatest(Side::Client).max(greatest(Side::Server));
        if most == 0 || self.bins.len() < 2 {
            return;
        }
        let rate = |bytes: u64| {
            let rate = u128::from(bytes) * 1_000_000_000 / u128::from(self.width);
            rate_of(u64::try_from(rate).unwrap_or(u64::MAX))
        };
        let span = i64::try_from(self.width * self.bins.len() as u64).unwrap_or(i64::MAX);
        let words = format!(
            "bytes sent over {}, in steps of {}: the client at most {}, the server {}",
            duration(span),
            duration(i64::try_from(self.width).unwrap_or(i64::MAX)),
            rate(greatest(Side::Client)),
            rate(greatest(Side::Server)),
        );
        // Writing into a string cannot fail.
        let _ = write!(
            out,
            "<svg class=\"plot\" viewBox=\"0 0 {WIDTH} 128\" width=\"{WIDTH}\" height=\"128\" role=\"img\"><title>{0}</title>\
             <text x=\"{LEFT}\" y=\"14\" class=\"address\">{0}</text>",
            escaped(&words)
        );
        let step = (WIDTH - 2 * LEFT) / self.bins.len().max(1);
        let step = step.max(1);
        for (side, class) in [(Side::Client, "sent"), (Side::Server, "received")] {
            let mut path = format!("M{LEFT} {MIDDLE}");
            let mut last = MIDDLE;
            for (index, len) in bytes(side).enumerate() {
                let height = len * HEIGHT / most;
                // The least is to be seen too.
                let height = height.max(u64::from(len > 0));
                let y = match side {
                    Side::Client => MIDDLE - height,
                    Side::Server => MIDDLE + height,
                };
                if y != last {
                    let _ = write!(path, "H{}V{y}", LEFT + index * step);
                    last = y;
                }
            }
            let end = LEFT + self.bins.len() * step;
            let _ = write!(
                out,
                "<path class=\"{class}\" d=\"{path}H{end}V{MIDDLE}Z\"/>"
            );
        }
        let again = self.draw_again(step, out);
        if again > 0 {
            let words = format!("▾ {} sent again", counted(again, "segment"));
            let _ = write!(
                out,
                "<text x=\"{LEFT}\" y=\"124\" class=\"note\">{}</text>",
                escaped(&words)
            );
        }
        out.push_str("</svg>\n");
    }

    /// Marks where something was sent again, an element each count; gives how much it was.
    fn draw_again(&self, step: usize, out: &mut String) -> u64 {
        let mut marks = BTreeMap::<u64, String>::new();
        let mut again = 0;
        for (index, bin) in self.bins.iter().enumerate() {
            for (side, y) in [(Side::Client, 20), (Side::Server, 106)] {
                let count = bin.of(side).again;
                again += count;
                if count > 0 {
                    let x = LEFT + index * step + step / 2;
                    let marks = marks.entry(count).or_default();
                    let _ = write!(marks, "M{} {y}h8l-4 6Z", x.saturating_sub(4));
                }
            }
        }
        for (count, path) in marks {
            let _ = write!(
                out,
                "<path class=\"again\" d=\"{path}\"><title>{} sent again</title></path>",
                escaped(&counted(count, "segment")),
            );
        }
        again
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_grow_and_lose_nothing() {
        let mut plot = Plot::new(Time::from_nanoseconds(5));
        for at in 0..10_000_u64 {
            let time = Time::from_nanoseconds(5 + at * 1_000_000);
            plot.add(time, Side::Server, 3, at % 100 == 0);
        }
        assert!(plot.bins.len() <= BINS && plot.bins.len() > BINS / 2);
        let sum = |of: fn(&Bin) -> u64| plot.bins.iter().map(|bin| of(&bin.server)).sum::<u64>();
        assert_eq!((sum(|bin| bin.bytes), sum(|bin| bin.again)), (30_000, 100));
    }
}
