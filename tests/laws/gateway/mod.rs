//! The laws of the gateway: of conversations with its core, of its configuration, and of where a request leads.

mod config;
mod route;
mod simulator;

pub use config::config;
pub use route::route;
pub use simulator::{play, simulator};

laws![config, route, simulator];
