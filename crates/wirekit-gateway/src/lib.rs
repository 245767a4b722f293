#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

#[cfg(feature = "shell")]
pub mod arguments;
pub mod config;
#[cfg(feature = "shell")]
mod control;
pub mod core;
#[cfg(feature = "shell")]
pub mod ctl;
pub mod explain;
#[doc = include_str!("../docs/fleet.md")]
pub mod fleet {}
#[cfg(feature = "shell")]
pub mod shell;
