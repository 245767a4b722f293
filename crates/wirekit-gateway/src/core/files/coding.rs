//! Which of a file and its coded siblings is sent, and where a folder is.

use wirekit::http::accept::choose_encoding;
use wirekit::http1::RequestHead;

use crate::config::Coding;

/// The place, in what is there, of the coding that a client would rather have than the plain file: the first of those that
/// it wants alike. None where it wants none of them, or what it says breaks the grammar.
pub fn choose(head: &RequestHead<'_>, there: impl IntoIterator<Item = Coding>) -> Option<usize> {
    let mut offered = [""; 3];
    let mut count = 0;
    let words = there.into_iter().take(2).map(Coding::as_str);
    for (place, word) in offered.iter_mut().zip(words.chain(["identity"])) {
        (*place, count) = (word, count + 1);
    }
    let fields = head.fields();
    let lines = fields
        .into_iter()
        .filter(|field| field.is_named("accept-encoding"))
        .map(|field| field.value);
    let chosen = choose_encoding(lines, offered.get(..count)?).ok()??;
    (chosen + 1 < count).then_some(chosen)
}

/// The URL, without a host, of the folder that a path in its normal form names without a slash at its end. None for a path
/// that has one.
///
/// What is not a segment's own character (RFC 3986 section 3.3) is encoded, so nothing in it makes another host of it.
pub fn folder_url(path: &[u8], query: Option<&str>) -> Option<Vec<u8>> {
    if path.ends_with(b"/") {
        return None;
    }
    let mut url = Vec::with_capacity(path.len() + 1);
    for byte in path {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' => url.push(*byte),
            b'-' | b'.' | b'_' | b'~' | b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+'
            | b',' | b';' | b'=' | b':' | b'@' => url.push(*byte),
            byte => url.extend_from_slice(format!("%{byte:02X}").as_bytes()),
        }
    }
    url.push(b'/');
    if let Some(query) = query {
        url.push(b'?');
        url.extend_from_slice(query.as_bytes());
    }
    Some(url)
}

#[cfg(test)]
mod tests {
    use wirekit::http1::FieldTable;

    use super::*;

    #[test]
    fn the_coding_that_is_wanted_most_is_sent() {
        use Coding::{Brotli, Gzip};
        #[rustfmt::skip]
        let rows: &[(&str, &[Coding], Option<Coding>)] = &[
            // RFC 9110 section 12.5.3: without the field few decode anything.
            ("", &[Brotli, Gzip], None),
            ("Accept-Encoding: \r\n", &[Brotli, Gzip], None),
            ("Accept-Encoding: gzip, deflate, br\r\n", &[Brotli, Gzip], Some(Brotli)),
            ("Accept-Encoding: gzip, deflate, br\r\n", &[Gzip, Brotli], Some(Gzip)),
            ("Accept-Encoding: gzip, deflate, br\r\n", &[Gzip], Some(Gzip)),
            ("Accept-Encoding: br;q=0.5, gzip\r\n", &[Brotli, Gzip], Some(Gzip)),
            ("Accept-Encoding: br;q=0, gzip;q=0.1\r\n", &[Brotli, Gzip], Some(Gzip)),
            ("Accept-Encoding: br;q=0\r\n", &[Brotli, Gzip], None),
            ("Accept-Encoding: x-gzip\r\n", &[Brotli, Gzip], Some(Gzip)),
            ("Accept-Encoding: *\r\n", &[Brotli, Gzip], Some(Brotli)),
            ("Accept-Encoding: deflate\r\nAccept-Encoding: BR\r\n", &[Brotli, Gzip], Some(Brotli)),
            ("Accept-Encoding: identity, gzip;q=0.5\r\n", &[Brotli, Gzip], None),
            ("Accept-Encoding: gzip;q=2\r\n", &[Brotli, Gzip], None),
            // Nothing else is there: the field may be disregarded.
            ("Accept-Encoding: identity;q=0\r\n", &[], None),
        ];
        for (line, there, expected) in rows {
            let wire = format!("GET / HTTP/1.1\r\nHost: a\r\n{line}\r\n");
            let mut fields = FieldTable::new();
            let parsed = RequestHead::parse(wire.as_bytes(), &mut fields).unwrap();
            let at = choose(&parsed.unwrap().0, there.iter().copied());
            assert_eq!(at.map(|at| there[at]), *expected, "{line} {there:?}");
        }
    }

    #[test]
    fn a_folder_is_where_its_path_says() {
        let rows = [
            ("/a", None, Some("/a/")),
            ("/a/b", Some("x=%2F&y"), Some("/a/b/?x=%2F&y")),
            ("/a b\u{e9}%?#", None, Some("/a%20b%C3%A9%25%3F%23/")),
            ("/\\evil.example", None, Some("/%5Cevil.example/")),
            ("/a\r\nb", None, Some("/a%0D%0Ab/")),
            ("/a/", None, None),
        ];
        for (path, query, expected) in rows {
            let url = folder_url(path.as_bytes(), query);
            assert_eq!(url.as_deref(), expected.map(str::as_bytes));
        }
    }
}
