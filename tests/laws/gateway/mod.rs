//! The laws of the gateway: of conversations with its core, of its configuration, of where a request
//! leads, and of who a client is.

mod client;
mod config;
mod route;
mod simulator;

pub use client::{forwarded, proxy_header};
pub use config::config;
pub use route::route;
pub use simulator::{play, simulator};

laws![config, forwarded, proxy_header, route, simulator];
