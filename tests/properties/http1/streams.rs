use proptest::prelude::*;
use wirekit_laws::http1::{
    chunk_sizes, chunks, conversation, dripped, requests, responses, senders, sends, strangers,
};

const CHUNKS: &[&str] = &[
    "4\r\nWiki\r\n7;x=1\r\npedia i\r\n0\r\n\r\n",
    "10\r\n0123456789abcdef\r\n10\r\n0123456789abcdef\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n",
    "5;a=\"b;\\\"\" ; c = d\r\nhello\r\n000\r\nETag: 1\r\n\r\n",
    "FFFFFFFFFFFFFFFF\r\nx",
    "1\r\nab\r\n",
    "5 \r\nhello\r\n",
    "5 ;a\r\nhello\r\n",
    "\r\n",
];

const REQUESTS: &[&str] = &[
    "GET / HTTP/1.1\r\nHost: a\r\n\r\nPUT /b HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi\r\nGET /c HTTP/1.0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: ETag\r\n\r\n5;x\r\nhello\r\n0\r\nETag: 1\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n\x16\x03\x01",
    "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\nGET / HTTP/1.1\r\n\r\n",
    "GET / HTTP/1.1\nHost: a\n\n",
];

const RESPONSES: &[&str] = &[
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHTTP/1.1 204 \r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "HTTP/1.0 200 OK\r\n\r\nuntil the end",
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nwhatever",
    "HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
];

/// Requests, responses, trailers and chunked bodies whose lines have other lengths than those of the others.
const STRANGERS: [&[&str]; 4] = [
    &[
        "POST /pay HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 35\r\nX-A: 1\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST /pay HTTP/1.1\r\nHost: shop.example\r\nQ: 1\r\nR: 22222222222222",
        "GET / HTTP/1.1\r\nHost: a\r\nFolded: a\r\n b\r\n\tc\r\nAccept: */*\r\n\r\n",
        REQUESTS[0],
        REQUESTS[1],
    ],
    &[
        "HTTP/1.1 200 OK\r\nServer: one\r\nContent-Length: 38\r\nX-A: 1\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nServer: another\r\nQ: 1\r\nR: 22222222222222222",
        RESPONSES[0],
        RESPONSES[1],
    ],
    &[
        "ETag: 1\r\nX-Checksum: 0123456789\r\nLast: 1\r\n\r\nETag: 2\r\n\r\n",
        "A: 1\r\nFolded: a\r\n b\r\nAnother-Name: and value\r\nB: 2\r\n\r\n",
    ],
    &[
        "0\r\nETag: 1\r\nX-Checksum: 0123456789\r\nLast: 1\r\n\r\n",
        "1\r\nx\r\n0\r\nA: 1\r\nAnother-Name: and a value\r\nB: 2\r\n\r\n",
    ],
];

/// What a reader is, and a stream for it.
fn stranger() -> impl Strategy<Value = (u8, Vec<u8>)> {
    // By the low bits of the choice: heads of both kinds, trailers, a body, readers of both kinds, both ends.
    const SEEDS: [usize; 8] = [0, 1, 2, 3, 0, 1, 0, 1];
    any::<u8>().prop_flat_map(|choice| {
        let stream = mutated(STRANGERS[SEEDS[usize::from(choice & 7)]]);
        stream.prop_map(move |stream| (choice, stream))
    })
}

/// A seed with some bytes replaced, taken out or doubled.
fn mutated(seeds: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    let edits = prop::collection::vec((any::<prop::sample::Index>(), 0..4_u8, any::<u8>()), 0..4);
    (
        prop::sample::select(seeds),
        prop::sample::select(&[0_u8, 0x80, 0x81, 0x82][..]),
        edits,
    )
        .prop_map(|(seed, choice, edits)| {
            let mut bytes = seed.as_bytes().to_vec();
            for (at, edit, byte) in edits {
                if bytes.is_empty() {
                    break;
                }
                let at = at.index(bytes.len());
                match edit {
                    0 => bytes[at] = byte,
                    1 => _ = bytes.remove(at),
                    2 => bytes.insert(at, b"\r\n 0;:a\t"[usize::from(byte) % 8]),
                    _ => bytes.extend_from_within(at..),
                }
            }
            bytes.insert(0, choice);
            bytes
        })
}

proptest! {
    #[test]
    fn chunks_however_split(data in mutated(CHUNKS)) {
        chunks(&data[1..]);
    }

    #[test]
    fn chunk_sizes_beside_httparse(data in mutated(CHUNKS)) {
        chunk_sizes(&data[1..]);
    }

    #[test]
    fn chunk_sizes_of_anything(data in "[0-9a-fA-F]{0,18}[ \t;=\"\\\\a\r\n]{0,6}\r\n.{0,4}") {
        chunk_sizes(data.as_bytes());
    }

    #[test]
    fn requests_however_split(data in mutated(REQUESTS)) {
        requests(&data);
    }

    #[test]
    fn responses_however_split(data in mutated(RESPONSES)) {
        responses(&data);
    }

    #[test]
    fn both_ends_understand_each_other(data in prop::collection::vec(any::<u8>(), 0..600)) {
        conversation(&data);
    }

    #[test]
    fn what_goes_out_is_what_was_meant(data in prop::collection::vec(any::<u8>(), 0..600)) {
        senders(&data);
    }

    #[test]
    fn any_order_of_calls(data in prop::collection::vec(any::<u8>(), 0..600)) {
        sends(&data);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn strangers_do_not_mix(
        readers in prop::collection::vec(stranger(), 4),
        rounds in prop::collection::vec(any::<u8>(), 48),
    ) {
        let (choices, streams): (Vec<u8>, Vec<Vec<u8>>) = readers.into_iter().unzip();
        let streams: Vec<&[u8]> = streams.iter().map(|stream| &stream[1..]).collect();
        strangers(&[choices, rounds, streams.join(&0x1e)].concat());
    }
}

const CHUNKED: &str = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

#[test]
fn dripped_bytes_are_looked_at_once() {
    let rows = [
        ("GET / HTTP/1.1\r\nHost: a\r\nA: ", "value ", "v\r\n\r\n"),
        ("GET / HTTP/1.1\r\nHost: a\r\nA", "name", ": v\r\n\r\n"),
        ("GET / HTTP/1.1\r\nHost: a\r\nA:", "  \t ", "\r\n\r\n"),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 524288\r\n\r\n",
            "",
            "",
        ),
        (CHUNKED, "1\r\nx\r\n", "0\r\n\r\n"),
        (&format!("{CHUNKED}1"), ";name=value", "\r\nx\r\n0\r\n\r\n"),
        (
            &format!("{CHUNKED}1;a=\""),
            "quoted",
            "\"\r\nx\r\n0\r\n\r\n",
        ),
        (&format!("{CHUNKED}0\r\nETag: "), "value", "\r\n\r\n"),
    ];
    for (prefix, fill, suffix) in rows {
        if fill.is_empty() {
            let body = "x".repeat(1 << 19);
            dripped(format!("{prefix}{body}").as_bytes(), b"", b"");
        } else {
            dripped(prefix.as_bytes(), fill.as_bytes(), suffix.as_bytes());
        }
    }
}
