use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// Content of a request that is held and too long for memory, in a file that has no name: it is gone with the exchange.
#[derive(Debug, Default)]
pub(super) struct HeldContent(Option<File>);

impl HeldContent {
    /// Writes from that byte on; from the first one into another file.
    ///
    /// # Errors
    ///
    /// No file can be made in the folder for such, or it takes no more.
    pub(super) fn write(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        let file = match self.0.take() {
            Some(file) if at > 0 => file,
            _ => tempfile::tempfile()?,
        };
        let written = file.write_all_at(bytes, at);
        self.0 = Some(file);
        written
    }

    /// Reads from that byte on, all that there is room for.
    ///
    /// # Errors
    ///
    /// Nothing was written, or not that much.
    pub(super) fn read(&self, at: u64, room: &mut [u8]) -> io::Result<()> {
        match &self.0 {
            Some(file) => file.read_exact_at(room, at),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// Lets go of it.
    pub(super) fn clear(&mut self) {
        self.0 = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        let mut held = HeldContent::default();
        assert!(held.read(0, &mut [0]).is_err());
        held.write(0, b"hello, ").unwrap();
        held.write(7, b"client").unwrap();
        let mut room = [0; 8];
        held.read(5, &mut room).unwrap();
        assert_eq!(&room, b", client");
        assert!(held.read(6, &mut room).is_err());
        held.write(0, b"other").unwrap();
        assert!(held.read(0, &mut room).is_err());
        held.clear();
        assert!(held.read(0, &mut room).is_err());
    }

    #[test]
    fn a_full_disk_says_so() {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let mut held = HeldContent(Some(full));
        let error = held.write(1, b"hello").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }
}
