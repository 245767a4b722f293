use core::fmt;

use crate::EncodeError;

/// Takes the pieces of what is encoded.
pub(crate) struct Sink<'s>(&'s mut dyn FnMut(&[u8]));

impl Sink<'_> {
    pub(crate) fn put(&mut self, piece: &[u8]) {
        (self.0)(piece);
    }
}

impl fmt::Write for Sink<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.put(text.as_bytes());
        Ok(())
    }
}

/// Writes what `pieces` gives to the front of `out`, all of it or nothing: it is asked for the pieces twice.
pub(crate) fn write(out: &mut [u8], pieces: impl Fn(&mut Sink<'_>)) -> Result<usize, EncodeError> {
    let mut needed = 0_usize;
    pieces(&mut Sink(&mut |piece| {
        needed = needed.saturating_add(piece.len());
    }));
    let mut rest = out
        .get_mut(..needed)
        .ok_or(EncodeError::OutputTooSmall { needed })?;
    pieces(&mut Sink(&mut |piece| {
        let (place, behind) = core::mem::take(&mut rest)
            .split_at_mut_checked(piece.len())
            .unwrap_or_default();
        if place.len() == piece.len() {
            place.copy_from_slice(piece);
        }
        rest = behind;
    }));
    Ok(needed)
}
