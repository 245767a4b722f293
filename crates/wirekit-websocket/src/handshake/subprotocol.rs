use wirekit_http::list;
use wirekit_http::token::{is_token, token_len};

use super::fields::{Fields, PROTOCOL, values};
use super::{Error, ErrorKind};

/// The subprotocols that a request lists, the preferred first (RFC 6455 section 4.1).
///
/// The example of [`server::Opening`](super::server::Opening) chooses one of them.
#[derive(Clone, Debug)]
pub struct Subprotocols<F> {
    fields: F,
}

impl<'a, F: Fields<'a>> Subprotocols<F> {
    /// How many a request may list: they must differ from each other, and comparing them takes time.
    pub const MAX: usize = 64;

    pub(super) fn read(fields: F) -> Result<Self, Error> {
        let mut seen = [&b""[..]; 64];
        let mut count = 0;
        for value in values(fields.clone(), PROTOCOL) {
            // RFC 6455 section 4.3 has 1#token; but a list of nothing asks for nothing, and clients do send it.
            for element in list::members(value) {
                let (member, offset) = (element.bytes, element.offset);
                let len = token_len(member);
                if len < member.len() {
                    return Err(Error::new(ErrorKind::SubprotocolSyntax, offset + len));
                }
                if seen.iter().take(count).any(|&other| other == member) {
                    return Err(Error::new(ErrorKind::SubprotocolRepeated, offset));
                }
                let Some(slot) = seen.get_mut(count) else {
                    return Err(Error::new(ErrorKind::SubprotocolTooMany, offset));
                };
                *slot = member;
                count += 1;
            }
        }
        Ok(Self { fields })
    }

    /// The subprotocols, in the client's order of preference. Their case matters.
    pub fn iter(&self) -> impl Iterator<Item = &'a str> + use<'a, F> {
        let members = values(self.fields.clone(), PROTOCOL).flat_map(list::members);
        members.filter_map(|member| core::str::from_utf8(member.bytes).ok())
    }

    /// Whether the client asked for this one.
    #[must_use]
    pub fn contains(&self, subprotocol: &str) -> bool {
        self.iter().any(|offered| offered == subprotocol)
    }
}

/// Checks what a client is about to ask for. The offset is that in the value as it would be sent.
pub(super) fn check_own(subprotocols: &[&str]) -> Result<(), Error> {
    let mut offset = 0;
    for (index, subprotocol) in subprotocols.iter().enumerate() {
        if !is_token(subprotocol.as_bytes()) {
            return Err(Error::new(ErrorKind::SubprotocolSyntax, offset));
        }
        if subprotocols
            .iter()
            .take(index)
            .any(|other| other == subprotocol)
        {
            return Err(Error::new(ErrorKind::SubprotocolRepeated, offset));
        }
        offset += subprotocol.len() + ", ".len();
    }
    Ok(())
}
