//! The rules, without a socket, a file, a clock or randomness.

pub mod balance;
pub mod files;
pub mod reason;
pub mod route;
