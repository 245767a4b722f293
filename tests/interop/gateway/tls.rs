//! HTTPS, and TLS that is passed through, as curl, OpenSSL and Python's ssl see it. Certificates are made when they are needed.

mod acme;
mod authority;

use core::net::SocketAddr;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use super::{Gateway, megabytes, signal};
use crate::program::{free_address, output};
use authority::Authority;

/// A gateway with listeners beside the plain one: for two certificates, for clients with one of their own, and one that passes
/// TLS through to the last, which reads the PROXY protocol.
struct Https {
    gateway: Gateway,
    tls: SocketAddr,
    clients: SocketAddr,
    through: SocketAddr,
}

impl Https {
    fn start() -> Self {
        let folder = TempDir::new().expect("a folder");
        let authority = Authority::new(folder.path());
        authority.issue("shop", &["shop.example", "*.shop.example"]);
        authority.issue("default", &["default.example"]);
        authority.issue("Ada", &["ada.example"]);
        let www = folder.path().join("www");
        fs::create_dir(&www).expect("a folder");
        fs::write(www.join("a.txt"), "hello").expect("a file");
        fs::write(www.join("large"), megabytes(3)).expect("a file");
        let [tls, clients, through, behind] = [(); 4].map(|()| free_address());
        let gateway = Gateway::start_in(
            folder,
            &format!(
                r#"
[[listen]]
address = "{tls}"
tls = ["shop", "default"]
[[listen]]
address = "{clients}"
tls = ["shop"]
client_ca = "ca.pem"
[[listen]]
address = "{through}"
passthrough = {{ "shop.example" = "behind" }}
[[listen]]
address = "{behind}"
tls = ["shop"]
proxy_protocol = true
[trust]
proxies = ["127.0.0.1"]
[certificate.shop]
chain = "shop.pem"
key = "shop.key"
[certificate.default]
chain = "default.pem"
key = "default.key"
[[site]]
hsts = "max-age=1000"
[[site.location]]
path = "/"
root = "www"
[[site.location]]
path = "/app"
upstream = "app"
body = "8 MiB"
params = {{ REMOTE_USER = "$tls_client_name" }}
[[site]]
hosts = ["plain.example"]
redirect_https = true
[[site.location]]
path = "/"
root = "www"
[upstream.app]
protocol = "uwsgi"
[[upstream.app.server]]
id = "a"
address = "builtin:application"
[upstream.behind]
protocol = "tcp"
proxy_protocol = true
[[upstream.behind.server]]
id = "a"
address = "{behind}"
"#
            ),
        );
        Self {
            gateway,
            tls,
            clients,
            through,
        }
    }

    /// What curl prints of a URL whose host leads to that listener.
    fn curl(&self, listener: SocketAddr, host: &str, path: &str, more: &[&str]) -> String {
        let ca = self.gateway.folder().join("ca.pem").display().to_string();
        let url = format!("https://{host}:{}{path}", listener.port());
        let leads = format!("{host}:{}:127.0.0.1", listener.port());
        let always = ["-sS", "--cacert", &ca, "--resolve", &leads, &url];
        String::from_utf8(output("curl", &[&always, more].concat())).expect("text")
    }

    /// What `openssl s_client` says of a listener, with that on its standard input.
    fn client(&self, listener: SocketAddr, input: &str, more: &[&str]) -> String {
        let mut child = Command::new("openssl")
            .args([
                "s_client",
                "-connect",
                &listener.to_string(),
                "-servername",
                "shop.example",
            ])
            .args(["-CAfile", "ca.pem"])
            .args(more)
            .current_dir(self.gateway.folder())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the command openssl");
        let mut stdin = child.stdin.take().expect("a pipe");
        stdin.write_all(input.as_bytes()).expect("a reader");
        // It reads the answer to its end while its input goes on.
        let mut said = String::new();
        let mut stdout = child.stdout.take().expect("a pipe");
        stdout.read_to_string(&mut said).expect("text");
        drop(stdin);
        let mut stderr = child.stderr.take().expect("a pipe");
        stderr.read_to_string(&mut said).expect("text");
        let _ = child.wait();
        said
    }

