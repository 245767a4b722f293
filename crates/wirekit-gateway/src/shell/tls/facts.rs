//! What a certificate says, for people.

use core::fmt::Write;
use core::time::Duration;
use std::time::SystemTime;

use rustls::sign::CertifiedKey;
use sha2::{Digest, Sha256};
use x509_parser::parse_x509_certificate;

use super::certificate::{Fault, Loaded, names};
use crate::config::Pem;

/// What the first certificate of a chain says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    /// The names in it.
    pub(crate) names: Vec<String>,
    /// Whose it is, and who says so.
    pub(crate) subject: String,
    pub(crate) issuer: String,
    /// In hexadecimal.
    pub(crate) serial: String,
    /// From when to when it is good.
    pub(crate) since: SystemTime,
    pub(crate) until: SystemTime,
    /// The SHA-256 of it, in hexadecimal.
    pub(crate) fingerprint: String,
}

impl Facts {
    pub(super) fn of(key: &CertifiedKey) -> Option<Self> {
        let der = key.cert.first()?;
        let (_, parsed) = parse_x509_certificate(der).ok()?;
        let validity = parsed.validity();
        let serial = parsed.raw_serial_as_string().replace(':', "");
        Some(Self {
            names: names(&parsed),
            subject: parsed.subject().to_string(),
            issuer: parsed.issuer().to_string(),
            serial,
            since: time(validity.not_before.timestamp()),
            until: time(validity.not_after.timestamp()),
            fingerprint: hexadecimal(&Sha256::digest(der)),
        })
    }
}

fn time(seconds: i64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds.try_into().unwrap_or(0))
}

fn hexadecimal(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Why a chain and a key are no certificate that clients take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Misfit {
    /// What is wrong with the chain.
    Chain(String),
    /// What is wrong with the key.
    Key(String),
    /// The key is another one's.
    Mismatch(String),
    /// The certificate has not the name of this place in the list.
    Name(usize, String),
}

/// Whether clients that ask for these names now take a certificate.
pub(crate) fn fits(names: &[String], pem: &Pem) -> Result<(), Misfit> {
    let loaded = Loaded::parse(pem).map_err(|fault| {
        let text = fault.to_string();
        match fault {
            Fault::Chain(..) => Misfit::Chain(text),
            Fault::Key(..) => Misfit::Key(text),
            Fault::Mismatch(_) => Misfit::Mismatch(text),
        }
    })?;
    let now = SystemTime::now();
    let date = |seconds| httpdate::fmt_http_date(time(seconds));
    if time(loaded.until) <= now {
        let text = format!("has expired on {}", date(loaded.until));
        return Err(Misfit::Chain(text));
    }
    if time(loaded.since) > now {
        let text = format!("is not good before {}", date(loaded.since));
        return Err(Misfit::Chain(text));
    }
    match names.iter().position(|name| !loaded.covers(name)) {
        None => Ok(()),
        Some(at) => {
            let there = loaded.names.join(", ");
            let text = format!("is not in the certificate; it is for {there}");
            Err(Misfit::Name(at, text))
        }
    }
}
