//! Each status of the gateway's own by its own rule, and in the form that the client accepts.

use core::time::Duration;

use super::{CONFIG, Stage};
use crate::core::reason::Reason;
use crate::core::session::Session;

/// What provokes a refusal, beside the request.
type Provoke = fn(&mut Stage);

fn refuses_connections(stage: &mut Stage) {
    while stage.connecting.take().is_some() {
        let (now, worker) = (stage.now, &mut stage.worker);
        stage
            .session
            .connect_failed(Reason::ConnectRefused, now, worker);
        stage.settle();
    }
}

fn accepts_none(stage: &mut Stage) {
    while stage.connecting.take().is_some() {
        stage.passes(Duration::from_secs(5));
    }
}

fn answers_garbage(stage: &mut Stage) {
    stage.connects();
    stage.answers(b"garbage\r\n\r\n");
}

fn answers_nothing(stage: &mut Stage) {
    stage.connects();
    stage.passes(Duration::from_secs(60));
}

fn waits_for_the_head(stage: &mut Stage) {
    stage.passes(Duration::from_secs(30));
}

fn nothing(_: &mut Stage) {}

#[test]
fn each_status_has_its_own_rule() {
    let post = "POST /http/ HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n";
    let long = format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(8192));
    let large = format!(
        "GET / HTTP/1.1\r\nHost: a\r\nA: {}\r\n\r\n",
        "x".repeat(32 * 1024)
    );
    let many = format!(
        "GET / HTTP/1.1\r\nHost: a\r\n{}\r\n",
        "A: b\r\n".repeat(100)
    );
    let packet = format!(
        "GET / HTTP/1.1\r\nHost: a\r\nA: {}\r\n\r\n",
        "x".repeat(4096)
    );
    #[rustfmt::skip]
    let rows: [(&str, Provoke, &str, &str, bool); 21] = [
        // The request, what follows, status, reason, whether the connection serves on.
        ("GET / HTTP/1.1\r\nA b: c\r\n\r\n", nothing, "400", "malformed_request", false),
        // RFC 9112 section 6.3
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 2\r\n\r\n", nothing, "400", "request_smuggling", false),
        ("GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n", nothing, "400", "malformed_path", true),
        // wirekit-uwsgi's specification, section 4.3: no variable has a line end.
        ("GET /a%0ab HTTP/1.1\r\nHost: a\r\n\r\n", nothing, "400", "malformed_path", true),
        // RFC 9110 section 15.5.6
        ("POST /files/a HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", nothing, "405", "method_not_allowed", true),
        // Section 15.5.9
        ("GET / HTTP/1.1\r\nHost: a\r\n", waits_for_the_head, "408", "head_timeout", false),
        ("POST /http/ HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n", answers_nothing, "408", "body_timeout", false),
        // Section 15.5.14: "The server MAY terminate the request", and what is left of it is more than is worth reading.
        ("POST /http/ HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n", nothing, "413", "body_too_large", false),
        // Section 15.5.15
        (&long, nothing, "414", "target_too_long", false),
        // Section 15.5.18
        ("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue, more\r\n\r\n", nothing, "417", "expectation_failed", true),
        // Section 15.5.20
        ("GET / HTTP/1.1\r\nHost: other\r\n\r\n", nothing, "421", "unknown_host", true),
        // RFC 6585 section 5
        (&large, nothing, "431", "head_too_large", false),
        (&many, nothing, "431", "head_too_large", false),
        (&packet, nothing, "431", "packet_too_large", true),
        // RFC 9110 section 15.6.2, and RFC 9112 section 6.1 of codings
        ("CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", nothing, "501", "not_implemented", true),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", nothing, "501", "not_implemented", false),
        // RFC 9110 section 15.6.3
        (post, refuses_connections, "502", "connect_refused", true),
        (post, answers_garbage, "502", "upstream_malformed", true),
        // Section 15.6.5
        (post, accepts_none, "504", "connect_timeout", true),
        (post, answers_nothing, "504", "upstream_timeout", true),
        ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", nothing, "505", "version_not_supported", false),
    ];
    for (request, provoke, status, reason, serves_on) in rows {
        for step in [1, request.len()] {
            let mut stage = Stage::with(&CONFIG.replacen("[[site]]", "[[site]]\nhosts = ['a']", 1));
            for piece in request.as_bytes().chunks(step) {
                if stage.session.wants_client() {
                    stage.sends(piece);
                }
            }
            provoke(&mut stage);
            let got = stage.got();
            assert!(
                got.starts_with(&format!("HTTP/1.1 {status} ")),
                "{request}: {got}"
            );
            assert_eq!(stage.reasons(), [reason], "{request}");
            assert!(
                !stage.is_connected && stage.connecting.is_none(),
                "{request}"
            );
            assert_eq!(got.matches("\r\nDate: ").count(), 1, "{got}");
            assert_eq!(
                got.contains("\r\nAllow: GET, HEAD\r\n"),
                status == "405",
                "{got}"
            );
            assert_eq!(
                got.contains("\r\nConnection: close\r\n"),
                !serves_on,
                "{request}: {got}"
            );
            assert_eq!(stage.session.is_done(), !serves_on, "{request}");
        }
    }
}

