//! `wirekit uwsgi` asks a real uWSGI worker.

use std::fs;
use std::process::Command;

use super::http::Response;
use super::process::{folder, start, uwsgi};

fn wirekit(arguments: &[&str]) -> (u8, Vec<u8>, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let arguments = ["wirekit", "uwsgi"].iter().chain(arguments);
    let status = wirekit_cli::run(arguments, &b""[..], &mut out, &mut err);
    (status, out, String::from_utf8_lossy(&err).into_owned())
}

#[test]
fn a_worker_is_asked_directly() {
    let (_uwsgi, port) = uwsgi("app.py", &[]);
    let url = |path: &str| format!("uwsgi://127.0.0.1:{port}{path}");

    let (status, out, err) = wirekit(&[
        &url("/a%20b?q=1"),
        "-H",
        "X-A: 1",
        "--var",
        "REMOTE_USER=ada",
        "--var",
        "SERVER_NAME=s",
        "-v",
    ]);
    assert_eq!(status, 0, "{err}");
    assert!(
        err.contains("> PATH_INFO=/a b\n") && err.contains("> REMOTE_USER=ada\n"),
        "{err}"
    );
    let environ = Response {
        body: out,
        ..Response::default()
    }
    .environ();
    for (key, value) in [
        ("PATH_INFO", "/a b"),
        ("QUERY_STRING", "q=1"),
        ("HTTP_X_A", "1"),
        ("REMOTE_USER", "ada"),
        ("SERVER_NAME", "s"),
        ("REQUEST_METHOD", "GET"),
    ] {
        assert!(
            environ.contains(&(key.into(), value.into())),
            "{key}={value} in {environ:?}"
        );
    }

    let (status, out, _) = wirekit(&[&url("/echo"), "-d", "hello", "-i"]);
    assert_eq!(
        (status, &out[..]),
        (0, &b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"[..])
    );

    let body = tempfile::NamedTempFile::new().expect("a file");
    fs::write(body.path(), vec![b'x'; 3 << 20]).expect("a file");
    let (status, out, _) = wirekit(&[
        &url("/early"),
        "-X",
        "PUT",
        "-d",
        &format!("@{}", body.path().display()),
    ]);
    assert_eq!((status, &out[..]), (0, &b"too large"[..]));

    let (status, out, err) = wirekit(&[&url("/"), "-H", &format!("X: {}", "x".repeat(5000))]);
    assert_eq!((status, out.len()), (3, 0));
    assert!(err.contains("without an answer"), "{err}");
    assert_eq!(wirekit(&[&url("/"), "-H", "X_A: 1"]).0, 2);
    assert_eq!(wirekit(&["uwsgi://127.0.0.1:1/"]).0, 2);
    assert_eq!(wirekit(&["http://127.0.0.1:1/"]).0, 2);
}

#[test]
fn a_worker_is_asked_through_a_unix_socket() {
    let directory = tempfile::tempdir().expect("a folder");
    let socket = directory.path().join("app.sock");
    let port = super::process::free_port();
    let mut command = Command::new("uwsgi");
    command
        .args([
            "--plugin",
            "python3",
            "--need-app",
            "--die-on-term",
            "-L",
            "--socket",
        ])
        .arg(&socket);
    // The second socket is there to be waited for.
    command
        .args(["--socket", &format!("127.0.0.1:{port}"), "--wsgi-file"])
        .arg(folder().join("app.py"));
    let _uwsgi = start(&mut command, port);
    let (status, out, err) = wirekit(&[
        &format!("uwsgi+unix://{}:/echo", socket.display()),
        "-d",
        "hello",
    ]);
    assert_eq!((status, &out[..]), (0, &b"hello"[..]), "{err}");
}
