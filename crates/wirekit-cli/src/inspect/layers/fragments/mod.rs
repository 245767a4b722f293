//! IP fragments put together again, within a bound.

mod pieces;

use core::net::IpAddr;
use core::time::Duration;
use std::collections::{HashMap, VecDeque};

use super::ip::{Fragment, Ip};
use crate::inspect::capture::Time;
pub(crate) use pieces::FragmentError;
use pieces::{PIECE_OVERHEAD_LEN, Pieces};

/// RFC 8200 section 4.5: pieces that came more than 60 seconds after the first one are of no use.
const PATIENCE: Duration = Duration::from_secs(60);
/// The longest payload an IP packet has.
const MAX_PAYLOAD_LEN: usize = 65_535;

/// The packets of which pieces are missing.
#[derive(Debug)]
pub(crate) struct Fragments {
    packets: HashMap<Key, Pieces>,
    /// Oldest first; keys of packets that were completed meanwhile are skipped.
    order: VecDeque<(Key, u64)>,
    serial: u64,
    held_len: usize,
    max_held_len: usize,
    dropped: u64,
    /// Of what comes now.
    network: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    network: u32,
    source: IpAddr,
    destination: IpAddr,
    identification: u32,
    /// RFC 791 section 2.3; absent for IPv6, where the pieces may differ in it: RFC 8200 section 4.5.
    protocol: Option<u8>,
}

impl Fragments {
    pub(crate) fn new(max_held_len: usize) -> Self {
        Self {
            packets: HashMap::new(),
            order: VecDeque::new(),
            serial: 0,
            held_len: 0,
            max_held_len,
            dropped: 0,
            network: 0,
        }
    }

    /// Packets given up for want of memory or because a piece was refused.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Packets of which pieces are still missing.
    pub(crate) fn incomplete(&self) -> usize {
        let waits = |pieces: &&Pieces| !pieces.refused;
        self.packets.values().filter(waits).count()
    }

    /// What comes is of this network: the same addresses in another are others.
    pub(crate) const fn of_network(&mut self, network: u32) -> &mut Self {
        self.network = network;
        self
    }

    /// Takes a piece; gives the packet's protocol and payload once it is whole.
    pub(crate) fn add(
        &mut self,
        ip: &Ip<'_>,
        fragment: Fragment,
        now: Time,
    ) -> Result<Option<(u8, Vec<u8>)>, FragmentError> {
        if ip.is_cut() {
            return Err(FragmentError::Cut);
        }
        let end = fragment.offset + ip.payload.len();
        if end > MAX_PAYLOAD_LEN
            || ip.payload.is_empty()
            || !(fragment.last || ip.payload.len().is_multiple_of(8))
        {
            return Err(FragmentError::Length);
        }
        let key = Key {
            network: self.network,
            source: ip.source,
            destination: ip.destination,
            identification: fragment.identification,
            protocol: ip.source.is_ipv4().then_some(ip.protocol),
        };
        self.forget_if_stale(key, now);
        if !self.packets.contains_key(&key) {
            self.serial += 1;
            self.order.push_back((key, self.serial));
            self.packets.insert(key, Pieces::new(self.serial, now));
            self.held_len += PIECE_OVERHEAD_LEN;
        }
        let Some(pieces) = self.packets.get_mut(&key) else {
            return Ok(None);
        };
        let (before, was_refused) = (pieces.held_len(), pieces.refused);
        if fragment.offset == 0 {
            pieces.protocol = Some(ip.protocol);
        }
        let added = match ip.source {
            IpAddr::V4(_) => {
                pieces.put_over(fragment, ip.payload);
                Ok(())
            }
            IpAddr::V6(_) => pieces.add(fragment, ip.payload),
        };
        self.held_len = self.held_len - before + pieces.held_len();
        if added.is_ok()
            && let Some(whole) = pieces.whole()
        {
            self.forget(key);
            return Ok(Some(whole));
        }
        self.dropped += u64::from(added.is_err() && !was_refused);
        self.keep_bound();
        added.map(|()| None)
    }

