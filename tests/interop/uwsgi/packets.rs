//! The packets that are no HTTP requests, each to a real uWSGI: calls, cache, ping, signal, spooler, subscriptions; and
//! the persistent socket.

use core::time::Duration;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpStream, UdpSocket};
use std::process::Command;
use std::thread;
use std::time::Instant;

use wirekit::bridge::{ResponseEvent, ResponseReader, ResponseTable};
use wirekit::http1;
use wirekit::uwsgi::control::{self, Answer};
use wirekit::uwsgi::request::{Builder, Meta, Peer, Prefix};
use wirekit::uwsgi::subscription::{SUBSCRIBE, Subscription, UNSUBSCRIBE};
use wirekit::uwsgi::{Header, Modifier1, Packet, Transport, Var, cache, rpc};

use super::http::ask;
use super::process::{free_port, start, uwsgi, uwsgi_at};
use super::start_server;
use crate::program::{PATIENCE, Program};

/// A uWSGI with functions, a signal, a spooler and a cache.
fn control() -> (Program, u16, tempfile::TempDir) {
    let jobs = tempfile::tempdir().expect("a folder");
    let path = jobs.path().display().to_string();
    let plugins = "ping,echo,rpc,cache,signal,spooler";
    let more = [
        &["--plugin", plugins, "--cache2", "name=things,items=100"][..],
        &["--spooler", &path, "--spooler-frequency", "1"],
    ];
    let (process, port) = uwsgi("control_app.py", &more.concat());
    (process, port, jobs)
}

fn connect(port: u16) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", port)).expect("a listening server");
    let wait = Some(PATIENCE);
    stream.set_read_timeout(wait).expect("a timeout");
    stream
}

/// What a server says to these bytes before it closes the connection.
fn exchange(port: u16, bytes: &[u8]) -> Vec<u8> {
    let mut stream = connect(port);
    stream.write_all(bytes).expect("the packet is taken");
    let mut answer = Vec::new();
    // What is refused may come back as a reset.
    let _ = stream.read_to_end(&mut answer);
    answer
}

fn array(header: Header, items: &[&[u8]]) -> Vec<u8> {
    let mut packet = Vec::new();
    header
        .encode_array(items, &mut packet)
        .expect("items that fit");
    packet
}

fn vars(header: Header, vars: &[(&str, &str)]) -> Vec<u8> {
    let vars: Vec<Var<'_>> = vars
        .iter()
        .map(|(key, value)| Var::new(key.as_bytes(), value.as_bytes()))
        .collect();
    let mut packet = Vec::new();
    header
        .encode_vars(&vars, &mut packet)
        .expect("variables that fit");
    packet
}

#[test]
fn calls_are_answered_in_packets_bare_and_at_length() {
    let (_uwsgi, port, _jobs) = control();
    let call = |items: &[&[u8]]| exchange(port, &array(rpc::CALL, items));

    let answer = call(&[b"hello", b"a", b"b"]);
    let result = |result| Ok(Some((rpc::Reply::Result(result), answer.len())));
    assert_eq!(rpc::Reply::parse(&answer), result(b"hi a,b"));
    // uWSGI leaves an empty argument out.
    assert_eq!(call(&[b"hello", b"", b"z"]), b"\xad\x04\0\0hi z");
    assert_eq!(call(&[b"unknown"]), b"");
    // And the arguments that are too many.
    for count in [rpc::MAX_ARGUMENTS, rpc::MAX_ARGUMENTS + 1] {
        let mut items: Vec<&[u8]> = vec![b"a"; count + 1];
        items[0] = b"hello";
        let answer = call(&items);
        let Ok(Some((rpc::Reply::Result(result), _))) = rpc::Reply::parse(&answer) else {
            panic!("{}", answer.escape_ascii());
        };
        let arguments = result[3..].split(|byte| *byte == b',');
        assert_eq!(arguments.count(), rpc::MAX_ARGUMENTS);
    }

    let answer = call(&[b"large"]);
    let Ok(Some((rpc::Reply::Long { len: 70_000 }, used))) = rpc::Reply::parse(&answer) else {
        panic!("{}", answer[..40].escape_ascii());
    };
    assert_eq!(answer[used..], [b'x'; 70_000]);

    assert_eq!(
        exchange(port, &array(rpc::CALL_RAW, &[b"hello", b"a"])),
        b"hi a"
    );
    let answer = exchange(port, &array(rpc::CALL_RAW, &[b"large"]));
    assert_eq!(answer, [b'x'; 70_000]);

    let in_path = Header {
        modifier2: 2,
        ..rpc::CALL
    };
    assert!(in_path.is_request());
    let answer = exchange(port, &vars(in_path, &[("PATH_INFO", "/hello/a/b")]));
    assert!(
        answer.starts_with(b"HTTP/1.0 200 OK\r\n") && answer.ends_with(b"\r\n\r\nhi a,b"),
        "{}",
        answer.escape_ascii()
    );
}

