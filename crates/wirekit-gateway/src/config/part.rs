//! One upstream, or one server, by itself: read by the rules of a whole file.

use std::path::Path;

use toml::de::DeTable;

use super::schema::{self, Names};
use super::section::{Mistakes, Section};
use super::{Balance, Problem, Server, Upstream, folder_of, problems};

impl Upstream {
    /// Reads what would stand under `[upstream.NAME]` of this file. The keys of problems begin there.
    ///
    /// # Errors
    ///
    /// Every mistake, in the order of the text.
    pub fn parse(name: &str, text: &str, file: &Path) -> Result<Self, Vec<Problem>> {
        read(text, file, |section, names| {
            Some(schema::upstream::upstream(name, section, names))
        })
    }
}

impl Server {
    /// Reads what would stand under `[[upstream.NAME.server]]` of this file, where the upstream chooses so. The keys of
    /// problems begin there.
    ///
    /// # Errors
    ///
    /// Every mistake, in the order of the text.
    pub fn parse(text: &str, balance: &Balance, file: &Path) -> Result<Self, Vec<Problem>> {
        read(text, file, |section, names| {
            schema::upstream::lone_server(section, names, balance)
        })
    }
}

fn read<T>(
    text: &str,
    file: &Path,
    read: impl FnOnce(Section<'_>, &Names) -> Option<T>,
) -> Result<T, Vec<Problem>> {
    let mistakes = Mistakes::default();
    let (table, broken) = DeTable::parse_recoverable(text);
    mistakes.add_broken(&broken);
    let section = Section::new(String::new(), 0..0, table.get_ref(), &mistakes);
    let part = read(section, &Names::alone(folder_of(file)));
    let problems = problems(&mistakes, text, file);
    match part {
        Some(part) if problems.is_empty() => Ok(part),
        _ => Err(problems),
    }
}
