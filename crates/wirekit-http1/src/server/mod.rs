//! The server's end of a connection.

mod connection;
mod offer;
mod response;
#[cfg(test)]
mod tests;

pub use crate::reader::RequestEvent as Event;
pub use connection::{Connection, Rest};
