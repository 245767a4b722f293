//! The laws of `wirekit-checksum` on seeds and on random input.

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

crate::laws_hold::laws_hold!(laws, seeds);
