//! HTTP/1.1 in front, uwsgi behind: a request's head as a packet, an application's answer as a response.
//!
//! No socket is in it: a [`Front`] takes a client's bytes and gives an [`Exchange`] for each request, of which
//! [`Outgoing`] is what the application gets and [`Answer`] what the client gets back, both as they come. For a proxy
//! that reads heads by itself, [`Upstream::encode`] turns one into a packet. The example `uwsgi_proxy` is a whole proxy.
//!
//! ```
//! use wirekit::bridge::uwsgi::{Front, FrontEvent, Upstream};
//! use wirekit::uwsgi::{Var, request::Prefix};
//!
//! let mut storage = [0; 64];
//! let prefix = Prefix::encode(&[Var::new(b"SERVER_NAME", b"a.example"), Var::new(b"SERVER_PORT", b"80")], &mut storage)?;
//!
//! let mut front = Front::new(Upstream::new(prefix), None);
//! let received = b"POST /a%20b?q HTTP/1.1\r\nHost: a.example\r\nContent-Length: 2\r\n\r\nhi";
//! let Some((FrontEvent::Held, used)) = front.receive(received)? else { panic!("not all there yet") };
//! let Some((FrontEvent::Exchange(mut exchange), 0)) = front.receive(&received[used..])? else { panic!("not ready") };
//!
//! let mut request = Vec::new();
//! exchange.outgoing.receive(&received[used..], &mut request)?;
//! assert!(request.ends_with(b"hi") && exchange.outgoing.is_done());
//!
//! let mut response = Vec::new();
//! exchange.answer.receive(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nhello", &mut response)?;
//! exchange.answer.receive_eof(&[], &mut response)?;
//! assert!(response.ends_with(b"\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answer;
mod client;
mod front;
mod upstream;

pub use answer::{Answer, Fault};
pub use front::{CONTINUE, Exchange, Front, FrontEvent, Outgoing};
pub use upstream::{Refusal, Upstream, path_info};
