//! Pages of a list: where it goes on stands in `Link` (RFC 8288).

use serde_json::{Value, json};
use wirekit::http1::StatusCode;

use super::query::encode;
use super::{Answer, Call};
use crate::control::view::Problem;

/// How many members a page has where nothing is said.
const DEFAULT: u64 = 100;

/// How many it may have.
const MAX: u64 = 1000;

/// How many members the page may have that the query asks for.
pub(crate) fn limit(call: &Call<'_>) -> Result<usize, Problem> {
    let limit = call.query.number("limit", 1..=MAX)?.unwrap_or(DEFAULT);
    Ok(usize::try_from(limit).unwrap_or(usize::MAX))
}

/// The page that the query asks for. Each member stands under a name, and they are sorted by it: a page begins behind a
/// name, so that it loses none where others come and go.
pub(crate) fn page(call: &Call<'_>, members: Vec<(String, Value)>) -> Result<Answer, Problem> {
    let limit = limit(call)?;
    let after = call.query.get("after")?;
    let total = members.len();
    let rest = members
        .into_iter()
        .skip_while(|(name, _)| after.is_some_and(|after| name.as_str() <= after));
    Ok(answer(call, limit, rest.take(limit + 1).collect(), total))
}

/// A page of so many members. Where one more is there, it is left out, and the list goes on.
pub(crate) fn answer(
    call: &Call<'_>,
    limit: usize,
    mut members: Vec<(String, Value)>,
    total: usize,
) -> Answer {
    let goes_on = members.len() > limit;
    members.truncate(limit);
    let target = format!(
        "{}?limit={limit}{}",
        call.path(),
        call.query.others(&["limit", "after"])
    );
    let mut links = vec![format!("<{target}>; rel=\"first\"")];
    if let (Some((last, _)), true) = (members.last(), goes_on) {
        links.push(format!("<{target}&after={}>; rel=\"next\"", encode(last)));
    }
    let items: Vec<Value> = members.into_iter().map(|(_, member)| member).collect();
    let answer = Answer::resource(StatusCode::OK, &json!({"items": items, "total": total}));
    answer.with_field("Link", links.join(", "))
}
