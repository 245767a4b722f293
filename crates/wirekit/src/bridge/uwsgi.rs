//! HTTP/1.1 in front, uwsgi behind: a request's head as a packet, an application's answer as a response.
//!
//! No socket is in it, and no body is held back: [`Upstream::encode`] turns a head into a packet, the body goes after
//! it as it comes, and [`Answer`] turns what comes back into what the client gets. Read the answer while the body is
//! still being sent: an application that refuses a body early closes its socket with bytes unread, and a proxy that
//! only then looks finds the answer lost. The example `uwsgi_proxy` is a whole proxy.
//!
//! ```
//! use wirekit::bridge::uwsgi::{Answer, Upstream};
//! use wirekit::http1::{FieldTable, RequestHead};
//! use wirekit::uwsgi::{Var, request::Prefix};
//!
//! let mut storage = [0; 64];
//! let prefix = Prefix::encode(&[Var::new(b"SERVER_NAME", b"a.example"), Var::new(b"SERVER_PORT", b"80")], &mut storage)?;
//! let upstream = Upstream::new(prefix);
//!
//! let mut fields = FieldTable::new();
//! let received = b"GET /a%20b?q HTTP/1.1\r\nHost: a.example\r\n\r\n";
//! let Some((head, _)) = RequestHead::parse(received, &mut fields)? else { panic!("not all there yet") };
//!
//! let mut packet = Vec::new();
//! upstream.encode(&head, None, None, &mut packet)?;
//!
//! let mut response = Vec::new();
//! let mut answer = Answer::to(&head)?;
//! answer.receive(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nhello", &mut response)?;
//! answer.receive_eof(&[], &mut response)?;
//! assert!(response.ends_with(b"\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answer;
mod upstream;

pub use answer::{Answer, Fault};
pub use upstream::{Refusal, Upstream, path_info};
