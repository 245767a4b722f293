//! The tables that a person writes, read into the model: names are resolved, and whatever is wrong is noted with its place.

mod affinity;
mod listener;
mod site;
pub(super) mod upstream;

use core::net::{Ipv4Addr, SocketAddr};
use core::ops::Range;
use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::model::{
    AccessLog, Address, Config, Control, Level, Limits, Listener, Log, LogFormat, Proxies, Security,
};
use super::section::{Peers, Section, Setting, Size, word_settings};
use super::upstream::Protocol;
use toml::de::DeValue;

word_settings! {
    LogFormat: "combined" = Self::Combined, "json" = Self::Json;
    Level: "error" = Self::Error, "warn" = Self::Warn, "info" = Self::Info, "debug" = Self::Debug;
}

/// What the rest of a file may name, and what of it was named.
pub(super) struct Names {
    /// The folder of the file: what paths are relative to.
    base: PathBuf,
    trusted_proxies: Proxies,
    upstreams: BTreeMap<String, (usize, Protocol)>,
    certificates: BTreeSet<String>,
    authorities: BTreeSet<String>,
    used: BTreeSet<String>,
}

impl Names {
    /// Those of a part of a file, which names nothing but paths.
    pub(super) fn alone(base: &Path) -> Self {
        Self {
            base: base.to_owned(),
            trusted_proxies: Proxies::default(),
            upstreams: BTreeMap::new(),
            certificates: BTreeSet::new(),
            authorities: BTreeSet::new(),
            used: BTreeSet::new(),
        }
    }

    /// A path of the file, from where the program can open it.
    pub(super) fn path(&self, path: PathBuf) -> PathBuf {
        self.base.join(path)
    }

    pub(super) fn address(&self, address: Address) -> Address {
        match address {
            Address::Unix(path) => Address::Unix(self.path(path)),
            address @ (Address::Tcp(_) | Address::Builtin(_)) => address,
        }
    }

    /// The place of the upstream of that name, if it speaks one of these protocols.
    fn upstream(&mut self, name: &str, protocols: &[Protocol]) -> Result<usize, String> {
        let Some((place, protocol)) = self.upstreams.get(name) else {
            return Err(format!(
                "there is no [upstream.{name}]; {}",
                allowed(self.upstreams.keys())
            ));
        };
        self.used.insert(format!("upstream.{name}"));
        if !protocols.contains(protocol) {
            let protocols: Vec<&str> = protocols.iter().map(|protocol| protocol.as_str()).collect();
            return Err(format!(
                "upstream {name} speaks {}; allowed here is {}",
                protocol.as_str(),
                protocols.join(" or ")
            ));
        }
        Ok(*place)
    }

    fn certificate(&mut self, name: &str) -> Result<(), String> {
        self.used.insert(format!("certificate.{name}"));
        if self.certificates.contains(name) {
            return Ok(());
        }
        Err(format!(
            "there is no [certificate.{name}]; {}",
            allowed(self.certificates.iter())
        ))
    }

    fn authority(&mut self, name: &str) -> Result<(), String> {
        self.used.insert(format!("acme.{name}"));
        if self.authorities.contains(name) {
            return Ok(());
        }
        Err(format!(
            "there is no [acme.{name}]; {}",
            allowed(self.authorities.iter())
        ))
    }
}

/// The names that may stand in place of one that points nowhere.
fn allowed<'n>(names: impl Iterator<Item = &'n String>) -> String {
    let names: Vec<&str> = names.map(String::as_str).collect();
    if names.is_empty() {
        "the file has none".to_owned()
    } else {
        format!("allowed are {}", names.join(", "))
    }
}

