//! The last exchanges that failed, and what would happen to one that was not sent.

use serde_json::{Map, Value};
use wirekit::http1::StatusCode;

use super::content::{check_type, json, member, object, wrong};
use super::query::step;
use super::request::JSON;
use super::{Answer, Call, list};
use crate::control::model::failures::Filter;
use crate::control::view::{Fault, Problem, failure};
use crate::core::reason::Reason;
use crate::explain::{Question, explain};

/// What the query of `/requests` may have.
pub(crate) const FILTERS: &[&str] = &[
    "limit",
    "after",
    "status",
    "reason",
    "upstream",
    "reference",
];

pub(crate) async fn list_requests(call: &Call<'_>) -> Result<Answer, Problem> {
    let reason = match call.query.get("reason")? {
        None => None,
        Some(name) => Some(reason(name)?),
    };
    let status = call.query.number("status", 100..=599)?;
    let text = |name| call.query.get(name).map(|text| text.map(str::to_owned));
    let filter = Filter {
        status: status.and_then(|status| status.try_into().ok()),
        reason,
        upstream: text("upstream")?,
        reference: text("reference")?,
    };
    let failures = filter.list(call.plane.failures().await).into_iter();
    let members = failures.map(|(name, failure)| (name, failure::failure(&failure)));
    list::page(call, members.collect())
}

fn reason(name: &str) -> Result<Reason, Problem> {
    let mut reasons = Reason::ALL.iter();
    let reason = reasons.find(|reason| reason.as_str() == name);
    reason.copied().ok_or_else(|| {
        Problem::new(
            Fault::Invalid,
            format!("the query's reason is {name:?}, which is none"),
        )
    })
}

pub(crate) fn post_explain(call: &Call<'_>) -> Result<Answer, Problem> {
    check_type(call.request, &[JSON])?;
    let question = question(object(json(call.request)?)?)?;
    let explanation = explain(call.plane.state().config(), &question);
    Ok(Answer::resource(StatusCode::OK, &explanation.to_json()))
}

fn question(mut members: Map<String, Value>) -> Result<Question, Problem> {
    let method = text(members.remove("method"), "/method")?.unwrap_or_else(|| "GET".to_owned());
    let Some(url) = text(members.remove("url"), "/url")? else {
        let detail = "is missing; allowed is a URL or a path";
        return Err(wrong([member("/url", detail)]));
    };
    let mut question = Question::new(method, url);
    question.tls_name = text(members.remove("tls_name"), "/tls_name")?;
    if let Some(remote) = text(members.remove("remote"), "/remote")? {
        let Ok(peer) = remote.parse() else {
            let detail = format!("is {remote:?}; allowed is an address, or \"unix:\"");
            return Err(wrong([member("/remote", detail)]));
        };
        question.remote = Some(peer);
    }
    match members.remove("fields") {
        None => {}
        Some(Value::Array(fields)) => {
            for (at, field) in fields.into_iter().enumerate() {
                let field = text(Some(field), &format!("/fields/{at}"))?;
                question.fields.extend(field);
            }
        }
        Some(_) => {
            let detail = "is no array; allowed are texts such as \"Cookie: a=b\"";
            return Err(wrong([member("/fields", detail)]));
        }
    }
    match members.keys().next() {
        None => Ok(question),
        Some(key) => {
            let detail = "is unknown; allowed are method, url, fields, remote and tls_name";
            Err(wrong([member(step(key), detail)]))
        }
    }
}

fn text(value: Option<Value>, pointer: &str) -> Result<Option<String>, Problem> {
    match value {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(wrong([member(pointer, "is no text")])),
    }
}
