//! The resources of the control plane: the configuration that serves, beside the one that a start of the program would
//! serve.

mod change;
pub(crate) mod failures;
mod sessions;

use core::time::Duration;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::config::{Certificate, Config, Server, ServerState, Upstream};

pub(crate) use change::{Change, Conflict};
pub(crate) use sessions::Sessions;

/// What serves at one moment. It does not change; a change makes another one.
#[derive(Clone, Debug)]
pub(crate) struct State {
    /// What serves.
    config: Arc<Config>,
    /// What was read from the file.
    file: Arc<Config>,
    /// Each state of a program has a number of its own; one that does not serve yet has that of which it was made.
    revision: u64,
    /// Servers that were asked to drain, by upstream and id.
    marks: Arc<BTreeMap<(String, String), Mark>>,
}

/// What there is to know of a server that was asked to drain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mark {
    /// What it was before.
    before: ServerState,
    /// How long it would have kept whom it has.
    drain_timeout: Option<Duration>,
    /// Whether it goes once it has no more requests.
    leaves: bool,
}

/// A part of what serves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Resource<'s, T> {
    /// Its value.
    pub(crate) value: &'s T,
    /// Whether it is the same in the file, so that it outlives a reload.
    pub(crate) is_persisted: bool,
}

impl State {
    /// What serves is what the file says.
    pub(crate) fn loaded(config: Arc<Config>, revision: u64) -> Self {
        Self {
            file: config.clone(),
            config,
            revision,
            marks: Arc::default(),
        }
    }

    /// The same, now that it serves.
    #[must_use]
    pub(crate) fn numbered(self, revision: u64) -> Self {
        Self { revision, ..self }
    }

    /// What serves.
    pub(crate) const fn config(&self) -> &Arc<Config> {
        &self.config
    }

    /// What the file said when it was loaded.
    pub(crate) fn text(&self) -> &str {
        &self.file.text
    }

    /// The file that paths are relative to.
    pub(crate) fn file(&self) -> &Path {
        self.config.file.as_deref().unwrap_or(Path::new(""))
    }

    /// The number of this state.
    pub(crate) const fn revision(&self) -> u64 {
        self.revision
    }

    /// The upstreams, by name.
    pub(crate) fn upstreams(&self) -> Vec<Resource<'_, Upstream>> {
        let mut upstreams: Vec<_> = self
            .config
            .upstreams
            .iter()
            .map(|upstream| self.resource(upstream))
            .collect();
        upstreams.sort_by(|a, b| a.value.name.cmp(&b.value.name));
        upstreams
    }

    /// The upstream of that name.
    pub(crate) fn upstream(&self, name: &str) -> Option<Resource<'_, Upstream>> {
        let mut upstreams = self.config.upstreams.iter();
        let upstream = upstreams.find(|upstream| upstream.name == name)?;
        Some(self.resource(upstream))
    }

    fn resource<'s>(&self, upstream: &'s Upstream) -> Resource<'s, Upstream> {
        Resource {
            value: upstream,
            is_persisted: self.file.upstreams.contains(upstream),
        }
    }

    /// The servers of an upstream, in the order of the configuration; none where there is no such upstream.
    pub(crate) fn servers(&self, upstream: &str) -> Option<Vec<Resource<'_, Server>>> {
        let mut in_file = self.file.upstreams.iter();
        let in_file = in_file.find(|other| other.name == upstream);
        let upstream = self.upstream(upstream)?.value;
        let servers = upstream.servers.iter().map(|server| Resource {
            value: server,
            is_persisted: in_file.is_some_and(|other| other.servers.contains(server)),
        });
        Some(servers.collect())
    }

    /// The certificates, by name.
    pub(crate) fn certificates(&self) -> impl Iterator<Item = (&str, Resource<'_, Certificate>)> {
        let certificates = self.config.certificates.iter();
        certificates.map(|(name, certificate)| {
            let resource = Resource {
                value: certificate,
                is_persisted: self.file.certificates.get(name) == Some(certificate),
            };
            (name.as_str(), resource)
        })
    }

    /// The certificate of that name.
    pub(crate) fn certificate(&self, name: &str) -> Option<Resource<'_, Certificate>> {
        let mut certificates = self.certificates();
        let (_, certificate) = certificates.find(|(other, _)| *other == name)?;
        Some(certificate)
    }

    /// One server of an upstream.
    pub(crate) fn server(&self, upstream: &str, id: &str) -> Option<Resource<'_, Server>> {
        let mut servers = self.servers(upstream)?.into_iter();
        servers.find(|server| server.value.id == id)
    }

    /// Whether a server goes once it has no more requests.
    pub(crate) fn leaves(&self, upstream: &str, id: &str) -> bool {
        let mark = self.marks.get(&(upstream.to_owned(), id.to_owned()));
        mark.is_some_and(|mark| mark.leaves)
    }
}

#[cfg(test)]
mod tests;
