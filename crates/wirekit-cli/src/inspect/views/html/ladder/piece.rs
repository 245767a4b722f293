//! A part of the diagram between two folds, as SVG.

use core::fmt::Write as _;

use super::super::page::escaped;
use super::rung::{Rung, Shape};
use crate::inspect::text::put::duration;

/// Where the client's lane stands.
pub(super) const CLIENT: u32 = 240;
/// Where the server's lane stands.
pub(super) const SERVER: u32 = 860;
pub(super) const WIDTH: u32 = 1100;
/// What a line of text takes.
pub(super) const LINE: u32 = 16;
/// A silence of this many nanoseconds is shown.
const SILENCE: i64 = 200_000_000;

/// A part of the ladder without folds.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) body: String,
    /// Where the next rung goes.
    pub(super) y: u32,
    /// Where the lanes begin.
    pub(super) top: u32,
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
    pub(super) fn rung(&mut self, rung: &Rung, before: &mut i64) {
        if rung.at - *before > SILENCE && rung.shape != Shape::Pause {
            silence(rung.at - *before, &mut self.y, &mut self.body);
        }
        *before = rung.at;
        rung.draw(&mut self.y, &mut self.body);
    }

    /// Appends it, and gives its height.
    pub(super) fn end(self, out: &mut String) -> u32 {
        let (top, height) = (self.top, self.y + 6);
        // Writing into a string cannot fail. All of a kind is one element where it can be: each costs the browser.
        let _ = write!(
            out,
            "<svg class=\"ladder\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" role=\"img\">\
             <path class=\"lanes\" d=\"M{CLIENT} {top}V{height}M{SERVER} {top}V{height}\"/>"
        );
        out.push_str(&self.body);
        out.push_str("</svg>\n");
        height
    }
}

fn silence(length: i64, y: &mut u32, out: &mut String) {
    *y += LINE + 4;
    let words = format!("⋮ {} of silence", duration(length));
    text(WIDTH / 2, *y, "silence", &words, out);
    *y += 6;
}

/// A text in the middle of where its class has it: the style sheet says which.
pub(super) fn text(x: u32, y: u32, class: &str, words: &str, out: &mut String) {
    let _ = write!(
        out,
        "<text x=\"{x}\" y=\"{y}\" class=\"{class}\">{}</text>",
        escaped(words)
    );
}
