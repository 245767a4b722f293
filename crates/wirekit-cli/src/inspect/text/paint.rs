//! Colours, where they are wanted.

use anstyle::{AnsiColor, Style};
use wirekit::tcp::track::Side;

use super::put::Put as _;

/// Whether colours are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paint {
    Plain,
    Coloured,
}

impl Paint {
    pub(crate) fn heading(self, text: &str, line: &mut Vec<u8>) {
        self.put(Style::new().bold(), text, line);
    }

    /// What happens below the messages.
    pub(crate) fn life(self, text: &str, line: &mut Vec<u8>) {
        self.put(Style::new().dimmed(), text, line);
    }

    pub(crate) fn note(self, text: &str, line: &mut Vec<u8>) {
        self.put(AnsiColor::Yellow.on_default(), text, line);
    }

    pub(crate) fn fault(self, text: &str, line: &mut Vec<u8>) {
        self.put(AnsiColor::Red.on_default(), text, line);
    }

    /// Who speaks.
    pub(crate) fn arrow(self, from: Side, line: &mut Vec<u8>) {
        match from {
            Side::Client => self.put(AnsiColor::Green.on_default(), "  →   ", line),
            Side::Server => self.put(AnsiColor::Cyan.on_default(), "   ←  ", line),
        }
    }

    fn put(self, style: Style, text: &str, line: &mut Vec<u8>) {
        match self {
            Self::Plain => line.text(text),
            Self::Coloured => {
                line.text(&style.render().to_string());
                line.text(text);
                line.text(&style.render_reset().to_string());
            }
        }
    }
}
