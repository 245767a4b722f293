//! The client's end of a connection.

mod connection;
mod request;
#[cfg(test)]
mod tests;

pub use crate::reader::ResponseEvent as Event;
pub use connection::Connection;
