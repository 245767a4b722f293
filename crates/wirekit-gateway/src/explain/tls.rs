//! What the handshake of TLS decides, before any request is read.

use core::net::IpAddr;

use super::{Explanation, Question, Url, peer_of};
use crate::config::{Address, Balance, Config, Listener, Security, Variable};
use crate::core::balance::{Balancer, Tries, Wanted};
use crate::core::passthrough::route;
use crate::core::reason::Reason;
use crate::core::route::without_port;

/// Says which certificate a client gets; or, where TLS is passed through, which server: then that is all that happens.
pub(super) fn explain(
    config: &Config,
    question: &Question,
    url: &Url<'_>,
    answer: &mut Explanation,
) -> Option<Explanation> {
    if url.scheme != "https" {
        return None;
    }
    let host = String::from_utf8_lossy(without_port(url.host.as_bytes())).to_ascii_lowercase();
    let port = url
        .host
        .get(host.len()..)
        .and_then(|port| port.strip_prefix(':'));
    let port = port.and_then(|port| port.parse().ok()).unwrap_or(443);
    let is_address = host.starts_with('[') || host.parse::<IpAddr>().is_ok();
    let name = question.tls_name.as_deref().map(str::to_ascii_lowercase);
    // RFC 6066 section 3: "Literal IPv4 and IPv6 addresses are not permitted in "HostName"."
    let name = name.or_else(|| (!is_address && !host.is_empty()).then_some(host));
    let listens_there = |listener: &&Listener| matches!(&listener.address, Address::Tcp(address) if address.port() == port);
    let listener = config.listeners.iter().find(listens_there)?;
    let shown = name.as_ref().map_or_else(
        || "no server name".to_owned(),
        |name| format!("the server name {name:?}"),
    );
    match &listener.security {
        Security::Plain => None,
        Security::Tls(certificates) => {
            let certificate = certificate(config, certificates, name.as_deref())?;
            answer.because(format!(
                "{} has the certificate {certificate:?} for {shown}",
                listener.address
            ));
            None
        }
        Security::Passthrough(routes) => {
            let mut answer = core::mem::take(answer);
            answer.because(format!(
                "{} passes TLS through: no request is read",
                listener.address
            ));
            let Some(at) = route(routes, name.as_deref()) else {
                return Some(answer.refuse(Reason::UnknownHost, format!("{shown} leads nowhere")));
            };
            Some(server(
                config,
                at,
                peer_of(question),
                name.as_deref(),
                answer,
            ))
        }
    }
}

/// The certificate for a name; of one whose names stand in its file alone nothing is known here.
fn certificate<'c>(
    config: &Config,
    certificates: &'c [String],
    name: Option<&str>,
) -> Option<&'c String> {
    let has = |wanted: &str| {
        certificates.iter().find(|certificate| {
            let certificate = config.certificates.get(*certificate);
            certificate
                .is_some_and(|certificate| certificate.names.iter().any(|name| name == wanted))
        })
    };
    let wildcard = name.and_then(|name| name.split_once('.'));
    let wildcard = wildcard.map(|(_, parent)| format!("*.{parent}"));
    name.and_then(has)
        .or_else(|| wildcard.as_deref().and_then(has))
        .or(certificates.last())
}

fn server(
    config: &Config,
    at: usize,
    remote: Option<IpAddr>,
    name: Option<&str>,
    mut answer: Explanation,
) -> Explanation {
    let Some(upstream) = config.upstreams.get(at) else {
        return answer.refuse(Reason::Internal, "the upstream is not there");
    };
    answer.set("action", "upstream");
    answer.set("upstream", upstream.name.as_str());
    let address = remote.map(|remote| remote.to_string());
    let key = match &upstream.balance {
        Balance::Hash(key) | Balance::HashConsistent(key) => {
            key.expand(|variable| match variable {
                Variable::RemoteAddress => address.as_ref().map(String::as_bytes),
                Variable::Host => name.map(str::as_bytes),
                _ => None,
            })
        }
        _ => Vec::new(),
    };
    let chosen = Balancer::new(upstream).choose(
        core::time::Duration::ZERO,
        Wanted::new(remote, &key),
        &mut Tries::new(),
    );
    let Some(server) = chosen.and_then(|at| upstream.servers.get(at)) else {
        return answer.refuse(
            Reason::NoServer,
            format!("no server of {} is up", upstream.name),
        );
    };
    answer.set("server", server.id.as_str());
    answer.because(format!(
        "{} chooses {} at {} while every server is as configured",
        upstream.balance.as_str(),
        server.id,
        server.address
    ));
    answer
}
