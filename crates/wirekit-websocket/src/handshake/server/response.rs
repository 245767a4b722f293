//! What a server answers.

use super::super::fields::{ACCEPT, CONNECTION, EXTENSIONS, PROTOCOL, UPGRADE, VERSION, Value};
use super::super::{Accept, ErrorKind};

/// The response that opens a WebSocket, its status and fields: RFC 6455 section 4.2.2.
///
/// ```
/// use wirekit_websocket::handshake::server::{Opening, Start};
///
/// // The extended CONNECT of HTTP/2 (RFC 8441 section 5) has no key, and its answer no proof.
/// let start = Start::ExtendedConnect {
///     method: b"CONNECT",
///     protocol: Some(b"websocket"),
///     scheme: Some(b"https"),
///     path: Some(b"/chat"),
///     authority: Some(b"server.example.com"),
/// };
/// let fields: [(&[u8], &[u8]); 1] = [(b"sec-websocket-version", b"13")];
/// let opening = Opening::read(start, fields.into_iter())?;
/// let response = opening.respond(None, "")?;
/// assert_eq!((response.status(), response.fields().count()), (200, 0));
/// # Ok::<(), wirekit_websocket::handshake::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Response<'s> {
    pub(super) accept: Option<Accept>,
    pub(super) subprotocol: Option<&'s str>,
    pub(super) extensions: &'s str,
}

impl Response<'_> {
    /// 101, or 200 for an extended CONNECT.
    #[must_use]
    pub const fn status(&self) -> u16 {
        if self.accept.is_some() { 101 } else { 200 }
    }

    /// The fields to send.
    pub fn fields(&self) -> impl Iterator<Item = (&'static str, Value<'_>)> {
        let accept = self.accept.as_ref().map(Accept::as_str);
        let upgrade = accept.map(|_| "websocket");
        let connection = accept.map(|_| "Upgrade");
        let extensions = Some(self.extensions).filter(|extensions| !extensions.is_empty());
        [
            (UPGRADE, upgrade),
            (CONNECTION, connection),
            (ACCEPT, accept),
            (PROTOCOL, self.subprotocol),
            (EXTENSIONS, extensions),
        ]
        .into_iter()
        .filter_map(|(name, value)| value.map(|value| (name, Value::Text(value))))
    }
}

impl ErrorKind {
    /// The fields that the refusal needs beside its status.
    #[must_use]
    pub const fn response_fields(self) -> &'static [(&'static str, &'static str)] {
        match self {
            // RFC 9110 section 15.5.6: "The origin server MUST generate an Allow header field".
            Self::Method => &[("Allow", "GET")],
            // RFC 9110 section 15.5.22: "The server MUST send an Upgrade header field in a 426 response".
            Self::UpgradeMissing | Self::UpgradeUnknown => {
                &[(UPGRADE, "websocket"), (CONNECTION, "Upgrade")]
            }
            // RFC 6455 section 4.4: "containing all versions it is willing to use".
            Self::VersionUnsupported { .. } => &[
                (VERSION, "13"),
                (UPGRADE, "websocket"),
                (CONNECTION, "Upgrade"),
            ],
            _ => &[],
        }
    }
}
