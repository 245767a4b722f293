//! The requests that leave no doubt, which are framed by a shorter way.

use super::*;

#[test]
fn a_plain_request_is_framed_as_the_rules_say() {
    let lines = [
        "",
        "Host: a\r\n",
        "hOST: www.example.org:8080\r\n",
        "Host: a b\r\n",
        "Host: [::1]\r\n",
        "Connection: close\r\n",
        "Connection: Keep-Alive\r\n",
        "connection: upgrade, close\r\n",
        "Connection: ,\r\n",
        "Content-Length: 18446744073709551615\r\n",
        "Content-Length: 18446744073709551616\r\n",
        "content-length: 5\r\n",
        "Content-Length: 5, 5\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Upgrade: x\r\n",
        "Expect: 100-continue\r\n",
        "Origin: x\r\n",
    ];
    assert_eq!(lines.len(), 17);
    let mut plain = 0;
    for version in ["1.0", "1.1", "1.2"] {
        for target in ["/", "*", "http://a/"] {
            for number in 0..lines.len().pow(3) {
                let [first, second, third] = [1, 17, 17 * 17].map(|by| lines[number / by % 17]);
                let head = format!("GET {target} HTTP/{version}\r\n{first}{second}{third}\r\n");
                let mut fields = FieldTable::new();
                let (head, _) = RequestHead::parse(head.as_bytes(), &mut fields)
                    .unwrap()
                    .unwrap();
                for quirks in [
                    Quirks::NONE,
                    Quirks::MISSING_HOST,
                    Quirks::REPEATED_CONTENT_LENGTH,
                ] {
                    assert_eq!(
                        Framing::of_request(&head, quirks),
                        Framing::of_any_request(head, quirks),
                        "{head:?}"
                    );
                }
                plain += usize::from(PlainFraming::of(head.fields(), head.version()).is_plain);
            }
        }
    }
    assert!(plain > 1000, "{plain}");
}

#[test]
fn plain_requests_are_seen_to_be() {
    for (version, lines) in [
        ("1.1", "Host: a\r\nAccept: b\r\n"),
        ("1.1", "Host: a:80\r\nConnection: close\r\n"),
        ("1.1", "Content-Length: 5\r\nHost: [::1]\r\n"),
        ("1.0", ""),
        ("1.0", "Host: a\r\nConnection: keep-alive\r\n"),
    ] {
        let head = format!("POST / HTTP/{version}\r\n{lines}\r\n");
        let mut fields = FieldTable::new();
        let parsed = RequestHead::parse(head.as_bytes(), &mut fields);
        let (head, _) = parsed.unwrap().unwrap();
        assert!(head.has_plain_target());
        let plain = PlainFraming::of(head.fields(), head.version()).framing();
        assert_eq!(
            plain,
            Framing::of_any_request(head, Quirks::NONE).ok(),
            "{head:?}"
        );
        assert!(plain.is_some(), "{head:?}");
    }
}
