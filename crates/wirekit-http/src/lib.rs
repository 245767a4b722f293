#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(test)]
extern crate std;

pub mod accept;
mod connection;
mod error;
pub mod field;
pub mod forwarded;
pub mod list;
mod parameter;
pub mod range;
mod short_text;
pub mod token;
pub mod validator;
pub mod via;
mod write;

pub use connection::{ConnectionOptions, MAX_CONNECTION_OPTIONS};
pub use error::{EncodeError, Error, ErrorKind};
pub use parameter::{Parameter, Parameters, ParametersIter, Text, Value, encode_value};
pub use short_text::ShortText;
