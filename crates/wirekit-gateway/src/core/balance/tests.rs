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

/// How often each of three servers is chosen in so many turns.
fn shares(balancer: &mut Balancer, now: Instant, turns: usize) -> [usize; 3] {
    let mut shares = [0; 3];
    for _ in 0..turns {
        shares[choose(balancer, now, Wanted::default()).unwrap()] += 1;
    }
    shares
}

/// The balancer of servers with these keys as it is reloaded from one with others.
fn reloaded(before: &[&str], after: &[&str], now: Instant) -> Balancer {
    let earlier = balancer("round_robin", before);
    let mut later = balancer("round_robin", after);
    later.inherit(&earlier, now);
    later
}

#[test]
fn the_weight_of_a_server_that_is_added_grows() {
    let slow = "slow_start = '10s'";
    let second = |seconds| Duration::from_secs(seconds);
    for (before, after) in [
        (vec![slow, slow], [slow, slow, slow]),
        (vec![slow, slow, "state = 'down'"], [slow, slow, slow]),
        (vec![slow, slow, "state = 'drain'"], [slow, slow, slow]),
    ] {
        let mut balancer = reloaded(&before, &after, second(100));
        // Of 100 parts each of the two has 1000 at every turn, and the third as many thousandths as have passed.
        assert_eq!(shares(&mut balancer, second(100), 100)[2], 0);
        assert_eq!(shares(&mut balancer, second(105), 100), [40, 40, 20]);
        assert_eq!(shares(&mut balancer, second(110), 99), [33, 33, 33]);
    }
    // Of no concern: no slow start, no change, or a start of the program.
    let mut fast = reloaded(&["", ""], &["", "", ""], second(100));
    assert_eq!(shares(&mut fast, second(100), 99), [33, 33, 33]);
    let mut same = reloaded(&[slow; 3], &[slow; 3], second(100));
    assert_eq!(shares(&mut same, second(100), 99), [33, 33, 33]);
    assert_eq!(
        shares(&mut balancer("round_robin", &[slow; 3]), T0, 99),
        [33, 33, 33]
    );
}

#[test]
fn the_weight_of_a_server_that_came_back_grows() {
    let slow = "slow_start = '10s'\nfailure_timeout = '10s'";
    let second = |seconds| Duration::from_secs(seconds);
    let mut balancer = balancer("least_connections", &[slow; 3]);
    balancer.begin(2);
    balancer.end(2, second(1), Ending::Failed);
    let mut tries = Tries::new();
    while balancer.choose(second(12), Wanted::default(), &mut tries) != Some(2) {}
    balancer.begin(2);
    balancer.end(2, second(13), Ending::Answered);
    for server in [0, 1, 2] {
        balancer.begin(server);
    }
    // One request for half the weight is as much as two.
    balancer.begin(0);
    assert_eq!(shares(&mut balancer, second(18), 10), [0, 10, 0]);
    balancer.begin(1);
    assert_eq!(shares(&mut balancer, second(23), 10), [0, 0, 10]);
}

