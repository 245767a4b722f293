//! The fields after the last chunk (RFC 9112 section 7.1.2).

use wirekit_http::field::{Classes, Name};

use crate::config::{Config, Quirks};
use crate::error::{Error, ErrorKind};
use crate::field::{FieldTable, Fields};
use crate::scan::{self, Parsed, Progress, Section};

/// The trailer section of a chunked body: field lines, often none, and an empty line.
///
/// Belongs beside the head's fields, never among them (RFC 9110 section 6.5.1).
///
/// ```
/// use wirekit_http1::{FieldTable, Trailers};
///
/// let mut fields = FieldTable::new();
/// let Some((trailers, used)) = Trailers::parse(b"ETag: \"7\"\r\n\r\nGET", &mut fields)? else { panic!("incomplete") };
/// assert_eq!(trailers.fields().first("etag"), Some(b"\"7\"".as_slice()));
/// assert_eq!(used, 13);
/// # Ok::<(), wirekit_http1::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trailers<'a> {
    bytes: &'a [u8],
    fields: Fields<'a>,
}

impl<'a> Trailers<'a> {
    /// Parses a trailer section with the default limits and no quirks; `None` asks for more input.
    ///
    /// # Errors
    ///
    /// The kinds of fields, [`TrailersTooLong`](ErrorKind::TrailersTooLong) and
    /// [`ForbiddenTrailer`](ErrorKind::ForbiddenTrailer).
    pub fn parse<const N: usize>(
        input: &'a [u8],
        fields: &'a mut FieldTable<N>,
    ) -> Result<Option<(Self, usize)>, Error> {
        Self::resume(input, fields, &Config::DEFAULT, &mut Progress::new())
    }

    /// [`parse`](Self::parse) with limits and quirks, going on where the last call for the same section stopped.
    ///
    /// `input` starts at the section's first byte each time; `progress` starts as [`Progress::new`] and is so again after
    /// `Some`. `fields` is written when the section is whole, by a second look at the bytes that came before; until then
    /// it may serve others.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse).
    pub fn resume<const N: usize>(
        input: &'a [u8],
        fields: &'a mut FieldTable<N>,
        config: &Config,
        progress: &mut Progress,
    ) -> Result<Option<(Self, usize)>, Error> {
        let config = &config.quirks(line_quirks(config.quirks));
        if scan::extends_part(Section::Trailers, input, config, progress) {
            return Ok(None);
        }
        let parsed = Parsed::advance(Section::Trailers, input, fields, config, progress)?;
        let Some(Parsed { bytes, fields, .. }) = parsed else {
            return Ok(None);
        };
        if !config.quirks.contains(Quirks::FORBIDDEN_TRAILERS)
            && let Some(index) = fields.iter().position(|field| is_refused(field.name))
        {
            return Err(Error::new(
                ErrorKind::ForbiddenTrailer,
                fields.name_offset(index),
            ));
        }
        Ok(Some((Self { bytes, fields }, bytes.len())))
    }

    /// The bytes of the section, the empty line at its end included.
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The fields, in order.
    pub const fn fields(&self) -> Fields<'a> {
        self.fields
    }
}

/// The lines of a trailer section are read as those of a head; what ends one has a quirk of its own.
const fn line_quirks(quirks: Quirks) -> Quirks {
    if quirks.contains(Quirks::BARE_LF_IN_CHUNKS) {
        quirks.union(Quirks::BARE_LF)
    } else {
        quirks.without(Quirks::BARE_LF)
    }
}

/// Whether no sender may write a field in a trailer section: what must be known before the content (RFC 9110 section
/// 6.5.1). A recipient "MAY selectively retain or discard" it (RFC 9112 section 7.1.2), so most of it is read like any other.
#[inline]
pub(super) fn is_forbidden(name: &[u8]) -> bool {
    Classes::of(name).intersects(Classes::NOT_IN_TRAILERS)
}

