use core::ops::Range;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::{Names, check_listening};
use crate::config::model::{
    Address, Authority, Certificate, CertificateSource, ClientCertificates, Listener, Place, Prove,
    Security,
};
use crate::config::section::{Section, Setting, word_settings};
use crate::config::upstream::Protocol;
use toml::de::DeValue;

pub(super) fn listeners(sections: Vec<Section<'_>>, names: &mut Names) -> Vec<Listener> {
    let mut addresses = BTreeSet::new();
    sections
        .into_iter()
        .filter_map(|mut section| {
            let (address, at) = match section.has("address") {
                true => section.spanned("address").unzip(),
                false => (section.required("address"), None),
            };
            check_listening(&mut section, address.as_ref(), at.clone());
            let proxy_protocol = section.spanned("proxy_protocol");
            let nobody = match &address {
                Some(Address::Tcp(_)) if names.trusted_proxies.networks.is_empty() => {
                    Some("closes every connection, as no peer is trusted; allowed beside [trust] proxies")
                }
                Some(Address::Unix(_)) if !names.trusted_proxies.unix => Some(
                    "closes every connection, as no peer by a unix socket is trusted; allowed beside \"unix:\" in [trust] proxies",
                ),
                _ => None,
            };
            if let Some((true, span)) = &proxy_protocol
                && let Some(nobody) = nobody
            {
                section.wrong(Some(span.clone()), "proxy_protocol", nobody);
            }
            let security = security(&mut section, names);
            let client_certificates = client_certificates(&mut section, &security, names);
            if let Some(address) = &address
                && !addresses.insert(names.address(Clone::clone(address)))
            {
                section.wrong(
                    at,
                    "address",
                    format!("{address} is there twice; allowed is each address once"),
                );
            }
            section.finish();
            Some(Listener {
                address: names.address(address?),
                proxy_protocol: proxy_protocol.is_some_and(|(is_spoken, _)| is_spoken),
                security,
                client_certificates,
            })
        })
        .collect()
}

fn security(section: &mut Section<'_>, names: &mut Names) -> Security {
    let both = section.has("tls") && section.has("passthrough");
    let tls = section.spanned::<Vec<String>>("tls");
    let passthrough = section.table("passthrough");
    if both {
        section.wrong(
            tls.as_ref().map(|(_, span)| span.clone()),
            "tls",
            "stands beside passthrough; allowed is one of them",
        );
    }
    if let Some(passthrough) = passthrough {
        return self::passthrough(passthrough, names);
    }
    let Some((certificates, span)) = tls else {
        return Security::Plain;
    };
    if certificates.is_empty() {
        section.wrong(
            Some(span.clone()),
            "tls",
            "names no certificate; allowed is at least one",
        );
    }
    for certificate in &certificates {
        if let Err(wrong) = names.certificate(certificate) {
            section.wrong(Some(span.clone()), "tls", wrong);
        }
    }
    Security::Tls(certificates)
}

/// A byte of the file, of which [`Config::parse`](crate::config::Config::parse) makes line and column.
fn place(span: Range<usize>) -> Place {
    Place {
        line: span.start,
        column: 0,
    }
}

fn client_certificates(
    section: &mut Section<'_>,
    security: &Security,
    names: &Names,
) -> Option<ClientCertificates> {
    let authorities = section.spanned::<PathBuf>("client_ca");
    let demand = section.spanned::<Demand>("client_certificate");
    if let Some((_, span)) = &demand
        && authorities.is_none()
    {
        section.wrong(
            Some(span.clone()),
            "client_certificate",
            "is asked for, and no authority is believed; allowed beside client_ca",
        );
    }
    let (authorities, span) = authorities?;
    if !matches!(security, Security::Tls(_)) {
        section.wrong(
            Some(span.clone()),
            "client_ca",
            "is of no use without TLS; allowed beside tls",
        );
    }
    let authorities = names.path(authorities);
    check_readable(section, "client_ca", &authorities, span.clone());
    Some(ClientCertificates {
        authorities,
        is_optional: matches!(demand, Some((Demand::Optional, _))),
        place: place(span),
    })
}

/// Whether a client needs a certificate.
#[derive(Clone, Copy)]
enum Demand {
    Required,
    Optional,
}

word_settings! {
    Prove: "http-01" = Self::Http01, "tls-alpn-01" = Self::TlsAlpn01;
    Demand: "required" = Self::Required, "optional" = Self::Optional;
}

fn check_readable(section: &Section<'_>, name: &'static str, path: &Path, span: Range<usize>) {
    if let Err(error) = std::fs::File::open(path) {
        let path = path.display();
        let text = format!("{path}: {error}; allowed is a PEM file that can be read");
        section.wrong(Some(span), name, text);
    }
}

