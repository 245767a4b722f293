//! What a recipient would rather have: `Accept` and `Accept-Encoding` (RFC 9110 section 12.5).

use crate::token::{is_token, token_len, trim_ows_start};
use crate::{Error, ErrorKind, Parameter, Parameters, list};

/// How much something is wanted, in thousandths: 0 is "not acceptable" (RFC 9110 section 12.4.2).
///
/// ```
/// use wirekit_http::accept::{MediaRange, Weight};
///
/// let range = MediaRange::parse(b"text/html;q=0.7")?;
/// assert_eq!(range.weight.thousandths(), 700);
/// assert_eq!(MediaRange::parse(b"text/html")?.weight, Weight::ONE);
/// # Ok::<(), wirekit_http::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Weight(u16);

impl Weight {
    /// Not acceptable.
    pub const ZERO: Self = Self(0);
    /// What stands without a `q`.
    pub const ONE: Self = Self(1000);

    /// The weight as a number of thousandths, 0 to 1000.
    pub const fn thousandths(self) -> u16 {
        self.0
    }

    /// `( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] )`
    fn parse(input: &[u8]) -> Option<Self> {
        let (whole, decimals) = match input {
            [whole @ (b'0' | b'1')] => (*whole, &b""[..]),
            [whole @ (b'0' | b'1'), b'.', decimals @ ..] if decimals.len() <= 3 => {
                (*whole, decimals)
            }
            _ => return None,
        };
        let mut thousandths = u16::from(whole - b'0') * 1000;
        let mut unit = 100;
        for byte in decimals {
            let digit = byte.is_ascii_digit().then(|| u16::from(byte - b'0'))?;
            thousandths += digit * unit;
            unit /= 10;
        }
        (thousandths <= 1000).then_some(Self(thousandths))
    }

    /// The weight among the parameters, which may stand anywhere: "recipients SHOULD process any parameter named "q" as
    /// weight, regardless of parameter ordering" (RFC 9110 section 12.5.1).
    fn of(parameters: Parameters<'_>, place: usize) -> Result<Self, Error> {
        match parameters.iter().find(is_weight) {
            None => Ok(Self::ONE),
            Some(q) if q.value.is_quoted() => Err(Error::new(ErrorKind::Weight, place)),
            Some(q) => Self::parse(q.value.raw()).ok_or(Error::new(ErrorKind::Weight, place)),
        }
    }
}

fn is_weight(parameter: &Parameter<'_>) -> bool {
    parameter.name.eq_ignore_ascii_case("q")
}

/// A media type: the value of `Content-Type`, or one that can be sent (RFC 9110 section 8.3.1).
///
/// ```
/// use wirekit_http::accept::MediaType;
///
/// let media_type = MediaType::parse(b"text/html; charset=utf-8")?;
/// assert_eq!((media_type.type_name, media_type.subtype), ("text", "html"));
/// assert!(media_type.parameters.get("charset").is_some_and(|charset| charset.is_ignoring_case("UTF-8")));
/// # Ok::<(), wirekit_http::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct MediaType<'a> {
    /// Such as `text`; upper and lower case are the same.
    pub type_name: &'a str,
    /// Such as `html`; upper and lower case are the same.
    pub subtype: &'a str,
    /// Such as `charset=utf-8`.
    pub parameters: Parameters<'a>,
}

impl<'a> MediaType<'a> {
    /// Reads a media type with its parameters.
    ///
    /// # Errors
    ///
    /// [`MediaType`](ErrorKind::MediaType) and those of [`Parameters::parse`].
    pub fn parse(input: &'a [u8]) -> Result<Self, Error> {
        let wrong = |rest: &[u8]| Error::new(ErrorKind::MediaType, input.len() - rest.len());
        let (type_name, rest) = token(input).ok_or_else(|| wrong(input))?;
        let [b'/', rest @ ..] = rest else {
            return Err(wrong(rest));
        };
        let (subtype, rest) = token(rest).ok_or_else(|| wrong(rest))?;
        if !matches!(trim_ows_start(rest), [] | [b';', ..]) {
            return Err(wrong(rest));
        }
        let place = input.len() - rest.len();
        let parameters = Parameters::parse(rest).map_err(|error| error.shifted(place))?;
        Ok(Self {
            type_name,
            subtype,
            parameters,
        })
    }
}

/// A media range of `Accept` and its weight: RFC 9110 section 12.5.1. The example of [`media_ranges`] reads some.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct MediaRange<'a> {
    /// The type; `*` where any will do.
    pub media_type: MediaType<'a>,
    /// How much it is wanted.
    pub weight: Weight,
}

