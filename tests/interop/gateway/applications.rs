//! Applications behind uWSGI and gunicorn: what a person's sites do through the gateway.

use std::fs;

use tempfile::TempDir;

use super::relay::Relay;
use super::{Gateway, megabytes, upstream};
use crate::program::{Program, output};
use crate::uwsgi::http::{Response, ask};
use crate::uwsgi::process::{gunicorn_with, uwsgi, uwsgi_at};

/// A server of Django's: the protocol that it speaks, itself and its port.
type Server = fn(environment: &[String]) -> (&'static str, Program, u16);

const DJANGO: [Server; 4] = [
    |environment| {
        let options: Vec<&str> = environment.iter().flat_map(|it| ["--env", it]).collect();
        let (server, port) = uwsgi("django_app.py", &options);
        ("uwsgi", server, port)
    },
    |environment| gunicorn_of_django("uwsgi", "gthread", environment),
    |environment| gunicorn_of_django("http", "gthread", environment),
    |environment| gunicorn_of_django("http", "sync", environment),
];

fn gunicorn_of_django(
    protocol: &str,
    worker: &str,
    environment: &[String],
) -> (&'static str, Program, u16) {
    let options = environment.iter().flat_map(|it| ["--env", it]);
    let options: Vec<&str> = ["-k", worker].into_iter().chain(options).collect();
    let (server, port) = gunicorn_with(protocol, "django_app", &options);
    (
        if protocol == "http" { "http1" } else { "uwsgi" },
        server,
        port,
    )
}

/// A person logs in, sends a file, reads a long answer; the pages' own files come from the gateway.
#[test]
fn django_is_served_whole() {
    for start in DJANGO {
        let folder = TempDir::new().expect("a folder");
        fs::create_dir(folder.path().join("static")).expect("a folder");
        let path = |name: &str| folder.path().join(name).display().to_string();
        let environment = [
            format!("DATABASE={}", path("database")),
            format!("STATIC_ROOT={}", path("static")),
        ];
        let (protocol, _server, port) = start(&environment);
        let files = "[[site.location]]\npath = '/static/'\nroot = 'static'\nalias = true\n";
        let tables = upstream(protocol, format!("127.0.0.1:{port}"), "").replacen(
            "[upstream.app]",
            &format!("{files}[upstream.app]"),
            1,
        );
        let gateway = Gateway::start_in(folder, &tables);
        let cookies = log_in(gateway.port());
        let who = ask(
            gateway.port(),
            "GET /who",
            &[&format!("Cookie: {cookies}")],
            b"",
        );
        assert_eq!(who.text(), "ada");
        send_a_file(&gateway, &cookies);
        let streamed = ask(gateway.port(), "GET /stream", &[], b"");
        assert_eq!((streamed.status, streamed.body.len()), (200, 10 << 20));
        let style = ask(gateway.port(), "GET /static/admin/css/base.css", &[], b"");
        let file = gateway.folder().join("static/admin/css/base.css");
        assert!(style.body == fs::read(file).expect("a file that Django collected"));
        gateway.end_with(&[
            ("GET /admin/login/", 200, "served", 1),
            ("POST /admin/login/?next=/who", 403, "served", 1),
            ("POST /admin/login/?next=/who", 302, "served", 1),
            ("GET /who", 200, "served", 1),
            ("POST /upload", 200, "served", 1),
            ("GET /stream", 200, "served", 1),
            ("GET /static/admin/css/base.css", 200, "served", 1),
        ]);
    }
}

/// Fills in Django's form; without the form's token nobody gets in. The cookies of the session.
pub(super) fn log_in(port: u16) -> String {
    let form = ask(port, "GET /admin/login/", &[], b"");
    let text = form.text();
    let token = text
        .split("name=\"csrfmiddlewaretoken\" value=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .expect("a token");
    let fields = [
        format!("Cookie: {}", form.cookies()),
        "Content-Type: application/x-www-form-urlencoded".into(),
    ];
    let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    let send = |token: &str| -> Response {
        let body = format!("csrfmiddlewaretoken={token}&username=ada&password=lovelace");
        ask(
            port,
            "POST /admin/login/?next=/who",
            &fields,
            body.as_bytes(),
        )
    };
    assert_eq!(send("other").status, 403);
    let response = send(token);
    assert_eq!(response.status, 302, "{}", response.text());
    response.cookies()
}

/// Ten megabytes in a form, by curl; Django answers with their digest.
fn send_a_file(gateway: &Gateway, cookies: &str) {
    let file = gateway.folder().join("upload");
    fs::write(&file, megabytes(10)).expect("a file");
    let token = cookies
        .split("; ")
        .find_map(|cookie| cookie.strip_prefix("csrftoken="))
        .expect("a token");
    let digest = output(
        "curl",
        &[
            "-sf",
            "-b",
            cookies,
            "-H",
            &format!("X-CSRFToken: {token}"),
            "-F",
            &format!("file=@{}", file.display()),
            &gateway.url("/upload"),
        ],
    );
    let expected = output("sha256sum", &[&file.display().to_string()]);
    assert_eq!(digest, expected[..64]);
}

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

/// uwsgi has no word for a connection that is kept; who keeps it is found out, and then asked again on it.
#[test]
fn connections_are_used_again_where_the_server_keeps_them() {
    type Start = fn() -> (Program, u16);
    let rows: [(&str, bool, Start); 5] = [
        ("uwsgi", true, || {
            gunicorn_with("uwsgi", "length_app", &["-k", "gthread"])
        }),
        // A connection has a process for itself: there is one for each that the gateway's workers may open.
        ("uwsgi", true, || {
            uwsgi_at("--puwsgi-socket", "length_app.py", &["--processes", "8"])
        }),
        ("http1", true, || {
            gunicorn_with(
                "http",
                "length_app",
                &["-k", "gthread", "--keep-alive", "30"],
            )
        }),
        ("uwsgi", false, || {
            gunicorn_with("uwsgi", "length_app", &["-k", "sync"])
        }),
        ("uwsgi", false, || uwsgi("length_app.py", &[])),
    ];
    for (at, (protocol, keeps, start)) in rows.into_iter().enumerate() {
        let (_server, port) = start();
        let relay = Relay::before(port);
        let gateway = Gateway::start(&upstream(protocol, relay.address(), ""));
        let (mut asked, mut rounds) = (0, 0);
        loop {
            let before = relay.count();
            for _ in 0..10 {
                let path = format!("/{asked}");
                let response = ask(gateway.port(), &format!("GET {path}"), &[], b"");
                assert_eq!((response.status, response.text()), (200, path), "row {at}");
                asked += 1;
            }
            let new = relay.count() - before;
            rounds += 1;
            if rounds > 100 || (keeps && new == 0) || (!keeps && rounds == 3) {
                assert_eq!(new, if keeps { 0 } else { 10 }, "row {at}");
                break;
            }
            // Long enough that a server would have closed.
            std::thread::sleep(core::time::Duration::from_millis(100));
        }
    }
}
