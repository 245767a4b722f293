//! The client's side of the opening handshake, without the reading and writing.

use core::task::Poll;
use std::io;

use wirekit::bridge::websocket;
use wirekit::http1::client::{Connection, Event};
use wirekit::http1::{Config, FieldTable};
use wirekit::websocket::deflate::{Parameters, PermessageDeflate};
use wirekit::websocket::extension::write_offer;
use wirekit::websocket::handshake::{Key, client};
use wirekit::websocket::url::Url;
use wirekit::websocket::{MaskingKeys, Role};

use crate::echo::Echo;
use crate::session::Handshake;

/// A handshake that waits for its answer.
#[derive(Debug)]
pub(crate) struct Opening {
    connection: Connection,
    fields: FieldTable,
    key: Key,
    /// Until the connection has them.
    keys: Option<MaskingKeys>,
    deflate: PermessageDeflate,
}

impl Opening {
    /// Appends the request to `out`.
    pub(crate) fn send(url: &Url<'_>, wish: Parameters, out: &mut Vec<u8>) -> io::Result<Self> {
        let mut keys = MaskingKeys::new()?;
        let key = Key::generate(&mut keys);
        let mut deflate = PermessageDeflate::with_wish(wish);
        let mut offer = String::new();
        write_offer(&[&mut deflate], &mut offer).map_err(io::Error::other)?;
        let opening = client::Opening::upgrade(key).extensions(&offer);
        let mut connection = Connection::new(Config::DEFAULT);
        let (target, host) = (url.target().to_string(), url.authority().to_string());
        websocket::send_request(&mut connection, &opening, &target, &host, &[], out)
            .map_err(io::Error::other)?;
        Ok(Self {
            connection,
            fields: FieldTable::new(),
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
    ) -> io::Result<(Poll<Option<Echo>>, usize)> {
        let mut taken = 0;
        loop {
            let rest = input.get(taken..).unwrap_or_default();
            let received = self.connection.receive(rest, &mut self.fields);
            let Some((event, used)) = received.map_err(io::Error::other)? else {
                return Ok((Poll::Pending, taken));
            };
            taken += used;
            let (Event::Interim { head, .. } | Event::Head { head, .. }) = event else {
                continue;
            };
            let opening = client::Opening::upgrade(self.key);
            // Interim responses may come before the one that counts (RFC 9110 section 15.2).
            if websocket::accepted(&opening, &head, &mut [&mut self.deflate])
                .map_err(io::Error::other)?
                .is_some()
            {
                let echo = Echo::new(Role::Client, self.keys.take(), self.deflate.agreed());
                return Ok((Poll::Ready(Some(echo)), taken));
            }
        }
    }

    fn receive_eof(&mut self, _: &mut Vec<u8>) -> io::Result<()> {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}
