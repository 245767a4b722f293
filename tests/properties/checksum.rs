//! The laws of `wirekit-checksum` on seeds and on random input.

use proptest::prelude::*;
use wirekit_laws::checksum;

fn seeds() -> Vec<Vec<u8>> {
    vec![
        vec![
            0x45, 0, 0, 20, 0, 1, 0, 0, 64, 6, 0xf6, 0xdf, 192, 0, 2, 1, 192, 0, 2, 2,
        ],
        vec![0xff; 700],
        vec![0; 300],
        (0..=255).cycle().take(2049).collect(),
    ]
}

fn laws(data: &[u8]) {
    checksum::sum(data);
    checksum::update(data);
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
