// Its examples want `alloc`; without it the other documentation is tested.
#![cfg_attr(any(feature = "alloc", not(doctest)), doc = include_str!("../README.md"))]
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

mod arch;
mod close_timeout;
mod config;
mod connection;
#[cfg(feature = "deflate")]
pub mod deflate;
mod error;
mod event;
#[cfg(feature = "handshake")]
pub mod extension;
mod frame;
#[cfg(feature = "handshake")]
pub mod handshake;
mod heartbeat;
#[cfg(feature = "std")]
mod keys;
mod limits;
mod mask;
#[cfg(feature = "alloc")]
mod message;
mod registry;
pub mod relay;
pub mod url;
mod utf8;

pub use close_timeout::{CloseTimeout, Closing};
pub use config::Config;
pub use connection::{Connection, Due, HeaderBytes, SendError, State};
pub use error::{EncodeError, Error, ErrorKind};
pub use event::{Close, Data, Event, MessageKind, Part};
pub use frame::{FrameHeader, MAX_CONTROL_LEN, MAX_HEADER_LEN, Role, Rsv};
pub use heartbeat::{Beat, Heartbeat};
#[cfg(feature = "std")]
pub use keys::MaskingKeys;
pub use limits::Limits;
pub use mask::MaskingKey;
#[cfg(feature = "alloc")]
pub use message::{Message, MessageReader};
pub use registry::{CloseCode, Opcode};
pub use utf8::Utf8Validator;
