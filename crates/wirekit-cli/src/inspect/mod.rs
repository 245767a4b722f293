//! `wirekit inspect`: the layered story of a capture.

use crate::arguments::InspectOptions;
use crate::io::{Failure, Io, Status};

/// Runs `wirekit inspect`.
///
/// # Errors
///
/// [`Failure`] when the capture cannot be read or the output cannot be written.
pub fn run(_options: &InspectOptions, _io: &mut Io<'_>) -> Result<Status, Failure> {
    Err(Failure::Usage("inspect has not landed yet".into()))
}
