use core::net::{Ipv4Addr, Ipv6Addr};
use std::path::Path;

use super::*;
use crate::config::Config;

const T0: Instant = Duration::ZERO;

/// An upstream of servers a, b, c, .. with these keys each.
fn balancer(balance: &str, servers: &[&str]) -> Balancer {
    let mut text = format!("[upstream.app]\nprotocol = 'uwsgi'\nbalance = '{balance}'\n");
    for (at, keys) in servers.iter().enumerate() {
        let port = 18001 + at;
        text += &format!(
            "[[upstream.app.server]]\nid = '{at}'\naddress = '127.0.0.1:{port}'\n{keys}\n"
        );
    }
    text += "[[site]]\n[[site.location]]\npath = '/'\nupstream = 'app'\n";
    let config = Config::parse(&text, Path::new("gateway.toml")).unwrap();
    Balancer::new(&config.upstreams[0])
}

fn choose(balancer: &mut Balancer, now: Instant, wanted: Wanted<'_>) -> Option<usize> {
    balancer.choose(now, wanted, &mut Tries::new())
}

/// One digit a request: its server.
fn choices(
    balancer: &mut Balancer,
    wanted: impl Iterator<Item = (Option<IpAddr>, String)>,
) -> String {
    wanted
        .map(|(address, key)| {
            let chosen = choose(balancer, T0, Wanted::new(address, key.as_bytes()));
            chosen.map_or("-".to_owned(), |chosen| chosen.to_string())
        })
        .collect()
}

fn turns(balancer: &mut Balancer, count: usize) -> String {
    choices(balancer, (0..count).map(|_| (None, String::new())))
}

/// The servers that nginx 1.22.1 was asked with.
const FOUR: [&str; 4] = ["", "weight = 3", "weight = 2\nstate = 'down'", ""];

#[test]
fn round_robin_takes_the_turns_of_nginx() {
    assert_eq!(
        turns(&mut balancer("round_robin", &FOUR), 20),
        "10131101311013110131"
    );
    assert_eq!(
        turns(&mut balancer("round_robin", &["weight = 5", "", ""]), 14),
        "00102000010200"
    );
}

#[test]
fn keys_belong_to_the_servers_that_nginx_gives_them() {
    let keys = || (0..100).map(|at| (None, format!("key-{at}")));
    assert_eq!(
        choices(&mut balancer("hash", &FOUR), keys()),
        "1131110133111311110311011111111010011331311331111111113111110111033013311013313311011111111101130113"
    );
    assert_eq!(
        choices(&mut balancer("hash_consistent", &FOUR), keys()),
        "1111131003101300113111331033110113331111101313130333100101111033011131011110111313033111300301111111"
    );
}

#[test]
fn addresses_belong_to_the_servers_that_nginx_gives_them() {
    let v4 = (0..100_u32).map(|at| {
        let [.., second] = (at * 7 % 256).to_be_bytes();
        let [.., third] = (at * 31 % 256).to_be_bytes();
        (
            Some(IpAddr::V4(Ipv4Addr::new(10, second, third, 9))),
            String::new(),
        )
    });
    assert_eq!(
        choices(&mut balancer("ip_hash", &FOUR), v4),
        "1311111303111111031310110311111101111131311301311111013131110131111101311111113130111111101131011013"
    );
    let v6 = (0..67_u32).map(|at| {
        let address = 0x2001_0db8_u128 << 96 | u128::from(at * 977);
        (Some(IpAddr::V6(Ipv6Addr::from(address))), String::new())
    });
    assert_eq!(
        choices(&mut balancer("ip_hash", &FOUR), v6),
        "1111101100310310101111111103103103111110111011031131311111111110330"
    );
}

#[test]
fn without_a_key_turns_are_taken() {
    for balance in ["hash", "hash_consistent"] {
        assert_eq!(
            turns(&mut balancer(balance, &["", "", ""]), 6),
            "012012",
            "{balance}"
        );
    }
}

#[test]
fn the_fewest_requests_for_its_weight_win() {
    let mut balancer = balancer("least_connections", &["", "weight = 2", ""]);
    let mut taken = String::new();
    for _ in 0..8 {
        let server = choose(&mut balancer, T0, Wanted::default()).unwrap();
        balancer.begin(server);
        taken += &server.to_string();
    }
    assert_eq!(
        (balancer.active(0), balancer.active(1), balancer.active(2)),
        (2, 4, 2),
        "{taken}"
    );
    balancer.end(2, T0, Ending::Answered);
    assert_eq!(choose(&mut balancer, T0, Wanted::default()), Some(2));
}

