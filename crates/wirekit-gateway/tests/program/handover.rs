//! SIGUSR2, `LISTEN_FDS`, reload and stop under load: no connection is refused or reset, and no request is lost.

use core::sync::atomic::AtomicUsize;
use std::io::ErrorKind;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::time::Instant;

use command_fds::{CommandFdExt, FdMapping};

use super::site::read_until;
use super::*;

/// A process that this test's gateway started, which is ended with the test.
pub(super) struct Process(pub(super) u32);

impl Process {
    /// One that is ended by another hand.
    pub(super) const fn borrowed(number: u32) -> core::mem::ManuallyDrop<Self> {
        core::mem::ManuallyDrop::new(Self(number))
    }

    pub(super) fn signal(&self, signal: &str) {
        let _ = Command::new("kill")
            .args([signal, &self.0.to_string()])
            .stderr(Stdio::null())
            .status();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.signal("-KILL");
    }
}

/// Clients that ask until they are to stop.
#[derive(Default)]
struct Load {
    is_over: AtomicBool,
    answers: AtomicUsize,
}

impl Load {
    /// A new connection for each request.
    fn ask_anew(&self, address: &str) {
        while !self.is_over.load(Ordering::Acquire) {
            let mut stream = TcpStream::connect(address).expect("a connection is refused");
            let patience = Some(Duration::from_secs(20));
            stream.set_read_timeout(patience).unwrap();
            let mut answer = String::new();
            let asked = stream
                .write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                .and_then(|()| stream.read_to_string(&mut answer));
            asked.expect("a connection is reset");
            self.count(&answer);
        }
    }

    /// One connection for as many requests as it takes. The gateway may end one between two requests, which says nothing of the
    /// next request (RFC 9112 section 9.3.1): that is sent once more.
    fn ask_on(&self, address: &str) {
        'anew: while !self.is_over.load(Ordering::Acquire) {
            let mut stream = TcpStream::connect(address).expect("a connection is refused");
            let patience = Some(Duration::from_secs(20));
            stream.set_read_timeout(patience).unwrap();
            for number in 0.. {
                if self.is_over.load(Ordering::Acquire) {
                    return;
                }
                let asked = stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
                let answer = asked.and_then(|()| read_answer(&mut stream));
                match answer {
                    Ok(answer) => {
                        self.count(&answer);
                        if answer.contains("\r\nConnection: close\r\n") {
                            continue 'anew;
                        }
                    }
                    Err(_) if number > 0 => continue 'anew,
                    Err(error) => panic!("the first request is lost: {error}"),
                }
            }
        }
    }

    fn count(&self, answer: &str) {
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer:?}");
        assert!(answer.ends_with("ok"), "{answer:?}");
        self.answers.fetch_add(1, Ordering::AcqRel);
    }

    /// Runs four clients beside what is done, and says how many answers they had.
    fn beside(&self, address: &str, what: impl FnOnce()) -> usize {
        thread::scope(|scope| {
            let clients: Vec<_> = (0..4)
                .map(|at| {
                    scope.spawn(move || match at % 2 {
                        0 => self.ask_anew(address),
                        _ => self.ask_on(address),
                    })
                })
                .collect();
            let done = std::panic::catch_unwind(core::panic::AssertUnwindSafe(what));
            self.is_over.store(true, Ordering::Release);
            for client in clients {
                client.join().expect("a client lost something");
            }
            if let Err(panic) = done {
                std::panic::resume_unwind(panic);
            }
        });
        self.answers.load(Ordering::Acquire)
    }

    /// Waits until that many answers came after those that came by now.
    fn wait_for_more(&self, count: usize) {
        let goal = self.answers.load(Ordering::Acquire) + count;
        let begun = Instant::now();
        while self.answers.load(Ordering::Acquire) < goal {
            assert!(begun.elapsed() < Duration::from_secs(60), "no answers come");
            thread::sleep(Duration::from_millis(1));
        }
    }
}

/// One answer with a length; all of it, or an error where the connection ends before its first byte or in it.
fn read_answer(stream: &mut TcpStream) -> std::io::Result<String> {
    let (mut got, mut piece) = (Vec::new(), [0; 1024]);
    while !got.ends_with(b"ok") {
        match stream.read(&mut piece)? {
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            len => got.extend_from_slice(&piece[..len]),
        }
    }
    Ok(String::from_utf8(got).unwrap())
}

