//! uwsgi against real servers and real clients.

mod clients;
mod command;
mod differential;
pub(crate) mod http;
mod packets;
pub(crate) mod process;
mod servers;

#[path = "../../../crates/wirekit/examples/uwsgi_proxy.rs"]
#[expect(dead_code, reason = "an example's `main`")]
mod proxy;
#[path = "../../../crates/wirekit/examples/uwsgi_server.rs"]
#[expect(dead_code, reason = "an example's `main`")]
mod server;

use std::net::TcpListener;
use std::thread;

use proxy::Settings;

/// Our proxy in front of a uwsgi server on this port; gives its own.
fn start_proxy(upstream: u16) -> u16 {
    start_proxy_with(upstream, 4096)
}

/// [`start_proxy`] in front of a server that takes packets of that size.
fn start_proxy_with(upstream: u16, max_size: usize) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("a bound socket").port();
    let settings = Settings {
        max_size,
        ..Settings::new(format!("127.0.0.1:{upstream}"))
    };
    thread::spawn(move || proxy::run(listener, settings));
    port
}

/// Our uwsgi server; gives its port.
fn start_server() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("a bound socket").port();
    thread::spawn(move || server::run(&listener));
    port
}
