//! The ways to show a capture.

mod connections;
mod kept;
mod packets;

pub(crate) use connections::Connections;
pub(crate) use packets::Packets;
