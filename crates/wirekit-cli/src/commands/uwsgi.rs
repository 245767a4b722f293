//! `wirekit uwsgi`: one request to a uwsgi server.

use crate::arguments::UwsgiOptions;
use crate::io::{Failure, Io, Status};

/// Runs `wirekit uwsgi`.
pub(crate) fn run(_options: &UwsgiOptions, _io: &mut Io<'_>) -> Result<Status, Failure> {
    Err(Failure::Usage("uwsgi has not landed yet".into()))
}
