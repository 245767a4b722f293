use core::fmt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use x509_parser::extensions::GeneralName;
use x509_parser::parse_x509_certificate;
use x509_parser::prelude::X509Certificate;

use crate::config::Pem;

/// A chain with its key, and what the first certificate says.
#[derive(Debug)]
pub(in crate::shell) struct Loaded {
    pub(in crate::shell) key: Arc<CertifiedKey>,
    /// The names in it, `*.` in front for all names one label longer.
    pub(super) names: Vec<String>,
    /// From when to when it is good, in seconds since 1970.
    pub(in crate::shell) since: i64,
    pub(in crate::shell) until: i64,
}

/// Why a certificate cannot be used.
#[derive(Debug)]
pub(in crate::shell) enum Fault {
    Chain(PathBuf, String),
    Key(PathBuf, String),
    /// The key is not that of the chain's first certificate.
    Mismatch(PathBuf),
}

const MISMATCH: &str = "is not the key of the chain's first certificate";

impl Fault {
    /// Under which key of the configuration it stands.
    pub(super) const fn key(&self) -> &'static str {
        match self {
            Self::Chain(..) => "chain",
            Self::Key(..) | Self::Mismatch(_) => "key",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, text) = match self {
            Self::Chain(path, text) | Self::Key(path, text) => (path, text.as_str()),
            Self::Mismatch(path) => (path, MISMATCH),
        };
        match path.as_os_str().is_empty() {
            true => f.write_str(text),
            false => write!(f, "{}: {text}", path.display()),
        }
    }
}

impl Loaded {
    /// Reads two PEM files.
    pub(in crate::shell) fn read(chain: &Path, key: &Path) -> Result<Self, Fault> {
        check_mode(key)?;
        let of_key = |text: String| Fault::Key(key.to_owned(), text);
        let certificates = authorities(chain)?;
        let parsed = PrivateKeyDer::from_pem_file(key).map_err(|error| of_key(said(&error)))?;
        Self::of(certificates, parsed, chain, key)
    }

    /// Reads PEM that stands in no file.
    pub(in crate::shell) fn parse(pem: &Pem) -> Result<Self, Fault> {
        let nowhere = Path::new("");
        let certificates = CertificateDer::pem_slice_iter(pem.chain.as_bytes());
        let certificates = all(certificates.collect(), nowhere)?;
        let key = PrivateKeyDer::from_pem_slice(pem.key.as_bytes());
        let key = key.map_err(|error| Fault::Key(nowhere.to_owned(), said(&error)))?;
        Self::of(certificates, key, nowhere, nowhere)
    }

    fn of(
        certificates: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
        chain: &Path,
        key_file: &Path,
    ) -> Result<Self, Fault> {
        let of_chain = |text: String| Fault::Chain(chain.to_owned(), text);
        let of_key = |text: String| Fault::Key(key_file.to_owned(), text);
        let mut facts = None;
        let mut issuer: Option<Vec<u8>> = None;
        for der in &certificates {
            let parsed = parse_x509_certificate(der);
            let (_, parsed) = parsed.map_err(|error| of_chain(error.to_string()))?;
            if issuer.is_some_and(|issuer| issuer != parsed.subject().as_raw()) {
                let text = format!(
                    "{} has not issued the certificate before it; allowed is a chain from the server's certificate on",
                    parsed.subject()
                );
                return Err(of_chain(text));
            }
            issuer = Some(parsed.issuer().as_raw().to_vec());
            facts.get_or_insert_with(|| {
                let validity = parsed.validity();
                let (since, until) = (validity.not_before, validity.not_after);
                (names(&parsed), since.timestamp(), until.timestamp())
            });
        }
        let Some((names, since, until)) = facts else {
            return Err(of_chain(
                "has no certificate; allowed is a PEM file with some".to_owned(),
            ));
        };
        let provider = super::provider();
        let key = provider.key_provider.load_private_key(key);
        let key = key.map_err(|error| {
            of_key(format!(
                "{error}; allowed are RSA from 2048 bits on, ECDSA on P-256 and P-384, Ed25519"
            ))
        })?;
        let key = CertifiedKey::new(certificates, key);
        match key.keys_match() {
            Ok(()) | Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => {}
            Err(_) => return Err(Fault::Mismatch(key_file.to_owned())),
        }
        Ok(Self {
            key: Arc::new(key),
            names,
            since,
            until,
        })
    }

