//! Blocks of pcapng that say nothing about packets.

use crate::{inspect, run};

/// A section with an interface, a block of some other kind, and a packet without IP.
fn section(other_len: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let mut block = |kind: u32, body: &[u8]| {
        let len = u32::try_from(12 + body.len()).unwrap().to_le_bytes();
        file.extend(kind.to_le_bytes());
        file.extend(len);
        file.extend(body);
        file.extend(len);
    };
    block(
        0x0a0d_0d0a,
        &[
            0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255,
        ],
    );
    block(1, &[1, 0, 0, 0, 0, 0, 4, 0]);
    block(0x0bad_cafe, &vec![7; other_len as usize]);
    let frame = [[0; 12].as_slice(), &[8, 6, 0, 0]].concat();
    block(
        6,
        &[&[0; 12][..], &[16, 0, 0, 0, 16, 0, 0, 0], &frame].concat(),
    );
    file
}

#[test]
fn a_block_that_is_passed_over_may_have_any_length() {
    for len in [0, 4, 1 << 20, 32 << 20] {
        let rows = inspect(&section(len), &["--view", "packets"]);
        assert!(rows.contains("arp"), "{len}: {rows}");
    }
    let mut cut = section(32 << 20);
    cut.truncate(1 << 20);
    let (status, _, said) = run(&cut, &[]);
    assert_eq!(status, 1, "{said}");
}
