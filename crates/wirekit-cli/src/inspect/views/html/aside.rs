//! Text that is set aside until the page is written.

use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};

use tempfile::SpooledTempFile;

/// A little is held in memory, more in a file without a name, which goes when the program does.
#[derive(Debug)]
pub(super) struct Aside {
    file: SpooledTempFile,
    len: u64,
}

/// Where a text stands.
#[derive(Debug)]
pub(super) struct Place {
    offset: u64,
    len: usize,
}

impl Aside {
    pub(super) fn new(max_held_len: usize) -> Self {
        Self {
            file: SpooledTempFile::new(max_held_len),
            len: 0,
        }
    }

    /// Bytes that are set aside.
    pub(super) const fn len(&self) -> u64 {
        self.len
    }

    /// `None` if there is no room for it: none in memory, and none where the system has its temporary files.
    pub(super) fn put(&mut self, text: &str) -> Option<Place> {
        let place = Place {
            offset: self.len,
            len: text.len(),
        };
        self.file.seek(SeekFrom::Start(self.len)).ok()?;
        self.file.write_all(text.as_bytes()).ok()?;
        self.len += text.len() as u64;
        Some(place)
    }

    /// Copies it to the end of `text`.
    pub(super) fn get(&mut self, place: &Place, text: &mut Vec<u8>) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(place.offset))?;
        let begin = text.len();
        text.resize(begin + place.len, 0);
        match text.get_mut(begin..) {
            Some(room) => self.file.read_exact(room),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Aside;

    #[test]
    fn what_was_put_aside_comes_back_in_any_order() {
        let mut aside = Aside::new(10);
        let texts = ["in memory", "on disk", "", "behind it"];
        let places: Vec<_> = texts.iter().map(|text| aside.put(text)).collect();
        assert!(aside.file.is_rolled());
        for (text, place) in texts.iter().zip(&places).rev() {
            let mut read = b"> ".to_vec();
            let place = place.as_ref().expect("room");
            aside.get(place, &mut read).expect("a file");
            assert_eq!(read, format!("> {text}").into_bytes());
        }
    }
}
