use wirekit_http::field::Name;

use crate::EncodeError;
use crate::field::Field;

/// What the fields say of the next recipient alone, and of the content to come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hops {
    /// The first field of each name.
    upgrade: Option<usize>,
    te: Option<usize>,
    pub(super) expectation: Option<usize>,
    options: Seen,
    /// Whether Upgrade names a protocol.
    pub(super) names_protocol: bool,
}

/// The connection options that have a meaning here.
#[derive(Clone, Copy, Debug)]
struct Seen {
    close: bool,
    keep_alive: bool,
    upgrade: bool,
    te: bool,
}

/// What a head that is to be sent says about the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) close: bool,
    pub(crate) keep_alive: bool,
    /// An upgrade is asked for or agreed to, which takes both the field and the connection option.
    pub(crate) upgrade: bool,
    pub(crate) expect_continue: bool,
}

impl Hops {
    pub(super) const NONE: Self = Self {
        upgrade: None,
        te: None,
        expectation: None,
        options: Seen {
            close: false,
            keep_alive: false,
            upgrade: false,
            te: false,
        },
        names_protocol: false,
    };

    pub(super) const fn options(&self) -> Options {
        Options {
            close: self.options.close,
            keep_alive: self.options.keep_alive,
            upgrade: self.options.upgrade && self.names_protocol,
            expect_continue: self.expectation.is_some(),
        }
    }

    #[inline]
    pub(super) fn note(&mut self, index: usize, field: &Field<'_>) -> Result<(), EncodeError> {
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
    pub(super) const fn check(&self) -> Result<(), EncodeError> {
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
            let mut hops = Hops::NONE;
            for (index, (name, value)) in fields.iter().enumerate() {
                assert_eq!(hops.note(index, &Field::new(*name, *value)), Ok(()));
            }
            let expected = Options {
                close,
                keep_alive,
                upgrade,
                expect_continue,
            };
            assert_eq!(hops.options(), expected, "{fields:?}");
        }
    }
}
