use super::entry::{advance, behind, plain};
use super::progress::{Progress, Scanned, Section, StartLine};
use crate::arch::Backend;
use crate::config::Config;
use crate::error::Error;
use crate::field::{FieldTable, Fields};

/// What request heads, response heads and trailer sections are read to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parsed<'a> {
    /// All of them, the empty line at the end included.
    pub(crate) bytes: &'a [u8],
    pub(crate) fields: Fields<'a>,
    /// Where the parts of the start line stand; nothing for trailers.
    pub(crate) line: StartLine,
}

impl<'a> Parsed<'a> {
    /// Reads a section of which nothing is remembered, from its start; `None` asks for more input.
    ///
    /// Inlined, so that the section is known where it is read.
    #[inline(always)]
    pub(crate) fn parse<const N: usize>(
        section: Section,
        input: &'a [u8],
        table: &'a mut FieldTable<N>,
        config: &Config,
    ) -> Result<Option<Self>, Error> {
        match plain(Backend::detect(), section, input, &mut table.spans, config) {
            Ok(scanned) => Ok(Some(Self::new(input, table, &scanned))),
            Err(head) => {
                let progress = &mut Progress::new();
                let scanned = behind(head, section, input, &mut table.spans, config, progress)?;
                Ok(scanned.map(|scanned| Self::new(input, table, &scanned)))
            }
        }
    }

    /// Goes on where `progress` stands, which is at the start again after `Some`; [`extends_part`](super::extends_part) was
    /// asked before.
    #[inline]
    pub(crate) fn advance<const N: usize>(
        section: Section,
        input: &'a [u8],
        table: &'a mut FieldTable<N>,
        config: &Config,
        progress: &mut Progress,
    ) -> Result<Option<Self>, Error> {
        let scanned = advance(section, input, &mut table.spans, config, progress)?;
        Ok(scanned.map(|scanned| Self::new(input, table, &scanned)))
    }

    #[inline]
    fn new<const N: usize>(input: &'a [u8], table: &'a FieldTable<N>, scanned: &Scanned) -> Self {
        let bytes = input.get(..scanned.used).unwrap_or_default();
        let spans = table.spans.get(..scanned.fields).unwrap_or_default();
        Self {
            bytes,
            fields: Fields::new(bytes, spans),
            line: scanned.line,
        }
    }
}
