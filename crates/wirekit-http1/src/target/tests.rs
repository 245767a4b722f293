use core::net::{Ipv4Addr, Ipv6Addr};
use std::string::ToString;

use super::*;

#[test]
fn the_four_forms() {
    let authority = |text: &'static str| Authority::parse(text.as_bytes()).unwrap();
    let (get, connect, options) = (Method::GET, Method::CONNECT, Method::OPTIONS);
    #[rustfmt::skip]
    let rows = [
        // RFC 9112 section 3.2.1.
        (get, "/", Target::Origin { path: "/", query: None }),
        (get, "/a//b?c?d", Target::Origin { path: "/a//b", query: Some("c?d") }),
        (get, "//a", Target::Origin { path: "//a", query: None }),
        (options, "/?", Target::Origin { path: "/", query: Some("") }),
        // Section 3.2.2.
        (get, "http://a.example:80/b?c", Target::Absolute { scheme: "http", authority: Some(authority("a.example:80")), path: "/b", query: Some("c") }),
        (get, "HTTPS://[::1]", Target::Absolute { scheme: "HTTPS", authority: Some(authority("[::1]")), path: "", query: None }),
        (options, "http://a?b/c", Target::Absolute { scheme: "http", authority: Some(authority("a")), path: "", query: Some("b/c") }),
        (get, "urn:example:a", Target::Absolute { scheme: "urn", authority: None, path: "example:a", query: None }),
        (get, "file:///a", Target::Absolute { scheme: "file", authority: Some(authority("")), path: "/a", query: None }),
        // Section 3.2.3.
        (connect, "www.example.com:80", Target::Authority(authority("www.example.com:80"))),
        (connect, "[2001:db8::1]:443", Target::Authority(authority("[2001:db8::1]:443"))),
        // Section 3.2.4.
        (options, "*", Target::Asterisk),
    ];
    for (method, text, target) in rows {
        assert_eq!(
            Target::parse(method, text.as_bytes()),
            Ok(target),
            "{method} {text}"
        );
    }
    let words = ["origin", "absolute", "authority", "asterisk"];
    let targets = [
        (get, "/"),
        (get, "http://a"),
        (connect, "a:80"),
        (options, "*"),
    ];
    for (word, (method, text)) in words.into_iter().zip(targets) {
        let form = Target::parse(method, text.as_bytes()).unwrap().form();
        assert_eq!(form.as_str(), word);
    }
}

#[test]
fn a_form_belongs_to_its_method() {
    use ErrorKind::*;
    let (get, connect) = (Method::GET, Method::CONNECT);
    #[rustfmt::skip]
    let rows = [
        (get, "", EmptyTarget, 0),
        (get, "/a b", InvalidTarget, 2),
        (get, "/a#b", InvalidTarget, 2),
        (get, "*", TargetFormMismatch, 0),
        (get, "**", InvalidTargetForm, 0),
        (get, "a.example:80", TargetFormMismatch, 0),
        (get, "[::1]:80", TargetFormMismatch, 0),
        (get, "a", InvalidTargetForm, 0),
        (get, "?a", InvalidTargetForm, 0),
        (get, "1a://b/", InvalidTargetForm, 0),
        (get, "a_b://c/", InvalidTargetForm, 0),
        (get, "://c/", InvalidTargetForm, 0),
        // RFC 9110 section 4.2.1: an empty host of an http URI.
        (get, "http:///a", InvalidHost, 7),
        (get, "https://:80/a", InvalidHost, 8),
        (get, "http:/a", InvalidHost, 5),
        // Section 4.2.4: userinfo.
        (get, "http://u@a/", UserInfo, 8),
        (get, "http://u:p@a/", UserInfo, 9),
        (get, "http://a:x/", InvalidPort, 9),
        (get, "http://a:8x/", InvalidPort, 10),
        (get, "http://a|b/", InvalidHost, 8),
        // Section 9.3.6: an empty or invalid port.
        (connect, "a.example", InvalidPort, 9),
        (connect, "a.example:", InvalidPort, 10),
        (connect, "a.example:65536", InvalidPort, 10),
        (connect, "a.example:0", InvalidPort, 10),
        (connect, "[::1]:000", InvalidPort, 6),
        (connect, ":80", InvalidHost, 0),
        (connect, "/a", TargetFormMismatch, 0),
        (connect, "*", TargetFormMismatch, 0),
        (connect, "http://a:80/", TargetFormMismatch, 0),
        (connect, "u@a:80", UserInfo, 1),
    ];
    for (method, text, kind, offset) in rows {
        assert_eq!(
            Target::parse(method, text.as_bytes()),
            Err(Error::new(kind, offset)),
            "{method} {text}"
        );
    }
}

