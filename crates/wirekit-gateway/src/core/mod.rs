//! The rules, without a socket, a clock or randomness.

pub mod affinity;
pub mod balance;
pub mod challenges;
pub(crate) mod client;
pub mod failure;
pub mod files;
pub mod health;
pub mod passthrough;
pub(crate) mod proxy_protocol;
pub mod reason;
pub mod route;
pub mod session;
pub mod trace;
pub(crate) mod variables;