#[test]
fn the_cache_takes_every_command() {
    use cache::{Action, DICTIONARY};
    let (_uwsgi, port, _jobs) = control();
    // The value that came back; `None` where the connection was closed without an answer.
    let run = |command: cache::Command<'_>, value: &[u8]| -> Option<Vec<u8>> {
        let list: Vec<Var<'_>> = command.vars().collect();
        let mut packet = Vec::new();
        DICTIONARY
            .encode_vars(&list, &mut packet)
            .expect("variables that fit");
        packet.extend_from_slice(value);
        let answer = exchange(port, &packet);
        let (reply, used) = cache::Reply::parse(&answer).expect("an answer by the rules")?;
        assert!(reply.is_ok(), "{}", answer.escape_ascii());
        assert_eq!(reply.size(), (answer.len() - used) as u64);
        Some(answer[used..].to_vec())
    };
    let command = |action| cache::Command::new(action, b"k");
    let done = Some(Vec::new());

    assert_eq!(run(command(Action::Get), b""), None);
    assert_eq!(run(command(Action::Exists), b""), None);
    assert_eq!(run(command(Action::Set).size("2"), b"v1"), done);
    assert_eq!(run(command(Action::Get), b""), Some(b"v1".to_vec()));
    assert_eq!(run(command(Action::Exists), b""), done);
    // `set` leaves what is there, `update` does not.
    assert_eq!(run(command(Action::Set).size("2"), b"v2"), None);
    let update = command(Action::Update).size("2").expires("60");
    assert_eq!(run(update.cache(b"things"), b"v3"), done);
    assert_eq!(
        run(command(Action::Get).cache(b"things"), b""),
        Some(b"v3".to_vec())
    );
    assert_eq!(run(command(Action::Get).cache(b"nothing"), b""), None);
    assert_eq!(run(command(Action::Delete), b""), done);
    assert_eq!(run(command(Action::Delete), b""), None);
    assert_eq!(run(command(Action::Set).size("2"), b"v4"), done);
    assert_eq!(run(command(Action::Clear), b""), done);
    assert_eq!(run(command(Action::Get), b""), None);
}

/// The older commands, as specification section 7.2 has them.
#[test]
fn the_older_commands_of_the_cache_answer_as_the_page_says() {
    let (_uwsgi, port, _jobs) = control();
    let command = |modifier2| Header {
        modifier1: Modifier1::CACHE,
        modifier2,
    };
    let ask = |modifier2, block: &[u8]| {
        let mut packet = Vec::new();
        let header = command(modifier2);
        header.encode(block, &mut packet).expect("a packet");
        exchange(port, &packet)
    };
    assert_eq!(exchange(port, &array(command(1), &[b"k", b"v1"])), b"");
    let hit = ask(0, b"k");
    assert_eq!((hit.len(), &hit[4..]), (6, &b"v1"[..]));
    assert_eq!(ask(0, b"none"), b"");
    let stream = ask(5, b"k");
    assert_eq!((stream.len(), &stream[4..]), (6, &b"v1"[..]));
    assert_eq!(ask(5, b"none").len(), 4);
    for modifier2 in [3, 4] {
        // The value is there, and is not found.
        let found = exchange(port, &vars(command(modifier2), &[("get", "k")]));
        assert!(
            found.starts_with(b"HTTP/1.0 404 "),
            "{}",
            found.escape_ascii()
        );
        assert_eq!(
            exchange(port, &vars(command(modifier2), &[("key", "k")])),
            b""
        );
    }
    for name in [&b""[..], b"things"] {
        let dump = ask(6, name);
        let (packet, used) = Packet::parse(&dump).expect("a packet");
        assert_eq!(
            (packet.modifier1(), packet.modifier2()),
            (Modifier1::CACHE_REPLY, 7)
        );
        let variables = packet.vars().expect("variables");
        assert_eq!(variables.get(b"items"), Some(&b"100"[..]));
        assert_eq!(variables.get(b"blocksize"), Some(&b"65536"[..]));
        assert!(
            dump.len() > used + 1000,
            "{} bytes behind it",
            dump.len() - used
        );
    }
    assert_eq!(ask(6, b"nothing"), b"");
    assert_eq!(ask(2, b"k"), b"");
    assert_eq!(ask(0, b"k"), b"");
}

