//! The commands besides `inspect`.

pub(crate) mod encode;
mod hex;
pub(crate) mod parse;
pub(crate) mod uwsgi;
