use super::SendError;
use crate::chunked::{Chunk, ChunkHeader, LastChunk};
use crate::encode::Sink;
use crate::field::Field;
use crate::framing::BodyLength;

/// The body that the head announced, as far as it is still to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UnsentBody {
    Nothing,
    Length(u64),
    Chunks,
    UntilClose,
    /// Until the close, where the caller asked for chunks, which HTTP/1.0 has not.
    Unchunked,
    /// What the response to GET would have: taken and not sent.
    Withheld,
}

/// What to write around a piece of content that goes out from where it lies, as in a vectored write: RFC 9112 section 7.1.
///
/// ```
/// # #[cfg(feature = "alloc")] {
/// use wirekit_http1::server::Connection;
/// use wirekit_http1::{BodyLength, Config, FieldTable, StatusCode, StatusLine};
///
/// let mut connection = Connection::new(Config::DEFAULT);
/// connection.receive(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", &mut FieldTable::new())?;
/// connection.send_head(&StatusLine::new(StatusCode::OK), &[], BodyLength::Chunked, &mut Vec::new())?;
/// let frame = connection.send_data_apart(4096)?; // bytes, from a file
/// assert_eq!((frame.before(), frame.after()), (&b"1000\r\n"[..], &b"\r\n"[..]));
/// # }
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataFrame {
    header: Option<ChunkHeader>,
}

impl DataFrame {
    /// What to write before the content.
    pub fn before(&self) -> &[u8] {
        self.header.as_ref().map_or(&[], ChunkHeader::as_bytes)
    }

    /// What to write after the content.
    pub fn after(&self) -> &'static [u8] {
        if self.header.is_some() {
            Chunk::END
        } else {
            &[]
        }
    }
}

impl UnsentBody {
    pub(crate) const fn new(body: BodyLength) -> Self {
        match body {
            BodyLength::None => Self::Nothing,
            BodyLength::Length(len) => Self::Length(len),
            BodyLength::Chunked => Self::Chunks,
            BodyLength::UntilClose => Self::UntilClose,
        }
    }

    /// What is due after `len` bytes more.
    fn after(self, len: u64) -> Result<Self, SendError> {
        match self {
            Self::Nothing if len > 0 => Err(SendError::BodyNotAllowed),
            Self::Length(left) => left
                .checked_sub(len)
                .map(Self::Length)
                .ok_or(SendError::BodyTooLong { left }),
            Self::Nothing | Self::Chunks | Self::UntilClose | Self::Unchunked | Self::Withheld => {
                Ok(self)
            }
        }
    }

    pub(crate) fn data(&mut self, data: &[u8], sink: &mut impl Sink) -> Result<usize, SendError> {
        let after = self.after(data.len() as u64)?;
        let written = match self {
            Self::Chunks => Chunk { data }.write_to(sink)?,
            Self::Withheld => 0,
            Self::Nothing | Self::Length(_) | Self::UntilClose | Self::Unchunked => {
                sink.parts([data])?
            }
        };
        *self = after;
        Ok(written)
    }

    pub(crate) fn data_apart(&mut self, len: u64) -> Result<DataFrame, SendError> {
        // The caller would write the content itself.
        if *self == Self::Withheld && len > 0 {
            return Err(SendError::BodyNotAllowed);
        }
        *self = self.after(len)?;
        let header = (len > 0 && *self == Self::Chunks).then(|| ChunkHeader::new(len));
        Ok(DataFrame { header })
    }

    pub(crate) fn end(
        self,
        trailers: &[Field<'_>],
        sink: &mut impl Sink,
    ) -> Result<usize, SendError> {
        match self {
            Self::Chunks => Ok(LastChunk { trailers }.write_to(sink)?),
            Self::Length(left @ 1..) => Err(SendError::BodyTooShort { left }),
            // No message may depend on its trailers: RFC 9110 section 6.5.1.
            Self::Unchunked | Self::Withheld => Ok(0),
            _ if !trailers.is_empty() => Err(SendError::TrailersNotAllowed),
            _ => Ok(0),
        }
    }
}
