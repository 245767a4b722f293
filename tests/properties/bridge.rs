use proptest::prelude::*;
use wirekit_laws::bridge;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn what_passes_a_gateway_is_what_was_meant(data in prop::collection::vec(any::<u8>(), 0..400)) {
        bridge::exchange(&data);
    }
}

proptest! {
    #[test]
    fn any_response(choice in 0_u8..12, pieces in proptest::collection::vec(prop_oneof![
        Just("HTTP/1.1 200 OK\r\n"), Just("HTTP/1.0 200 OK\r\n"), Just("HTTP/1.1 999 Odd\r\n"), Just("HTTP/1.1 204 N\r\n"), Just("HTTP/1.1 103 E\r\n"),
        Just("HTTP/1.1 101 S\r\n"), Just("Upgrade:\r\n"), Just("Upgrade: websocket\r\nConnection: Upgrade\r\n"), Just("Status: 404\r\n"), Just("Content-Length: 3\r\n"),
        Just("Content-Length: x\r\n"), Just("Connection: close\r\n"), Just("Transfer-Encoding: chunked\r\n"), Just("A: b\n"), Just(" folded\r\n"),
        Just("\r\n"), Just("\n"), Just("abc"), Just("3\r\nabc\r\n"), Just("0\r\n"), Just("HTTP"), Just("/"),
    ], 0..9)) {
        let pieces = pieces.concat();
        bridge::responses(&[&[choice], pieces.as_bytes()].concat());
    }

    #[test]
    fn whatever_is_written(data in proptest::collection::vec(any::<u8>(), 0..120)) {
        bridge::written(&data);
    }
}

/// Where the crate's own reader of HTTP/1.1 decided otherwise than `wirekit-http1`: one law for both, whatever is behind.
#[test]
fn a_response_of_http_is_read_as_every_other_one() {
    #[rustfmt::skip]
    let heads = [
        // RFC 9112 section 6.3: a length that stands twice.
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n",
        // RFC 9112 section 6.1: a transfer coding in HTTP/1.0.
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        // RFC 9112 section 2.2: a bare LF.
        "HTTP/1.1 200 OK\nA: b\n\n",
        // RFC 9112 section 9.2: an empty line in front.
        "\r\nHTTP/1.1 200 OK\r\n\r\n", "\nHTTP/1.1 200 OK\r\n\r\n", "\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
        // RFC 9110 section 15: a status above 599.
        "HTTP/1.1 999 Odd\r\n\r\n",
        // RFC 9112 section 6.3, rule 1: a 204 with a length that is none.
        "HTTP/1.1 204 No Content\r\nContent-Length: x\r\n\r\n",
        // RFC 9110 section 7.8: a switch to a protocol that no element names.
        "HTTP/1.1 101 S\r\nConnection: Upgrade\r\nUpgrade: ,\r\n\r\n",
    ];
    for head in heads {
        for choice in 0..12 {
            for content in ["", "hi", "2\r\nhi\r\n0\r\n\r\n", "hi, and more"] {
                let response = [head, content].concat();
                bridge::responses(&[&[choice], response.as_bytes()].concat());
            }
        }
    }
}