/// A server that keeps its connections.
fn keeping() -> String {
    server(|mut stream| {
        let mut head = [0; 4096];
        while matches!(stream.read(&mut head), Ok(len) if len > 0) {
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
            if stream.write_all(answer).is_err() {
                return;
            }
        }
    })
}

/// How often that was said.
fn count(gateway: &Gateway, said: &str) -> usize {
    gateway.messages.all().matches(said).count()
}

pub(super) fn wait_for_count(gateway: &Gateway, said: &str, expected: usize) {
    let begun = Instant::now();
    while count(gateway, said) < expected {
        let all = gateway.messages.all();
        assert!(begun.elapsed() < Duration::from_secs(60), "{said:?}: {all}");
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_new_process_takes_over_and_nothing_is_lost() {
    let text = format!("workers = 2\n{}", upstream("http1", &keeping()));
    let mut gateway = Gateway::start(&text);
    let load = Load::default();
    let address = gateway.address.clone();
    let mut current = Process(gateway.child.id());
    load.beside(&address, || {
        for round in 1..=3 {
            load.wait_for_more(50);
            current.signal("-USR2");
            wait_for_count(&gateway, " takes over; ", round);
            let all = gateway.messages.all();
            let before = all.rsplit_once(" takes over; ").unwrap().0;
            let number = before.rsplit(' ').next().unwrap();
            let next = Process(number.parse().unwrap());
            wait_for_count(&gateway, "info: has stopped", round);
            // It has ended, and its number may soon be another's.
            core::mem::forget(core::mem::replace(&mut current, next));
            load.wait_for_more(50);
        }
    });
    assert_eq!(gateway.child.wait().unwrap().code(), Some(0));
    current.signal("-TERM");
    wait_for_count(&gateway, "info: has stopped", 4);
    core::mem::forget(current);
    assert!(TcpStream::connect(&address).is_err());
}

/// A service manager, as far as it is notified.
struct Manager {
    socket: UnixDatagram,
    folder: tempfile::TempDir,
}

impl Manager {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = UnixDatagram::bind(folder.path().join("notify")).unwrap();
        Self { socket, folder }
    }

    /// A gateway that it starts.
    fn start(&self) -> Gateway {
        let mut command = Command::new(PROGRAM);
        command.env("NOTIFY_SOCKET", self.folder.path().join("notify"));
        let gateway = Gateway::start_by(command, &upstream("http1", &keeping()));
        let main = format!("READY=1\nMAINPID={}\n", gateway.child.id());
        assert_eq!(self.hears(), main);
        gateway
    }

    /// What it is notified of next.
    fn hears(&self) -> String {
        self.socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut datagram = [0; 1024];
        let len = self.socket.recv(&mut datagram).unwrap();
        String::from_utf8_lossy(&datagram[..len]).into_owned()
    }

    /// Fills the queue of its socket, so that a notification waits until it [hears](Self::hears) one of so many.
    fn fill_queue(&self) -> usize {
        let sender = UnixDatagram::unbound().unwrap();
        sender.connect(self.folder.path().join("notify")).unwrap();
        sender.set_nonblocking(true).unwrap();
        let sent = (0..100_000).take_while(|_| sender.send(b"STATUS=\n").is_ok());
        sent.count()
    }
}

/// The process that is to take over from a gateway.
fn successor(gateway: &Gateway) -> Process {
    gateway.messages.wait_for(" starts, and is to take over");
    let all = gateway.messages.all();
    let before = all.split(" starts, and is to take over").next().unwrap();
    Process(before.rsplit(' ').next().unwrap().parse().unwrap())
}

#[test]
fn the_process_that_takes_over_is_the_main_one_before_the_other_ends() {
    let manager = Manager::new();
    let mut gateway = manager.start();
    let waiting = manager.fill_queue();
    assert!(waiting > 0);
    gateway.signal("-USR2");
    let next = successor(&gateway);
    // It is ready, and says so to the service manager first: until that listens, the other one serves on.
    let ready = format!("ready http://{}/\n", gateway.address);
    gateway.messages.wait_for_one_more(&ready, 1);
    thread::sleep(Duration::from_millis(500));
    assert_eq!(gateway.child.try_wait().unwrap(), None);
    assert_eq!(count(&gateway, " takes over; "), 0);
    for _ in 0..waiting {
        assert_eq!(manager.hears(), "STATUS=\n");
    }
    assert_eq!(manager.hears(), format!("READY=1\nMAINPID={}\n", next.0));
    // The other one ends without a word of it, as the service goes on.
    assert_eq!(gateway.child.wait().unwrap().code(), Some(0));
    assert!(gateway.get("/").ends_with("ok"));
    next.signal("-TERM");
    assert_eq!(manager.hears(), "STOPPING=1\n");
    wait_for_count(&gateway, "info: has stopped", 2);
    core::mem::forget(next);
}

#[test]
fn a_process_that_cannot_be_named_to_the_service_manager_does_not_take_over() {
    let manager = Manager::new();
    let mut gateway = manager.start();
    fs::remove_file(manager.folder.path().join("notify")).unwrap();
    gateway.signal("-USR2");
    gateway
        .messages
        .wait_for("error: the process that was to take over has ended: this one goes on");
    gateway
        .messages
        .wait_for("the service manager cannot be notified: ");
    assert_eq!(gateway.child.try_wait().unwrap(), None);
    assert!(gateway.get("/").ends_with("ok"));
}

#[test]
fn a_process_that_cannot_take_over_changes_nothing() {
    let gateway = Gateway::start(&upstream("http1", &keeping()));
    fs::write(gateway.folder.path().join("gateway.toml"), "workers = 0").unwrap();
    gateway.signal("-USR2");
    gateway
        .messages
        .wait_for("error: the process that was to take over has ended: this one goes on");
    assert!(gateway.get("/").ends_with("ok"));
}

#[test]
fn a_thousand_reloads_lose_no_request() {
    let (one, other) = (keeping(), keeping());
    let both = |weight: usize| {
        let first = upstream("http1", &one);
        let second =
            format!("[[upstream.app.server]]\nid = 'b'\naddress = '{other}'\nweight = {weight}\n");
        // Every other configuration lacks the second server.
        match weight % 2 {
            0 => first,
            _ => first + &second,
        }
    };
    let gateway = Gateway::start(&format!("workers = 2\n{}", both(0)));
    let load = Load::default();
    let begun = Instant::now();
    let answers = load.beside(&gateway.address, || {
        for reload in 1..=1000 {
            let text =
                format!("workers = 2\n{}", both(reload)).replace("ADDRESS", &gateway.address);
            fs::write(gateway.folder.path().join("gateway.toml"), text).unwrap();
            gateway.signal("-HUP");
            wait_for_count(&gateway, "info: the configuration was loaded anew", reload);
            // A slow machine does fewer.
            if reload >= 50 && begun.elapsed() > Duration::from_secs(15) {
                return;
            }
        }
    });
    assert!(answers > 0);
    assert_eq!(count(&gateway, "error"), 0, "{}", gateway.messages.all());
}

#[test]
fn sockets_of_a_service_manager_are_used() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    // Who comes before the program does is answered.
    let mut early = TcpStream::connect(&address).unwrap();
    early
        .write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("gateway.toml");
    let text = format!("workers = 2\n{}", upstream("http1", &keeping()));
    fs::write(&file, text.replace("ADDRESS", &address)).unwrap();
    let mut command = Command::new(PROGRAM);
    let sockets = vec![FdMapping {
        parent_fd: OwnedFd::from(listener),
        child_fd: 3,
    }];
    command
        .arg("--config")
        .arg(&file)
        .env("LISTEN_FDS", "1")
        .env("LISTEN_FDNAMES", "gateway.socket")
        .stderr(Stdio::piped())
        .fd_mappings(sockets)
        .unwrap();
    let mut child = command.spawn().unwrap();
    drop(command);
    let messages = Messages::of(&mut child);
    let mut gateway = Gateway {
        child,
        address,
        folder,
        messages,
    };
    gateway
        .messages
        .wait_for(&format!("ready http://{}/\n", gateway.address));
    let answer = read_until(&mut early, b"ok");
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    for _ in 0..4 {
        assert!(gateway.get("/").ends_with("ok"));
    }
    gateway.signal("-TERM");
    assert_eq!(gateway.child.wait().unwrap().code(), Some(0));
    let all = gateway.messages.until_the_end();
    assert!(!all.contains("LISTEN_FDS"), "{all}");
}
