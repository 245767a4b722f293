use wirekit_http::field::Name;
use wirekit_http1::StatusCode;

use crate::response::ResponseHead;

/// The one protocol that a request offers to its server, kept until that answers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Offered {
    name: [u8; MAX_LEN],
    len: usize,
}

const MAX_LEN: usize = 32;

impl Offered {
    pub(super) const NOTHING: Self = Self {
        name: [0; MAX_LEN],
        len: 0,
    };

    /// `None` for a name that is longer than any protocol's is: it is then not offered.
    pub(super) fn new(protocol: &str) -> Option<Self> {
        let mut offered = Self::NOTHING;
        offered.len = protocol.len();
        let room = offered.name.get_mut(..protocol.len())?;
        room.copy_from_slice(protocol.as_bytes());
        Some(offered)
    }

    /// Whether a head switches to another protocol than this, or does not say to which: "A server that sends a 101 (Switching
    /// Protocols) response MUST send an Upgrade header field to indicate the new protocol(s)", and "MUST NOT switch to a
    /// protocol that was not indicated by the client in the corresponding request's Upgrade header field" (RFC 9110 section
    /// 7.8). Of what the client indicated, the gateway passes this one on.
    pub(super) fn is_overruled_by(&self, head: &ResponseHead<'_>) -> bool {
        if head.status() != StatusCode::SWITCHING_PROTOCOLS {
            return false;
        }
        let name = self.name.get(..self.len).unwrap_or_default();
        let fields = head.fields().filter(|field| Name::Upgrade.is(field.name));
        let mut has_any = false;
        // A field whose elements are all empty names no protocol, as does none.
        let is_other = fields.flat_map(|field| field.members()).any(|protocol| {
            has_any = true;
            !protocol.eq_ignore_ascii_case(name)
        });
        is_other || !has_any
    }
}