/// Specification section 6.
#[test]
fn numbers_without_a_handler_are_closed_without_a_byte() {
    let (_uwsgi, port, _jobs) = control();
    for number in [1, 2, 3, 10, 22, 26, 31, 32, 33, 95, 96, 97, 98, 99, 200] {
        let modifier1 = Modifier1(number);
        let header = Header {
            modifier1,
            modifier2: 0,
        };
        for block in [&b""[..], b"\x09\0PATH_INFO\x02\0/x"] {
            let mut packet = Vec::new();
            header.encode(block, &mut packet).expect("a packet");
            assert_eq!(exchange(port, &packet), b"", "{modifier1:?}");
        }
    }
}

#[test]
fn ping_echo_signal_and_job_are_answered() {
    let (_uwsgi, port, _jobs) = control();
    let answer = |packet: &[u8]| {
        let answer = exchange(port, packet);
        let (packet, used) = Packet::parse(&answer).expect("a packet");
        assert_eq!(used, answer.len());
        format!(
            "{:?}",
            Answer::parse(packet).expect("an answer by the rules")
        )
    };
    assert_eq!(answer(&control::PING.to_bytes(0)), "Pong");
    let header = Header {
        modifier1: Modifier1::ECHO,
        modifier2: 0,
    };
    let mut echo = Vec::new();
    header.encode(b"hello", &mut echo).expect("a packet");
    assert_eq!(exchange(port, &echo), b"hello");
    assert_eq!(answer(&control::signal(17).to_bytes(0)), "Yes");
    assert_eq!(answer(&vars(control::SPOOL, &[("task", "sweep")])), "Yes");
    for (path, expected) in [("GET /signal", "17"), ("GET /job", "sweep")] {
        let begun = Instant::now();
        let proxy = super::start_proxy(port);
        while ask(proxy, path, &[], b"").text() != expected {
            assert!(begun.elapsed() < PATIENCE, "{path}");
            thread::sleep(Duration::from_millis(50));
        }
    }
}

#[test]
fn a_router_routes_to_whom_our_subscription_names() {
    let (port, subscriptions) = (free_port(), free_port());
    let mut command = Command::new("uwsgi");
    command.args(["--plugin", "http", "--http", &format!("127.0.0.1:{port}")]);
    command.args([
        "--http-subscription-server",
        &format!("127.0.0.1:{subscriptions}"),
    ]);
    // The router is a child of its own, which only a master ends.
    command.args(["--master", "--no-orphans", "--die-on-term", "-L"]);
    command.args(["--worker-reload-mercy", "1", "--reload-mercy", "1"]);
    let _router = start(&mut command, port);

    let address = format!("127.0.0.1:{}", start_server());
    let subscription = [
        ("key", "a.example"),
        ("address", &address),
        ("modifier1", "0"),
        ("modifier2", "0"),
        ("cores", "1"),
        ("load", "0"),
        ("weight", "1"),
    ];
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let subscribe = |header| {
        socket
            .send_to(&vars(header, &subscription), ("127.0.0.1", subscriptions))
            .expect("a datagram is sent")
    };
    let request = b"GET /routed?q HTTP/1.0\r\nHost: a.example\r\n\r\n";
    let until = |routed: bool, header| {
        let begun = Instant::now();
        loop {
            subscribe(header);
            thread::sleep(Duration::from_millis(50));
            let answer = exchange(port, request);
            let text = String::from_utf8_lossy(&answer).into_owned();
            if text.contains("\nPATH_INFO=/routed\n") == routed {
                return text;
            }
            assert!(begun.elapsed() < PATIENCE, "{text}");
        }
    };
    let text = until(true, SUBSCRIBE);
    assert!(
        text.starts_with("HTTP/1.1 200 OK\r\n") && text.contains("\nHTTP_HOST=a.example\n"),
        "{text}"
    );
    assert_eq!(until(false, UNSUBSCRIBE), "");
}

/// A uWSGI that subscribes every second: the socket on which it does, itself, and its port.
fn subscriber(name: &str) -> (UdpSocket, Program, u16) {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let wait = Some(PATIENCE);
    socket.set_read_timeout(wait).expect("a timeout");
    let router = socket.local_addr().expect("a bound socket");
    let name = format!("{router}:{name}");
    let more = [
        &["--master", "--no-orphans", "--subscribe-freq", "1"][..],
        &["--subscribe-to", &name],
        &["--worker-reload-mercy", "1", "--reload-mercy", "1"],
    ];
    let (worker, served) = uwsgi("app.py", &more.concat());
    (socket, worker, served)
}

