//! Clients of every kind before files and servers of every kind.

use std::fs;
use std::process::Command;

use tempfile::TempDir;

use super::{Gateway, megabytes, upstream};
use crate::program::{free_address, output};
use crate::uwsgi::process::{start, uwsgi};

const FILES: &str = "[[site]]\n[[site.location]]\npath = '/'\nroot = 'www'\n";

fn www(files: &[(&str, &[u8])]) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    fs::create_dir(folder.path().join("www")).expect("a folder");
    for (name, content) in files {
        fs::write(folder.path().join("www").join(name), content).expect("a file");
    }
    folder
}

/// Every answer under load is a good one.
#[test]
fn wrk_sees_no_error() {
    let (_uwsgi, port) = uwsgi("length_app.py", &["--processes", "2"]);
    let application = upstream("uwsgi", format!("127.0.0.1:{port}"), "");
    for (path, tables) in [("/a.txt", FILES), ("/hello", &application)] {
        let gateway = Gateway::start_in(www(&[("a.txt", b"hello, client\n")]), tables);
        let printed = output("wrk", &["-t1", "-c32", "-d3s", &gateway.url(path)]);
        let printed = String::from_utf8(printed).expect("text");
        assert!(!printed.contains("Socket errors"), "{printed}");
        assert!(!printed.contains("Non-2xx"), "{printed}");
        let count = printed.split(" requests in ").next();
        let count = count.and_then(|text| text.split_whitespace().last());
        let count: usize = count.expect("a count").parse().expect("a number");
        assert!(count > 100, "{printed}");
        let lines = gateway.end();
        // Those that were under way when wrk left.
        let left = lines
            .iter()
            .filter(|line| line.reason == "client_closed")
            .count();
        let served = lines.iter().filter(|line| line.reason == "served").count();
        assert_eq!(left + served, lines.len());
        assert!(left <= 32, "{left}");
        if path == "/hello" {
            assert!(
                (count..=count + 32).contains(&served),
                "{served}: {printed}"
            );
        }
    }
}

#[test]
fn python_is_a_client_and_a_server() {
    let folder = www(&[("a.txt", b"hello, client\n"), ("large", &megabytes(10))]);
    let served = folder.path().join("www").display().to_string();
    for version in ["HTTP/1.0", "HTTP/1.1"] {
        let address = free_address();
        let mut command = Command::new("python3");
        command.args(["-m", "http.server", "--bind", "127.0.0.1"]);
        command.args(["--protocol", version, "--directory", &served]);
        command.arg(address.port().to_string());
        let _server = start(&mut command, address.port());
        let gateway = Gateway::start(&upstream("http1", address, ""));
        let script = "
import http.client, sys
c = http.client.HTTPConnection(sys.argv[1])
large = bytes(n % 251 for n in range(10 << 20))
for _ in range(3):
    c.request('GET', '/a.txt'); r = c.getresponse(); assert (r.status, r.read()) == (200, b'hello, client\\n'), r.status
    c.request('HEAD', '/a.txt'); r = c.getresponse(); assert r.getheader('Content-Length') == '14' and r.read() == b''
    c.request('GET', '/missing'); r = c.getresponse(); assert (r.status, b'404' in r.read()) == (404, True)
    c.request('GET', '/large'); r = c.getresponse(); assert r.read() == large
    c.request('PUT', '/a.txt', b'x' * 300000); r = c.getresponse(); assert r.status == 501, r.status; r.read()
";
        output("python3", &["-c", script, &gateway.address.to_string()]);
        gateway.end_with(&[
            ("GET /a.txt", 200, "served", 3),
            ("HEAD /a.txt", 200, "served", 3),
            ("GET /missing", 404, "served", 3),
            ("GET /large", 200, "served", 3),
            ("PUT /a.txt", 501, "served", 3),
        ]);
    }
}
