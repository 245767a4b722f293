use super::cursor::{MIN_BACKEND_LEN, Scan, next_line, offset};
use super::progress::{Progress, Scanned, Section, State};
use super::start_line::VERSION_LEN;
use crate::arch::Lines;
use crate::config::Quirks;
use crate::error::{Error, ErrorKind};
use crate::field::Span;
use crate::token::{TOKEN, is_ows, trimmed};

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
            match p.state {
                State::Begin | State::RequestStart => {
                    let Some(byte) = self.byte(p.at) else {
                        return Ok(None);
                    };
                    if matches!(byte, b'\r' | b'\n') {
                        // "A server that is expecting to receive and parse a request-line SHOULD ignore at least one
                        // empty line (CRLF) received prior to the request-line."
                        if p.start.start > 0 && !self.allows(Quirks::LEADING_EMPTY_LINES) {
                            return Err(Error::new(ErrorKind::LeadingEmptyLine, p.at));
                        }
                        let Some(next) = self.line_end(p.at)? else {
                            return Ok(None);
                        };
                        p.at = next;
                        p.start.start = offset(next);
                    } else {
                        p.state = State::Method;
                    }
                }
                State::Method => {
                    p.at = self.end_of(TOKEN, p.at);
                    match self.byte(p.at) {
                        None => return Ok(None),
                        Some(b' ') if offset(p.at) > p.start.start => {
                            p.start.method_end = offset(p.at);
                            p.at += 1;
                            p.start.text_start = offset(p.at);
                            p.state = State::Target;
                        }
                        Some(_) => return Err(Error::new(ErrorKind::InvalidMethod, p.at)),
                    }
                }
                State::Target | State::Query => {
                    if !self.target(p)? {
                        return Ok(None);
                    }
                }
                State::RequestVersion => {
                    while self.byte(p.at) == Some(b' ') && self.allows(Quirks::EXTRA_SPACES) {
                        p.at += 1;
                    }
                    let Some(minor) = self.version(p.at)? else {
                        return Ok(None);
                    };
                    p.start.minor = minor;
                    p.at += VERSION_LEN;
                    p.state = State::RequestLineEnd;
                }
                State::RequestLineEnd => match self.byte(p.at) {
                    None => return Ok(None),
                    Some(b'\r' | b'\n') => {
                        let Some(next) = self.line_end(p.at)? else {
                            return Ok(None);
                        };
                        next_line(p, next);
                    }
                    Some(_) => return Err(Error::new(ErrorKind::InvalidVersion, p.at)),
                },
                State::ResponseStart => match self.byte(p.at) {
                    None => return Ok(None),
                    // RFC 9112 section 9.2: between responses there may be "one or more CRLF (which can be discarded per
                    // Section 2.2)".
                    Some(b'\r' | b'\n') => {
                        let Some(next) = self.line_end(p.at)? else {
                            return Ok(None);
                        };
                        p.at = next;
                        p.start.start = offset(next);
                    }
                    Some(_) => p.state = State::ResponseVersion,
                },
                State::ResponseVersion => {
                    let Some(minor) = self.version(p.at)? else {
                        return Ok(None);
                    };
                    p.start.minor = minor;
                    p.at += VERSION_LEN;
                    p.state = State::Status;
                }
                State::Status => {
                    if !self.status(p)? {
                        return Ok(None);
                    }
                }
                State::StatusEnd => match self.byte(p.at) {
                    None => return Ok(None),
                    Some(b' ') => {
                        p.at += 1;
                        p.start.text_start = offset(p.at);
                        p.state = State::Reason;
                    }
                    // "A server MUST send the space that separates the status-code from the reason-phrase even when the
                    // reason-phrase is absent", but many do not, and "recipients MAY instead parse on
                    // whitespace-delimited word boundaries".
                    Some(b'\r' | b'\n') => {
                        p.start.text_start = offset(p.at);
                        p.state = State::Reason;
                    }
                    Some(_) => return Err(Error::new(ErrorKind::InvalidStatus, p.at)),
                },
                State::Reason => {
                    p.at = self.value_end(p.at);
                    let Some(next) = self.text_end(p.at, ErrorKind::InvalidReason)? else {
                        return Ok(None);
                    };
                    p.start.text_end = offset(p.at);
                    next_line(p, next);
                }
                State::Line => match self.byte(p.at) {
                    None => return Ok(None),
                    Some(b'\r' | b'\n') => return self.line_end(p.at),
                    Some(byte) if is_ows(byte) => {
                        if p.fields == 0 {
                            return Err(Error::new(ErrorKind::LeadingWhitespace, p.at));
                        }
                        if !self.allows(Quirks::OBS_FOLD) {
                            return Err(Error::new(ErrorKind::ObsFold, p.at));
                        }
                        p.state = State::Fold;
                    }
                    Some(_) => {
                        let max = self.spans.len();
                        if p.fields >= max {
                            return Err(Error::new(ErrorKind::TooManyFields { max }, p.at));
                        }
                        p.state = State::Name;
                    }
                },
                State::Name => {
                    p.at = self.token_end(p.at);
                    match self.byte(p.at) {
                        None => return Ok(None),
                        Some(b':') if p.at == p.line => {
                            return Err(Error::new(ErrorKind::EmptyFieldName, p.at));
                        }
                        Some(b':') => {
                            p.name_end = p.at;
                            p.state = State::BeforeColon;
                        }
                        Some(b'\r' | b'\n') => {
                            return Err(Error::new(ErrorKind::MissingColon, p.at));
                        }
                        Some(byte) if is_ows(byte) => {
                            if !self.allows(Quirks::SPACE_BEFORE_COLON) {
                                return Err(Error::new(ErrorKind::SpaceBeforeColon, p.at));
                            }
                            p.name_end = p.at;
                            p.state = State::BeforeColon;
                        }
                        Some(_) => return Err(Error::new(ErrorKind::InvalidFieldName, p.at)),
                    }
                }
                State::BeforeColon => match self.byte(p.at) {
                    None => return Ok(None),
                    Some(b':') => {
                        p.at += 1;
                        p.value_start = p.at;
                        p.state = State::Value;
                    }
                    Some(byte) if is_ows(byte) => p.at += 1,
                    Some(b'\r' | b'\n') => return Err(Error::new(ErrorKind::MissingColon, p.at)),
                    Some(_) => return Err(Error::new(ErrorKind::InvalidFieldName, p.at)),
                },
                State::Value => {
                    p.at = self.value_end(p.at);
                    let Some(next) = self.text_end(p.at, ErrorKind::InvalidFieldValue)? else {
                        return Ok(None);
                    };
                    self.push(p);
                    next_line(p, next);
                }
                State::Fold => {
                    p.at = self.value_end(p.at);
                    let Some(next) = self.text_end(p.at, ErrorKind::InvalidFieldValue)? else {
                        return Ok(None);
                    };
                    self.extend(p);
                    next_line(p, next);
                }
            }
        }
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

    /// What follows text that ends at `at`: the next line's first byte, or `kind` if a control byte ended it.
    fn text_end(&self, at: usize, kind: ErrorKind) -> Result<Option<usize>, Error> {
        match self.byte(at) {
            None => Ok(None),
            Some(b'\r' | b'\n') => self.line_end(at),
            Some(_) => Err(Error::new(kind, at)),
        }
    }

    /// The first byte after the line end at `at`, a CR or an LF, once all of it is there.
    fn line_end(&self, at: usize) -> Result<Option<usize>, Error> {
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
