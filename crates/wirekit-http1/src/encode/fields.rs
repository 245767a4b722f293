//! What a sender may say in its fields.

use core::borrow::Borrow;

use wirekit_http::field::Name;

use crate::error::EncodeError;
use crate::field::Field;
use crate::framing::{self, BodyLength};
use crate::token::{self, is_ows};
use crate::version::Version;
use crate::{arch, host};

/// What the fields of a head that is to be sent say, and whether they may.
pub(super) struct SentFields {
    pub(super) body: BodyLength,
    pub(super) version: Version,
    /// Whether a message without a body may state the length of one: HEAD and 304.
    pub(super) states_length_without_body: bool,
    pub(super) length: Option<usize>,
    pub(super) coding: Option<usize>,
    pub(super) host: Option<usize>,
    connection: ConnectionFields,
    pub(super) fields_len: usize,
}

impl SentFields {
    pub(super) const fn new(body: BodyLength, version: Version) -> Self {
        Self {
            body,
            version,
            states_length_without_body: false,
            length: None,
            coding: None,
            host: None,
            connection: ConnectionFields::NONE,
            fields_len: 0,
        }
    }

    /// Checks all fields; `role` those that one end alone sends.
    pub(super) fn read<'f, F>(
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
                2 | 6 | 7 | 10 => self.connection.read(index, field)?,
                _ => {}
            }
        }
        self.connection.check()
    }

    pub(super) const fn options(&self) -> HeadOptions {
        self.connection.options()
    }

    /// Whether an Upgrade names a protocol.
    pub(super) const fn has_upgrade(&self) -> bool {
        self.connection.names_protocol
    }

    /// The field that expects 100 (Continue).
    pub(super) const fn expectation(&self) -> Option<usize> {
        self.connection.expectation
    }

    fn length(&mut self, index: usize, field: &Field<'_>) -> Result<(), EncodeError> {
        let len = framing::content_length(field.value);
        let agrees = match self.body {
            BodyLength::Length(expected) => len == Ok(expected),
            BodyLength::None => self.states_length_without_body && len.is_ok(),
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
            BodyLength::None => self.states_length_without_body && self.version >= Version::HTTP_11,
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

/// What the fields say of the next recipient alone, and of the content to come.
#[derive(Clone, Copy, Debug)]
struct ConnectionFields {
    /// The first field of each name.
    upgrade: Option<usize>,
    te: Option<usize>,
    expectation: Option<usize>,
    options: ConnectionOptions,
    /// Whether Upgrade names a protocol.
    names_protocol: bool,
}

/// The connection options that have a meaning here.
#[derive(Clone, Copy, Debug)]
struct ConnectionOptions {
    close: bool,
    keep_alive: bool,
    upgrade: bool,
    te: bool,
}

/// What a head that is to be sent says about the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HeadOptions {
    pub(crate) close: bool,
    pub(crate) keep_alive: bool,
    /// An upgrade is asked for or agreed to, which takes both the field and the connection option.
    pub(crate) upgrade: bool,
    pub(crate) expect_continue: bool,
}

impl ConnectionFields {
    const NONE: Self = Self {
        upgrade: None,
        te: None,
        expectation: None,
        options: ConnectionOptions {
            close: false,
            keep_alive: false,
            upgrade: false,
            te: false,
        },
        names_protocol: false,
    };

    const fn options(&self) -> HeadOptions {
        HeadOptions {
            close: self.options.close,
            keep_alive: self.options.keep_alive,
            upgrade: self.options.upgrade && self.names_protocol,
            expect_continue: self.expectation.is_some(),
        }
    }

    #[inline]
    fn read(&mut self, index: usize, field: &Field<'_>) -> Result<(), EncodeError> {
        if Name::Connection.is(field.name) {
            // What most senders write.
            match field.value {
                b"close" => self.options.close = true,
                b"keep-alive" => self.options.keep_alive = true,
                _ => return self.connection(index, field),
            }
        } else if Name::Te.is(field.name) {
            return self.te(index, field);
        } else if Name::Expect.is(field.name) {
            if has_member(field, b"100-continue") {
                self.expectation.get_or_insert(index);
            }
        } else if Name::Upgrade.is(field.name) {
            self.upgrade.get_or_insert(index);
            self.names_protocol |= field.members().next().is_some();
        }
        Ok(())
    }

    #[inline(never)]
    fn connection(&mut self, index: usize, field: &Field<'_>) -> Result<(), EncodeError> {
        for option in field.members() {
            self.options.close |= option.eq_ignore_ascii_case(b"close");
            self.options.keep_alive |= option.eq_ignore_ascii_case(b"keep-alive");
            self.options.upgrade |= option.eq_ignore_ascii_case(b"upgrade");
            self.options.te |= option.eq_ignore_ascii_case(b"te");
            if is_end_to_end(option) {
                return Err(EncodeError::EndToEndConnectionOption { index });
            }
        }
        Ok(())
    }

    /// "A client MUST NOT send the chunked transfer coding name in TE" (RFC 9112 section 7.4).
    #[inline(never)]
    fn te(&mut self, index: usize, field: &Field<'_>) -> Result<(), EncodeError> {
        self.te.get_or_insert(index);
        if has_member(field, b"chunked") {
            return Err(EncodeError::ChunkedInTe { index });
        }
        Ok(())
    }

    /// "A sender of Upgrade MUST also send an "Upgrade" connection option in the Connection header field to inform
    /// intermediaries not to forward this field" (RFC 9110 section 7.8), and a sender of TE likewise (section 10.1.4).
    #[inline]
    const fn check(&self) -> Result<(), EncodeError> {
        match (self.upgrade, self.te) {
            (Some(index), _) if !self.options.upgrade => {
                Err(EncodeError::MissingConnectionOption { index })
            }
            (_, Some(index)) if !self.options.te => {
                Err(EncodeError::MissingConnectionOption { index })
            }
            _ => Ok(()),
        }
    }
}

fn has_member(field: &Field<'_>, wanted: &[u8]) -> bool {
    field
        .members()
        .any(|member| member.eq_ignore_ascii_case(wanted))
}

/// "A sender MUST NOT send a connection option corresponding to a field that is intended for all recipients of the
/// content" (RFC 9110 section 7.6.1).
///
/// Attack: what is named here is gone behind the next proxy, be it a cookie, the client's address or the length of the body.
fn is_end_to_end(option: &[u8]) -> bool {
    Name::of(option).is_some_and(|name| !name.is_connection_option())
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

    type Row = (&'static [(&'static str, &'static str)], [bool; 4]);

    #[test]
    fn only_the_fields_of_these_names_are_options() {
        #[rustfmt::skip]
        let rows: [Row; 10] = [
            // Close, keep-alive, upgrade, 100-continue.
            (&[("Connection", "close")],                           [true, false, false, false]),
            (&[("Connection", "a, Close")],                        [true, false, false, false]),
            (&[("connection", "keep-alive")],                      [false, true, false, false]),
            (&[("Connection", "Keep-Alive"), ("Connection", "x")], [false, true, false, false]),
            (&[("Upgrade", "x"), ("Connection", "upgrade")],       [false, false, true, false]),
            (&[("Connection", "upgrade"), ("Upgrade", ",")],       [false, false, false, false]),
            (&[("Connection", "upgrade"), ("Referer", "x")],       [false, false, false, false]),
            (&[("Transfers", "upgrade"), ("Conversion", "close")], [false, false, false, false]),
            (&[("Expect", "100-Continue")],                        [false, false, false, true]),
            (&[("Cookie", "100-continue")],                        [false, false, false, false]),
        ];
        for (fields, [close, keep_alive, upgrade, expect_continue]) in rows {
            let mut connection = ConnectionFields::NONE;
            for (index, (name, value)) in fields.iter().enumerate() {
                assert_eq!(connection.read(index, &Field::new(*name, *value)), Ok(()));
            }
            let expected = HeadOptions {
                close,
                keep_alive,
                upgrade,
                expect_continue,
            };
            assert_eq!(connection.options(), expected, "{fields:?}");
        }
    }
}
