//! The ways to show a capture.

mod codings;
mod connections;
mod exchanges;
mod extract;
mod har;
mod html;
mod inflate;
mod journeys;
mod kept;
mod packets;
mod paired;
mod statistics;
mod story;
mod story_json;
mod stream;
pub(crate) mod view;
mod within;
mod zstd;

pub(crate) use connections::Connections;
pub(crate) use exchanges::Exchanges;
pub(crate) use extract::{Codings, Extract, Files};
pub(crate) use har::Har;
pub(crate) use html::Html;
pub(crate) use journeys::Journeys;
pub(crate) use packets::Packets;
pub(crate) use paired::Paired;
pub(crate) use story::Story;
pub(crate) use story_json::StoryJson;
pub(crate) use stream::Stream;
pub(crate) use within::Within;
