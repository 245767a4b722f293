//! A hundred thousand requests, of which many are left in the middle: nothing is held afterwards that was not before.

use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::Instant;

use tempfile::TempDir;

use super::server::{Server, read_request};
use super::{Gateway, wire};
use crate::program::PATIENCE;

const REQUESTS: usize = 100_000;

/// A client that is done when its share is; xorshift, so that a run can be repeated.
struct Client<'g> {
    gateway: &'g Gateway,
    random: u64,
}

impl Client<'_> {
    fn random(&mut self, below: usize) -> usize {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        usize::try_from(self.random >> 33).unwrap_or(0) % below
    }

    /// Opens a connection, and uses it until it is left or its requests are done; how many answers were read whole.
    fn talk(&mut self, budget: &AtomicUsize) -> usize {
        let Ok(mut stream) = TcpStream::connect(self.gateway.address) else {
            panic!("it does not listen");
        };
        let patience = stream.set_read_timeout(Some(PATIENCE));
        patience.expect("a timeout above zero");
        let (mut got, mut whole) = (Vec::new(), 0);
        while take(budget) {
            let path = ["/a.txt", "/large", "/http1", "/uwsgi", "/cut"][self.random(5)];
            let content = [0, 0, 0, 10, 50_000][self.random(5)];
            let method = if content > 0 && !path.contains('.') && path != "/large" {
                "PUT"
            } else {
                "GET"
            };
            let head =
                format!("{method} {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {content}\r\n\r\n");
            let request = [head.as_bytes(), &vec![b'x'; content]].concat();
            // One of six is left: before it is sent whole, or while its answer comes.
            let leaves = self.random(6) == 0;
            let len = if leaves {
                self.random(request.len() + 1)
            } else {
                request.len()
            };
            if stream.write_all(&request[..len]).is_err() {
                return whole;
            }
            if leaves {
                if self.random(2) == 0 {
                    let _ = stream.shutdown(Shutdown::Write);
                }
                let mut some = vec![0; self.random(4000)];
                if self.random(3) == 0 {
                    let _ = stream.set_read_timeout(Some(Duration::from_millis(2)));
                    let _ = stream.read(&mut some);
                }
                return whole;
            }
            if !read_answer(&mut stream, &mut got) {
                return whole;
            }
            whole += 1;
        }
        whole
    }
}

/// One request fewer is left to send, if any was.
fn take(budget: &AtomicUsize) -> bool {
    let left = budget.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
        left.checked_sub(1)
    });
    left.is_ok()
}

/// Whether a whole answer came, and the connection serves on.
fn read_answer(stream: &mut TcpStream, got: &mut Vec<u8>) -> bool {
    let mut piece = vec![0; 65_536];
    loop {
        let read = wire::read(got, false).unwrap_or_else(|wrong| panic!("{wrong}"));
        if let Some((message, used)) = read {
            got.drain(..used);
            return message.field("Connection") != Some("close");
        }
        match stream.read(&mut piece) {
            Ok(len @ 1..) => got.extend_from_slice(&piece[..len]),
            _ => return false,
        }
    }
}

fn send(gateway: &Gateway, count: usize, seed: u64) -> usize {
    let budget = AtomicUsize::new(count);
    let clients = (1..=8).map(|at| (seed * 8 + at).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    thread::scope(|scope| {
        let clients: Vec<_> = clients
            .map(|random| {
                let budget = &budget;
                scope.spawn(move || {
                    let mut client = Client { gateway, random };
                    let mut whole = 0;
                    while budget.load(Ordering::SeqCst) > 0 {
                        whole += client.talk(budget);
                    }
                    whole
                })
            })
            .collect();
        clients
            .into_iter()
            .map(|client| client.join().expect("a client"))
            .sum()
    })
}

/// Open descriptors and kilobytes of memory.
fn held(gateway: &Gateway) -> (usize, usize) {
    let process = format!("/proc/{}", gateway.child.id());
    let descriptors = fs::read_dir(format!("{process}/fd"))
        .expect("its descriptors")
        .count();
    let status = fs::read_to_string(format!("{process}/status")).expect("its status");
    let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let memory = memory.and_then(|line| line.split_whitespace().next());
    (
        descriptors,
        memory.and_then(|it| it.parse().ok()).expect("kilobytes"),
    )
}

/// What is held once no more than so many descriptors are open, as the last connections need time to be closed; what is
/// held in the end where these stay more.
fn held_at_rest(gateway: &Gateway, descriptors: usize) -> (usize, usize) {
    let begun = Instant::now();
    loop {
        let now = held(gateway);
        if now.0 <= descriptors || begun.elapsed() > PATIENCE {
            return now;
        }
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_hundred_thousand_requests_leave_nothing_behind() {
    let answer = |stream: &mut TcpStream| {
        let content = "y".repeat(3000);
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n";
        stream.write_all(format!("{head}{content}").as_bytes())
    };
    // It keeps its connections.
    let http1 = Server::playing("http1", move |mut stream, _| {
        while answer(&mut stream).is_ok() && read_request(&mut stream, false).is_ok() {}
    });
    let uwsgi = Server::playing("uwsgi", move |mut stream, _| {
        let _ = answer(&mut stream);
    });
    let cut = Server::start("http1", |_| {
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf".to_vec()
    });
    let folder = TempDir::new().expect("a folder");
    let www = folder.path().join("www");
    fs::create_dir(&www).expect("a folder");
    fs::write(www.join("a.txt"), "hello").expect("a file");
    fs::write(www.join("large"), vec![b'z'; 300_000]).expect("a file");
    let mut tables = "[[site]]\n[[site.location]]\npath = '/'\nroot = 'www'\n".to_owned();
    for name in ["http1", "uwsgi", "cut"] {
        tables += &format!("[[site.location]]\npath = '/{name}'\nupstream = '{name}'\n");
    }
    for (name, protocol, server) in [
        ("http1", "http1", &http1),
        ("uwsgi", "uwsgi", &uwsgi),
        ("cut", "http1", &cut),
    ] {
        tables += &format!(
            "[upstream.{name}]\nprotocol = '{protocol}'\npersistent = 4\n[[upstream.{name}.server]]\n\
             id = 'a'\naddress = '{}'\nmax_failures = 0\n",
            server.address()
        );
    }
    let gateway = Gateway::start_in(folder, &tables);
    // Two workers keep up to four connections to each of three servers, and two files open.
    let most = held(&gateway).0 + 2 * (4 * 3 + 2);
    let mut whole = send(&gateway, 1000, 1);
    let before = held_at_rest(&gateway, most);
    whole += send(&gateway, REQUESTS - 1000, 2);
    let after = held_at_rest(&gateway, most);
    assert!(
        before.0 <= most && after.0 <= most,
        "descriptors: {most}, {before:?}, {after:?}"
    );
    // An allocator keeps some pages.
    assert!(
        after.1 <= before.1 + 8 * 1024,
        "kilobytes: {before:?}, {after:?}"
    );
    let lines = gateway.end();
    assert!(
        lines.len() <= REQUESTS && lines.len() >= whole,
        "{} {whole}",
        lines.len()
    );
    let reasons = ["served", "client_closed", "upstream_closed_early"];
    for line in lines {
        assert!(reasons.contains(&&*line.reason), "{line:?}");
    }
}
