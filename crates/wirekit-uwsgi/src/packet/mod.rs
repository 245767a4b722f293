//! The format: packets, their headers, and what a block holds.

pub mod array;
mod content_length;
pub(crate) mod key;
pub(crate) mod mangle;
mod modifier;
mod quirks;
mod transport;
pub mod vars;
pub(crate) mod walk;
mod writer;

#[cfg(feature = "alloc")]
use bytes::BufMut;

#[cfg(feature = "alloc")]
use crate::sink::BufSink;
use crate::sink::{Sink, SliceSink};
use crate::{EncodeError, Error, ErrorKind};

pub use array::Array;
pub use content_length::content_length;
pub use key::Key;
pub use modifier::{Block, Direction, Modifier1};
pub use quirks::Quirks;
pub use transport::Transport;
pub use vars::{Var, Vars};
pub use writer::PacketWriter;

/// Bytes of a packet's header.
pub const HEADER_LEN: usize = 4;

/// The most bytes that a packet's block can have.
pub const MAX_BLOCK_LEN: usize = u16::MAX as usize;

/// A packet as it stands on the wire: a header of four bytes and the block that its size counts.
///
/// A request's body is not part of its packet. The block is opaque here: [`Packet::vars`] and
/// [`Packet::array`] check it. Specification section 1.
///
/// ```
/// use wirekit_uwsgi::{Modifier1, Packet};
///
/// let input = b"\x00\x0f\x00\x00\x09\x00PATH_INFO\x02\x00/a and a body";
/// let Some((packet, used)) = Packet::parse(input) else { panic!("not all there yet") };
/// assert_eq!((packet.modifier1(), packet.modifier2()), (Modifier1::WSGI, 0));
/// assert_eq!(packet.vars()?.get(b"PATH_INFO"), Some(&b"/a"[..]));
/// assert_eq!(&input[used..], b" and a body");
/// # Ok::<(), wirekit_uwsgi::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    bytes: &'a [u8],
    header: Header,
}

impl<'a> Packet<'a> {
    /// Takes one packet from the front of a stream; `None` while it is not all there.
    ///
    /// Any four bytes are a header, so framing cannot fail.
    pub fn parse(input: &'a [u8]) -> Option<(Self, usize)> {
        let (&[modifier1, low, high, modifier2], _) = input.split_first_chunk()?;
        let used = HEADER_LEN + usize::from(u16::from_le_bytes([low, high]));
        let bytes = input.get(..used)?;
        let header = Header {
            modifier1: Modifier1(modifier1),
            modifier2,
        };
        Some((Self { bytes, header }, used))
    }

    /// Reads a datagram that is one packet.
    ///
    /// # Errors
    ///
    /// `DatagramTruncated` at the datagram's end, `DatagramTrailing` at the first byte after the packet.
    pub fn parse_datagram(input: &'a [u8]) -> Result<Self, Error> {
        match Self::parse(input) {
            Some((packet, used)) if used == input.len() => Ok(packet),
            Some((_, used)) => Err(Error::new(ErrorKind::DatagramTrailing, used)),
            None => {
                let size = match input {
                    [_, low, high, _, ..] => u16::from_le_bytes([*low, *high]),
                    _ => 0,
                };
                let needed = HEADER_LEN + usize::from(size);
                Err(Error::new(
                    ErrorKind::DatagramTruncated { needed },
                    input.len(),
                ))
            }
        }
    }

    /// Which handler a request is for, or what a response says.
    pub const fn modifier1(&self) -> Modifier1 {
        self.header.modifier1
    }

    /// A second number, by the first one's rules.
    pub const fn modifier2(&self) -> u8 {
        self.header.modifier2
    }

    /// Both modifiers: what [`Header::encode`] takes to send the packet on.
    pub const fn header(&self) -> Header {
        self.header
    }

    /// The block: the bytes that the header's size counts.
    pub fn block(&self) -> &'a [u8] {
        self.bytes.get(HEADER_LEN..).unwrap_or_default()
    }

    /// Header and block.
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The block, checked to be an array.
    ///
    /// # Errors
    ///
    /// As [`Array::parse`], with offsets from the packet's first byte.
    pub fn array(&self) -> Result<Array<'a>, Error> {
        Array::parse(self.block()).map_err(|error| error.shifted(HEADER_LEN))
    }

    /// Where a part of this packet stands in it.
    pub(crate) fn offset_of(&self, part: Option<&[u8]>) -> usize {
        part.map_or(0, |part| {
            part.as_ptr()
                .addr()
                .saturating_sub(self.bytes.as_ptr().addr())
        })
    }

    /// The block, checked to be variables.
    ///
    /// # Errors
    ///
    /// As [`Vars::parse`], with offsets from the packet's first byte.
    pub fn vars(&self) -> Result<Vars<'a>, Error> {
        self.vars_with(Quirks::NONE)
    }

    /// The block, checked to be variables, with quirks.
    ///
    /// # Errors
    ///
    /// As [`Vars::parse_with`], with offsets from the packet's first byte.
    pub fn vars_with(&self, quirks: Quirks) -> Result<Vars<'a>, Error> {
        Vars::parse_with(self.block(), quirks).map_err(|error| error.shifted(HEADER_LEN))
    }
}

/// The parts of a packet's header that a sender chooses; the size comes from the block. Specification section 1.
///
/// ```
/// use wirekit_uwsgi::{Header, Var};
///
/// let mut out = [0; 32];
/// let len = Header::WSGI.encode_vars_to_slice(&[Var::new(b"PATH_INFO", b"/")], &mut out)?;
/// assert_eq!(&out[..len], b"\x00\x0e\x00\x00\x09\x00PATH_INFO\x01\x00/"); // modifiers 0 and 0, 14 bytes of block
/// # Ok::<(), wirekit_uwsgi::EncodeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_structs,
    reason = "four bytes on the wire, two of them the size"
)]
pub struct Header {
    /// Which handler the packet is for.
    pub modifier1: Modifier1,
    /// A second number, by the first one's rules.
    pub modifier2: u8,
}

