//! `wirekit uwsgi` asks a real uWSGI worker.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::http::Response;
use super::process::{folder, start, uwsgi};
use crate::program::{Program, finish};

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
        // RFC 3875 section 4.1.8.
        ("REMOTE_ADDR", "127.0.0.1"),
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

    assert_eq!(wirekit(&[&url("/"), "-H", "X_A: 1"]).0, 2);
    assert_eq!(wirekit(&["uwsgi://127.0.0.1:1/"]).0, 2);
    assert_eq!(wirekit(&["http://127.0.0.1:1/"]).0, 2);
}

/// uWSGI closes the connection without a byte for all of them.
#[test]
fn silence_is_explained() {
    let (_uwsgi, port) = uwsgi("app.py", &[]);
    let ask = |path: &str, options: &[&str]| {
        let url = format!("uwsgi://127.0.0.1:{port}{path}");
        let (status, out, err) = wirekit(&[&[url.as_str()], options].concat());
        assert_eq!((status, out.len()), (3, 0), "{err}");
        assert!(err.contains("without an answer"), "{err}");
        err
    };
    let explained = |err: &str| ["--buffer-size", "--max-vars"].map(|word| err.contains(word));

    let failed = ask("/raise", &[]);
    assert!(failed.contains("its application failed"), "{failed}");
    assert_eq!(explained(&failed), [false; 2], "{failed}");
    let large = ask("/", &["-H", &format!("X: {}", "x".repeat(5000))]);
    assert_eq!(explained(&large), [true, false], "{large}");
    let settings: Vec<_> = (0..130).map(|number| format!("V{number}=")).collect();
    let many = settings.iter().flat_map(|setting| ["--var", setting]);
    let many = ask("/", &many.collect::<Vec<_>>());
    assert_eq!(explained(&many), [false, true], "{many}");
}

#[test]
fn a_larger_buffer_takes_a_larger_packet() {
    let (_uwsgi, port) = uwsgi("app.py", &["--buffer-size", "8192"]);
    let url = format!("uwsgi://127.0.0.1:{port}/echo");
    let (status, out, err) = wirekit(&[
        &url,
        "-d",
        "hello",
        "-H",
        &format!("X: {}", "x".repeat(5000)),
    ]);
    assert_eq!((status, &out[..]), (0, &b"hello"[..]), "{err}");
}

#[test]
fn a_slow_application_is_given_up() {
    let (_uwsgi, port) = uwsgi("app.py", &["--worker-reload-mercy", "1"]);
    let url = format!("uwsgi://127.0.0.1:{port}/slow");
    let (status, out, err) = wirekit(&[&url, "-m", "2.5"]);
    assert_eq!((status, out.len()), (3, 0), "{err}");
    assert_eq!(err, "wirekit: no answer within 2.5 s\n");
}

/// A queue without room holds a client at the door.
#[test]
fn a_full_queue_is_given_up() {
    const SERVER: &str = "
import socket, sys, time
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen(0)
clients = []
try:
    while True:
        clients.append(socket.socket(socket.AF_UNIX))
        clients[-1].setblocking(False)
        clients[-1].connect(sys.argv[1])
except BlockingIOError:
    print('listening on 0.0.0.0:0', flush=True)
time.sleep(60)
";
    let directory = tempfile::tempdir().expect("a folder");
    let socket = directory.path().join("full.sock");
    let mut command = Command::new("python3");
    command.args(["-c", SERVER]).arg(&socket);
    let _server = Program::that_prints_its_address(command);
    let url = format!("uwsgi+unix://{}:/", socket.display());
    for option in ["--connect-timeout", "-m"] {
        let (status, _, err) = wirekit(&[&url, option, "0.2"]);
        assert_eq!(status, 2, "{err}");
        assert!(err.ends_with(": no connection within 0.2 s\n"), "{err}");
    }
}

/// A certificate for 127.0.0.1 that vouches for itself, and its key.
fn certificate(folder: &Path) -> (PathBuf, PathBuf) {
    let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
    let mut openssl = Command::new("openssl");
    openssl
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "2",
        ])
        .args([
            "-subj",
            "/CN=127.0.0.1",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
        ])
        .args(["-addext", "basicConstraints=critical,CA:FALSE", "-out"])
        .arg(&certificate)
        .arg("-keyout")
        .arg(&key);
    let output = finish(&mut openssl);
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    (certificate, key)
}

#[test]
fn a_worker_is_asked_inside_tls() {
    let folder = tempfile::tempdir().expect("a folder");
    let (certificate, key) = certificate(folder.path());
    let port = super::process::free_port();
    let (certificate, key) = (certificate.display().to_string(), key.display().to_string());
    let socket = format!("127.0.0.1:{port},{certificate},{key}");
    let (_uwsgi, plain) = uwsgi("app.py", &["--suwsgi-socket", &socket]);
    let url = |path: &str| format!("suwsgi://127.0.0.1:{port}{path}");
    let known = ["--cacert", &certificate];

    let (status, out, err) =
        wirekit(&[&[url("/echo").as_str(), "-d", "hello", "-i"], &known[..]].concat());
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    assert_eq!((status, &out[..]), (0, &answer[..]), "{err}");
    // An answer without a length, and a client and a URL that are known.
    let (status, body, err) = wirekit(&[&url("/"), "-k"]);
    assert_eq!(status, 0, "{err}");
    let response = Response {
        body,
        ..Response::default()
    };
    for (key, value) in [("REMOTE_ADDR", "127.0.0.1"), ("HTTPS", "on")] {
        let var = (key.into(), value.into());
        assert!(response.environ().contains(&var), "{}", response.text());
    }
    // More than fits into a socket, either way, and an answer before the body was taken.
    let body = folder.path().join("body");
    fs::write(&body, vec![b'x'; 3 << 20]).expect("a file");
    let data = format!("@{}", body.display());
    let (status, out, err) = wirekit(&[&url("/echo"), "-k", "-d", &data]);
    assert_eq!((status, out.len()), (0, 3 << 20), "{err}");
    let (status, out, err) = wirekit(&[&url("/big"), "-k"]);
    assert_eq!((status, out.len()), (0, 10 << 20), "{err}");

    let refused = |url: &str, options: &[&str], reason: &str| {
        let (status, out, err) = wirekit(&[&[url], options].concat());
        assert_eq!((status, out.len()), (2, 0), "{err}");
        assert!(err.contains(reason), "{err}");
    };
    refused(&url("/"), &[], "certificate");
    refused(&url("/"), &["--cacert", &key], "no certificate");
    refused(&url("/"), &["--cacert", "/none"], "--cacert /none: ");
    let other = format!("suwsgi://localhost:{port}/");
    refused(&other, &known, "certificate");
    // A socket without TLS says nothing to a ClientHello, or closes.
    refused(
        &format!("suwsgi://127.0.0.1:{plain}/"),
        &["-k", "--connect-timeout", "5"],
        "suwsgi://",
    );
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

    // RFC 3875 section 4.1.8: also where the socket has no address.
    let (_, body, _) = wirekit(&[&format!("uwsgi+unix://{}:/", socket.display())]);
    let response = Response {
        body,
        ..Response::default()
    };
    let client = (b"REMOTE_ADDR".to_vec(), b"127.0.0.1".to_vec());
    assert!(response.environ().contains(&client), "{}", response.text());
}
