#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "websocket")]
extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

mod application;
mod config;
mod end;
mod error;
mod exchange;
pub mod path;
mod reader;
mod request;
mod response;
#[cfg(feature = "websocket")]
pub mod websocket;

pub use config::Config;
pub use end::{End, Loss};
pub use error::{Error, Fault, Refusal};
pub use exchange::state::State;
pub use exchange::{Exchange, Outcome};
pub use reader::ResponseReader;
pub use request::{Forwarded, ForwardedForm, Request, Upstream, UwsgiServer};
pub use response::{Edit, ResponseEvent, ResponseFields, ResponseHead, ResponseTable};
