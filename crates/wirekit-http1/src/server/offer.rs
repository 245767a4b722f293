use core::borrow::Borrow;

use crate::field::{Field, Fields};
use crate::registry::field_name;
use crate::send::SendError;

/// The protocols that a request offers, as many as there is room for: the head is gone when one of them is chosen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Offer {
    /// Each with a comma behind it.
    text: [u8; ROOM],
    len: u8,
}

const ROOM: usize = 63;

impl Offer {
    pub(super) const NONE: Self = Self {
        text: [0; ROOM],
        len: 0,
    };

    /// Takes what the Upgrade of these fields lists, from the first on.
    #[inline(never)]
    pub(super) fn read(&mut self, fields: &Fields<'_>) {
        self.len = 0;
        for value in fields.all(field_name::UPGRADE) {
            for protocol in Field::new(field_name::UPGRADE, value).members() {
                self.add(protocol);
            }
        }
    }

    fn add(&mut self, protocol: &[u8]) {
        let start = usize::from(self.len);
        let end = start + protocol.len() + 1;
        if let (Some(room), Ok(len)) = (self.text.get_mut(start..end), u8::try_from(end))
            && let Some((comma, room)) = room.split_last_mut()
        {
            room.copy_from_slice(protocol);
            *comma = b',';
            self.len = len;
        }
    }

    /// Checks that each Upgrade among `fields` has only protocols that are offered. Names compare without regard to case,
    /// as a recipient's should (RFC 9110 section 7.8).
    pub(super) fn check<'f, F>(&self, fields: F) -> Result<(), SendError>
    where
        F: IntoIterator<Item: Borrow<Field<'f>>>,
    {
        let refused = fields.into_iter().position(|field| {
            let field = field.borrow();
            field.is_named(field_name::UPGRADE)
                && field.members().any(|protocol| !self.contains(protocol))
        });
        refused.map_or(Ok(()), |index| Err(SendError::ProtocolNotOffered { index }))
    }

    fn contains(&self, protocol: &[u8]) -> bool {
        self.text
            .get(..usize::from(self.len))
            .unwrap_or_default()
            .split(|&byte| byte == b',')
            .any(|offered| offered.eq_ignore_ascii_case(protocol))
    }
}
