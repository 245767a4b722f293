use wirekit_http::field::Name;

use super::{BodyLength, Flags, Framing, host};
use crate::field::Fields;
use crate::framing::fields::FramingFields;
use crate::token;
use crate::version::Version;

/// The framing of a request whose fields leave no doubt about it, as those of most do: one Host, at most one
/// Content-Length, and nothing about transfer codings, protocols and expectations. It fits two registers.
#[derive(Clone, Copy)]
pub(super) struct PlainFraming {
    content_length: u64,
    has_length: bool,
    /// False if the fields must be looked at closely, or break a rule.
    pub(super) is_plain: bool,
    flags: Flags,
}

impl PlainFraming {
    #[inline(never)]
    pub(super) fn of(fields: Fields<'_>, version: Version) -> Self {
        let found = Self::find(fields, version);
        let (length, flags) = found.unwrap_or_default();
        Self {
            content_length: length.unwrap_or(0),
            has_length: length.is_some(),
            is_plain: found.is_some(),
            flags,
        }
    }

    #[inline]
    fn find(fields: Fields<'_>, version: Version) -> Option<(Option<u64>, Flags)> {
        // The last of each, and how many there are.
        let (mut hosts, mut lengths, mut options) = ((0, 0), (0, 0), Flags::default());
        for (index, name) in fields.names_like(&FramingFields::FIRST_LETTERS) {
            if Name::Host.is(name) {
                hosts = (index, hosts.1 + 1);
            } else if Name::Connection.is(name) {
                // Empty members are counted, and reported, by the exact rules.
                if options.connection(fields.value(index)) > 0 {
                    return None;
                }
            } else if Name::ContentLength.is(name) {
                lengths = (token::decimal(fields.value(index))?, lengths.1 + 1);
            } else if Name::Expect.is(name)
                || Name::Upgrade.is(name)
                || Name::TransferEncoding.is(name)
            {
                return None;
            }
        }
        let is_11 = version >= Version::HTTP_11;
        match hosts {
            (index, 1) => host::check_value(fields.value(index)).ok()?,
            (_, 0) if !is_11 => {}
            _ => return None,
        }
        let length = match lengths {
            (_, 0) => None,
            (length, 1) => Some(length),
            _ => return None,
        };
        let mut flags = Flags::default();
        if options.persists(is_11) {
            flags.insert(Flags::PERSISTS);
        }
        Some((length, flags))
    }

    #[inline]
    pub(super) fn framing(self) -> Option<Framing> {
        let content_length = self.has_length.then_some(self.content_length);
        self.is_plain.then_some(Framing {
            body: content_length.map_or(BodyLength::None, BodyLength::Length),
            content_length,
            flags: self.flags,
        })
    }
}
