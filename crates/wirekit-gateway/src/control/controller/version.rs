//! Which version of the API a request speaks: by its path, by `Accept` or by its query.

use wirekit::http::accept::{MediaType, choose_type, media_ranges};

use super::query::Query;
use super::request::{JSON, Request};
use crate::control::view::{Fault, Problem};

/// The newest version, which is spoken where none is named.
pub(crate) const NEWEST: u32 = 1;

/// The type that names it.
const VERSIONED: &str = "application/vnd.wirekit.v1+json";

/// What is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spoken {
    /// What `Content-Type` says of resources.
    pub(crate) content_type: &'static str,
}

/// The path below `/api`, without its version if it names one.
///
/// # Errors
///
/// [`Fault::NotFound`] for a version that there is not.
pub(crate) fn of_path(path: &str) -> Result<(Option<u32>, &str), Problem> {
    let (first, rest) = match path.strip_prefix('/') {
        Some(path) => path.find('/').map_or((path, ""), |at| path.split_at(at)),
        None => return Ok((None, path)),
    };
    let Some(number) = first.strip_prefix('v') else {
        return Ok((None, path));
    };
    match wirekit::http::token::decimal(number.as_bytes()) {
        Some(number) if number == u64::from(NEWEST) && first == "v1" => Ok((Some(NEWEST), rest)),
        Some(_) => Err(Problem::new(
            Fault::NotFound,
            format!("there is no version {first}; there is v{NEWEST}"),
        )),
        None => Ok((None, path)),
    }
}

/// What a request speaks whose path names this version. `own` is the type of the resource where it is not JSON.
///
/// # Errors
///
/// [`Fault::UnknownVersion`], [`Fault::VersionsDisagree`] and [`Fault::NotAcceptable`].
pub(crate) fn of_request(
    request: &Request,
    query: &Query,
    in_path: Option<u32>,
    own: Option<&'static str>,
) -> Result<Spoken, Problem> {
    let in_query = match query.get("version")? {
        None => None,
        Some("1") => Some(NEWEST),
        Some(other) => {
            let detail = format!("there is no version {other:?}; there is {NEWEST}");
            return Err(Problem::new(Fault::UnknownVersion, detail));
        }
    };
    let offered = match own {
        Some(own) => vec![own],
        None => vec![JSON, VERSIONED],
    };
    let types: Vec<MediaType<'_>> = offered
        .iter()
        .filter_map(|name| MediaType::parse(name.as_bytes()).ok())
        .collect();
    match choose_type(request.lines("accept"), &types) {
        Ok(Some(at)) => Ok(Spoken {
            content_type: offered.get(at).copied().unwrap_or(JSON),
        }),
        Ok(None) if names_another(request) && in_path.or(in_query).is_some() => Err(Problem::new(
            Fault::VersionsDisagree,
            "Accept names another version than the target",
        )),
        Ok(None) => Err(Problem::new(
            Fault::NotAcceptable,
            format!("there is {}", offered.join(" and ")),
        )),
        Err(_) => Err(Problem::new(
            Fault::MalformedRequest,
            "Accept is no list of media ranges (RFC 9110 section 12.5.1)",
        )),
    }
}

/// Whether all that is accepted are other versions of the API.
fn names_another(request: &Request) -> bool {
    let mut ranges = request.lines("accept").flat_map(media_ranges).flatten();
    ranges.all(|range| {
        let name = range.media_type.subtype;
        name.starts_with("vnd.wirekit.v") && name.ends_with("+json")
    })
}
