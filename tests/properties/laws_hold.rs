//! The tests of codecs whose laws all take any bytes.

/// The tests of `$laws` on every cut of `$seeds`, on seeds with one other byte, and on random input.
macro_rules! laws_hold {
    ($laws:path, $seeds:path) => {
        #[test]
        fn seeds_keep_the_laws() {
            for seed in $seeds() {
                for end in 0..=seed.len().min(64) {
                    $laws(&seed[..end]);
                }
                $laws(&seed);
            }
        }

        proptest::proptest! {
            #[test]
            fn random_bytes_keep_the_laws(data in proptest::collection::vec(proptest::num::u8::ANY, 0..3000)) {
                $laws(&data);
            }

            #[test]
            fn mutated_seeds_keep_the_laws(
                which: proptest::sample::Index,
                at: proptest::sample::Index,
                byte: u8,
            ) {
                let mut seed = which.get(&$seeds()).clone();
                *at.get_mut(&mut seed) = byte;
                $laws(&seed);
            }
        }
    };
}

pub(crate) use laws_hold;
