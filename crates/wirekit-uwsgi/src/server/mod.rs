//! The server's side of a connection: requests are read, and shown to an application.

mod body;
mod chunked;
mod config;
mod decoder;
mod environ;
mod index;

pub use config::{Config, Duplicates};
pub use decoder::{Decoder, Event, Request};
pub use environ::Environ;
pub use index::Index;