#[test]
fn no_server_is_chosen_twice_for_one_request() {
    for balance in [
        "round_robin",
        "least_connections",
        "ip_hash",
        "hash",
        "hash_consistent",
    ] {
        let mut balancer = balancer(balance, &["", "", "state = 'backup'"]);
        let mut tries = Tries::new();
        let wanted = Wanted::new(Some(IpAddr::V4(Ipv4Addr::LOCALHOST)), b"key");
        let mut chosen: Vec<usize> =
            core::iter::from_fn(|| balancer.choose(T0, wanted, &mut tries)).collect();
        assert_eq!(chosen.last(), Some(&2), "{balance}: a backup comes last");
        chosen.sort_unstable();
        assert_eq!(chosen, [0, 1, 2], "{balance}");
        assert_eq!(tries.count(), 3);
    }
}

#[test]
fn servers_that_are_down_draining_or_full_get_nothing() {
    assert_eq!(
        turns(
            &mut balancer("round_robin", &["state = 'down'", "state = 'drain'", ""]),
            3
        ),
        "222"
    );
    assert_eq!(
        turns(&mut balancer("round_robin", &["state = 'down'"]), 1),
        "-"
    );
    let mut full = balancer("round_robin", &["max_connections = 1", ""]);
    full.begin(0);
    assert_eq!(turns(&mut full, 3), "111");
    full.end(0, T0, Ending::Answered);
    assert!(turns(&mut full, 3).contains('0'));
}

#[test]
fn a_draining_server_keeps_whom_it_has() {
    let mut balancer = balancer("round_robin", &["", ""]);
    balancer.set_state(0, ServerState::Drain);
    assert_eq!(turns(&mut balancer, 2), "11");
    assert!(balancer.is_usable(0, T0));
    balancer.set_state(0, ServerState::Down);
    assert!(!balancer.is_usable(0, T0) && !balancer.is_usable(2, T0));
}

#[test]
fn a_server_that_fails_is_left_out_and_then_tried_once() {
    let keys = "max_failures = 2\nfailure_timeout = '10s'";
    let mut balancer = balancer("round_robin", &[keys, keys]);
    let second = |seconds| Duration::from_secs(seconds);
    balancer.begin(0);
    balancer.end(0, second(1), Ending::Failed);
    assert!(balancer.is_usable(0, second(1)), "one failure of two");
    balancer.begin(0);
    balancer.end(0, second(1), Ending::Failed);
    assert!(!balancer.is_usable(0, second(11)));
    assert_eq!(choose(&mut balancer, second(5), Wanted::default()), Some(1));

    assert!(balancer.is_usable(0, second(12)));
    let mut tries = Tries::new();
    while balancer.choose(second(12), Wanted::default(), &mut tries) != Some(0) {}
    assert!(
        !balancer.is_usable(0, second(12)),
        "one request tries it, the others wait for its answer"
    );
    balancer.begin(0);
    balancer.end(0, second(13), Ending::Answered);
    assert!(balancer.is_usable(0, second(13)));
}

#[test]
fn a_failure_lowers_the_weight_and_turns_bring_it_back() {
    let mut balancer = balancer(
        "round_robin",
        &["weight = 4\nmax_failures = 4", "weight = 4"],
    );
    balancer.begin(0);
    balancer.end(0, T0, Ending::Failed);
    assert_eq!(balancer.servers[0].effective_weight, 3);
    turns(&mut balancer, 1);
    assert_eq!(balancer.servers[0].effective_weight, 4);
}

#[test]
fn the_only_server_is_asked_whatever_it_did() {
    let mut balancer = balancer("round_robin", &[""]);
    for _ in 0..3 {
        assert_eq!(choose(&mut balancer, T0, Wanted::default()), Some(0));
        balancer.begin(0);
        balancer.end(0, T0, Ending::Failed);
    }
}

#[test]
fn a_client_that_went_away_says_nothing_about_the_server() {
    let mut balancer = balancer("round_robin", &["", ""]);
    balancer.begin(0);
    balancer.end(0, T0, Ending::Abandoned);
    assert!(balancer.is_usable(0, T0));
    assert_eq!(balancer.active(0), 0);
}
