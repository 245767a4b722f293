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

#[cfg(any(feature = "std", test))]
extern crate std;

mod datagram;
mod datagram_mut;
mod error;
mod header;

pub use datagram::Datagram;
pub use datagram_mut::DatagramMut;
pub use error::{EncodeError, Error, ErrorKind};
pub use header::{HEADER_LEN, Header, MAX_PAYLOAD_LEN};
#[doc(no_inline)]
pub use wirekit_checksum::{PseudoHeader, Verdict};
