//! The short way says what the rules say.

use super::*;

/// The generator xorshift64: the same numbers every time.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        u32::try_from(self.0 % u64::from(bound)).unwrap()
    }

    fn pick<T: Copy>(&mut self, choice: &[T]) -> T {
        choice[usize::try_from(self.below(choice.len().try_into().unwrap())).unwrap()]
    }
}

/// A segment that mostly goes on where its sender stopped, and now and then does anything else.
fn next(random: &mut Random, from: Side, (own, peer): (u32, u32)) -> Sent {
    let odd = random.below(8) == 0;
    let step = |random: &mut Random| random.pick(&[0, 1, 7, 1000, 1 << 31, !0, !6, !999]);
    let sequence = own.wrapping_add(if odd { step(random) } else { 0 });
    let late = random.pick(&[0, 0, 0, 1, 7, 1000]);
    let acknowledgment = match random.below(12) {
        0 => peer.wrapping_add(step(random)),
        _ => peer.wrapping_sub(late),
    };
    let flags = match random.below(40) {
        0 => random.pick(&[
            FIN | ACK,
            RST,
            RST | ACK,
            SYN,
            SYN | ACK,
            Flags::NONE,
            Flags::URG,
        ]),
        _ => random.pick(&[ACK, ACK | Flags::PSH]),
    };
    Sent {
        from,
        ..client(sequence, acknowledgment, flags)
            .data(random.pick(&[0, 0, 1, 7, 1000]))
            .window(random.pick(&[1000, 1000, 1007, 2000, 0, 1, 7]))
            .after(random.pick(&[0, 1, 2, 30]))
    }
}

#[test]
fn the_short_way_says_what_the_rules_say() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut short = 0_u32;
    for round in 0..2_000 {
        let mut tracker = Tracker::new(Config::DEFAULT);
        let mut by_rules = tracker.clone();
        let mut now = Duration::from_secs(1000);
        let start = random.pick(&[100, u32::MAX - 500, (1 << 31) - 500]);
        let scale = |random: &mut Random, sent: Sent| Sent {
            scale: random.pick(&[None, Some(0), Some(2)]),
            ..sent
        };
        let handshake = [
            scale(&mut random, client(start, 0, SYN)),
            scale(&mut random, server(300, start.wrapping_add(1), SYN | ACK)),
            client(start.wrapping_add(1), 301, ACK),
            server(301, start.wrapping_add(1), ACK),
        ];
        // Some are joined.
        let mut sent: Vec<Sent> = handshake[random.pick(&[0, 0, 0, 1, 2, 4])..].to_vec();
        let (mut own, mut peer) = (start.wrapping_add(1), 301);
        for _ in 0..60 {
            let from = random.pick(&[Side::Client, Side::Server]);
            let ends = match from {
                Side::Client => (own, peer),
                Side::Server => (peer, own),
            };
            let segment = next(&mut random, from, ends);
            let end = segment
                .sequence
                .wrapping_add(u32::try_from(segment.payload_len).unwrap());
            match from {
                Side::Client => own = end,
                Side::Server => peer = end,
            }
            sent.push(segment);
        }
        for (number, sent) in sent.iter().enumerate() {
            now += sent.after;
            let bytes = sent.bytes();
            let segment = Segment::parse(&bytes).unwrap();
            short += u32::from(
                tracker
                    .clone()
                    .observe_steady(now, sent.from, &segment)
                    .is_some(),
            );
            let observation = tracker.observe(now, sent.from, &segment);
            let expected = by_rules.observe_any(now, sent.from, &segment);
            assert_eq!(observation, expected, "round {round}, segment {number}");
            by_rules.is_steady = tracker.is_steady;
            assert_eq!(
                std::format!("{tracker:?}"),
                std::format!("{by_rules:?}"),
                "round {round}, segment {number}"
            );
        }
    }
    // A good part of them, or nothing was compared.
    assert!(short > 10_000, "{short}");
}
