use super::parse::{AnyConnection, parse};
use crate::{EncodeError, Error, MaskingKey, Opcode, Rsv};

/// Bytes of the longest frame header: two, an eight byte length, and a masking key.
pub const MAX_HEADER_LEN: usize = 14;

/// Payload bytes that a control frame may have (RFC 6455 section 5.5).
pub const MAX_CONTROL_LEN: usize = 125;

/// The fields before a frame's payload (RFC 6455 section 5.2).
///
/// ```
/// use wirekit_websocket::{FrameHeader, Opcode, Rsv};
///
/// // RFC 6455 section 5.7: a single-frame unmasked text message, "Hello".
/// let (header, used) = FrameHeader::parse(b"\x81\x05Hello")?.unwrap();
/// assert_eq!((header.opcode, header.fin, header.payload_len), (Opcode::TEXT, true, 5));
///
/// let mut out = [0; 2];
/// assert_eq!(header.encode_to_slice(&mut out)?, used);
/// assert_eq!(out, *b"\x81\x05");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_structs,
    reason = "RFC 6455 section 5.2 fixes the fields"
)]
pub struct FrameHeader {
    /// Whether this is the last fragment of its message.
    pub fin: bool,
    /// The reserved bits.
    pub rsv: Rsv,
    /// What the payload is.
    pub opcode: Opcode,
    /// The masking key, where the frame is masked.
    pub masking_key: Option<MaskingKey>,
    /// Payload bytes.
    pub payload_len: u64,
}

impl FrameHeader {
    /// Parses the header at the start of `input`; `None` asks for more bytes.
    ///
    /// Checks what one header alone can break: opcode, length form, and control frames. What depends on the
    /// connection (reserved bits, the direction of masking, the order of fragments, limits) is checked by
    /// [`Connection`](crate::Connection). A header that is already wrong fails at once, whole or not.
    ///
    /// # Errors
    ///
    /// [`ReservedOpcode`](crate::ErrorKind::ReservedOpcode), [`ControlFragmented`](crate::ErrorKind::ControlFragmented),
    /// [`ControlTooLong`](crate::ErrorKind::ControlTooLong), [`LengthNotMinimal`](crate::ErrorKind::LengthNotMinimal),
    /// [`LengthTopBit`](crate::ErrorKind::LengthTopBit).
    pub fn parse(input: &[u8]) -> Result<Option<(Self, usize)>, Error> {
        parse(input, &AnyConnection)
    }

    /// Bytes that [`encode_to_slice`](Self::encode_to_slice) writes: 2 to 14.
    pub const fn encoded_len(&self) -> usize {
        header_len(self.payload_len, self.masking_key.is_some())
    }

    /// Writes the header at the start of `out` and returns its length; `out` is untouched on error.
    ///
    /// # Errors
    ///
    /// Every [`EncodeError`].
    pub fn encode_to_slice(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        self.check()?;
        let (bytes, len) = self.to_bytes();
        let available = out.len();
        let (Some(out), Some(bytes)) = (out.get_mut(..len), bytes.get(..len)) else {
            return Err(EncodeError::OutputTooSmall {
                needed: len,
                available,
            });
        };
        out.copy_from_slice(bytes);
        Ok(len)
    }

    /// Appends the header to `out` and returns its length.
    ///
    /// # Errors
    ///
    /// Every [`EncodeError`].
    #[cfg(feature = "alloc")]
    pub fn encode(&self, out: &mut impl bytes::BufMut) -> Result<usize, EncodeError> {
        let mut header = [0; MAX_HEADER_LEN];
        let len = self.encode_to_slice(&mut header)?;
        if out.remaining_mut() < len {
            return Err(EncodeError::OutputTooSmall {
                needed: len,
                available: out.remaining_mut(),
            });
        }
        out.put_slice(header.get(..len).unwrap_or_default());
        Ok(len)
    }

    const fn check(&self) -> Result<(), EncodeError> {
        if self.opcode.0 > 15 {
            return Err(EncodeError::Opcode {
                opcode: self.opcode,
            });
        }
        if self.rsv.0 > 7 {
            return Err(EncodeError::ReservedBits { rsv: self.rsv });
        }
        if self.payload_len >> 63 != 0 {
            return Err(EncodeError::PayloadLen {
                len: self.payload_len,
            });
        }
        if self.opcode.is_control() && (!self.fin || self.payload_len > MAX_CONTROL_LEN as u64) {
            return Err(EncodeError::Control);
        }
        Ok(())
    }

    /// FIN, the reserved bits and the opcode.
    #[inline]
    pub(crate) const fn first_byte(self) -> u8 {
        (self.fin as u8) << 7 | self.rsv.0 << 4 | self.opcode.0
    }

