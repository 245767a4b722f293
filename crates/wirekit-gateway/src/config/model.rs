//! What a checked configuration says: every name resolved, every default filled in.

use core::net::{IpAddr, SocketAddr};
use core::time::Duration;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ipnet::IpNet;

use super::lines::Lines;
use super::pem::Pem;
use super::text::Template;
use super::upstream::Upstream;

/// A checked configuration: everything that a gateway knows before it starts.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// The file that it was read from; none for the built-in site.
    pub file: Option<PathBuf>,
    /// Where its keys stand in that file; empty for the built-in site.
    pub lines: Arc<Lines>,
    /// What it was read from.
    pub text: Arc<str>,
    /// Threads that serve, each with a runtime of its own; none: one a core.
    pub workers: Option<u16>,
    /// How long exchanges and WebSockets may go on after the signal to stop.
    pub shutdown_timeout: Duration,
    /// Where clients connect to; at least one.
    pub listeners: Vec<Listener>,
    /// Certificates by name.
    pub certificates: BTreeMap<String, Certificate>,
    /// Certificate authorities by name.
    pub authorities: BTreeMap<String, Authority>,
    /// Peers whose `Forwarded`, `X-Forwarded-For` and PROXY headers are believed.
    pub trusted_proxies: Proxies,
    /// What a client may send, and how long it may take.
    pub limits: Limits,
    /// What is written down.
    pub log: Log,
    /// Sites in the order of the file; at least one.
    pub sites: Vec<Site>,
    /// Upstreams; a location names one by its place here.
    pub upstreams: Vec<Upstream>,
    /// The control plane, if there is one.
    pub control: Option<Control>,
}

/// A socket's address.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Address {
    /// `127.0.0.1:80` or `[::]:80`.
    Tcp(SocketAddr),
    /// `unix:/run/app.sock`; relative to the configuration file until it is checked, absolute afterwards.
    Unix(PathBuf),
    /// `builtin:pages` or `builtin:application`: a server inside the program.
    Builtin(Service),
}

/// A server inside the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Service {
    /// An HTTP/1.1 server: `/` and `/echo.html`, and a WebSocket at `/echo` that sends back what it gets.
    Pages,
    /// An application behind uwsgi, which answers with the variables that it got.
    Application,
}

impl Service {
    /// Its name, as a file has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pages => "pages",
            Self::Application => "application",
        }
    }
}

/// Peers that are believed when they say who the client is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Proxies {
    /// Those with an address in one of these.
    pub networks: Vec<IpNet>,
    /// Those that are connected by a unix socket: `unix:`.
    pub unix: bool,
}

impl Proxies {
    /// Whether a peer is one of them; one by a unix socket has no address.
    pub fn trust(&self, peer: Option<IpAddr>) -> bool {
        match peer.map(|peer| peer.to_canonical()) {
            Some(peer) => self.networks.iter().any(|network| network.contains(&peer)),
            None => self.unix,
        }
    }
}

/// Where clients connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Listener {
    /// The address.
    pub address: Address,
    /// Whether connections begin with a PROXY header.
    pub proxy_protocol: bool,
    /// What is spoken there.
    pub security: Security,
    /// The certificates that clients show in TLS, if they may.
    pub client_certificates: Option<ClientCertificates>,
}

/// Who may say by a certificate of its own who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClientCertificates {
    /// The PEM file of the authorities that are believed.
    pub authorities: PathBuf,
    /// Whether a client without a certificate is let in.
    pub is_optional: bool,
    /// Where `client_ca` stands.
    pub place: Place,
}

/// Where something stands in the file that it was read from, both from 1 on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a place is a line and a column")]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The character in the line.
    pub column: usize,
}

/// What a listener speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Security {
    /// HTTP as it is.
    Plain,
    /// HTTP in TLS, with these certificates; the last is for every name that no other has.
    Tls(Vec<String>),
    /// TLS that is not decrypted: server names, `*` for every other, and the upstream of each.
    Passthrough(BTreeMap<String, usize>),
}

/// A certificate and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Certificate {
    /// The names that it is chosen for, `*.` in front for all names one label longer.
    pub names: Vec<String>,
    /// Its files, or its authority.
    pub source: CertificateSource,
    /// Where `names`, or else the table, and `chain` and `key`, or else `acme`, stand.
    pub places: [Place; 3],
}

impl Certificate {
    /// One that stands in no file.
    pub fn given(names: Vec<String>, pem: Pem) -> Self {
        Self {
            names,
            source: CertificateSource::Given(pem),
            places: [Place { line: 0, column: 0 }; 3],
        }
    }
}

/// Where a certificate comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CertificateSource {
    /// PEM files.
    Files {
        /// The chain, the server's own certificate first.
        chain: PathBuf,
        /// The private key.
        key: PathBuf,
    },
    /// Ordered by ACME from the authority of this name.
    Acme(String),
    /// Put by the control plane: in no file.
    Given(Pem),
}

