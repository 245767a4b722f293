//! SIGHUP: another configuration, while connections live.

use super::site::read_until;
use super::*;

impl Gateway {
    /// Writes the file anew and says so; waits until that is said.
    fn reload(&self, text: &str, said: &str) {
        let text = text.replace("ADDRESS", &self.address);
        fs::write(self.folder.path().join("gateway.toml"), text).unwrap();
        let before = self.messages.all().matches(said).count();
        self.signal("-HUP");
        self.messages.wait_for_one_more(said, before);
    }
}

const DONE: &str = "info: the configuration was loaded anew";
const KEPT: &str = "error: the configuration stays as it was: ";

fn redirect(to: &str) -> String {
    format!(
        "[[listen]]\naddress = 'ADDRESS'\n[log]\naccess = ''\n[[site]]\n[[site.location]]\npath = '/'\nredirect = {{ to = '{to}' }}\n"
    )
}

fn ask(stream: &mut TcpStream) -> String {
    stream
        .write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        .unwrap();
    read_until(stream, b"\r\n\r\n")
}

#[test]
fn connections_go_on_with_the_new_configuration() {
    let gateway = Gateway::start(&redirect("/one"));
    let mut idle = gateway.connect();
    assert!(ask(&mut idle).contains("\r\nLocation: /one\r\n"));
    gateway.reload(&redirect("/two"), DONE);
    assert!(ask(&mut idle).contains("\r\nLocation: /two\r\n"));
    assert!(gateway.get("/").contains("\r\nLocation: /two\r\n"));
}

#[test]
fn a_wrong_configuration_changes_nothing() {
    let gateway = Gateway::start(&redirect("/one"));
    gateway.reload(&redirect("/two").replace("path", "pth"), KEPT);
    gateway
        .messages
        .wait_for("gateway.toml:7:1: site[0].location[0].pth: ");
    assert!(gateway.get("/").contains("\r\nLocation: /one\r\n"));
    // One that is right, and asks for what cannot be had.
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = format!(
        "[[listen]]\naddress = '{}'\n{}",
        other.local_addr().unwrap(),
        redirect("/two")
    );
    gateway.reload(&taken, KEPT);
    assert!(gateway.get("/").contains("\r\nLocation: /one\r\n"));
    gateway.reload(&redirect("/two"), DONE);
    assert!(gateway.get("/").contains("\r\nLocation: /two\r\n"));
}

#[test]
fn listeners_come_and_go() {
    let mut gateway = Gateway::start(&redirect("/one"));
    let (old, new) = (gateway.address.clone(), free_address());
    let both = format!("[[listen]]\naddress = '{new}'\n{}", redirect("/one"));
    gateway.reload(&both, DONE);
    gateway.messages.wait_for(&format!("ready http://{new}/\n"));
    for address in [&old, &new] {
        gateway.address.clone_from(address);
        assert!(gateway.get("/").contains("\r\nLocation: /one\r\n"));
    }
    gateway.reload(&both.replace("[[listen]]\naddress = 'ADDRESS'\n", ""), DONE);
    assert!(gateway.get("/").contains("\r\nLocation: /one\r\n"));
    wait_until("the old address is closed", || {
        TcpStream::connect(&old).is_err()
    });
}

