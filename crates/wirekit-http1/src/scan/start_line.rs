//! The parts of start lines (RFC 9112 sections 2.3, 3 and 4), a step each: false asks for more input.

use super::cursor::{Scan, end_of, next_line, offset};
use super::progress::{Progress, State};
use crate::config::Quirks;
use crate::error::{Error, ErrorKind};
use crate::token::{PATH, QUERY, TARGET, TOKEN};

impl Scan<'_> {
    pub(super) fn request_start(&self, p: &mut Progress) -> Result<bool, Error> {
        match self.byte(p.at) {
            None => return Ok(false),
            // "A server that is expecting to receive and parse a request-line SHOULD ignore at least one empty line (CRLF)
            // received prior to the request-line."
            Some(b'\r' | b'\n') => {
                if p.start.start > 0 && !self.allows(Quirks::LEADING_EMPTY_LINES) {
                    return Err(Error::new(ErrorKind::LeadingEmptyLine, p.at));
                }
                return self.empty_line(p);
            }
            Some(_) => p.state = State::Method,
        }
        Ok(true)
    }

    /// Skips an empty line before the head.
    fn empty_line(&self, p: &mut Progress) -> Result<bool, Error> {
        let Some(next) = self.line_end(p.at)? else {
            return Ok(false);
        };
        p.at = next;
        p.start.start = offset(next);
        Ok(true)
    }

    pub(super) fn method(&self, p: &mut Progress) -> Result<bool, Error> {
        p.at = self.end_of(TOKEN, p.at);
        match self.byte(p.at) {
            None => return Ok(false),
            Some(b' ') if offset(p.at) > p.start.start => {
                p.start.method_end = offset(p.at);
                p.at += 1;
                p.start.text_start = offset(p.at);
                p.state = State::Target;
            }
            Some(_) => return Err(Error::new(ErrorKind::InvalidMethod, p.at)),
        }
        Ok(true)
    }

    pub(super) fn target(&self, p: &mut Progress) -> Result<bool, Error> {
        let max = self.config.limits.max_target_len;
        let text_start = p.start.text_start as usize;
        let first_beyond = text_start.saturating_add(max);
        let within = self
            .input
            .get(..first_beyond.saturating_add(1))
            .unwrap_or(self.input);
        let class = match p.state {
            _ if self.allows(Quirks::UNENCODED_TARGET) => TARGET,
            State::Query => QUERY,
            _ => PATH,
        };
        p.at = end_of(class, within, p.at);
        if p.at > first_beyond {
            return Err(Error::new(ErrorKind::TargetTooLong { max }, first_beyond));
        }
        let is_empty = p.at == text_start;
        match self.byte(p.at) {
            None => return Ok(false),
            Some(b'?') => {
                p.at += 1;
                p.state = State::Query;
            }
            Some(b' ') if is_empty && self.allows(Quirks::EXTRA_SPACES) => {
                p.at += 1;
                p.start.text_start = offset(p.at);
            }
            Some(b' ' | b'\r' | b'\n') if is_empty => {
                return Err(Error::new(ErrorKind::EmptyTarget, p.at));
            }
            Some(b' ') => {
                p.start.text_end = offset(p.at);
                p.at += 1;
                p.state = State::RequestVersion;
            }
            Some(b'\r' | b'\n') => return Err(Error::new(ErrorKind::MissingVersion, p.at)),
            Some(_) => return Err(Error::new(ErrorKind::InvalidTarget, p.at)),
        }
        Ok(true)
    }

    pub(super) fn request_version(&self, p: &mut Progress) -> Result<bool, Error> {
        while self.byte(p.at) == Some(b' ') && self.allows(Quirks::EXTRA_SPACES) {
            p.at += 1;
        }
        self.version(p, State::RequestLineEnd)
    }

    pub(super) fn request_line_end(&self, p: &mut Progress) -> Result<bool, Error> {
        match self.byte(p.at) {
            None => return Ok(false),
            Some(b'\r' | b'\n') => {
                let Some(next) = self.line_end(p.at)? else {
                    return Ok(false);
                };
                next_line(p, next);
            }
            Some(_) => return Err(Error::new(ErrorKind::InvalidVersion, p.at)),
        }
        Ok(true)
    }

    pub(super) fn response_start(&self, p: &mut Progress) -> Result<bool, Error> {
        match self.byte(p.at) {
            None => return Ok(false),
            // RFC 9112 section 9.2: between responses there may be "one or more CRLF (which can be discarded per Section
            // 2.2)".
            Some(b'\r' | b'\n') => return self.empty_line(p),
            Some(_) => p.state = State::ResponseVersion,
        }
        Ok(true)
    }

    pub(super) fn response_version(&self, p: &mut Progress) -> Result<bool, Error> {
        self.version(p, State::Status)
    }

    /// Takes the version, once all of it is there.
    fn version(&self, p: &mut Progress, next: State) -> Result<bool, Error> {
        let Some(minor) = self.minor_version(p.at)? else {
            return Ok(false);
        };
        p.start.minor = minor;
        p.at += VERSION_LEN;
        p.state = next;
        Ok(true)
    }

    /// The minor version at `at`, once all of it is there.
    fn minor_version(&self, at: usize) -> Result<Option<u8>, Error> {
        for (index, expected) in b"HTTP/1.".iter().enumerate() {
            match self.byte(at + index) {
                None => return Ok(None),
                Some(byte) if byte == *expected => {}
                // "HTTP-version = HTTP-name "/" DIGIT "." DIGIT", case-sensitive; index 5 is the major digit.
                Some(b'0'..=b'9') if index == 5 => {
                    return Err(Error::new(ErrorKind::UnsupportedVersion, at + index));
                }
                Some(_) => return Err(Error::new(ErrorKind::InvalidVersion, at + index)),
            }
        }
        match self.byte(at + VERSION_LEN - 1) {
            None => Ok(None),
            Some(byte @ b'0'..=b'9') => Ok(Some(byte - b'0')),
            Some(_) => Err(Error::new(ErrorKind::InvalidVersion, at + VERSION_LEN - 1)),
        }
    }

    /// The space and the status code.
    pub(super) fn status(&self, p: &mut Progress) -> Result<bool, Error> {
        match self.byte(p.at) {
            None => return Ok(false),
            Some(b' ') => {}
            Some(_) => return Err(Error::new(ErrorKind::InvalidVersion, p.at)),
        }
        let mut status = 0;
        for at in p.at + 1..p.at + 4 {
            match self.byte(at) {
                None => return Ok(false),
                // RFC 9110 section 15: "All valid status codes are within the range of 100 to 599". What is above counts
                // as a server error; what is below is an interim response to a peer that asks for "less than 200", and
                // to others a final one.
                Some(b'0') if status == 0 => return Err(Error::new(ErrorKind::InvalidStatus, at)),
                Some(digit @ b'0'..=b'9') => status = status * 10 + u16::from(digit - b'0'),
                Some(_) => return Err(Error::new(ErrorKind::InvalidStatus, at)),
            }
        }
        p.start.status = status;
        p.at += 4;
        p.state = State::StatusEnd;
        Ok(true)
    }

    pub(super) fn status_end(&self, p: &mut Progress) -> Result<bool, Error> {
        match self.byte(p.at) {
            None => return Ok(false),
            Some(b' ') => p.at += 1,
            // "A server MUST send the space that separates the status-code from the reason-phrase even when the
            // reason-phrase is absent", but many do not, and "recipients MAY instead parse on whitespace-delimited word
            // boundaries".
            Some(b'\r' | b'\n') => {}
            Some(_) => return Err(Error::new(ErrorKind::InvalidStatus, p.at)),
        }
        p.start.text_start = offset(p.at);
        p.state = State::Reason;
        Ok(true)
    }

    pub(super) fn reason(&self, p: &mut Progress) -> Result<bool, Error> {
        p.at = self.value_end(p.at);
        let Some(next) = self.text_end(p.at, ErrorKind::InvalidReason)? else {
            return Ok(false);
        };
        p.start.text_end = offset(p.at);
        next_line(p, next);
        Ok(true)
    }
}

const VERSION_LEN: usize = b"HTTP/1.1".len();
