use core::borrow::Borrow;

use crate::{EncodeError, Field, field_name};

/// What the fields that the caller gave say about the connection.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Options {
    pub(crate) close: bool,
    pub(crate) keep_alive: bool,
    upgrade_option: bool,
    upgrade_field: bool,
    pub(crate) expect_continue: bool,
    /// The first field that frames a body.
    framing: Option<usize>,
    /// The first Transfer-Encoding.
    coding: Option<usize>,
}

impl Options {
    pub(crate) fn of<'f, F>(fields: F) -> Self
    where
        F: IntoIterator<Item: Borrow<Field<'f>>>,
    {
        let mut options = Self::default();
        for (index, field) in fields.into_iter().enumerate() {
            let field = field.borrow();
            match field.name.len() {
                6 if field.is_named(field_name::EXPECT) => {
                    options.expect_continue |= has_element(field, "100-continue");
                }
                7 if field.is_named(field_name::UPGRADE) => {
                    options.upgrade_field |= field.elements().next().is_some();
                }
                10 if field.is_named(field_name::CONNECTION) => {
                    options.close |= has_element(field, "close");
                    options.keep_alive |= has_element(field, "keep-alive");
                    options.upgrade_option |= has_element(field, "upgrade");
                }
                14 if field.is_named(field_name::CONTENT_LENGTH) => {
                    _ = options.framing.get_or_insert(index)
                }
                17 if field.is_named(field_name::TRANSFER_ENCODING) => {
                    options.framing.get_or_insert(index);
                    options.coding.get_or_insert(index);
                }
                _ => {}
            }
        }
        options
    }

    /// Whether an upgrade is asked for or agreed to: it takes both the field and the connection option.
    pub(crate) const fn upgrade(&self) -> bool {
        self.upgrade_option && self.upgrade_field
    }

    /// "A server MUST NOT send any Transfer-Encoding or Content-Length header fields in a 2xx (Successful) response to
    /// CONNECT" (RFC 9110 section 9.3.6).
    pub(crate) fn forbid_framing(&self) -> Result<(), EncodeError> {
        self.framing
            .map_or(Ok(()), |index| Err(EncodeError::FramingMismatch { index }))
    }

    /// "A server MUST NOT send a response containing Transfer-Encoding unless the corresponding request indicates HTTP/1.1
    /// (or later minor revisions)" (RFC 9112 section 6.1): in answer to HEAD neither.
    pub(crate) fn forbid_coding(&self) -> Result<(), EncodeError> {
        self.coding
            .map_or(Ok(()), |index| Err(EncodeError::FramingMismatch { index }))
    }
}

fn has_element(field: &Field<'_>, wanted: &str) -> bool {
    field
        .elements()
        .any(|element| element.eq_ignore_ascii_case(wanted.as_bytes()))
}

/// The caller's fields, and a Connection field of ours behind them.
#[derive(Clone)]
pub(crate) struct WithConnection<'f, F> {
    fields: F,
    added: Option<Field<'f>>,
}

impl<'f, F> WithConnection<'f, F> {
    pub(crate) fn new(fields: F, option: Option<&'static str>) -> Self {
        Self {
            fields,
            added: option.map(|option| Field::new(field_name::CONNECTION, option)),
        }
    }
}

impl<'f, F> IntoIterator for WithConnection<'f, F>
where
    F: IntoIterator<Item: Borrow<Field<'f>>>,
{
    type Item = Field<'f>;
    type IntoIter = WithConnectionIter<'f, F::IntoIter>;

    #[inline]
    fn into_iter(self) -> Self::IntoIter {
        WithConnectionIter {
            fields: self.fields.into_iter(),
            added: self.added,
        }
    }
}

#[derive(Debug)]
pub(crate) struct WithConnectionIter<'f, I> {
    fields: I,
    added: Option<Field<'f>>,
}

impl<'f, I> Iterator for WithConnectionIter<'f, I>
where
    I: Iterator<Item: Borrow<Field<'f>>>,
{
    type Item = Field<'f>;

    #[inline]
    fn next(&mut self) -> Option<Field<'f>> {
        match self.fields.next() {
            Some(field) => Some(*field.borrow()),
            None => self.added.take(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Row = (
        &'static [(&'static str, &'static str)],
        [bool; 4],
        Option<usize>,
    );

    #[test]
    fn only_the_fields_of_these_names_are_options() {
        #[rustfmt::skip]
        let rows: [Row; 9] = [
            // Close, keep-alive, upgrade, 100-continue; the first field that frames a body.
            (&[("Connection", "a, Close")],                            [true, false, false, false], None),
            (&[("connection", "keep-alive"), ("Upgrade", "x")],        [false, true, false, false], None),
            (&[("Connection", "upgrade"), ("upgrade", "x")],           [false, false, true, false], None),
            (&[("Connection", "upgrade"), ("Referer", "x")],           [false, false, false, false], None),
            (&[("Upgrade", "x"), ("User-Agent", "upgrade, close")],    [false, false, false, false], None),
            (&[("Expect", "100-continue")],                            [false, false, false, true], None),
            (&[("Cookie", "100-continue")],                            [false, false, false, false], None),
            (&[("Accept-Charset", "1"), ("If-Modified-Since", "2"), ("Transfer-Encoding", "chunked"), ("Content-Length", "3")],
                                                                       [false, false, false, false], Some(2)),
            (&[("A", "b"), ("Content-Length", "3")],                   [false, false, false, false], Some(1)),
        ];
        for (fields, [close, keep_alive, upgrade, expect_continue], framing) in rows {
            let fields = fields.iter().map(|(name, value)| Field::new(*name, *value));
            let found = Options::of(fields);
            assert_eq!(
                (
                    found.close,
                    found.keep_alive,
                    found.upgrade(),
                    found.expect_continue
                ),
                (close, keep_alive, upgrade, expect_continue),
                "{found:?}"
            );
            let refused =
                framing.map_or(Ok(()), |index| Err(EncodeError::FramingMismatch { index }));
            assert_eq!(found.forbid_framing(), refused);
        }
    }
}
