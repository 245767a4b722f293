#![doc = include_str!("../README.md")]
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(any(feature = "std", test))]
extern crate std;

mod arch;
mod incremental;
mod pseudo;
mod sum;
mod verdict;

pub use incremental::{replace, replace_u16, replace_u32};
pub use pseudo::{Protocol, PseudoHeader};
pub use sum::{Checksum, checksum};
pub use verdict::Verdict;
