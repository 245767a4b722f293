//! What keeps users on their servers.

use core::time::Duration;
use std::path::PathBuf;

use super::{Names, secret, timeout};
use crate::config::keys::Keys;
use crate::config::section::{Section, Setting};
use crate::config::upstream::{Affinity, Protocol};

pub(super) fn affinity(
    mut section: Section<'_>,
    names: &Names,
    protocol: Protocol,
) -> Option<Affinity> {
    if protocol == Protocol::Tcp {
        section.wrong(
            None,
            "cookie",
            "stands at an upstream without cookies; allowed is protocol = \"uwsgi\" or \"http1\"",
        );
    }
    let (cookie, learn) = (section.has("cookie"), section.has("learn"));
    let affinity = match (cookie, learn) {
        (true, false) => {
            let cookie = cookie_name(&mut section, "cookie");
            let key_file = keys(&mut section, names);
            // Empty text means the same as no key at all: the browser's session.
            let max_age = match section.spanned::<String>("max_age") {
                Some((text, _)) if text.is_empty() => None,
                Some((text, span)) => {
                    let age = crate::config::text::duration(&text);
                    if age.is_none() {
                        section.wrong(
                            Some(span),
                            "max_age",
                            format!("{text:?} is wrong; allowed is {}, or \"\" for the browser's session", Duration::allowed()),
                        );
                    }
                    age
                }
                None => None,
            };
            let path = cookie_path(&mut section);
            cookie
                .zip(key_file)
                .map(|(cookie, (key_file, keys))| Affinity::Cookie {
                    cookie,
                    key_file,
                    keys,
                    max_age,
                    path,
                })
        }
        (false, true) => {
            let learn = cookie_name(&mut section, "learn");
            let store = store(&mut section);
            let ttl = timeout(&mut section, "ttl", 60 * 60);
            let budget = section.or("budget", Duration::from_millis(5));
            learn.zip(store).map(|(learn, store)| Affinity::Learn {
                learn,
                store,
                ttl,
                budget,
            })
        }
        _ => {
            section.wrong(None, "cookie", "one of cookie and learn is to say which; allowed is { cookie, key_file, .. } or { learn, store, .. }");
            return None;
        }
    };
    section.finish();
    affinity
}

/// A path that is sent as an attribute of the cookie.
fn cookie_path(section: &mut Section<'_>) -> String {
    let Some((path, span)) = section.spanned::<String>("path") else {
        return "/".to_owned();
    };
    // RFC 6265 section 4.1.1: path-value = <any CHAR except CTLs or ";">
    let is_path = |byte: u8| matches!(byte, b' '..=b'~') && byte != b';';
    if !path.starts_with('/') || !path.bytes().all(is_path) {
        section.wrong(
            Some(span),
            "path",
            format!("{path:?} is no path of a cookie; allowed is one that begins with a slash, without ; (RFC 6265 section 4.1.1)"),
        );
    }
    path
}

/// The key file, and what it holds.
fn keys(section: &mut Section<'_>, names: &Names) -> Option<(PathBuf, Keys)> {
    let span = section.place("key_file");
    let path = secret(section, "key_file", names)?;
    let keys = std::fs::read(&path).map_err(|error| error.to_string());
    let keys = keys.and_then(|text| Keys::parse(&text).map_err(|error| error.to_string()));
    match keys {
        Ok(keys) => Some((path, keys)),
        Err(error) => {
            let (file, len) = (path.display(), Keys::MIN_LEN);
            section.wrong(
                span,
                "key_file",
                format!("{file} {error}; allowed is a key of at least {len} bytes a line, the first of which signs"),
            );
            None
        }
    }
}

fn cookie_name(section: &mut Section<'_>, name: &'static str) -> Option<String> {
    let (cookie, span) = section.spanned::<String>(name)?;
    // RFC 6265 section 4.1.1: cookie-name = token
    if !cookie.is_empty() && cookie.bytes().all(wirekit::http::token::is_tchar) {
        return Some(cookie);
    }
    section.wrong(
        Some(span),
        name,
        format!("{cookie:?} is no cookie's name; allowed is a token (RFC 6265 section 4.1.1)"),
    );
    None
}

fn store(section: &mut Section<'_>) -> Option<String> {
    if !section.has("store") {
        return section.required("store");
    }
    let (store, span) = section.spanned::<String>("store")?;
    let schemes = ["redis://", "unix://", "redis+unix://"];
    if schemes.iter().any(|scheme| store.starts_with(scheme)) {
        return Some(store);
    }
    section.wrong(
        Some(span),
        "store",
        format!("{store:?} is no store's URL; allowed is \"redis://HOST:PORT/DATABASE\""),
    );
    None
}