#[test]
fn absolute_form_says_what_host_is() {
    #[rustfmt::skip]
    let rows = [
        // RFC 9112 section 3.2: "identical to that authority component".
        ("http://a.example/",      "a.example",      true),
        ("http://a.example/",      "b.example",      false),
        ("http://a.example/",      "",               false),
        ("http://a.example:81/",   "a.example:81",   true),
        ("http://a.example:81/",   "a.example",      false),
        ("http://a.example/",      "a.example:81",   false),
        ("http://[::1]/",          "[::1]",          true),
        // RFC 9110 section 4.2.3: the host is case-insensitive, and the port is the scheme's own if there is none.
        ("HTTP://A.Example/",      "a.example",      true),
        ("http://a.example:80/",   "a.example",      true),
        ("https://a.example/",     "a.example:443",  true),
        ("https://a.example/",     "a.example:80",   false),
        ("ftp://a.example/",       "a.example:",     true),
        ("ftp://a.example:80/",    "a.example",      false),
        ("ftp://a.example:443/",   "a.example",      false),
        // "If the authority component is missing [..] an empty field value."
        ("urn:example:a",          "",               true),
        ("urn:example:a",          "example",        false),
        ("file:///a",              "",               true),
        // The other forms do not say.
        ("/",                      "a.example",      true),
    ];
    for (target, host, allowed) in rows {
        let target = Target::parse(Method::GET, target.as_bytes()).unwrap();
        assert_eq!(
            target.allows_host(host.as_bytes()),
            allowed,
            "{target:?} {host}"
        );
    }
    let asterisk = Target::parse(Method::OPTIONS, b"*").unwrap();
    assert!(asterisk.allows_host(b"b"));
}

#[test]
fn authority_form_says_what_host_is() {
    #[rustfmt::skip]
    let rows = [
        // RFC 9110 section 9.3.6 and RFC 9112 section 3.2.3: both have an example without the port, the first one with it, too.
        ("server.example.com:443", "server.example.com:443", true),
        ("server.example.com:80",  "server.example.com",     true),
        ("a.example:8080",         "A.Example:8080",         true),
        ("a.example:8080",         "a.example:",             true),
        ("[::1]:443",              "[::1]",                  true),
        ("a.example:443",          "a.example:80",           false),
        ("a.example:443",          "b.example:443",          false),
        ("a.example:443",          "b.example",              false),
        ("a.example:443",          "",                       false),
    ];
    for (target, host, allowed) in rows {
        let target = Target::parse(Method::CONNECT, target.as_bytes()).unwrap();
        assert_eq!(
            target.allows_host(host.as_bytes()),
            allowed,
            "{target:?} {host}"
        );
    }
}

