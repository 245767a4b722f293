use super::Instant;

/// The choices that were made for one request: no server is chosen twice, and a hash goes on where it stopped.
#[derive(Clone, Debug, Default)]
pub struct Tries {
    pub(super) tried: Vec<usize>,
    /// Places of the hash at which no server could be had.
    pub(super) misses: u32,
    pub(super) hash: Option<u64>,
    /// When the last one was tried after a failure before, if it was.
    pub(super) tried_before: Option<Instant>,
}

impl Tries {
    /// A request for which no server was chosen.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many servers were chosen.
    pub fn count(&self) -> usize {
        self.tried.len()
    }
}
