//! Cookies of a request: RFC 6265.

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
