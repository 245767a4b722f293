//! The start of an exchange: the head is there, and says what is done.

use bytes::Buf;
use wirekit::bridge::path::{is_normal, normalize};
use wirekit::http1::server::Event;
use wirekit::http1::{BodyLength, ErrorKind, Method, RequestHead};

use super::content::Held;
use super::texts::Texts;
use super::{Action, Current, Session, Step, Worker};
use crate::config::{Action as Configured, Location, Template};
use crate::core::balance::Instant;
use crate::core::client::Origin;
use crate::core::files::{Place, place};
use crate::core::reason::Reason;
use crate::core::route::{Route, can_be_written, without_port};
use crate::core::variables::Variables;

/// How much is noted of the first line of a head that is broken.
const MAX_NOTED_LEN: usize = 8192;

/// What a head says is to be done.
enum Decision {
    Refuse(Reason),
    Redirect {
        status: u16,
        to: Vec<u8>,
    },
    Open(Action),
    /// An authority asks whether the host's name is ours.
    Challenge(String),
    Upstream(usize),
    /// `OPTIONS *`.
    Options,
}

/// Where a request belongs, as far as that is known.
#[derive(Clone, Copy)]
struct Belongs {
    site: Option<usize>,
    route: Option<Route>,
}

impl Belongs {
    const NOWHERE: Self = Self::to(None);

    const fn to(site: Option<usize>) -> Self {
        Self { site, route: None }
    }
}

impl Session {
    /// Looks for the next request; whether there was one, or the connection is to be closed.
    pub(super) fn begin(&mut self, now: Instant, worker: &mut Worker) -> bool {
        if let Some(rules) = self.next_rules.take() {
            self.take_rules(rules);
        }
        if self.awaits_header {
            return self.take_proxy_header(now);
        }
        if self.unread.is_empty() {
            // A client that connected a moment ago is about to send its first request, and knows of no reason not to.
            if self.client_ended || self.is_draining && self.requests > 0 {
                self.is_closing = true;
                return true;
            }
            return false;
        }
        self.origin = Origin::of_peer(self.remote.map(|remote| remote.ip()));
        self.exchange.begin(&self.rules);
        let mut input = core::mem::take(&mut self.unread);
        let mut fields = worker.lend_fields();
        let begun = match self.exchange.receive_request(&input, &mut fields) {
            Ok(Some((Event::Head { head, framing }, used))) => {
                self.take_head(&head, framing.body(), now, worker);
                input.advance(used);
                self.unread = input;
                true
            }
            Ok(_) => {
                self.unread = input;
                self.is_closing |= self.client_ended;
                self.client_ended
            }
            Err(error) => {
                self.refuse_head(&input, error.kind(), now, worker);
                true
            }
        };
        worker.take_back_fields(fields);
        begun
    }

    /// Does what the head of a request says.
    fn take_head(
        &mut self,
        head: &RequestHead<'_>,
        body: BodyLength,
        now: Instant,
        worker: &mut Worker,
    ) {
        let peer = self.remote.map(|remote| remote.ip());
        let proxies = &self.rules.config().trusted_proxies;
        self.origin = Origin::of_request(proxies, peer, head);
        let mut current = Box::new(Current::new(self.rules.clone(), now));
        current.record.texts = Texts::of(head);
        current.record.head_time = now.saturating_sub(self.head_started);
        current.is_idempotent = is_idempotent(head.method());
        let (place, decision) = self.decide(head);
        (current.site, current.route) = (place.site, place.route);
        if let Decision::Upstream(upstream) = decision {
            current.bond = Self::bond(&self.rules, upstream, head, worker.unix_time);
            current.upstream = Some(upstream);
            current.held = Held::new(body);
        }
        self.current = Some(current);
        self.requests += 1;
        self.check_last();
        let max = self.max_content_len();
        if let Some(current) = &mut self.current {
            current.max_content_len = max;
        }
        match decision {
            Decision::Upstream(_) if matches!(body, BodyLength::Length(len) if len > max) => {
                self.refuse(Reason::BodyTooLarge, worker);
            }
            Decision::Upstream(_) => self.ask_with_affinity(head, now, worker),
            decision => self.act(decision, worker),
        }
    }

