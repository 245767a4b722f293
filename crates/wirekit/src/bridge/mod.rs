//! Where two protocols meet: what a program needs that speaks one to its clients and another behind them.

#[cfg(all(feature = "alloc", feature = "http1", feature = "uwsgi"))]
pub mod uwsgi;

#[cfg(feature = "bridge")]
#[doc(inline)]
pub use wirekit_bridge::*;