/// What no trailer section has: where a caller merges it into the head in spite of RFC 9110 section 6.5.1, the message
/// ends elsewhere, goes elsewhere or is somebody else's.
fn is_refused(name: &[u8]) -> bool {
    const CLASSES: Classes = Classes::FRAMING
        .union(Classes::CONNECTION)
        .union(Classes::ROUTING)
        .union(Classes::AUTHENTICATION);
    Name::of(name).is_some_and(|name| {
        name.classes().intersects(CLASSES) || matches!(name, Name::Expect | Name::Trailer)
    })
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use crate::Limits;

    #[rustfmt::skip]
    #[test]
    fn what_no_trailer_section_has() {
        let rows: &[(&[u8], ErrorKind, usize)] = &[
            (b"Content-Length: 5\r\n\r\n",           ErrorKind::ForbiddenTrailer,             0), // RFC 9110 6.5.1
            (b"A: b\r\ntransfer-encoding: x\r\n\r\n", ErrorKind::ForbiddenTrailer,            6),
            (b"A: b\r\nHOST: x\r\n\r\n",             ErrorKind::ForbiddenTrailer,             6),
            (b"A : b\r\n\r\n",                       ErrorKind::SpaceBeforeColon,             1), // 5.1
            (b"A: b\r\n c\r\n\r\n",                  ErrorKind::ObsFold,                      6), // 5.2
            (b"A: b\n\r\n",                          ErrorKind::BareLf,                       4), // 2.2
            (b"A: b\r\nB: c\r\nC: d\r\n\r\n",        ErrorKind::TooManyFields { max: 2 },    12),
            (b"A: 0123456789012345678901234567890",  ErrorKind::TrailersTooLong { max: 32 }, 32),
        ];
        let config = Config::DEFAULT.limits(Limits::DEFAULT.max_trailers_len(32).max_fields(2));
        for &(input, kind, offset) in rows {
            let (mut table, mut progress) = (FieldTable::new(), Progress::new());
            let whole = Trailers::resume(input, &mut table, &config, &mut Progress::new());
            assert_eq!(whole, Err(Error::new(kind, offset)), "{}", input.escape_ascii());
            let dripped = (0..=input.len())
                .find_map(|len| Trailers::resume(&input[..len], &mut table, &config, &mut progress).err());
            assert_eq!(dripped, Some(Error::new(kind, offset)), "{}", input.escape_ascii());
        }
        let config = config.quirks(Quirks::FORBIDDEN_TRAILERS);
        let mut table = FieldTable::new();
        let trailers = Trailers::resume(b"Host: a\r\n\r\n", &mut table, &config, &mut Progress::new()).unwrap();
        assert_eq!(trailers.unwrap().0.fields().first("host"), Some(&b"a"[..]));
    }

    #[test]
    fn what_a_sender_should_not_have_put_there_is_read_all_the_same() {
        let mut table = FieldTable::new();
        let names = [
            "Cache-Control",
            "Range",
            "If-Match",
            "Date",
            "Vary",
            "Location",
            "Content-Type",
        ];
        for name in names {
            let section = std::format!("{name}: a\r\n\r\n");
            let (trailers, used) = Trailers::parse(section.as_bytes(), &mut table)
                .unwrap()
                .unwrap();
            assert_eq!(
                (trailers.fields().first(name), used),
                (Some(&b"a"[..]), section.len())
            );
            assert!(is_forbidden(name.as_bytes()));
        }
        for name in Name::ALL {
            let name = name.as_str().as_bytes();
            assert!(is_forbidden(name) || !is_refused(name));
        }
    }

    #[test]
    fn a_quirk_of_heads_is_not_one_of_trailers() {
        let mut table = FieldTable::new();
        for (quirk, used) in [
            (Quirks::BARE_LF, Err(Error::new(ErrorKind::BareLf, 4))),
            (Quirks::BARE_LF_IN_CHUNKS, Ok(Some(6))),
        ] {
            let config = Config::DEFAULT.quirks(quirk);
            let trailers = Trailers::resume(b"A: b\n\n", &mut table, &config, &mut Progress::new());
            assert_eq!(trailers.map(|it| it.map(|(_, used)| used)), used);
        }
    }

    #[test]
    fn no_trailers_is_an_empty_line() {
        let (mut table, mut none) = (FieldTable::new(), FieldTable::<0>::with_capacity());
        for used in 0..2 {
            assert_eq!(Trailers::parse(&b"\r\n"[..used], &mut table), Ok(None));
        }
        let (trailers, used) = Trailers::parse(b"\r\nGET", &mut none).unwrap().unwrap();
        assert_eq!((trailers.fields().len(), used), (0, 2));
    }
}