/// Reads a whole file. What is returned is whole only where nothing was noted.
pub(super) fn config(mut root: Section<'_>, base: &Path) -> Config {
    let workers = root.spanned::<u16>("workers").map(|(workers, span)| {
        if workers == 0 {
            root.wrong(Some(span), "workers", "0 is wrong; allowed is at least 1");
        }
        workers
    });
    let shutdown_timeout = root.or("shutdown_timeout", Duration::from_secs(30));

    let trusted_proxies = root
        .table("trust")
        .map_or_else(Proxies::default, trusted_proxies);
    let upstream_sections = root.tables("upstream");
    let certificate_sections = root.tables("certificate");
    let authority_sections = root.tables("acme");
    let named = |sections: &[(String, Section<'_>)]| {
        sections.iter().map(|(name, _)| name.clone()).collect()
    };
    let mut names = Names {
        trusted_proxies,
        certificates: named(&certificate_sections),
        authorities: named(&authority_sections),
        ..Names::alone(base)
    };
    // Where each named table stands, for those that nothing uses.
    let mut places = Vec::new();
    let mut place = |kind: &str, name: &str, section: &Section<'_>| {
        places.push((format!("{kind}.{name}"), section.span()));
    };

    let mut upstreams = Vec::new();
    for (name, section) in upstream_sections {
        place("upstream", &name, &section);
        let upstream = upstream::upstream(&name, section, &names);
        names
            .upstreams
            .insert(name, (upstreams.len(), upstream.protocol));
        upstreams.push(upstream);
    }
    let mut certificates = BTreeMap::new();
    for (name, section) in certificate_sections {
        place("certificate", &name, &section);
        if let Some(certificate) = listener::certificate(section, &mut names) {
            certificates.insert(name, certificate);
        }
    }
    let mut authorities = BTreeMap::new();
    for (name, section) in authority_sections {
        place("acme", &name, &section);
        if let Some(authority) = listener::authority(section, &names) {
            authorities.insert(name, authority);
        }
    }

    let listeners = listener::listeners(root.array("listen"), &mut names);
    let listeners = if listeners.is_empty() {
        vec![Listener {
            address: Address::Tcp(SocketAddr::from((Ipv4Addr::LOCALHOST, 8080))),
            proxy_protocol: false,
            security: Security::Plain,
            client_certificates: None,
        }]
    } else {
        listeners
    };
    let limits = limits(root.table("limits"));
    let log = log(root.table("log"), &names);
    let serves_http = listeners
        .iter()
        .any(|listener| !matches!(listener.security, Security::Passthrough(_)));
    let site_sections = root.array("site");
    if site_sections.is_empty() && serves_http {
        root.wrong(
            None,
            "site",
            "is missing; allowed is at least one [[site]] with a [[site.location]]",
        );
    }
    let sites = site::sites(site_sections, &mut names);
    let control = root
        .table("control")
        .and_then(|section| control(section, &names));

    for (key, span) in places {
        if !names.used.contains(&key) {
            root.mistakes()
                .add(span, key, "is not used; name it somewhere, or leave it out");
        }
    }
    root.finish();
    let trusted_proxies = names.trusted_proxies;
    Config {
        file: None,
        lines: Arc::default(),
        text: "".into(),
        workers,
        shutdown_timeout,
        listeners,
        certificates,
        authorities,
        trusted_proxies,
        limits,
        log,
        sites,
        upstreams,
        control,
    }
}

fn trusted_proxies(mut section: Section<'_>) -> Proxies {
    let mut proxies = Proxies::default();
    for peers in section.or::<Vec<Peers>>("proxies", Vec::new()) {
        match peers {
            Peers::Network(network) => proxies.networks.push(network),
            Peers::Unix => proxies.unix = true,
        }
    }
    section.finish();
    proxies
}

/// A time that something may take: more than none.
fn timeout(section: &mut Section<'_>, name: &'static str, default: u64) -> Duration {
    let default = Duration::from_secs(default);
    match section.spanned(name) {
        Some((Duration::ZERO, span)) => {
            section.wrong(
                Some(span),
                name,
                "a time of zero is wrong; allowed is more than zero",
            );
            default
        }
        Some((duration, _)) => duration,
        None => default,
    }
}

/// The largest head that a client may be allowed: each connection that sends one needs a buffer of its length.
const MAX_HEAD: u64 = 1 << 20;

