//! The client's side of the opening handshake, without the reading and writing.

use std::io;

use wirekit::bridge::websocket;
use wirekit::http1::{Config, FieldTable, Progress, ResponseHead};
use wirekit::websocket::deflate::PermessageDeflate;
use wirekit::websocket::extension::write_offer;
use wirekit::websocket::handshake::{Key, client};
use wirekit::websocket::{MaskingKeys, Role};

use crate::echo::Echo;
use crate::session::Handshake;

/// A handshake that waits for its answer.
#[derive(Debug)]
pub(crate) struct Opening {
    fields: FieldTable,
    progress: Progress,
    key: Key,
    /// Until the connection has them.
    keys: Option<MaskingKeys>,
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
        Ok(Self {
            fields: FieldTable::new(),
            progress: Progress::new(),
            key,
            keys: Some(keys),
            deflate,
        })
    }
}

impl Handshake for Opening {
    fn receive(
        &mut self,
        input: &[u8],
        _: &mut Vec<u8>,
    ) -> io::Result<Option<(Option<Echo>, usize)>> {
        let parsed = ResponseHead::resume(
            input,
            &mut self.fields,
            &Config::DEFAULT,
            &mut self.progress,
        );
        let Some((head, used)) = parsed.map_err(io::Error::other)? else {
            return Ok(None);
        };
        let opening = client::Opening::upgrade(self.key);
        websocket::accepted(&opening, &head, &mut [&mut self.deflate]).map_err(io::Error::other)?;
        let echo = Echo::new(Role::Client, self.keys.take(), self.deflate.agreed());
        Ok(Some((Some(echo), used)))
    }
}
