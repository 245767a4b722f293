//! The program without a configuration.

use super::*;

const BUILT_IN: &str = include_str!("../../assets/builtin.toml");

/// The built-in site, on a free port.
fn start() -> Gateway {
    Gateway::start(&BUILT_IN.replace("127.0.0.1:8080", "ADDRESS"))
}

fn run(arguments: &[&str]) -> Output {
    Command::new(PROGRAM).args(arguments).output().unwrap()
}

#[test]
fn the_built_in_site_explains_itself() {
    let gateway = start();
    let ready = format!("ready http://{}/\n", gateway.address);
    assert!(gateway.messages.all().starts_with(&ready));
    let page = gateway.get("/");
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{page}");
    // Each path that the page names has what the page says.
    for (path, status) in [
        ("/echo.html", "200 OK"),
        ("/environ?color=blue", "200 OK"),
        ("/nothing", "404 Not Found"),
        ("/%zz", "400 Bad Request"),
    ] {
        assert!(page.contains(&format!("<a href=\"{path}\">")), "{path}");
        let answer = gateway.get(path);
        let start = format!("HTTP/1.1 {status}\r\n");
        assert!(answer.starts_with(&start), "{path}: {answer}");
    }
    for page in [page, gateway.get("/echo.html")] {
        assert!(!page.contains("://"), "a resource of elsewhere: {page}");
    }
}

#[test]
fn the_application_gets_the_request_by_uwsgi() {
    let gateway = start();
    let answer = gateway.ask(
        "POST /environ?color=blue HTTP/1.1\r\nHost: shop.example\r\nX-Own: 1\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello",
    );
    for line in [
        "REQUEST_METHOD = POST",
        "PATH_INFO = /environ",
        "QUERY_STRING = color=blue",
        "HTTP_HOST = shop.example",
        "HTTP_X_OWN = 1",
        "REMOTE_ADDR = 127.0.0.1",
        "The body has 5 bytes.",
    ] {
        assert!(answer.contains(&format!("\n{line}\n")), "{line}: {answer}");
    }
}

/// RFC 6455 section 1.3 has the key and the answer.
#[test]
fn the_echo_sends_back_what_it_gets() {
    let gateway = start();
    let mut socket = gateway.connect();
    socket
        .write_all(b"GET /echo HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
        .unwrap();
    let head = read_until(&mut socket, b"\r\n\r\n");
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    assert!(head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{head}");
    socket
        .write_all(b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58")
        .unwrap();
    let mut frame = [0; 7];
    socket.read_exact(&mut frame).unwrap();
    assert_eq!(&frame, b"\x81\x05Hello");
    socket
        .write_all(b"\x88\x82\x00\x00\x00\x00\x03\xe8")
        .unwrap();
    let mut rest = Vec::new();
    socket.read_to_end(&mut rest).unwrap();
    assert_eq!(rest, b"\x88\x02\x03\xe8", "1000 (normal closure)");
}

#[test]
fn without_a_file_the_built_in_site_is_checked_and_explained() {
    assert_eq!(run(&["--check"]).status.code(), Some(0));
    let output = run(&["explain", "GET", "/environ"]);
    let text = String::from_utf8(output.stdout).unwrap();
    for part in [
        "\"upstream\":\"application\"",
        "\"server\":\"a\"",
        "of the built-in site",
    ] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn without_a_file_it_is_served_on_port_8080_alone() {
    let mut child = Command::new(PROGRAM)
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let messages = Messages::of(&mut child);
    messages.wait_for("127.0.0.1:8080");
    if !messages.all().starts_with("ready") {
        // Another process that has the port keeps it.
        assert!(messages.all().starts_with("127.0.0.1:8080: "));
        assert_eq!(child.wait().unwrap().code(), Some(1));
        return;
    }
    messages.wait_for("http://127.0.0.1:8080/environ ");
    let text = messages.all();
    assert!(text.starts_with("ready http://127.0.0.1:8080/\n"), "{text}");
    for path in ["echo.html", "environ"] {
        assert!(
            text.contains(&format!("  http://127.0.0.1:8080/{path} ")),
            "{text}"
        );
    }
    // What Ctrl-C in a terminal sends.
    let pid = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &pid])
            .status()
            .unwrap()
            .success()
    );
    assert!(child.wait().unwrap().success());
}

/// Reads up to the end of this.
pub(super) fn read_until(stream: &mut TcpStream, end: &[u8]) -> String {
    let (mut text, mut byte) = (Vec::new(), [0]);
    while !text.ends_with(end) {
        stream.read_exact(&mut byte).unwrap();
        text.push(byte[0]);
    }
    String::from_utf8_lossy(&text).into_owned()
}