impl<'a> MediaRange<'a> {
    /// Reads one member of `Accept`.
    ///
    /// # Errors
    ///
    /// [`MediaType`](ErrorKind::MediaType), also for `*/` before anything but `*`; [`Weight`](ErrorKind::Weight); and those
    /// of [`Parameters::parse`].
    pub fn parse(input: &'a [u8]) -> Result<Self, Error> {
        let media_type = MediaType::parse(input)?;
        if media_type.type_name == "*" && media_type.subtype != "*" {
            return Err(Error::new(ErrorKind::MediaType, 2));
        }
        let weight = Weight::of(media_type.parameters, 0)?;
        Ok(Self { media_type, weight })
    }

    /// How closely the range describes the type; `None` if it does not. "Media ranges can be overridden by more specific
    /// media ranges" (RFC 9110 section 12.5.1): a type, a subtype, then each parameter counts.
    fn specificity(&self, offered: &MediaType<'_>) -> Option<usize> {
        let range = &self.media_type;
        let is_same = |range: &str, offered: &str| range.eq_ignore_ascii_case(offered);
        let named = match (range.type_name, range.subtype) {
            ("*", _) => 0,
            (name, "*") if is_same(name, offered.type_name) => 1,
            (name, subtype)
                if is_same(name, offered.type_name) && is_same(subtype, offered.subtype) =>
            {
                2
            }
            _ => return None,
        };
        let mut parameters = 0;
        for wanted in range.parameters.iter().filter(|wanted| !is_weight(wanted)) {
            let value = offered.parameters.get(wanted.name)?;
            let lower = |byte: u8| byte.to_ascii_lowercase();
            if !value.bytes().map(lower).eq(wanted.value.bytes().map(lower)) {
                return None;
            }
            parameters += 1;
        }
        Some(named + parameters)
    }
}

/// The media ranges of one line of `Accept`, in order: RFC 9110 section 12.5.1.
///
/// ```
/// use wirekit_http::accept::media_ranges;
///
/// let ranges: Result<Vec<_>, _> = media_ranges(b"text/*;q=0.3, text/plain").collect();
/// assert!(ranges?.iter().map(|range| range.media_type.subtype).eq(["*", "plain"]));
/// # Ok::<(), wirekit_http::Error>(())
/// ```
pub fn media_ranges(value: &[u8]) -> impl Iterator<Item = Result<MediaRange<'_>, Error>> {
    list::quoted_members(value)
        .map(|member| MediaRange::parse(member.bytes).map_err(|error| error.shifted(member.offset)))
}

/// Which of the offered types is wanted most, given all lines of `Accept` (RFC 9110 section 12.5.1); the first of those that
/// are wanted alike.
/// `None`: none is acceptable, which a server may say with 406 or disregard.
///
/// Without any media range every type is acceptable.
///
/// ```
/// use wirekit_http::accept::{MediaType, choose_type};
///
/// let offered = [MediaType::parse(b"text/html")?, MediaType::parse(b"application/json")?];
/// let chosen = choose_type([&b"text/*;q=0.3, application/json"[..]], &offered)?;
/// assert_eq!(chosen, Some(1));
/// # Ok::<(), wirekit_http::Error>(())
/// ```
///
/// # Errors
///
/// Those of [`MediaRange::parse`], with the place in the line that breaks the grammar.
pub fn choose_type<'v>(
    lines: impl IntoIterator<Item = &'v [u8], IntoIter: Clone>,
    offered: &[MediaType<'_>],
) -> Result<Option<usize>, Error> {
    let lines = lines.into_iter();
    let mut is_any = true;
    for range in lines.clone().flat_map(media_ranges) {
        range?;
        is_any = false;
    }
    if is_any {
        return Ok((!offered.is_empty()).then_some(0));
    }
    let weight = |offered: &MediaType<'_>| {
        let ranges = lines.clone().flat_map(media_ranges).flatten();
        let mut best: Option<(usize, Weight)> = None;
        for range in ranges {
            if let Some(specificity) = range.specificity(offered)
                && best.is_none_or(|(other, _)| specificity > other)
            {
                best = Some((specificity, range.weight));
            }
        }
        best.map_or(0, |(_, weight)| weight.0)
    };
    Ok(first_of_most(offered.iter().map(weight)))
}

