use wirekit_http::field::Name;

use super::config::{Expectation, Limits};
use super::head::Span;
use crate::field::is_token_byte;
use crate::{Error, ErrorKind};

/// A head on its way in: what its bytes so far say, and what may come next.
///
/// Each byte is looked at once. A byte that no legal head can have there is an error at once, so being asked for more
/// always means that a legal head may still come.
#[derive(Clone, Copy, Debug)]
pub(super) struct HeadScan {
    expectation: Expectation,
    /// The byte to look at next, and what it is part of.
    at: usize,
    state: State,
    /// Where the line starts, and where its name ends.
    line: usize,
    colon: Option<usize>,
    pub(super) fields: usize,
    pub(super) status: Option<u16>,
    /// The status where no field gives one.
    pub(super) default_status: u16,
    /// The line that gave the status.
    status_line: usize,
    pub(super) reason: (u16, u16),
    pub(super) content_length: Option<u64>,
    pub(super) coding: Coding,
}

/// What codes an answer's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    None,
    Chunked,
}

/// The fields whose values matter to the answer.
#[derive(Clone, Copy, Debug)]
enum Special {
    Status,
    Length,
    Coding,
}

#[derive(Clone, Copy, Debug)]
enum State {
    LineStart,
    Name,
    /// In front of a value that matters.
    Leading(Special),
    /// So many digits of a status, and the number that they are.
    Digits(u8, u16),
    AfterDigits,
    /// The digits of a length.
    Length(u64),
    /// So many letters of `chunked`.
    Letters(u8),
    /// Behind a value that matters: what anything but space is.
    Trailing(ErrorKind),
    Text,
    /// Behind a CR: of a line, or of the empty line.
    Cr,
    LastCr,
    End,
}

impl HeadScan {
    pub(super) const fn new(expectation: Expectation) -> Self {
        Self {
            expectation,
            at: 0,
            state: State::LineStart,
            line: 0,
            colon: None,
            fields: 0,
            status: None,
            default_status: 200,
            status_line: 0,
            reason: (0, 0),
            content_length: None,
            coding: Coding::None,
        }
    }

    /// The bytes of the head that have come.
    pub(super) const fn seen(&self) -> usize {
        self.at
    }

    /// Looks at the bytes that have come since; the head's length when its empty line has.
    pub(super) fn advance(
        &mut self,
        input: &[u8],
        spans: &mut [Span],
        limits: Limits,
    ) -> Result<Option<usize>, Error> {
        let max = limits.max_head_len.min(usize::from(u16::MAX));
        let head = input.get(..max).unwrap_or(input);
        loop {
            let rest = head.get(self.at..).unwrap_or_default();
            self.at += match self.state {
                State::Text => run(rest, |byte| !is_control(byte)),
                State::Name => run(rest, is_token_byte),
                _ => 0,
            };
            let Some(&byte) = head.get(self.at) else {
                break;
            };
            let before = self.state;
            self.state = self
                .step(byte, head, spans)
                .map_err(|kind| Error::new(kind, self.at - behind_cr(before)))?;
            self.at += 1;
            if matches!(self.state, State::End) {
                return Ok(Some(self.at));
            }
        }
        if input.len() >= max {
            return Err(Error::new(ErrorKind::HeadTooLong { max }, max));
        }
        Ok(None)
    }

