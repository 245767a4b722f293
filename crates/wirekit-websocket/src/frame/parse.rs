//! A header's bytes, in their order.

use super::{FrameHeader, MAX_CONTROL_LEN, Rsv};
use crate::{Error, ErrorKind, MaskingKey, Opcode};

/// What a reader knows beside the header's own bytes. Each check comes as soon as its bytes are there, so that a
/// header fails at the same byte however it is cut.
pub(crate) trait Rules {
    fn check_first_byte(&self, fin: bool, rsv: Rsv, opcode: Opcode) -> Result<(), ErrorKind>;
    fn check_masked(&self, masked: bool) -> Result<(), ErrorKind>;
    fn check_len(&self, opcode: Opcode, payload_len: u64) -> Result<(), ErrorKind>;
}

/// The rules that hold for every connection.
pub(super) struct AnyConnection;

impl Rules for AnyConnection {
    fn check_first_byte(&self, _: bool, _: Rsv, _: Opcode) -> Result<(), ErrorKind> {
        Ok(())
    }

    fn check_masked(&self, _: bool) -> Result<(), ErrorKind> {
        Ok(())
    }

    fn check_len(&self, _: Opcode, _: u64) -> Result<(), ErrorKind> {
        Ok(())
    }
}

pub(crate) fn parse(
    input: &[u8],
    rules: &impl Rules,
) -> Result<Option<(FrameHeader, usize)>, Error> {
    let at = |offset: usize| move |kind: ErrorKind| Error::new(kind, offset);
    let Some((&first, after_first)) = input.split_first() else {
        return Ok(None);
    };
    let (fin, rsv, opcode) = (first & 0x80 != 0, Rsv(first >> 4 & 7), Opcode(first & 15));
    if opcode.is_reserved() {
        return Err(Error::new(ErrorKind::ReservedOpcode { opcode }, 0));
    }
    if opcode.is_control() && !fin {
        return Err(Error::new(ErrorKind::ControlFragmented { opcode }, 0));
    }
    rules.check_first_byte(fin, rsv, opcode).map_err(at(0))?;

    let Some((&second, extended)) = after_first.split_first() else {
        return Ok(None);
    };
    let masked = second & 0x80 != 0;
    rules.check_masked(masked).map_err(at(1))?;
    let short = second & 0x7f;
    if opcode.is_control() && usize::from(short) > MAX_CONTROL_LEN {
        return Err(Error::new(ErrorKind::ControlTooLong { opcode }, 1));
    }
    let Some((payload_len, after_len)) = parse_extended_len(short, extended).map_err(at(2))? else {
        return Ok(None);
    };
    rules.check_len(opcode, payload_len).map_err(at(1))?;

    let (masking_key, rest) = if masked {
        let Some((key, rest)) = after_len.split_first_chunk() else {
            return Ok(None);
        };
        (Some(MaskingKey(*key)), rest)
    } else {
        (None, after_len)
    };
    let header = FrameHeader {
        fin,
        rsv,
        opcode,
        masking_key,
        payload_len,
    };
    Ok(Some((header, input.len() - rest.len())))
}

/// RFC 6455 section 5.2: "in all cases, the minimal number of bytes MUST be used to encode the length", and of
/// the 64-bit form "the most significant bit MUST be 0".
fn parse_extended_len(short: u8, input: &[u8]) -> Result<Option<(u64, &[u8])>, ErrorKind> {
    match short {
        126 => match input.split_first_chunk() {
            Some((len, rest)) => match u16::from_be_bytes(*len) {
                0..=125 => Err(ErrorKind::LengthNotMinimal),
                len => Ok(Some((u64::from(len), rest))),
            },
            None => Ok(None),
        },
        127 => {
            if input.first().is_some_and(|byte| byte & 0x80 != 0) {
                return Err(ErrorKind::LengthTopBit);
            }
            if input.starts_with(&[0; 6]) {
                return Err(ErrorKind::LengthNotMinimal);
            }
            Ok(input
                .split_first_chunk()
                .map(|(len, rest)| (u64::from_be_bytes(*len), rest)))
        }
        short => Ok(Some((u64::from(short), input))),
    }
}