#[test]
fn hosts_are_of_four_kinds() {
    #[rustfmt::skip]
    let rows = [
        ("", Host::RegName(""), None),
        ("a.example", Host::RegName("a.example"), None),
        ("%41b:8080", Host::RegName("%41b"), Some(8080)),
        ("a:", Host::RegName("a"), None),
        ("a:00080", Host::RegName("a"), Some(80)),
        ("127.0.0.1:1", Host::Ipv4(Ipv4Addr::LOCALHOST), Some(1)),
        // RFC 3986 section 3.2.2: what is not an IPv4address is a reg-name.
        ("127.0.0.256", Host::RegName("127.0.0.256"), None),
        ("127.0.0.01", Host::RegName("127.0.0.01"), None),
        ("[::1]:65535", Host::Ipv6(Ipv6Addr::LOCALHOST), Some(65535)),
        ("[::ffff:1.2.3.4]", Host::Ipv6(Ipv4Addr::new(1, 2, 3, 4).to_ipv6_mapped()), None),
        ("[v1F.a:b]", Host::IpFuture("v1F.a:b"), None),
    ];
    for (text, host, port) in rows {
        let authority = Authority::parse(text.as_bytes()).unwrap();
        assert_eq!(
            (authority.host(), authority.port(), authority.as_str()),
            (host, port, text)
        );
        assert_eq!(authority.to_string(), text);
        assert!(text.starts_with(authority.host_str()));
    }
    assert_eq!(Authority::parse(b"[::1]:80").unwrap().host_str(), "[::1]");
    #[rustfmt::skip]
    let rows = [
        ("[]", 1), ("[::1", 0), ("[1.2.3.4]", 1), ("[:::]", 1), ("[1:2:3:4:5:6:7:8:9]", 1), ("[v.a]", 1), ("[v1.]", 1),
        ("[vg.a]", 1), ("[v1]", 1), ("[::1]a", 5), ("a\\b", 1), ("%4", 0), ("%4g", 0), ("a/", 1), ("a\0", 1),
    ];
    for (text, offset) in rows {
        let error = Error::new(ErrorKind::InvalidHost, offset);
        assert_eq!(Authority::parse(text.as_bytes()), Err(error), "{text}");
    }
}

#[test]
fn the_uri_of_a_request_is_put_together() {
    // RFC 9112 section 3.3 and its examples.
    #[rustfmt::skip]
    let rows = [
        (Method::GET, "/pub/WWW/TheProject.html", "www.example.org:8080", "http://www.example.org:8080/pub/WWW/TheProject.html"),
        (Method::GET, "/?", "a", "http://a/?"),
        (Method::OPTIONS, "*", "www.example.org:8001", "http://www.example.org:8001"),
        (Method::GET, "https://b/c?d", "a", "https://b/c?d"),
        (Method::CONNECT, "a:80", "a", "http://a:80"),
        (Method::GET, "urn:x", "a", "urn:x"),
        // RFC 3986 section 5.3: an authority may be there and empty.
        (Method::GET, "file:///b", "a", "file:///b"),
        (Method::OPTIONS, "*", "", "http://"),
    ];
    for (method, target, host, uri) in rows {
        let target = Target::parse(method, target.as_bytes()).unwrap();
        assert_eq!(TargetUri::new(target, "http", host).to_string(), uri);
    }
}

// RFC 3986 section 3.3 and 3.4, and what browsers leave as it is.
#[test]
fn a_target_has_the_bytes_of_a_head_without_quirks() {
    for (text, odd) in [
        ("/a|b^[c]%zz?{\\}`", None),
        ("/a\\b", Some(2)),
        ("/?\"", Some(2)),
        ("http://a/`", Some(9)),
    ] {
        let odd = odd.map(|at| Error::new(ErrorKind::InvalidTarget, at));
        assert_eq!(
            Target::parse(Method::GET, text.as_bytes()).err(),
            odd,
            "{text}"
        );
        // With the quirk a head has more, and its target is taken apart all the same.
        let wire = std::format!("GET {text} HTTP/1.1\r\nHost: a\r\n\r\n");
        let config = crate::Config::DEFAULT.quirks(crate::Quirks::UNENCODED_TARGET);
        let mut fields = crate::FieldTable::new();
        let parsed = crate::RequestHead::parse_with(wire.as_bytes(), &mut fields, &config);
        let (head, _) = parsed.unwrap().unwrap();
        assert!(head.framing(config.quirks).is_ok() && head.parse_target().is_ok());
    }
}
