//! The program over real sockets: what the core decides arrives, and what it must not do does not happen.

#![cfg(test)]

use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Instant;

mod check;
mod control;
mod ctl;
mod drain;
mod files;
mod flood;
mod handover;
mod live;
mod log;
mod proxying;
mod reload;
mod resources;
mod secrets;
mod secure;
mod servers;
mod site;

const PROGRAM: &str = env!("CARGO_BIN_EXE_wirekit-gateway");

/// How long anything may take, on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(120);

/// Waits until this is so.
fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "not so: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// The program, serving.
struct Gateway {
    child: Child,
    address: String,
    folder: tempfile::TempDir,
    messages: Messages,
}

/// What a program has said on its standard error so far.
#[derive(Clone, Default)]
struct Messages {
    text: Arc<Mutex<String>>,
    is_over: Arc<AtomicBool>,
}

impl Messages {
    fn of(child: &mut Child) -> Self {
        let messages = Self::default();
        let (lines, all) = (
            BufReader::new(child.stderr.take().unwrap()),
            messages.clone(),
        );
        thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                *all.text.lock().unwrap() += &format!("{line}\n");
            }
            all.is_over.store(true, Ordering::Release);
        });
        messages
    }

    fn all(&self) -> String {
        self.text.lock().unwrap().clone()
    }

    /// All that a program says that ends.
    fn until_the_end(&self) -> String {
        wait_until("it ends", || self.is_over.load(Ordering::Acquire));
        self.all()
    }

    /// Waits until that was said.
    fn wait_for(&self, part: &str) {
        self.wait_for_one_more(part, 0);
    }

    /// Waits until that was said more often than so many times.
    fn wait_for_one_more(&self, part: &str, before: usize) {
        let begun = Instant::now();
        loop {
            // Asked first: the last line comes before the end.
            let is_over = self.is_over.load(Ordering::Acquire);
            let all = self.all();
            if all.matches(part).count() > before {
                return;
            }
            let goes_on = !is_over && begun.elapsed() < PATIENCE;
            assert!(goes_on, "{part:?} was not said, but {all}");
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Gateway {
    /// Serves a configuration in which `ADDRESS` stands for a free port.
    fn start(text: &str) -> Self {
        Self::start_by(Command::new(PROGRAM), text)
    }

    /// The same by a command, which has an environment of its own.
    fn start_by(command: Command, text: &str) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), command, text)
    }

    /// The same, in a folder that has what the configuration names.
    fn start_in(folder: tempfile::TempDir, mut command: Command, text: &str) -> Self {
        fs::create_dir(folder.path().join("www")).unwrap();
        fs::write(folder.path().join("www/a.txt"), "hello").unwrap();
        fs::write(folder.path().join("www/.env"), "SECRET=1").unwrap();
        fs::write(folder.path().join("outside"), "outside").unwrap();
        std::os::unix::fs::symlink("../outside", folder.path().join("www/out")).unwrap();
        std::os::unix::fs::symlink("a.txt", folder.path().join("www/in")).unwrap();
        let address = free_address();
        let file = folder.path().join("gateway.toml");
        fs::write(&file, text.replace("ADDRESS", &address)).unwrap();
        let mut child = command
            .arg("--config")
            .arg(&file)
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let messages = Messages::of(&mut child);
        messages.wait_for(&format!("ready http://{address}/\n"));
        Self {
            child,
            address,
            folder,
            messages,
        }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// All that is answered to these bytes, up to the end of the connection.
    fn ask(&self, request: &str) -> String {
        let mut stream = self.connect();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    fn get(&self, path: &str) -> String {
        self.ask(&format!(
            "GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        ))
    }

    fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        let status = Command::new("kill").args([signal, &pid]).status().unwrap();
        assert!(status.success());
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An address that nothing listens on, and that no other test is given while this one runs.
///
/// It lies below the ports that Linux gives to sockets that name none, so none of these takes it before the program that it
/// is for; a socket of UDP, on an address that no test uses, marks it as given.
fn free_address() -> String {
    static MARKS: Mutex<Vec<UdpSocket>> = Mutex::new(Vec::new());
    let begin = std::process::id() % 10_000;
    let mut marks = MARKS.lock().unwrap();
    for step in 0..10_000 {
        let port = 20_000 + (begin + step) % 10_000;
        let Ok(mark) = UdpSocket::bind(format!("127.0.0.2:{port}")) else {
            continue;
        };
        let address = format!("127.0.0.1:{port}");
        if TcpListener::bind(&address).is_ok() {
            marks.push(mark);
            return address;
        }
    }
    panic!("no port is free");
}

/// A server that gives each connection to `play`.
fn server(play: impl Fn(TcpStream) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        let play = std::sync::Arc::new(play);
        for stream in listener.incoming().map_while(Result::ok) {
            let play = play.clone();
            thread::spawn(move || play(stream));
        }
    });
    address
}

/// Reads a uwsgi packet, and no body.
fn read_packet(stream: &mut TcpStream) -> Vec<u8> {
    let mut header = [0; 4];
    stream.read_exact(&mut header).unwrap();
    let mut block = vec![0; usize::from(u16::from_le_bytes([header[1], header[2]]))];
    stream.read_exact(&mut block).unwrap();
    block
}

fn upstream(protocol: &str, address: &str) -> String {
    format!(
        "[[listen]]\naddress = 'ADDRESS'\n[log]\naccess = 'access.log'\nformat = 'json'\n[[site]]\n[[site.location]]\npath = '/'\nupstream = 'app'\nbody = '8 MiB'\n[upstream.app]\nprotocol = '{protocol}'\n[[upstream.app.server]]\nid = 'a'\naddress = '{address}'\n"
    )
}

fn check(arguments: &[&str], text: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("gateway.toml"), text).unwrap();
    Command::new(PROGRAM)
        .args(arguments)
        .args(["--config", "gateway.toml"])
        .current_dir(folder.path())
        .output()
        .unwrap()
}

#[test]
fn files_are_served_and_nothing_beside_them() {
    let text = "[[listen]]\naddress = 'ADDRESS'\n[log]\naccess = ''\n[[site]]\n[[site.location]]\npath = '/'\nroot = 'www'\n";
    let gateway = Gateway::start(text);
    let rows = [
        ("/a.txt", "200", "hello"),
        ("/in", "200", "hello"),
        ("/out", "404", "not_found"),
        ("/.env", "404", "not_found"),
        ("/%2e%2e/outside", "400", "malformed_path"),
        ("/x/..//a.txt", "200", "hello"),
        ("/", "404", "not_found"),
    ];
    for (path, status, part) in rows {
        let answer = gateway.get(path);
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{path}: {answer}"
        );
        assert!(answer.contains(part), "{path}: {answer}");
        assert!(
            !answer.contains("outside") && !answer.contains("SECRET"),
            "{path}: {answer}"
        );
    }
    // A file that changes is another, once its age is over.
    fs::write(gateway.folder.path().join("www/a.txt"), "other").unwrap();
    thread::sleep(Duration::from_millis(1100));
    assert!(gateway.get("/a.txt").ends_with("other"));
}

