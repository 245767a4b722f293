//! On which condition something is changed (RFC 9110 section 13.1).

use wirekit::http::validator::{Current, EntityTag, if_match, if_none_match};

use super::request::Request;
use crate::control::view::{Fault, Problem};

/// The conditions are lists of entity tags, or `*`.
///
/// # Errors
///
/// [`Fault::MalformedRequest`]: a condition that nobody can read must not count as none.
pub(crate) fn read(request: &Request) -> Result<(), Problem> {
    for name in ["if-match", "if-none-match"] {
        let is_empty = |line: &[u8]| line.trim_ascii().is_empty();
        let is_wrong = request.lines(name).any(is_empty)
            || if_match(request.lines(name), Current::Missing).is_err();
        if is_wrong {
            let detail = format!("{name} is no list of entity tags");
            return Err(Problem::new(Fault::MalformedRequest, detail));
        }
    }
    Ok(())
}

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