    fn step(&mut self, byte: u8, head: &[u8], spans: &mut [Span]) -> Result<State, ErrorKind> {
        if is_control(byte) && !matches!(byte, b'\r' | b'\n') {
            return Err(ErrorKind::FieldByte);
        }
        match self.state {
            State::LineStart => self.line_start(byte, head, spans),
            State::Name => self.name(byte, head),
            State::Leading(_) if is_space(byte) => Ok(self.state),
            State::Leading(Special::Status) => self.digit(0, 0, byte),
            State::Leading(Special::Length) => self.length(0, byte),
            State::Leading(Special::Coding) => self.letter(0, byte),
            State::Digits(seen, number) => self.digit(seen, number, byte),
            State::AfterDigits => match byte {
                b' ' => {
                    if self.status_line == self.line {
                        self.reason.0 = narrow(self.at + 1);
                    }
                    Ok(State::Text)
                }
                b'\r' | b'\n' => Ok(self.end_of_line(byte, spans)),
                _ => Err(ErrorKind::StatusSyntax),
            },
            State::Length(value) if byte.is_ascii_digit() => self.length(value, byte),
            State::Length(value) => self.length_ends(value, byte, spans),
            State::Letters(matched) => self.letter(matched, byte),
            State::Trailing(kind) => match byte {
                b' ' | b'\t' => Ok(self.state),
                b'\r' | b'\n' => Ok(self.end_of_line(byte, spans)),
                _ => Err(kind),
            },
            State::Text => Ok(match byte {
                b'\r' | b'\n' => self.end_of_line(byte, spans),
                _ => State::Text,
            }),
            State::Cr if byte == b'\n' => Ok(self.end_of_line(byte, spans)),
            State::LastCr if byte == b'\n' => Ok(State::End),
            State::Cr | State::LastCr | State::End => Err(ErrorKind::FieldByte),
        }
    }

    fn line_start(
        &mut self,
        byte: u8,
        head: &[u8],
        spans: &mut [Span],
    ) -> Result<State, ErrorKind> {
        match byte {
            // RFC 3875 section 6.2: "The message-header contains one or more header fields."
            b'\r' | b'\n' if self.fields == 0 => Err(ErrorKind::FieldSyntax),
            b'\r' => Ok(State::LastCr),
            // RFC 3875 section 7.2: "The newline (NL) sequence is LF; servers should also accept CR LF as a newline."
            b'\n' => Ok(State::End),
            b' ' | b'\t' => Err(ErrorKind::FieldFolded),
            _ if self.fields >= spans.len() => Err(ErrorKind::TooManyFields { max: spans.len() }),
            _ => self.name(byte, head),
        }
    }

    fn name(&mut self, byte: u8, head: &[u8]) -> Result<State, ErrorKind> {
        let name = head.get(self.line..self.at).unwrap_or_default();
        match byte {
            b':' if !name.is_empty() => {
                self.colon = Some(self.at);
                self.value(name)
            }
            _ if is_token_byte(byte) => Ok(State::Name),
            _ => Err(ErrorKind::FieldSyntax),
        }
    }

    /// What a value is to be looked at for.
    fn value(&mut self, name: &[u8]) -> Result<State, ErrorKind> {
        // CGI's own field, which HTTP's table does not have.
        if name.len() == "status".len() && name.eq_ignore_ascii_case(b"status") {
            return Ok(State::Leading(Special::Status));
        } else if Name::Location.is(name) {
            self.default_status = 302;
        } else if Name::ContentLength.is(name) {
            return match self.coding {
                Coding::None => Ok(State::Leading(Special::Length)),
                Coding::Chunked => Err(ErrorKind::LengthAndCoding),
            };
        } else if Name::TransferEncoding.is(name) {
            return match (self.coding, self.content_length) {
                (Coding::Chunked, _) => Err(ErrorKind::TransferCoding),
                (Coding::None, Some(_)) => Err(ErrorKind::LengthAndCoding),
                (Coding::None, None) => Ok(State::Leading(Special::Coding)),
            };
        }
        Ok(State::Text)
    }