    fn forget_if_stale(&mut self, key: Key, now: Time) {
        let stale = self.packets.get(&key).is_some_and(|pieces| {
            u128::from(now.since(pieces.since).unsigned_abs()) > PATIENCE.as_nanos()
        });
        if stale {
            self.give_up(key);
        }
    }

    /// As `forget`, of a packet that did not become whole; one that was refused was counted then.
    fn give_up(&mut self, key: Key) {
        let waits = self.packets.get(&key).is_some_and(|pieces| !pieces.refused);
        self.dropped += u64::from(waits);
        self.forget(key);
    }

    fn forget(&mut self, key: Key) {
        if let Some(pieces) = self.packets.remove(&key) {
            self.held_len -= pieces.held_len() + PIECE_OVERHEAD_LEN;
        }
    }

    fn keep_bound(&mut self) {
        while self.held_len > self.max_held_len || self.order.len() > 2 * self.packets.len() + 64 {
            let Some((key, serial)) = self.order.pop_front() else {
                return;
            };
            if self
                .packets
                .get(&key)
                .is_some_and(|pieces| pieces.serial == serial)
            {
                if self.held_len > self.max_held_len {
                    self.give_up(key);
                } else {
                    self.order.push_back((key, serial));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece<'a>(
        identification: u32,
        offset: usize,
        last: bool,
        payload: &'a [u8],
    ) -> (Ip<'a>, Fragment) {
        let fragment = Fragment {
            identification,
            offset,
            last,
        };
        let ip = Ip {
            source: IpAddr::from([10, 0, 0, 1]),
            destination: IpAddr::from([10, 0, 0, 2]),
            protocol: 17,
            payload,
            payload_len: payload.len(),
            undelivered_len: 0,
            fragment: Some(fragment),
        };
        (ip, fragment)
    }

    fn v6((ip, fragment): (Ip<'_>, Fragment)) -> (Ip<'_>, Fragment) {
        let source = IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1]);
        (Ip { source, ..ip }, fragment)
    }

    fn add(
        fragments: &mut Fragments,
        (ip, fragment): (Ip<'_>, Fragment),
    ) -> Result<Option<Vec<u8>>, FragmentError> {
        let whole = fragments.add(&ip, fragment, Time::default())?;
        Ok(whole.map(|(protocol, payload)| {
            assert_eq!(protocol, 17);
            payload
        }))
    }

    #[test]
    fn pieces_in_any_order_give_the_payload() {
        let whole: Vec<u8> = (0..20).collect();
        let pieces = [
            piece(1, 0, false, &whole[..8]),
            piece(1, 8, false, &whole[8..16]),
            piece(1, 16, true, &whole[16..]),
        ];
        for order in [
            [0, 1, 2],
            [0, 2, 1],
            [1, 0, 2],
            [1, 2, 0],
            [2, 0, 1],
            [2, 1, 0],
        ] {
            let mut fragments = Fragments::new(1 << 20);
            let [first, second, third] = order.map(|index| pieces[index]);
            assert_eq!(add(&mut fragments, first), Ok(None));
            assert_eq!(add(&mut fragments, second), Ok(None));
            assert_eq!(
                add(&mut fragments, second),
                Ok(None),
                "a duplicate changes nothing"
            );
            assert_eq!(add(&mut fragments, third), Ok(Some(whole.clone())));
            assert_eq!((fragments.held_len, fragments.incomplete()), (0, 0));
        }
    }

    #[test]
    fn an_ipv6_overlap_gives_the_packet_up() {
        let mut fragments = Fragments::new(1 << 20);
        let pieces = [
            (piece(1, 0, false, &[1; 16]), Ok(None)),
            (piece(1, 8, true, &[2; 16]), Err(FragmentError::Overlap)),
            (piece(1, 16, true, &[2; 8]), Err(FragmentError::Overlap)),
        ];
        for (piece, answer) in pieces {
            assert_eq!(add(&mut fragments, v6(piece)), answer);
        }
        // One packet, whatever came of it.
        assert_eq!((fragments.dropped(), fragments.incomplete()), (1, 0));
    }

    #[test]
    fn of_ipv4_pieces_that_overlap_the_later_one_counts() {
        // RFC 791 section 3.2. Before the last piece of each row the packet is not whole.
        type Row<'a> = (&'a [(usize, bool, &'a [u8])], &'a [u8]);
        let rows: &[Row<'_>] = &[
            (
                &[(0, false, &[1; 16]), (8, true, &[2; 12])],
                &[1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2],
            ),
            // In the middle of one, over several, and a piece again.
            (
                &[
                    (0, false, &[1; 24]),
                    (8, false, &[2; 8]),
                    (24, true, &[3; 1]),
                ],
                &[
                    1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 3,
                ],
            ),
            (
                &[
                    (8, false, &[1; 8]),
                    (16, false, &[2; 8]),
                    (16, false, &[3; 8]),
                    (24, true, &[4; 1]),
                    (0, false, &[5; 24]),
                ],
                &[
                    5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 4,
                ],
            ),
            // "Teardrop": the last piece ends before the first one does.
            (
                &[(0, false, &[1; 24]), (8, true, &[2; 4])],
                &[1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2],
            ),
            (
                &[(16, false, &[1; 8]), (0, false, &[3; 8]), (8, true, &[2])],
                &[3, 3, 3, 3, 3, 3, 3, 3, 2],
            ),
        ];
        for (pieces, payload) in rows {
            let mut fragments = Fragments::new(1 << 20);
            let (&(offset, is_last, bytes), before) = pieces.split_last().unwrap();
            for &(offset, is_last, bytes) in before {
                let piece = piece(1, offset, is_last, bytes);
                assert_eq!(add(&mut fragments, piece), Ok(None), "{pieces:?}");
            }
            let last = piece(1, offset, is_last, bytes);
            assert_eq!(
                add(&mut fragments, last),
                Ok(Some(payload.to_vec())),
                "{pieces:?}"
            );
            assert_eq!((fragments.held_len, fragments.dropped()), (0, 0));
        }
    }

    #[test]
    fn of_ipv6_pieces_the_first_one_tells_the_protocol() {
        let mut fragments = Fragments::new(1 << 20);
        let (ip, fragment) = v6(piece(1, 8, true, &[2]));
        let other = Ip { protocol: 59, ..ip };
        assert_eq!(add(&mut fragments, (other, fragment)), Ok(None));
        let whole = add(&mut fragments, v6(piece(1, 0, false, &[1; 8])));
        assert_eq!(whole, Ok(Some(vec![1, 1, 1, 1, 1, 1, 1, 1, 2])));
    }

    #[test]
    fn impossible_lengths_are_refused() {
        let mut fragments = Fragments::new(1 << 20);
        assert_eq!(
            add(&mut fragments, piece(1, 0, false, &[1; 9])),
            Err(FragmentError::Length)
        );
        assert_eq!(
            add(&mut fragments, piece(1, 65_528, true, &[1; 8])),
            Err(FragmentError::Length)
        );
        assert_eq!(
            add(&mut fragments, piece(1, 8, true, &[])),
            Err(FragmentError::Length)
        );
    }

    #[test]
    fn a_flood_of_first_pieces_stays_within_the_bound() {
        let mut fragments = Fragments::new(10_000);
        for identification in 0..100_000 {
            assert_eq!(
                add(&mut fragments, piece(identification, 0, false, &[1; 800])),
                Ok(None)
            );
            assert!(fragments.held_len <= 10_000);
            assert!(fragments.order.len() < 200);
        }
        assert_eq!(fragments.dropped() + fragments.incomplete() as u64, 100_000);
    }
}
