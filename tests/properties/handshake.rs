use proptest::prelude::*;
use wirekit_laws::handshake;

const VALUES: [&str; 10] = [
    "foo",
    "foo; bar=baz; q, other;x=\"1\\0\"",
    "permessage-deflate; client_max_window_bits",
    "permessage-deflate; server_no_context_takeover; server_max_window_bits=10; client_max_window_bits=\"9\"",
    "permessage-deflate; server_max_window_bits=15, permessage-deflate",
    " , ,a ;\tb = c , ",
    "a;b=\"",
    "a;b=\"\"",
    "a;;b",
    "",
];

#[test]
fn extensions_hold_on_seeds_and_their_prefixes() {
    for value in VALUES {
        for end in 0..=value.len() {
            handshake::extensions(&value.as_bytes()[..end]);
        }
    }
}

proptest! {
    #[test]
    fn extensions_hold(value in "[a-c;,=\"\\\\ \t]{0,40}") {
        handshake::extensions(value.as_bytes());
    }

    #[test]
    fn offers_hold(
        value in "(permessage-deflate(; ?(server|client)_(no_context_takeover|max_window_bits(=[0-9]{1,2})?)){0,4},? ?){1,3}"
    ) {
        handshake::extensions(value.as_bytes());
    }

    #[test]
    fn openings_hold(data in proptest::collection::vec(any::<u8>(), 0..300)) {
        handshake::opening(&data);
    }
}
