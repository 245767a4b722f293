#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod config;
pub mod core;
pub mod explain;
#[cfg(feature = "shell")]
pub mod shell;
