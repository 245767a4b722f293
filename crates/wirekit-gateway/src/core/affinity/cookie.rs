//! Cookies of a request, and of an answer: RFC 6265.

use std::time::UNIX_EPOCH;

/// The values of the cookies of a name, in the order of the fields.
///
/// RFC 6265 section 4.2.1 has `; ` between two cookies, and nothing around `=`. White space around a cookie is no part of it.
pub(crate) fn values<'a>(
    lines: impl Iterator<Item = &'a [u8]>,
    name: &str,
) -> impl Iterator<Item = &'a [u8]> {
    lines
        .flat_map(pieces)
        .filter_map(|piece| value(piece, name))
}

/// The lines of `Cookie` fields without the cookies of a name; none where they have none of it. A line of nothing else goes.
pub(crate) fn without(lines: &[&[u8]], name: &str) -> Option<Vec<Vec<u8>>> {
    values(lines.iter().copied(), name).next()?;
    let kept = lines.iter().map(|line| {
        let others: Vec<&[u8]> = pieces(line)
            .filter(|piece| value(piece, name).is_none())
            .collect();
        others.join(&b';').trim_ascii().to_vec()
    });
    Some(kept.filter(|line| !line.is_empty()).collect())
}

/// A `Set-Cookie` field, as far as it matters here: RFC 6265 section 5.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SetCookie<'a> {
    pub(crate) value: &'a [u8],
    /// The last of each.
    max_age: Option<i64>,
    expires: Option<u64>,
}

impl<'a> SetCookie<'a> {
    /// The cookie of this name, if it is one.
    pub(crate) fn parse(field: &'a [u8], name: &str) -> Option<Self> {
        let mut parts = pieces(field).map(<[u8]>::trim_ascii);
        let value = parts.next()?.strip_prefix(name.as_bytes())?;
        let mut cookie = Self {
            value: value.trim_ascii_start().strip_prefix(b"=")?.trim_ascii(),
            max_age: None,
            expires: None,
        };
        for attribute in parts {
            let text = core::str::from_utf8(attribute).unwrap_or_default();
            let Some((name, value)) = text.split_once('=') else {
                continue;
            };
            match name.trim() {
                name if name.eq_ignore_ascii_case("max-age") => {
                    cookie.max_age = value.trim().parse().ok().or(cookie.max_age);
                }
                name if name.eq_ignore_ascii_case("expires") => {
                    let time = httpdate::parse_http_date(value.trim()).ok();
                    let since = time.map(|time| time.duration_since(UNIX_EPOCH));
                    let time = since.map(|since| since.map_or(0, |since| since.as_secs()));
                    cookie.expires = time.or(cookie.expires);
                }
                _ => {}
            }
        }
        Some(cookie)
    }

    /// Whether the browser has no such cookie from now on, or an empty one, by which applications say the same.
    pub(crate) fn is_taken_away(&self, unix_time: u64) -> bool {
        // RFC 6265 section 4.1.2.2: "If a cookie has both the Max-Age and the Expires attribute, the Max-Age attribute has
        // precedence".
        let is_over = match (self.max_age, self.expires) {
            (Some(max_age), _) => max_age <= 0,
            (None, Some(expires)) => expires <= unix_time,
            (None, None) => false,
        };
        is_over || matches!(self.value, b"" | b"\"\"")
    }
}

fn pieces(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|byte| *byte == b';')
}

fn value<'a>(piece: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let pair = piece.trim_ascii();
    pair.strip_prefix(name.as_bytes())?.strip_prefix(b"=")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_is_a_session_or_the_end_of_one() {
        let rows: &[(&str, Option<(&str, bool)>)] = &[
            ("id=x", Some(("x", false))),
            ("id=x; Path=/; HttpOnly", Some(("x", false))),
            (" id = x ;Max-Age=3600", Some(("x", false))),
            ("id=a=b", Some(("a=b", false))),
            ("id=x; Max-Age=0", Some(("x", true))),
            ("id=x; max-age=-1", Some(("x", true))),
            ("id=x; Max-Age=soon", Some(("x", false))),
            (
                "id=x; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
                Some(("x", true)),
            ),
            (
                "id=x; Expires=Thu, 01 Jan 2099 00:00:00 GMT",
                Some(("x", false)),
            ),
            ("id=x; Expires=never", Some(("x", false))),
            (
                "id=x; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=9",
                Some(("x", false)),
            ),
            ("id=; Path=/", Some(("", true))),
            ("id=\"\"; Path=/", Some(("\"\"", true))),
            ("ID=x", None),
            ("id2=x", None),
            ("id", None),
            ("", None),
        ];
        for (field, expected) in rows {
            let found = SetCookie::parse(field.as_bytes(), "id");
            let found = found.map(|it| (it.value, it.is_taken_away(1_000_000_000)));
            let expected = expected.map(|(value, is_over)| (value.as_bytes(), is_over));
            assert_eq!(found, expected, "{field}");
        }
    }

    type Row<'r> = (&'r [&'r str], &'r [&'r str], Option<&'r [&'r str]>);

    #[test]
    fn cookies_are_found_and_taken_off() {
        let rows: &[Row<'_>] = &[
            (&[], &[], None),
            (&["a=1"], &[], None),
            (&["route=x"], &["x"], Some(&[])),
            (&["a=1; route=x; b=2"], &["x"], Some(&["a=1; b=2"])),
            (&["route=x; a=1"], &["x"], Some(&["a=1"])),
            (&["a=1; route=x"], &["x"], Some(&["a=1"])),
            // RFC 6265 section 5.4 has one field; a gateway from HTTP/2 may make several.
            (&["route=x", "a=1"], &["x"], Some(&["a=1"])),
            (&["route=x; route=y"], &["x", "y"], Some(&[])),
            (&["a=1;route=x;b"], &["x"], Some(&["a=1;b"])),
            (&["route="], &[""], Some(&[])),
            (&["route=a=b"], &["a=b"], Some(&[])),
            (&["route=\"x\""], &["\"x\""], Some(&[])),
            // Names are compared as they are, and are tokens.
            (&["Route=x; xroute=y; route2=z; route"], &[], None),
            (&["route =x"], &[], None),
            (&[";;; ;route=x; ;"], &["x"], Some(&[";;; ; ;"])),
        ];
        for (lines, expected, rest) in rows {
            let lines: Vec<&[u8]> = lines.iter().map(|line| line.as_bytes()).collect();
            let found: Vec<&[u8]> = values(lines.iter().copied(), "route").collect();
            let expected: Vec<&[u8]> = expected.iter().map(|value| value.as_bytes()).collect();
            assert_eq!(found, expected);
            let rest = rest.map(|rest| rest.iter().map(|line| line.as_bytes().to_vec()).collect());
            assert_eq!(without(&lines, "route"), rest);
        }
    }
}
