use wirekit::http1;
use wirekit::websocket::url::{Scheme, Url};

/// Laws 5 and 6 for URLs: what is written is read as the same, an error points inside, and HTTP takes the parts for a host
/// and a target.
pub fn urls(data: &[u8]) {
    let Ok(text) = core::str::from_utf8(data) else {
        return;
    };
    let url = match Url::parse(text) {
        Ok(url) => url,
        Err(error) => {
            assert!(error.offset() <= text.len(), "{error}");
            return;
        }
    };
    let written = url.to_string();
    let again = Url::parse(&written).expect("our own");
    assert_eq!(again.to_string(), written);
    let parts = |url: Url<'_>| (url.scheme(), url.host().to_owned(), url.port());
    assert_eq!(parts(again), parts(url));

    let (authority, target) = (url.authority().to_string(), url.target().to_string());
    let host = http1::Authority::parse(authority.as_bytes()).expect("a host");
    let default = match url.scheme() {
        Scheme::Ws => 80,
        Scheme::Wss => 443,
    };
    assert_eq!(host.port().unwrap_or(default), url.port());
    assert_eq!(
        host.host_str().trim_matches(['[', ']']),
        url.host(),
        "{text:?}"
    );
    if target.len() > 8 << 10 || authority.len() > 8 << 10 {
        return; // Longer than HTTP's default limits.
    }
    let mut fields = http1::FieldTable::new();
    let request = format!("GET {target} HTTP/1.1\r\nHost: {authority}\r\n\r\n");
    let (head, used) = http1::RequestHead::parse(request.as_bytes(), &mut fields)
        .expect("a request")
        .expect("a whole one");
    assert_eq!(used, request.len());
    assert_eq!(head.line().target, target);
}
