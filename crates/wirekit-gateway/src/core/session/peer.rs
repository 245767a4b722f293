use core::net::SocketAddr;
use std::rc::Rc;

use super::texts::Texts;
use super::{Current, Record, Rules};
use crate::core::balance::Instant;

impl Record {
    /// Of a connection on which no request is read, as it is not decrypted.
    #[must_use]
    pub fn of_connection(rules: Rc<Rules>, remote: Option<SocketAddr>, now: Instant) -> Self {
        Self {
            remote: remote.map(|remote| remote.ip().to_canonical()),
            ..Current::new(rules, now).record
        }
    }

    /// The name that such a connection is for.
    pub fn name_host(&mut self, name: &str) {
        self.texts = Texts::of_host(name);
    }
}

/// What a client said of itself and of the server in the handshake of TLS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Peer {
    /// The server name that it asked for.
    pub server_name: Option<String>,
    /// The name in the certificate that it showed, and that an authority vouches for.
    pub client_name: Option<String>,
}

impl Peer {
    /// A client that names this server, if any.
    #[must_use]
    pub const fn new(server_name: Option<String>, client_name: Option<String>) -> Self {
        Self {
            server_name,
            client_name,
        }
    }
}
