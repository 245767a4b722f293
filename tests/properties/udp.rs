//! The laws of `wirekit-udp` on seeds and on random input.

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
    udp::change(data);
}

crate::laws_hold::laws_hold!(laws, seeds);
