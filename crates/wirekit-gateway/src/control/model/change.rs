//! What may be changed of what serves, and what becomes of it.

use core::time::Duration;
use std::sync::Arc;

use super::{Mark, State};
use crate::config::{
    Action, Certificate, Config, Protocol, Security, Server, ServerState, Upstream,
};

/// What is to be another way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// An upstream is this one; it is made where there is none of its name.
    PutUpstream(Box<Upstream>),
    /// An upstream goes.
    RemoveUpstream(String),
    /// A server of an upstream is this one; it is made where there is none of its id.
    PutServer(String, Server),
    /// A server of an upstream goes at once.
    RemoveServer(String, String),
    /// A server of an upstream goes once it has no more requests.
    LeaveServer(String, String),
    /// A server keeps whom it has, for this time or as long as they stay, and gets nobody new.
    Drain(String, String, Option<Duration>),
    /// A server that drains is what it was before.
    Undrain(String, String),
    /// A certificate is this one; it is made where there is none of its name.
    PutCertificate(String, Box<Certificate>),
    /// A certificate goes.
    RemoveCertificate(String),
}

/// Why a change does not fit what there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Conflict {
    /// There is no upstream of this name.
    NoUpstream(String),
    /// The upstream has no server of this id.
    NoServer(String, String),
    /// The server does not drain.
    NotDraining(String, String),
    /// This uses the upstream.
    InUse(String),
    /// This uses the upstream, so that it speaks on what it speaks.
    OtherProtocol(String, Protocol),
    /// This server of the upstream has the address.
    AddressTwice(String),
    /// The upstream would have no server that stays.
    LastServer,
    /// All servers would be backup.
    OnlyBackup,
}

impl State {
    /// What is to serve after a change.
    ///
    /// # Errors
    ///
    /// See [`Conflict`].
    pub(crate) fn after(&self, change: Change) -> Result<Self, Conflict> {
        let mut next = self.clone();
        let config = Arc::make_mut(&mut next.config);
        match change {
            Change::PutUpstream(upstream) => put_upstream(config, *upstream)?,
            Change::RemoveUpstream(name) => remove_upstream(config, &name)?,
            Change::PutCertificate(name, certificate) => {
                config.certificates.insert(name, *certificate);
            }
            Change::RemoveCertificate(name) => remove_certificate(config, &name)?,
            Change::PutServer(upstream, server) => {
                self.put_server(config, &upstream, server)?;
            }
            Change::RemoveServer(upstream, id) => {
                self.one_stays(&upstream, &id)?;
                server(config, &upstream, &id)?;
                let servers = &mut self::upstream(config, &upstream)?.servers;
                servers.retain(|server| server.id != id);
                not_only_backup(servers)?;
            }
            Change::LeaveServer(upstream, id) => {
                self.one_stays(&upstream, &id)?;
                next.drain(&upstream, &id, true)?;
                return Ok(next);
            }
            Change::Drain(upstream, id, timeout) => {
                next.drain(&upstream, &id, false)?;
                server(Arc::make_mut(&mut next.config), &upstream, &id)?.drain_timeout = timeout;
                return Ok(next);
            }
            Change::Undrain(upstream, id) => {
                let mark = self.marks.get(&(upstream.clone(), id.clone()));
                let server = server(config, &upstream, &id)?;
                if server.state != ServerState::Drain {
                    return Err(Conflict::NotDraining(upstream, id));
                }
                server.state = mark.map_or(ServerState::Up, |mark| mark.before);
                server.drain_timeout = mark.and_then(|mark| mark.drain_timeout);
            }
        }
        next.forget();
        Ok(next)
    }

    fn put_server(&self, config: &mut Config, name: &str, server: Server) -> Result<(), Conflict> {
        let servers = &mut upstream(config, name)?.servers;
        let mut others = servers.iter().filter(|other| other.id != server.id);
        if let Some(other) = others.find(|other| other.address == server.address) {
            return Err(Conflict::AddressTwice(other.id.clone()));
        }
        match servers.iter_mut().find(|other| other.id == server.id) {
            Some(other) => *other = server,
            None => servers.push(server),
        }
        not_only_backup(servers)
    }

    /// A server gets nobody new. What it was before is kept, for when it does again.
    fn drain(&mut self, upstream: &str, id: &str, leaves: bool) -> Result<(), Conflict> {
        let server = server(Arc::make_mut(&mut self.config), upstream, id)?;
        let before = core::mem::replace(&mut server.state, ServerState::Drain);
        let drain_timeout = server.drain_timeout;
        let key = (upstream.to_owned(), id.to_owned());
        let marks = Arc::make_mut(&mut self.marks);
        let mark = marks.entry(key).or_insert(Mark {
            before: match before {
                ServerState::Drain => ServerState::Up,
                before => before,
            },
            drain_timeout,
            leaves,
        });
        mark.leaves |= leaves;
        Ok(())
    }

