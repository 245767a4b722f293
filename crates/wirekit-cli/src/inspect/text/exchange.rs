//! An exchange in words.

use wirekit::tcp::track::Side;

use super::wording::{is_named, quoted_bytes};
use crate::inspect::conversation::exchange::{Exchange, Parent};
use crate::inspect::conversation::subject::is_host;

/// What was asked for, and where.
pub(crate) fn request(exchange: &Exchange) -> String {
    let Some(asked) = &exchange.request else {
        return String::from("-");
    };
    let host = asked.host.as_deref().unwrap_or_default();
    let host = match asked.target.starts_with(b"/") {
        true => quoted_bytes(host, 60),
        false => String::new(),
    };
    let uwsgi = match exchange.layer.name() {
        "uwsgi" => "uwsgi ",
        _ => "",
    };
    format!(
        "{uwsgi}{} {host}{}",
        quoted_bytes(&asked.method, 20),
        quoted_bytes(&asked.target, 100)
    )
}

/// What is not as it should be, or as it usually is.
pub(crate) fn notes(exchange: &Exchange) -> Vec<String> {
    let mut notes: Vec<String> = exchange.interim.iter().map(u16::to_string).collect();
    if exchange.is_switch {
        notes.push("switches protocols".into());
    }
    if exchange.request.is_none() {
        notes.push("request not seen".into());
    } else if exchange.times.sent.is_none() {
        notes.push("request not whole".into());
    }
    if exchange.status.is_none() {
        notes.push("no answer".into());
    } else if exchange.times.end.is_none() {
        notes.push("answer not whole".into());
    }
    notes.extend(exchange.error.as_deref().map(str::to_owned));
    match exchange.parent {
        Parent::None => {}
        Parent::Known(number) => notes.push(format!("caused by {number}")),
        Parent::Ambiguous => notes.push("caused by one of several".into()),
    }
    notes.extend(server_name(exchange));
    notes
}

/// What the server is called, where the request is not for a host of that name.
fn server_name(exchange: &Exchange) -> Option<String> {
    let name = exchange.server_name.as_deref()?;
    let host = exchange.request.as_ref()?.host.as_deref();
    match host.is_some_and(|host| is_host(host, name)) {
        true => None,
        false => Some(is_named(Side::Server, name)),
    }
}