fn receive(socket: &UdpSocket) -> Vec<u8> {
    let mut datagram = vec![0; 65_536];
    let len = socket.recv(&mut datagram).expect("a subscription");
    datagram.truncate(len);
    datagram
}

#[test]
fn what_a_worker_subscribes_with_is_read() {
    let (socket, worker, served) = subscriber("a.example");
    // Just started, it is deaf to signals: it has subscribed more than once when it is not.
    for _ in 0..3 {
        let datagram = receive(&socket);
        let subscription = Subscription::parse(&datagram).expect("a subscription by the rules");
        assert!(!subscription.ends());
        assert_eq!(subscription.key(), b"a.example");
        let address = format!("127.0.0.1:{served}");
        assert_eq!(subscription.address(), address.as_bytes());
        assert_eq!(subscription.header(), Header::WSGI);
        let numbers = ["cores", "load", "weight"].map(|name| subscription.number(name));
        assert_eq!(numbers, [Some(1), Some(0), Some(0)]);
        assert_eq!(subscription.signature(), None);
    }
    drop(worker);
    let ended = (0..10).any(|_| {
        Subscription::parse(&receive(&socket))
            .expect("a subscription by the rules")
            .ends()
    });
    assert!(ended);
}

#[test]
fn what_a_worker_signs_is_what_we_say() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let openssl = |arguments: &[&str]| {
        let output = Command::new("openssl")
            .current_dir(folder.path())
            .args(arguments)
            .output()
            .expect("openssl must be installed");
        output.status.success()
    };
    assert!(openssl(&["genrsa", "-out", "key", "2048"]));
    assert!(openssl(&["rsa", "-in", "key", "-pubout", "-out", "public"]));

    // The number is the modifier of its requests.
    let name = format!("a.example,5,SHA1:{}", path("key").display());
    let (socket, _worker, _) = subscriber(&name);
    for _ in 0..3 {
        let datagram = receive(&socket);
        let subscription = Subscription::parse(&datagram).expect("a subscription by the rules");
        assert_eq!(subscription.header().modifier1, Modifier1::PSGI);
        assert!(subscription.number("unix").is_some());
        let signature = subscription.signature().expect("a signature");
        let signed = subscription.signed_bytes().expect("what is signed");
        fs::write(path("signature"), signature).expect("a file");
        fs::write(path("signed"), signed).expect("a file");
        let verify = ["dgst", "-sha1", "-verify", "public", "-signature"];
        assert!(openssl(&[&verify[..], &["signature", "signed"]].concat()));
    }
}

#[test]
fn a_persistent_socket_takes_packet_after_packet() {
    let (_uwsgi, port) = uwsgi_at("--puwsgi-socket", "length_app.py", &[]);

    let mut storage = [0; 64];
    let constants = [
        Var::new(b"SERVER_NAME", b"s"),
        Var::new(b"SERVER_PORT", b"80"),
    ];
    let prefix = Prefix::encode(&constants, &mut storage).expect("constants");
    let peer = Peer::UWSGI.transport(Transport::Persistent);
    let mut stream = connect(port);
    let mut table = ResponseTable::new();
    for path in [&b"/one"[..], b"/two", b"/three"] {
        let mut packet = Vec::new();
        Builder::new(prefix, Meta::get(path), &[])
            .peer(peer)
            .encode(&mut packet)
            .expect("a packet");
        stream.write_all(&packet).expect("the packet is taken");

        let (mut unread, mut body) = (Vec::new(), Vec::new());
        let mut reader = ResponseReader::new(http1::Config::DEFAULT);
        loop {
            match reader
                .receive(&unread, &mut table)
                .expect("an answer by the rules")
            {
                Some((ResponseEvent::End(_), _)) => break,
                Some((event, used)) => {
                    if let ResponseEvent::Data(data) = event {
                        body.extend_from_slice(data);
                    }
                    unread.drain(..used);
                }
                None => {
                    let mut piece = [0; 4096];
                    let len = stream.read(&mut piece).expect("an answer in time");
                    assert!(len > 0, "the connection was closed");
                    unread.extend_from_slice(&piece[..len]);
                }
            }
        }
        assert_eq!((&body[..], &unread[..]), (path, &b""[..]));
    }
}
