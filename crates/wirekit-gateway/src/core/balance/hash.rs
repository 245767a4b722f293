//! nginx's hashes of addresses and keys, so that a user who moves here keeps the servers that they have.

use core::net::IpAddr;
use std::sync::Arc;

use crate::config::{Address, Affinity, Balance, Server, ServerState, Upstream};

/// What the hash of an address begins with.
pub(super) const ADDRESS_START: u64 = 89;

/// The next hash of an address: of its first three bytes for IPv4, so that a network stays together, and of all for IPv6.
pub(super) fn address(hash: u64, address: Option<IpAddr>) -> u64 {
    let step = |hash: u64, byte: &u8| (hash * 113 + u64::from(*byte)) % 6271;
    match address {
        Some(IpAddr::V4(address)) => {
            let [a, b, c, _] = address.octets();
            [a, b, c].iter().fold(hash, step)
        }
        Some(IpAddr::V6(address)) => address.octets().iter().fold(hash, step),
        None => [0; 3].iter().fold(hash, step),
    }
}

/// What a key adds to its hash at this look, the first being 0: Cache::Memcached's expression.
pub(super) fn key(look: usize, key: &[u8]) -> u64 {
    let mut crc = crc32fast::Hasher::new();
    if look > 0 {
        crc.update(look.to_string().as_bytes());
    }
    crc.update(key);
    u64::from((crc.finalize() >> 16) & 0x7fff)
}

/// Points on a circle, 160 a server and weight: a key belongs to the first point at or behind its hash, so that a server that
/// comes or goes moves its own keys alone. The points are those of Cache::Memcached::Fast, and of nginx.
#[derive(Debug)]
pub(in crate::core) struct Ring {
    points: Vec<Point>,
}

/// The hash, and the server's place below it: in this order points are sorted as numbers, and of two with one hash the first
/// server has it.
type Point = u64;

fn point(hash: u32, server: usize) -> Point {
    (u64::from(hash) << 32) | (server as u64 & u64::from(u32::MAX))
}

const fn hash(point: Point) -> u64 {
    point >> 32
}

impl Ring {
    /// That of an upstream which has a use for it: by a key of the configuration's, or for users whose server nobody knows.
    pub(in crate::core) fn of(upstream: &Upstream) -> Option<Arc<Self>> {
        let is_consistent = matches!(upstream.balance, Balance::HashConsistent(_));
        let learns = matches!(upstream.affinity, Some(Affinity::Learn { .. }));
        (is_consistent || learns).then(|| Arc::new(Self::new(&upstream.servers)))
    }

    fn new(servers: &[Server]) -> Self {
        let mut points = Vec::new();
        for (at, server) in servers.iter().enumerate() {
            if server.state == ServerState::Backup {
                continue;
            }
            let mut start = crc32fast::Hasher::new();
            match &server.address {
                Address::Tcp(address) => {
                    let text = address.to_string();
                    let (host, port) = text.rsplit_once(':').unwrap_or((&text, ""));
                    start.update(host.as_bytes());
                    start.update(&[0]);
                    start.update(port.as_bytes());
                }
                Address::Unix(path) => {
                    start.update(path.as_os_str().as_encoded_bytes());
                    start.update(&[0]);
                }
                Address::Builtin(service) => {
                    start.update(service.as_str().as_bytes());
                    start.update(&[0]);
                }
            }
            let mut previous = 0_u32;
            for _ in 0..u64::from(server.weight) * 160 {
                let mut next = start.clone();
                next.update(&previous.to_le_bytes());
                previous = next.finalize();
                points.push(point(previous, at));
            }
        }
        points.sort_unstable();
        points.dedup_by_key(|point| hash(*point));
        Self { points }
    }

    /// The place of the point that a key belongs to.
    pub(super) fn place(&self, key: &[u8]) -> u64 {
        let wanted = u64::from(crc32fast::hash(key));
        self.points.partition_point(|point| hash(*point) < wanted) as u64
    }

    /// The server of the point at this place, which goes round.
    pub(super) fn server(&self, place: u64) -> Option<usize> {
        let at = place.checked_rem(self.points.len() as u64)?;
        let point = self.points.get(usize::try_from(at).ok()?)?;
        usize::try_from(point & u64::from(u32::MAX)).ok()
    }
}
