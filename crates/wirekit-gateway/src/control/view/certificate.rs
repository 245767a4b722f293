//! Certificates as JSON.

use serde_json::{Map, Value, json};

use super::time;
use crate::config::{Certificate, CertificateSource};
use crate::control::model::Resource;
use crate::shell::Facts;

/// One of them; what it says itself is left out while it is not there yet. Keys are shown to nobody.
pub(crate) fn certificate(
    name: &str,
    resource: Resource<'_, Certificate>,
    facts: Option<&Facts>,
) -> Value {
    let Certificate { names, source, .. } = resource.value;
    let mut json = Map::new();
    let mut set = |key: &str, value: Value| json.insert(key.to_owned(), value);
    set("name", name.into());
    let own = facts.map_or(&[][..], |facts| &facts.names);
    let names = if names.is_empty() { own } else { names };
    set("names", json!(names));
    match source {
        CertificateSource::Files { chain, key: _ } => {
            set("source", "file".into());
            set("file", chain.display().to_string().into());
        }
        CertificateSource::Acme(authority) => {
            set("source", "acme".into());
            set("acme", authority.as_str().into());
        }
        CertificateSource::Given(_) => _ = set("source", "api".into()),
    }
    if let Some(facts) = facts {
        set("subject", facts.subject.as_str().into());
        set("issuer", facts.issuer.as_str().into());
        set("serial", facts.serial.as_str().into());
        set("not_before", time::text(facts.since).into());
        set("not_after", time::text(facts.until).into());
        set("fingerprint", facts.fingerprint.as_str().into());
    }
    set("persisted", resource.is_persisted.into());
    json.into()
}
