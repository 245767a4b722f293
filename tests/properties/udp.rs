//! The laws of `wirekit-udp` on seeds and on random input.

use proptest::prelude::*;
use wirekit::udp::ErrorKind;
use wirekit_laws::udp;

fn seeds() -> Vec<Vec<u8>> {
    vec![
        vec![0x0f, 0xa0, 0, 53, 0, 10, 0, 0, b'h', b'i', 0, 0],
        vec![0, 1, 0, 2, 0, 0, 0, 0],
        vec![0, 1, 0, 2, 0, 7, 0, 0],
        vec![0, 1, 0, 2, 0xff, 0xff, 1, 1, 1],
        (0..=255).collect(),
    ]
}

fn laws(data: &[u8]) {
    udp::parse(data);
    udp::round_trip(data);
}

#[test]
fn kinds_are_the_list() {
    let listed: Vec<_> = include_str!("../kinds/udp.txt").lines().collect();
    let kinds: Vec<_> = ErrorKind::ALL
        .iter()
        .map(|kind| format!("{}\t{}", kind.as_str(), kind.spec()))
        .collect();
    assert_eq!(kinds, listed);
}

#[test]
fn seeds_keep_the_laws() {
    for seed in seeds() {
        for end in 0..=seed.len().min(64) {
            laws(&seed[..end]);
        }
        laws(&seed);
    }
}

proptest! {
    #[test]
    fn random_bytes_keep_the_laws(data in prop::collection::vec(any::<u8>(), 0..3000)) {
        laws(&data);
    }

    #[test]
    fn mutated_seeds_keep_the_laws(which: prop::sample::Index, at: prop::sample::Index, byte: u8) {
        let mut seed = which.get(&seeds()).clone();
        let at = at.index(seed.len());
        seed[at] = byte;
        laws(&seed);
    }
}
