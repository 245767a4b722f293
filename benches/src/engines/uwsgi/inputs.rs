//! What a browser asks through nginx: 26 variables of about 920 bytes, 13 of them fields; eight variants in rotation.

use wirekit::uwsgi::{Field, Header, Var};

use super::Fields;

const VARIANTS: usize = 8;

fn cut(text: &'static str, len: usize) -> &'static [u8] {
    let bytes = text.as_bytes();
    bytes.get(..len).unwrap_or(bytes)
}

/// The fields of each variant.
pub(super) fn requests() -> Vec<Fields> {
    (0..VARIANTS)
        .map(|variant| {
            let fields: [(&str, &[u8]); 13] = [
                ("Host", b"127.0.0.1"),
                ("User-Agent", cut("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", 60 + variant)),
                ("Accept", b"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
                ("Accept-Language", b"en-US,en;q=0.5"),
                ("Accept-Encoding", b"gzip, deflate, br, zstd"),
                ("Connection", b"keep-alive"),
                ("Referer", cut("http://127.0.0.1:43080/polls/1/results/all", 28 + variant)),
                ("Cookie", cut("csrftoken=Zq3l0N6oY0dY4Qk0h7v1V2mJ8o9pXs5T; sessionid=8u2v6l4n1p0q9w3e5r7t2y4u6i8o0p1a", 80 + variant)),
                ("Upgrade-Insecure-Requests", b"1"),
                ("Sec-Fetch-Dest", b"document"),
                ("Sec-Fetch-Mode", b"navigate"),
                ("Sec-Fetch-Site", b"same-origin"),
                ("Priority", b"u=0, i"),
            ];
            fields.into_iter().map(|(name, value)| Field::new(name.as_bytes(), value)).collect()
        })
        .collect()
}

/// The packet of each variant, as nginx orders it.
pub(super) fn packets() -> Vec<Vec<u8>> {
    requests()
        .iter()
        .enumerate()
        .map(|(variant, fields)| {
            let mut vars: Vec<(String, Vec<u8>)> = [
                ("QUERY_STRING", &b"page=2"[..]),
                ("REQUEST_METHOD", b"GET"),
                ("CONTENT_TYPE", b""),
                ("CONTENT_LENGTH", b""),
                (
                    "REQUEST_URI",
                    cut("/polls/1/?page=2&order=newest", 16 + variant),
                ),
                ("PATH_INFO", b"/polls/1/"),
                ("DOCUMENT_ROOT", b"/usr/share/nginx/html"),
                ("SERVER_PROTOCOL", b"HTTP/1.1"),
                ("REQUEST_SCHEME", b"http"),
                ("REMOTE_ADDR", b"127.0.0.1"),
                ("REMOTE_PORT", b"43210"),
                ("SERVER_PORT", b"8080"),
                ("SERVER_NAME", b"localhost"),
            ]
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value.to_vec()))
            .collect();
            vars.extend(fields.iter().map(|field| {
                let name = String::from_utf8_lossy(field.name)
                    .to_uppercase()
                    .replace('-', "_");
                (format!("HTTP_{name}"), field.value.to_vec())
            }));
            let vars: Vec<Var<'_>> = vars
                .iter()
                .map(|(key, value)| Var::new(key.as_bytes(), value))
                .collect();
            let mut packet = Vec::new();
            // The variables fit: the digests would tell otherwise.
            let _ = Header::WSGI.encode_vars(&vars, &mut packet);
            packet
        })
        .collect()
}
