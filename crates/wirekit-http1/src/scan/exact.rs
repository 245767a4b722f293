use super::cursor::{MIN_BACKEND_LEN, Scan, next_line};
use super::progress::{Progress, Scanned, Section, State};
use crate::arch::Lines;
use crate::config::Quirks;
use crate::error::{Error, ErrorKind};
use crate::field::Span;
use crate::token::{is_ows, trimmed};

impl Scan<'_> {
    /// Goes on to the end, or to the end of the input, which may be the limit too.
    #[inline(never)]
    pub(super) fn finish(
        mut self,
        section: Section,
        is_full: bool,
        progress: &mut Progress,
    ) -> Result<Option<Scanned>, Error> {
        match self.run(progress)? {
            Some(used) => {
                let scanned = core::mem::take(progress);
                Ok(Some(Scanned {
                    line: scanned.start,
                    fields: scanned.fields,
                    used,
                }))
            }
            None if is_full => {
                let max = self.input.len();
                let kind = match section {
                    Section::Request | Section::Response => ErrorKind::HeadTooLong { max },
                    Section::Trailers => ErrorKind::TrailersTooLong { max },
                };
                Err(Error::new(kind, max))
            }
            None => Ok(None),
        }
    }

    /// One step a state. Each takes what it can and says whether to go on: false asks for more input.
    fn run(&mut self, p: &mut Progress) -> Result<Option<usize>, Error> {
        loop {
            if let Some(lines) = self.plain_lines(p) {
                if lines.is_end() {
                    return Ok(Some(p.at));
                }
                if lines.are_before_plain_bytes() && self.take_partial_line(p) {
                    return Ok(None);
                }
            }
            let goes_on = match p.state {
                State::Begin | State::RequestStart => self.request_start(p)?,
                State::Method => self.method(p)?,
                State::Target | State::Query => self.target(p)?,
                State::RequestVersion => self.request_version(p)?,
                State::RequestLineEnd => self.request_line_end(p)?,
                State::ResponseStart => self.response_start(p)?,
                State::ResponseVersion => self.response_version(p)?,
                State::Status => self.status(p)?,
                State::StatusEnd => self.status_end(p)?,
                State::Reason => self.reason(p)?,
                State::Line => match self.byte(p.at) {
                    Some(b'\r' | b'\n') => return self.line_end(p.at),
                    Some(byte) => self.line_start(p, byte)?,
                    None => false,
                },
                State::Name => self.name(p)?,
                State::BeforeColon => self.before_colon(p)?,
                State::Value => self.value(p)?,
                State::Fold => self.fold(p)?,
            };
            if !goes_on {
                return Ok(None);
            }
        }
    }

    fn line_start(&self, p: &mut Progress, byte: u8) -> Result<bool, Error> {
        let max = self.spans.len();
        if is_ows(byte) {
            if p.fields == 0 {
                return Err(Error::new(ErrorKind::LeadingWhitespace, p.at));
            }
            if !self.allows(Quirks::OBS_FOLD) {
                return Err(Error::new(ErrorKind::ObsFold, p.at));
            }
            p.state = State::Fold;
        } else if p.fields >= max {
            return Err(Error::new(ErrorKind::TooManyFields { max }, p.at));
        } else {
            p.state = State::Name;
        }
        Ok(true)
    }

    fn name(&self, p: &mut Progress) -> Result<bool, Error> {
        p.at = self.token_end(p.at);
        let kind = match self.byte(p.at) {
            None => return Ok(false),
            Some(b':') if p.at == p.line => ErrorKind::EmptyFieldName,
            Some(b'\r' | b'\n') => ErrorKind::MissingColon,
            Some(byte) if is_ows(byte) && !self.allows(Quirks::SPACE_BEFORE_COLON) => {
                ErrorKind::SpaceBeforeColon
            }
            Some(byte) if byte == b':' || is_ows(byte) => {
                p.name_end = p.at;
                p.state = State::BeforeColon;
                return Ok(true);
            }
            Some(_) => ErrorKind::InvalidFieldName,
        };
        Err(Error::new(kind, p.at))
    }

    fn before_colon(&self, p: &mut Progress) -> Result<bool, Error> {
        match self.byte(p.at) {
            None => return Ok(false),
            Some(b':') => {
                p.at += 1;
                p.value_start = p.at;
                p.state = State::Value;
            }
            Some(byte) if is_ows(byte) => p.at += 1,
            Some(b'\r' | b'\n') => return Err(Error::new(ErrorKind::MissingColon, p.at)),
            Some(_) => return Err(Error::new(ErrorKind::InvalidFieldName, p.at)),
        }
        Ok(true)
    }

    fn value(&mut self, p: &mut Progress) -> Result<bool, Error> {
        p.at = self.value_end(p.at);
        let Some(next) = self.text_end(p.at, ErrorKind::InvalidFieldValue)? else {
            return Ok(false);
        };
        self.push(p);
        next_line(p, next);
        Ok(true)
    }

    fn fold(&mut self, p: &mut Progress) -> Result<bool, Error> {
        p.at = self.value_end(p.at);
        let Some(next) = self.text_end(p.at, ErrorKind::InvalidFieldValue)? else {
            return Ok(false);
        };
        self.extend(p);
        next_line(p, next);
        Ok(true)
    }

    /// Takes the plain lines at `p.at`.
    fn plain_lines(&mut self, p: &mut Progress) -> Option<Lines> {
        let backend = self.backend?;
        if p.state != State::Line || self.input.len() - p.at < MIN_BACKEND_LEN {
            return None;
        }
        let lines = backend.lines(self.input, p.at, self.spans, p.fields);
        p.fields = lines.fields();
        next_line(p, lines.at());
        Some(lines)
    }

    /// Takes the start of a line that is [before plain bytes](Lines::are_before_plain_bytes); false if the name ends
    /// otherwise than with a colon, or no field may follow.
    fn take_partial_line(&self, p: &mut Progress) -> bool {
        if p.fields >= self.spans.len() {
            return false;
        }
        p.state = State::Name;
        p.at = self.token_end(p.at);
        match self.byte(p.at) {
            None => true,
            Some(b':') if p.at > p.line => {
                (p.name_end, p.value_start) = (p.at, p.at + 1);
                (p.at, p.state) = (self.input.len(), State::Value);
                true
            }
            Some(_) => false,
        }
    }

    /// Notes the field line that ends before `p.at`.
    fn push(&mut self, p: &mut Progress) {
        let (value_start, value_end) = trimmed(self.input, p.value_start, p.at);
        if let Some(span) = self.spans.get_mut(p.fields) {
            *span = Span::new(p.line, p.name_end, value_start, value_end);
            p.fields += 1;
        }
    }

    /// Adds the folded line that ends before `p.at` to the last field.
    fn extend(&mut self, p: &Progress) {
        let (start, end) = trimmed(self.input, p.line, p.at);
        if let Some(span) = p
            .fields
            .checked_sub(1)
            .and_then(|last| self.spans.get_mut(last))
            && start < end
        {
            let value_start = if span.value_start == span.value_end {
                start
            } else {
                span.value_start as usize
            };
            *span = Span::new(
                span.name_start as usize,
                span.name_end as usize,
                value_start,
                end,
            );
        }
    }
}
