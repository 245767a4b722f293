//! The server's side of the opening handshake, without the reading and writing.

use std::io;

use wirekit::bridge::websocket;
use wirekit::http1::{FieldTable, RequestHead};
use wirekit::websocket::Role;
use wirekit::websocket::deflate::PermessageDeflate;

use crate::session::Session;

/// Looks for a whole request in `buf`. With one, appends the response to `out` and returns its length, and the
/// connection unless the request was refused.
pub(crate) fn accept(
    buf: &[u8],
    out: &mut Vec<u8>,
) -> io::Result<Option<(Option<Session>, usize)>> {
    let mut fields = FieldTable::new();
    let Some((head, used)) = RequestHead::parse(buf, &mut fields).map_err(io::Error::other)? else {
        return Ok(None);
    };
    let opening = match websocket::opening(&head) {
        Ok(opening) => opening,
        Err(refusal) => {
            websocket::encode_refusal(refusal, &[], out).map_err(io::Error::other)?;
            return Ok(Some((None, used)));
        }
    };
    let mut deflate = PermessageDeflate::new();
    let mut extensions = String::new();
    opening
        .negotiate(&mut [&mut deflate], &mut extensions)
        .map_err(io::Error::other)?;
    let response = opening
        .respond(None, &extensions)
        .map_err(io::Error::other)?;
    websocket::encode_response(&response, &[], out).map_err(io::Error::other)?;
    Ok(Some((
        Some(Session::new(Role::Server, None, deflate.agreed())),
        used,
    )))
}
