//! The last exchanges that failed, and what would happen to one that was not sent.

use serde_json::{Map, Value};
use wirekit::http1::StatusCode;

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
    let members = match serde_json::from_slice(&call.request.content) {
        Ok(Value::Object(members)) => members,
        Ok(_) => return Err(invalid("the content is no JSON object".to_owned())),
        Err(error) => return Err(invalid(format!("the content is no JSON: {error}"))),
    };
    let question = question(members)?;
    let explanation = explain(call.plane.state().config(), &question);
    Ok(Answer::resource(StatusCode::OK, &explanation.to_json()))
}

fn question(mut members: Map<String, Value>) -> Result<Question, Problem> {
    let method = text(members.remove("method"), "method")?.unwrap_or_else(|| "GET".to_owned());
    let Some(url) = text(members.remove("url"), "url")? else {
        return Err(invalid(
            "/url is missing; allowed is a URL or a path".to_owned(),
        ));
    };
    let mut question = Question::new(method, url);
    question.tls_name = text(members.remove("tls_name"), "tls_name")?;
    if let Some(remote) = text(members.remove("remote"), "remote")? {
        let Ok(peer) = remote.parse() else {
            return Err(invalid(format!(
                "/remote is {remote:?}; allowed is an address, or \"unix:\""
            )));
        };
        question.remote = Some(peer);
    }
    match members.remove("fields") {
        None => {}
        Some(Value::Array(fields)) => {
            for (at, field) in fields.into_iter().enumerate() {
                let field = text(Some(field), &format!("fields/{at}"))?;
                question.fields.extend(field);
            }
        }
        Some(_) => {
            let allowed = "allowed is an array of texts such as \"Cookie: a=b\"";
            return Err(invalid(format!("/fields is no array; {allowed}")));
        }
    }
    match members.keys().next() {
        None => Ok(question),
        Some(key) => Err(invalid(format!(
            "/{key} is unknown; allowed are method, url, fields, remote and tls_name"
        ))),
    }
}

fn text(value: Option<Value>, name: &str) -> Result<Option<String>, Problem> {
    match value {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(invalid(format!("/{name} is no text"))),
    }
}

fn invalid(detail: String) -> Problem {
    Problem::new(Fault::Invalid, detail)
}
