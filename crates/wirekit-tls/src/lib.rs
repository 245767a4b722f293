#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

mod alert;
mod client_hello;
mod cursor;
mod encode;
mod error;
mod extension;
mod handshake;
mod record;
mod registry;
mod server_hello;

pub use alert::Alert;
pub use client_hello::{CipherSuites, CipherSuitesIter, ClientHello};
pub use encode::{ClientHelloFields, ExtensionContent};
pub use error::{EncodeError, Error, ErrorKind};
pub use extension::{
    Extension, Extensions, ExtensionsIter, ProtocolNames, ProtocolNamesIter, Versions, VersionsIter,
};
#[cfg(feature = "alloc")]
pub use handshake::Messages;
pub use handshake::{Handshake, Limits};
pub use record::{Record, RecordHeader};
pub use registry::{
    AlertDescription, AlertLevel, CipherSuite, ContentType, ExtensionType, HandshakeType,
    NamedGroup, ProtocolName, ProtocolVersion, SignatureScheme,
};
pub use server_hello::ServerHello;
