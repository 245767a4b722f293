//! The client's side of the opening handshake, without the reading and writing.

use std::io;

use wirekit::bridge::websocket;
use wirekit::http1::{FieldTable, ResponseHead};
use wirekit::websocket::deflate::PermessageDeflate;
use wirekit::websocket::extension::write_offer;
use wirekit::websocket::handshake::{Key, client};
use wirekit::websocket::{MaskingKeys, Role};

use crate::session::Session;

/// A handshake that waits for its answer.
#[derive(Debug)]
pub(crate) struct Opening {
    key: Key,
    keys: MaskingKeys,
    deflate: PermessageDeflate,
}

impl Opening {
    /// Appends the request to `out`.
    pub(crate) fn send(target: &str, host: &str, out: &mut Vec<u8>) -> io::Result<Self> {
        let mut keys = MaskingKeys::new()?;
        let key = Key::generate(&mut keys);
        let mut deflate = PermessageDeflate::new();
        let mut offer = String::new();
        write_offer(&[&mut deflate], &mut offer).map_err(io::Error::other)?;
        let opening = client::Opening::upgrade(key).extensions(&offer);
        websocket::encode_request(&opening, target, host, &[], out).map_err(io::Error::other)?;
        Ok(Self { key, keys, deflate })
    }

    /// Looks for a whole response in `buf`: its length, when it is there and opens the connection.
    pub(crate) fn accepted(&mut self, buf: &[u8]) -> io::Result<Option<usize>> {
        let mut fields = FieldTable::new();
        let Some((head, used)) = ResponseHead::parse(buf, &mut fields).map_err(io::Error::other)?
        else {
            return Ok(None);
        };
        let opening = client::Opening::upgrade(self.key);
        websocket::accepted(&opening, &head, &mut [&mut self.deflate]).map_err(io::Error::other)?;
        Ok(Some(used))
    }

    /// The connection.
    pub(crate) fn into_session(self) -> Session {
        Session::new(Role::Client, Some(self.keys), self.deflate.agreed())
    }
}
