//! permessage-deflate: negotiation and compressed messages (RFC 7692).
//!
//! [`PermessageDeflate`] agrees on the [`Parameters`] in the opening handshake. After it, a [`Deflate`] compresses what
//! this end sends and an [`Inflate`] takes out what the peer sent, each with the parameters of its direction.
//! With [`Config::permessage_deflate`](crate::Config::permessage_deflate) RSV1 has a meaning for the
//! [`Connection`](crate::Connection), which lends compressed data as it is.
//!
//! # Memory
//!
//! | | bytes |
//! |---|---|
//! | before the first message | none |
//! | in use, to compress | 390 KiB, of which 16 KiB are what was sent last, and room for the longest message sent |
//! | in use, to decompress | 78 KiB, of which 32 KiB are what was received last |
//! | parked | at most 48 KiB for both: those 16 and 32 KiB, as far as they have been filled |
//! | parked, without takeover | none |
//!
//! So an idle connection takes less than 64 KiB once it is [parked](Pool), its `Connection` included; smaller windows
//! make it less. Park a connection when it has said nothing for a few seconds: coming back costs a pass over what is
//! remembered. While it is in use, a message allocates only where it makes a buffer longer than it ever was.
//!
//! # Leaving it off
//!
//! Messages that are sent with [`Connection::send_text`](crate::Connection::send_text), `send_binary` and `send_data` are not
//! compressed, whatever was agreed; the two kinds may alternate. To turn it off for a connection, do not negotiate it.
//!
//! # Windows of 256 bytes
//!
//! An agreed window of 8 bits is honoured, which zlib itself cannot do: its window of 9 bits never reaches back more
//! than 250 bytes. What is received is read with a window of 32 KiB whatever was agreed.

#[expect(
    clippy::module_inception,
    reason = "the extension and its compressor have one name"
)]
mod deflate;
mod engine;
mod history;
mod inflate;
mod negotiate;
mod parameters;
mod pool;
#[cfg(test)]
mod tests;
mod written;

pub use deflate::{Deflate, Level};
pub use inflate::{Inflate, Pieces};
pub use negotiate::PermessageDeflate;
pub use parameters::{Direction, Parameters, Takeover, WindowBits};
pub use pool::Pool;
