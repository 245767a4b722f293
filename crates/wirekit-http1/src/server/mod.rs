//! The server's end of a connection.

mod connection;
#[cfg(test)]
mod tests;

pub use crate::reader::RequestEvent as Event;
pub use connection::Connection;
