use alloc::vec::Vec;

use super::deflate::Compressor;
use super::engine::Decompressor;

/// Engines that idle connections have given back, for the next connection that has something to say.
/// RFC 7692 section 7.1 is what makes them heavy: a window for each direction.
///
/// An engine takes about 374 KiB to compress and 46 KiB to decompress. A connection holds one of each
/// only between its first message and its next [`Deflate::park`](super::Deflate::park) and
/// [`Inflate::park`](super::Inflate::park); a parked connection keeps what the two directions have to remember.
///
/// ```
/// use wirekit_websocket::deflate::{Deflate, Direction, Inflate, Level, Pool};
/// use wirekit_websocket::{Data, Limits, MessageKind};
///
/// let mut pool = Pool::new(64);
/// let mut deflate = Deflate::new(Direction::DEFAULT, Level::FAST);
/// let mut inflate = Inflate::new(Direction::DEFAULT, &Limits::DEFAULT);
/// for _ in 0..3 {
///     deflate.unpark(&mut pool);
///     inflate.unpark(&mut pool);
///     let plain = Data::whole(MessageKind::Text, b"a message");
///     let packed = deflate.encode(plain)?;
///     let mut message = Vec::new();
///     inflate.decode_to(packed, &mut message)?;
///     assert_eq!(message, b"a message");
///     // After a while of silence the engines are free for other connections.
///     deflate.park(&mut pool);
///     inflate.park(&mut pool);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Pool {
    max_engines: usize,
    pub(super) compressors: Vec<Compressor>,
    pub(super) decompressors: Vec<Decompressor>,
}

impl Pool {
    /// An empty pool that keeps at most `max_engines` of each kind; more are freed.
    #[must_use]
    pub const fn new(max_engines: usize) -> Self {
        Self {
            max_engines,
            compressors: Vec::new(),
            decompressors: Vec::new(),
        }
    }

    pub(super) fn put_compressor(&mut self, compressor: Compressor) {
        if self.compressors.len() < self.max_engines {
            self.compressors.push(compressor);
        }
    }

    pub(super) fn put_decompressor(&mut self, decompressor: Decompressor) {
        if self.decompressors.len() < self.max_engines {
            self.decompressors.push(decompressor);
        }
    }

    /// Engines are made for a level and a window, so any one will not do.
    pub(super) fn take_compressor(
        &mut self,
        suits: impl Fn(&Compressor) -> bool,
    ) -> Option<Compressor> {
        let index = self.compressors.iter().rposition(suits)?;
        Some(self.compressors.swap_remove(index))
    }

    pub(super) fn take_decompressor(&mut self) -> Option<Decompressor> {
        self.decompressors.pop()
    }
}
