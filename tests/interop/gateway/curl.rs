//! curl in front, files and uWSGI behind.

use std::fs;
use std::process::Command;

use tempfile::TempDir;

use super::{Gateway, megabytes, upstream};
use crate::program::{finish, output};
use crate::uwsgi::process::uwsgi;

/// A gateway before a folder of files: `a.txt` with the alphabet, `large` with three megabytes.
fn files() -> Gateway {
    let folder = TempDir::new().expect("a folder");
    let www = folder.path().join("www");
    fs::create_dir(&www).expect("a folder");
    fs::write(www.join("a.txt"), "abcdefghijklmnopqrstuvwxyz").expect("a file");
    fs::write(www.join("large"), megabytes(3)).expect("a file");
    Gateway::start_in(
        folder,
        "[[site]]\n[[site.location]]\npath = '/'\nroot = 'www'\n",
    )
}

fn curl(arguments: &[&str]) -> String {
    let printed = output("curl", &[&["-s"], arguments].concat());
    String::from_utf8(printed).expect("text")
}

#[test]
fn ranges_are_what_curl_asks_for() {
    let gateway = files();
    let url = gateway.url("/a.txt");
    for (range, content) in [
        ("0-4", "abcde"),
        ("-3", "xyz"),
        ("23-", "xyz"),
        ("25-99", "z"),
    ] {
        assert_eq!(curl(&["-r", range, &url]), content);
    }
    let several = curl(&["-r", "0-1,24-", &url]);
    assert!(
        several.contains("Content-Range: bytes 0-1/26\r\n\r\nab\r\n"),
        "{several}"
    );
    assert!(
        several.contains("Content-Range: bytes 24-25/26\r\n\r\nyz\r\n"),
        "{several}"
    );
    let outside = curl(&["-i", "-r", "26-", &url]);
    assert!(outside.starts_with("HTTP/1.1 416 "), "{outside}");
    assert!(
        outside.contains("Content-Range: bytes */26\r\n"),
        "{outside}"
    );
    // A download that was cut goes on where it ended.
    let half = gateway.folder().join("half");
    let content = megabytes(3);
    fs::write(&half, &content[..1_000_000]).expect("a file");
    let half_name = half.display().to_string();
    curl(&["-C", "-", "-o", &half_name, &gateway.url("/large")]);
    assert!(fs::read(&half).expect("a file") == content);
    gateway.end_with(&[
        ("GET /a.txt", 206, "served", 5),
        ("GET /a.txt", 416, "range_not_satisfiable", 1),
        ("GET /large", 206, "served", 1),
    ]);
}

#[test]
fn curl_asks_only_for_what_changed() {
    let gateway = files();
    let url = gateway.url("/a.txt");
    let tag = gateway.folder().join("tag").display().to_string();
    let status = ["-o", "/dev/null", "-w", "%{http_code}"];
    let ask = |arguments: &[&str]| curl(&[&status, arguments, &[&*url]].concat());
    assert_eq!(ask(&["--etag-save", &tag]), "200");
    assert_eq!(ask(&["--etag-compare", &tag]), "304");
    let file = gateway.folder().join("www/a.txt").display().to_string();
    assert_eq!(ask(&["-z", &file]), "304");
    assert_eq!(ask(&["-z", "1 January 1999"]), "200");
    assert_eq!(ask(&["-H", "If-Match: \"other\""]), "412");
    assert_eq!(ask(&["-r", "0-1", "-H", "If-Range: \"other\""]), "200");
    assert_eq!(ask(&["-X", "DELETE"]), "405");
    let head = curl(&["-I", &url]);
    assert!(head.contains("\r\nContent-Length: 26\r\n"), "{head}");
    assert!(head.contains("\r\nAccept-Ranges: bytes\r\n"), "{head}");
    assert_eq!(
        curl(&["--path-as-is", &gateway.url("/x/.././a.txt")]).len(),
        26
    );
    let outside = curl(&["-i", "--path-as-is", &gateway.url("/../gateway.toml")]);
    assert!(outside.starts_with("HTTP/1.1 400 "), "{outside}");
    gateway.end_with(&[
        ("GET /a.txt", 200, "served", 3),
        ("GET /a.txt", 304, "not_modified", 2),
        ("GET /a.txt", 412, "precondition_failed", 1),
        ("DELETE /a.txt", 405, "method_not_allowed", 1),
        ("HEAD /a.txt", 200, "served", 1),
        ("GET /x/.././a.txt", 200, "served", 1),
        ("GET /../gateway.toml", 400, "malformed_path", 1),
    ]);
}

