//! Connections of clients.

use serde_json::Value;
use wirekit::http1::StatusCode;

use super::{Answer, Call, condition, list};
use crate::control::view::{Fault, Problem, connection, tag};

pub(crate) async fn list(call: &Call<'_>) -> Result<Answer, Problem> {
    let limit = list::limit(call)?;
    let after = call.query.number("after", 0..=u64::MAX)?.unwrap_or(0);
    let part = call.plane.connections(after, limit + 1).await;
    let members = part.connections.iter();
    let members = members.map(|seen| (seen.number.to_string(), connection::connection(seen)));
    Ok(list::answer(call, limit, members.collect(), part.total))
}

pub(crate) async fn get(call: &Call<'_>) -> Result<Answer, Problem> {
    let (_, json) = find(call).await?;
    Ok(Answer::resource(StatusCode::OK, &json))
}

/// Ends a connection, whatever it does.
pub(crate) async fn delete(call: &Call<'_>) -> Result<Answer, Problem> {
    let (number, json) = find(call).await?;
    condition::check(call.request, Some(&tag::of(json.to_string().as_bytes())))?;
    match call.plane.end_connection(number).await {
        true => Ok(Answer::empty(StatusCode::NO_CONTENT)),
        false => Err(missing(&number.to_string())),
    }
}

async fn find(call: &Call<'_>) -> Result<(u64, Value), Problem> {
    let [name] = call.names()?;
    let number = wirekit::http::token::decimal(name.as_bytes());
    // Of its spellings one is its name.
    let number = number.filter(|number| number.to_string() == name);
    let number = number.ok_or_else(|| missing(&name))?;
    let seen = call.plane.connection(number).await;
    let seen = seen.ok_or_else(|| missing(&name))?;
    Ok((number, connection::connection(&seen)))
}

fn missing(name: &str) -> Problem {
    Problem::new(Fault::NotFound, format!("there is no connection {name:?}"))
}
