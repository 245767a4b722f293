//! What a caller may ask for: sound messages, broken ones, and all between.

use arbitrary::{Result, Unstructured};
use wirekit::http1::{BodyLength, Field, StatusCode, StatusLine, Version};

/// A request that the server is sent: the wire; how the model is to see its answer; whether the client keeps the
/// connection open; and whether it waits for 100 (Continue).
pub(super) type Request = (
    &'static str,
    &'static str,
    bool,
    &'static [&'static str],
    bool,
    bool,
);

#[rustfmt::skip]
pub(super) const REQUESTS: &[Request] = &[
    ("GET / HTTP/1.1\r\nHost: a\r\n\r\n",                                                   "GET",     true,  &[], true, false),
    ("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",                                                  "HEAD",    true,  &[], true, false),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",                         "POST",    true,  &[], true, false),
    ("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
                                                                                            "PUT",     true,  &[], true, true),
    ("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n",                                           "CONNECT", true,  &[], true, false),
    ("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: chat, h2c\r\nConnection: upgrade\r\n\r\n",      "GET",     true,  &["chat", "h2c"], true, false),
    ("PUT / HTTP/1.1\r\nHost: a\r\nUpgrade: chat\r\nConnection: upgrade\r\nContent-Length: 1\r\n\r\na",
                                                                                            "PUT",     true,  &["chat"], true, false),
    ("GET / HTTP/1.0\r\n\r\n",                                                              "GET",     false, &[], false, false),
    ("GET / HTTP/1.0\r\nConnection: keep-alive, upgrade\r\nUpgrade: chat\r\n\r\n",          "GET",     false, &[], true, false),
    ("HEAD / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",                                   "HEAD",    false, &[], true, false),
    ("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",                              "GET",     true,  &[], false, false),
    ("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",                                               "OPTIONS", true,  &[], true, false),
    // Broken.
    ("HEAD / HTTP/1.1\r\n\r\n",                                                             "HEAD",    true,  &[], false, false),
    ("GET / HTTP/1.0\r\nA : b\r\n\r\n",                                                     "GET",     false, &[], false, false),
];

pub(super) fn owned(fields: &[Field<'_>]) -> Vec<(Vec<u8>, Vec<u8>)> {
    fields
        .iter()
        .map(|field| (field.name.to_vec(), field.value.to_vec()))
        .collect()
}

pub(super) fn as_fields(fields: &[(Vec<u8>, Vec<u8>)]) -> Vec<Field<'_>> {
    fields
        .iter()
        .map(|(name, value)| Field::new(name, value))
        .collect()
}

pub(super) fn some_fields(u: &mut Unstructured<'_>) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
    #[rustfmt::skip]
    const FIELDS: &[(&str, &[&str])] = &[
        ("Host", &["a", "a.example:80", "b", "a b", "", "[::1]"]),
        ("Connection", &["close", "keep-alive", "upgrade", "te", "TE, Upgrade", "Content-Length", "x, Host", "cookie", "", ",close"]),
        ("Upgrade", &["chat", "websocket", "h2c, chat", ",", "other"]),
        ("TE", &["trailers", "chunked", "gzip;q=0.5, Chunked", "gzip"]),
        ("Expect", &["100-continue", "x", "x, 100-Continue"]),
        ("Content-Length", &["0", "3", "5", "+3", "3, 3", "99999999999999999999"]),
        ("Transfer-Encoding", &["chunked", "gzip", "Chunked", "chunked,", "gzip, chunked"]),
        ("Trailer", &["ETag"]),
        ("X", &["1", "a\r\nb: c", " a", "a\0"]),
        ("X\r\nY", &["1"]),
    ];
    let mut fields = Vec::new();
    if u.ratio(3, 4)? {
        fields.push((b"Host".to_vec(), b"a".to_vec()));
    }
    for _ in 0..u.int_in_range(0..=3)? {
        if u.ratio(1, 8)? {
            fields.push((u.arbitrary()?, u.arbitrary()?));
            continue;
        }
        let (name, values) = *u.choose(FIELDS)?;
        let value = *u.choose(values)?;
        fields.push((name.into(), value.into()));
    }
    Ok(fields)
}

pub(super) fn body(u: &mut Unstructured<'_>) -> Result<BodyLength> {
    Ok(match u.int_in_range(0..=5)? {
        0 | 1 => BodyLength::None,
        2 => BodyLength::Length(u.int_in_range(0..=5)?),
        3 => BodyLength::Length(u.arbitrary()?),
        4 => BodyLength::Chunked,
        _ => BodyLength::UntilClose,
    })
}

pub(super) fn version(u: &mut Unstructured<'_>) -> Result<Version> {
    Ok(match u.int_in_range(0..=6)? {
        0 => Version::HTTP_10,
        _ => Version::HTTP_11,
    })
}

pub(super) fn status_line(u: &mut Unstructured<'_>) -> Result<StatusLine<'static>> {
    const STATUSES: &[u16] = &[
        99, 100, 101, 103, 200, 204, 205, 206, 299, 304, 404, 426, 599, 999, 1000,
    ];
    let status = if u.ratio(1, 8)? {
        u.arbitrary()?
    } else {
        *u.choose(STATUSES)?
    };
    let mut line = StatusLine::new(StatusCode(status));
    line.version = version(u)?;
    if u.ratio(1, 8)? {
        line.reason = u
            .choose(&["", "a  b", "caf\u{e9}", "a\r\n", "\0"])?
            .as_bytes();
    }
    Ok(line)
}

pub(super) fn any_method(u: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    const METHODS: &[&str] = &[
        "GET", "HEAD", "POST", "PUT", "CONNECT", "OPTIONS", "TRACE", "get", "M-SEARCH",
    ];
    if u.ratio(1, 8)? {
        return u.arbitrary();
    }
    Ok(u.choose(METHODS)?.as_bytes().to_vec())
}

pub(super) fn any_target(u: &mut Unstructured<'_>) -> Result<String> {
    #[rustfmt::skip]
    const TARGETS: &[&str] = &[
        "/", "/a?b=c", "*", "a:1", "a:0", "a:", "[::1]:443", "http://a/", "HTTP://A:80?x", "http://b/", "https://a:443/", "urn:a",
        "http://u@a/", "http:///", "http://a:/", "/a b", "/\\", "/{", "/?{\\}", "/?\"", "/#", "", "/%zz|^[]", "a", "//a", "http:a", "ftp://a/",
    ];
    if u.ratio(1, 8)? {
        return u.arbitrary();
    }
    Ok((*u.choose(TARGETS)?).to_owned())
}
