//! The rules, without a socket, a clock or randomness.

pub mod balance;
pub(crate) mod client;
pub mod files;
pub(crate) mod proxy_protocol;
pub mod reason;
pub mod route;
pub mod session;
pub(crate) mod variables;
