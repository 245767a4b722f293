//! The laws of `wirekit-tcp` on seeds and on random input.

use std::collections::BTreeSet;

use wirekit_laws::tcp;

fn seeds() -> Vec<Vec<u8>> {
    let fixed = |words: u8| {
        vec![
            0x9c,
            0x40,
            0,
            80,
            1,
            2,
            3,
            4,
            5,
            6,
            7,
            8,
            words << 4,
            0x12,
            0xfa,
            0xf0,
            0,
            0,
            0,
            7,
        ]
    };
    let with = |options: &[u8]| {
        [
            fixed(15),
            options.to_vec(),
            vec![1; 40 - options.len()],
            b"data".to_vec(),
        ]
        .concat()
    };
    vec![
        fixed(5),
        with(&[
            2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 3, 3, 7,
        ]),
        with(&[
            5, 34, 1, 2, 3, 4, 5, 6, 7, 8, 9, 8, 7, 6, 5, 4, 3, 2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 8, 7,
            6, 5, 4, 3, 2,
        ]),
        with(&[
            30, 4, 0x51, 9, 253, 4, 0xf9, 0x89, 77, 2, 172, 5, 0, 0, 1, 29, 4, 1, 1, 0, 9,
        ]),
        with(&[2, 0, 1]),
        (0..=255).cycle().take(1500).collect(),
    ]
}

fn laws(data: &[u8]) {
    tcp::parse(data);
    tcp::round_trip(data);
    tcp::track(data);
    tcp::flow(data);
    tcp::reassemble(data);
    tcp::reassemble_any(data);
    tcp::change(data);
}

crate::laws_hold::laws_hold!(laws, seeds);

/// The enum may grow, so no `match` out here can be without a wildcard.
#[test]
fn the_round_trip_encodes_every_option_that_a_header_can_hold() {
    let choices = 0..=u16::MAX;
    let encoded: BTreeSet<String> = choices
        .filter_map(|choice| {
            let [low, high] = choice.to_le_bytes();
            let random: Vec<u8> = (0..64).map(|at| low.wrapping_mul(at) ^ high).collect();
            tcp::option_of_round_trip(&random)
        })
        .collect();
    assert_eq!(encoded, tcp::options_of_headers());
}
