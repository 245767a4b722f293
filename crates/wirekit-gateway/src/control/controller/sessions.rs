//! Users that stay at a server since the application's own cookie says who they are.

use serde_json::Value;
use wirekit::http1::StatusCode;

use super::{Answer, Call, condition, list};
use crate::control::view::{Fault, Problem, session, tag};
use crate::core::affinity::Digest;

pub(crate) fn list(call: &Call<'_>) -> Result<Answer, Problem> {
    let limit = list::limit(call)?;
    let after = match call.query.get("after")? {
        None => None,
        Some(text) => Some(Digest::parse(text).ok_or_else(|| {
            let detail = format!("the query's after is {text:?}; allowed is a session's id");
            Problem::new(Fault::Invalid, detail)
        })?),
    };
    let found = call.plane.sessions(after, limit + 1);
    let members = found.sessions.iter();
    let members = members.map(|one| (one.id.to_string(), session::session(one)));
    Ok(list::answer(call, limit, members.collect(), found.total))
}

pub(crate) fn get(call: &Call<'_>) -> Result<Answer, Problem> {
    let (_, json) = find(call)?;
    Ok(Answer::resource(StatusCode::OK, &json))
}

/// Forgets whose server a user has, here and in the store: the next request gets one as that of a new user does.
pub(crate) async fn delete(call: &Call<'_>) -> Result<Answer, Problem> {
    let (id, json) = find(call)?;
    condition::check(call.request, Some(&tag::of(json.to_string().as_bytes())))?;
    match call.plane.forget(id).await {
        Ok(()) => Ok(Answer::empty(StatusCode::NO_CONTENT)),
        Err(text) => Err(Problem::new(
            Fault::Failed,
            format!("the session is forgotten here, and not in the store: {text}"),
        )),
    }
}

fn find(call: &Call<'_>) -> Result<(Digest, Value), Problem> {
    let [name] = call.names()?;
    let missing = || {
        Problem::new(
            Fault::NotFound,
            format!("no session {name:?} is known here"),
        )
    };
    let id = Digest::parse(&name).ok_or_else(missing)?;
    let found = call.plane.session(id).ok_or_else(missing)?;
    Ok((id, session::session(&found)))
}
