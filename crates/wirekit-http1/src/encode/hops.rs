use core::borrow::Borrow;

use crate::field::Field;
use crate::{EncodeError, field_name};

/// The fields that are for the next recipient alone, by the first of each; and the expectation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hops {
    connection: Option<usize>,
    pub(super) upgrade: Option<usize>,
    te: Option<usize>,
    pub(super) expectation: Option<usize>,
}

impl Hops {
    pub(super) const NONE: Self = Self {
        connection: None,
        upgrade: None,
        te: None,
        expectation: None,
    };

    pub(super) fn note(&mut self, index: usize, field: &Field<'_>) {
        let place = match field.name.len() {
            2 if field.is_named(field_name::TE) => &mut self.te,
            6 if field.is_named(field_name::EXPECT) && has_element(field, b"100-continue") => {
                &mut self.expectation
            }
            7 if field.is_named(field_name::UPGRADE) => &mut self.upgrade,
            10 if field.is_named(field_name::CONNECTION) => &mut self.connection,
            _ => return,
        };
        place.get_or_insert(index);
    }

    /// "A sender of Upgrade MUST also send an "Upgrade" connection option in the Connection header field to inform
    /// intermediaries not to forward this field" (RFC 9110 section 7.8), and a sender of TE likewise (section 10.1.4).
    pub(super) fn check<'f, F>(self, fields: F) -> Result<(), EncodeError>
    where
        F: IntoIterator<Item: Borrow<Field<'f>>> + Clone,
    {
        let (mut upgrade, mut te) = (false, false);
        for (index, field) in fields.into_iter().enumerate() {
            let field = field.borrow();
            match field.name.len() {
                // "A client MUST NOT send the chunked transfer coding name in TE" (RFC 9112 section 7.4).
                2 if field.is_named(field_name::TE) && has_element(field, b"chunked") => {
                    return Err(EncodeError::ChunkedInTe { index });
                }
                10 if field.is_named(field_name::CONNECTION) => {
                    for option in field.elements() {
                        upgrade |= option.eq_ignore_ascii_case(b"upgrade");
                        te |= option.eq_ignore_ascii_case(b"te");
                        if is_end_to_end(option) {
                            return Err(EncodeError::EndToEndConnectionOption { index });
                        }
                    }
                }
                _ => {}
            }
        }
        match (self.upgrade, self.te) {
            (Some(index), _) if !upgrade => Err(EncodeError::MissingConnectionOption { index }),
            (_, Some(index)) if !te => Err(EncodeError::MissingConnectionOption { index }),
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
/// Only names of which that is certain: those that frame, route, authenticate and describe a message. Attack: what is named
/// here is gone behind the next proxy, be it a cookie, the client's address or the length of the body.
fn is_end_to_end(option: &[u8]) -> bool {
    // What nearly every Connection says.
    if option.eq_ignore_ascii_case(b"close")
        || option.eq_ignore_ascii_case(b"keep-alive")
        || option.eq_ignore_ascii_case(b"upgrade")
    {
        return false;
    }
    END_TO_END
        .iter()
        .any(|name| name.as_bytes().eq_ignore_ascii_case(option))
}

#[rustfmt::skip]
const END_TO_END: &[&str] = {
    use field_name::*;
    &[
        ACCEPT, ACCEPT_CHARSET, ACCEPT_ENCODING, ACCEPT_LANGUAGE, ACCEPT_RANGES, AGE, ALLOW, AUTHENTICATION_INFO,
        AUTHORIZATION, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH,
        CONTENT_LOCATION, CONTENT_RANGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, DATE, ETAG, EXPECT, EXPIRES,
        FORWARDED, FROM, HOST, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE, LAST_MODIFIED,
        LINK, LOCATION, MAX_FORWARDS, ORIGIN, PRAGMA, RANGE, REFERER, RETRY_AFTER, SERVER, SET_COOKIE,
        STRICT_TRANSPORT_SECURITY, USER_AGENT, VARY, VIA, WWW_AUTHENTICATE,
        "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP",
    ]
};
