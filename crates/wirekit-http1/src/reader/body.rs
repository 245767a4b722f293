use crate::chunked::{Chunked, ChunkedDecoder, Trailers};
use crate::config::Config;
use crate::error::{Error, ErrorKind};
use crate::field::{FieldTable, Fields};
use crate::framing::BodyLength;
use crate::scan::Progress;

/// A piece of a message's body: RFC 9112 section 6.
///
/// The example of [`BodyReader`] handles both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "RFC 9112 section 6 fixes what a body is made of"
)]
pub enum Body<'a> {
    /// Content, never empty.
    Data(&'a [u8]),
    /// The end of the message, with the trailer fields of a chunked body.
    End(Fields<'a>),
}

/// Reads one body, however it ends (RFC 9112 section 6.3).
///
/// ```
/// use wirekit_http1::{Body, BodyLength, BodyReader, Config, FieldTable};
///
/// let mut fields = FieldTable::new();
/// let mut input: &[u8] = b"hello, world";
/// let mut reader = BodyReader::new(BodyLength::Length(5), Config::DEFAULT);
/// while let Some((piece, used)) = reader.receive(input, &mut fields)? {
///     match piece {
///         Body::Data(data) => assert_eq!(data, b"hello"),
///         Body::End(trailers) => assert!(trailers.is_empty()),
///     }
///     input = &input[used..];
/// }
/// assert!(reader.is_done());
/// # Ok::<(), wirekit_http1::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyReader {
    state: State,
    config: Config,
    /// Bytes of the last input that gave no event: where the input ends, if it ends there.
    unread_len: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// This many bytes are still to come.
    Length(u64),
    Chunks(ChunkedDecoder),
    /// The line of the last chunk, this long, is still in the input: the end is reported as one.
    Trailers {
        last_len: usize,
        progress: Progress,
    },
    UntilClose,
    Done,
    Failed(Error),
}

impl BodyReader {
    /// A reader at the start of a body of this length.
    pub const fn new(length: BodyLength, config: Config) -> Self {
        let state = match length {
            BodyLength::None => State::Length(0),
            BodyLength::Length(len) => State::Length(len),
            BodyLength::Chunked => State::Chunks(ChunkedDecoder::new(config)),
            BodyLength::UntilClose => State::UntilClose,
        };
        Self {
            state,
            config,
            unread_len: 0,
        }
    }

    /// Whether the end was reported.
    pub const fn is_done(&self) -> bool {
        matches!(self.state, State::Done)
    }

    /// Whether nothing of the body is still to come, though its end may not have been reported.
    pub(crate) const fn is_at_end(&self) -> bool {
        matches!(self.state, State::Length(0) | State::Done)
    }

    /// The next piece of the body, and the bytes used up to its end. After the end the answer is `Ok(None)`.
    ///
    /// `fields` takes the trailer fields when all are there; any table will do.
    ///
    /// # Errors
    ///
    /// The kinds of chunks and of trailers, from then on forever.
    pub fn receive<'a, const N: usize>(
        &mut self,
        input: &'a [u8],
        fields: &'a mut FieldTable<N>,
    ) -> Result<Option<(Body<'a>, usize)>, Error> {
        let received = self.advance(input, fields);
        match received {
            Ok(None) => self.unread_len = input.len(),
            Ok(Some(_)) => self.unread_len = 0,
            Err(error) => self.state = State::Failed(error),
        }
        received
    }

    fn advance<'a, const N: usize>(
        &mut self,
        input: &'a [u8],
        fields: &'a mut FieldTable<N>,
    ) -> Result<Option<(Body<'a>, usize)>, Error> {
        if let State::Chunks(decoder) = &mut self.state {
            match decoder.decode(input)? {
                Some((Chunked::Data(data), used)) => return Ok(Some((Body::Data(data), used))),
                // The end is reported with the trailers, so its line stays in the input until they are there.
                Some((Chunked::Last, used)) => {
                    self.state = State::Trailers {
                        last_len: used,
                        progress: Progress::new(),
                    }
                }
                None => return Ok(None),
            }
        }
        match &mut self.state {
            State::Length(0) => {
                self.state = State::Done;
                Ok(Some((Body::End(Fields::EMPTY), 0)))
            }
            State::Length(left) => {
                let len = usize::try_from(*left)
                    .unwrap_or(usize::MAX)
                    .min(input.len());
                *left -= len as u64;
                Ok(data(input, len))
            }
            State::UntilClose => Ok(data(input, input.len())),
            State::Trailers { last_len, progress } => {
                let last_len = *last_len;
                let section = input.get(last_len..).unwrap_or_default();
                let parsed = Trailers::resume(section, fields, &self.config, progress)
                    .map_err(|error| error.shifted(last_len))?;
                let Some((trailers, used)) = parsed else {
                    return Ok(None);
                };
                self.state = State::Done;
                Ok(Some((Body::End(trailers.fields()), last_len + used)))
            }
            State::Done | State::Chunks(_) => Ok(None),
            State::Failed(error) => Err(*error),
        }
    }

    /// The input has ended: the end of a body that lasts until then.
    ///
    /// # Errors
    ///
    /// [`UnexpectedEnd`](ErrorKind::UnexpectedEnd) for any other body whose end was not reported, where the last input
    /// ended.
    pub fn receive_eof(&mut self) -> Result<Option<Body<'static>>, Error> {
        match self.state {
            State::UntilClose | State::Length(0) => {
                self.state = State::Done;
                Ok(Some(Body::End(Fields::EMPTY)))
            }
            State::Done => Ok(None),
            State::Failed(error) => Err(error),
            State::Length(_) | State::Chunks(_) | State::Trailers { .. } => {
                let error = Error::new(ErrorKind::UnexpectedEnd, self.unread_len);
                self.state = State::Failed(error);
                Err(error)
            }
        }
    }
}

fn data(input: &[u8], len: usize) -> Option<(Body<'_>, usize)> {
    input
        .get(..len)
        .filter(|data| !data.is_empty())
        .map(|data| (Body::Data(data), data.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_reported_with_all_of_its_bytes() {
        let end = b"0\r\nA: b\r\n\r\n";
        let mut fields = FieldTable::new();
        let mut body = BodyReader::new(BodyLength::Chunked, Config::DEFAULT);
        for part in 0..end.len() {
            assert_eq!(body.receive(&end[..part], &mut fields), Ok(None));
            assert!(!body.is_done());
        }
        let Ok(Some((Body::End(trailers), used))) = body.receive(end, &mut fields) else {
            panic!()
        };
        assert_eq!((trailers.len(), used), (1, end.len()));
        assert!(body.is_done());
        assert_eq!(body.receive(b"more", &mut fields), Ok(None));
    }

    #[test]
    fn a_fault_in_the_trailers_is_reported_where_it_is() {
        let mut fields = FieldTable::new();
        let mut body = BodyReader::new(BodyLength::Chunked, Config::DEFAULT);
        let error = Error::new(ErrorKind::SpaceBeforeColon, 5);
        for _ in 0..2 {
            let received = body.receive(b"00\r\nA : b\r\n\r\n", &mut fields);
            assert_eq!(received, Err(error));
            assert!(!body.is_done());
        }
    }
}
