//! The chunked transfer coding (RFC 9112 section 7.1): decoded and encoded.

mod decode;
mod encode;
mod line;
mod trailers;

pub use decode::{Chunked, ChunkedDecoder, Copied};
pub use encode::{Chunk, ChunkHeader, LastChunk};
pub use trailers::Trailers;
