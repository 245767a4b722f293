//! A server of an application that keeps its sessions to itself: it can die, and come back at the same address.

use core::net::{Ipv4Addr, SocketAddr};
use core::sync::atomic::{AtomicBool, Ordering};
use std::io::Write;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::gateway::server::read_request;

/// `/login/NAME` begins the session of that name; all other paths are answered alike: by the server's id.
#[derive(Debug)]
pub(super) struct Application {
    id: String,
    address: SocketAddr,
    life: Mutex<Option<Life>>,
}

#[derive(Debug)]
struct Life {
    is_over: Arc<AtomicBool>,
    connections: Arc<Mutex<Vec<TcpStream>>>,
    thread: thread::JoinHandle<()>,
}

impl Application {
    pub(super) fn start(id: &str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let application = Self {
            id: id.to_owned(),
            address: listener.local_addr().expect("an address"),
            life: Mutex::new(None),
        };
        application.live(listener);
        application
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// All connections end, and new ones are refused.
    pub(super) fn die(&self) {
        let life = self.life.lock().expect("a lock").take().expect("it lives");
        life.is_over.store(true, Ordering::Release);
        // The thread that takes connections looks up.
        drop(TcpStream::connect(self.address));
        life.thread.join().expect("a thread");
        for connection in life.connections.lock().expect("a lock").drain(..) {
            let _ = connection.shutdown(Shutdown::Both);
        }
    }

    pub(super) fn come_back(&self) {
        let bound = super::until(|| TcpListener::bind(self.address).ok());
        self.live(bound);
    }

    fn live(&self, listener: TcpListener) {
        let (is_over, connections) = (Arc::new(AtomicBool::new(false)), Arc::default());
        let (id, over, all) = (self.id.clone(), is_over.clone(), Arc::clone(&connections));
        let thread = thread::spawn(move || {
            let all: Arc<Mutex<Vec<TcpStream>>> = all;
            for stream in listener.incoming().map_while(Result::ok) {
                if over.load(Ordering::Acquire) {
                    return;
                }
                let _ = stream.set_nodelay(true);
                if let Ok(other) = stream.try_clone() {
                    all.lock().expect("a lock").push(other);
                }
                let id = id.clone();
                thread::spawn(move || serve(stream, &id));
            }
        });
        *self.life.lock().expect("a lock") = Some(Life {
            is_over,
            connections,
            thread,
        });
    }
}

fn serve(mut stream: TcpStream, id: &str) {
    while let Ok(request) = read_request(&mut stream, false) {
        let path = request.split(' ').nth(1).unwrap_or_default();
        let set = match path.strip_prefix("/login/") {
            Some(name) => format!("Set-Cookie: sessionid={name}; HttpOnly\r\n"),
            None => String::new(),
        };
        let len = id.len();
        let answer = format!("HTTP/1.1 200 OK\r\n{set}Content-Length: {len}\r\n\r\n{id}");
        if stream.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}
