use core::cell::Cell;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use wirekit_laws::http1::{
    is_encoded, request_heads, response_heads, versus_httparse, versus_picohttpparser,
};

const SEEDS: &[&str] = &[
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "\r\nPOST /where?q=now HTTP/1.1\r\nHost: www.example.com:8080\r\nContent-Length: 12\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nExpect: 100-continue\r\n\r\nhello, world",
    "GET http://user@www.example.org:80/pub?x HTTP/1.0\r\nhost:[2001:db8::1]:443\r\nX-Long-Name-Of-More-Than-Thirty-Two-Bytes: v\r\nEmpty:\r\nTabs:\t a\tb \t\r\n\r\n",
    "CONNECT www.example.com:80 HTTP/1.1\r\nHost: www.example.com\r\nTransfer-Encoding: gzip , chunked\r\n\r\n",
    "OPTIONS * HTTP/1.1\r\nHost: \r\nTransfer-Encoding: chunked\r\nContent-Length: 3, 3\r\nContent-Length: +3\r\n\r\n",
    "GET / HTTP/1.2\r\nHost: a\r\nAccept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8\r\nFolded: a\r\n  b\r\n\r\n",
    "GET / HTTP/1.1\nHost : a\n\n",
    "HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nhello",
    "HTTP/1.0 404 Not Found\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\nConnection: close\r\n\r\n",
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n\x01\x02",
    "HTTP/1.1 204 \r\n\r\n",
    "HTTP/1.1 304\r\nETag: \"x\"\r\n\r\n",
];

/// A seed with some bytes replaced, taken out, put in or doubled.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let bytes = prop_oneof![
        any::<u8>(),
        prop::sample::select(&b"\r\n :\t,\0\x7f\x80#/[]@;1"[..])
    ];
    let edits = prop::collection::vec((any::<prop::sample::Index>(), 0..5_u8, bytes), 0..5);
    (prop::sample::select(SEEDS), edits).prop_map(|(seed, edits)| {
        let mut bytes = seed.as_bytes().to_vec();
        for (index, edit, byte) in edits {
            if bytes.is_empty() {
                break;
            }
            let at = index.index(bytes.len());
            match edit {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                2 => drop(bytes.remove(at)),
                3 => bytes.truncate(at),
                _ => bytes.extend_from_within(at..),
            }
        }
        bytes
    })
}

#[test]
fn seeds_keep_the_laws() {
    for seed in SEEDS {
        request_heads(seed.as_bytes());
        response_heads(seed.as_bytes());
        versus_httparse(seed.as_bytes());
        versus_picohttpparser(seed.as_bytes());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn request_heads_keep_the_laws(data in mutated()) {
        request_heads(&data);
    }

    #[test]
    fn response_heads_keep_the_laws(data in mutated()) {
        response_heads(&data);
    }

    #[test]
    fn heads_differ_from_picohttpparser_as_listed(data in mutated()) {
        versus_picohttpparser(&data);
    }

    #[test]
    fn heads_differ_from_httparse_as_listed(data in mutated()) {
        versus_httparse(&data);
    }
}

/// Most of what is generated is encoded: a law that is never reached proves nothing.
#[test]
fn encoded_heads_keep_the_laws() {
    let count = Cell::new(0);
    let mut runner = TestRunner::new(ProptestConfig::with_cases(2000));
    let result = runner.run(&prop::collection::vec(any::<u8>(), 500..900), |data| {
        count.set(count.get() + usize::from(is_encoded(&data)));
        Ok(())
    });
    assert_eq!(result, Ok(()));
    assert!(count.get() > 1000, "{} of 2000", count.get());
}
