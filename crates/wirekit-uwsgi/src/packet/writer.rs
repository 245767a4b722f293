use super::mangle;
use crate::packet::HEADER_LEN;
use crate::{EncodeError, Field, Header, MAX_BLOCK_LEN, Var};

/// Writes a packet variable by variable into a slice, and its header at the end.
///
/// It checks what the format asks and no more: what is safe to pass on is for
/// [`request::Builder`](crate::request::Builder), or for fields that were checked before.
///
/// ```
/// use wirekit_uwsgi::{Field, Header, Packet, PacketWriter, Var};
///
/// let mut out = [0; 256];
/// let mut writer = PacketWriter::new(&mut out);
/// writer.put(Var::new(b"PATH_INFO", b"/env"))?;
/// writer.put_field(Field::new(b"accept-encoding", b"gzip"))?;
/// let len = writer.finish(Header::WSGI)?;
///
/// let (packet, _) = Packet::parse(&out[..len]).unwrap();
/// assert_eq!(packet.vars()?.get(b"HTTP_ACCEPT_ENCODING"), Some(&b"gzip"[..]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct PacketWriter<'o> {
    header: Option<&'o mut [u8; HEADER_LEN]>,
    rest: &'o mut [u8],
    room: usize,
}

impl<'o> PacketWriter<'o> {
    /// Starts a packet at the front of `out`.
    pub fn new(out: &'o mut [u8]) -> Self {
        let most = out.len().min(HEADER_LEN + MAX_BLOCK_LEN);
        match out
            .get_mut(..most)
            .and_then(|out| out.split_first_chunk_mut())
        {
            Some((header, rest)) => Self {
                header: Some(header),
                room: rest.len(),
                rest,
            },
            None => Self {
                header: None,
                rest: &mut [],
                room: 0,
            },
        }
    }

    /// Appends a variable as it is.
    ///
    /// # Errors
    ///
    /// `EmptyKey`; `SizeTooLarge` or `OutputTooSmall` where there is no room; the packet stays as it was.
    pub fn put(&mut self, var: Var<'_>) -> Result<(), EncodeError> {
        if var.key.is_empty() {
            return Err(EncodeError::EmptyKey);
        }
        let len = var
            .key
            .len()
            .saturating_add(4)
            .saturating_add(var.value.len());
        self.write(len, |out| {
            mangle::put_value(mangle::put_value(out, var.key)?, var.value)
        })
    }

    /// Appends a field as the variable that stands for it: `HTTP_`, then its name in capitals with `_` for `-`.
    ///
    /// # Errors
    ///
    /// `SizeTooLarge` or `OutputTooSmall` where there is no room; the packet stays as it was.
    #[inline]
    pub fn put_field(&mut self, field: Field<'_>) -> Result<(), EncodeError> {
        let len = mangle::key_len(field.name)
            .saturating_add(4)
            .saturating_add(field.value.len());
        self.write(len, |out| mangle::put_field(out, field.name, field.value))
    }

    /// Bytes of the block so far.
    pub const fn size(&self) -> usize {
        self.room - self.rest.len()
    }

    /// Writes the header, and says how many bytes the packet took.
    ///
    /// # Errors
    ///
    /// `OutputTooSmall` where not even a header fits.
    pub fn finish(self, header: Header) -> Result<usize, EncodeError> {
        let size = crate::packet::checked_size(self.size())?;
        let target = self
            .header
            .ok_or(EncodeError::OutputTooSmall { needed: HEADER_LEN })?;
        *target = header.to_bytes(size);
        Ok(HEADER_LEN + usize::from(size))
    }

    #[inline]
    fn write<F>(&mut self, len: usize, write: F) -> Result<(), EncodeError>
    where
        F: FnOnce(&'o mut [u8]) -> Option<&'o mut [u8]>,
    {
        if len > self.rest.len() {
            return Err(self.refusal(len));
        }
        self.rest = write(core::mem::take(&mut self.rest)).unwrap_or_default();
        Ok(())
    }

    #[cold]
    fn refusal(&self, len: usize) -> EncodeError {
        let size = self.size().saturating_add(len);
        if size > MAX_BLOCK_LEN {
            EncodeError::SizeTooLarge {
                size,
                max: MAX_BLOCK_LEN,
            }
        } else {
            EncodeError::OutputTooSmall {
                needed: HEADER_LEN + size,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::vec;

    use super::*;

    #[test]
    fn a_refused_variable_leaves_the_packet_as_it_was() {
        let mut out = [0; 4 + 4 + 2];
        let mut writer = PacketWriter::new(&mut out);
        assert_eq!(writer.put(Var::new(b"", b"")), Err(EncodeError::EmptyKey));
        writer.put(Var::new(b"a", b"b")).unwrap();
        assert_eq!(
            writer.put(Var::new(b"c", b"")),
            Err(EncodeError::OutputTooSmall { needed: 15 })
        );
        assert_eq!(
            writer.put_field(Field::new(b"c", b"")),
            Err(EncodeError::OutputTooSmall { needed: 20 })
        );
        assert_eq!(writer.finish(Header::WSGI), Ok(10));
        assert_eq!(&out, b"\0\x06\0\0\x01\0a\x01\0b");
    }

    #[test]
    fn a_packet_ends_where_its_size_ends() {
        let mut out = vec![0; 80_000];
        let value = vec![0; 60_000];
        let mut writer = PacketWriter::new(&mut out);
        writer.put(Var::new(b"a", &value)).unwrap();
        let error = writer.put(Var::new(b"a", &value)).unwrap_err();
        assert_eq!(
            error,
            EncodeError::SizeTooLarge {
                size: 120_010,
                max: MAX_BLOCK_LEN
            }
        );
        // A byte less would have been in a packet, but for the room.
        let most = &value[..MAX_BLOCK_LEN - 60_000 - 5];
        let mut small = vec![0; 60_100];
        let mut narrow = PacketWriter::new(&mut small);
        narrow.put(Var::new(b"a", &value[..59_996])).unwrap();
        assert_eq!(
            narrow.put(Var::new(b"a", &most[1..])),
            Err(EncodeError::OutputTooSmall {
                needed: HEADER_LEN + MAX_BLOCK_LEN
            })
        );
        let huge = vec![0; 70_000];
        assert!(writer.put(Var::new(b"a", &huge)).is_err());
        assert_eq!(writer.finish(Header::WSGI), Ok(60_009));
        assert_eq!(
            PacketWriter::new(&mut [0; 3]).finish(Header::WSGI),
            Err(EncodeError::OutputTooSmall { needed: 4 })
        );
    }
}