    /// Answers a head that is broken.
    fn refuse_head(&mut self, input: &[u8], kind: ErrorKind, now: Instant, worker: &mut Worker) {
        let is_line_end = |byte: &u8| *byte == b'\r' || *byte == b'\n';
        let end = input.iter().position(is_line_end).unwrap_or(input.len());
        let line = input.get(..end.min(MAX_NOTED_LEN)).unwrap_or_default();
        let mut current = Current::new(self.rules.clone(), now);
        current.record.texts = Texts::of_line(line);
        self.current = Some(Box::new(current));
        self.refuse(Reason::of_request(kind), worker);
        self.is_closing = true;
    }

    /// Says in the response that it is the connection's last.
    fn check_last(&mut self) {
        let limit = self.rules.config().limits.requests_per_connection;
        if (limit > 0 && self.requests >= limit) || self.is_draining {
            self.exchange.close_after_response();
        }
    }

    /// An exchange of which no head was read.
    pub(super) fn begin_nothing(&mut self, now: Instant) {
        self.current = Some(Box::new(Current::new(self.rules.clone(), now)));
    }

    fn decide(&self, head: &RequestHead<'_>) -> (Belongs, Decision) {
        let refuse = |reason| (Belongs::NOWHERE, Decision::Refuse(reason));
        if head.method() == Method::CONNECT {
            return refuse(Reason::NotImplemented);
        }
        if expects_more(head) {
            return refuse(Reason::ExpectationFailed);
        }
        let Ok(uri) = head.target_uri(self.listener.scheme()) else {
            return refuse(Reason::MalformedRequest);
        };
        if head.method() == Method::OPTIONS && uri.path.is_empty() {
            return (Belongs::NOWHERE, Decision::Options);
        }
        let path = if uri.path.is_empty() { "/" } else { uri.path };
        let mut room = Vec::new();
        let path = if is_normal(path.as_bytes()) {
            path.as_bytes()
        } else {
            room.resize(path.len(), 0);
            let Ok(path) = normalize(path.as_bytes(), &mut room) else {
                let site = self.rules.router().site(uri.authority.as_bytes());
                let site = site.filter(|site| !self.is_misdirected(*site, uri.authority));
                return (Belongs::to(site), Decision::Refuse(Reason::MalformedPath));
            };
            path
        };
        if let Some(answer) = self.rules.challenges().answer(path) {
            return (Belongs::NOWHERE, Decision::Challenge(answer));
        }
        let router = self.rules.router();
        let Some(site_at) = router.site(uri.authority.as_bytes()) else {
            return refuse(Reason::UnknownHost);
        };
        let config = self.rules.config();
        let Some(site) = config.sites.get(site_at) else {
            return refuse(Reason::UnknownHost);
        };
        if self.is_misdirected(site_at, uri.authority) {
            return refuse(Reason::UnknownHost);
        }
        let request = Asked {
            session: self,
            head,
            host: uri.authority,
            query: uri.query,
        };
        let is_plain = self.listener.scheme() == "http" && !self.origin.is_secure;
        if site.redirect_https && is_plain {
            let host = String::from_utf8_lossy(without_port(uri.authority.as_bytes()));
            let target = head.target();
            let target = if target.starts_with('/') { target } else { "/" };
            let to = format!("https://{host}{target}").into_bytes();
            return (Belongs::NOWHERE, Decision::Redirect { status: 308, to });
        }
        let location = router.location(site_at, path);
        let location = location.and_then(|at| Some((at, site.locations.get(at)?)));
        let Some((location_at, location)) = location else {
            let place = Belongs::to(Some(site_at));
            return (place, Decision::Refuse(Reason::NotFound));
        };
        let route = Route {
            site: site_at,
            location: location_at,
        };
        let place = Belongs {
            site: Some(site_at),
            route: Some(route),
        };
        (place, request.decide(location, path))
    }

    /// Whether the handshake of TLS named a server of another site: a certificate of its clients, or whatever else was agreed
    /// there, says nothing for this one.
    fn is_misdirected(&self, site: usize, host: &str) -> bool {
        let peer = self.peer.as_ref();
        let Some(name) = peer.and_then(|peer| peer.server_name.as_deref()) else {
            return false;
        };
        !name
            .as_bytes()
            .eq_ignore_ascii_case(without_port(host.as_bytes()))
            && self.rules.router().site(name.as_bytes()) != Some(site)
    }

