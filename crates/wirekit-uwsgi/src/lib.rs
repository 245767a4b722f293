#![doc = include_str!("../README.md")]
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

mod error;
mod field;
mod other;
mod packet;
pub mod request;
pub mod response;
pub mod server;
mod sink;
pub mod specification;
#[cfg(test)]
mod states;

pub use error::{EncodeError, Error, ErrorKind};
pub use field::Field;
pub use other::{cache, control, rpc, subscription};
pub use packet::{
    Array, Block, Direction, HEADER_LEN, Header, Key, MAX_BLOCK_LEN, Modifier1, Packet,
    PacketWriter, Quirks, Transport, Var, Vars, array, content_length, vars, vars_len,
};