    /// Some other server of the upstream neither leaves nor is left out for ever.
    fn one_stays(&self, upstream: &str, id: &str) -> Result<(), Conflict> {
        let servers = self
            .upstream(upstream)
            .map(|upstream| &upstream.value.servers);
        let servers = servers.ok_or_else(|| Conflict::NoUpstream(upstream.to_owned()))?;
        let mut others = servers.iter().filter(|server| server.id != id);
        match others.any(|server| !self.leaves(upstream, &server.id)) {
            true => Ok(()),
            false => Err(Conflict::LastServer),
        }
    }

    /// Marks of servers that no longer drain mean nothing.
    fn forget(&mut self) {
        let config = &self.config;
        let drains = |(upstream, id): &(String, String)| {
            let mut upstreams = config.upstreams.iter();
            let upstream = upstreams.find(|other| other.name == *upstream);
            let mut servers = upstream.into_iter().flat_map(|upstream| &upstream.servers);
            servers.any(|server| server.id == *id && server.state == ServerState::Drain)
        };
        if !self.marks.keys().all(drains) {
            Arc::make_mut(&mut self.marks).retain(|key, _| drains(key));
        }
    }
}

fn upstream<'c>(config: &'c mut Config, name: &str) -> Result<&'c mut Upstream, Conflict> {
    let mut upstreams = config.upstreams.iter_mut();
    let upstream = upstreams.find(|upstream| upstream.name == name);
    upstream.ok_or_else(|| Conflict::NoUpstream(name.to_owned()))
}

fn server<'c>(config: &'c mut Config, name: &str, id: &str) -> Result<&'c mut Server, Conflict> {
    let mut servers = upstream(config, name)?.servers.iter_mut();
    let server = servers.find(|server| server.id == id);
    server.ok_or_else(|| Conflict::NoServer(name.to_owned(), id.to_owned()))
}

fn put_upstream(config: &mut Config, upstream: Upstream) -> Result<(), Conflict> {
    let mut upstreams = config.upstreams.iter();
    let at = upstreams.position(|other| other.name == upstream.name);
    let Some(at) = at else {
        config.upstreams.push(upstream);
        return Ok(());
    };
    let user = user(config, at);
    if let Some(other) = config.upstreams.get_mut(at) {
        if let Some(user) = user
            && other.protocol != upstream.protocol
        {
            return Err(Conflict::OtherProtocol(user, other.protocol));
        }
        *other = upstream;
    }
    Ok(())
}

fn remove_certificate(config: &mut Config, name: &str) -> Result<(), Conflict> {
    let mut listeners = config.listeners.iter();
    let user = listeners.find(|listener| match &listener.security {
        Security::Tls(names) => names.iter().any(|other| other == name),
        Security::Plain | Security::Passthrough(_) => false,
    });
    if let Some(user) = user {
        return Err(Conflict::InUse(format!("listener {}", user.address)));
    }
    config.certificates.remove(name);
    Ok(())
}

fn remove_upstream(config: &mut Config, name: &str) -> Result<(), Conflict> {
    let mut upstreams = config.upstreams.iter();
    let at = upstreams.position(|other| other.name == name);
    let at = at.ok_or_else(|| Conflict::NoUpstream(name.to_owned()))?;
    if let Some(user) = user(config, at) {
        return Err(Conflict::InUse(user));
    }
    config.upstreams.remove(at);
    // Those behind it have other places now.
    let moved = |place: &mut usize| *place -= usize::from(*place > at);
    let locations = config.sites.iter_mut().flat_map(|site| &mut site.locations);
    for location in locations {
        if let Action::Upstream(proxy) = &mut location.action {
            moved(&mut proxy.upstream);
        }
    }
    for listener in &mut config.listeners {
        if let Security::Passthrough(routes) = &mut listener.security {
            routes.values_mut().for_each(moved);
        }
    }
    Ok(())
}

/// What uses the upstream of this place, in words.
fn user(config: &Config, at: usize) -> Option<String> {
    let locations = config.sites.iter().flat_map(|site| {
        let host = site.hosts.first().map_or("*", String::as_str);
        site.locations.iter().map(move |location| (host, location))
    });
    let mut locations = locations.filter(
        |(_, location)| matches!(&location.action, Action::Upstream(proxy) if proxy.upstream == at),
    );
    if let Some((host, location)) = locations.next() {
        return Some(format!("location {} of site {host}", location.path));
    }
    let mut listeners = config.listeners.iter().filter(|listener| {
        matches!(&listener.security, Security::Passthrough(routes) if routes.values().any(|place| *place == at))
    });
    let listener = listeners.next()?;
    Some(format!("listener {}", listener.address))
}

fn not_only_backup(servers: &[Server]) -> Result<(), Conflict> {
    match servers
        .iter()
        .all(|server| server.state == ServerState::Backup)
    {
        true => Err(Conflict::OnlyBackup),
        false => Ok(()),
    }
}
