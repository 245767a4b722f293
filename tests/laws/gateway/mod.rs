//! The laws of the gateway: of conversations with its core, of its configuration, of where a request leads, of who a
//! client is, and of the cookie that keeps a user on a server.

mod affinity;
mod client;
mod config;
mod route;
mod simulator;

pub use affinity::affinity;
pub use client::{forwarded, proxy_header};
pub use config::config;
pub use route::route;
pub use simulator::{play, simulator};

laws![affinity, config, forwarded, proxy_header, route, simulator];
