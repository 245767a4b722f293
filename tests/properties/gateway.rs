use proptest::prelude::*;
use wirekit_laws::gateway::{affinity, config, forwarded, play, proxy_header, route, simulator};

/// Seeds of conversations that once broke a law, and what was wrong.
const FAILED: &[(u64, &str)] = &[
    (
        17,
        "a response that was not read to its end was logged as served",
    ),
    (
        1260,
        "content that was streamed was missing for the next server",
    ),
    (
        2403,
        "what lasts until the connection's end got an end in order, in part",
    ),
    (
        10893,
        "a server that took no more was kept in the middle of a request",
    ),
    (
        4279,
        "an upload that was held first used up the try of a server that had failed, and moved its user",
    ),
    (
        5_018_193,
        "content that could not be stored when it was answered already brought a second response",
    ),
    (
        9_043_387,
        "a user whose server was full once their content had come was moved, and the store was not asked",
    ),
    (
        9_084_675,
        "a user whose server failed while their content came was moved, and the store was not asked",
    ),
];

#[test]
fn conversations_keep_the_laws() {
    let seeds = FAILED.iter().map(|(seed, _)| *seed).chain(0..400);
    let exchanges: usize = seeds.map(|seed| play(seed, false)).sum();
    assert!(exchanges > 1000, "{exchanges} exchanges");
}

/// What headers of the PROXY protocol consist of, and what is none.
const PIECES: &[&[u8]] = &[
    b"PROXY ",
    b"TCP4 ",
    b"TCP6 ",
    b"UNKNOWN",
    b"1.1.1.1 ",
    b"::1 ",
    b"80",
    b" ",
    b"\r\n",
    b"\r",
    b"\r\n\r\n\0\r\nQUIT\n",
    b"\x21\x11\0\x0c",
    b"\x20\0\0\0",
    b"\x21\x21\0\x24",
    b"\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c",
    b"\xff",
];

proptest! {
    #[test]
    fn any_choices(data in prop::collection::vec(any::<u8>(), 0..600)) {
        simulator(&data);
    }

    #[test]
    fn any_hops(choice: u8, form: bool, cut: u8, hops in prop::collection::vec(any::<u8>(), 0..12)) {
        forwarded(&[&[choice, u8::from(form), cut][..], &hops].concat());
    }

    #[test]
    fn any_field_of_hops(choice: u8, cut: u8, pieces in prop::collection::vec(prop_oneof![
        Just("for="), Just("For="), Just("1.1.1.1"), Just("10.0.0.2"), Just("\""), Just("["), Just("]"), Just("::1"), Just(":80"), Just(","), Just(";"), Just(" "),
        Just("unknown"), Just("_x"), Just("proto=https"), Just("\\"), Just("fd00::1"), Just("="), Just("ä"),
    ], 0..16)) {
        forwarded(&[&[choice, 1, cut], pieces.concat().as_bytes()].concat());
    }

    #[test]
    fn any_header_that_is_written(peer: u8, cut: u8, header in prop::collection::vec(any::<u8>(), 19..80)) {
        proxy_header(&[&[peer | 8, cut][..], &header].concat());
    }

    #[test]
    fn any_header(peer: u8, cut: u8, pieces in prop::collection::vec(prop::sample::select(PIECES), 0..8)) {
        proxy_header(&[&[peer & !8, cut][..], &pieces.concat()].concat());
    }

    #[test]
    fn any_cookies(time: u8, pieces in prop::collection::vec(prop_oneof![
        Just("route="), Just("; "), Just(";"), Just("\n"), Just("\u{1}"), Just("\u{2}"), Just("\u{3}"), Just("\u{4}"), Just("\u{5}"), Just("\u{6}"),
        Just("\u{7}"), Just("\u{8}"), Just("."), Just("x"), Just("other="), Just(" "), Just("\""), Just("="), Just("a.0."), Just("\u{1}; route=\u{2}"),
    ], 0..24)) {
        affinity(&[&[time], pieces.concat().as_bytes()].concat());
    }

    #[test]
    fn any_path(choice: u8, pieces in prop::collection::vec(prop_oneof![
        Just("/"), Just("s"), Just("t"), Just("h"), Just("only"), Just(".."), Just("."), Just("%2e"), Just("%2F"), Just("%00"), Just("a"), Just("?"),
        Just("%"), Just(".git"), Just("%5c"), Just("\\"), Just("//"), Just(":"), Just("*"), Just(" "), Just("http://a"), Just("%c3%a4"), Just("#"), Just("\r\n"),
    ], 0..9)) {
        route(&[&[choice, b'/'], pieces.concat().as_bytes()].concat());
    }

    #[test]
    fn any_configuration(pieces in prop::collection::vec(prop_oneof![
        Just("[[site]]\n"), Just("[[site.location]]\n"), Just("path = '/'\n"), Just("root = '.'\n"), Just("upstream = 'app'\n"), Just("[upstream.app]\n"),
        Just("protocol = 'uwsgi'\n"), Just("[[upstream.app.server]]\n"), Just("id = 'a'\n"), Just("address = '127.0.0.1:1'\n"), Just("[limits]\n"),
        Just("head = '1 KiB'\n"), Just("hosts = ['*']\n"), Just("ä = 'ö'\n"), Just("\n"), Just("'"), Just("= ["), Just("weight = 0\n"), Just("[[listen]]\n"),
    ], 0..20)) {
        config(pieces.concat().as_bytes());
    }
}
