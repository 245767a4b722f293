use std::string::String;
use std::vec;
use std::vec::Vec;

use super::*;
use crate::request::{Meta, Peer, Prefix};
use crate::{Field, Key, Packet, Var};

type Pairs = &'static [(&'static str, &'static str)];

fn fields(pairs: Pairs) -> Vec<Field<'static>> {
    pairs
        .iter()
        .map(|(name, value)| Field::new(name.as_bytes(), value.as_bytes()))
        .collect()
}

fn encode(
    build: impl Fn(Builder<'_>) -> Builder<'_>,
    pairs: Pairs,
) -> Result<Vec<u8>, EncodeError> {
    let mut storage = [0; 64];
    let constants = [
        Var::new(b"SERVER_NAME", b"a"),
        Var::new(b"SERVER_PORT", b"80"),
    ];
    let prefix = Prefix::encode(&constants, &mut storage).unwrap();
    let fields = fields(pairs);
    let request = build(Builder::new(prefix, Meta::get(b"/p?q"), &fields));

    let mut slice = vec![0; 70_000];
    let used = request.encode_to_slice(&mut slice);
    assert_eq!(used, request.encoded_len());
    #[cfg(feature = "alloc")]
    assert_eq!(appended(&request), used.map(|used| slice[..used].to_vec()));
    let used = used?;
    let mut short = vec![0; used - 1];
    assert_eq!(
        request.encode_to_slice(&mut short),
        Err(EncodeError::OutputTooSmall { needed: used })
    );
    slice.truncate(used);
    Ok(slice)
}

/// What a buffer gets: nothing on an error.
#[cfg(feature = "alloc")]
fn appended(request: &Builder<'_>) -> Result<Vec<u8>, EncodeError> {
    let mut packet = vec![0xaa];
    let used = request.encode(&mut packet);
    let appended = packet.split_off(1);
    assert_eq!(appended.len(), used.unwrap_or(0));
    used.map(|_| appended)
}

/// The client's share of a packet: what stands behind the proxy's own words.
fn client_vars(pairs: Pairs) -> Result<Vec<String>, EncodeError> {
    let none = encode(|request| request, &[])?;
    let packet = encode(|request| request, pairs)?;
    let vars = Packet::parse(&packet).unwrap().0.vars().unwrap();
    let own = Packet::parse(&none)
        .unwrap()
        .0
        .vars()
        .unwrap()
        .iter()
        .count();
    Ok(vars
        .iter()
        .skip(own)
        .map(|var| String::from_utf8([var.key, b"=", var.value].concat()).unwrap())
        .collect())
}

#[test]
fn fields_become_keys_by_the_rules() {
    // Sections are the specification's.
    #[rustfmt::skip]
    let rows: &[(Pairs, &[&str])] = &[
        // 4.3: a prefix, capitals, underscores.
        (&[("Accept-Encoding", "gzip"), ("x", "")], &["HTTP_ACCEPT_ENCODING=gzip", "HTTP_X="]),
        (&[("sec-websocket-protocol", "a")], &["HTTP_SEC_WEBSOCKET_PROTOCOL=a"]),
        // 4.3: never a client's name without the prefix.
        (&[("UWSGI-FILE", "/etc/x"), ("PATH-INFO", "/x")], &["HTTP_UWSGI_FILE=/etc/x", "HTTP_PATH_INFO=/x"]),
        // 4.3: the one exception.
        (&[("Content-Type", "text/plain")], &["CONTENT_TYPE=text/plain"]),
        // 4.3: names that would pass for others.
        (&[("X_Real_User", "root"), ("A B", ""), ("", "x"), ("A:", ""), ("\u{e9}", "")], &[]),
        // 4.3: PHP reads `.` as `_`; no reader is known for the others, and nobody sends them.
        (&[("X.Forwarded.For", "6.6.6.6"), ("A!", ""), ("A#", ""), ("A$", ""), ("A%", ""), ("A&", ""), ("A'", ""), ("A*", ""), ("A+", ""), ("A^", ""), ("A`", ""), ("A|", ""), ("A~", "")], &[]),
        (&[("0-9-az-AZ", "")], &["HTTP_0_9_AZ_AZ="]),
        // 4.3: httpoxy.
        (&[("Proxy", "http://evil/"), ("pROXY-connection", "close"), ("Proxy-Authorization", "x")], &[]),
        // RFC 9110 section 7.6.1.
        (&[("Connection", "close, X-Hop"), ("x-hop", "1"), ("Keep-Alive", "5"), ("TE", "trailers"), ("Trailer", "a"), ("Upgrade", "h2c"), ("Transfer-Encoding", "chunked")], &[]),
        (&[("Connection", "keep-alive"), ("Keep-Alive-Not", "1")], &["HTTP_KEEP_ALIVE_NOT=1"]),
        (&[("A", "1"), ("Connection", ",, a ,b"), ("connection", "C"), ("B", "2"), ("c", "3"), ("D", "4")], &["HTTP_D=4"]),
        (&[("Connection", "0,1,2,3,4,5,6,7,8,9,a,b,c,d,e,f"), ("F", "1"), ("g", "2")], &["HTTP_G=2"]),
        // 4.3: the proxy says these itself.
        (&[("Host", "evil"), ("Content-Length", "9"), ("X-Forwarded-For", "::1"), ("x-forwarded-ssl", "on"), ("X-Real-IP", "a"), ("Forwarded", "for=a")], &[]),
        // RFC 9110 section 5.3, RFC 6265 section 5.4.
        (&[("Accept", "a"), ("X", "1"), ("accept", "b"), ("ACCEPT", "")], &["HTTP_ACCEPT=a, b, ", "HTTP_X=1"]),
        (&[("Cookie", "a=1"), ("cookie", "b=2")], &["HTTP_COOKIE=a=1; b=2"]),
    ];
    for (pairs, expected) in rows {
        assert_eq!(client_vars(pairs).unwrap(), *expected, "{pairs:?}");
    }
}

#[test]
fn what_is_not_safe_is_refused() {
    #[rustfmt::skip]
    let rows: &[(Pairs, EncodeError, u16)] = &[
        (&[("A", "b"), ("A", "x\r\ny: z")], EncodeError::InvalidValue { field: 1 }, 400),
        (&[("A", "\n")], EncodeError::InvalidValue { field: 0 }, 400),
        // RFC 9110 section 7.6.1: options that cannot all be compared might name a field that goes on.
        (&[("Connection", "0,1,2,3,4,5,6,7,8,9,a,b,c,d,e,f,g"), ("g", "1")], EncodeError::InvalidValue { field: 0 }, 400),
        (&[("A", "1"), ("Connection", "close, X Hop")], EncodeError::InvalidValue { field: 1 }, 400),
        (&[("A", "a\0")], EncodeError::InvalidValue { field: 0 }, 400),
        (&[("Host", "a"), ("host", "a")], EncodeError::RepeatedField { field: 1 }, 400),
        (&[("Content-Length", "1"), ("Content-length", "1")], EncodeError::RepeatedField { field: 1 }, 400),
        (&[("Content-Type", "a"), ("A", ""), ("content-Type", "a")], EncodeError::RepeatedField { field: 2 }, 400),
        (&[("Authorization", "a"), ("Authorization", "a")], EncodeError::RepeatedField { field: 1 }, 400),
    ];
    for (pairs, error, status) in rows {
        assert_eq!(client_vars(pairs), Err(*error), "{pairs:?}");
        assert_eq!(error.status(), *status);
    }
    assert_eq!(
        encode(
            |request| request.names(Names::Refuse),
            &[("A", ""), ("a_b", "")]
        )
        .unwrap_err(),
        EncodeError::InvalidName { field: 1 }
    );
}

#[test]
fn a_limit_says_how_much_it_was() {
    let len = encode(|request| request, &[("X", "abc")]).unwrap().len() - 4;
    let limited = |max| {
        encode(
            move |request| Builder {
                peer: Peer::UWSGI.max_size(max),
                ..request
            },
            &[("X", "abc")],
        )
    };
    assert!(limited(len).is_ok());
    let error = limited(len - 1).unwrap_err();
    assert_eq!(
        (error, error.status()),
        (
            EncodeError::SizeTooLarge {
                size: len,
                max: len - 1
            },
            431
        )
    );

    let vars = Packet::parse(&limited(len).unwrap())
        .unwrap()
        .0
        .vars()
        .unwrap()
        .iter()
        .count();
    let counted = |max| {
        encode(
            move |request| Builder {
                peer: Peer::UWSGI.max_vars(max),
                ..request
            },
            &[("X", "abc")],
        )
    };
    assert!(counted(vars).is_ok());
    assert_eq!(
        counted(vars - 1).unwrap_err(),
        EncodeError::TooManyVars {
            count: vars,
            max: vars - 1
        }
    );

    let value = vec![b'x'; 66_000];
    let fields = [Field::new(b"x", &value)];
    let prefix = b"\x0b\0SERVER_NAME\0\0\x0b\0SERVER_PORT\0\0";
    let request = Builder::new(
        Prefix::from_block(prefix).unwrap(),
        Meta::get(b"/"),
        &fields,
    );
    assert!(matches!(
        request.encoded_len(),
        Err(EncodeError::SizeTooLarge {
            size: 66_001..,
            max: 65_535
        })
    ));
    let fields = [Field::new(b"x", b""); 256];
    let request = Builder::new(
        Prefix::from_block(prefix).unwrap(),
        Meta::get(b"/"),
        &fields,
    );
    assert_eq!(
        request.encoded_len(),
        Err(EncodeError::TooManyFields {
            count: 256,
            max: 255
        })
    );
    let fields = &fields[1..];
    let request = Builder::new(Prefix::from_block(prefix).unwrap(), Meta::get(b"/"), fields);
    assert!(request.encoded_len().is_ok());

    let value = vec![b'x'; MAX_BLOCK_LEN];
    let constants = |len| {
        let name = Var::new(b"SERVER_NAME", &value[..len]);
        let vars = [name, Var::new(b"SERVER_PORT", b"")];
        Prefix::encode(&vars, &mut vec![0; MAX_BLOCK_LEN]).map(|prefix| prefix.as_bytes().len())
    };
    assert_eq!(constants(MAX_BLOCK_LEN - 30), Ok(MAX_BLOCK_LEN));
    assert_eq!(
        constants(MAX_BLOCK_LEN - 29),
        Err(EncodeError::SizeTooLarge {
            size: MAX_BLOCK_LEN + 1,
            max: MAX_BLOCK_LEN
        })
    );
}

#[test]
fn what_a_client_says_of_others_is_overwritten_dropped_or_passed() {
    let pairs = &[("X-Forwarded-For", "6.6.6.6"), ("Forwarded", "for=x")];
    // Specification section 4.3.
    let rows: [(Forwarded, &[&str]); 3] = [
        (Forwarded::Overwrite, &["HTTP_X_FORWARDED_PROTO=http"]),
        (Forwarded::Drop, &[]),
        (
            Forwarded::Pass,
            &["HTTP_X_FORWARDED_FOR=6.6.6.6", "HTTP_FORWARDED=for=x"],
        ),
    ];
    for (forwarded, expected) in rows {
        let meta = Meta::get(b"/").forwarded(forwarded);
        let packet = encode(|request| Builder { meta, ..request }, pairs).unwrap();
        let vars = Packet::parse(&packet).unwrap().0.vars().unwrap();
        let vars = vars
            .into_iter()
            .filter(|var| var.key.starts_with(b"HTTP_"))
            .map(|var| String::from_utf8([var.key, b"=", var.value].concat()).unwrap());
        assert_eq!(vars.collect::<Vec<_>>(), expected, "{forwarded:?}");
    }
}

#[test]
fn the_proxy_speaks_first_and_once() {
    let packet = encode(
        |request| {
            let meta = Meta::new(b"POST", b"/a%20b?c")
                .path_info(b"/a b")
                .host(Some(b"a.example"))
                .remote(Some("[::ffff:192.0.2.1]:9".parse().unwrap()))
                .content_length(10)
                .upgrade(Some(b"websocket"));
            Builder { meta, ..request }
        },
        &[
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Content-Length", "7"),
        ],
    )
    .unwrap();
    let vars = Packet::parse(&packet).unwrap().0.vars().unwrap();
    let expected = [
        ("SERVER_NAME", "a"),
        ("SERVER_PORT", "80"),
        ("REQUEST_METHOD", "POST"),
        ("REQUEST_URI", "/a%20b?c"),
        ("PATH_INFO", "/a b"),
        ("QUERY_STRING", "c"),
        ("SERVER_PROTOCOL", "HTTP/1.1"),
        ("CONTENT_LENGTH", "10"),
        ("HTTP_HOST", "a.example"),
        ("REMOTE_ADDR", "192.0.2.1"),
        ("REMOTE_PORT", "9"),
        ("HTTP_UPGRADE", "websocket"),
        ("HTTP_CONNECTION", "Upgrade"),
        ("HTTP_X_FORWARDED_FOR", "192.0.2.1"),
        ("HTTP_X_FORWARDED_PROTO", "http"),
        ("HTTP_X_FORWARDED_HOST", "a.example"),
    ];
    let expected: Vec<Var<'_>> = expected
        .iter()
        .map(|(key, value)| Var::new(key.as_bytes(), value.as_bytes()))
        .collect();
    assert_eq!(vars.iter().collect::<Vec<_>>(), expected);
}

// 0 is the port of no connection: a proxy in between that names the client seldom names its port.
#[test]
fn a_port_that_is_not_known_is_not_said() {
    let packet = encode(
        |request| {
            let remote = Some("192.0.2.1:0".parse().unwrap());
            let meta = Meta::new(b"GET", b"/").remote(remote);
            Builder { meta, ..request }
        },
        &[],
    )
    .unwrap();
    let vars = Packet::parse(&packet).unwrap().0.vars().unwrap();
    assert_eq!(vars.get(b"REMOTE_ADDR"), Some(&b"192.0.2.1"[..]));
    assert_eq!(vars.get(b"REMOTE_PORT"), None);
}

#[test]
fn what_the_proxy_says_is_checked_too() {
    let with =
        |meta: Meta<'static>| encode(|request| Builder { meta, ..request }, &[]).unwrap_err();
    assert_eq!(
        with(Meta::new(b"G T", b"/")),
        EncodeError::InvalidVar {
            key: Key::RequestMethod
        }
    );
    assert_eq!(
        with(Meta::new(b"", b"/")),
        EncodeError::InvalidVar {
            key: Key::RequestMethod
        }
    );
    assert_eq!(
        with(Meta::get(b"/").path_info(b"/\r\n")),
        EncodeError::InvalidVar { key: Key::PathInfo }
    );
    assert_eq!(
        with(Meta::get(b"/").host(Some(b"a\0"))),
        EncodeError::InvalidVar { key: Key::HttpHost }
    );
    let persistent = Peer::UNLIMITED.transport(Transport::Persistent);
    let meta = Meta::new(b"POST", b"/").content_length(1);
    let answer = encode(
        |request| Builder {
            meta,
            peer: persistent,
            ..request
        },
        &[],
    );
    assert_eq!(answer.unwrap_err(), EncodeError::BodyOnPersistent);
    let chunked = |peer| {
        let meta = Meta::new(b"POST", b"/").chunked();
        encode(
            move |request| Builder {
                meta,
                peer,
                ..request
            },
            &[("Content-Length", "5"), ("Transfer-Encoding", "chunked")],
        )
    };
    assert_eq!(
        chunked(persistent).unwrap_err(),
        EncodeError::BodyOnPersistent
    );
    let error = chunked(Peer::UNLIMITED).unwrap_err();
    assert_eq!((error, error.status()), (EncodeError::LengthRequired, 411));
    let packet = chunked(Peer::UNLIMITED.uploads(Uploads::Chunked)).unwrap();
    let vars = Packet::parse(&packet).unwrap().0.vars().unwrap();
    assert_eq!(vars.get(b"HTTP_TRANSFER_ENCODING"), Some(&b"chunked"[..]));
    assert_eq!(vars.get(b"CONTENT_LENGTH"), None);
}

#[test]
fn constants_are_constants() {
    #[rustfmt::skip]
    let rows: &[(&[Var<'_>], EncodeError)] = &[
        (&[Var::new(b"SERVER_NAME", b"")], EncodeError::MissingVar { key: Key::ServerPort }),
        (&[Var::new(b"SERVER_PORT", b"")], EncodeError::MissingVar { key: Key::ServerName }),
        (&[Var::new(b"PATH_INFO", b"")], EncodeError::ReservedKey),
        (&[Var::new(b"HTTP_X", b"")], EncodeError::ReservedKey),
        (&[Var::new(b"A", b"\n")], EncodeError::InvalidConstant),
        (&[Var::new(b"", b"")], EncodeError::EmptyKey),
    ];
    for (vars, error) in rows {
        assert_eq!(Prefix::encode(vars, &mut [0; 64]).unwrap_err(), *error);
    }
    let https = b"\x0b\0SERVER_NAME\0\0\x0b\0SERVER_PORT\0\0\x05\0HTTPS\x02\0on";
    assert_eq!(Prefix::from_block(https).unwrap().scheme(), "https");
    assert_eq!(
        Prefix::from_block(b"\x01").unwrap_err(),
        EncodeError::InvalidConstant
    );
}

#[test]
fn a_request_may_have_variables_of_its_own() {
    const OWN: [Var<'static>; 2] = [Var::new(b"REMOTE_USER", b"bob"), Var::new(b"ROUTE", b"")];
    let packet = encode(|request| request.vars(&OWN), &[("A", "b")]).unwrap();
    let vars = Packet::parse(&packet).unwrap().0.vars().unwrap();
    for var in OWN {
        assert_eq!(vars.get(var.key), Some(var.value));
    }
    assert_eq!(vars.get(b"HTTP_A"), Some(&b"b"[..]));
    #[rustfmt::skip]
    const ROWS: &[(&[Var<'_>], EncodeError)] = &[
        (&[Var::new(b"PATH_INFO", b"")], EncodeError::ReservedKey),
        (&[Var::new(b"CONTENT_LENGTH", b"1")], EncodeError::ReservedKey),
        (&[Var::new(b"HTTP_X", b"")], EncodeError::ReservedKey),
        (&[Var::new(b"SERVER_NAME", b"b")], EncodeError::ReservedKey),
        (&[Var::new(b"A", b""), Var::new(b"A", b"")], EncodeError::ReservedKey),
        (&[Var::new(b"A", b"\n")], EncodeError::InvalidConstant),
        (&[Var::new(b"", b"")], EncodeError::EmptyKey),
    ];
    for (vars, error) in ROWS {
        let refused = encode(|request| request.vars(vars), &[]);
        assert_eq!(refused.unwrap_err(), *error);
    }
    let max_vars = Peer::UNLIMITED.max_vars(8);
    let refused = encode(|request| request.vars(&OWN).peer(max_vars), &[]);
    assert_eq!(
        refused.unwrap_err(),
        EncodeError::TooManyVars { count: 11, max: 8 }
    );
}
