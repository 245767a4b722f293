//! A request becomes a call of the model, and what comes of it an answer.

mod access;
mod certificates;
mod change;
mod condition;
mod config;
mod connections;
mod content;
mod list;
mod live;
mod pages;
mod query;
mod request;
mod requests;
mod routes;
mod serve;
mod servers;
mod sessions;
mod upstreams;
mod version;

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use serde_json::{Map, Value, json};
use wirekit::http::validator::{Current, EntityTag, if_none_match};
use wirekit::http1::StatusCode;

use super::Plane;
use super::view::{Fault, Problem, openapi, tag};
use access::Access;
use query::{Query, decode};
use request::JSON;
use routes::{Guard, Operation, Route};

pub(crate) use request::{Answer, Peer, Request};
pub(crate) use serve::Control;

/// Answers requests about a plane to those who may ask.
#[derive(Debug)]
pub(crate) struct Controller {
    plane: std::sync::Arc<Plane>,
    access: Mutex<Access>,
    start: Instant,
}

/// A request that was routed.
#[derive(Debug)]
struct Call<'r> {
    plane: &'r Plane,
    /// The same, for what goes on after the answer.
    shared: &'r std::sync::Arc<Plane>,
    request: &'r Request,
    query: Query,
    /// What stands for each `{name}` of the route, as it came.
    segments: Vec<&'r str>,
}

impl Call<'_> {
    /// What stands for the names of the route.
    fn names<const N: usize>(&self) -> Result<[String; N], Problem> {
        let names: Option<Vec<String>> = self.segments.iter().map(|name| decode(name)).collect();
        names
            .and_then(|names| names.try_into().ok())
            .ok_or_else(|| Problem::new(Fault::NotFound, "the path is not percent-encoded UTF-8"))
    }

    /// The target's path.
    fn path(&self) -> &str {
        let target = &self.request.target;
        target.split_once('?').map_or(target, |(path, _)| path)
    }
}

impl Controller {
    /// What answers about this plane.
    pub(crate) fn new(plane: std::sync::Arc<Plane>, token: &[u8], origins: &[String]) -> Self {
        Self {
            plane,
            access: Mutex::new(Access::new(token, origins)),
            start: Instant::now(),
        }
    }

    /// The answer to a request, whatever it is.
    pub(crate) async fn answer(&self, request: &Request) -> Answer {
        let mut answer = match self.routed(request).await {
            Ok(answer) => conditional(request, answer),
            Err(problem) => problem.into(),
        };
        answer.fields.push(("Cache-Control", "no-store".to_owned()));
        answer
            .fields
            .push(("X-Content-Type-Options", "nosniff".to_owned()));
        self.share(request, &mut answer);
        answer
    }

    /// A problem that was found before the request was whole.
    pub(crate) fn refuse(&self, request: &Request, problem: Problem) -> Answer {
        let mut answer = problem.into();
        self.share(request, &mut answer);
        answer
    }

    async fn routed(&self, request: &Request) -> Result<Answer, Problem> {
        self.access().check_host(request)?;
        let (path, query) = request
            .target
            .split_once('?')
            .unwrap_or((&request.target, ""));
        let (version, routes, path) = match path.strip_prefix("/api") {
            Some(path) if path.is_empty() || path.starts_with('/') => {
                let (version, path) = version::of_path(path)?;
                (
                    Some(version),
                    routes::API,
                    path.strip_suffix('/')
                        .filter(|path| path.is_empty())
                        .unwrap_or(path),
                )
            }
            _ => (None, routes::PAGES, path),
        };
        if request.method == "OPTIONS" && request.target == "*" {
            let methods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
            return Ok(Answer::empty(StatusCode::NO_CONTENT).with_field("Allow", methods));
        }
        let (route, segments) = routes::find(routes, path).ok_or_else(|| {
            let detail = "there are /, /health, /metrics, /live and /api/v1";
            Problem::new(Fault::NotFound, detail)
        })?;
        if request.method == "OPTIONS" {
            return Ok(self.options(request, route));
        }
        self.check_token(request, route)?;
        let operation = route.operation(&request.method).ok_or_else(|| {
            let problem = Problem::new(
                Fault::MethodNotAllowed,
                format!("allowed is {}", route.allow()),
            );
            problem.with_field("Allow", route.allow())
        })?;
        if operation == Operation::OpenLive {
            return Err(self.not_opened(request));
        }
        condition::read(request)?;
        let query = Query::parse(query)?;
        let mut content_type = JSON;
        if let Some(in_path) = version {
            content_type =
                version::of_request(request, &query, in_path, route.content_type)?.content_type;
            let mut allowed = route.query.to_vec();
            allowed.push("version");
            query.allow(&allowed)?;
        }
        let call = Call {
            plane: &self.plane,
            shared: &self.plane,
            request,
            query,
            segments,
        };
        let mut answer = perform(operation, &call).await?;
        for (name, value) in &mut answer.fields {
            if *name == "Content-Type" && value == JSON {
                content_type.clone_into(value);
            }
        }
        if version.is_some() {
            answer.fields.push(("Vary", "Accept, Origin".to_owned()));
        }
        Ok(answer)
    }

