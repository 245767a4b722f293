//! Answers of applications: a CGI head, and a body that may end with the connection.
//!
//! Most servers answer in the form of HTTP/1.1 instead. [`Form::of`] distinguishes the two by the first bytes; a response of
//! HTTP/1.1 is for a reader of HTTP/1.1, as `wirekit-http1` has one, and `wirekit-bridge` joins both.
//!
//! What an application sends is trusted no more than what a client sends. Each rule here is one that some proxy is known
//! to break; specification section 5 lists them.

mod builder;
mod config;
mod decoder;
mod head;
mod scan;

pub use builder::Builder;
pub use config::{Config, Expectation, Limits};
pub use decoder::{Decoder, Event};
pub use head::{Body, FieldTable, Fields, FieldsIter, Form, Head};
