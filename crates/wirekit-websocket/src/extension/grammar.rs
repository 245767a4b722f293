//! The grammar of RFC 6455 section 9.1, with the white space and empty list elements of RFC 9110 section 5.6.

use nom::branch::alt;
use nom::bytes::complete::{take_while, take_while1};
use nom::character::complete::{char, satisfy};
use nom::combinator::{map, opt, recognize};
use nom::error::{ErrorKind as NomKind, ParseError};
use nom::multi::many0_count;
use nom::sequence::preceded;
use nom::{Err, IResult, Parser};
use wirekit_http::token::{is_ows, is_tchar};

use super::{Extension, Parameter, Value};
use crate::handshake::{Error, ErrorKind};

/// Where the parse stopped, and the rule that is broken there, unless it was an alternative not taken.
#[derive(Debug)]
struct Fault<'a> {
    rest: &'a [u8],
    kind: Option<ErrorKind>,
}

impl<'a> ParseError<&'a [u8]> for Fault<'a> {
    fn from_error_kind(rest: &'a [u8], _: NomKind) -> Self {
        Self { rest, kind: None }
    }

    fn append(_: &'a [u8], _: NomKind, other: Self) -> Self {
        other
    }
}

type Parsed<'a, T> = IResult<&'a [u8], T, Fault<'a>>;

pub(super) fn check(value: &[u8]) -> Result<(), Error> {
    let place = |fault: Err<Fault<'_>>| match fault {
        Err::Error(fault) | Err::Failure(fault) => {
            let kind = fault.kind.unwrap_or(ErrorKind::ExtensionToken);
            Error::new(kind, value.len() - fault.rest.len())
        }
        Err::Incomplete(_) => Error::new(ErrorKind::ExtensionToken, value.len()),
    };
    let (mut rest, ()) = empty_elements(value).map_err(place)?;
    if rest.is_empty() {
        return Err(Error::new(ErrorKind::ExtensionListEmpty, value.len()));
    }
    while !rest.is_empty() {
        (rest, _) = extension(rest).map_err(place)?;
        if rest.first().is_some_and(|&byte| byte != b',') {
            return Err(Error::new(
                ErrorKind::ExtensionDelimiter,
                value.len() - rest.len(),
            ));
        }
        (rest, ()) = empty_elements(rest).map_err(place)?;
    }
    Ok(())
}

/// What stands from the next extension's first byte on, what follows the extension, and the extension.
pub(super) fn next_extension(rest: &[u8]) -> Option<(&[u8], &[u8], Extension<'_>)> {
    let (start, ()) = empty_elements(rest).ok()?;
    let (rest, extension) = extension(start).ok()?;
    Some((start, rest, extension))
}

pub(super) fn next_parameter(rest: &[u8]) -> Option<(&[u8], Parameter<'_>)> {
    parameter(rest).ok()
}

fn empty_elements(input: &[u8]) -> Parsed<'_, ()> {
    map(take_while(|byte| is_ows(byte) || byte == b','), |_| ()).parse(input)
}

/// `extension-token *( ";" extension-param )`
fn extension(input: &[u8]) -> Parsed<'_, Extension<'_>> {
    let parameters = recognize(many0_count(parameter));
    map(
        (must(token, ErrorKind::ExtensionToken), ows, parameters),
        |(token, _, parameters)| Extension { token, parameters },
    )
    .parse(input)
}

/// `";" token [ "=" (token | quoted-string) ]`, and the white space up to what follows.
fn parameter(input: &[u8]) -> Parsed<'_, Parameter<'_>> {
    let name = must(token, ErrorKind::ExtensionToken);
    let value = must(
        alt((quoted, map(tchars, |raw| Value { raw }))),
        ErrorKind::ExtensionValue,
    );
    map(
        (
            char(';'),
            ows,
            name,
            ows,
            opt(preceded((char('='), ows), value)),
            ows,
        ),
        |(_, _, name, _, value, _)| Parameter { name, value },
    )
    .parse(input)
}

/// A quoted string that is a token without its quotes and backslashes.
fn quoted(input: &[u8]) -> Parsed<'_, Value<'_>> {
    let character = alt((
        tchars,
        preceded(
            char('\\'),
            recognize(satisfy(|c| u8::try_from(c).is_ok_and(is_tchar))),
        ),
    ));
    let inside = recognize(many0_count(character));
    preceded(char('"'), map((inside, close), |(raw, ())| Value { raw }))
        .parse(input)
        .and_then(|(rest, value)| match value.raw {
            [] => Err(Err::Failure(Fault {
                rest: input,
                kind: Some(ErrorKind::ExtensionQuotedToken),
            })),
            _ => Ok((rest, value)),
        })
}

fn close(input: &[u8]) -> Parsed<'_, ()> {
    let kind = match input {
        [b'"', rest @ ..] => return Ok((rest, ())),
        [] | [b'\\'] => ErrorKind::ExtensionQuoteOpen,
        _ => ErrorKind::ExtensionQuotedToken,
    };
    Err(Err::Failure(Fault {
        rest: input,
        kind: Some(kind),
    }))
}

fn token(input: &[u8]) -> Parsed<'_, &str> {
    // A token is ASCII.
    map(tchars, |token| {
        core::str::from_utf8(token).unwrap_or_default()
    })
    .parse(input)
}

fn tchars(input: &[u8]) -> Parsed<'_, &[u8]> {
    take_while1(is_tchar)(input)
}

fn ows(input: &[u8]) -> Parsed<'_, &[u8]> {
    take_while(is_ows)(input)
}