impl Header {
    /// The header of a WSGI request.
    pub const WSGI: Self = Self {
        modifier1: Modifier1::WSGI,
        modifier2: 0,
    };

    /// The four bytes in front of a block of that size.
    pub const fn to_bytes(self, size: u16) -> [u8; HEADER_LEN] {
        let [low, high] = size.to_le_bytes();
        [self.modifier1.0, low, high, self.modifier2]
    }

    /// Appends a packet with this block, and says how many bytes it took.
    ///
    /// # Errors
    ///
    /// `SizeTooLarge` for a block over 65 535 bytes, `OutputTooSmall`; nothing is written then.
    #[cfg(feature = "alloc")]
    pub fn encode(&self, block: &[u8], out: &mut impl BufMut) -> Result<usize, EncodeError> {
        self.write(block.len(), BufSink { out }, |mut out| out.put(block))
    }

    /// Writes a packet with this block to the front of a slice, and says how many bytes it took.
    ///
    /// # Errors
    ///
    /// As [`Header::encode`].
    pub fn encode_to_slice(&self, block: &[u8], out: &mut [u8]) -> Result<usize, EncodeError> {
        self.write(block.len(), SliceSink::new(out), |mut out| out.put(block))
    }

    /// Appends a packet with these variables, as they are, and says how many bytes it took.
    ///
    /// No name is checked but for being empty: to pass a client's fields on, use
    /// [`request::Builder`](crate::request::Builder).
    ///
    /// # Errors
    ///
    /// `EmptyKey`, `SizeTooLarge`, `OutputTooSmall`; nothing is written then.
    #[cfg(feature = "alloc")]
    pub fn encode_vars(
        &self,
        vars: &[Var<'_>],
        out: &mut impl BufMut,
    ) -> Result<usize, EncodeError> {
        self.write(vars_len(vars)?, BufSink { out }, |out| put_vars(vars, out))
    }

    /// Writes a packet with these variables to the front of a slice, and says how many bytes it took.
    ///
    /// # Errors
    ///
    /// As [`Header::encode_vars`].
    pub fn encode_vars_to_slice(
        &self,
        vars: &[Var<'_>],
        out: &mut [u8],
    ) -> Result<usize, EncodeError> {
        let out = SliceSink::new(out);
        self.write(vars_len(vars)?, out, |out| put_vars(vars, out))
    }

    /// Writes a packet whose block `put` writes, of that size; nothing if it is too large, for the format or the output.
    pub(crate) fn write<S: Sink>(
        self,
        size: usize,
        mut out: S,
        put: impl FnOnce(S),
    ) -> Result<usize, EncodeError> {
        let header = self.to_bytes(checked_size(size)?);
        let needed = HEADER_LEN + size;
        if needed > out.room() {
            return Err(EncodeError::OutputTooSmall { needed });
        }
        out.put(&header);
        put(out);
        Ok(needed)
    }
}

/// Bytes that the variables take in a block: specification section 2.
///
/// ```
/// use wirekit_uwsgi::{HEADER_LEN, Header, Var, vars_len};
///
/// let vars = [Var::new(b"PATH_INFO", b"/"), Var::new(b"HTTPS", b"on")];
/// let mut packet = vec![0; HEADER_LEN + vars_len(&vars)?];
/// assert_eq!(Header::WSGI.encode_vars_to_slice(&vars, &mut packet)?, packet.len());
/// # Ok::<(), wirekit_uwsgi::EncodeError>(())
/// ```
///
/// # Errors
///
/// `EmptyKey`, `SizeTooLarge`.
pub fn vars_len(vars: &[Var<'_>]) -> Result<usize, EncodeError> {
    let mut size = 0_usize;
    for var in vars {
        if var.key.is_empty() {
            return Err(EncodeError::EmptyKey);
        }
        size = size
            .saturating_add(4)
            .saturating_add(var.key.len())
            .saturating_add(var.value.len());
    }
    checked_size(size).map(usize::from)
}

/// Writes the variables, whose size [`vars_len`] gave.
pub(crate) fn put_vars(vars: &[Var<'_>], mut out: impl Sink) {
    for var in vars {
        out.put_var(var.key, var.value);
    }
}

/// A block's length as the header carries it.
pub(crate) fn checked_size(len: usize) -> Result<u16, EncodeError> {
    u16::try_from(len).map_err(|_| EncodeError::SizeTooLarge {
        size: len,
        max: MAX_BLOCK_LEN,
    })
}

/// The methods that come with `alloc`, built on those that write to a slice: for the tests of a build without it.
#[cfg(all(test, not(feature = "alloc")))]
impl Header {
    pub(crate) fn encode(
        &self,
        block: &[u8],
        out: &mut std::vec::Vec<u8>,
    ) -> Result<usize, EncodeError> {
        let mut room = std::vec![0; HEADER_LEN + MAX_BLOCK_LEN];
        let used = self.encode_to_slice(block, &mut room)?;
        out.extend(room.into_iter().take(used));
        Ok(used)
    }

    pub(crate) fn encode_vars(
        &self,
        vars: &[Var<'_>],
        out: &mut std::vec::Vec<u8>,
    ) -> Result<usize, EncodeError> {
        let mut room = std::vec![0; HEADER_LEN + MAX_BLOCK_LEN];
        let used = self.encode_vars_to_slice(vars, &mut room)?;
        out.extend(room.into_iter().take(used));
        Ok(used)
    }
}
