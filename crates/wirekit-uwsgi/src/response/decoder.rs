use super::Limits;
use super::head::{Body, FieldTable, Form, Head, Span};
use crate::field::{is_token, is_token_byte, trim};
use crate::{Error, ErrorKind, content_length};

/// What the request was, as far as its answer depends on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Expectation {
    /// A head and a body.
    #[default]
    Body,
    /// The request was a `HEAD`: a head; uWSGI sends a body all the same, which is left unread.
    HeadOnly,
    /// The request asked for another protocol, so 101 may be the answer.
    Upgrade,
}

/// What a [`ResponseDecoder`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A 1xx before the answer, other than 101: pass it on as it is, or drop it; another head follows.
    Interim(Head<'a>),
    /// The answer's head.
    Head(Head<'a>),
    /// 101: what follows, both ways, is no longer HTTP.
    Switch(Head<'a>),
    /// A piece of the body, never empty; still coded where the head says [`Body::Chunked`].
    Data(&'a [u8]),
    /// The body is complete. What the application has sent beyond it stays unread.
    End,
}

/// The client's side of a connection: one answer, in pieces.
///
/// It checks a head line by line and remembers the lines that it has checked; each call is given the same unread bytes
/// again, and those that have come since.
///
/// ```
/// use wirekit_uwsgi::response::{Body, Event, Expectation, FieldTable, ResponseDecoder};
///
/// let mut unread = &b"Status: 201 Created\r\nContent-Length: 2\r\n\r\nhi"[..];
/// let mut table = FieldTable::new();
/// let mut decoder = ResponseDecoder::new(Expectation::Body);
/// while let Some((event, used)) = decoder.receive(unread, &mut table)? {
///     match event {
///         Event::Head(head) => assert_eq!((head.status(), head.body()), (201, Body::Length(2))),
///         Event::Data(data) => assert_eq!(data, b"hi"),
///         Event::End => break,
///         _ => {}
///     }
///     unread = &unread[used..];
/// }
/// # Ok::<(), wirekit_uwsgi::Error>(())
/// ```
///
/// Specification section 5.
#[derive(Clone, Copy, Debug)]
pub struct ResponseDecoder {
    expectation: Expectation,
    limits: Limits,
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Head(Progress),
    Body(Body),
    Ended,
    Failed(Error),
}

/// How far a head is checked, and what its lines said.
#[derive(Clone, Copy, Debug)]
struct Progress {
    /// Where the first line that is not checked starts.
    line: usize,
    /// Up to where no line ends.
    searched: usize,
    fields: usize,
    form: Option<Form>,
    status: Option<u16>,
    reason: (u16, u16),
    content_length: Option<u64>,
    coding: Coding,
    has_location: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coding {
    None,
    Chunked,
}

impl Progress {
    const START: Self = Self {
        line: 0,
        searched: 0,
        fields: 0,
        form: None,
        status: None,
        reason: (0, 0),
        content_length: None,
        coding: Coding::None,
        has_location: false,
    };
}

impl ResponseDecoder {
    /// A decoder of one answer.
    pub const fn new(expectation: Expectation) -> Self {
        Self::with_limits(expectation, Limits::DEFAULT)
    }

    /// A decoder of one answer, with limits.
    pub const fn with_limits(expectation: Expectation, limits: Limits) -> Self {
        Self {
            expectation,
            limits,
            state: State::Head(Progress::START),
        }
    }

    /// Takes the next event from the front of the unread bytes; `None` until more have come.
    ///
    /// `table` must be the same for one head; its fields are in the event's.
    ///
    /// # Errors
    ///
    /// `StatusSyntax`, `StatusRange`, `StatusConflict`, `FieldSyntax`, `FieldFolded`, `FieldByte`, `HeadTooLong`,
    /// `TooManyFields`, `ContentLengthSyntax`, `ContentLengthOverflow`, `ContentLengthConflict`, `TransferCoding`,
    /// `LengthAndCoding`, `UnexpectedSwitch`. An error is final: it comes again from every later call.
    pub fn receive<'i, const N: usize>(
        &mut self,
        input: &'i [u8],
        table: &'i mut FieldTable<N>,
    ) -> Result<Option<(Event<'i>, usize)>, Error> {
        match &mut self.state {
            State::Head(progress) => match progress.advance(input, &mut table.spans, self.limits) {
                Ok(None) => Ok(None),
                Ok(Some(used)) => {
                    self.finish_head(input.get(..used).unwrap_or(input), &table.spans)
                }
                Err(error) => self.fail(error),
            },
            State::Body(Body::None | Body::Length(0)) => {
                self.state = State::Ended;
                Ok(Some((Event::End, 0)))
            }
            State::Body(Body::Length(left)) => {
                let most = usize::try_from(*left).unwrap_or(usize::MAX);
                let data = input.get(..most).unwrap_or(input);
                *left -= data.len() as u64;
                Ok((!data.is_empty()).then_some((Event::Data(data), data.len())))
            }
            State::Body(Body::Chunked | Body::UntilClose) => {
                Ok((!input.is_empty()).then_some((Event::Data(input), input.len())))
            }
            State::Ended => Ok(None),
            State::Failed(error) => Err(*error),
        }
    }

    /// The application closed its side, with these bytes unread: the body may end so.
    ///
    /// `Some(End)` where that completes the body, `None` where it was complete before. Whether a chunked body is
    /// complete, only its decoder knows.
    ///
    /// # Errors
    ///
    /// `NoAnswer` before the first byte of a head, `HeadTruncated` inside one, `BodyTruncated` inside a body of a
    /// known length; and an earlier error again.
    pub fn receive_eof(&mut self, unread: &[u8]) -> Result<Option<Event<'static>>, Error> {
        let kind = match self.state {
            State::Head(_) if unread.is_empty() => ErrorKind::NoAnswer,
            State::Head(_) => ErrorKind::HeadTruncated,
            State::Body(Body::Length(missing @ 1..)) => ErrorKind::BodyTruncated { missing },
            State::Body(_) => {
                self.state = State::Ended;
                return Ok(Some(Event::End));
            }
            State::Ended => return Ok(None),
            State::Failed(error) => return Err(error),
        };
        self.fail(Error::new(kind, unread.len()))
    }

    /// Whether bytes are what it waits for; false after [`Event::End`] and after an error.
    pub const fn wants_input(&self) -> bool {
        !matches!(
            self.state,
            State::Ended | State::Failed(_) | State::Body(Body::None | Body::Length(0))
        )
    }

    fn fail<T>(&mut self, error: Error) -> Result<T, Error> {
        self.state = State::Failed(error);
        Err(error)
    }

    /// Decides what a complete head means.
    fn finish_head<'i>(
        &mut self,
        bytes: &'i [u8],
        spans: &'i [Span],
    ) -> Result<Option<(Event<'i>, usize)>, Error> {
        let State::Head(progress) = self.state else {
            return Ok(None);
        };
        let default = if progress.has_location { 302 } else { 200 };
        let status = progress.status.unwrap_or(default);
        let chunked = progress.coding == Coding::Chunked;
        if chunked && progress.content_length.is_some() {
            return self.fail(Error::new(ErrorKind::LengthAndCoding, bytes.len()));
        }
        let body = match (status, self.expectation) {
            (101, Expectation::Upgrade) => Body::UntilClose,
            (101, _) => return self.fail(Error::new(ErrorKind::UnexpectedSwitch, bytes.len())),
            // RFC 9112 section 6.3, rules 1 and 2.
            (100..200 | 204 | 304, _) | (_, Expectation::HeadOnly) => Body::None,
            _ if chunked => Body::Chunked,
            _ => progress
                .content_length
                .map_or(Body::UntilClose, Body::Length),
        };
        let head = Head {
            bytes,
            spans: spans.get(..progress.fields).unwrap_or_default(),
            form: progress.form.unwrap_or(Form::Cgi),
            status,
            reason: progress.reason,
            body,
            content_length: progress.content_length,
        };
        let (event, state) = match status {
            101 => (Event::Switch(head), State::Body(body)),
            100..200 => (Event::Interim(head), State::Head(Progress::START)),
            _ => (Event::Head(head), State::Body(body)),
        };
        self.state = state;
        Ok(Some((event, bytes.len())))
    }
}

impl Progress {
    /// Checks the lines that have come since; the head's length when its empty line has.
    fn advance(
        &mut self,
        input: &[u8],
        spans: &mut [Span],
        limits: Limits,
    ) -> Result<Option<usize>, Error> {
        let max = limits.max_head_len.min(usize::from(u16::MAX));
        let head = input.get(..max).unwrap_or(input);
        while let Some(end) = head
            .get(self.searched..)
            .and_then(|rest| rest.iter().position(|byte| *byte == b'\n'))
        {
            let end = self.searched + end;
            let line = head.get(self.line..end).unwrap_or_default();
            // RFC 9112 section 2.2 lets a reader take a bare LF, RFC 3875 section 2.2 knows no other.
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() && self.form.is_some() {
                return Ok(Some(end + 1));
            }
            self.line(line, self.line, spans)?;
            self.line = end + 1;
            self.searched = end + 1;
        }
        self.searched = head.len();
        if input.len() >= max {
            return Err(Error::new(ErrorKind::HeadTooLong { max }, max));
        }
        Ok(None)
    }

    /// Checks one line, which starts at `at`, without its end.
    fn line(&mut self, line: &[u8], at: usize, spans: &mut [Span]) -> Result<(), Error> {
        if let Some(bad) = line
            .iter()
            .position(|byte| matches!(byte, 0..=8 | 10..=31 | 127))
        {
            return Err(Error::new(ErrorKind::FieldByte, at + bad));
        }
        if self.form.is_none() {
            if line.starts_with(b"HTTP/") {
                self.form = Some(Form::Http);
                return self.status_line(line, at);
            }
            self.form = Some(Form::Cgi);
        }
        self.field(line, at, spans)
    }

    fn status_line(&mut self, line: &[u8], at: usize) -> Result<(), Error> {
        let Some((version, rest)) = line.split_first_chunk::<9>() else {
            return Err(Error::new(ErrorKind::StatusSyntax, at + line.len()));
        };
        if !matches!(version, b"HTTP/1.0 " | b"HTTP/1.1 ") {
            return Err(Error::new(ErrorKind::StatusSyntax, at));
        }
        self.status(rest, at + version.len())
    }

    /// Three digits, and a reason behind a space.
    fn status(&mut self, text: &[u8], at: usize) -> Result<(), Error> {
        let Some((code, rest)) = text.split_first_chunk::<3>() else {
            return Err(Error::new(ErrorKind::StatusSyntax, at));
        };
        if let Some(bad) = code.iter().position(|byte| !byte.is_ascii_digit()) {
            return Err(Error::new(ErrorKind::StatusSyntax, at + bad));
        }
        let status = code
            .iter()
            .fold(0, |status, digit| status * 10 + u16::from(digit - b'0'));
        if !matches!(status, 100..600) {
            return Err(Error::new(ErrorKind::StatusRange { found: status }, at));
        }
        let reason = match rest {
            [] => rest,
            [b' ', reason @ ..] => reason,
            _ => return Err(Error::new(ErrorKind::StatusSyntax, at + code.len())),
        };
        if self.status.is_some_and(|earlier| earlier != status) {
            return Err(Error::new(ErrorKind::StatusConflict, at));
        }
        if self.status.replace(status).is_none() {
            let end = at + text.len();
            self.reason = (narrow(end - reason.len()), narrow(end));
        }
        Ok(())
    }

    fn field(&mut self, line: &[u8], at: usize, spans: &mut [Span]) -> Result<(), Error> {
        if matches!(line, [b' ' | b'\t', ..]) {
            return Err(Error::new(ErrorKind::FieldFolded, at));
        }
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            return Err(Error::new(ErrorKind::FieldSyntax, at + line.len()));
        };
        let (name, value) = (
            line.get(..colon).unwrap_or_default(),
            line.get(colon + 1..).unwrap_or_default(),
        );
        if !is_token(name) {
            let bad = name
                .iter()
                .position(|byte| !is_token_byte(*byte))
                .unwrap_or(0);
            return Err(Error::new(ErrorKind::FieldSyntax, at + bad));
        }
        let value_at = at + colon + 1;
        let leading = value
            .iter()
            .take_while(|byte| matches!(byte, b' ' | b'\t'))
            .count();
        let (text, text_at) = (trim(value), value_at + leading);
        match name.len() {
            6 if name.eq_ignore_ascii_case(b"status") => self.status(text, text_at)?,
            8 if name.eq_ignore_ascii_case(b"location") => self.has_location = true,
            14 if name.eq_ignore_ascii_case(b"content-length") => {
                // An empty value is no length for a response.
                let length = match text {
                    [] => Err(Error::new(ErrorKind::ContentLengthSyntax, text_at)),
                    text => content_length(text).map_err(|error| error.shifted(text_at)),
                }?;
                if self.content_length.is_some_and(|earlier| earlier != length) {
                    return Err(Error::new(ErrorKind::ContentLengthConflict, text_at));
                }
                self.content_length = Some(length);
            }
            17 if name.eq_ignore_ascii_case(b"transfer-encoding") => {
                if self.coding != Coding::None || !text.eq_ignore_ascii_case(b"chunked") {
                    return Err(Error::new(ErrorKind::TransferCoding, text_at));
                }
                self.coding = Coding::Chunked;
            }
            _ => {}
        }
        let max = spans.len();
        let Some(span) = spans.get_mut(self.fields) else {
            return Err(Error::new(ErrorKind::TooManyFields { max }, at));
        };
        *span = Span {
            name: (narrow(at), narrow(at + colon)),
            value: (narrow(value_at), narrow(at + line.len())),
        };
        self.fields += 1;
        Ok(())
    }
}

