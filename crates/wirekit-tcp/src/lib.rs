#![doc = include_str!("../README.md")]
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod error;
mod flags;
mod header;
mod kind;
mod multipath;
mod option;
mod options;
mod segment;
mod seq;

pub use error::{EncodeError, Error, ErrorKind};
pub use flags::Flags;
pub use header::Header;
pub use kind::OptionKind;
pub use multipath::{Multipath, MultipathSubtype};
pub use option::{EcnCounters, EcnOrder, SackBlock, SackBlocks, TcpOption, UserTimeout};
pub use options::{Options, OptionsIter};
pub use segment::Segment;
pub use seq::SeqNumber;
#[doc(no_inline)]
pub use wirekit_checksum::{PseudoHeader, Verdict};
