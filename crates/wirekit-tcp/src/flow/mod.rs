//! Which connection a segment belongs to, and what comes of it: states and streams of every connection that is seen.

mod config;
mod ends;
mod event;
mod fold;
mod followed;
mod known;
mod map;
mod streams;
mod table;
#[cfg(test)]
mod tests;

pub use config::Config;
pub use ends::{Ends, Key};
pub use event::{Event, Gone};
pub use known::Flow;
pub use map::{Map, Slot};
pub use streams::Streams;
pub use table::Table;