/// Offsets in a head fit 16 bits: `Limits` sees to that.
fn narrow(offset: usize) -> u16 {
    u16::try_from(offset).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    type Verdict = Result<(u16, Body), (ErrorKind, usize)>;

    fn whole(input: &[u8], expectation: Expectation) -> Verdict {
        verdict(&mut ResponseDecoder::new(expectation), input).unwrap()
    }

    fn verdict(decoder: &mut ResponseDecoder, input: &[u8]) -> Option<Verdict> {
        let mut table = FieldTable::<4>::with_capacity();
        verdict_with(decoder, input, &mut table)
    }

    fn verdict_with(
        decoder: &mut ResponseDecoder,
        input: &[u8],
        table: &mut FieldTable<4>,
    ) -> Option<Verdict> {
        match decoder.receive(input, table) {
            Ok(None) => None,
            Ok(Some((Event::Head(head) | Event::Interim(head) | Event::Switch(head), used))) => {
                assert_eq!(used, head.as_bytes().len());
                Some(Ok((head.status(), head.body())))
            }
            Ok(other) => panic!("{other:?}"),
            Err(error) => Some(Err((error.kind(), error.offset()))),
        }
    }

    #[test]
    fn a_head_answers_the_same_whole_dripped_and_with_bytes_behind() {
        use Expectation::{HeadOnly, Upgrade};
        const ANY: Expectation = Expectation::Body;
        // Sections are the specification's.
        #[rustfmt::skip]
        let rows: &[(&[u8], Expectation, Verdict)] = &[
            // 5.1: both forms.
            (b"HTTP/1.1 200 OK\r\n\r\n", ANY, Ok((200, Body::UntilClose))),
            (b"HTTP/1.0 404\r\nContent-Length: 3\r\n\r\n", ANY, Ok((404, Body::Length(3)))),
            (b"Status: 201 Created\r\n\r\n", ANY, Ok((201, Body::UntilClose))),
            (b"Content-Type: text/plain\n\n", ANY, Ok((200, Body::UntilClose))),
            (b"Location: /x\r\n\r\n", ANY, Ok((302, Body::UntilClose))),
            (b"Location: /x\r\nStatus: 200 OK\r\n\r\n", ANY, Ok((200, Body::UntilClose))),
            (b"HTTP/1.1 200 OK\r\nLocation: /x\r\n\r\n", ANY, Ok((200, Body::UntilClose))),
            // 5.1: what nginx takes for a status line.
            (b"HTTP/2 200\r\n\r\n", ANY, Err((ErrorKind::StatusSyntax, 0))),
            (b"HTTP/1.1 abc OK\r\n\r\n", ANY, Err((ErrorKind::StatusSyntax, 9))),
            (b"HTTP/1.1 20\r\n\r\n", ANY, Err((ErrorKind::StatusSyntax, 9))),
            (b"HTTP/1.1 2000 OK\r\n\r\n", ANY, Err((ErrorKind::StatusSyntax, 12))),
            (b"HTTP/1.1\r\n\r\n", ANY, Err((ErrorKind::StatusSyntax, 8))),
            (b"HTTP/1.1 099 x\r\n\r\n", ANY, Err((ErrorKind::StatusRange { found: 99 }, 9))),
            (b"Status: 600\r\n\r\n", ANY, Err((ErrorKind::StatusRange { found: 600 }, 8))),
            (b"Status: ok\r\n\r\n", ANY, Err((ErrorKind::StatusSyntax, 8))),
            // 5.1: one status.
            (b"HTTP/1.1 200 OK\r\nStatus: 200 OK\r\n\r\n", ANY, Ok((200, Body::UntilClose))),
            (b"HTTP/1.1 200 OK\r\nStatus: 404\r\n\r\n", ANY, Err((ErrorKind::StatusConflict, 25))),
            // 5.2: field lines.
            (b"\r\n", ANY, Err((ErrorKind::FieldSyntax, 0))),
            (b"garbage\r\n\r\n", ANY, Err((ErrorKind::FieldSyntax, 7))),
            (b"A: b\r\n c\r\n\r\n", ANY, Err((ErrorKind::FieldFolded, 6))),
            (b"A : b\r\n\r\n", ANY, Err((ErrorKind::FieldSyntax, 1))),
            (b": b\r\n\r\n", ANY, Err((ErrorKind::FieldSyntax, 0))),
            (b"A: b\0c\r\n\r\n", ANY, Err((ErrorKind::FieldByte, 4))),
            (b"A: b\rc\r\n\r\n", ANY, Err((ErrorKind::FieldByte, 4))),
            (b"A:\tb\xff\r\n\r\n", ANY, Ok((200, Body::UntilClose))),
            (b"A:\r\nB:\r\nC:\r\nD:\r\n\r\n", ANY, Ok((200, Body::UntilClose))),
            (b"A:\r\nB:\r\nC:\r\nD:\r\nE:\r\n\r\n", ANY, Err((ErrorKind::TooManyFields { max: 4 }, 16))),
            // 5.3: lengths that lie.
            (b"Content-Length: 5\r\nContent-Length: 5\r\n\r\n", ANY, Ok((200, Body::Length(5)))),
            (b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n", ANY, Err((ErrorKind::ContentLengthConflict, 35))),
            (b"Content-Length: -5\r\n\r\n", ANY, Err((ErrorKind::ContentLengthSyntax, 16))),
            (b"Content-Length:\r\n\r\n", ANY, Err((ErrorKind::ContentLengthSyntax, 15))),
            (b"Content-Length: 5, 5\r\n\r\n", ANY, Err((ErrorKind::ContentLengthSyntax, 17))),
            (b"Content-Length: 99999999999999999999\r\n\r\n", ANY, Err((ErrorKind::ContentLengthOverflow, 35))),
            // 5.3: codings.
            (b"Transfer-Encoding: chunked\r\n\r\n", ANY, Ok((200, Body::Chunked))),
            (b"Transfer-Encoding: gzip, chunked\r\n\r\n", ANY, Err((ErrorKind::TransferCoding, 19))),
            (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", ANY, Err((ErrorKind::TransferCoding, 47))),
            (b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", ANY, Err((ErrorKind::LengthAndCoding, 49))),
            // 5.4: answers without a body.
            (b"HTTP/1.1 204 x\r\nContent-Length: 5\r\n\r\n", ANY, Ok((204, Body::None))),
            (b"HTTP/1.1 304 x\r\nTransfer-Encoding: chunked\r\n\r\n", ANY, Ok((304, Body::None))),
            (b"HTTP/1.1 200 x\r\nContent-Length: 5\r\n\r\n", HeadOnly, Ok((200, Body::None))),
            // 5.5: answers before the answer.
            (b"HTTP/1.1 100 Continue\r\n\r\n", ANY, Ok((100, Body::None))),
            (b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", ANY, Ok((103, Body::None))),
            (b"HTTP/1.1 101 x\r\n\r\n", Upgrade, Ok((101, Body::UntilClose))),
            (b"HTTP/1.1 101 x\r\n\r\n", ANY, Err((ErrorKind::UnexpectedSwitch, 18))),
        ];
        for (input, expectation, expected) in rows {
            let shown = input.escape_ascii();
            assert_eq!(whole(input, *expectation), *expected, "{shown}");
            let mut dripped = ResponseDecoder::new(*expectation);
            let mut table = FieldTable::with_capacity();
            let answer = (0..=input.len())
                .find_map(|len| verdict_with(&mut dripped, &input[..len], &mut table));
            assert_eq!(answer, Some(*expected), "{shown}");
            let tail = [input, &b"\0\r\n\r\nHTTP/1.1 500\r\n"[..]].concat();
            assert_eq!(whole(&tail, *expectation), *expected, "{shown}");
        }
    }

    #[test]
    fn a_head_has_a_limit() {
        let limits = Limits::DEFAULT.max_head_len(20);
        for (input, expected) in [
            (
                &b"A: 3456789012345\r\n\r\n"[..],
                Ok((200, Body::UntilClose)),
            ),
            (
                b"A: 34567890123456\r\n\r\n",
                Err((ErrorKind::HeadTooLong { max: 20 }, 20)),
            ),
            (
                b"A: 34567890123456789012345",
                Err((ErrorKind::HeadTooLong { max: 20 }, 20)),
            ),
        ] {
            let mut decoder = ResponseDecoder::with_limits(Expectation::Body, limits);
            let mut table = FieldTable::with_capacity();
            let answer = (0..=input.len())
                .find_map(|len| verdict_with(&mut decoder, &input[..len], &mut table));
            assert_eq!(answer, Some(expected));
            assert_eq!(Limits::DEFAULT.max_head_len(1 << 20).max_head_len, 65_535);
        }
    }

    fn run(
        input: &[u8],
        step: usize,
        expectation: Expectation,
    ) -> (Vec<u16>, Vec<u8>, Result<bool, ErrorKind>) {
        let mut decoder = ResponseDecoder::new(expectation);
        let mut table = FieldTable::<4>::with_capacity();
        let (mut heads, mut body) = (Vec::new(), Vec::new());
        let (mut at, mut have) = (0, 0);
        loop {
            match decoder.receive(&input[at..have], &mut table) {
                Ok(Some((event, used))) => {
                    at += used;
                    match event {
                        Event::Interim(head) | Event::Head(head) | Event::Switch(head) => {
                            heads.push(head.status())
                        }
                        Event::Data(data) => body.extend_from_slice(data),
                        Event::End => return (heads, body, Ok(at == input.len())),
                    }
                }
                Ok(None) if have < input.len() => have = (have + step).min(input.len()),
                Ok(None) => {
                    let end = decoder
                        .receive_eof(&input[at..have])
                        .map(|_| true)
                        .map_err(Error::kind);
                    return (heads, body, end);
                }
                Err(error) => return (heads, body, Err(error.kind())),
            }
        }
    }

    #[test]
    fn bodies_end_where_they_should_at_every_split() {
        type Row = (
            &'static [u8],
            Expectation,
            &'static [u16],
            &'static [u8],
            Result<bool, ErrorKind>,
        );
        #[rustfmt::skip]
        let rows: &[Row] = &[
            (b"HTTP/1.1 200 OK\r\n\r\nto the end", Expectation::Body, &[200], b"to the end", Ok(true)),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", Expectation::Body, &[200], b"ab", Ok(true)),
            // Longer than it says: cut, and the rest left unread.
            (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabHTTP/1.1 200 evil\r\n\r\n", Expectation::Body, &[200], b"ab", Ok(false)),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", Expectation::Body, &[200], b"ab", Err(ErrorKind::BodyTruncated { missing: 3 })),
            (b"HTTP/1.1 100 C\r\n\r\nHTTP/1.1 103 E\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\n\r\nx", Expectation::Body, &[100, 103, 200], b"x", Ok(true)),
            (b"HTTP/1.1 200 OK\r\nA: b\r\n\r\nbody", Expectation::HeadOnly, &[200], b"", Ok(false)),
            (b"HTTP/1.1 101 S\r\n\r\n\x81\0", Expectation::Upgrade, &[101], b"\x81\0", Ok(true)),
            (b"", Expectation::Body, &[], b"", Err(ErrorKind::NoAnswer)),
            (b"HTTP/1.1 200 OK\r\nA", Expectation::Body, &[], b"", Err(ErrorKind::HeadTruncated)),
        ];
        for (input, expectation, heads, body, end) in rows {
            for step in 1..=input.len().max(1) {
                let (got_heads, got_body, got_end) = run(input, step, *expectation);
                assert_eq!((&got_heads[..], &got_body[..]), (*heads, *body));
                if step == input.len() || end.is_err() || *end == Ok(true) {
                    assert_eq!(got_end, *end);
                }
            }
        }
    }

    #[test]
    fn what_belongs_to_one_connection_stays_there() {
        let input = b"HTTP/1.1 200 OK\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nSet-Cookie:  a=1\r\nSet-Cookie: b=2\r\n\r\n";
        let mut table = FieldTable::<4>::with_capacity();
        let mut decoder = ResponseDecoder::new(Expectation::Body);
        let Ok(Some((Event::Head(head), _))) = decoder.receive(input, &mut table) else {
            panic!()
        };
        let passed: Vec<_> = head.end_to_end().map(|field| field.value).collect();
        assert_eq!(passed, [b"a=1", b"b=2"]);
        assert_eq!(head.get("x-hop"), Some(&b"1"[..]));
        assert_eq!((head.reason(), head.form()), (&b"OK"[..], Form::Http));
    }
}