    /// The client of `tls.py`.
    fn python(&self, what: &str, listener: SocketAddr) -> Child {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop/gateway/tls.py");
        Command::new("python3")
            .arg(script)
            .args([what, &listener.port().to_string()])
            .arg(self.gateway.folder().join("ca.pem"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the command python3")
    }

    /// What it said, to its end.
    fn answers(&self, what: &str, listener: SocketAddr) -> Vec<Value> {
        let said = self.python(what, listener).wait_with_output();
        let said = String::from_utf8(said.expect("a child").stdout).expect("text");
        said.lines().map(json).collect()
    }
}

fn json(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"))
}

#[test]
fn curl_gets_the_certificate_of_the_name_in_either_version() {
    let https = Https::start();
    let status = ["-o", "/dev/null", "-w", "%{http_code} %{http_version}"];
    let rows: [(&str, &[&str]); 6] = [
        ("shop.example", &["--tlsv1.3"]),
        ("shop.example", &["--tls-max", "1.2"]),
        ("a.shop.example", &["--no-alpn"]),
        ("default.example", &[]),
        // Nobody has this name: the certificate is the last one.
        ("nowhere.example", &["--insecure", "--tlsv1.3"]),
        (
            "shop.example",
            &["--tls-max", "1.2", "--no-alpn", "--no-sessionid"],
        ),
    ];
    for (host, more) in rows {
        let printed = https.curl(https.tls, host, "/a.txt", &[&status, more].concat());
        assert_eq!(printed, "200 1.1", "{host} {more:?}");
    }
    let head = https.curl(https.tls, "shop.example", "/a.txt", &["-i"]);
    assert!(
        head.contains("\r\nStrict-Transport-Security: max-age=1000\r\n"),
        "{head}"
    );
    let large = https.gateway.folder().join("got").display().to_string();
    https.curl(https.tls, "shop.example", "/large", &["-o", &large]);
    assert!(fs::read(&large).expect("a file") == megabytes(3));
    let upload = format!("@{large}");
    for more in [
        &["--tlsv1.3"][..],
        &["--tls-max", "1.2", "-H", "Transfer-Encoding: chunked"],
    ] {
        let more = [&["--data-binary", &upload], more].concat();
        let page = https.curl(https.tls, "shop.example", "/app", &more);
        assert!(
            page.contains("HTTPS = on") && page.contains("The body has 3145728 bytes."),
            "{page}"
        );
    }
    let url = https.gateway.url("/x?y");
    let moved = output("curl", &["-s", "-i", "-H", "Host: plain.example:80", &url]);
    let moved = String::from_utf8(moved).expect("text");
    assert!(moved.starts_with("HTTP/1.1 308 "), "{moved}");
    assert!(
        moved.contains("\r\nLocation: https://plain.example/x?y\r\n"),
        "{moved}"
    );
    // The handshake was for another site.
    let status = https.curl(
        https.tls,
        "shop.example",
        "/",
        &[
            "-H",
            "Host: plain.example",
            "-o",
            "/dev/null",
            "-w",
            "%{http_code}",
        ],
    );
    assert_eq!(status, "421");
}

#[test]
fn clients_say_who_they_are_by_certificate() {
    let https = Https::start();
    let folder = https.gateway.folder().display().to_string();
    let (cert, key) = (format!("{folder}/Ada.pem"), format!("{folder}/Ada.key"));
    let page = https.curl(
        https.clients,
        "shop.example",
        "/app",
        &["--cert", &cert, "--key", &key],
    );
    assert!(page.contains("REMOTE_USER = Ada"), "{page}");
    let said = https.client(https.clients, REQUEST, &["-ign_eof"]);
    assert!(
        said.contains("certificate required") && !said.contains("200 OK"),
        "{said}"
    );
}

const REQUEST: &str = "GET /a.txt HTTP/1.1\nHost: shop.example\nConnection: close\n\n";

#[test]
fn sessions_are_resumed_by_any_worker_and_by_no_other_kind_of_listener() {
    let https = Https::start();
    for version in ["-tls1_3", "-tls1_2"] {
        let kept = ["-sess_out", "kept", "-ign_eof", version, "-crlf"];
        let said = https.client(https.tls, REQUEST, &kept);
        assert!(
            said.contains("New, TLS") && said.contains("200 OK"),
            "{said}"
        );
        // Two workers take turns, more or less.
        for _ in 0..6 {
            let resumed = ["-sess_in", "kept", "-ign_eof", version, "-crlf"];
            let said = https.client(https.tls, REQUEST, &resumed);
            assert!(
                said.contains("Reused, TLS") && said.contains("200 OK"),
                "{said}"
            );
        }
        // A ticket that was got without a certificate opens nothing where one is needed.
        let said = https.client(
            https.clients,
            REQUEST,
            &["-sess_in", "kept", "-ign_eof", version, "-crlf"],
        );
        assert!(
            !said.contains("Reused, TLS") && !said.contains("200 OK"),
            "{said}"
        );
        // Tickets outlive a reload.
        signal(https.gateway.child.id(), "HUP");
        let said = https.client(
            https.tls,
            REQUEST,
            &["-sess_in", "kept", "-ign_eof", version, "-crlf"],
        );
        assert!(said.contains("Reused, TLS"), "{said}");
    }
}

#[test]
fn renegotiation_is_refused() {
    let https = Https::start();
    let said = https.client(https.tls, "R\n", &["-tls1_2"]);
    assert!(said.contains("no renegotiation"), "{said}");
    // And spares the others.
    assert_eq!(
        https.curl(https.tls, "shop.example", "/a.txt", &[]),
        "hello"
    );
}

#[test]
fn a_hello_may_come_in_pieces() {
    let https = Https::start();
    for listener in [https.tls, https.through] {
        let answers = https.answers("hello", listener);
        let text = answers[0]["answer"].as_str().expect("text");
        assert!(
            text.starts_with("HTTP/1.1 200 OK\r\n") && text.ends_with("\r\n\r\nhello"),
            "{text}"
        );
        assert_eq!(answers[0]["alpn"], "http/1.1");
        assert_eq!(answers[0]["version"], "TLSv1.3");
    }
    let fragments = [
        "-max_send_frag",
        "512",
        "-alpn",
        "http/1.1",
        "-ign_eof",
        "-crlf",
    ];
    let said = https.client(https.tls, REQUEST, &fragments);
    assert!(said.contains("200 OK"), "{said}");
}

#[test]
fn a_connection_ends_by_close_notify() {
    let https = Https::start();
    for listener in [https.tls, https.through] {
        let answers = https.answers("ends", listener);
        assert_eq!(answers.len(), 2, "{answers:?}");
        for answer in answers {
            let text = answer["answer"].as_str().expect("text");
            assert!(
                text.starts_with("HTTP/1.1 200 OK\r\n") && text.ends_with("hello"),
                "{text}"
            );
        }
    }
}

#[test]
fn a_server_name_leads_to_a_server_that_learns_of_the_client() {
    let https = Https::start();
    let page = https.curl(
        https.through,
        "shop.example",
        "/app",
        &["--data-binary", "abc"],
    );
    assert!(page.contains("REMOTE_ADDR = 127.0.0.1"), "{page}");
    let large = https.gateway.folder().join("got").display().to_string();
    https.curl(https.through, "shop.example", "/large", &["-o", &large]);
    assert!(fs::read(&large).expect("a file") == megabytes(3));
    let answers = https.answers("plain", https.through);
    // A fatal alert, unexpected_message.
    assert_eq!(answers[0]["answer"], "1503030002020a");
    assert_eq!(answers[1]["answer"], "TLSV1_UNRECOGNIZED_NAME");
    let lines = https.gateway.end();
    let count = |reason: &str| lines.iter().filter(|line| line.reason == reason).count();
    assert_eq!((count("malformed_hello"), count("unknown_host")), (1, 1));
}

#[test]
fn certificates_are_renewed_under_load() {
    let https = Https::start();
    let folder = https.gateway.folder();
    let mut load = https.python("load", https.tls);
    let mut said = BufReader::new(load.stdout.take().expect("a pipe"));
    let mut line = || {
        let mut line = String::new();
        said.read_line(&mut line).expect("text");
        json(&line)
    };
    assert_eq!(line()["certificate"][1], "shop.example");
    for at in 0..3 {
        let name = format!("renewed{at}.shop.example");
        Authority { folder }.issue("new", &["shop.example", &name]);
        for end in ["key", "pem"] {
            fs::rename(
                folder.join(format!("new.{end}")),
                folder.join(format!("shop.{end}")),
            )
            .expect("a file");
        }
        signal(https.gateway.child.id(), "HUP");
        assert_eq!(line()["certificate"][0], *name);
    }
    drop(load.stdin.take());
    let end = line();
    assert_eq!(end["failures"].as_array().map(Vec::len), Some(0), "{end}");
    assert!(load.wait().expect("a child").success());
}
