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

/// The page that the query asks for. Each member stands under a name, and they are sorted by it: a page begins behind a
/// name, so that it loses none where others come and go.
pub(crate) fn page(call: &Call<'_>, members: Vec<(String, Value)>) -> Result<Answer, Problem> {
    let limit = call.query.number("limit", 1..=MAX)?.unwrap_or(DEFAULT);
    let after = call.query.get("after")?;
    let total = members.len();
    let mut rest = members
        .into_iter()
        .skip_while(|(name, _)| after.is_some_and(|after| name.as_str() <= after));
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let page: Vec<(String, Value)> = rest.by_ref().take(limit).collect();
    let target = format!(
        "{}?limit={limit}{}",
        call.path(),
        call.query.others(&["limit", "after"])
    );
    let mut links = vec![format!("<{target}>; rel=\"first\"")];
    if let (Some((last, _)), Some(_)) = (page.last(), rest.next()) {
        links.push(format!("<{target}&after={}>; rel=\"next\"", encode(last)));
    }
    let items: Vec<Value> = page.into_iter().map(|(_, member)| member).collect();
    let answer = Answer::resource(StatusCode::OK, &json!({"items": items, "total": total}));
    Ok(answer.with_field("Link", links.join(", ")))
}
