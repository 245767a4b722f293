//! From packets to what the ends of a connection say to each other: flows, lives, streams, recognition, messages.
//!
//! Nothing here knows how it will be shown.

pub(crate) mod application;
mod begins;
pub(crate) mod connection;
pub(crate) mod depth;
mod dialogue;
pub(crate) mod doubts;
pub(crate) mod exchange;
pub(crate) mod exchanges;
pub(crate) mod filter;
pub(crate) mod journey;
pub(crate) mod life;
pub(crate) mod measure;
pub(crate) mod memory;
pub(crate) mod names;
mod proxy_header;
mod readers;
mod recogniser;
pub(crate) mod sides;
pub(crate) mod statistics;
pub(crate) mod streams;
pub(crate) mod subject;
pub(crate) mod tale;
mod text;
pub(crate) mod totals;
mod voice;
