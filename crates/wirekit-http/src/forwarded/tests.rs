use super::*;
use core::net::Ipv4Addr;
use std::string::String;
use std::vec::Vec;

/// What is read, written again.
fn again(value: &[u8]) -> Result<Vec<String>, Error> {
    let written = |element: Result<Element<'_>, Error>| {
        let mut out = [0; 200];
        let len = element?.encode_to_slice(&mut out).unwrap();
        Ok(String::from_utf8(out[..len].into()).unwrap())
    };
    elements(value).map(written).collect()
}

#[test]
fn forwarded_is_read_and_written() {
    #[rustfmt::skip]
    let rows: [(&str, &[&str]); 10] = [
        // RFC 7239 section 4's examples
        ("for=\"_gazonk\"",                                  &["for=_gazonk"]),
        ("For=\"[2001:db8:cafe::17]:4711\"",                 &["for=\"[2001:db8:cafe::17]:4711\""]),
        ("for=192.0.2.60;proto=http;by=203.0.113.43",        &["for=192.0.2.60;by=203.0.113.43;proto=http"]),
        ("for=192.0.2.43, for=198.51.100.17",                &["for=192.0.2.43", "for=198.51.100.17"]),
        // Section 6
        ("for=unknown;by=_p",                                &["for=unknown;by=_p"]),
        ("for=\"10.0.0.1:_x\";host=\"a:80\"",                &["for=\"10.0.0.1:_x\";host=\"a:80\""]),
        // Section 5.5, and semicolons without a pair
        (";; secret=\"a,b\" ; for=unknown;",                 &["for=unknown"]),
        ("secret=1",                                         &[""]),
        ("host=\"a\\\"b\"",                                  &["host=\"a\\\"b\""]),
        ("",                                                 &[]),
    ];
    for (value, expected) in rows {
        let expected: Vec<String> = expected.iter().map(|text| (*text).into()).collect();
        assert_eq!(again(value.as_bytes()), Ok(expected), "{value}");
    }
}

#[test]
fn grammar_of_rfc_7239_is_required() {
    use ErrorKind::{
        ParameterDelimiter, ParameterEquals, ParameterValue, RepeatedParameter, Token,
    };
    #[rustfmt::skip]
    let rows: [(&str, ErrorKind, usize); 15] = [
        ("for",                        ParameterEquals,    3),
        ("for =1.2.3.4",               ParameterEquals,    3),
        ("for=",                       ParameterValue,     4),
        ("for=1.2.3.4 by=_x",          ParameterDelimiter, 12),
        ("for=1.2.3.4;=x",             Token,              12),
        ("=x",                         Token,              0),
        ("for=\"1.2.3.4",              ErrorKind::QuotedStringOpen, 12),
        // Section 4
        ("for=_a;FOR=_b",              RepeatedParameter,  7),
        ("by=_a, host=a;host=b",       RepeatedParameter,  14),
        // Section 6
        ("for=example.com",            ErrorKind::Node,    4),
        ("for=\"2001:db8::1\"",        ErrorKind::Node,    4),
        ("for=\"[::1]80\"",            ErrorKind::Node,    4),
        ("for=\"1.2.3.4:65536\"",      ErrorKind::Node,    4),
        ("for=\"1.2.3.4:000080\"",     ErrorKind::Node,    4),
        ("for=_",                      ErrorKind::Node,    4),
    ];
    for (value, kind, offset) in rows {
        let error = again(value.as_bytes()).unwrap_err();
        assert_eq!((error.kind(), error.offset()), (kind, offset), "{value}");
    }
}

#[test]
fn what_no_grammar_has_is_not_written() {
    let mut out = [0xa5; 8];
    let host = Element {
        host: Some(Value::new(b"a\r\n")),
        ..Element::EMPTY
    };
    let offset = 1;
    assert_eq!(
        host.encode_to_slice(&mut out),
        Err(EncodeError::InvalidByte { offset })
    );
    let name = NodeName::Obfuscated("x;by=_y");
    let node = Element {
        for_node: Some(Node { name, port: None }),
        ..Element::EMPTY
    };
    assert_eq!(
        node.encode_to_slice(&mut out),
        Err(EncodeError::InvalidToken)
    );
    let long = Element {
        for_node: Some(Ipv4Addr::LOCALHOST.into()),
        ..Element::EMPTY
    };
    let needed = 13;
    assert_eq!(
        long.encode_to_slice(&mut out),
        Err(EncodeError::OutputTooSmall { needed })
    );
    assert_eq!(out, [0xa5; 8]);
}

#[test]
fn the_client_is_the_nearest_that_is_no_proxy() {
    let is_trusted = |address: IpAddr| matches!(address, IpAddr::V4(v4) if v4.octets()[0] == 10);
    #[rustfmt::skip]
    let rows: [(&str, &str, &str); 9] = [
        // The peer, X-Forwarded-For, the client.
        ("192.0.2.1", "1.2.3.4",                  "192.0.2.1"),
        ("10.0.0.1",  "",                         "10.0.0.1"),
        ("10.0.0.1",  "1.2.3.4",                  "1.2.3.4"),
        ("10.0.0.1",  "1.2.3.4, 5.6.7.8, 10.0.0.2", "5.6.7.8"),
        ("10.0.0.1",  "10.0.0.3, 10.0.0.2",       "10.0.0.3"),
        ("10.0.0.1",  "1.2.3.4, unknown, 10.0.0.2", "10.0.0.2"),
        ("10.0.0.1",  "1.2.3.4, x",               "10.0.0.1"),
        ("10.0.0.1",  "2001:db8::1",              "2001:db8::1"),
        ("10.0.0.1",  "[2001:db8::1]:80,10.0.0.9:1", "2001:db8::1"),
    ];
    for (peer, value, expected) in rows {
        let found = client(
            peer.parse().unwrap(),
            x_forwarded_for(value.as_bytes()),
            is_trusted,
        );
        assert_eq!(found, expected.parse::<IpAddr>().unwrap(), "{peer} {value}");
    }
}