/// A certificate authority that speaks ACME (RFC 8555).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Authority {
    /// The URL of its directory.
    pub directory: String,
    /// The PEM file of the authority behind the directory's own certificate; none for those that the system knows.
    pub ca: Option<PathBuf>,
    /// How it is shown that a name is ours; none for what the listeners can do.
    pub challenge: Option<Prove>,
    /// `mailto:` URLs that it may write to.
    pub contact: Vec<String>,
    /// The folder for the account and the certificates.
    pub storage: PathBuf,
}

/// How an authority is shown that a name is ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Prove {
    /// `http-01`: it asks on port 80 (RFC 8555 section 8.3).
    Http01,
    /// `tls-alpn-01`: it asks on port 443 (RFC 8737).
    TlsAlpn01,
}

/// What a client may send, and how long it may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of a request's head.
    pub head: usize,
    /// Bytes of a request's body.
    pub body: u64,
    /// From the first byte of a head to its last.
    pub head_timeout: Duration,
    /// Between two reads of a body.
    pub body_timeout: Duration,
    /// Between a response and the next request.
    pub idle_timeout: Duration,
    /// Connections of one client address at once; zero for no limit.
    pub connections_per_address: u32,
    /// Requests on one connection; zero for no limit.
    pub requests_per_connection: u32,
}

/// What is written down.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Log {
    /// Where a line goes for each request.
    pub access: AccessLog,
    /// How such a line looks.
    pub format: LogFormat,
    /// From which level on the gateway's own messages are written.
    pub level: Level,
}

/// Where access lines go.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccessLog {
    /// Nowhere.
    None,
    /// Standard output.
    Stdout,
    /// A file, opened again on SIGUSR1.
    File(PathBuf),
}

/// How an access line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LogFormat {
    /// Apache's and nginx's combined format.
    Combined,
    /// One JSON object.
    Json,
}

/// How grave a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Level {
    /// Something does not work.
    Error,
    /// Something may not work soon.
    Warn,
    /// What the gateway did.
    Info,
    /// What the gateway was about to do.
    Debug,
}

/// What is served under some host names.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Site {
    /// Exact names, `*.shop.example`, or `*`.
    pub hosts: Vec<String>,
    /// Whether requests without TLS are answered with 308 to the `https` URL.
    pub redirect_https: bool,
    /// `Strict-Transport-Security`, on TLS alone (RFC 6797); empty for none.
    pub hsts: String,
    /// Locations in the order of the file; at least one.
    pub locations: Vec<Location>,
}

/// What is done with some paths of a site.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Location {
    /// The line of the file in which it stands, the first being 1; zero for the built-in site.
    pub line: usize,
    /// The prefix, or the whole path.
    pub path: String,
    /// Whether the path must be equal.
    pub exact: bool,
    /// Bytes of a request's body, in place of the limit for all.
    pub body: Option<u64>,
    /// What is done.
    pub action: Action,
}

/// What a location does.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Action {
    /// Serves files.
    Static(Static),
    /// Passes the request on.
    Upstream(Proxy),
    /// Sends the client elsewhere.
    Redirect(Redirect),
}

/// A folder of files.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Static {
    /// The folder.
    pub root: Arc<Path>,
    /// Whether the location's path is left out of the file's.
    pub alias: bool,
    /// What is tried in a folder.
    pub index: Vec<String>,
    /// Which siblings of a file may be sent in its place.
    pub precompressed: Vec<Coding>,
    /// `Cache-Control`; empty for none.
    pub cache_control: String,
    /// How old the knowledge of an open file may be.
    pub file_age: Duration,
    /// Bytes above which a file is neither held in memory nor copied: the system sends it from where it lies.
    pub sendfile_above: u64,
}

/// A content coding of files beside the plain ones (RFC 9110 section 8.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Coding {
    /// `.br` (RFC 7932).
    Brotli,
    /// `.gz`.
    Gzip,
}

impl Coding {
    /// The word for it in `Content-Encoding`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }

    /// What the name of a file in it ends with.
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Brotli => ".br",
            Self::Gzip => ".gz",
        }
    }
}

/// How requests are passed on.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Proxy {
    /// The upstream's place in [`Config::upstreams`].
    pub upstream: usize,
    /// Whether a connection may become a WebSocket.
    pub websocket: bool,
    /// Variables of a uwsgi request beside the usual ones.
    pub params: Vec<(String, Template)>,
}

/// Where a client is sent to.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Redirect {
    /// 301, 302, 303, 307 or 308.
    pub status: u16,
    /// `Location`.
    pub to: Template,
}

/// The control plane.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Control {
    /// Where it listens.
    pub address: Address,
    /// The file that holds the bearer token.
    pub token_file: PathBuf,
    /// Origins of pages that may use it.
    pub allowed_origins: Vec<String>,
}
