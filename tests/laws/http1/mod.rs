//! The laws of `wirekit-http1`: of heads, of what a connection sends, and of streams.

mod heads;
mod senders;
mod streams;

pub use heads::{
    encoded_heads, is_encoded, request_heads, response_heads, versus_httparse,
    versus_picohttpparser,
};
pub use senders::senders;
pub use streams::{
    chunk_sizes, chunks, conversation, dripped, requests, responses, sends, strangers,
};

laws![
    chunk_sizes,
    chunks,
    conversation,
    encoded_heads,
    request_heads,
    requests,
    response_heads,
    responses,
    senders,
    sends,
    strangers,
    versus_httparse,
    versus_picohttpparser,
];