/// Which of the offered content codings is wanted most, given all lines of `Accept-Encoding`; the first of those that are
/// wanted alike. `identity` is no coding. `None`: none is acceptable (RFC 9110 section 12.5.3).
///
/// Without the field any coding is acceptable, and `identity` is chosen if it is offered: few who do not send the field
/// decode anything. Otherwise `identity` is acceptable unless excluded, and wanted less than anything listed.
///
/// ```
/// use wirekit_http::accept::choose_encoding;
///
/// let offered = ["br", "gzip", "identity"];
/// assert_eq!(choose_encoding([&b"gzip, deflate, br"[..]], &offered)?, Some(0));
/// assert_eq!(choose_encoding([&b"deflate"[..]], &offered)?, Some(2));
/// assert_eq!(choose_encoding([], &offered)?, Some(2));
/// # Ok::<(), wirekit_http::Error>(())
/// ```
///
/// # Errors
///
/// [`Token`](ErrorKind::Token), [`Weight`](ErrorKind::Weight) and those of [`Parameters::parse`], with the place in the
/// line that breaks the grammar.
pub fn choose_encoding<'v>(
    lines: impl IntoIterator<Item = &'v [u8], IntoIter: Clone>,
    offered: &[&str],
) -> Result<Option<usize>, Error> {
    let lines = lines.into_iter();
    let is_identity = |coding: &&str| coding.eq_ignore_ascii_case("identity");
    if lines.clone().next().is_none() {
        let identity = offered.iter().position(is_identity);
        return Ok(identity.or((!offered.is_empty()).then_some(0)));
    }
    for coding in lines.clone().flat_map(codings) {
        coding?;
    }
    let weight = |offered: &&str| {
        let mut listed = None;
        let mut others = None;
        for (coding, weight) in lines.clone().flat_map(codings).flatten() {
            if is_same_coding(coding, offered) {
                listed = listed.or(Some(weight));
            } else if coding == "*" {
                others = others.or(Some(weight));
            }
        }
        match listed.or(others) {
            // One more, so that what is listed comes before an identity that is not.
            Some(Weight(0)) => 0,
            Some(Weight(thousandths)) => thousandths + 1,
            None => u16::from(is_identity(offered)),
        }
    };
    Ok(first_of_most(offered.iter().map(weight)))
}

/// The codings of one line of `Accept-Encoding` and their weights.
fn codings(value: &[u8]) -> impl Iterator<Item = Result<(&str, Weight), Error>> {
    list::quoted_members(value).map(|member| {
        let at = |place| member.offset + place;
        let (coding, rest) =
            token(member.bytes).ok_or(Error::new(ErrorKind::Token, member.offset))?;
        let place = at(member.bytes.len() - rest.len());
        let parameters = Parameters::parse(rest).map_err(|error| error.shifted(place))?;
        let weight = Weight::of(parameters, place)?;
        Ok((coding, weight))
    })
}

/// "A recipient SHOULD consider "x-gzip" to be equivalent to "gzip"", and x-compress to compress (RFC 9110 section 8.4.1).
fn is_same_coding(left: &str, right: &str) -> bool {
    fn plain(coding: &str) -> &str {
        match coding.split_at_checked(2) {
            Some((x, name))
                if x.eq_ignore_ascii_case("x-")
                    && (name.eq_ignore_ascii_case("gzip")
                        || name.eq_ignore_ascii_case("compress")) =>
            {
                name
            }
            _ => coding,
        }
    }
    plain(left).eq_ignore_ascii_case(plain(right))
}

/// The index of the first of the greatest numbers, if that is not 0.
fn first_of_most(weights: impl Iterator<Item = u16>) -> Option<usize> {
    let mut best = (0, None);
    for (index, weight) in weights.enumerate() {
        if weight > best.0 {
            best = (weight, Some(index));
        }
    }
    best.1
}