#[test]
fn one_connection_serves_many_requests() {
    let gateway = files();
    let (file, missing) = (gateway.url("/a.txt"), gateway.url("/missing"));
    let printed = curl(&["-v", "--stderr", "-", &file, &missing, &file]);
    assert_eq!(printed.matches("abcdefghijklmnopqrstuvwxyz").count(), 2);
    assert_eq!(
        printed.matches("Re-using existing connection").count(),
        2,
        "{printed}"
    );
    // HTTP/1.0 has one request a connection.
    let printed = curl(&["-v", "--http1.0", "--stderr", "-", &file, &file]);
    assert_eq!(
        printed.matches("< Connection: close").count(),
        2,
        "{printed}"
    );
    gateway.end_with(&[
        ("GET /a.txt", 200, "served", 4),
        ("GET /missing", 404, "not_found", 1),
    ]);
}

#[test]
fn uploads_of_every_kind_reach_uwsgi_and_come_back() {
    let (_uwsgi, port) = uwsgi("app.py", &[]);
    let gateway = Gateway::start(&upstream("uwsgi", format!("127.0.0.1:{port}"), ""));
    let content = megabytes(10);
    let large = gateway.folder().join("large");
    fs::write(&large, &content).expect("a file");
    let upload = format!("@{}", large.display());
    let url = gateway.url("/echo");
    let rows: [&[&str]; 5] = [
        &["-H", "Expect:"],
        &["-H", "Expect: 100-continue"],
        &["-H", "Transfer-Encoding: chunked", "-H", "Expect:"],
        &[
            "-H",
            "Transfer-Encoding: chunked",
            "-H",
            "Expect: 100-continue",
        ],
        &["--http1.0"],
    ];
    for row in rows {
        let arguments = [&["-s", "--data-binary", &upload, &url], row].concat();
        assert!(output("curl", &arguments) == content, "{row:?}");
    }
    let printed = curl(&[
        "-v",
        "--stderr",
        "-",
        "-o",
        "/dev/null",
        "-T",
        &large.display().to_string(),
        &url,
    ]);
    assert!(printed.contains("< HTTP/1.1 100 Continue"), "{printed}");
    // An answer that says no length arrives whole, in chunks and until the close.
    for option in ["--http1.1", "--http1.0"] {
        let big = output("curl", &["-s", option, &gateway.url("/big")]);
        assert_eq!(big.len(), 10 << 20, "{option}");
    }
    gateway.end_with(&[
        ("POST /echo", 200, "served", 5),
        ("PUT /echo", 200, "served", 1),
        ("GET /big", 200, "served", 2),
    ]);
}

/// The application answers that it takes no such upload, and ends the connection: nginx delivers 3 to 17 of 100.
#[test]
fn an_early_413_arrives_100_times_of_100() {
    let (_uwsgi, port) = uwsgi("app.py", &[]);
    let gateway = Gateway::start(&upstream("uwsgi", format!("127.0.0.1:{port}"), ""));
    let large = gateway.folder().join("large");
    fs::write(&large, megabytes(3)).expect("a file");
    let upload = format!("@{}", large.display());
    for _ in 0..100 {
        let mut command = Command::new("curl");
        command.args(["-s", "-w", " %{http_code}", "-H", "Expect:"]);
        let done = finish(command.args(["--data-binary", &upload, &gateway.url("/early")]));
        let printed = String::from_utf8_lossy(&done.stdout);
        assert!(done.status.success(), "{}: {printed}", done.status);
        assert_eq!(printed, "too large 413");
    }
    gateway.end_with(&[("POST /early", 413, "served", 100)]);
}
