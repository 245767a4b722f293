//! Fields, cookies, the query and the URL.

use percent_encoding::{AsciiSet, CONTROLS, percent_encode};
use serde_json::{Value, json};

use crate::events::{Pairs, latin1};
use crate::inspect::conversation::exchange::Exchange;

/// What RFC 3986 does not allow in a URI; a percent sign stays, as it is taken for one of an encoding.
const NOT_IN_URI: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

pub(super) fn headers(fields: &Pairs) -> Vec<Value> {
    let fields = fields.iter();
    fields
        .map(|(name, value)| json!({"name": latin1(name), "value": latin1(value)}))
        .collect()
}

/// What the target stands for: RFC 9112 section 3.3. The scheme is the one without TLS, behind which nothing is read.
pub(super) fn url(exchange: &Exchange) -> String {
    let asked = exchange.request.clone().unwrap_or_default();
    let host = match &asked.host {
        Some(host) if !host.is_empty() => host.clone(),
        _ => exchange.server.to_string().into_bytes(),
    };
    let url = match asked.target.as_slice() {
        // RFC 9112 sections 3.2.3 and 3.2.4.
        b"*" => [b"http://", host.as_slice()].concat(),
        target if target.starts_with(b"/") => [b"http://", host.as_slice(), target].concat(),
        target if target.windows(3).any(|part| part == b"://") => target.to_vec(),
        target => [b"http://", target].concat(),
    };
    percent_encode(&url, NOT_IN_URI).to_string()
}

/// The pairs of the query, decoded as those of a form.
pub(super) fn query(target: &[u8]) -> Vec<Value> {
    let mut parts = target.splitn(2, |&byte| byte == b'?');
    let query = parts.nth(1).unwrap_or_default();
    form_urlencoded::parse(query)
        .map(|(name, value)| json!({"name": name, "value": value}))
        .collect()
}

/// RFC 6265 section 4.2.
pub(super) fn cookies(fields: &Pairs) -> Vec<Value> {
    values(fields, b"cookie")
        .flat_map(|value| value.split(|&byte| byte == b';'))
        .map(<[u8]>::trim_ascii)
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair_of(pair);
            json!({"name": latin1(name), "value": latin1(value)})
        })
        .collect()
}

/// RFC 6265 section 5.2.
pub(super) fn set_cookies(fields: &Pairs) -> Vec<Value> {
    values(fields, b"set-cookie").map(set_cookie).collect()
}

fn set_cookie(value: &[u8]) -> Value {
    let mut parts = value.split(|&byte| byte == b';').map(<[u8]>::trim_ascii);
    let (name, value) = pair_of(parts.next().unwrap_or_default());
    let mut cookie = serde_json::Map::new();
    cookie.insert("name".into(), latin1(name));
    cookie.insert("value".into(), latin1(value));
    for (name, value) in parts.map(pair_of) {
        match name.to_ascii_lowercase().as_slice() {
            b"path" => cookie.insert("path".into(), latin1(value)),
            b"domain" => cookie.insert("domain".into(), latin1(value)),
            b"httponly" => cookie.insert("httpOnly".into(), true.into()),
            b"secure" => cookie.insert("secure".into(), true.into()),
            b"samesite" => cookie.insert("_sameSite".into(), latin1(value)),
            // A date that is none ends nothing.
            b"expires" => expires(value).and_then(|it| cookie.insert("expires".into(), it)),
            _ => None,
        };
    }
    cookie.into()
}

fn expires(value: &[u8]) -> Option<Value> {
    let text = core::str::from_utf8(value).ok()?;
    let time = httpdate::parse_http_date(text).ok()?;
    let time = time::OffsetDateTime::from(time);
    let format = &time::format_description::well_known::Rfc3339;
    Some(time.format(format).ok()?.into())
}

/// `name=value`; without an equals sign all of it is the name.
fn pair_of(pair: &[u8]) -> (&[u8], &[u8]) {
    let mut parts = pair.splitn(2, |&byte| byte == b'=').map(<[u8]>::trim_ascii);
    let name = parts.next().unwrap_or_default();
    (name, parts.next().unwrap_or_default())
}

fn values<'a>(fields: &'a Pairs, wanted: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    let named = move |(name, _): &(&[u8], &[u8])| name.eq_ignore_ascii_case(wanted);
    fields.iter().filter(named).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_taken_apart() {
        let fields: Pairs = [
            ("Cookie", "a=1; b=\"2=3\" ;;c"),
            (
                "Set-Cookie",
                "id=7; Path=/x; Domain=h.example; Secure; HttpOnly; SameSite=Lax",
            ),
            ("set-cookie", "e=; Expires=Wed, 21 Oct 2015 07:28:00 GMT"),
            ("Set-Cookie", "f=1; Expires=never"),
        ]
        .into_iter()
        .map(|(name, value)| (name.as_bytes(), value.as_bytes()))
        .collect();
        let pair = |name: &str, value: &str| json!({"name": name, "value": value});
        assert_eq!(
            cookies(&fields),
            [pair("a", "1"), pair("b", "\"2=3\""), pair("c", "")]
        );
        assert_eq!(
            set_cookies(&fields),
            [
                json!({"name": "id", "value": "7", "path": "/x", "domain": "h.example", "secure": true,
                    "httpOnly": true, "_sameSite": "Lax"}),
                json!({"name": "e", "value": "", "expires": "2015-10-21T07:28:00Z"}),
                pair("f", "1"),
            ]
        );
    }

    #[test]
    fn queries_are_decoded() {
        let pair = |name: &str, value: &str| json!({"name": name, "value": value});
        assert_eq!(
            query(b"/x?a=1&b=%C3%A9+%26&c&a=2?3"),
            [
                pair("a", "1"),
                pair("b", "\u{e9} &"),
                pair("c", ""),
                pair("a", "2?3")
            ]
        );
        assert!(query(b"/x").is_empty());
    }
}
