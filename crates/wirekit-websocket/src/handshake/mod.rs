//! The opening handshake of both ends, over any HTTP parser (RFC 6455 section 4, RFC 8441).
//!
//! [`server::Opening`] reads a request's method, version and fields, and gives the response's; [`client::Opening`]
//! gives the request's fields and reads the response's. Fields are pairs of name and value, in any iterator that
//! can be cloned, so nothing is copied and any parser's list will do.
//!
//! ```
//! use wirekit_websocket::handshake::{Key, client, server};
//!
//! // The client asks for two subprotocols, the server speaks one of them.
//! let opening = client::Opening::upgrade(Key::from_nonce(*b"the sample nonce")).subprotocols(&["soap", "chat"])?;
//! let request: Vec<(String, String)> =
//!     opening.fields().map(|(name, value)| (name.to_owned(), value.to_string())).collect();
//! let fields = request.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
//! let fields = fields.chain([(&b"Host"[..], &b"example.com"[..])]);
//!
//! let start = server::Start::Upgrade { method: b"GET", version: (1, 1) };
//! let received = server::Opening::read(start, fields)?;
//! let response = received.respond(received.select_subprotocol(&["chat"]), "")?;
//! assert_eq!(response.status(), 101);
//!
//! let answer: Vec<(String, String)> =
//!     response.fields().map(|(name, value)| (name.to_owned(), value.to_string())).collect();
//! let fields = answer.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
//! // Interim responses may come before it: `None`.
//! let accepted = opening.read(response.status(), fields, &mut [])?.expect("an answer");
//! assert_eq!(accepted.subprotocol(), Some("chat"));
//! # Ok::<(), wirekit_websocket::handshake::Error>(())
//! ```

pub mod client;
mod error;
mod fields;
mod key;
mod origin;
pub mod server;
mod subprotocol;

pub use error::{Error, ErrorKind};
pub use fields::{Fields, Value};
pub use key::{Accept, Key, accept_for};
pub use origin::{OriginPolicy, WithoutOrigin};
pub use subprotocol::Subprotocols;