#[test]
fn connections_of_a_listener_that_goes_are_finished() {
    const BUILT_IN: &str = include_str!("../../assets/builtin.toml");
    let (application, has_request, go_on) = held();
    let new = free_address();
    let builtin = BUILT_IN.replace("[[listen]]\naddress = \"127.0.0.1:8080\"", "");
    let sites = builtin.replace("builtin:application", &application);
    let old = "[[listen]]\naddress = 'ADDRESS'\n";
    let both = format!("workers = 1\n[[listen]]\naddress = '{new}'\n{old}{sites}");
    let gateway = Gateway::start(&both);
    let mut idle = gateway.connect();
    idle.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        .unwrap();
    read_until(&mut idle, b"</html>\n");
    let mut socket = gateway.connect();
    socket
        .write_all(b"GET /echo HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
        .unwrap();
    read_until(&mut socket, b"\r\n\r\n");
    let mut busy = gateway.connect();
    busy.write_all(b"GET /environ HTTP/1.1\r\nHost: a\r\n\r\n")
        .unwrap();
    has_request.recv_timeout(PATIENCE).unwrap();
    let mut other = TcpStream::connect(&new).unwrap();
    assert!(ask(&mut other).starts_with("HTTP/1.1 200 "));

    gateway.reload(&both.replace(old, ""), DONE);
    assert_eq!(idle.read(&mut [0]).unwrap(), 0);
    let mut frame = [0; 4];
    socket.read_exact(&mut frame).unwrap();
    assert_eq!(&frame, b"\x88\x02\x03\xe9", "1001 (going away)");
    go_on.send(()).unwrap();
    let mut answer = String::new();
    busy.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("\r\nConnection: close\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\nlate"), "{answer}");
    // The other listener's go on.
    read_until(&mut other, b"</html>\n");
    assert!(ask(&mut other).starts_with("HTTP/1.1 200 "));
}

#[test]
fn websockets_live_on_where_their_location_does() {
    const BUILT_IN: &str = include_str!("../../assets/builtin.toml");
    let text = BUILT_IN.replace("127.0.0.1:8080", "ADDRESS");
    let gateway = Gateway::start(&text);
    let mut socket = gateway.connect();
    socket
        .write_all(b"GET /echo HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
        .unwrap();
    read_until(&mut socket, b"\r\n\r\n");
    let mut echoes = |what: &str| {
        socket
            .write_all(b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58")
            .unwrap();
        let mut frame = [0; 7];
        socket.read_exact(&mut frame).expect(what);
        assert_eq!(&frame, b"\x81\x05Hello", "{what}");
    };
    gateway.reload(&text, DONE);
    echoes("nothing changed");
    // Another location is none of its business.
    let more = "[[site.location]]\npath = '/more'\nredirect = { to = '/' }\n# Servers";
    gateway.reload(&text.replace("# Servers", more), DONE);
    echoes("another location came");
    gateway.reload(&redirect("/elsewhere"), DONE);
    let mut frame = [0; 4];
    socket.read_exact(&mut frame).unwrap();
    assert_eq!(&frame, b"\x88\x02\x03\xe9", "1001 (going away)");
    assert!(
        gateway
            .get("/echo")
            .contains("\r\nLocation: /elsewhere\r\n")
    );
}

#[test]
fn kept_connections_to_servers_that_are_gone_are_closed() {
    let (ended, ends) = std::sync::mpsc::channel();
    let play = move |mut stream: TcpStream| {
        let mut head = [0; 1024];
        while matches!(stream.read(&mut head), Ok(len) if len > 0) {
            stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                .unwrap();
        }
        ended.send(()).unwrap();
    };
    let text = format!("workers = 1\n{}", upstream("http1", &server(play)));
    let gateway = Gateway::start(&text);
    assert!(gateway.get("/").ends_with("ok"));
    gateway.reload(&text, DONE);
    assert!(gateway.get("/").ends_with("ok"));
    assert!(
        ends.try_recv().is_err(),
        "a server that stays is connected to"
    );
    let other = server(|mut stream| {
        let _ = stream.read(&mut [0; 1024]);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nother");
    });
    gateway.reload(&format!("workers = 1\n{}", upstream("http1", &other)), DONE);
    ends.recv_timeout(PATIENCE).unwrap();
    assert!(gateway.get("/").ends_with("other"));
}

#[test]
fn another_access_log_is_another_file() {
    let text = redirect("/one").replace("access = ''", "access = 'one.log'");
    let gateway = Gateway::start(&text);
    gateway.get("/?1");
    wait_for(&gateway.folder.path().join("one.log"));
    gateway.reload(&text.replace("one.log", "two.log"), DONE);
    gateway.get("/?2");
    let log = wait_for(&gateway.folder.path().join("two.log"));
    assert!(log.contains("?2") && !log.contains("?1"), "{log}");
}
