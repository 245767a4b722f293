use core::cell::RefCell;
use std::collections::BTreeMap;

/// Where each key of a file stands, for those who explain what it does.
#[derive(Clone, Debug, Default)]
pub struct Lines(BTreeMap<String, usize>);

impl Lines {
    /// The line of a key with the tables around it, such as `upstream.app.balance` or `site[0].location[1]`, the first line
    /// being 1; none where the file does not have it.
    ///
    /// A server is also found by its id, as `upstream.app.server.a`: its place may be another one by now.
    pub fn get(&self, key: &str) -> Option<usize> {
        self.0.get(key).copied()
    }
}

/// The same while the file is read, as bytes.
#[derive(Debug, Default)]
pub(super) struct Places(RefCell<BTreeMap<String, usize>>);

impl Places {
    pub(super) fn note(&self, key: &str, at: usize) {
        let mut places = self.0.borrow_mut();
        if !places.contains_key(key) {
            places.insert(key.to_owned(), at);
        }
    }

    pub(super) fn into_lines(self, text: &str) -> Lines {
        let mut places: Vec<(usize, String)> = self
            .0
            .into_inner()
            .into_iter()
            .map(|(key, at)| (at, key))
            .collect();
        places.sort_unstable();
        let (mut line, mut before) = (1, 0);
        let lines = places.into_iter().map(|(at, key)| {
            line += text
                .get(before..at)
                .map_or(0, |between| between.matches('\n').count());
            before = at;
            (key, line)
        });
        Lines(lines.collect())
    }
}