    fn check_token(&self, request: &Request, route: &Route) -> Result<(), Problem> {
        match route.guard {
            Guard::Open => Ok(()),
            Guard::Local if request.peer.is_local() => Ok(()),
            Guard::Local | Guard::Token => self.access().check_token(request, self.start.elapsed()),
        }
    }

    /// What may be done there; to a page of another origin also whether it may (the Fetch standard's preflight).
    fn options(&self, request: &Request, route: &Route) -> Answer {
        let answer = Answer::empty(StatusCode::NO_CONTENT).with_field("Allow", route.allow());
        let is_preflight = request.field("access-control-request-method").is_some();
        if !is_preflight || self.access().origin(request).is_none() {
            return answer;
        }
        answer
            .with_field("Access-Control-Allow-Methods", route.allow())
            .with_field(
                "Access-Control-Allow-Headers",
                "Accept, Authorization, Content-Type, If-Match, If-None-Match",
            )
            .with_field("Access-Control-Max-Age", "600")
    }

    /// Lets the pages of listed origins read the answer.
    fn share(&self, request: &Request, answer: &mut Answer) {
        if let Some(origin) = self.access().origin(request) {
            let fields = [
                ("Access-Control-Allow-Origin", origin),
                (
                    "Access-Control-Expose-Headers",
                    "Allow, ETag, Link, Location, Retry-After",
                ),
            ];
            let fields = fields.map(|(name, value)| (name, value.to_owned()));
            answer.fields.extend(fields);
            if answer.field("vary").is_none() {
                answer.fields.push(("Vary", "Origin".to_owned()));
            }
        }
    }

    fn access(&self) -> std::sync::MutexGuard<'_, Access> {
        self.access.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn perform(operation: Operation, call: &Call<'_>) -> Result<Answer, Problem> {
    match operation {
        Operation::GetDashboard => Ok(pages::get_dashboard()),
        Operation::GetHealth => Ok(pages::get_health(call)),
        Operation::GetMetrics => Ok(pages::get_metrics(call).await),
        Operation::OpenLive => Err(live::upgrade()),
        Operation::GetRoot => Ok(get_root()),
        Operation::ListRequests => requests::list_requests(call).await,
        Operation::Explain => requests::post_explain(call),
        Operation::GetOpenapi => Ok(get_openapi()),
        Operation::ListUpstreams => upstreams::list(call),
        Operation::GetUpstream => upstreams::get(call),
        Operation::PutUpstream => upstreams::put(call).await,
        Operation::PatchUpstream => upstreams::patch(call).await,
        Operation::DeleteUpstream => upstreams::delete(call).await,
        Operation::ListServers => servers::list(call),
        Operation::GetServer => servers::get(call),
        Operation::PutServer => servers::put(call).await,
        Operation::PatchServer => servers::patch(call).await,
        Operation::DeleteServer => servers::delete(call).await,
        Operation::GetDrain => servers::get_drain(call),
        Operation::PutDrain => servers::put_drain(call).await,
        Operation::DeleteDrain => servers::delete_drain(call).await,
        Operation::ListCertificates => certificates::list(call),
        Operation::GetCertificate => certificates::get(call),
        Operation::PutCertificate => certificates::put(call).await,
        Operation::DeleteCertificate => certificates::delete(call).await,
        Operation::ListSessions => sessions::list(call),
        Operation::GetSession => sessions::get(call),
        Operation::DeleteSession => sessions::delete(call).await,
        Operation::ListConnections => connections::list(call).await,
        Operation::GetConnection => connections::get(call).await,
        Operation::DeleteConnection => connections::delete(call).await,
        Operation::GetConfig => Ok(config::get(call)),
        Operation::PutConfig => config::put(call).await,
        Operation::CheckConfig => config::check(call),
    }
}

/// Links to what there is.
fn get_root() -> Answer {
    let mut links = Map::new();
    for route in routes::API {
        if let Some(name) = route.path.strip_prefix('/')
            && !name.contains('/')
        {
            links.insert(name.to_owned(), Value::from(format!("/api/v1/{name}")));
        }
    }
    Answer::resource(
        StatusCode::OK,
        &json!({"version": version::NEWEST, "links": links}),
    )
}

fn get_openapi() -> Answer {
    let document = openapi::DOCUMENT.as_bytes().to_vec();
    let tag = tag::of(&document);
    Answer::content(StatusCode::OK, JSON, document).with_field("ETag", tag)
}

/// Who has the representation already gets no more than that.
fn conditional(request: &Request, answer: Answer) -> Answer {
    if !matches!(request.method.as_str(), "GET" | "HEAD") || answer.status != StatusCode::OK {
        return answer;
    }
    let tag = answer
        .field("etag")
        .and_then(|tag| EntityTag::parse(tag.as_bytes()).ok());
    let Some(tag) = tag else {
        return answer;
    };
    match if_none_match(request.lines("if-none-match"), Current::Tagged(tag)) {
        Ok(false) => {
            let fields = answer.fields.into_iter();
            let fields = fields.filter(|(name, _)| *name != "Content-Type");
            Answer {
                status: StatusCode::NOT_MODIFIED,
                fields: fields.collect(),
                content: None,
            }
        }
        _ => answer,
    }
}

#[cfg(test)]
mod tests;