/// Ends the parse with `kind`, where `parser` found no beginning of what it reads.
fn must<'a, T>(
    mut parser: impl Parser<&'a [u8], Output = T, Error = Fault<'a>>,
    kind: ErrorKind,
) -> impl Parser<&'a [u8], Output = T, Error = Fault<'a>> {
    move |input| {
        parser.parse(input).map_err(|fault| match fault {
            Err::Error(Fault { rest, kind: None }) => Err::Failure(Fault {
                rest,
                kind: Some(kind),
            }),
            other => other,
        })
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::format;
    use std::string::String;
    use std::vec::Vec;

    use super::super::Extensions;
    use super::*;

    fn words(value: &[u8]) -> String {
        let list = Extensions::parse(value)
            .unwrap()
            .into_iter()
            .map(|extension| {
                let parameters =
                    extension
                        .parameters()
                        .iter()
                        .map(|parameter| match parameter.value() {
                            Some(value) => format!(";{}={value}", parameter.name()),
                            None => format!(";{}", parameter.name()),
                        });
                format!("{}{}", extension.token(), parameters.collect::<String>())
            });
        list.collect::<Vec<_>>().join(",")
    }

    #[test]
    fn lists_are_read() {
        #[rustfmt::skip]
        let rows: [(&str, &str); 9] = [
            // RFC 6455 section 9.1
            ("foo", "foo"),
            ("bar; baz=2", "bar;baz=2"),
            ("foo, bar; baz=2", "foo,bar;baz=2"),
            ("deflate-stream", "deflate-stream"),
            ("mux; max-channels=4; flow-control, deflate-stream", "mux;max-channels=4;flow-control,deflate-stream"),
            // White space wherever RFC 2616 section 2.1 implies it; empty elements, RFC 9110 section 5.6.1.2.
            (" , foo\t;\ta = b ;c,, ,bar , ", "foo;a=b;c,bar"),
            // "after quoted-string unescaping MUST conform to the 'token' ABNF"
            ("a; b=\"10\"", "a;b=10"),
            ("a; b=\"1\\0\"; c", "a;b=10;c"),
            ("a;b=\"\\1\",a;b=1", "a;b=1,a;b=1"),
        ];
        for (value, expected) in rows {
            assert_eq!(words(value.as_bytes()), expected, "{value}");
        }
    }

    #[test]
    fn grammar_of_section_9_1_is_required() {
        use ErrorKind::{
            ExtensionDelimiter, ExtensionListEmpty, ExtensionQuoteOpen, ExtensionQuotedToken,
            ExtensionToken, ExtensionValue,
        };
        #[rustfmt::skip]
        let rows: [(&[u8], ErrorKind, usize); 22] = [
            (b"",             ExtensionListEmpty,   0),
            (b" ,\t, ",       ExtensionListEmpty,   5),
            (b";a",           ExtensionToken,       0),
            (b"=",            ExtensionToken,       0),
            (b"a, ;b",        ExtensionToken,       3),
            (b"a;",           ExtensionToken,       2),
            (b"a; ,b",        ExtensionToken,       3),
            (b"a;=1",         ExtensionToken,       2),
            (b"a;;b",         ExtensionToken,       2),
            (b"\"a\"",        ExtensionToken,       0),
            (b"caf\xc3\xa9",  ExtensionDelimiter,   3),
            (b"a b",          ExtensionDelimiter,   2),
            (b"a=1",          ExtensionDelimiter,   1),
            (b"a;b c",        ExtensionDelimiter,   4),
            (b"a;b=1=2",      ExtensionDelimiter,   5),
            (b"a;b=",         ExtensionValue,       4),
            (b"a;b=,c",       ExtensionValue,       4),
            (b"a;b=\"1",      ExtensionQuoteOpen,   6),
            (b"a;b=\"1\\",    ExtensionQuoteOpen,   6),
            (b"a;b=\"\"",     ExtensionQuotedToken, 4),
            (b"a;b=\"1 2\"",  ExtensionQuotedToken, 6),
            (b"a;b=\"\\\"\"",  ExtensionQuotedToken, 5),
        ];
        for (value, kind, offset) in rows {
            let error = Extensions::parse(value).unwrap_err();
            assert_eq!(
                (error.kind(), error.offset()),
                (kind, offset),
                "{}",
                value.escape_ascii()
            );
        }
    }

    #[test]
    fn quoting_does_not_change_a_value() {
        // RFC 6455 section 9.1: "the value after quoted-string unescaping MUST conform to the 'token' ABNF".
        let list = Extensions::parse(b"a;b=15;c=\"1\\5\";d=16").unwrap();
        let parameters = list.iter().next().unwrap().parameters();
        let values: Vec<_> = parameters
            .iter()
            .filter_map(|value| value.value())
            .collect();
        assert_eq!(values[0], values[1]);
        assert_ne!(values[0], values[2]);
        assert!(values[1] == "15" && values[1] == *"15");
        assert!(values[1] != "1" && values[1] != *"16");
    }

    #[test]
    fn numbers_have_one_spelling() {
        #[rustfmt::skip]
        let rows: [(&[u8], Option<u8>); 9] = [
            (b"a;b=8", Some(8)), (b"a;b=15", Some(15)), (b"a;b=\"1\\5\"", Some(15)), (b"a;b=0", Some(0)),
            (b"a;b=08", None), (b"a;b=+8", None), (b"a;b=256", None), (b"a;b=0x8", None), (b"a;b=8.0", None),
        ];
        for (value, number) in rows {
            let mut parameters = Extensions::parse(value)
                .unwrap()
                .into_iter()
                .next()
                .unwrap()
                .parameters()
                .iter();
            assert_eq!(
                parameters.next().unwrap().value().unwrap().to_u8(),
                number,
                "{}",
                value.escape_ascii()
            );
        }
    }
}
