//! Answers of applications: a CGI head, and a body that may end with the connection.
//!
//! Most servers answer in the form of HTTP/1.1 instead. [`Form::of`] tells the two apart by the first bytes; a response of
//! HTTP/1.1 is for a reader of HTTP/1.1, as `wirekit-http1` has one, and `wirekit-bridge` joins both.
//!
//! What an application sends is trusted no more than what a client sends. Each rule here is one that some proxy is known
//! to break; specification section 5 lists them.

mod builder;
mod decoder;
mod head;
mod scan;

pub use builder::ResponseBuilder;
pub use decoder::{Event, Expectation, ResponseDecoder};
pub use head::{Body, FieldTable, Fields, FieldsIter, Form, Head};

/// How large an answer's head may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of one head, up to and with its empty line; at most 65 535.
    pub max_head_len: usize,
}

impl Limits {
    /// 32 KiB.
    pub const DEFAULT: Self = Self {
        max_head_len: 32 * 1024,
    };

    /// Sets the bytes of one head; what is over 65 535 is 65 535.
    #[must_use]
    pub const fn max_head_len(self, max_head_len: usize) -> Self {
        let most = u16::MAX as usize;
        Self {
            max_head_len: if max_head_len > most {
                most
            } else {
                max_head_len
            },
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
