//! One direction of a connection, message after message: what both ends, and anybody who only watches, read with.

mod body;
mod direction;
mod request;
mod response;

pub use body::{Body, BodyReader};
pub use request::{RequestEvent, RequestReader};
pub use response::{ResponseEvent, ResponseReader};
