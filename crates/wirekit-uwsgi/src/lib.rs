#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

pub mod array;
mod body;
pub mod cache;
mod chunked;
mod config;
pub mod control;
mod decoder;
mod environ;
mod error;
mod field;
mod index;
mod key;
mod mangle;
mod packet;
mod quirks;
mod registry;
pub mod request;
pub mod response;
pub mod rpc;
mod sink;
pub mod specification;
pub mod subscription;
pub mod vars;
mod walk;
mod writer;

pub use array::Array;
pub use body::RequestBody;
pub use config::{Config, Duplicates, Transport};
pub use control::Answer;
pub use decoder::{Event, Request, RequestDecoder};
pub use environ::Environ;
pub use error::{EncodeError, Error, ErrorKind};
pub use field::Field;
pub use index::{Index, content_length};
pub use key::Key;
pub use packet::{HEADER_LEN, Header, MAX_BLOCK_LEN, Packet, vars_len};
pub use quirks::Quirks;
pub use registry::{Block, Direction, Modifier1};
pub use vars::{Var, Vars};
pub use writer::PacketWriter;
