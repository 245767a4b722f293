//! The client's end of a connection.

mod connection;

pub use crate::reader::ResponseEvent as Event;
pub use connection::Connection;