    /// A digit of a status behind `seen` others, which make `number`.
    fn digit(&mut self, seen: u8, number: u16, byte: u8) -> Result<State, ErrorKind> {
        if !byte.is_ascii_digit() {
            return Err(ErrorKind::StatusSyntax);
        }
        let digit = u16::from(byte - b'0');
        if seen == 0 && !matches!(digit, 1..=5) {
            return Err(ErrorKind::StatusRange { found: digit });
        }
        let number = number * 10 + digit;
        let places = match seen {
            0 => 100,
            1 => 10,
            _ => 1,
        };
        if self
            .status
            .is_some_and(|earlier| earlier / places != number)
        {
            return Err(ErrorKind::StatusConflict);
        }
        if places > 1 {
            return Ok(State::Digits(seen + 1, number));
        }
        if number == 101 && !matches!(self.expectation, Expectation::Upgrade) {
            return Err(ErrorKind::UnexpectedSwitch);
        }
        if self.status.replace(number).is_none() {
            self.status_line = self.line;
            self.reason = (narrow(self.at + 1), narrow(self.at + 1));
        }
        Ok(State::AfterDigits)
    }

    /// A digit of a length behind others, which make `value`.
    fn length(&mut self, value: u64, byte: u8) -> Result<State, ErrorKind> {
        if !byte.is_ascii_digit() {
            return Err(ErrorKind::ContentLengthSyntax);
        }
        let value = value
            .checked_mul(10)
            .and_then(|value| value.checked_add(u64::from(byte - b'0')))
            .ok_or(ErrorKind::ContentLengthOverflow)?;
        // The digits that the other length starts with may still become it.
        let begins = |mut other: u64| {
            while other > value {
                other /= 10;
            }
            other == value
        };
        match self.content_length {
            Some(other) if !begins(other) => Err(ErrorKind::ContentLengthConflict),
            _ => Ok(State::Length(value)),
        }
    }

    fn length_ends(
        &mut self,
        value: u64,
        byte: u8,
        spans: &mut [Span],
    ) -> Result<State, ErrorKind> {
        if !matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
            return Err(ErrorKind::ContentLengthSyntax);
        }
        if self
            .content_length
            .replace(value)
            .is_some_and(|other| other != value)
        {
            return Err(ErrorKind::ContentLengthConflict);
        }
        Ok(if is_space(byte) {
            State::Trailing(ErrorKind::ContentLengthSyntax)
        } else {
            self.end_of_line(byte, spans)
        })
    }

    /// A letter of `chunked` behind so many others.
    fn letter(&mut self, matched: u8, byte: u8) -> Result<State, ErrorKind> {
        let expected = b"chunked".get(usize::from(matched));
        if expected != Some(&byte.to_ascii_lowercase()) {
            return Err(ErrorKind::TransferCoding);
        }
        if matched < 6 {
            return Ok(State::Letters(matched + 1));
        }
        self.coding = Coding::Chunked;
        Ok(State::Trailing(ErrorKind::TransferCoding))
    }

    /// At the CR or LF of a line: the line is noted when its LF has come.
    fn end_of_line(&mut self, byte: u8, spans: &mut [Span]) -> State {
        if byte == b'\r' {
            return State::Cr;
        }
        let end = self.at - behind_cr(self.state);
        if self.status.is_some() && self.status_line == self.line {
            self.reason.1 = narrow(end);
        }
        if let Some(colon) = self.colon.take() {
            if let Some(span) = spans.get_mut(self.fields) {
                *span = Span {
                    name: (narrow(self.line), narrow(colon)),
                    value: (narrow(colon + 1), narrow(end)),
                };
            }
            self.fields += 1;
        }
        self.line = self.at + 1;
        State::LineStart
    }
}

/// How far back the CR is that must have an LF behind it.
const fn behind_cr(state: State) -> usize {
    match state {
        State::Cr | State::LastCr => 1,
        _ => 0,
    }
}

fn run(bytes: &[u8], is_part: impl Fn(u8) -> bool) -> usize {
    bytes
        .iter()
        .position(|byte| !is_part(*byte))
        .unwrap_or(bytes.len())
}

const fn is_control(byte: u8) -> bool {
    matches!(byte, 0..=8 | 10..=31 | 127)
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// Offsets in a head fit 16 bits: `Limits` sees to that.
fn narrow(offset: usize) -> u16 {
    u16::try_from(offset).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests;
