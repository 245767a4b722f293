//! The laws of `wirekit-bridge`: of exchanges, and of the responses of applications in either form.

pub mod exchange;
mod responses;
mod written;

pub use responses::responses;
pub use written::written;
