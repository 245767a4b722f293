use proptest::prelude::*;
use wirekit_laws::gateway::{config, play, route, simulator};

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
];

#[test]
fn conversations_keep_the_laws() {
    let seeds = FAILED.iter().map(|(seed, _)| *seed).chain(0..400);
    let exchanges: usize = seeds.map(|seed| play(seed, false)).sum();
    assert!(exchanges > 1000, "{exchanges} exchanges");
}

proptest! {
    #[test]
    fn any_choices(data in prop::collection::vec(any::<u8>(), 0..600)) {
        simulator(&data);
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
