use proptest::prelude::*;
use wirekit_laws::deflate;

/// Messages of RFC 7692 section 7.2.3, behind the split and the room.
const MESSAGES: [&[u8]; 13] = [
    b"\x01\x01\xf2\x48\xcd\xc9\xc9\x07\x00",
    b"\xff\xff\xf2\x48\xcd\xc9\xc9\x07\x00",
    b"\x03\x02\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00",
    b"\xff\x04\xf3\x48\xcd\xc9\xc9\x07\x00\x00",
    b"\x02\xff\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00",
    b"\x01\x01\x00",
    b"\x01\x01",
    b"\xff\xff\xf3\x48\xcd\xc9\xc9\x07\x00",
    b"\x10\x10\xf2\x48\xcd\xc9\xc9\x07\x00\x06",
    // A block of BTYPE 10, cut short.
    b"\x05\x07\x0d\xc7\xc9\x11\x00\x00\x08\x03\xb0\x95\x76\x00",
    // A block of BTYPE 10 without a code for its code lengths, cut short.
    b"\x10\x10\xf2\x48\xcd\xc9\xc9\x07\x30\x06",
    // 258 times the same byte, again and again.
    b"\x08\xff\x62\x1c\x05\xa3\x60\x14\x0c\x4e\x00\x00",
    b"\xff\xff\xed\xc1\x01\x01\x00\x00\x00\x82\x20\xff\xaf\x6e\x48\x40\x01\x00",
];

#[test]
fn inflate_holds_on_seeds() {
    MESSAGES
        .iter()
        .for_each(|message| deflate::inflate(message));
}

#[test]
fn round_trip_holds_at_every_strategy() {
    let text: Vec<u8> = (0..3000u32)
        .map(|index| (index * index / 7 % 61) as u8)
        .collect();
    for level in [0, 1, 2, 4, 6, 9] {
        for bits in [0, 1, 7] {
            for flags in [0, 1, 62, 63] {
                deflate::round_trip(&[&[level, bits, flags, 100][..], &text].concat());
            }
        }
    }
}

proptest! {
    #[test]
    fn inflate_holds(split: u8, room: u8, payload in proptest::collection::vec(any::<u8>(), 0..200)) {
        deflate::inflate(&[&[split, room][..], &payload].concat());
    }

    /// What a compressor wrote, with a byte changed.
    #[test]
    fn inflate_holds_on_broken_messages(seed in 0..MESSAGES.len(), place: prop::sample::Index, byte: u8) {
        let mut message = MESSAGES[seed].to_vec();
        let place = place.index(message.len());
        message[place] = byte;
        deflate::inflate(&message);
    }

    #[test]
    fn round_trip_holds(data in proptest::collection::vec(any::<u8>(), 0..2000)) {
        deflate::round_trip(&data);
    }
}
