use super::progress::{Progress, State};
use crate::arch::Backend;
use crate::config::{Config, Quirks};
use crate::error::{Error, ErrorKind};
use crate::field::Span;
use crate::token::{self, TOKEN, VALUE};

/// Fewer bytes than this are looked at one by one.
pub(super) const MIN_BACKEND_LEN: usize = 16;

/// A scan's input, and what it goes by.
pub(super) struct Scan<'a> {
    pub(super) backend: Option<Backend>,
    pub(super) input: &'a [u8],
    pub(super) spans: &'a mut [Span],
    pub(super) config: &'a Config,
}

impl Scan<'_> {
    pub(super) fn value_end(&self, at: usize) -> usize {
        match self.backend {
            Some(backend) => backend.value_end(self.input, at),
            _ => end_of(VALUE, self.input, at),
        }
    }

    pub(super) fn token_end(&self, at: usize) -> usize {
        match self.backend {
            Some(backend) => backend.token_end(self.input, at),
            _ => end_of(TOKEN, self.input, at),
        }
    }

    pub(super) fn end_of(&self, class: u8, at: usize) -> usize {
        end_of(class, self.input, at)
    }

    /// What follows text that ends at `at`: the next line's first byte, or `kind` if a control byte ended it.
    pub(super) fn text_end(&self, at: usize, kind: ErrorKind) -> Result<Option<usize>, Error> {
        match self.byte(at) {
            None => Ok(None),
            Some(b'\r' | b'\n') => self.line_end(at),
            Some(_) => Err(Error::new(kind, at)),
        }
    }

    /// The first byte after the line end at `at`, a CR or an LF, once all of it is there.
    pub(super) fn line_end(&self, at: usize) -> Result<Option<usize>, Error> {
        if self.byte(at) == Some(b'\n') {
            return if self.allows(Quirks::BARE_LF) {
                Ok(Some(at + 1))
            } else {
                Err(Error::new(ErrorKind::BareLf, at))
            };
        }
        match self.byte(at + 1) {
            None => Ok(None),
            Some(b'\n') => Ok(Some(at + 2)),
            Some(_) => Err(Error::new(ErrorKind::BareCr, at)),
        }
    }

    pub(super) fn byte(&self, at: usize) -> Option<u8> {
        self.input.get(at).copied()
    }

    pub(super) const fn allows(&self, quirk: Quirks) -> bool {
        self.config.quirks.contains(quirk)
    }
}

pub(super) const fn next_line(p: &mut Progress, next: usize) {
    (p.at, p.line, p.state) = (next, next, State::Line);
}

/// The first byte from `at` on that is not of `class`, or the end.
pub(super) fn end_of(class: u8, input: &[u8], at: usize) -> usize {
    let rest = input.get(at..).unwrap_or_default();
    at + rest
        .iter()
        .position(|&byte| !token::is(byte, class))
        .unwrap_or(rest.len())
}

/// An offset of an input that is no longer than `u32::MAX`.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the input is cut to u32::MAX bytes before it is scanned"
)]
pub(super) const fn offset(at: usize) -> u32 {
    at as u32
}
