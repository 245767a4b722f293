//! Where what arrives and what goes out are cut.

/// Where input and output are cut.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cuts<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The next output has no bound.
    pub(super) has_room: bool,
}

impl<'a> Cuts<'a> {
    pub(super) const WHOLE: Cuts<'static> = Cuts::new(&[]);

    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            has_room: false,
        }
    }

    fn next(&mut self) -> Option<usize> {
        self.at += 1;
        let len = self.bytes.len().max(1);
        self.bytes.get(self.at % len).map(|&byte| byte.into())
    }

    /// How much arrives at once.
    pub(super) fn len(&mut self) -> usize {
        self.next().map_or(usize::MAX, |byte| (byte % 64).max(1))
    }

    /// How much an output takes: more than what frames a chunk.
    pub(super) fn room(&mut self) -> usize {
        let has_room = core::mem::take(&mut self.has_room);
        let byte = self.next().filter(|_| !has_room);
        byte.map_or(usize::MAX, |byte| 33 + byte)
    }
}
