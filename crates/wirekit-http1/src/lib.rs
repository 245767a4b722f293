// Its examples want `alloc`; without it the other documentation is tested.
#![cfg_attr(any(feature = "alloc", not(doctest)), doc = include_str!("../README.md"))]
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(feature = "alloc"),
    expect(
        rustdoc::broken_intra_doc_links,
        reason = "some lead to what needs `alloc`"
    )
)]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

mod arch;
mod chunked;
pub mod client;
mod config;
mod encode;
mod error;
mod field;
mod framing;
mod host;
mod interop;
mod reader;
mod registry;
mod request;
mod request_prefix;
mod response;
mod scan;
mod send;
pub mod server;
mod state;
mod target;
mod token;
mod version;

pub use chunked::{Chunk, ChunkHeader, Chunked, ChunkedDecoder, Copied, LastChunk, Trailers};
pub use config::{Config, Limits, Quirks};
pub use encode::{RequestLine, StatusLine};
pub use error::{EncodeError, Error, ErrorKind};
pub use field::{Field, FieldTable, Fields, FieldsIter};
pub use framing::{BodyLength, Framing};
pub use reader::{Body, BodyReader, RequestEvent, RequestReader, ResponseEvent, ResponseReader};
pub use registry::{Method, StatusClass, StatusCode, field_name};
pub use request::RequestHead;
pub use request_prefix::RequestPrefix;
pub use response::ResponseHead;
pub use scan::Progress;
pub use send::{DataFrame, SendError};
pub use state::State;
pub use target::{Authority, Host, Target, TargetForm, TargetUri};
pub use version::Version;
