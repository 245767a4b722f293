// Its examples want `alloc`; without it the other documentation is tested.
#![cfg_attr(any(feature = "alloc", not(doctest)), doc = include_str!("../README.md"))]
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(feature = "alloc"),
    expect(
        rustdoc::broken_intra_doc_links,
        reason = "some lead to what needs `alloc`"
    )
)]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

mod alert;
mod change_cipher_spec;
mod client_hello;
mod cursor;
mod encode;
mod error;
mod extension;
mod handshake;
mod list;
#[cfg(feature = "alloc")]
mod messages;
mod record;
mod registry;
mod server_hello;

pub use alert::Alert;
pub use change_cipher_spec::ChangeCipherSpec;
pub use client_hello::ClientHello;
pub use encode::{
    ClientExtension, ClientHelloFields, HandshakeFields, RecordFields, ServerExtension,
    ServerHelloFields,
};
pub use error::{EncodeError, Error, ErrorKind};
pub use extension::{Extension, Extensions, ExtensionsIter};
pub use handshake::{Handshake, HandshakeHeader, Limits};
pub use list::{
    CipherSuites, CipherSuitesIter, NamedGroups, NamedGroupsIter, ProtocolNames, ProtocolNamesIter,
    SignatureSchemes, SignatureSchemesIter, Versions, VersionsIter,
};
#[cfg(feature = "alloc")]
pub use messages::Messages;
pub use record::{Record, RecordHeader};
pub use registry::{
    AlertDescription, AlertLevel, CipherSuite, ContentType, ExtensionType, HandshakeType,
    NamedGroup, ProtocolName, ProtocolVersion, SignatureScheme,
};
pub use server_hello::ServerHello;
