use wirekit_http::field::Name;

use super::flags::Flags;
use super::{BodyLength, Framing, content_length};
use crate::config::Quirks;
use crate::error::{Error, ErrorKind};
use crate::field::Fields;
use crate::token;
use crate::version::Version;

/// The transfer codings of a message.
pub(super) enum Codings {
    None,
    /// Chunked is the last one.
    Chunked,
    /// There are some, chunked is not among them; the last starts here.
    Other(usize),
}

/// "A recipient MUST parse and ignore a reasonable number of empty list elements: enough to handle common mistakes by
/// senders that merge values, but not so much that they could be used as a denial-of-service mechanism" (RFC 9110
/// section 5.6.1.2): in the lists of one head.
pub(super) const MAX_EMPTY_MEMBERS: usize = 16;

/// The fields that frame a message, by their index.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FramingFields {
    pub(super) host: Option<usize>,
    pub(super) second_host: Option<usize>,
    first_length: Option<usize>,
    pub(super) content_length: Option<u64>,
    first_coding: Option<usize>,
    empty_members: usize,
    flags: Flags,
}

impl FramingFields {
    pub(super) fn collect(fields: &Fields<'_>, quirks: Quirks) -> Result<Self, Error> {
        let mut found = Self::default();
        for (index, name) in fields.names_like(&Self::FIRST_LETTERS) {
            if Name::Host.is(name) {
                // Only a request may not repeat it: that is for `check_host` to say.
                if found.host.is_some() {
                    found.second_host.get_or_insert(index);
                } else {
                    found.host = Some(index);
                }
            } else if Name::ContentLength.is(name) {
                found.length(fields, index, quirks)?;
            } else if Name::TransferEncoding.is(name) {
                found.first_coding.get_or_insert(index);
            } else {
                found.note(name, fields, index)?;
            }
        }
        Ok(found)
    }

    /// What is looked for.
    const NAMES: &[Name] = &[
        Name::Host,
        Name::Expect,
        Name::Upgrade,
        Name::Connection,
        Name::ContentLength,
        Name::TransferEncoding,
    ];

    /// The first letter of each of them, in lower case, at the index of the name's length: hardly any other name passes.
    pub(super) const FIRST_LETTERS: [u8; 32] = {
        let mut letters = [0; 32];
        let mut names = Self::NAMES;
        while let [name, rest @ ..] = names {
            #[expect(clippy::indexing_slicing, reason = "computed at compile time")]
            {
                let name = name.as_str().as_bytes();
                assert!(letters[name.len()] == 0, "two names of one length");
                letters[name.len()] = name[0].to_ascii_lowercase();
            }
            names = rest;
        }
        letters
    };

    /// For a message without a body: a Content-Length is only reported, and only if it is a number.
    pub(super) fn collect_unframed(fields: &Fields<'_>) -> Result<Self, Error> {
        let mut found = Self::default();
        let mut lengths = 0;
        for (index, name) in fields.names_like(&Self::FIRST_LETTERS) {
            if Name::ContentLength.is(name) {
                lengths += 1;
                found.first_length = Some(index);
                found.content_length = token::decimal(fields.value(index)).filter(|_| lengths == 1);
            } else {
                found.note(name, fields, index)?;
            }
        }
        Ok(found)
    }

    fn note(&mut self, name: &[u8], fields: &Fields<'_>, index: usize) -> Result<(), Error> {
        let value = fields.value(index);
        if Name::Connection.is(name) {
            self.flags.connection(value);
        } else if Name::Upgrade.is(name) {
            // "Upgrade = #protocol": a list of nothing but commas names none.
            if token::members(value).next().is_some() {
                self.flags.insert(Flags::UPGRADE_FIELD);
            }
        } else if Name::Expect.is(name) {
            let is_wanted = |member: &[u8]| member.eq_ignore_ascii_case(b"100-continue");
            if token::members(value).any(is_wanted) {
                self.flags.insert(Flags::EXPECT_CONTINUE);
            }
        } else {
            return Ok(());
        }
        for (at, _) in token::positioned_members(value).filter(|(_, member)| member.is_empty()) {
            self.empty_members += 1;
            if self.empty_members > MAX_EMPTY_MEMBERS {
                let offset = fields.value_offset(index) + at;
                return Err(Error::new(ErrorKind::EmptyListElement, offset));
            }
        }
        Ok(())
    }

