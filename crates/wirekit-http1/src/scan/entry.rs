//! What a scan starts with: the limits, what a backend takes by itself, and the few bytes that change nothing.

use super::cursor::{MIN_BACKEND_LEN, Scan, next_line};
use super::progress::{Progress, Scanned, Section, State};
use crate::arch::{Backend, Head};
use crate::config::Config;
use crate::error::Error;
use crate::field::Span;
use crate::token::{self, PATH, QUERY, TOKEN, VALUE};

/// A section of which nothing is remembered, behind the lines at its start that a backend has taken.
#[inline(never)]
pub(super) fn behind(
    head: Head,
    section: Section,
    input: &[u8],
    spans: &mut [Span],
    config: &Config,
    progress: &mut Progress,
) -> Result<Option<Scanned>, Error> {
    progress.begin(section, Some(head));
    let backend = Some(Backend::detect());
    go_on(backend, section, input, spans, config, progress)
}

/// Whether what has arrived continues the current part, and so asks for more; it is taken then.
///
/// No field ends with it: the table is not looked at.
#[inline]
pub(crate) fn extends_part(
    section: Section,
    input: &[u8],
    config: &Config,
    progress: &mut Progress,
) -> bool {
    extends_part_with(Some(Backend::detect()), section, input, config, progress)
}

/// [`extends_part`] with this backend; without one every byte is looked at by itself.
#[inline]
pub(super) fn extends_part_with(
    backend: Option<Backend>,
    section: Section,
    input: &[u8],
    config: &Config,
    progress: &mut Progress,
) -> bool {
    input.len() < section.max_len(config)
        && progress.extends_part(backend, input, config.limits.max_target_len)
}

/// Goes on where `progress` stands, which is at the start again after `Some`; [`extends_part`] was asked before.
///
/// Spans are in the coordinates of `input`, which starts at the section's first byte each time. They are written when
/// the section is whole, all of them: what they held before does not matter.
#[inline(never)]
pub(super) fn advance(
    section: Section,
    input: &[u8],
    spans: &mut [Span],
    config: &Config,
    progress: &mut Progress,
) -> Result<Option<Scanned>, Error> {
    let backend = Backend::detect();
    if progress.state != State::Begin {
        return advance_with(Some(backend), section, input, spans, config, progress);
    }
    // Most are there at once.
    match plain(backend, section, input, spans, config) {
        Ok(scanned) => Ok(Some(scanned)),
        Err(head) => behind(head, section, input, spans, config, progress),
    }
}

/// [`advance`] with this backend; without one every byte is looked at by itself.
#[inline(never)]
pub(super) fn advance_with(
    backend: Option<Backend>,
    section: Section,
    input: &[u8],
    spans: &mut [Span],
    config: &Config,
    progress: &mut Progress,
) -> Result<Option<Scanned>, Error> {
    if progress.state != State::Begin && progress.at <= input.len().min(section.max_len(config)) {
        // Only where the section ends is taken from what `progress` remembers. The spans of its earlier lines may have
        // gone to another table, or others may have been written over them, so all are written now: by a scan that
        // remembers nothing, and so says nothing that is not in `input`.
        if go_on(backend, section, input, spans, config, progress)?.is_none() {
            return Ok(None);
        }
    }
    let mut head = None;
    if let Some(backend) = backend {
        match plain(backend, section, input, spans, config) {
            Ok(scanned) => return Ok(Some(scanned)),
            Err(lines) => head = Some(lines),
        }
    }
    progress.begin(section, head);
    go_on(backend, section, input, spans, config, progress)
}

/// A section that is there as a whole and plain throughout, which needs no state to be scanned; or the lines at its
/// start that are.
///
/// Inlined in each caller that knows its section: then nothing of the choice between sections is left.
#[inline(always)]
pub(super) fn plain(
    backend: Backend,
    section: Section,
    input: &[u8],
    spans: &mut [Span],
    config: &Config,
) -> Result<Scanned, Head> {
    let (window, spans) = within_limits(section, input, spans, config);
    let head = backend.head(section, window, spans, config.limits.max_target_len);
    Scanned::of(section, head).ok_or(head)
}

/// Scans from where `progress` stands to the end of the section or of the input.
#[inline(never)]
fn go_on(
    backend: Option<Backend>,
    section: Section,
    input: &[u8],
    spans: &mut [Span],
    config: &Config,
    progress: &mut Progress,
) -> Result<Option<Scanned>, Error> {
    let is_full = input.len() >= section.max_len(config);
    let (input, spans) = within_limits(section, input, spans, config);
    let scan = Scan {
        backend,
        input,
        spans,
        config,
    };
    let scanned = scan.finish(section, is_full, progress)?;
    // A loop that receives until there is nothing more asks once without input: the head has not begun by that.
    if progress.at == 0 {
        *progress = Progress::new();
    }
    Ok(scanned)
}

/// What lies beyond the limit is not looked at: the verdict cannot depend on how much of it has arrived.
#[inline]
fn within_limits<'i, 's>(
    section: Section,
    input: &'i [u8],
    spans: &'s mut [Span],
    config: &Config,
) -> (&'i [u8], &'s mut [Span]) {
    let window = input.get(..section.max_len(config)).unwrap_or(input);
    let len = spans.len().min(config.limits.max_fields);
    (window, spans.get_mut(..len).unwrap_or_default())
}

impl Scanned {
    /// What a backend has found, if that is all of it.
    #[inline]
    fn of(section: Section, head: Head) -> Option<Self> {
        let lines = head.lines();
        lines.is_end().then(|| Self {
            line: head.line(section),
            fields: lines.fields(),
            used: lines.at(),
        })
    }
}

impl Progress {
    /// Takes new bytes that continue the current part: a few, which is most of what a head that drips in brings, or
    /// some of a value, which is most of what else a head is cut in.
    #[inline]
    fn extends_part(
        &mut self,
        backend: Option<Backend>,
        input: &[u8],
        max_target_len: usize,
    ) -> bool {
        let Some(new) = input.get(self.at..) else {
            return false;
        };
        if new.len() >= MIN_BACKEND_LEN {
            if let Some(backend) = backend
                && self.state == State::Value
            {
                self.at = backend.value_end(input, self.at);
                return self.at == input.len();
            }
            return false;
        }
        let class = match self.state {
            State::Value | State::Reason => VALUE,
            State::Name | State::Method => TOKEN,
            State::Target | State::Query
                if input.len().saturating_sub(self.start.text_start as usize) <= max_target_len =>
            {
                if self.state == State::Target {
                    PATH
                } else {
                    QUERY
                }
            }
            _ => return false,
        };
        let takes = new.iter().all(|&byte| token::is(byte, class));
        if takes {
            self.at = input.len();
        }
        takes
    }

    /// Starts over, behind the plain lines that a backend has taken, if any.
    fn begin(&mut self, section: Section, plain: Option<Head>) {
        *self = Self {
            state: section.first_state(),
            ..Self::new()
        };
        if let Some(head) = plain
            && head.lines().at() > 0
        {
            self.start = head.line(section);
            self.fields = head.lines().fields();
            next_line(self, head.lines().at());
        }
    }
}
