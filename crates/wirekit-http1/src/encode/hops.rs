use wirekit_http::field::Name;

use crate::body::is_lower;
use crate::field::Field;
use crate::{EncodeError, field_name};

/// What was said of the next recipient alone, and of the content to come.
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

/// The connection options that other fields need.
#[derive(Clone, Copy, Debug)]
struct Seen {
    upgrade: bool,
    te: bool,
}

impl Hops {
    pub(super) const NONE: Self = Self {
        upgrade: None,
        te: None,
        expectation: None,
        options: Seen {
            upgrade: false,
            te: false,
        },
        names_protocol: false,
    };

    #[inline]
    pub(super) fn note(&mut self, index: usize, field: &Field<'_>) -> Result<(), EncodeError> {
        match field.name.len() {
            10 if is_lower(field.name, b"connection") => {
                // What most senders write.
                if matches!(field.value, b"close" | b"keep-alive") {
                    return Ok(());
                }
                self.connection(index, field)
            }
            2 if field.is_named(field_name::TE) => self.te(index, field),
            6 if is_lower(field.name, b"expect") => {
                if has_element(field, b"100-continue") {
                    self.expectation.get_or_insert(index);
                }
                Ok(())
            }
            7 if is_lower(field.name, b"upgrade") => {
                self.upgrade.get_or_insert(index);
                self.names_protocol |= field.elements().next().is_some();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    #[inline(never)]
    fn connection(&mut self, index: usize, field: &Field<'_>) -> Result<(), EncodeError> {
        for option in field.elements() {
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
        if has_element(field, b"chunked") {
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

fn has_element(field: &Field<'_>, wanted: &[u8]) -> bool {
    field
        .elements()
        .any(|element| element.eq_ignore_ascii_case(wanted))
}

/// "A sender MUST NOT send a connection option corresponding to a field that is intended for all recipients of the
/// content" (RFC 9110 section 7.6.1).
///
/// Attack: what is named here is gone behind the next proxy, be it a cookie, the client's address or the length of the body.
fn is_end_to_end(option: &[u8]) -> bool {
    Name::of(option).is_some_and(|name| !name.is_connection_option())
}
