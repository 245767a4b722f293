//! On which condition something is changed (RFC 9110 section 13.1).

use wirekit::http::validator::{Current, EntityTag, if_match, if_none_match};

use super::request::Request;
use crate::control::view::{Fault, Problem};

/// Whether what has this tag, or is not there, may be changed by a request.
///
/// # Errors
///
/// [`Fault::PreconditionFailed`]; [`Fault::PreconditionRequired`] where something would be overwritten that the client may
/// never have seen.
pub(crate) fn check(request: &Request, current: Option<&str>) -> Result<(), Problem> {
    let tag = current.and_then(|tag| EntityTag::parse(tag.as_bytes()).ok());
    let tagged = match (current, tag) {
        (_, Some(tag)) => Current::Tagged(tag),
        (Some(_), None) => Current::Untagged,
        (None, None) => Current::Missing,
    };
    let malformed = |_| {
        Problem::new(
            Fault::MalformedRequest,
            "a condition is no list of entity tags",
        )
    };
    let has = |name| request.lines(name).next().is_some();
    let is_matched = if_match(request.lines("if-match"), tagged).map_err(malformed)?;
    if has("if-match") && !is_matched {
        let detail = match current {
            Some(_) => "it was changed since; read it again",
            None => "it is not there",
        };
        return Err(Problem::new(Fault::PreconditionFailed, detail));
    }
    if has("if-none-match")
        && !if_none_match(request.lines("if-none-match"), tagged).map_err(malformed)?
    {
        return Err(Problem::new(
            Fault::PreconditionFailed,
            "it is there already",
        ));
    }
    if current.is_some() && !has("if-match") && matches!(request.method.as_str(), "PUT" | "PATCH") {
        let detail = "it is there: say in If-Match from what it is to be changed, or *";
        return Err(Problem::new(Fault::PreconditionRequired, detail));
    }
    Ok(())
}