fn limits(section: Option<Section<'_>>) -> Limits {
    let Some(mut section) = section else {
        return Limits::DEFAULT;
    };
    let head = match section.spanned::<Size>("head") {
        Some((Size(head), _)) if (1024..=MAX_HEAD).contains(&head) => {
            usize::try_from(head).unwrap_or(Limits::DEFAULT.head)
        }
        Some((_, span)) => {
            section.wrong(
                Some(span),
                "head",
                "is out of range; allowed is from 1 KiB to 1 MiB",
            );
            Limits::DEFAULT.head
        }
        None => Limits::DEFAULT.head,
    };
    let limits = Limits {
        head,
        body: section.or("body", Size(Limits::DEFAULT.body)).0,
        head_timeout: timeout(&mut section, "head_timeout", 30),
        body_timeout: timeout(&mut section, "body_timeout", 60),
        idle_timeout: timeout(&mut section, "idle_timeout", 75),
        connections_per_address: section.or(
            "connections_per_address",
            Limits::DEFAULT.connections_per_address,
        ),
        requests_per_connection: section.or(
            "requests_per_connection",
            Limits::DEFAULT.requests_per_connection,
        ),
    };
    section.finish();
    limits
}

impl Limits {
    /// What applies where a file says nothing.
    pub const DEFAULT: Self = Self {
        head: 32 << 10,
        body: 1 << 20,
        head_timeout: Duration::from_secs(30),
        body_timeout: Duration::from_secs(60),
        idle_timeout: Duration::from_secs(75),
        connections_per_address: 1024,
        requests_per_connection: 10_000,
    };
}

impl Log {
    /// What applies where a file says nothing.
    pub const DEFAULT: Self = Self {
        access: AccessLog::Stdout,
        format: LogFormat::Combined,
        level: Level::Info,
    };
}

fn log(section: Option<Section<'_>>, names: &Names) -> Log {
    let Some(mut section) = section else {
        return Log::DEFAULT;
    };
    let access = match section.spanned::<String>("access") {
        None => AccessLog::Stdout,
        Some((file, span)) => match file.as_str() {
            "" => AccessLog::None,
            "-" => AccessLog::Stdout,
            file => {
                let path = names.path(PathBuf::from(file));
                if path.is_dir() || !path.parent().is_some_and(Path::is_dir) {
                    section.wrong(
                        Some(span),
                        "access",
                        format!("{} cannot be made; allowed is a file in a folder that is there, \"-\" or \"\"", path.display()),
                    );
                }
                AccessLog::File(path)
            }
        },
    };
    let log = Log {
        access,
        format: section.or("format", LogFormat::Combined),
        level: section.or("level", Level::Info),
    };
    section.finish();
    log
}

fn control(mut section: Section<'_>, names: &Names) -> Option<Control> {
    let (address, at) = match section.has("address") {
        true => section.spanned("address").unzip(),
        false => (section.required("address"), None),
    };
    check_listening(&mut section, address.as_ref(), at);
    let token_file = secret(&mut section, "token_file", names);
    let allowed_origins = section.or("allowed_origins", Vec::new());
    section.finish();
    Some(Control {
        address: names.address(address?),
        token_file: token_file?,
        allowed_origins,
    })
}

/// Nobody can connect to a server inside the program from outside.
fn check_listening(section: &mut Section<'_>, address: Option<&Address>, at: Option<Range<usize>>) {
    if let Some(address @ Address::Builtin(_)) = address {
        section.wrong(
            at,
            "address",
            format!("{address} is a server's address; allowed is one to listen on, such as \"127.0.0.1:80\" or \"unix:/run/web.sock\""),
        );
    }
}

/// A file that nobody else may read.
fn secret(section: &mut Section<'_>, name: &'static str, names: &Names) -> Option<PathBuf> {
    use std::os::unix::fs::PermissionsExt;

    if !section.has(name) {
        return section.required(name);
    }
    let (path, span) = section.spanned::<PathBuf>(name)?;
    let path = names.path(path);
    let wrong = match std::fs::metadata(&path) {
        Err(error) => format!("{}: {error}", path.display()),
        Ok(metadata) if !metadata.is_file() => format!("{} is not a file", path.display()),
        Ok(metadata) if metadata.permissions().mode() & 0o077 != 0 => format!(
            "{} has mode {:04o}",
            path.display(),
            metadata.permissions().mode() & 0o7777
        ),
        Ok(metadata) if metadata.len() == 0 => format!("{} is empty", path.display()),
        Ok(_) => return Some(path),
    };
    section.wrong(
        Some(span),
        name,
        format!("{wrong}; allowed is a file of mode 0600 with the secret in it"),
    );
    None
}

impl Protocol {
    /// The word that a file has for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Uwsgi => "uwsgi",
            Self::Http1 => "http1",
            Self::Tcp => "tcp",
        }
    }
}
