use crate::{Error, ErrorKind};

/// What is left of a message's field, with the place of the first byte in the message.
#[derive(Clone, Copy)]
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
    offset: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self::at(bytes, 0)
    }

    pub(crate) const fn at(rest: &'a [u8], offset: usize) -> Self {
        Self { rest, offset }
    }

    pub(crate) const fn rest(self) -> &'a [u8] {
        self.rest
    }

    pub(crate) const fn offset(self) -> usize {
        self.offset
    }

    pub(crate) const fn is_empty(self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) const fn error(self, kind: ErrorKind) -> Error {
        Error::new(kind, self.offset)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<&'a [u8; N], Error> {
        match self.rest.split_first_chunk() {
            Some((array, rest)) => {
                self.rest = rest;
                self.offset += N;
                Ok(array)
            }
            None => {
                let end = self.offset + self.rest.len();
                Err(Error::new(ErrorKind::Truncated { needed: N }, end))
            }
        }
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Error> {
        let [byte] = *self.array()?;
        Ok(byte)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, Error> {
        self.array().copied().map(u16::from_be_bytes)
    }

    /// A vector behind a length of one byte: RFC 8446 section 3.4.
    pub(crate) fn vector8(&mut self) -> Result<Cursor<'a>, Error> {
        let place = *self;
        let len = usize::from(self.u8()?);
        self.vector(len, place)
    }

    /// A vector behind a length of two bytes.
    pub(crate) fn vector16(&mut self) -> Result<Cursor<'a>, Error> {
        let place = *self;
        let len = usize::from(self.u16()?);
        self.vector(len, place)
    }

    fn vector(&mut self, declared: usize, place: Cursor<'a>) -> Result<Cursor<'a>, Error> {
        let available = self.rest.len();
        let Some((inside, rest)) = self.rest.split_at_checked(declared) else {
            return Err(place.error(ErrorKind::Overrun {
                declared,
                available,
            }));
        };
        let inside = Cursor::at(inside, self.offset);
        self.rest = rest;
        self.offset += declared;
        Ok(inside)
    }

    /// Nothing may follow.
    pub(crate) const fn end(self) -> Result<(), Error> {
        match self.rest {
            [] => Ok(()),
            _ => Err(self.error(ErrorKind::TrailingBytes)),
        }
    }
}
