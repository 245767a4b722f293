//! The server's end of a connection.

mod connection;

pub use crate::reader::RequestEvent as Event;
pub use connection::Connection;
