//! What would happen to a request, and why: nothing is bound and nothing is sent.

mod question;
mod servers;
mod tls;

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde_json::{Map, Value};
use wirekit::bridge::path::normalize;
use wirekit::http1::{FieldTable, Quirks, RequestHead};

use crate::config::{Action, Coding, Config, Location, Proxy, Static, Template};
use crate::core::affinity::{Affinity, Answer, Bond, Placement, Stores};
use crate::core::balance::{Balancer, Tries, Wanted};
use crate::core::client::Origin;
use crate::core::files::{Place, choose, folder_url, place};
use crate::core::reason::Reason;
use crate::core::route::{Router, can_be_written, without_port};
use crate::core::session::expects_more;
use crate::core::variables::Variables;
pub use question::{Question, Remote};
use question::{Url, peer_of};
use servers::life;

/// What would happen, as the program prints it: the keys `site`, `location`, `action`, `file`, `upstream`, `server`, `moved`,
/// `status`, `reason` and `why`, those left out that do not apply.
#[derive(Clone, Debug, Default)]
pub struct Explanation {
    keys: Map<String, Value>,
    why: Vec<String>,
}

impl Explanation {
    fn set(&mut self, key: &str, value: impl Into<Value>) {
        self.keys.insert(key.to_owned(), value.into());
    }

    fn because(&mut self, why: impl Into<String>) {
        self.why.push(why.into());
    }

    fn refuse(mut self, reason: Reason, why: impl Into<String>) -> Self {
        self.set("action", "refuse");
        self.end(reason);
        self.because(why);
        self
    }

    fn end(&mut self, reason: Reason) {
        if let Some(status) = reason.status() {
            self.set("status", status);
        }
        self.set("reason", reason.as_str());
    }

    /// One JSON object.
    pub fn to_json(&self) -> Value {
        let mut keys = self.keys.clone();
        keys.insert("why".to_owned(), Value::from(self.why.clone()));
        Value::Object(keys)
    }
}

/// Where the first of these keys that the file has stands there, as ` (FILE:LINE)`; nothing where it has none.
fn at(config: &Config, keys: &[&str]) -> String {
    let line = keys.iter().find_map(|key| config.lines.get(key));
    match (&config.file, line) {
        (Some(file), Some(line)) => format!(" ({}:{line})", file.display()),
        _ => String::new(),
    }
}

/// Answers with what a gateway of this configuration would do.
pub fn explain(config: &Config, question: &Question) -> Explanation {
    let mut answer = Explanation::default();
    let url = Url::of(&question.url);
    if let Some(answer) = tls::explain(config, question, &url, &mut answer) {
        return answer;
    }
    let is_host = |field: &&String| {
        field
            .split_once(':')
            .is_some_and(|(name, _)| name.eq_ignore_ascii_case("host"))
    };
    let mut wire = format!("{} {} HTTP/1.1\r\n", question.method, url.target);
    if question.fields.iter().find(is_host).is_none() {
        wire += &format!("Host: {}\r\n", url.host);
    }
    for field in &question.fields {
        wire += &format!("{field}\r\n");
    }
    wire += "\r\n";

    // The codec's own verdict, as over a socket.
    let mut fields = FieldTable::new();
    let head = match RequestHead::parse(wire.as_bytes(), &mut fields) {
        Ok(Some((head, used))) if used == wire.len() => head,
        Ok(_) => {
            return answer.refuse(
                Reason::MalformedRequest,
                "the method, URL or a field ends the head before its end",
            );
        }
        Err(error) => return malformed(answer, error),
    };
    if let Err(error) = head.framing(Quirks::NONE) {
        return malformed(answer, error);
    }
    if expects_more(&head) {
        return answer.refuse(
            Reason::ExpectationFailed,
            "Expect has a member other than 100-continue",
        );
    }
    let Ok(uri) = head.target_uri(url.scheme) else {
        return answer.refuse(Reason::MalformedRequest, "the target has no host");
    };
    let mut room = vec![0; uri.path.len().max(1)];
    let path = match normalize(uri.path.as_bytes(), &mut room) {
        Ok(path) => path,
        Err(error) => {
            return answer.refuse(Reason::MalformedPath, format!("{:?}: {error}", uri.path));
        }
    };
    if path != uri.path.as_bytes() {
        answer.because(format!(
            "the path is {:?} in its normal form",
            String::from_utf8_lossy(path)
        ));
    }
    let host = uri.authority;
    let router = Router::new(config);
    let Some(site_at) = router.site(host.as_bytes()) else {
        return answer.refuse(
            Reason::UnknownHost,
            format!("no site has the host {host:?}"),
        );
    };
    let Some(site) = config.sites.get(site_at) else {
        return answer.refuse(Reason::Internal, "the site is not there");
    };
    answer.set("site", site.hosts.first().map_or("*", String::as_str));
    let key = format!("site[{site_at}]");
    answer.because(format!(
        "host {host:?} belongs to the site of {}{}",
        site.hosts.join(", "),
        at(config, &[&format!("{key}.hosts"), &key])
    ));
    if let Some(name) = &question.tls_name
        && url.scheme == "https"
        && !name.eq_ignore_ascii_case(&String::from_utf8_lossy(without_port(host.as_bytes())))
        && router.site(name.as_bytes()) != Some(site_at)
    {
        return answer.refuse(
            Reason::UnknownHost,
            format!("the TLS handshake named {name:?}, which belongs to another site"),
        );
    }
    let peer = peer_of(question);
    let origin = Origin::of_request(&config.trusted_proxies, peer, &head);
    if let Some(client) = origin.address.filter(|client| Some(*client) != peer) {
        let by_unix = || "by a unix socket".to_owned();
        let peer = peer.map_or_else(by_unix, |peer| peer.to_string());
        answer.because(format!(
            "the trusted proxy {peer} says that the client is {client}{}",
            at(config, &["trust.proxies"])
        ));
    }
    if site.redirect_https && url.scheme == "http" && !origin.is_secure {
        answer.set("action", "redirect");
        answer.set("status", 308);
        answer.set("reason", Reason::Redirected.as_str());
        let key = format!("{key}.redirect_https");
        answer.because(format!(
            "redirect_https: requests without TLS go to the https URL{}",
            at(config, &[&key])
        ));
        return answer;
    }
    let location_at = router.location(site_at, path);
    let location = location_at.and_then(|at| Some((at, site.locations.get(at)?)));
    let Some((location_at, location)) = location else {
        return answer.refuse(Reason::NotFound, "no location of the site has the path");
    };
    let request = Request {
        question,
        head: &head,
        host,
        path,
        query: uri.query,
        origin,
        config,
        key: format!("{key}.location[{location_at}]"),
    };
    request.explain_location(location, answer)
}

