use core::borrow::Borrow;

use wirekit_http::field::Name;

use super::hops::{Hops, Options};
use crate::field::Field;
use crate::token::{self, is_ows};
use crate::{BodyLength, EncodeError, Version, arch, framing, host};

/// What the fields of a head were found to say.
pub(super) struct Check {
    pub(super) body: BodyLength,
    pub(super) version: Version,
    /// Whether a message without a body may tell the length of one: HEAD and 304.
    pub(super) tells_without_body: bool,
    pub(super) length: Option<usize>,
    pub(super) coding: Option<usize>,
    pub(super) host: Option<usize>,
    hops: Hops,
    pub(super) fields_len: usize,
}

impl Check {
    pub(super) const fn new(body: BodyLength, version: Version) -> Self {
        Self {
            body,
            version,
            tells_without_body: false,
            length: None,
            coding: None,
            host: None,
            hops: Hops::NONE,
            fields_len: 0,
        }
    }

    pub(super) fn fields<'f, F>(
        &mut self,
        fields: F,
        role: impl Fn(&mut Self, usize, &Field<'_>) -> Result<(), EncodeError>,
    ) -> Result<(), EncodeError>
    where
        F: IntoIterator<Item: Borrow<Field<'f>>>,
    {
        for (index, field) in fields.into_iter().enumerate() {
            let field = field.borrow();
            check_field(index, field)?;
            self.fields_len += field.name.len() + field.value.len() + 4;
            // Most names are passed over by their length.
            match field.name.len() {
                14 if Name::ContentLength.is(field.name) => self.length(index, field)?,
                17 if Name::TransferEncoding.is(field.name) => self.coding(index, field)?,
                4 => role(self, index, field)?,
                2 | 6 | 7 | 10 => self.hops.note(index, field)?,
                _ => {}
            }
        }
        self.hops.check()
    }

    pub(super) const fn options(&self) -> Options {
        self.hops.options()
    }

    /// Whether an Upgrade names a protocol.
    pub(super) const fn has_upgrade(&self) -> bool {
        self.hops.names_protocol
    }

    /// The field that expects 100 (Continue).
    pub(super) const fn expectation(&self) -> Option<usize> {
        self.hops.expectation
    }

    fn length(&mut self, index: usize, field: &Field<'_>) -> Result<(), EncodeError> {
        let len = framing::content_length(field.value);
        let agrees = match self.body {
            BodyLength::Length(expected) => len == Ok(expected),
            BodyLength::None => self.tells_without_body && len.is_ok(),
            BodyLength::Chunked | BodyLength::UntilClose => false,
        };
        if !agrees || self.length.is_some() || self.coding.is_some() {
            return Err(EncodeError::FramingMismatch { index });
        }
        self.length = Some(index);
        Ok(())
    }

    fn coding(&mut self, index: usize, field: &Field<'_>) -> Result<(), EncodeError> {
        let agrees = match self.body {
            BodyLength::Chunked => true,
            BodyLength::None => self.tells_without_body && self.version >= Version::HTTP_11,
            BodyLength::Length(_) | BodyLength::UntilClose => false,
        };
        let is_chunked = field.value.eq_ignore_ascii_case(b"chunked");
        if !agrees || !is_chunked || self.length.is_some() || self.coding.is_some() {
            return Err(EncodeError::FramingMismatch { index });
        }
        self.coding = Some(index);
        Ok(())
    }

    pub(super) fn host(&mut self, index: usize, field: &Field<'_>) -> Result<(), EncodeError> {
        if Name::Host.is(field.name) {
            if self.host.is_some() || host::check_value(field.value).is_err() {
                return Err(EncodeError::InvalidHost { index });
            }
            self.host = Some(index);
        }
        Ok(())
    }
}

/// A name that is a token, and a value that begins, goes on and ends as one may.
#[inline]
pub(crate) fn check_field(index: usize, field: &Field<'_>) -> Result<(), EncodeError> {
    if !is_name(field.name) {
        return Err(EncodeError::InvalidFieldName { index });
    }
    let is_trimmed = !field.value.first().is_some_and(|&byte| is_ows(byte))
        && !field.value.last().is_some_and(|&byte| is_ows(byte));
    if !is_trimmed || !is_value(field.value) {
        return Err(EncodeError::InvalidFieldValue { index });
    }
    Ok(())
}

/// Whether `name` is a token. Most are letters, digits and hyphens, which needs no table.
#[inline]
fn is_name(name: &[u8]) -> bool {
    let is_plain = |byte: u8| {
        (byte | 0x20).wrapping_sub(b'a') < 26 || byte.wrapping_sub(b'0') < 10 || byte == b'-'
    };
    !name.is_empty() && (all(name, is_plain) || token::is_token(name))
}

/// Whether a field value may have all of these bytes. Most are printable ASCII, which needs no table.
#[inline]
fn is_value(value: &[u8]) -> bool {
    all(value, |byte| byte.wrapping_sub(b' ') < 0x7f - b' ') || arch::is_value(value)
}

/// Whether all bytes pass, tested in blocks without a branch between the bytes of one: the last block overlaps the one
/// before it.
#[inline]
fn all(bytes: &[u8], test: impl Fn(u8) -> bool + Copy) -> bool {
    fn every<const N: usize>(block: Option<&[u8; N]>, test: impl Fn(u8) -> bool) -> bool {
        block.is_none_or(|block| block.iter().fold(true, |all, &byte| all & test(byte)))
    }
    match bytes.len() {
        0..4 => bytes.iter().all(|&byte| test(byte)),
        4..8 => every::<4>(bytes.first_chunk(), test) & every::<4>(bytes.last_chunk(), test),
        8..16 => every::<8>(bytes.first_chunk(), test) & every::<8>(bytes.last_chunk(), test),
        _ => {
            let (blocks, _) = bytes.as_chunks::<16>();
            blocks.iter().all(|block| every(Some(block), test))
                && every::<16>(bytes.last_chunk(), test)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_judged_alike_at_every_place() {
        for len in 1..70 {
            for at in 0..len {
                for byte in 0..=u8::MAX {
                    let mut bytes = [b'x'; 70];
                    bytes[at] = byte;
                    let bytes = &bytes[..len];
                    assert_eq!(
                        is_name(bytes),
                        token::is(byte, token::TOKEN),
                        "{byte:#x} at {at} of {len}"
                    );
                    assert_eq!(
                        is_value(bytes),
                        token::is(byte, token::VALUE),
                        "{byte:#x} at {at} of {len}"
                    );
                }
            }
        }
        assert!(!is_name(b"") && is_value(b""));
    }
}
