//! The laws of `wirekit-bridge`: of exchanges, and of the responses of applications in either form.

mod exchange;
mod responses;
mod written;

pub use exchange::exchange;
pub use responses::responses;
pub use written::written;

laws![exchange, responses, written];