#[test]
fn no_server_and_the_gateways_own_faults() {
    // RFC 9110 section 15.6.4: "The server MAY send a Retry-After header field".
    let down = |timeout: &str| format!("state = \"down\"\nfailure_timeout = \"{timeout}\"\n");
    for (soonest, seconds) in [("7s", 7), ("500ms", 1)] {
        let other = "[[upstream.http.server]]\nid = \"b\"\naddress = \"127.0.0.1:4\"\n";
        let config = format!("{CONFIG}{}{other}{}", down("9s"), down(soonest));
        let mut stage = Stage::with(&config);
        stage.sends(b"GET /http/ HTTP/1.1\r\nHost: a\r\n\r\n");
        let got = stage.got();
        let says = got.contains(&format!("\r\nRetry-After: {seconds}\r\n"));
        assert!(got.starts_with("HTTP/1.1 503 ") && says, "{got}");
        assert_eq!(stage.reasons(), ["no_server"]);
    }

    let mut stage = Stage::new();
    stage.sends_unsettled(b"GET /files/a.txt HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(matches!(
        stage.session.next_action(),
        Some(super::Action::Open { .. })
    ));
    let (now, worker) = (stage.now, &mut stage.worker);
    let wall = std::time::SystemTime::now();
    Session::opened(&mut stage.session, Err(Reason::Internal), wall, now, worker);
    stage.settle();
    assert_eq!(stage.status(), "500");
    assert_eq!(stage.reasons(), ["internal"]);
}

#[test]
fn the_client_says_which_form_it_accepts() {
    let (page, problem) = ("text/html; charset=utf-8", "application/problem+json");
    #[rustfmt::skip]
    let rows: [(&str, &str); 12] = [
        ("", page),
        ("Accept: */*\r\n", page),
        ("Accept: text/html\r\n", page),
        ("Accept: application/problem+json\r\n", problem),
        ("Accept: application/json\r\n", problem),
        ("Accept: text/*;q=0.5, application/json\r\n", problem),
        ("Accept: text/html, application/json;q=0.9\r\n", page),
        ("Accept: application/*, text/html;q=0.9\r\n", problem),
        ("Accept: text/html;q=0\r\nAccept: */*\r\n", problem),
        // Nothing that can be had, and nothing that can be read.
        ("Accept: image/png\r\n", page),
        ("Accept: application/json;q=0\r\n", page),
        ("Accept: ;;\r\n", page),
    ];
    for (accept, expected) in rows {
        // Of a decision by the head alone, by a file, and by a server.
        for (path, fails) in [("/../", false), ("/files/none", false), ("/http/", true)] {
            let mut stage = Stage::new();
            stage.sends(format!("GET {path} HTTP/1.1\r\nHost: a\r\n{accept}\r\n").as_bytes());
            if fails {
                refuses_connections(&mut stage);
            }
            let got = stage.got();
            assert!(
                got.contains(&format!("\r\nContent-Type: {expected}\r\n")),
                "{accept}: {got}"
            );
        }
    }
    let mut stage = Stage::new();
    stage.sends(b"GET /files/none HTTP/1.1\r\nHost: a\r\nAccept: application/json\r\n\r\n");
    let got = stage.got();
    // RFC 9457 section 3.1
    let content = got.split("\r\n\r\n").nth(1).unwrap();
    let mut value: serde_json::Value = serde_json::from_str(content).unwrap();
    let reference = value.as_object_mut().unwrap().remove("reference");
    assert!(reference.is_some_and(|reference| reference.as_str().unwrap().len() == 16));
    assert_eq!(
        value,
        serde_json::json!({"type": "about:blank", "title": "Not Found", "status": 404, "detail": Reason::NotFound.text(), "reason": "not_found"})
    );

    // A precondition is judged when the head was looked at before.
    let mut stage = Stage::new();
    stage.file = Some(b"hello");
    stage.sends(b"GET /files/a.txt HTTP/1.1\r\nHost: a\r\nIf-Match: \"other\"\r\nAccept: application/json\r\n\r\n");
    let got = stage.got();
    assert!(
        got.starts_with("HTTP/1.1 412 ") && got.contains(problem),
        "{got}"
    );
}

#[test]
fn head_has_no_content_and_says_its_length() {
    for request in [
        &b"HEAD /files/none HTTP/1.1\r\nHost: a\r\n\r\n"[..],
        b"HEAD /../ HTTP/1.1\r\nHost: a\r\n\r\n",
        b"HEAD / HTTP/1.1\r\nHost: a\r\nA b: c\r\n\r\n",
    ] {
        let mut stage = Stage::new();
        stage.sends(request);
        let got = stage.got();
        assert!(
            got.ends_with("\r\n\r\n") && got.contains("\r\nContent-Length: "),
            "{got}"
        );
    }
}

/// wirekit-uwsgi's specification, section 4.4: content would be read as the next packet.
#[test]
fn content_does_not_reach_a_server_that_reads_packets_alone() {
    let config = CONFIG.replace("\"uwsgi\"", "\"uwsgi\"\npuwsgi = true");
    let requests = [
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
    ];
    for request in requests {
        let mut stage = Stage::with(&config);
        stage.sends(request.as_bytes());
        assert_eq!(stage.connecting, None, "{request}");
        assert_eq!(stage.records[0].status, 501, "{request}");
        assert_eq!(stage.records[0].reason, Reason::NoContentTaken, "{request}");
    }
    let mut stage = Stage::with(&config);
    stage.sends(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    assert!(stage.connecting.is_some());
}
