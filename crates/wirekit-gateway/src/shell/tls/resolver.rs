use core::cell::Cell;
use core::sync::atomic::{AtomicI64, Ordering};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use x509_parser::parse_x509_certificate;

thread_local! {
    /// The server name of the ClientHello that was read last. rustls keeps it to itself where it has no socket.
    static ASKED: Cell<Option<String>> = const { Cell::new(None) };
}

/// The server name of a ClientHello that was read by the call to rustls just before.
pub(super) fn take_asked() -> Option<String> {
    ASKED.take()
}

/// The place of a certificate, which may be filled, and filled anew, while connections go on.
#[derive(Debug, Default)]
pub(super) struct Slot {
    key: RwLock<Option<Arc<CertifiedKey>>>,
    /// To when it is good, in seconds since 1970; zero where none is there.
    until: AtomicI64,
    /// What the certificate itself says, for a configuration that names nothing.
    names: Vec<String>,
}

impl Slot {
    pub(super) fn new(key: Arc<CertifiedKey>, names: &[String]) -> Self {
        Self {
            until: AtomicI64::new(until(&key)),
            key: RwLock::new(Some(key)),
            names: names.to_vec(),
        }
    }

    /// Fills it, for connections from now on.
    pub(super) fn set(&self, key: Arc<CertifiedKey>) {
        self.until.store(until(&key), Ordering::Relaxed);
        *self.key.write().unwrap_or_else(PoisonError::into_inner) = Some(key);
    }

    /// To when it is good, in seconds since 1970.
    pub(super) fn until(&self) -> Option<i64> {
        Some(self.until.load(Ordering::Relaxed)).filter(|until| *until != 0)
    }

    pub(super) fn key(&self) -> Option<Arc<CertifiedKey>> {
        let key = self.key.read().unwrap_or_else(PoisonError::into_inner);
        key.clone()
    }
}

fn until(key: &CertifiedKey) -> i64 {
    let parsed = key
        .cert
        .first()
        .and_then(|der| parse_x509_certificate(der).ok());
    parsed.map_or(0, |(_, parsed)| parsed.validity().not_after.timestamp())
}

/// The certificates that say to an authority that a name is ours, by that name.
#[derive(Clone, Debug, Default)]
pub(in crate::shell) struct Answers {
    keys: Arc<RwLock<HashMap<String, Arc<CertifiedKey>>>>,
}

impl Answers {
    /// From now on an authority that asks for the name is answered.
    pub(in crate::shell) fn put(&self, name: &str, key: Arc<CertifiedKey>) {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        keys.insert(name.to_ascii_lowercase(), key);
    }

    /// None asks any more.
    pub(in crate::shell) fn remove(&self, name: &str) {
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        keys.remove(&name.to_ascii_lowercase());
    }

    fn get(&self, name: Option<&str>) -> Option<Arc<CertifiedKey>> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.get(&name?.to_ascii_lowercase()).cloned()
    }
}

/// Chooses a listener's certificate by the server name that a client asks for.
#[derive(Debug, Default)]
pub(super) struct Resolver {
    exact: HashMap<String, Arc<Slot>>,
    /// By what stands behind `*.`.
    wildcards: HashMap<String, Arc<Slot>>,
    /// For every other name, and none.
    last: Option<Arc<Slot>>,
    answers: Answers,
}

impl Resolver {
    pub(super) fn new(answers: Answers) -> Self {
        Self {
            answers,
            ..Self::default()
        }
    }

    /// One more certificate; of two for the same name the first is chosen.
    pub(super) fn add(&mut self, names: &[String], slot: Arc<Slot>) {
        let names = if names.is_empty() { &slot.names } else { names };
        for name in names {
            let (map, name) = match name.strip_prefix("*.") {
                Some(parent) => (&mut self.wildcards, parent),
                None => (&mut self.exact, name.as_str()),
            };
            let name = name.to_ascii_lowercase();
            map.entry(name).or_insert_with(|| slot.clone());
        }
        self.last = Some(slot);
    }

    fn slot(&self, name: Option<&str>) -> Option<&Arc<Slot>> {
        let Some(name) = name else {
            return self.last.as_ref();
        };
        let name = name.to_ascii_lowercase();
        // RFC 9525 section 6.3: the wildcard stands for one label.
        let parent = name.split_once('.').map(|(_, parent)| parent);
        let by_name = self.exact.get(&name);
        by_name
            .or_else(|| self.wildcards.get(parent?))
            .or(self.last.as_ref())
    }
}

impl ResolvesServerCert for Resolver {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let name = hello.server_name();
        ASKED.set(name.map(str::to_owned));
        let mut protocols = hello.alpn().into_iter().flatten();
        if protocols.any(|protocol| protocol == super::ACME_TLS_1) {
            return self.answers.get(name);
        }
        self.slot(name)?.key()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exact_name_is_chosen_before_a_wildcard_and_the_last_for_the_rest() {
        let mut resolver = Resolver::default();
        let (shop, all, other) = (Arc::default(), Arc::default(), Arc::default());
        resolver.add(&["shop.example".to_owned()], Arc::clone(&shop));
        resolver.add(
            &["*.shop.example".to_owned(), "shop.example".to_owned()],
            Arc::clone(&all),
        );
        resolver.add(
            &["other.example".to_owned(), "*.a.shop.example".to_owned()],
            Arc::clone(&other),
        );
        let rows: [(Option<&str>, &Arc<Slot>); 8] = [
            (Some("shop.example"), &shop),
            (Some("SHOP.example"), &shop),
            (Some("www.shop.example"), &all),
            (Some("b.a.shop.example"), &other),
            (Some("c.b.a.shop.example"), &other),
            (Some("other.example"), &other),
            (Some("nowhere.example"), &other),
            (None, &other),
        ];
        for (name, expected) in rows {
            let found = resolver.slot(name).unwrap();
            assert!(Arc::ptr_eq(found, expected), "{name:?}");
        }
    }
}
