use super::*;
use std::string::String;
use std::vec::Vec;

/// Parameters, and their names with what their values say.
type Row = (&'static [u8], &'static [(&'static str, &'static [u8])]);
/// A value, and what is written.
type Written = (&'static [u8], Result<&'static [u8], EncodeError>);

fn words(input: &[u8]) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let word =
        |parameter: Parameter<'_>| (parameter.name.into(), parameter.value.bytes().collect());
    Ok(Parameters::parse(input)?.iter().map(word).collect())
}

#[test]
fn parameters_are_read() {
    #[rustfmt::skip]
    let rows: [Row; 9] = [
        // RFC 9110 section 8.3.1: these four are equivalent
        (b";charset=utf-8",           &[("charset", b"utf-8")]),
        (b";Charset=\"utf-8\"",       &[("Charset", b"utf-8")]),
        (b"; charset=\"utf-8\"",      &[("charset", b"utf-8")]),
        (b"; charset=\"\\utf-8\" ",   &[("charset", b"utf-8")]),
        // Section 5.6.6: the parameter behind a semicolon is optional
        (b"",                         &[]),
        (b" ; ;\t;;a=1; ",            &[("a", b"1")]),
        // Section 5.6.4
        (b";a=\"\";b=\";,\\\"\\\\\"", &[("a", b""), ("b", b";,\"\\")]),
        (b";a=\"\xe9\t\"",            &[("a", b"\xe9\t")]),
        (b";a=1;a=2",                 &[("a", b"1"), ("a", b"2")]),
    ];
    for (input, expected) in rows {
        let expected: Vec<(String, Vec<u8>)> = expected
            .iter()
            .map(|(name, value)| ((*name).into(), value.to_vec()))
            .collect();
        assert_eq!(words(input), Ok(expected), "{}", input.escape_ascii());
    }
}

#[test]
fn grammar_of_section_5_6_6_is_required() {
    use ErrorKind::{
        ParameterDelimiter, ParameterEquals, ParameterValue, QuotedStringByte, QuotedStringOpen,
        Token,
    };
    #[rustfmt::skip]
    let rows: [(&[u8], ErrorKind, usize); 17] = [
        (b"a=1",             ParameterDelimiter, 0),
        (b";a=1 b=2",        ParameterDelimiter, 5),
        (b";a=1,",           ParameterDelimiter, 4),
        (b";a=\"1\"2",       ParameterDelimiter, 6),
        (b";=1",             Token,              1),
        (b"; \xe9=1",        Token,              2),
        // "not even "bad" whitespace"
        (b";a =1",           ParameterEquals,    2),
        (b";a= 1",           ParameterValue,     3),
        (b";a",              ParameterEquals,    2),
        (b";a=",             ParameterValue,     3),
        (b";a=;b=1",         ParameterValue,     3),
        // Section 5.6.4
        (b";a=\"",           QuotedStringOpen,   4),
        (b";a=\"b\\",        QuotedStringOpen,   6),
        (b";a=\"b\\\"",      QuotedStringOpen,   7),
        (b";a=\"b\r\n\"",    QuotedStringByte,   5),
        (b";a=\"\\\x00\"",   QuotedStringByte,   5),
        (b";a=\"\x7f",       QuotedStringByte,   4),
    ];
    for (input, kind, offset) in rows {
        let error = Parameters::parse(input).unwrap_err();
        let found = (error.kind(), error.offset());
        assert_eq!(found, (kind, offset), "{}", input.escape_ascii());
    }
}

#[test]
fn values_say_the_same_quoted_or_not() {
    let value = |input| Value::parse(input).unwrap().0;
    assert_eq!(value(b"abc"), value(b"\"\\abc\""));
    assert_ne!(value(b"abc"), value(b"\"ab\""));
    assert!(value(b"\"A\\\"\"").is("A\"") && value(b"\"A\"").is_ignoring_case("a"));
    assert_eq!(value(b"\"a b\"").as_bytes(), Some(&b"a b"[..]));
    assert_eq!(value(b"\"a\\ b\"").as_bytes(), None);
    let mut out = [0; 2];
    assert_eq!(value(b"\"\\a\\b\"").copy_to_slice(&mut out), Ok(2));
    assert_eq!(&out, b"ab");
    let needed = 3;
    assert_eq!(
        value(b"abc").copy_to_slice(&mut out),
        Err(EncodeError::OutputTooSmall { needed })
    );
}

#[test]
fn values_are_written_as_the_grammar_has_them() {
    #[rustfmt::skip]
    let rows: [Written; 7] = [
        (b"for",        Ok(b"for")),
        (b"",           Ok(b"\"\"")),
        (b"a b",        Ok(b"\"a b\"")),
        (b"\"\\",       Ok(b"\"\\\"\\\\\"")),
        (b"\xe9",       Ok(b"\"\xe9\"")),
        (b"a\r\nb",     Err(EncodeError::InvalidByte { offset: 1 })),
        (b"a very long one", Err(EncodeError::OutputTooSmall { needed: 17 })),
    ];
    for (value, expected) in rows {
        let mut out = [0xa5; 16];
        match (encode_value(value, &mut out), expected) {
            (Ok(len), Ok(expected)) => assert_eq!(&out[..len], expected),
            (found, expected) => {
                assert_eq!(found.map(|_| &b""[..]), expected);
                assert_eq!(out, [0xa5; 16]);
            }
        }
    }
}
