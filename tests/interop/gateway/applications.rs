//! Applications behind uWSGI and gunicorn: what a person's sites do through the gateway.

use super::{Gateway, megabytes, upstream};
use crate::uwsgi::http::ask;
use crate::uwsgi::process::{gunicorn_with, uwsgi};

#[test]
fn flask_keeps_its_session() {
    for protocol in ["uwsgi", "http1"] {
        let (_server, port) = match protocol {
            "uwsgi" => uwsgi("flask_app.py", &[]),
            _ => gunicorn_with("http", "flask_app", &["-k", "gthread"]),
        };
        let gateway = Gateway::start(&upstream(protocol, format!("127.0.0.1:{port}"), ""));
        let first = ask(gateway.port(), "GET /", &[], b"");
        assert_eq!((first.status, first.text()), (200, "1".into()));
        let cookie = format!("Cookie: {}", first.cookies());
        let second = ask(gateway.port(), "GET /", &[&cookie], b"");
        assert_eq!((second.status, second.text()), (200, "2".into()));
        gateway.end_with(&[("GET /", 200, "served", 2)]);
    }
}

/// Ten megabytes both ways, on kept connections and on new ones.
#[test]
fn gunicorn_echoes_what_is_sent() {
    let sent = megabytes(10);
    for (protocol, gunicorns, worker) in [
        ("http1", "http", "sync"),
        ("http1", "http", "gthread"),
        ("uwsgi", "uwsgi", "sync"),
        ("uwsgi", "uwsgi", "gthread"),
    ] {
        let (_gunicorn, port) = gunicorn_with(gunicorns, "app", &["-k", worker]);
        let gateway = Gateway::start(&upstream(protocol, format!("127.0.0.1:{port}"), ""));
        for _ in 0..3 {
            let response = ask(gateway.port(), "POST /echo", &[], &sent);
            assert!(
                response.status == 200 && response.body == sent,
                "{protocol} {worker}"
            );
            assert_eq!(ask(gateway.port(), "HEAD /a", &[], b"").status, 200);
        }
        let failed = ask(gateway.port(), "GET /raise", &[], b"");
        assert_eq!(failed.status, 500, "{protocol} {worker}");
        gateway.end_with(&[
            ("POST /echo", 200, "served", 3),
            ("HEAD /a", 200, "served", 3),
            ("GET /raise", 500, "served", 1),
        ]);
    }
}