fn malformed(answer: Explanation, error: wirekit::http1::Error) -> Explanation {
    let kind = error.kind();
    answer.refuse(
        Reason::of_request(kind),
        format!("{}: {kind}, {}", kind.as_str(), kind.spec()),
    )
}

/// A request that has a location.
struct Request<'a> {
    question: &'a Question,
    head: &'a RequestHead<'a>,
    host: &'a str,
    path: &'a [u8],
    query: Option<&'a str>,
    origin: Origin,
    config: &'a Config,
    /// The location's, as the file has it.
    key: String,
}

impl Request<'_> {
    fn explain_location(&self, location: &Location, mut answer: Explanation) -> Explanation {
        answer.set("location", location.path.as_str());
        let how = if location.exact {
            "is exactly"
        } else {
            "begins with"
        };
        let place = match location.line {
            0 => " of the built-in site".to_owned(),
            _ => self.at("path"),
        };
        answer.because(format!("the path {how} {:?}{place}", location.path));
        match &location.action {
            Action::Static(files) => self.explain_file(files, location, answer),
            Action::Redirect(redirect) => {
                answer.set("action", "redirect");
                answer.set("status", redirect.status);
                answer.set("reason", Reason::Redirected.as_str());
                let to = self.expand(&redirect.to);
                answer.because(format!(
                    "to {}{}",
                    String::from_utf8_lossy(&to),
                    self.at("redirect")
                ));
                answer
            }
            Action::Upstream(proxy) => self.explain_upstream(proxy, answer),
        }
    }

    fn explain_file(
        &self,
        files: &Static,
        location: &Location,
        mut answer: Explanation,
    ) -> Explanation {
        let method = self.question.method.as_str();
        if !matches!(method, "GET" | "HEAD") {
            return answer.refuse(
                Reason::MethodNotAllowed,
                format!("{method} is neither GET nor HEAD"),
            );
        }
        let Some(place) = place(files, &location.path, self.path) else {
            return answer.refuse(Reason::NotFound, "the path names a hidden file");
        };
        answer.set("action", "static");
        let found = match &place {
            Place::File(file) => Some(files.root.join(file)).filter(|file| file.is_file()),
            Place::Folder(folder) => files
                .index
                .iter()
                .map(|index| files.root.join(folder).join(index))
                .find(|file| file.is_file()),
        };
        let is_inside = |file: &Path| {
            let (file, root) = (file.canonicalize(), files.root.canonicalize());
            matches!((file, root), (Ok(file), Ok(root)) if file.starts_with(&root))
        };
        match (found, place) {
            (Some(file), _) if !is_inside(&file) => {
                answer.refuse(Reason::NotFound, "a symbolic link leads out of the root")
            }
            (Some(mut file), _) => {
                let sibling = |coding: Coding| {
                    let mut name = file.clone().into_os_string();
                    name.push(coding.suffix());
                    PathBuf::from(name)
                };
                let codings = files.precompressed.iter().copied();
                let there: Vec<Coding> = codings
                    .filter(|coding| sibling(*coding).is_file() && is_inside(&sibling(*coding)))
                    .collect();
                if let Some(coding) =
                    choose(self.head, there.iter().copied()).and_then(|at| there.get(at))
                {
                    file = sibling(*coding);
                    answer.because(format!(
                        "the client accepts {}{}",
                        coding.as_str(),
                        self.at("precompressed")
                    ));
                }
                answer.set("file", file.display().to_string());
                answer.set("status", 200);
                answer.set("reason", Reason::Served.as_str());
                answer
            }
            (None, Place::File(file)) if files.root.join(&file).is_dir() => {
                answer.set("action", "redirect");
                answer.set("status", 301);
                answer.set("reason", Reason::Redirected.as_str());
                let to = folder_url(self.path, self.query).unwrap_or_default();
                answer.because(format!("a folder, so to {}", String::from_utf8_lossy(&to)));
                answer
            }
            (None, Place::File(file)) => {
                let file = files.root.join(file);
                let why = format!("{} is no file{}", file.display(), self.at("root"));
                answer.refuse(Reason::NotFound, why)
            }
            (None, Place::Folder(folder)) => {
                let folder = files.root.join(folder);
                let why = format!(
                    "{} has none of {}{}",
                    folder.display(),
                    files.index.join(", "),
                    self.at("index")
                );
                answer.refuse(Reason::NotFound, why)
            }
        }
    }

    fn explain_upstream(&self, proxy: &Proxy, mut answer: Explanation) -> Explanation {
        let Some(upstream) = self.config.upstreams.get(proxy.upstream) else {
            return answer.refuse(Reason::Internal, "the upstream is not there");
        };
        if !can_be_written(upstream.protocol, self.path) {
            let why = "the path has a line end, which no variable of uwsgi has";
            return answer.refuse(Reason::MalformedPath, why);
        }
        answer.set("action", "upstream");
        answer.set("upstream", upstream.name.as_str());
        let hashed = match &upstream.balance {
            crate::config::Balance::Hash(key) | crate::config::Balance::HashConsistent(key) => {
                self.expand(key)
            }
            _ => Vec::new(),
        };
        let wanted = Wanted::new(self.origin.address, &hashed);
        let key = format!("upstream.{}", upstream.name);
        let mut balancer = Balancer::new(upstream);
        let (now, mut tries) = (core::time::Duration::ZERO, Tries::new());
        let affinity = Affinity::of(upstream, &Stores::default());
        let mut bond = affinity.map(|affinity| self.bond(&affinity));
        let chosen = match &mut bond {
            Some(bond) => bond.choose(upstream, &mut balancer, now, wanted, &mut tries),
            None => balancer.choose(now, wanted, &mut tries),
        };
        let chosen = chosen.and_then(|at| upstream.servers.get(at));
        let Some(server) = chosen else {
            return answer.refuse(
                Reason::NoServer,
                format!(
                    "no server of {} is up{}",
                    upstream.name,
                    at(self.config, &[&key])
                ),
            );
        };
        answer.set("server", server.id.as_str());
        match bond.and_then(|bond| bond.placement()) {
            Some(Placement::Kept) => {
                answer.because(format!("the cookie keeps its user on {}", server.id));
                return answer;
            }
            Some(Placement::Moved(cause)) => {
                answer.set("moved", cause.as_str());
                answer.because(cause.text());
            }
            Some(Placement::Hashed(_)) => {
                answer.because(format!(
                    "the store is not asked here; where it does not know the cookie, its hash chooses {}",
                    server.id
                ));
                return answer;
            }
            Some(Placement::New) | None => {}
        }
        answer.because(format!(
            "{}{} chooses {} at {}{} while every server is as configured",
            upstream.balance.as_str(),
            at(self.config, &[&format!("{key}.balance"), &key]),
            server.id,
            server.address,
            at(self.config, &[&format!("{key}.server.{}", server.id)])
        ));
        for why in life(upstream, server) {
            answer.because(why);
        }
        answer
    }

    /// Where a key of the location stands, or the location.
    fn at(&self, name: &str) -> String {
        at(self.config, &[&format!("{}.{name}", self.key), &self.key])
    }

    /// What the request's cookies say, now.
    fn bond(&self, affinity: &Affinity) -> Bond {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let unix_time = since.map_or(0, |since| since.as_secs());
        let mut bond = Bond::of(affinity, self.head.fields().all("cookie"), unix_time);
        if bond.looks_up().is_some() {
            // Nothing is sent: it is as if the store did not know the session.
            bond.found(&Answer::Unknown, None);
        }
        bond
    }

    fn expand(&self, template: &Template) -> Vec<u8> {
        Variables {
            remote: self.origin.address,
            client_name: None,
            head: self.head,
            host: self.host,
            query: self.query,
        }
        .expand(template)
    }
}

#[cfg(test)]
mod tests;
