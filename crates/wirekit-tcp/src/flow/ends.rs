use core::hash::{Hash, Hasher};
use core::net::{IpAddr, SocketAddr};

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
    pub fn key(&self) -> (Key, bool) {
        let source = (bits(self.source.ip()), self.source.port());
        let destination = (bits(self.destination.ip()), self.destination.port());
        let from_low = source <= destination;
        let (low, high) = if from_low {
            (source, destination)
        } else {
            (destination, source)
        };
        let key = Key {
            addresses: [low.0, high.0],
            ports: [low.1, high.1],
            network: self.network,
            protocol: TCP,
            is_ipv4: self.source.is_ipv4(),
        };
        (key, from_low)
    }
}

/// The protocol number of TCP.
const TCP: u8 = 6;

/// A connection's two ends, the same for both directions. The example of [`Map`](super::Map) makes some.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// Halves of each address: the high one first.
    addresses: [[u64; 2]; 2],
    ports: [u16; 2],
    network: u32,
    protocol: u8,
    is_ipv4: bool,
}

impl Key {
    /// The key of the same ends where they speak another protocol that has ports, by its number: 17 for UDP.
    #[must_use]
    pub const fn protocol(self, protocol: u8) -> Self {
        Self { protocol, ..self }
    }
}

impl Hash for Key {
    /// In as few words as there are: a packet is hashed once, and most are IPv4.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let [[low_high, low_low], [high_high, high_low]] = self.addresses;
        if self.is_ipv4 {
            state.write_u64(low_low << 32 | high_low);
        } else {
            for word in [low_high, low_low, high_high, high_low] {
                state.write_u64(word);
            }
        }
        let [low, high] = self.ports.map(u64::from);
        state.write_u64(low << 48 | high << 32 | u64::from(self.network));
        state.write_u64(self.protocol.into());
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
