use std::format;
use std::string::String;
use std::vec::Vec;

use super::super::WithoutOrigin;
use super::super::fields::{PROTOCOL, Value, from_lines as fields};
use super::*;

type Field = (&'static [u8], &'static [u8]);

/// RFC 6455 section 1.2.
const GOOD: &str = "Host: server.example.com|Upgrade: websocket|Connection: Upgrade\
    |Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==|Origin: http://example.com\
    |Sec-WebSocket-Protocol: chat, superchat|Sec-WebSocket-Version: 13";

const GET: Start<'_> = Start::Upgrade {
    method: b"GET",
    version: (1, 1),
};

/// GOOD with one field exchanged for what stands in `field`, which may be nothing or several.
fn with(name: &str, field: &'static str) -> Vec<Field> {
    let kept = fields(GOOD).filter(|(found, _)| *found != name.as_bytes());
    kept.chain(fields(field)).collect()
}

fn read(start: Start<'_>, fields: &[Field]) -> Result<(), Error> {
    let answer = Opening::read(start, fields.iter().copied()).map(|_| ());
    // The order of fields with different names means nothing (RFC 9110 section 5.3).
    let mut sorted = fields.to_vec();
    sorted.sort_by_key(|(name, _)| *name);
    assert_eq!(Opening::read(start, sorted.into_iter()).map(|_| ()), answer);
    answer
}

#[test]
fn example_of_section_1_2_is_answered() {
    let opening = Opening::read(GET, fields(GOOD)).unwrap();
    assert_eq!(opening.host(), Some(&b"server.example.com"[..]));
    assert_eq!(opening.origin(), Some(&b"http://example.com"[..]));
    let key = opening.key().expect("a key");
    assert_eq!(key.as_str(), "dGhlIHNhbXBsZSBub25jZQ==");
    assert_eq!(
        opening.subprotocols().iter().collect::<Vec<_>>(),
        ["chat", "superchat"]
    );
    let chosen = opening.select_subprotocol(&["superchat", "chat"]);
    assert_eq!(chosen, Some("chat"), "the client's order decides");
    let response = opening.respond(chosen, "").unwrap();
    let sent: String = response
        .fields()
        .map(|(name, value)| format!("{name}: {value}\n"))
        .collect();
    assert_eq!(response.status(), 101);
    assert_eq!(
        sent,
        "Upgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n\
         Sec-WebSocket-Protocol: chat\n"
    );
    assert_eq!(opening.select_subprotocol(&["soap"]), None);
    assert_eq!(
        opening.respond(Some("soap"), "").unwrap_err().kind(),
        ErrorKind::SubprotocolUnasked
    );
    let policy = OriginPolicy::SameHost {
        without: WithoutOrigin::Accepted,
    };
    assert_eq!(
        opening.check_origin(&policy).unwrap_err().kind(),
        ErrorKind::OriginRefused
    );
}

#[test]
fn fields_may_be_spelled_in_every_allowed_way() {
    #[rustfmt::skip]
    let rows: [(&str, &str); 15] = [
        ("", "Content-Length: 0"),
        ("Upgrade", "upgrade: WebSocket"),                      // RFC 6455 section 4.2.1: any case
        ("Upgrade", "Upgrade: h2c, websocket"),                 // RFC 9110 section 7.8: a list
        ("Upgrade", "Upgrade: h2c|UPGRADE: websocket"),         // in several fields
        ("Connection", "Connection: keep-alive, upgrade"),      // as Firefox sends it
        ("Connection", "Connection: keep-alive|Connection: ,UPGRADE ,"),
        ("Origin", ""),                                         // optional
        ("Sec-WebSocket-Protocol", ""),
        ("Sec-WebSocket-Protocol", "Sec-WebSocket-Protocol: a|Sec-WebSocket-Protocol:b ,c"),
        // No list of this kind may be empty (RFC 6455 section 4.3), but these ask for nothing and clients send them.
        ("Sec-WebSocket-Protocol", "Sec-WebSocket-Protocol: "),
        ("Sec-WebSocket-Protocol", "Sec-WebSocket-Protocol: ,"),
        ("", "Sec-WebSocket-Extensions: "),
        ("", "Sec-WebSocket-Extensions: \t, ,"),
        ("", "Sec-WebSocket-Extensions: |Sec-WebSocket-Extensions: foo"), // RFC 9110 section 5.3
        ("Sec-WebSocket-Key", "sec-websocket-key: \t AQIDBAUGBwgJCgsMDQ4PEC== "),
    ];
    for (name, field) in rows {
        assert_eq!(read(GET, &with(name, field)), Ok(()), "{field}");
    }
    let later = Start::Upgrade {
        method: b"GET",
        version: (1, 2),
    };
    assert_eq!(read(later, &with("", "")), Ok(()));
}

