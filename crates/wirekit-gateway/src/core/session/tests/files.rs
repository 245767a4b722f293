use super::Stage;

#[test]
fn files_are_served_one_after_the_other() {
    let requests = b"GET /files/a.txt HTTP/1.1\r\nHost: a\r\n\r\nHEAD /files/a.txt HTTP/1.1\r\nHost: a\r\n\r\nGET /files/a.txt HTTP/1.1\r\nHost: a\r\nRange: bytes=1-2, 4-\r\n\r\nGET /files/none HTTP/1.1\r\nHost: a\r\n\r\nPOST /files/a.txt HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\nGET /moved HTTP/1.1\r\nHost: a:80\r\n\r\n";
    let mut whole = Stage::new();
    whole.file = Some(b"hello");
    whole.sends(requests);
    let expected = whole.got();
    assert!(
        expected.starts_with(
            "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nETag: \"v1\"\r\n"
        ),
        "{expected}"
    );
    assert_eq!(
        whole.reasons(),
        [
            "served",
            "served",
            "served",
            "not_found",
            "method_not_allowed",
            "redirected"
        ]
    );
    let statuses: Vec<u16> = whole.records.iter().map(|record| record.status).collect();
    assert_eq!(statuses, [200, 200, 206, 404, 405, 308]);
    assert!(
        expected.contains("Content-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK"),
        "{expected}"
    );
    assert!(
        expected.contains("Content-Range: bytes 1-2/5\r\n\r\nel\r\n"),
        "{expected}"
    );
    assert!(
        expected.contains("Location: https://a/moved\r\n"),
        "{expected}"
    );
    let total: u64 = whole.records.iter().map(|record| record.response_len).sum();
    assert_eq!(total, expected.len() as u64);

    let mut bytewise = Stage::new();
    bytewise.file = Some(b"hello");
    for byte in requests {
        bytewise.sends(&[*byte]);
    }
    assert_eq!(bytewise.got(), expected);
}

#[test]
fn a_sibling_is_sent_to_who_accepts_its_coding() {
    let mut stage = Stage::new();
    stage.file = Some(b"hello");
    stage.codings = vec![crate::config::Coding::Gzip];
    stage.sends(b"GET /files/a.txt HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n");
    let got = stage.got();
    let fields = "Vary: Accept-Encoding\r\nContent-Encoding: gzip\r\nContent-Type: text/plain\r\n";
    assert!(
        got.contains("ETag: \"v2\"\r\n") && got.contains(fields),
        "{got}"
    );
    // RFC 9110 section 15.4.5: a 304 says what a 200 would have of Vary and ETag.
    stage.sends(b"GET /files/a.txt HTTP/1.1\r\nHost: a\r\nIf-None-Match: \"v1\"\r\n\r\n");
    let got = stage.got();
    assert!(got.starts_with("HTTP/1.1 304 "), "{got}");
    assert!(got.contains("Vary: Accept-Encoding\r\n"), "{got}");
    assert!(!got.contains("Content-Encoding"), "{got}");
    stage.sends(b"GET /files/a.txt HTTP/1.1\r\nHost: a\r\nIf-Match: \"v2\"\r\n\r\n");
    assert_eq!(
        stage.status(),
        "412",
        "the plain file is another representation"
    );
}

#[test]
fn a_folder_is_found_behind_a_slash() {
    let mut stage = Stage::new();
    stage.sends(b"GET //files/x/%2e/folder?a HTTP/1.1\r\nHost: a\r\n\r\n");
    let got = stage.got();
    assert!(got.starts_with("HTTP/1.1 301 "), "{got}");
    assert!(
        got.contains("\r\nLocation: /files/x/folder/?a\r\n"),
        "{got}"
    );
    assert_eq!(stage.reasons(), ["redirected"]);
}
