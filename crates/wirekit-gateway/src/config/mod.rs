//! The configuration: what a person writes, checked as a whole, and the model that the gateway runs on.
//!
//! Nothing is bound and nothing is sent while it is read; files and folders that it names are looked at.

mod keys;
mod lines;
mod model;
mod part;
mod pem;
mod schema;
mod section;
pub(crate) mod text;
mod upstream;

use core::fmt;
use core::time::Duration;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use toml::de::DeTable;

pub use keys::{Keys, KeysError};
pub use lines::Lines;
pub use model::*;
pub use pem::Pem;
pub use text::{Part, Template, Variable};
pub use upstream::*;

use section::{Mistakes, Section};

/// What is served without a file.
const BUILT_IN: &str = include_str!("../../assets/builtin.toml");

/// One mistake in a configuration: `FILE:LINE:COLUMN: KEY: what is wrong; what is allowed`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// The file.
    pub file: PathBuf,
    /// The line, the first being 1.
    pub line: usize,
    /// The character in the line, the first being 1.
    pub column: usize,
    /// The key with the tables around it, such as `upstream.app.server[0].address`; empty for broken TOML.
    pub key: String,
    /// What is wrong and what is allowed.
    pub text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: ", self.file.display(), self.line, self.column)?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.text)
    }
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The file cannot be read.
    #[error("{}: {error}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The file has mistakes.
    #[error("{} mistakes", .0.len())]
    Wrong(Vec<Problem>),
}

impl Config {
    /// Reads a file and what it names.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or has mistakes: all of them.
    pub fn load(file: &Path) -> Result<Self, LoadError> {
        let text = std::fs::read_to_string(file).map_err(|error| LoadError::Unreadable {
            file: file.to_owned(),
            error,
        })?;
        Self::parse(&text, file).map_err(LoadError::Wrong)
    }

    /// What is served without a file: a site that explains itself, on 127.0.0.1:8080.
    ///
    /// # Errors
    ///
    /// None that a released program has: its text is a file as any other.
    pub fn builtin() -> Result<Self, LoadError> {
        let mut config =
            Self::parse(BUILT_IN, Path::new("builtin.toml")).map_err(LoadError::Wrong)?;
        config.file = None;
        config.lines = Arc::default();
        let locations = config.sites.iter_mut().flat_map(|site| &mut site.locations);
        for location in locations {
            location.line = 0;
        }
        Ok(config)
    }

    /// Lets a server drain: it keeps whom it has, for that long at most, or for as long as they stay. The time begins when this
    /// configuration becomes the current one. Whether there is such a server.
    pub fn drain(&mut self, upstream: &str, server: &str, timeout: Option<Duration>) -> bool {
        let mut upstreams = self.upstreams.iter_mut();
        let upstream = upstreams.find(|it| it.name == upstream);
        let server = upstream.and_then(|upstream| {
            let mut servers = upstream.servers.iter_mut();
            servers.find(|it| it.id == server)
        });
        if let Some(server) = server {
            server.state = ServerState::Drain;
            server.drain_timeout = timeout;
            return true;
        }
        false
    }

    /// Reads the text of a file. What it names is relative to the folder of `file`.
    ///
    /// # Errors
    ///
    /// Every mistake, in the order of the file.
    pub fn parse(text: &str, file: &Path) -> Result<Self, Vec<Problem>> {
        let mistakes = Mistakes::default();
        let (table, broken) = DeTable::parse_recoverable(text);
        mistakes.add_broken(&broken);
        let root = Section::new(String::new(), 0..0, table.get_ref(), &mistakes);
        let mut config = schema::config(root, folder_of(file));
        let problems = problems(&mistakes, text, file);
        if !problems.is_empty() {
            return Err(problems);
        }
        config.lines = Arc::new(mistakes.places.into_lines(text));
        let locations = config.sites.iter_mut().flat_map(|site| &mut site.locations);
        for location in locations {
            location.line = place(text, location.line).0;
        }
        let certificates = config.certificates.values_mut();
        let places = certificates.flat_map(|certificate| &mut certificate.places);
        let clients = config.listeners.iter_mut();
        let clients = clients.filter_map(|listener| listener.client_certificates.as_mut());
        for at in places.chain(clients.map(|clients| &mut clients.place)) {
            (at.line, at.column) = place(text, at.line);
        }
        config.file = Some(file.to_owned());
        config.text = text.into();
        Ok(config)
    }
}

/// The folder that paths of a file are relative to.
fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// All mistakes with their places in the text.
fn problems(mistakes: &Mistakes, text: &str, file: &Path) -> Vec<Problem> {
    let mistakes = mistakes.sorted();
    // Keys that only look wrong because the line before them is broken would hide what is.
    let syntax = mistakes.iter().any(|mistake| mistake.key.is_empty());
    mistakes
        .into_iter()
        .filter(|mistake| !syntax || mistake.key.is_empty())
        .map(|mistake| {
            let (line, column) = place(text, mistake.span.start);
            Problem {
                file: file.to_owned(),
                line,
                column,
                key: mistake.key,
                text: mistake.text,
            }
        })
        .collect()
}

/// Line and column of a byte.
fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before
        .rsplit('\n')
        .next()
        .map_or(0, |line| line.chars().count());
    (line, column + 1)
}

#[cfg(test)]
mod tests;
