//! HTTPS: certificates, the handshake, and the records between a client's socket and what is spoken in them.
//!
//! rustls does all of it. It is asked as a state machine that has no socket, so that an idle connection holds its keys and no
//! buffer, and what is read and written goes through the worker's.

mod certificate;
mod channel;
mod check;
mod facts;
mod resolver;
mod serve;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::server::{NoServerSessionStorage, ProducesTickets, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::{RootCertStore, ServerConfig};

use crate::config::{Address, CertificateSource, ClientCertificates, Config, Listener, Security};
use crate::core::challenges::Challenges;
use crate::shell::acme::Store;
pub(super) use certificate::Loaded;
use resolver::{Answers, Resolver, Slot};

pub(super) use channel::Channel;
pub use check::{Findings, check};
pub(crate) use facts::{Facts, Misfit, fits};
pub(super) use serve::serve;

/// The only protocol that is spoken in TLS, as ALPN calls it (RFC 7301).
const HTTP_1_1: &[u8] = b"http/1.1";
/// By which an authority looks whether a name is ours: RFC 8737 section 4.
const ACME_TLS_1: &[u8] = b"acme-tls/1";

/// What the listeners of a configuration need for TLS, for all workers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tls {
    servers: BTreeMap<Address, Arc<ServerConfig>>,
    /// By whom a listener asks for certificates of clients: a ticket of one is worth nothing at another.
    tickets: Vec<(Option<Believed>, Arc<dyn ProducesTickets>)>,
    certificates: BTreeMap<String, Arc<Slot>>,
    /// What authorities are answered by HTTP, and in a handshake.
    challenges: Challenges,
    answers: Answers,
}

/// The certificates of authorities that vouch for clients, and whether a client needs one.
type Believed = (Vec<Vec<u8>>, bool);

impl Tls {
    /// Reads what a configuration names. Tickets that were given out under an earlier one stay good.
    ///
    /// # Errors
    ///
    /// A chain or a key cannot be used.
    pub(super) fn load(config: &Config, earlier: &Self) -> io::Result<Self> {
        let mut tls = Self {
            challenges: earlier.challenges.clone(),
            answers: earlier.answers.clone(),
            ..Self::default()
        };
        for (name, certificate) in &config.certificates {
            let slot = match &certificate.source {
                CertificateSource::Files { chain, key } => {
                    let loaded = Loaded::read(chain, key);
                    let loaded = loaded.map_err(|fault| {
                        io::Error::other(format!("certificate.{name}.{}: {}", fault.key(), fault))
                    })?;
                    Arc::new(Slot::new(loaded.key, &loaded.names))
                }
                CertificateSource::Given(pem) => {
                    let loaded = Loaded::parse(pem).map_err(|fault| {
                        io::Error::other(format!("certificate.{name}.{}: {fault}", fault.key()))
                    })?;
                    Arc::new(Slot::new(loaded.key, &loaded.names))
                }
                CertificateSource::Acme(authority) => {
                    let slot = earlier.certificates.get(name).cloned().unwrap_or_default();
                    let authority = config.authorities.get(authority);
                    let stored = authority.and_then(|authority| Store::new(authority).load(name));
                    if let Some(stored) = stored {
                        slot.set(stored.key);
                    }
                    slot
                }
            };
            tls.certificates.insert(name.clone(), slot);
        }
        for listener in &config.listeners {
            if let Security::Tls(names) = &listener.security {
                let server = tls.server_of(config, listener, names, earlier)?;
                tls.servers.insert(listener.address.clone(), server);
            }
        }
        Ok(tls)
    }

    fn server_of(
        &mut self,
        config: &Config,
        listener: &Listener,
        names: &[String],
        earlier: &Self,
    ) -> io::Result<Arc<ServerConfig>> {
        let provider = provider();
        let mut resolver = Resolver::new(self.answers.clone());
        for name in names {
            if let (Some(slot), Some(certificate)) =
                (self.certificates.get(name), config.certificates.get(name))
            {
                resolver.add(&certificate.names, slot.clone());
            }
        }
        let builder = ServerConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
            .map_err(io::Error::other)?;
        let mut believed = None;
        let builder = match &listener.client_certificates {
            None => builder.with_no_client_auth(),
            Some(clients) => {
                let authorities = certificate::authorities(&clients.authorities)
                    .map_err(|fault| of_listener(listener, &fault))?;
                let verifier = verifier(&authorities, clients, provider)
                    .map_err(|error| of_listener(listener, &error))?;
                let ders = authorities.iter().map(|der| der.to_vec()).collect();
                believed = Some((ders, clients.is_optional));
                builder.with_client_cert_verifier(verifier)
            }
        };
        let mut server = builder.with_cert_resolver(Arc::new(resolver));
        server.alpn_protocols = vec![HTTP_1_1.to_vec()];
        if !config.authorities.is_empty() {
            server.alpn_protocols.push(ACME_TLS_1.to_vec());
        }
        // A ticket says all that is to be known of a session: nothing is kept here.
        server.session_storage = Arc::new(NoServerSessionStorage {});
        server.ticketer = self.ticketer(believed, earlier)?;
        Ok(Arc::new(server))
    }

    fn ticketer(
        &mut self,
        believed: Option<Believed>,
        earlier: &Self,
    ) -> io::Result<Arc<dyn ProducesTickets>> {
        let mut known = self.tickets.iter().chain(&earlier.tickets);
        let known = known.find(|(other, _)| *other == believed);
        let ticketer = match known {
            Some((_, ticketer)) => ticketer.clone(),
            // Keys are drawn anew every six hours, and the ones before them are good for as long again.
            None => rustls::crypto::ring::Ticketer::new().map_err(io::Error::other)?,
        };
        self.tickets.push((believed, ticketer.clone()));
        Ok(ticketer)
    }

    /// To when each certificate that is there is good, in seconds since 1970.
    pub(super) fn expiries(&self) -> BTreeMap<String, i64> {
        let there = self.certificates.iter();
        let there = there.filter_map(|(name, slot)| Some((name.clone(), slot.until()?)));
        there.collect()
    }

    /// What a certificate that is there says.
    pub(crate) fn facts(&self, name: &str) -> Option<Facts> {
        Facts::of(&*self.certificates.get(name)?.key()?)
    }

    /// From now on new connections get another certificate.
    pub(super) fn set(&self, name: &str, key: Arc<CertifiedKey>) {
        if let Some(slot) = self.certificates.get(name) {
            slot.set(key);
        }
    }

    /// What authorities are answered by HTTP.
    pub(super) const fn challenges(&self) -> &Challenges {
        &self.challenges
    }

    /// What authorities are answered in a handshake.
    pub(super) const fn answers(&self) -> &Answers {
        &self.answers
    }

    /// What is done at a listener that speaks TLS.
    pub(super) fn server(&self, address: &Address) -> Option<&Arc<ServerConfig>> {
        self.servers.get(address)
    }
}

fn of_listener(listener: &Listener, error: &dyn core::fmt::Display) -> io::Error {
    io::Error::other(format!("{}: client_ca: {error}", listener.address))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn verifier(
    authorities: &[rustls::pki_types::CertificateDer<'static>],
    clients: &ClientCertificates,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn rustls::server::danger::ClientCertVerifier>, String> {
    let mut roots = RootCertStore::empty();
    for authority in authorities {
        let added = roots.add(authority.clone());
        added.map_err(|error| error.to_string())?;
    }
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
    let builder = match clients.is_optional {
        true => builder.allow_unauthenticated(),
        false => builder,
    };
    builder.build().map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests;