#[test]
fn a_server_that_is_not_well_is_left_out() {
    use crate::core::health::{Checks, Outcome};
    let text = |state: &str| {
        format!(
            "[upstream.app]\nprotocol = 'uwsgi'\nhealth = {{ fall = 1, rise = 1 }}\n[[upstream.app.server]]\nid = 'a'\naddress = '127.0.0.1:1'\n{state}\nslow_start = '10s'\n[[upstream.app.server]]\nid = 'b'\naddress = '127.0.0.1:2'\n[[site]]\n[[site.location]]\npath = '/'\nupstream = 'app'\n"
        )
    };
    let config = |state| Config::parse(&text(state), Path::new("gateway.toml")).unwrap();
    let (up, drain) = (config(""), config("state = 'drain'"));
    let mut checks = Checks::new();
    let verdicts = checks.renew(&up, T0, || 0);
    // Those of two workers.
    let mut balancers = [(); 2].map(|()| {
        let mut balancer = Balancer::new(&up.upstreams[0]);
        balancer.heed(&verdicts, 0);
        balancer
    });
    let check = checks.begin(T0, 0).unwrap();
    assert_eq!(check.server, "a");
    checks.report(check.number, Outcome::Status(500), T0);
    for balancer in &mut balancers {
        assert_eq!(turns(balancer, 4), "1111");
        assert!(!balancer.is_usable(0, T0) && !balancer.is_well(0) && balancer.is_well(1));
    }
    // What drains is not asked, and what was found before says nothing of it.
    let mut draining = Balancer::new(&drain.upstreams[0]);
    draining.inherit(&balancers[0], T0);
    draining.heed(&checks.renew(&drain, T0, || 0), 0);
    assert!(draining.is_usable(0, T0));
    let verdicts = checks.renew(&up, T0, || 0);
    let check = checks.begin(Duration::from_secs(1), 0).unwrap();
    let mut later = Balancer::new(&up.upstreams[0]);
    later.heed(&verdicts, 0);
    assert_eq!(turns(&mut later, 2), "11");
    let second = Duration::from_secs(1);
    checks.report(check.number, Outcome::Status(200), second);
    assert!(later.is_usable(0, second));
    let mut shares = [0; 2];
    for _ in 0..30 {
        let half = Duration::from_secs(6);
        shares[choose(&mut later, half, Wanted::default()).unwrap()] += 1;
    }
    assert_eq!(shares, [10, 20], "its weight grows");
}

#[test]
fn a_server_that_drains_keeps_whom_it_has_until_its_time_is_over() {
    let second = |seconds| Duration::from_secs(seconds);
    let drains = ["state = 'drain'\ndrain_timeout = '30s'", ""];
    let mut draining = reloaded(&["", ""], &drains, second(100));
    assert_eq!(draining.drain_at(0), Some(second(130)));
    assert!(draining.is_usable(0, second(129)) && !draining.is_usable(0, second(130)));
    // A reload that says the same does not begin again, and one that says another time does.
    let reload = |earlier: &Balancer, keys: &[&str], now| {
        let mut later = balancer("round_robin", keys);
        later.inherit(earlier, now);
        later
    };
    draining = reload(&draining, &drains, second(110));
    assert_eq!(draining.drain_at(0), Some(second(130)));
    let sooner = ["state = 'drain'\ndrain_timeout = '5s'", ""];
    draining = reload(&draining, &sooner, second(110));
    assert_eq!(draining.drain_at(0), Some(second(115)));
    draining = reload(&draining, &["state = 'drain'", ""], second(111));
    assert_eq!(draining.drain_at(0), None);
    assert!(draining.is_usable(0, second(999)));
    let up = reload(&draining, &["", ""], second(112));
    assert!(up.is_usable(0, second(112)) && up.drain_at(0).is_none());
    let begun = balancer("round_robin", &drains);
    assert_eq!(begun.drain_at(0), Some(second(30)), "from the start on");
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

/// nginx marks a server `down` so that the others keep what they have; one that drains is left out in the same way.
#[test]
fn a_server_that_is_left_out_moves_its_own_alone() {
    for balance in ["ip_hash", "hash", "hash_consistent"] {
        for state in [ServerState::Down, ServerState::Drain] {
            for out in 0..4 {
                let servers = ["", "weight = 3", "weight = 2", ""];
                let (mut all, mut fewer) =
                    (balancer(balance, &servers), balancer(balance, &servers));
                fewer.set_state(out, state);
                let mut moved = 0;
                for at in 0..400_u32 {
                    let address = IpAddr::V4(Ipv4Addr::from(at << 12 | 0x0a00_0000));
                    let key = format!("key-{at}");
                    let wanted = Wanted::new(Some(address), key.as_bytes());
                    let before = choose(&mut all, T0, wanted);
                    let after = choose(&mut fewer, T0, wanted);
                    assert_ne!(after, Some(out), "{balance}");
                    match before == Some(out) {
                        true => moved += 1,
                        false => assert_eq!(before, after, "{balance} {state:?} {key}"),
                    }
                }
                assert!(moved > 20, "{balance}: {moved} of server {out}");
            }
        }
    }
}
