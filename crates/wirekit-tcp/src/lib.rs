// Its examples want `std`; without it the other documentation is tested.
#![cfg_attr(any(feature = "std", not(doctest)), doc = include_str!("../README.md"))]
//!
//! [`Tracker`]: track::Tracker
//! [`Reassembler`]: reassembly::Reassembler
//! [`Limits::max_held_len`]: reassembly::Limits::max_held_len
//! [`Pool`]: reassembly::Pool
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(feature = "std"),
    expect(
        rustdoc::broken_intra_doc_links,
        reason = "some lead to what needs `alloc` or `std`"
    )
)]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

mod error;
mod flags;
#[cfg(feature = "std")]
pub mod flow;
mod header;
mod option;
#[cfg(feature = "alloc")]
pub mod reassembly;
mod segment;
mod segment_mut;
mod seq;
pub mod track;

pub use error::{EncodeError, Error, ErrorKind};
pub use flags::Flags;
pub use header::Header;
pub use option::{
    EcnCounters, EcnOrder, Mapping, Multipath, MultipathMessage, MultipathSubtype, OptionKind,
    Options, OptionsIter, SackBlock, SackBlocks, TcpOption, UserTimeout,
};
pub use segment::Segment;
pub use segment_mut::SegmentMut;
pub use seq::SeqNumber;
#[doc(no_inline)]
pub use wirekit_checksum::{PseudoHeader, Verdict};