    /// Whether a client that asks for this name, or one that the pattern stands for, takes it.
    pub(in crate::shell) fn covers(&self, pattern: &str) -> bool {
        let covers = |name: &String| {
            name.eq_ignore_ascii_case(pattern)
                || name.strip_prefix("*.").is_some_and(|parent| {
                    let rest = pattern.split_once('.').map(|(_, rest)| rest);
                    rest.is_some_and(|rest| rest.eq_ignore_ascii_case(parent))
                })
        };
        self.names.iter().any(covers)
    }
}

/// The certificates of a PEM file.
pub(super) fn authorities(path: &Path) -> Result<Vec<CertificateDer<'static>>, Fault> {
    let certificates = CertificateDer::pem_file_iter(path);
    all(certificates.and_then(Iterator::collect), path)
}

/// The certificates of some PEM, of which there are some.
fn all(
    certificates: Result<Vec<CertificateDer<'static>>, pem::Error>,
    path: &Path,
) -> Result<Vec<CertificateDer<'static>>, Fault> {
    let of_chain = |text: String| Fault::Chain(path.to_owned(), text);
    let certificates = certificates.map_err(|error| of_chain(said(&error)))?;
    match certificates.is_empty() {
        true => Err(of_chain(
            "has no certificate; allowed is a PEM file with some".to_owned(),
        )),
        false => Ok(certificates),
    }
}

fn said(error: &pem::Error) -> String {
    match error {
        pem::Error::NoItemsFound => "has no private key; allowed is a PEM file with one".to_owned(),
        pem::Error::Io(error) => error.to_string(),
        error => format!("is no PEM file: {error:?}"),
    }
}

/// Who can read a key is the server: a group may, that of the program.
fn check_mode(key: &Path) -> Result<(), Fault> {
    let metadata = std::fs::metadata(key);
    let metadata = metadata.map_err(|error| Fault::Key(key.to_owned(), error.to_string()))?;
    let mode = metadata.mode() & 0o777;
    if mode & 0o027 == 0 {
        return Ok(());
    }
    let text = format!(
        "has mode {mode:04o}, so that others than its owner may read or change it; allowed are 0600, 0400 and 0640"
    );
    Err(Fault::Key(key.to_owned(), text))
}

/// The names of a server's certificate (RFC 9525 section 6.1): those that it is asked by are its alternative names alone.
pub(super) fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(names)) = certificate.subject_alternative_name() else {
        return Vec::new();
    };
    let names = names.value.general_names.iter();
    let names = names.filter_map(|name| match name {
        GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
        _ => None,
    });
    names.collect()
}

/// The name in a client's certificate: its common name, or else its first alternative name.
pub(super) fn client_name(certificate: &CertificateDer<'_>) -> Option<String> {
    let (_, parsed) = parse_x509_certificate(certificate).ok()?;
    let common = parsed.subject().iter_common_name().next();
    let common = common
        .and_then(|name| name.as_str().ok())
        .map(str::to_owned);
    let name = common.or_else(|| {
        let names = parsed.subject_alternative_name().ok()??;
        let mut names = names.value.general_names.iter();
        names.find_map(|name| match name {
            GeneralName::DNSName(name) | GeneralName::RFC822Name(name) => Some((*name).to_owned()),
            _ => None,
        })
    })?;
    // It goes into logs and requests.
    let is_clean = !name.is_empty() && !name.chars().any(char::is_control);
    is_clean.then_some(name)
}