    fn act(&mut self, decision: Decision, worker: &mut Worker) {
        worker.lend(&mut self.to_client);
        match decision {
            Decision::Refuse(reason) => self.refuse(reason, worker),
            Decision::Redirect { status, to } => self.redirect(status, &to, worker),
            Decision::Options => self.answer_options(worker),
            Decision::Challenge(answer) => self.answer_challenge(&answer, worker),
            Decision::Open(action) => {
                self.step(Step::Open);
                self.actions.push_back(action);
            }
            // Its head is at hand where it is asked for.
            Decision::Upstream(_) => {}
        }
    }

    fn location(&self) -> Option<&Location> {
        let route = self.current.as_ref()?.route?;
        let site = self.rules.config().sites.get(route.site)?;
        site.locations.get(route.location)
    }

    fn max_content_len(&self) -> u64 {
        let all = self.rules.config().limits.body;
        self.location()
            .and_then(|location| location.body)
            .unwrap_or(all)
    }

    /// The expanded key of a request that is kept in the session.
    pub(super) fn expand(&self, template: &Template, head: &RequestHead<'_>) -> Vec<u8> {
        let Ok(uri) = head.target_uri(self.listener.scheme()) else {
            return Vec::new();
        };
        let (host, query) = (uri.authority, uri.query);
        let session = self;
        Asked {
            session,
            head,
            host,
            query,
        }
        .expand(template)
    }

    /// The location's files, for a request that asks for one.
    pub fn folder(&self) -> Option<&crate::config::Static> {
        match &self.location()?.action {
            Configured::Static(files) => Some(files),
            _ => None,
        }
    }

    /// The proxy's part of the location, for a request that goes to an upstream.
    pub(super) fn proxy(&self) -> Option<&crate::config::Proxy> {
        match &self.location()?.action {
            Configured::Upstream(proxy) => Some(proxy),
            _ => None,
        }
    }
}

/// RFC 9110 section 9.2.2.
fn is_idempotent(method: Method<'_>) -> bool {
    [
        Method::GET,
        Method::HEAD,
        Method::OPTIONS,
        Method::PUT,
        Method::DELETE,
        Method::TRACE,
    ]
    .contains(&method)
}

/// RFC 9110 section 10.1.1: "A server that receives an Expect field value containing a member other than 100-continue MAY
/// respond with a 417 (Expectation Failed) status code to indicate that the unexpected expectation cannot be met". Passed on
/// it would be a server's that cannot meet it either, as `Expect` is for the next hop.
pub(crate) fn expects_more(head: &RequestHead<'_>) -> bool {
    let fields = head.fields();
    let mut members = fields
        .all("expect")
        .flat_map(wirekit::http::list::members)
        .map(|member| member.bytes);
    members.any(|member| !member.eq_ignore_ascii_case(b"100-continue"))
}

/// A request while its head is there.
struct Asked<'a> {
    session: &'a Session,
    head: &'a RequestHead<'a>,
    host: &'a str,
    query: Option<&'a str>,
}

impl Asked<'_> {
    fn decide(&self, location: &Location, path: &[u8]) -> Decision {
        match &location.action {
            Configured::Static(_) if !matches!(self.head.method(), Method::GET | Method::HEAD) => {
                Decision::Refuse(Reason::MethodNotAllowed)
            }
            Configured::Static(files) => match place(files, &location.path, path) {
                None => Decision::Refuse(Reason::NotFound),
                Some(Place::File(file)) => Decision::Open(Action::Open {
                    root: files.root.clone(),
                    files: vec![file],
                }),
                Some(Place::Folder(folder)) => Decision::Open(Action::Open {
                    root: files.root.clone(),
                    files: files.index.iter().map(|index| folder.join(index)).collect(),
                }),
            },
            Configured::Redirect(redirect) => Decision::Redirect {
                status: redirect.status,
                to: self.expand(&redirect.to),
            },
            Configured::Upstream(proxy) => {
                let upstream = self.session.rules.config().upstreams.get(proxy.upstream);
                match upstream {
                    Some(upstream) if !can_be_written(upstream.protocol, path) => {
                        Decision::Refuse(Reason::MalformedPath)
                    }
                    _ => Decision::Upstream(proxy.upstream),
                }
            }
        }
    }

    fn expand(&self, template: &Template) -> Vec<u8> {
        Variables {
            remote: self.session.origin.address,
            client_name: self
                .session
                .peer
                .as_ref()
                .and_then(|peer| peer.client_name.as_deref()),
            head: self.head,
            host: self.host,
            query: self.query,
        }
        .expand(template)
    }
}
