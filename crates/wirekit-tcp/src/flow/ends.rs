use core::hash::{Hash, Hasher};
use core::net::{IpAddr, SocketAddr, SocketAddrV4};

use crate::Segment;

/// Where a segment came from and where it goes: what says which connection it belongs to.
///
/// The example of [`Map`](super::Map) makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Ends {
    /// The sender.
    pub source: SocketAddr,
    /// The receiver.
    pub destination: SocketAddr,
    /// The number of the network, by the caller's count: the same addresses in two VLANs or tunnels are two connections.
    pub network: u32,
}

impl Ends {
    /// The ends of a segment, in a network that is the only one.
    pub const fn new(source: SocketAddr, destination: SocketAddr) -> Self {
        Self {
            source,
            destination,
            network: 0,
        }
    }

    /// The ends of a segment between two addresses: its ports are the rest.
    pub fn of(segment: &Segment<'_>, source: IpAddr, destination: IpAddr) -> Self {
        Self::new(
            (source, segment.source_port()).into(),
            (destination, segment.destination_port()).into(),
        )
    }

    /// The same in another network: the number of its VLAN, or the like.
    #[must_use]
    pub const fn network(self, network: u32) -> Self {
        Self { network, ..self }
    }

    /// The key of the connection in a [`Map`](super::Map), the same for both directions, and whether the source is its low
    /// end.
    #[inline]
    pub fn key(&self) -> (Key, bool) {
        if let (SocketAddr::V4(source), SocketAddr::V4(destination)) =
            (self.source, self.destination)
        {
            return self.key_v4(source, destination);
        }
        let source = (bits(self.source.ip()), self.source.port());
        let destination = (bits(self.destination.ip()), self.destination.port());
        let from_low = source <= destination;
        let (low, high) = if from_low {
            (source, destination)
        } else {
            (destination, source)
        };
        let ports = [low.1.into(), high.1.into()];
        let is_ipv4 = self.source.is_ipv4();
        let key = self.key_of([low.0, high.0], ports, is_ipv4.into());
        (key, from_low)
    }

    /// The same of IPv4, where an end is one word.
    #[inline]
    fn key_v4(&self, source: SocketAddrV4, destination: SocketAddrV4) -> (Key, bool) {
        let word = |end: SocketAddrV4| u64::from(end.ip().to_bits()) << 16 | u64::from(end.port());
        let (source, destination) = (word(source), word(destination));
        let (low, high) = (source.min(destination), source.max(destination));
        let addresses = [[0, low >> 16], [0, high >> 16]];
        let key = self.key_of(addresses, [low & 0xffff, high & 0xffff], 1);
        (key, source <= destination)
    }

    #[inline]
    fn key_of(&self, addresses: [[u64; 2]; 2], [low, high]: [u64; 2], is_ipv4: u32) -> Key {
        Key {
            addresses,
            rest: low << 48 | high << 32 | u64::from(self.network),
            protocol: TCP,
            is_ipv4,
        }
    }
}

/// The protocol number of TCP.
const TCP: u32 = 6;

/// A connection's two ends, the same for both directions. The example of [`Map`](super::Map) makes some.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// Halves of each address: the high one first.
    addresses: [[u64; 2]; 2],
    /// Both ports, that of the low end first, and the network: whole words are compared with no wait for their parts.
    rest: u64,
    protocol: u32,
    is_ipv4: u32,
}

impl Key {
    /// The key of the same ends where they speak another protocol that has ports, by its number: 17 for UDP.
    #[must_use]
    pub const fn protocol(self, protocol: u8) -> Self {
        Self {
            protocol: protocol as u32,
            ..self
        }
    }
}

impl Hash for Key {
    /// In as few words as there are: a packet is hashed once, and most are IPv4.
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        let [[low_high, low_low], [high_high, high_low]] = self.addresses;
        if self.is_ipv4 == 1 {
            state.write_u64(low_low << 32 | high_low);
        } else {
            for word in [low_high, low_low, high_high, high_low] {
                state.write_u64(word);
            }
        }
        // Networks have numbers of few bits: the protocol goes into the others.
        state.write_u64(self.rest ^ u64::from(self.protocol) << 24);
    }
}

fn bits(address: IpAddr) -> [u64; 2] {
    match address {
        IpAddr::V4(address) => [0, address.to_bits().into()],
        IpAddr::V6(address) => {
            let [a, b, c, d, e, f, g, h, low @ ..] = address.octets();
            [
                u64::from_be_bytes([a, b, c, d, e, f, g, h]),
                u64::from_be_bytes(low),
            ]
        }
    }
}

#[cfg(test)]
mod tests {
    use core::net::{Ipv4Addr, Ipv6Addr};

    use super::*;

    #[test]
    fn both_directions_have_one_key_and_nothing_else_has_it() {
        let v4 = |host: u8, port| SocketAddr::from((Ipv4Addr::new(10, 0, 0, host), port));
        // The same low bits as 10.0.0.1 and 10.0.0.2.
        let v6 = |host: u16, port| {
            SocketAddr::from((Ipv6Addr::new(0, 0, 0, 0, 0, 0, 0x0a00, host), port))
        };
        let ends = Ends::new(v4(1, 9), v4(2, 80));
        let (there, from_low) = ends.key();
        let (back, back_from_low) = Ends::new(v4(2, 80), v4(1, 9)).key();
        assert_eq!(there, back);
        assert!(from_low && !back_from_low);
        for other in [
            Ends::new(v4(1, 80), v4(2, 9)),
            Ends::new(v4(1, 9), v4(3, 80)),
            Ends::new(v6(1, 9), v6(2, 80)),
            ends.network(1),
        ] {
            assert_ne!(there, other.key().0, "{other:?}");
        }
        assert_ne!(there, there.protocol(17));
    }
}