#[test]
fn requests_are_refused_by_rule_and_status() {
    use ErrorKind::*;
    #[rustfmt::skip]
    let rows: [(&str, &str, ErrorKind, usize, u16); 31] = [
        // RFC 6455 section 4.2.1, item by item
        ("Host", "", HostMissing, 0, 400),
        ("Host", "Host: ", HostMissing, 0, 400),
        ("Upgrade", "", UpgradeMissing, 0, 426),
        ("Upgrade", "Upgrade: h2c", UpgradeUnknown, 0, 426),
        ("Upgrade", "Upgrade: websocket/13", UpgradeUnknown, 0, 426),
        ("Connection", "", ConnectionMissing, 0, 400),
        ("Connection", "Connection: keep-alive", ConnectionWithoutUpgrade, 0, 400),
        ("Connection", "Connection: keep-alive upgrade", ConnectionWithoutUpgrade, 0, 400),
        ("Sec-WebSocket-Key", "", KeyMissing, 0, 400),
        ("Sec-WebSocket-Key", "Sec-WebSocket-Key: short", KeyLength { len: 5 }, 5, 400),
        ("Sec-WebSocket-Key", "Sec-WebSocket-Key: dGhlIHNhbXBsZ!Bub25jZQ==", KeyBase64 { byte: b'!' }, 13, 400),
        ("Sec-WebSocket-Version", "", VersionMissing, 0, 400),
        // section 4.4: another version; section 4.3: no version at all
        ("Sec-WebSocket-Version", "Sec-WebSocket-Version: 8", VersionUnsupported { version: 8 }, 0, 426),
        ("Sec-WebSocket-Version", "Sec-WebSocket-Version: 255", VersionUnsupported { version: 255 }, 0, 426),
        ("Sec-WebSocket-Version", "Sec-WebSocket-Version: 0", VersionUnsupported { version: 0 }, 0, 426),
        ("Sec-WebSocket-Version", "Sec-WebSocket-Version: 256", VersionSyntax, 2, 400),
        ("Sec-WebSocket-Version", "Sec-WebSocket-Version: 013", VersionSyntax, 1, 400),
        ("Sec-WebSocket-Version", "Sec-WebSocket-Version: +13", VersionSyntax, 0, 400),
        ("Sec-WebSocket-Version", "Sec-WebSocket-Version: 13, 8", VersionSyntax, 2, 400),
        ("Sec-WebSocket-Version", "Sec-WebSocket-Version: ", VersionSyntax, 0, 400),
        // sections 11.3.1 and 11.3.5, RFC 6454 section 7.3: once in a request
        ("", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", KeyRepeated, 0, 400),
        ("", "Sec-WebSocket-Version: 13", VersionRepeated, 0, 400),
        ("", "Origin: http://example.com", OriginRepeated, 0, 400),
        // section 4.1 item 10
        ("Sec-WebSocket-Protocol", "Sec-WebSocket-Protocol: a, b c", SubprotocolSyntax, 4, 400),
        ("Sec-WebSocket-Protocol", "Sec-WebSocket-Protocol: a, b/1", SubprotocolSyntax, 4, 400),
        ("Sec-WebSocket-Protocol", "Sec-WebSocket-Protocol: a, b, a", SubprotocolRepeated, 6, 400),
        ("", "Sec-WebSocket-Protocol: chat", SubprotocolRepeated, 0, 400),
        // RFC 9110 section 9.3.1
        ("", "Content-Length: 5", RequestBody, 0, 400),
        ("", "Transfer-Encoding: chunked", RequestBody, 0, 400),
        // section 9.1
        ("", "Sec-WebSocket-Extensions: |Sec-WebSocket-Extensions: a;", ExtensionToken, 2, 400),
        ("", "Sec-WebSocket-Extensions: a;b|Sec-WebSocket-Extensions: a;", ExtensionToken, 2, 400),
    ];
    for (name, field, kind, offset, status) in rows {
        let error = read(GET, &with(name, field)).unwrap_err();
        assert_eq!(
            (error.kind(), error.offset()),
            (kind, offset),
            "{name}: {field}"
        );
        assert_eq!(kind.status(), Some(status), "{kind}");
    }
    let start = |method, version| Start::Upgrade { method, version };
    #[rustfmt::skip]
    let rows = [
        (start(b"POST", (1, 1)), Method, 405), // section 4.2.1 item 1
        (start(b"get", (1, 1)), Method, 405),
        (start(b"GET", (1, 0)), HttpVersion, 400),
    ];
    for (start, kind, status) in rows {
        let error = read(start, &with("", "")).unwrap_err();
        assert_eq!(
            (error.kind(), error.kind().status()),
            (kind, Some(status)),
            "{start:?}"
        );
    }
}

#[test]
fn refusals_carry_the_fields_they_need() {
    let named = |kind: ErrorKind| {
        kind.response_fields()
            .iter()
            .map(|(name, _)| *name)
            .collect::<Vec<_>>()
    };
    for kind in ErrorKind::ALL {
        match kind.status() {
            Some(405) => assert_eq!(named(*kind), ["Allow"]),
            Some(426) => assert!(named(*kind).ends_with(&["Upgrade", "Connection"])),
            _ => assert!(named(*kind).is_empty()),
        }
    }
    let version = ErrorKind::VersionUnsupported { version: 8 };
    assert_eq!(
        version.response_fields().first(),
        Some(&("Sec-WebSocket-Version", "13"))
    );
}

#[test]
fn subprotocols_are_counted() {
    let list = (0..=Subprotocols::<core::iter::Empty<(&[u8], &[u8])>>::MAX)
        .map(|number| format!("p{number}"));
    let list = list.collect::<Vec<_>>().join(",");
    let fields: Vec<(&[u8], &[u8])> = fields(GOOD)
        .filter(|(name, _)| *name != PROTOCOL.as_bytes())
        .map(|(name, value)| -> (&[u8], &[u8]) { (name, value) })
        .chain([(PROTOCOL.as_bytes(), list.as_bytes())])
        .collect();
    let error = Opening::read(GET, fields.iter().copied()).unwrap_err();
    assert_eq!(
        (error.kind(), error.offset()),
        (ErrorKind::SubprotocolTooMany, list.len() - 3)
    );
}

#[test]
fn extended_connect_follows_rfc_8441() {
    use ErrorKind::*;
    // The example of RFC 8441 section 5.1.
    let start = |method, protocol, scheme, path| {
        let [protocol, scheme, path] =
            [protocol, scheme, path].map(|text: Option<&'static str>| text.map(str::as_bytes));
        Start::ExtendedConnect {
            method,
            protocol,
            scheme,
            path,
            authority: Some(b"server.example.com"),
        }
    };
    let good = start(b"CONNECT", Some("websocket"), Some("https"), Some("/chat"));
    let listed = "sec-websocket-protocol: chat, superchat|sec-websocket-extensions: permessage-deflate\
        |sec-websocket-version: 13|origin: http://www.example.com";
    let opening = Opening::read(good, fields(listed)).unwrap();
    assert_eq!(
        (opening.key(), opening.host()),
        (None, Some(&b"server.example.com"[..]))
    );
    assert_eq!(
        opening
            .extensions()
            .map(Extension::token)
            .collect::<Vec<_>>(),
        ["permessage-deflate"]
    );
    let response = opening.respond(Some("chat"), "").unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(
        response.fields().collect::<Vec<_>>(),
        [("Sec-WebSocket-Protocol", Value::Text("chat"))]
    );

    #[rustfmt::skip]
    let rows = [
        (start(b"GET", Some("websocket"), Some("https"), Some("/")), "", Method, 405),
        (start(b"CONNECT", None, Some("https"), Some("/")), "", ProtocolMissing, 400),            // section 4
        (start(b"CONNECT", Some("connect-udp"), Some("https"), Some("/")), "", ProtocolUnknown, 501), // RFC 9220 section 3
        (start(b"CONNECT", Some("websocket"), None, Some("/")), "", SchemeMissing, 400),          // section 4
        (start(b"CONNECT", Some("websocket"), Some("wss"), Some("/")), "", SchemeUnknown, 400),   // section 5
        (start(b"CONNECT", Some("websocket"), Some("https"), None), "", PathMissing, 400),        // section 4
        (start(b"CONNECT", Some("websocket"), Some("https"), Some("")), "", PathMissing, 400),
        (good, "connection: upgrade", HopField, 400),                                             // RFC 9113 section 8.2.2
        (good, "upgrade: websocket", HopField, 400),
        (good, "", VersionMissing, 400),                                                          // section 5
        (good, "sec-websocket-version: 12", VersionUnsupported { version: 12 }, 426),
    ];
    for (start, field, kind, status) in rows {
        let error = Opening::read(start, fields(field)).map(|_| ()).unwrap_err();
        assert_eq!(
            (error.kind(), error.kind().status()),
            (kind, Some(status)),
            "{start:?} {field}"
        );
    }
}
