//! One direction of a connection, message after message: what both ends, and programs that only watch, read with.

mod body;
mod direction;
mod request;
mod response;

pub use body::{Body, BodyReader};
pub use request::{RequestEvent, RequestReader};
pub use response::{ResponseEvent, ResponseReader};