fn token(input: &[u8]) -> Option<(&str, &[u8])> {
    let (token, rest) = input.split_at_checked(token_len(input))?;
    if !is_token(token) {
        return None;
    }
    // A token is ASCII.
    Some((core::str::from_utf8(token).ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines of Accept-Encoding, what is offered, and which is chosen.
    type Row = (
        &'static [&'static [u8]],
        &'static [&'static str],
        Option<usize>,
    );

    #[test]
    fn weights_have_three_digits() {
        #[rustfmt::skip]
        let rows: [(&str, Option<u16>); 14] = [
            // RFC 9110 section 12.4.2
            ("0", Some(0)), ("0.", Some(0)), ("0.001", Some(1)), ("0.5", Some(500)), ("0.75", Some(750)),
            ("1", Some(1000)), ("1.000", Some(1000)),
            ("1.001", None), ("0.0001", None), (".5", None), ("2", None), ("", None), ("0,5", None), ("+1", None),
        ];
        for (text, thousandths) in rows {
            let weight = Weight::parse(text.as_bytes());
            assert_eq!(weight.map(Weight::thousandths), thousandths, "{text}");
        }
    }

    #[test]
    fn types_are_chosen() {
        let offered = [
            "text/html;level=1",
            "text/html",
            "text/plain",
            "image/jpeg",
            "text/html;level=2",
            "text/html;level=3",
        ];
        let offered = offered.map(|text| MediaType::parse(text.as_bytes()).unwrap());
        // RFC 9110 section 12.5.1's table of qualities
        let accept = &b"text/*;q=0.3, text/plain;q=0.7, text/plain;format=flowed, text/html;level=1, text/html;level=2;q=0.4, */*;q=0.5"[..];
        let wanted = |index: usize, other: usize| {
            let pair = [offered[index], offered[other]];
            choose_type([accept], &pair).unwrap() == Some(0)
        };
        // 1, 0.3, 0.7, 0.5, 0.4, 0.3
        assert!(wanted(0, 2) && wanted(2, 3) && wanted(3, 4) && wanted(4, 5));
        assert!(wanted(1, 5) && wanted(5, 1) && !wanted(1, 4));
    }

    #[test]
    fn types_that_are_not_listed_are_not_acceptable() {
        let html = [MediaType::parse(b"text/html").unwrap()];
        #[rustfmt::skip]
        let rows: [(&[&[u8]], Option<usize>); 8] = [
            // Sections 12.4.1 and 12.4.3
            (&[],                                Some(0)),
            (&[b""],                             Some(0)),
            (&[b"text/plain"],                   None),
            (&[b"*/*;q=0"],                      None),
            (&[b"text/html;q=0, */*"],           None),
            (&[b"text/plain", b"TEXT/HTML"],     Some(0)),
            (&[b"text/html;q=0.1;level=1, */*;q=0"], None),
            (&[b"text/html; charset=\"a,b\", text/*;Q=0.001"], Some(0)),
        ];
        for (lines, expected) in rows {
            assert_eq!(
                choose_type(lines.iter().copied(), &html),
                Ok(expected),
                "{lines:?}"
            );
        }
        assert_eq!(choose_type([], &[]), Ok(None));
    }

    #[test]
    fn codings_are_chosen() {
        #[rustfmt::skip]
        let rows: [Row; 15] = [
            // RFC 9110 section 12.5.3's examples
            (&[b"compress, gzip"],                       &["gzip", "identity"], Some(0)),
            (&[b""],                                     &["gzip", "identity"], Some(1)),
            (&[b"*"],                                    &["br", "identity"],   Some(0)),
            (&[b"compress;q=0.5, gzip;q=1.0"],           &["compress", "gzip"], Some(1)),
            (&[b"gzip;q=1.0, identity; q=0.5, *;q=0"],   &["br", "identity"],   Some(1)),
            (&[b"gzip;q=1.0, identity; q=0.5, *;q=0"],   &["br"],               None),
            // Rules 1 to 3
            (&[],                                        &["gzip"],             Some(0)),
            (&[],                                        &["gzip", "identity"], Some(1)),
            (&[b"identity;q=0"],                         &["identity"],         None),
            (&[b"*;q=0"],                                &["identity"],         None),
            (&[b"*;q=0, identity;q=0.001"],              &["gzip", "identity"], Some(1)),
            (&[b"gzip;q=0"],                             &["gzip", "identity"], Some(1)),
            (&[b"gzip;q=0.001"],                         &["identity", "gzip"], Some(1)),
            // Section 8.4.1.3
            (&[b"X-GZIP"],                               &["gzip", "identity"], Some(0)),
            (&[b"br;q=0.5", b"gzip"],                    &["br", "gzip"],       Some(1)),
        ];
        for (lines, offered, expected) in rows {
            let found = choose_encoding(lines.iter().copied(), offered);
            assert_eq!(found, Ok(expected), "{lines:?} {offered:?}");
        }
    }

    #[test]
    fn grammar_of_section_12_5_is_required() {
        const TYPE: ErrorKind = ErrorKind::MediaType;
        const WEIGHT: ErrorKind = ErrorKind::Weight;
        #[rustfmt::skip]
        let types: [(&[u8], ErrorKind, usize); 7] = [
            (b"text",                TYPE,   4),
            (b"a/b, /html",          TYPE,   5),
            (b"text/",               TYPE,   5),
            (b"*/html",              TYPE,   2),
            (b"text/html x",         TYPE,   9),
            (b"a/b, text/html;q=2",  WEIGHT, 5),
            (b"a/b;c",               ErrorKind::ParameterEquals, 5),
        ];
        for (value, kind, offset) in types {
            let error = choose_type([value], &[]).unwrap_err();
            let found = (error.kind(), error.offset());
            assert_eq!(found, (kind, offset), "{}", value.escape_ascii());
        }
        #[rustfmt::skip]
        let codings: [(&[u8], ErrorKind, usize); 4] = [
            (b"gzip, ;q=1",          ErrorKind::Token,              6),
            (b"gzip q=1",            ErrorKind::ParameterDelimiter, 5),
            (b"gzip;q=\"1\"",        WEIGHT,                        4),
            (b"br, gzip;q=1.5",      WEIGHT,                        8),
        ];
        for (value, kind, offset) in codings {
            let error = choose_encoding([value], &[]).unwrap_err();
            let found = (error.kind(), error.offset());
            assert_eq!(found, (kind, offset), "{}", value.escape_ascii());
        }
    }
}