#[test]
fn an_application_gets_the_request_and_the_client_its_answer() {
    let address = server(|mut stream| {
        let block = read_packet(&mut stream);
        let block = String::from_utf8_lossy(&block);
        let len = if block.contains("CONTENT_LENGTH\u{7}\0") {
            3_000_000
        } else {
            0
        };
        let mut body = vec![0; len];
        stream.read_exact(&mut body).unwrap();
        let sum: u64 = body.iter().map(|byte| u64::from(*byte)).sum();
        let answer = format!("HTTP/1.1 200 OK\r\n\r\nsum {sum}");
        stream.write_all(answer.as_bytes()).unwrap();
    });
    let gateway = Gateway::start(&upstream("uwsgi", &address));
    assert!(
        gateway
            .get("/x")
            .contains("\r\nTransfer-Encoding: chunked\r\n")
    );
    let body = "\u{1}".repeat(3_000_000);
    let answer = gateway.ask(&format!(
        "POST /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 3000000\r\n\r\n{body}"
    ));
    assert!(answer.contains("sum 3000000"), "{answer}");
}

#[test]
fn an_early_answer_arrives_though_the_server_is_gone() {
    let address = server(|mut stream| {
        read_packet(&mut stream);
        stream
            .write_all(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 4\r\n\r\nbig\n")
            .unwrap();
        // Closed with content unread: a reset.
    });
    let gateway = Gateway::start(&upstream("uwsgi", &address));
    for _ in 0..100 {
        let mut stream = gateway.connect();
        stream
            .write_all(b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 3000000\r\n\r\n")
            .unwrap();
        let mut writer = stream.try_clone().unwrap();
        let upload = thread::spawn(move || {
            let _ = writer.write_all(&[b'x'; 3_000_000]);
        });
        let mut answer = Vec::new();
        let read = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer);
        assert!(read.is_ok(), "{read:?} {answer}");
        assert!(
            answer.starts_with("HTTP/1.1 413 ") && answer.ends_with("big\n"),
            "{answer}"
        );
        upload.join().unwrap();
    }
}

#[test]
fn half_an_answer_is_a_reset() {
    let address = server(|mut stream| {
        let mut head = [0; 1024];
        let _ = stream.read(&mut head).unwrap();
        stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
            .unwrap();
    });
    let gateway = Gateway::start(&upstream("http1", &address));
    let mut stream = gateway.connect();
    stream
        .write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        .unwrap();
    let mut answer = Vec::new();
    let error = stream.read_to_end(&mut answer).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
}

#[test]
fn a_server_that_is_not_there_is_502_and_the_log_says_why() {
    let address = free_address();
    let gateway = Gateway::start(&upstream("uwsgi", &address));
    let answer = gateway.get("/");
    assert!(
        answer.starts_with("HTTP/1.1 502 ") && answer.contains("connect_refused"),
        "{answer}"
    );
    let log = gateway.folder.path().join("access.log");
    let line = wait_for(&log);
    for part in [
        "\"status\":502",
        "\"reason\":\"connect_refused\"",
        "\"server\":\"a\"",
        "\"tries\":1",
    ] {
        assert!(line.contains(part), "{part}: {line}");
    }
}

/// The text of a file, once it has whole lines.
fn wait_for(file: &Path) -> String {
    let text = || fs::read_to_string(file).unwrap_or_default();
    let name = file.display().to_string();
    wait_until(&name, || text().ends_with('\n'));
    text()
}

/// An application that answers half, and the rest when it is asked to: what tells that it has a request, and what it waits for.
fn held() -> (String, mpsc::Receiver<()>, mpsc::Sender<()>) {
    let (got, has_request) = mpsc::channel();
    let (go_on, goes_on) = mpsc::channel();
    let goes_on = Mutex::new(goes_on);
    let address = server(move |mut stream| {
        read_packet(&mut stream);
        got.send(()).unwrap();
        // The test may have ended.
        let _ = goes_on.lock().unwrap().recv_timeout(PATIENCE);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nla");
        let _ = stream.write_all(b"te");
    });
    (address, has_request, go_on)
}

#[test]
fn a_connection_of_http1_is_kept_and_used_again() {
    let (count, counted) = std::sync::mpsc::channel();
    let address = server(move |mut stream| {
        count.send(()).unwrap();
        let mut head = [0; 1024];
        while matches!(stream.read(&mut head), Ok(len) if len > 0) {
            stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                .unwrap();
        }
    });
    let text = upstream("http1", &address);
    let gateway = Gateway::start(&format!("workers = 1\n{text}"));
    for _ in 0..5 {
        assert!(gateway.get("/").ends_with("ok"));
    }
    assert_eq!(counted.try_iter().count(), 1);
}

#[test]
fn a_signal_ends_it_once_the_last_answer_is_given() {
    let (address, has_request, go_on) = held();
    // One worker: it accepts in order.
    let mut gateway = Gateway::start(&format!("workers = 1\n{}", upstream("uwsgi", &address)));
    let mut idle = gateway.connect();
    let mut busy = gateway.connect();
    busy.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        .unwrap();
    has_request.recv_timeout(PATIENCE).unwrap();
    gateway.signal("-TERM");
    let mut answer = String::new();
    idle.read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "");
    go_on.send(()).unwrap();
    busy.read_to_string(&mut answer).unwrap();
    assert!(answer.ends_with("\r\n\r\nlate"), "{answer}");
    assert!(gateway.child.wait().unwrap().success());
}

#[test]
fn an_address_has_as_many_connections_as_it_may() {
    let text = "[[listen]]\naddress = 'ADDRESS'\n[limits]\nconnections_per_address = 1\n[log]\naccess = ''\n[[site]]\n[[site.location]]\npath = '/'\nroot = 'www'\n";
    let gateway = Gateway::start(text);
    let mut first = gateway.connect();
    first
        .write_all(b"GET /a.txt HTTP/1.1\r\nHost: a\r\n\r\n")
        .unwrap();
    assert!(first.read(&mut [0; 1024]).unwrap() > 0);
    assert_eq!(
        gateway.connect().read(&mut [0]).unwrap_or(0),
        0,
        "closed unread"
    );
    drop(first);
    wait_until("its place is free", || {
        let mut stream = gateway.connect();
        let request = b"GET /a.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        let mut answer = Vec::new();
        // Where there is no place it is closed unread, or reset.
        let _ = stream.write_all(request);
        let _ = stream.read_to_end(&mut answer);
        answer.ends_with(b"hello")
    });
}