    /// The header's bytes, and how many of the array they are.
    pub(crate) fn to_bytes(self) -> ([u8; MAX_HEADER_LEN], usize) {
        header_bytes(self.first_byte(), self.masking_key, self.payload_len)
    }
}

/// RFC 6455 section 5.2: "the minimal number of bytes MUST be used to encode the length".
#[inline]
pub(crate) const fn header_len(payload_len: u64, masked: bool) -> usize {
    let len = match payload_len {
        0..=125 => 2,
        126..=0xffff => 4,
        _ => 10,
    };
    len + if masked { 4 } else { 0 }
}

/// The bytes of a header, and how many of the array they are.
pub(crate) fn header_bytes(
    first: u8,
    key: Option<MaskingKey>,
    payload_len: u64,
) -> ([u8; MAX_HEADER_LEN], usize) {
    let mask = if key.is_some() { 0x80 } else { 0 };
    let all = payload_len.to_be_bytes();
    let (short, extended) = match (payload_len, all) {
        (0..=125, [.., len]) => (len, &[] as &[u8]),
        (126..=0xffff, _) => (126, all.last_chunk::<2>().map_or(&[] as &[u8], |len| len)),
        (_, _) => (127, &all as &[u8]),
    };
    let key = key.map(|key| key.0);
    let key = key.as_ref().map_or(&[] as &[u8], |key| key);
    let fields = [first, mask | short]
        .into_iter()
        .chain(extended.iter().copied())
        .chain(key.iter().copied());
    let mut bytes = [0; MAX_HEADER_LEN];
    let mut len = 0;
    for (out, byte) in bytes.iter_mut().zip(fields) {
        *out = byte;
        len += 1;
    }
    (bytes, len)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

    #[rustfmt::skip]
    const LEGAL: &[(&[u8], u8, bool, u64, bool)] = &[
        (b"\x81\x05",                                 1,  true,  5,          false), // 5.7 unmasked text
        (b"\x81\x85\x37\xfa\x21\x3d",                 1,  true,  5,          true),  // 5.7 masked text
        (b"\x01\x03",                                 1,  false, 3,          false), // 5.7 first fragment
        (b"\x80\x02",                                 0,  true,  2,          false), // 5.7 last fragment
        (b"\x89\x05",                                 9,  true,  5,          false), // 5.7 ping
        (b"\x8a\x85\x37\xfa\x21\x3d",                 10, true,  5,          true),  // 5.7 pong
        (b"\x82\x7e\x01\x00",                         2,  true,  256,        false), // 5.7 256 bytes
        (b"\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 2,  true,  65536,      false), // 5.7 64 KiB
        (b"\x88\x7d",                                 8,  true,  125,        false), // 5.5 longest control frame
        (b"\x82\x7d",                                 2,  true,  125,        false), // 5.2 longest 7-bit length
        (b"\x82\x7e\x00\x7e",                         2,  true,  126,        false), // 5.2 shortest 16-bit length
        (b"\x82\x7e\xff\xff",                         2,  true,  65535,      false), // 5.2 longest 16-bit length
        (b"\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff", 2,  true,  u64::MAX/2, false), // 5.2 longest 64-bit length
        (b"\xf2\x00",                                 2,  true,  0,          false), // 5.2 reserved bits are the connection's
    ];

    #[rustfmt::skip]
    const ILLEGAL: &[(&[u8], ErrorKind, usize)] = &[
        (b"\x83", ErrorKind::ReservedOpcode { opcode: Opcode(3) },             0), // 5.2
        (b"\x87", ErrorKind::ReservedOpcode { opcode: Opcode(7) },             0), // 5.2
        (b"\x0b", ErrorKind::ReservedOpcode { opcode: Opcode(11) },            0), // 5.2
        (b"\x8f", ErrorKind::ReservedOpcode { opcode: Opcode(15) },            0), // 5.2
        (b"\x08", ErrorKind::ControlFragmented { opcode: Opcode::CLOSE },      0), // 5.5
        (b"\x0a", ErrorKind::ControlFragmented { opcode: Opcode::PONG },       0), // 5.5
        (b"\x89\x7e", ErrorKind::ControlTooLong { opcode: Opcode::PING },      1), // 5.5
        (b"\x88\xff", ErrorKind::ControlTooLong { opcode: Opcode::CLOSE },     1), // 5.5
        (b"\x82\x7e\x00\x7d", ErrorKind::LengthNotMinimal,                     2), // 5.2
        (b"\x82\xfe\x00\x00", ErrorKind::LengthNotMinimal,                     2), // 5.2
        (b"\x82\x7f\x00\x00\x00\x00\x00\x00", ErrorKind::LengthNotMinimal,     2), // 5.2
        (b"\x82\xff\x00\x00\x00\x00\x00\x00", ErrorKind::LengthNotMinimal,     2), // 5.2
        (b"\x82\x7f\x80", ErrorKind::LengthTopBit,                             2), // 5.2
        (b"\x82\xff\xff", ErrorKind::LengthTopBit,                             2), // 5.2
    ];

    #[test]
    fn legal_headers_round_trip_under_every_cut() {
        for &(bytes, opcode, fin, payload_len, masked) in LEGAL {
            let (header, used) = FrameHeader::parse(bytes).unwrap().unwrap();
            assert_eq!(
                (header.opcode, header.fin),
                (Opcode(opcode), fin),
                "{bytes:x?}"
            );
            assert_eq!(header.payload_len, payload_len, "{bytes:x?}");
            assert_eq!(
                header.masking_key,
                masked.then_some(MaskingKey(KEY)),
                "{bytes:x?}"
            );
            assert_eq!(used, bytes.len());
            for cut in 0..bytes.len() {
                assert_eq!(
                    FrameHeader::parse(&bytes[..cut]),
                    Ok(None),
                    "{bytes:x?} {cut}"
                );
            }
            let mut longer = bytes.to_vec();
            longer.extend([0xff; 20]);
            assert_eq!(FrameHeader::parse(&longer), Ok(Some((header, used))));

            let mut out = [0xaa; 16];
            assert_eq!(header.encoded_len(), used);
            assert_eq!(header.encode_to_slice(&mut out), Ok(used));
            assert_eq!(&out[..used], bytes);
            assert!(out[used..].iter().all(|&byte| byte == 0xaa));
            let mut short = [0xaa; 14];
            let error = EncodeError::OutputTooSmall {
                needed: used,
                available: used - 1,
            };
            assert_eq!(header.encode_to_slice(&mut short[..used - 1]), Err(error));
            assert_eq!(short, [0xaa; 14]);
        }
    }

    #[test]
    fn the_greatest_values_of_each_field_are_written() {
        let header = FrameHeader {
            fin: true,
            rsv: Rsv(7),
            opcode: Opcode(15),
            masking_key: None,
            payload_len: 125,
        };
        let mut out = [0; 2];
        assert_eq!(header.encode_to_slice(&mut out), Ok(2));
        assert_eq!(out, [0xff, 125]);
    }

    #[cfg(feature = "alloc")]
    #[test]
    fn headers_are_appended_whole_or_not_at_all() {
        for &(bytes, ..) in LEGAL {
            let (header, used) = FrameHeader::parse(bytes).unwrap().unwrap();
            let mut out = std::vec![0xaa];
            assert_eq!(header.encode(&mut out), Ok(used));
            assert_eq!((out[0], &out[1..]), (0xaa, bytes));
            let mut exact = [0xaa; 14];
            assert_eq!(header.encode(&mut &mut exact[..used]), Ok(used));
            assert_eq!(&exact[..used], bytes);
            let error = EncodeError::OutputTooSmall {
                needed: used,
                available: used - 1,
            };
            let mut short = [0xaa; 14];
            assert_eq!(header.encode(&mut &mut short[..used - 1]), Err(error));
            assert_eq!(short, [0xaa; 14]);
        }
    }

    #[test]
    fn illegal_headers_fail_at_the_last_byte_of_the_row() {
        for &(bytes, kind, offset) in ILLEGAL {
            let error = Err(Error::new(kind, offset));
            for cut in 0..bytes.len() {
                assert_eq!(
                    FrameHeader::parse(&bytes[..cut]),
                    Ok(None),
                    "{bytes:x?} {cut}"
                );
            }
            assert_eq!(FrameHeader::parse(bytes), error, "{bytes:x?}");
            for tail in [0x00, 0xff] {
                let mut longer = bytes.to_vec();
                longer.extend([tail; 20]);
                assert_eq!(FrameHeader::parse(&longer), error, "{bytes:x?}");
            }
        }
    }

    #[test]
    fn values_without_bytes_are_refused() {
        let header = FrameHeader::parse(b"\x81\x05").unwrap().unwrap().0;
        #[rustfmt::skip]
        let rows = [
            (FrameHeader { opcode: Opcode(16), ..header }, EncodeError::Opcode { opcode: Opcode(16) }),
            (FrameHeader { rsv: Rsv(8), ..header }, EncodeError::ReservedBits { rsv: Rsv(8) }),
            (FrameHeader { payload_len: 1 << 63, ..header }, EncodeError::PayloadLen { len: 1 << 63 }),
            (FrameHeader { opcode: Opcode::PING, fin: false, ..header }, EncodeError::Control),
            (FrameHeader { opcode: Opcode::PING, payload_len: 126, ..header }, EncodeError::Control),
        ];
        for (header, error) in rows {
            let mut out = [0; 16];
            assert_eq!(header.encode_to_slice(&mut out), Err(error));
            assert_eq!(out, [0; 16]);
        }
    }
}
