use std::io;

/// Why reading a capture stopped.
#[derive(Debug)]
pub(crate) enum CaptureError {
    /// The bytes cannot be read.
    Io(io::Error),
    /// The bytes are not a whole capture.
    Broken {
        /// What is wrong.
        fault: Fault,
        /// The first byte of the header, record or block that is wrong, in the uncompressed capture.
        offset: u64,
    },
}

/// What is wrong with a capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The first bytes are neither pcap's nor pcapng's.
    NotACapture,
    /// The capture ends inside a header, record or block.
    Truncated {
        /// Bytes that it has.
        needed: u64,
        /// Bytes that are there.
        found: u64,
    },
    /// A record or block declares more bytes than any capture holds.
    TooLong {
        /// What it declares.
        declared: u64,
        /// What is allowed.
        max_len: u64,
    },
    /// A pcapng block whose length is no multiple of four, too small, or not repeated at its end.
    BlockLength {
        /// What it declares.
        declared: u32,
    },
    /// A pcapng block whose contents do not fit into it.
    BlockContents {
        /// The type of the block.
        block_type: u32,
    },
    /// A packet of a pcapng interface that no block describes.
    UnknownInterface {
        /// The interface's number.
        id: u32,
    },
    /// The compressed data is damaged.
    Compression,
}

impl core::fmt::Display for Fault {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::NotACapture => f.write_str("neither a pcap nor a pcapng capture"),
            Self::Truncated { needed, found } => {
                write!(
                    f,
                    "the capture ends inside a record: {found} of {needed} bytes are there"
                )
            }
            Self::TooLong { declared, max_len } => {
                write!(
                    f,
                    "a record of {declared} bytes, where at most {max_len} are allowed"
                )
            }
            Self::BlockLength { declared } => {
                write!(f, "a pcapng block with the broken length {declared}")
            }
            Self::BlockContents { block_type } => {
                write!(
                    f,
                    "a pcapng block of type {block_type:#x} whose contents do not fit"
                )
            }
            Self::UnknownInterface { id } => {
                write!(f, "a packet of interface {id}, which is not described")
            }
            Self::Compression => f.write_str("the compressed data is damaged or ends early"),
        }
    }
}

impl core::fmt::Display for CaptureError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Broken { fault, offset } => write!(f, "{fault} at byte {offset}"),
        }
    }
}

impl core::error::Error for CaptureError {}
