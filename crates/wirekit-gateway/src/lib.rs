#![doc = include_str!("../README.md")]

pub mod config;
pub mod core;
pub mod explain;
pub mod shell;
