//! The client's end of a connection.

mod connection;
#[cfg(test)]
mod tests;

pub use crate::reader::ResponseEvent as Event;
pub use connection::Connection;