fn passthrough(section: Section<'_>, names: &mut Names) -> Security {
    let mistakes = section.mistakes();
    let span = section.span();
    let mut routes = BTreeMap::new();
    let texts = section.texts();
    if texts.is_empty() {
        mistakes.add(
            span,
            "passthrough",
            "leads nowhere; allowed is at least one server name with an upstream",
        );
    }
    for (name, at, upstream) in texts {
        if !is_host_pattern(&name) {
            mistakes.add(
                at.clone(),
                format!("passthrough.{name}"),
                format!("{name:?} is no server name; allowed is a name, one with \"*.\" in front, or \"*\""),
            );
        }
        match names.upstream(&upstream, &[Protocol::Tcp]) {
            Ok(upstream) => {
                routes.insert(name.to_ascii_lowercase(), upstream);
            }
            Err(wrong) => mistakes.add(at, format!("passthrough.{name}"), wrong),
        }
    }
    Security::Passthrough(routes)
}

/// Whether this is a name, one with `*.` in front, or `*`.
pub(super) fn is_host_pattern(name: &str) -> bool {
    if name == "*" {
        return true;
    }
    let name = name.strip_prefix("*.").unwrap_or(name);
    let is_address = name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'))
        .is_some_and(|address| address.parse::<core::net::Ipv6Addr>().is_ok());
    is_address
        || (!name.is_empty()
            && name.split('.').all(|label| {
                !label.is_empty()
                    && label.len() <= 63
                    && label
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
            }))
}

pub(super) fn certificate(mut section: Section<'_>, names: &mut Names) -> Option<Certificate> {
    let server_names = section.spanned::<Vec<String>>("names");
    if let Some((server_names, span)) = &server_names {
        for name in server_names {
            if name == "*" || !is_host_pattern(name) {
                section.wrong(
                    Some(span.clone()),
                    "names",
                    format!(
                        "{name:?} is no server name; allowed is a name, or one with \"*.\" in front"
                    ),
                );
            }
        }
    }
    let acme = section.spanned::<String>("acme");
    let chain = section.spanned::<PathBuf>("chain");
    let key = section.spanned::<PathBuf>("key");
    let by_acme = acme.as_ref().map(|(_, span)| span.clone());
    let places = [
        server_names.as_ref().map(|(_, span)| span.clone()),
        chain.as_ref().map(|(_, span)| span.clone()).or(by_acme),
        key.as_ref().map(|(_, span)| span.clone()),
    ];
    let places = places.map(|span| place(span.unwrap_or_else(|| section.span())));
    if let Some((authority, span)) = &acme
        && server_names
            .as_ref()
            .is_none_or(|(names, _)| names.is_empty())
    {
        let text = format!("{authority} is asked for no name; allowed beside names");
        section.wrong(Some(span.clone()), "acme", text);
    }
    let names_of = server_names.iter().flat_map(|(names, _)| names);
    let wildcard = names_of.clone().find(|name| name.starts_with("*."));
    if let (Some((_, span)), Some(wildcard)) = (&acme, wildcard) {
        let text = format!(
            "{wildcard:?} is not to be had by http-01 or tls-alpn-01; allowed are names without \"*.\""
        );
        section.wrong(Some(span.clone()), "acme", text);
    }
    let source = source(&section, names, acme, chain, key);
    section.finish();
    Some(Certificate {
        names: server_names.map_or_else(Vec::new, |(names, _)| {
            names.iter().map(|name| name.to_ascii_lowercase()).collect()
        }),
        source: source?,
        places,
    })
}

fn source(
    section: &Section<'_>,
    names: &mut Names,
    acme: Option<(String, Range<usize>)>,
    chain: Option<(PathBuf, Range<usize>)>,
    key: Option<(PathBuf, Range<usize>)>,
) -> Option<CertificateSource> {
    match (acme, chain, key) {
        (Some((authority, span)), None, None) => {
            if let Err(wrong) = names.authority(&authority) {
                section.wrong(Some(span), "acme", wrong);
            }
            Some(CertificateSource::Acme(authority))
        }
        (None, Some((chain, chain_span)), Some((key, key_span))) => {
            let (chain, key) = (names.path(chain), names.path(key));
            for (name, path, span) in [("chain", &chain, chain_span), ("key", &key, key_span)] {
                check_readable(section, name, path, span);
            }
            Some(CertificateSource::Files { chain, key })
        }
        (Some((_, span)), _, _) => {
            section.wrong(
                Some(span),
                "acme",
                "stands beside chain or key; allowed is acme, or chain and key",
            );
            None
        }
        (None, chain, _) => {
            let missing = if chain.is_some() { "key" } else { "chain" };
            section.wrong(
                None,
                missing,
                "is missing; allowed is chain with key, or acme",
            );
            None
        }
    }
}

pub(super) fn authority(mut section: Section<'_>, names: &Names) -> Option<Authority> {
    let directory = section.required::<String>("directory");
    let contact = section.or("contact", Vec::new());
    let storage = section.or("storage", PathBuf::from("acme"));
    let challenge = section.optional("challenge");
    let ca = section.spanned::<PathBuf>("ca").map(|(ca, span)| {
        let ca = names.path(ca);
        check_readable(&section, "ca", &ca, span);
        ca
    });
    section.finish();
    Some(Authority {
        directory: directory?,
        ca,
        challenge,
        contact,
        storage: names.path(storage),
    })
}
