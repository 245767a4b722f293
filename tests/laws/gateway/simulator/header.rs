//! Headers of the PROXY protocol, which a balancer writes in front of a connection's first request.

use core::net::SocketAddr;

use super::chance::Chance;

/// Who is connected where headers are written: a balancer that is trusted.
pub(super) const BALANCER: ([u8; 4], u16) = ([198, 51, 100, 1], 9);

/// What a header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    /// There is none.
    Nothing,
    /// The client is this.
    Client(SocketAddr),
    /// The balancer speaks for itself, or does not know for whom.
    Balancer,
    /// Something that no header is.
    Garbage,
}

/// Writes a header, of either version.
pub(super) fn write(chance: &mut Chance<'_>, wire: &mut Vec<u8>) -> Says {
    let v4 = SocketAddr::from(([203, 0, 113, 5], 4711));
    let v6 = SocketAddr::from(([0x2001, 0xdb8, 0, 0, 0, 0, 0, 5], 4711));
    let chosen = chance.below(10);
    let says = match chosen {
        0 | 2 | 4 => Says::Client(v4),
        1 | 3 => Says::Client(v6),
        5..=7 => Says::Balancer,
        _ => Says::Garbage,
    };
    match chosen {
        0 => wire.extend_from_slice(b"PROXY TCP4 203.0.113.5 198.51.100.1 4711 80\r\n"),
        1 => wire.extend_from_slice(b"PROXY TCP6 2001:db8::5 ::1 4711 80\r\n"),
        2 => binary(0x21, 0x11, &ipv4(), wire),
        3 => {
            let address = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5];
            let rest = [&address[..], &[1; 16], &4711_u16.to_be_bytes(), &[0, 80]].concat();
            binary(0x21, 0x21, &rest, wire);
        }
        // With a TLV of a few bytes behind the addresses.
        4 => binary(
            0x21,
            0x11,
            &[&ipv4()[..], &[4, 0, 3, 1, 2, 3]].concat(),
            wire,
        ),
        5 => wire.extend_from_slice(b"PROXY UNKNOWN\r\n"),
        6 => binary(0x20, 0, &[], wire),
        7 => binary(0x20, 0x11, &ipv4(), wire),
        8 => wire.extend_from_slice(b"PROXY TCP4 203.0.113.5 198.51.100.1 4711\r\n"),
        _ => binary(0x31, 0x11, &ipv4(), wire),
    }
    says
}

fn ipv4() -> Vec<u8> {
    let ports = [&4711_u16.to_be_bytes()[..], &[0, 80]].concat();
    [&[203, 0, 113, 5, 198, 51, 100, 1][..], &ports].concat()
}

/// Version 2: the version and command, the family and protocol, and what follows the length.
fn binary(command: u8, family: u8, rest: &[u8], wire: &mut Vec<u8>) {
    wire.extend_from_slice(b"\r\n\r\n\0\r\nQUIT\n");
    wire.extend_from_slice(&[command, family, 0, u8::try_from(rest.len()).expect("few")]);
    wire.extend_from_slice(rest);
}
