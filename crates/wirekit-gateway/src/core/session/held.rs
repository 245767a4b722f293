//! How much a connection holds.

use super::{Piece, Session};

impl Session {
    /// Bytes that are held: of the client's and the server's that nothing took yet, for either to be written, and of the
    /// current request for another try.
    ///
    /// The limits bound it, whatever is sent: a head, the content that a server has to wait for, and 64 KiB a direction and
    /// what one report brings.
    pub fn held(&self) -> usize {
        let buffers = [
            &self.unread,
            &self.server_unread,
            &self.to_client,
            &self.to_server,
        ];
        let buffered: usize = buffers.iter().map(|buffer| buffer.len()).sum();
        let pieces = self.pieces.iter().map(|piece| match piece {
            Piece::Text(text) => text.len(),
            Piece::Span(_) => 0,
        });
        let current = self.current.as_ref();
        let request = current.map_or(0, |current| {
            current.record.texts.head().len() + current.held.in_memory()
        });
        buffered + pieces.sum::<usize>() + request
    }
}