    /// "Content-Length = 1*DIGIT"; a second one, or a list, is an error unless a quirk lets equal ones through.
    fn length(&mut self, fields: &Fields<'_>, index: usize, quirks: Quirks) -> Result<(), Error> {
        let value = fields
            .get(index)
            .map(|field| field.value)
            .unwrap_or_default();
        let value_offset = fields.value_offset(index);
        let allows_repetition = quirks.contains(Quirks::REPEATED_CONTENT_LENGTH);
        if self.first_length.is_some() && !allows_repetition {
            return Err(Error::new(
                ErrorKind::RepeatedContentLength,
                fields.name_offset(index),
            ));
        }
        self.first_length.get_or_insert(index);
        for (at, member) in token::positioned_members(value) {
            let offset = value_offset + at;
            if self.content_length.is_some() && !allows_repetition {
                let comma = value.iter().position(|&byte| byte == b',');
                return Err(Error::new(
                    ErrorKind::RepeatedContentLength,
                    value_offset + comma.unwrap_or_default(),
                ));
            }
            let len = content_length(member).map_err(|error| error.shifted(offset))?;
            if self.content_length.is_some_and(|other| other != len) {
                return Err(Error::new(ErrorKind::RepeatedContentLength, offset));
            }
            self.content_length = Some(len);
        }
        Ok(())
    }

    /// The name of the field that says that there is a body.
    pub(super) fn framing_offset(&self, fields: &Fields<'_>) -> usize {
        let index = self.first_coding.or(self.first_length);
        fields.name_offset(index.unwrap_or_default())
    }

    /// The transfer codings of all lines together, in order.
    pub(super) fn codings(
        &self,
        fields: &Fields<'_>,
        version: Version,
        quirks: Quirks,
    ) -> Result<Codings, Error> {
        let Some(first) = self.first_coding else {
            return Ok(Codings::None);
        };
        if version < Version::HTTP_11 && !quirks.contains(Quirks::TRANSFER_ENCODING_IN_HTTP10) {
            return Err(Error::new(
                ErrorKind::TransferEncodingInHttp10,
                fields.name_offset(first),
            ));
        }
        if let Some(length) = self.first_length
            && !quirks.contains(Quirks::CONTENT_LENGTH_WITH_TRANSFER_ENCODING)
        {
            let second = fields.name_offset(first.max(length));
            return Err(Error::new(
                ErrorKind::ContentLengthWithTransferEncoding,
                second,
            ));
        }
        let allows_others = quirks.contains(Quirks::OTHER_TRANSFER_CODINGS);
        let mut empty_left = if quirks.contains(Quirks::EMPTY_TRANSFER_CODINGS) {
            MAX_EMPTY_MEMBERS
        } else {
            0
        };
        let mut codings = Codings::Other(fields.value_offset(first));
        for (index, field) in fields.iter().enumerate().skip(first) {
            if !Name::TransferEncoding.is(field.name) {
                continue;
            }
            for (at, coding) in token::positioned_members(field.value) {
                let offset = fields.value_offset(index) + at;
                let is_chunked = coding.eq_ignore_ascii_case(b"chunked");
                match codings {
                    // None is reasonable here: which bytes are the body hangs on it.
                    _ if coding.is_empty() => {
                        empty_left = empty_left
                            .checked_sub(1)
                            .ok_or(Error::new(ErrorKind::EmptyListElement, offset))?;
                    }
                    // "A sender MUST NOT apply the chunked transfer coding more than once to a message body."
                    Codings::Chunked if is_chunked => {
                        return Err(Error::new(ErrorKind::RepeatedChunked, offset));
                    }
                    Codings::Chunked => return Err(Error::new(ErrorKind::ChunkedNotLast, offset)),
                    _ if is_chunked => codings = Codings::Chunked,
                    // A quote may hide a comma, so where such a member ends is in doubt.
                    _ if allows_others && !coding.contains(&b'"') => {
                        codings = Codings::Other(offset)
                    }
                    _ => return Err(Error::new(ErrorKind::UnknownTransferCoding, offset)),
                }
            }
        }
        match codings {
            Codings::Other(at) if !allows_others => Err(Error::new(ErrorKind::ChunkedNotLast, at)),
            codings => Ok(codings),
        }
    }

    pub(super) fn framing(&self, body: BodyLength, version: Version) -> Framing {
        let is_11 = version >= Version::HTTP_11;
        let mut flags = Flags::default();
        // Quirks let these through, but "the server MUST close the connection after responding to such a request".
        let is_doubtful = self.first_coding.is_some() && (self.first_length.is_some() || !is_11);
        if self.flags.persists(is_11)
            && body != BodyLength::UntilClose
            && !(is_doubtful && body != BodyLength::None)
        {
            flags.insert(Flags::PERSISTS);
        }
        // "A server MUST ignore an Upgrade header field that is received in an HTTP/1.0 request", and 100-continue too.
        if is_11
            && self.flags.contains(Flags::UPGRADE_OPTION)
            && self.flags.contains(Flags::UPGRADE_FIELD)
        {
            flags.insert(Flags::UPGRADES);
        }
        if is_11 && self.flags.contains(Flags::EXPECT_CONTINUE) {
            flags.insert(Flags::EXPECT_CONTINUE);
        }
        // Where Transfer-Encoding overrides it, Content-Length says nothing.
        let content_length = self.content_length.filter(|_| body != BodyLength::Chunked);
        Framing {
            body,
            content_length,
            flags,
        }
    }
}
