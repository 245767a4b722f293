//! The PROXY protocol's header, by which a load balancer says who is connected to it: versions 1 and 2.

use core::net::SocketAddr;

use ppp::{v1, v2};

/// The longest header of version 1, its line end included: "107 chars".
const MAX_LINE_LEN: usize = 107;
/// Bytes of version 2 before the addresses.
const FIXED_LEN: usize = 16;
/// The longest header of version 2 that is taken; it may declare 64 KiB of what is skipped here.
const MAX_LEN: usize = 4096;

/// No header of the PROXY protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// Reads the header at the front of what a connection sends, and says how long it is: the client's address, or none where
/// the balancer speaks for itself, or does not know an address of TCP. `None` asks for more bytes.
///
/// What follows the addresses (TLVs) is skipped.
///
/// # Errors
///
/// The connection begins with something else, or with more than is taken.
pub(crate) fn parse(input: &[u8]) -> Result<Option<(Option<SocketAddr>, usize)>, Malformed> {
    let begins_as = |prefix: &[u8]| {
        let len = prefix.len().min(input.len());
        input.get(..len) == prefix.get(..len)
    };
    if begins_as(v2::PROTOCOL_PREFIX) {
        binary(input)
    } else if begins_as(b"PROXY ") {
        line(input)
    } else {
        Err(Malformed)
    }
}

fn line(input: &[u8]) -> Result<Option<(Option<SocketAddr>, usize)>, Malformed> {
    let seen = input.get(..MAX_LINE_LEN).unwrap_or(input);
    let Some(end) = seen.windows(2).position(|window| window == b"\r\n") else {
        return match seen.len() {
            MAX_LINE_LEN => Err(Malformed),
            _ => Ok(None),
        };
    };
    let len = end + 2;
    let header = v1::Header::try_from(input.get(..len).unwrap_or_default());
    let client = match header.map_err(|_| Malformed)?.addresses {
        v1::Addresses::Tcp4(found) => Some((found.source_address, found.source_port).into()),
        v1::Addresses::Tcp6(found) => Some((found.source_address, found.source_port).into()),
        v1::Addresses::Unknown => None,
    };
    Ok(Some((client, len)))
}

fn binary(input: &[u8]) -> Result<Option<(Option<SocketAddr>, usize)>, Malformed> {
    let Some([.., high, low]) = input.first_chunk::<FIXED_LEN>() else {
        return Ok(None);
    };
    let len = FIXED_LEN + usize::from(u16::from_be_bytes([*high, *low]));
    if len > MAX_LEN {
        return Err(Malformed);
    }
    let Some(bytes) = input.get(..len) else {
        return Ok(None);
    };
    let header = v2::Header::try_from(bytes).map_err(|_| Malformed)?;
    let is_proxied =
        header.command == v2::Command::Proxy && header.protocol == v2::Protocol::Stream;
    let client = match header.addresses {
        v2::Addresses::IPv4(found) => Some((found.source_address, found.source_port).into()),
        v2::Addresses::IPv6(found) => Some((found.source_address, found.source_port).into()),
        v2::Addresses::Unix(_) | v2::Addresses::Unspecified => None,
    };
    Ok(Some((client.filter(|_| is_proxied), len)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A header of version 2: the version and command, the family and protocol, and what follows the length.
    fn version_2(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
        let len = u16::try_from(rest.len()).unwrap().to_be_bytes();
        let fixed = [command, family, len[0], len[1]];
        [&b"\r\n\r\n\0\r\nQUIT\n"[..], &fixed, rest].concat()
    }

    #[test]
    fn a_header_names_the_client_and_ends_where_it_says() {
        let ipv4 = [192, 0, 2, 1, 10, 0, 0, 1, 0x12, 0x34, 0, 80];
        let ipv6 = [
            &[0x20, 1, 0xd, 0xb8][..],
            &[0; 11],
            &[1],
            &[0; 16],
            &[0x12, 0x34, 0, 80],
        ]
        .concat();
        let with_tlvs = [&ipv4[..], &[0x03, 0, 4, 1, 2, 3, 4, 0x04, 0, 1, 0]].concat();
        let longest = "PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n";
        assert_eq!(longest.len(), MAX_LINE_LEN);
        let (v4, v6) = (Some("192.0.2.1:4660"), Some("[2001:db8::1]:4660"));
        #[rustfmt::skip]
        let rows: [(Vec<u8>, Option<&str>); 12] = [
            // The examples of section 2.1
            (b"PROXY TCP4 192.0.2.1 10.0.0.1 4660 80\r\n".to_vec(), v4),
            (b"PROXY TCP6 2001:db8::1 ::1 4660 80\r\n".to_vec(), v6),
            (b"PROXY UNKNOWN\r\n".to_vec(), None),
            (longest.as_bytes().to_vec(), None),
            (version_2(0x21, 0x11, &ipv4), v4),
            (version_2(0x21, 0x21, &ipv6), v6),
            (version_2(0x21, 0x11, &with_tlvs), v4),
            // Section 2.2: LOCAL, "the receiver must use the real connection endpoints", and addresses that are none of TCP
            (version_2(0x20, 0x11, &ipv4), None),
            (version_2(0x20, 0x00, &[]), None),
            (version_2(0x21, 0x00, &[1, 2, 3]), None),
            (version_2(0x21, 0x31, &[0; 216]), None),
            (version_2(0x21, 0x12, &ipv4), None),
        ];
        for (header, client) in rows {
            let expected = Ok(Some((
                client.map(|client| client.parse().unwrap()),
                header.len(),
            )));
            for len in 0..header.len() {
                assert_eq!(
                    parse(&header[..len]),
                    Ok(None),
                    "{}",
                    header[..len].escape_ascii()
                );
            }
            assert_eq!(parse(&header), expected, "{}", header.escape_ascii());
            assert_eq!(
                parse(&[&header[..], b"GET / HTTP/1.1\r\n"].concat()),
                expected
            );
        }
    }

    #[test]
    fn what_is_no_header_is_refused_as_soon_as_it_is_seen() {
        let long = [&b"PROXY UNKNOWN "[..], &[b'x'; 93]].concat();
        let huge = [&b"\r\n\r\n\0\r\nQUIT\n"[..], &[0x21, 0x11, 0x0f, 0xf1]].concat();
        #[rustfmt::skip]
        let rows: [&[u8]; 13] = [
            b"GET / HTTP/1.1\r\n",
            b"PROXy",
            b"PROXY TCP4 192.0.2.1 10.0.0.1 4660\r\n",
            b"PROXY TCP4 192.0.2.1 10.0.0.1 66000 80\r\n",
            b"PROXY TCP4 192.0.2.1 10.0.0.1 04660 80\r\n",
            b"PROXY TCP4 2001:db8::1 ::1 4660 80\r\n",
            b"PROXY UDP4 192.0.2.1 10.0.0.1 4660 80\r\n",
            b"PROXY TCP4 192.0.2.1 10.0.0.1 4660 80 \r\n",
            &long,
            &huge,
            &version_2(0x11, 0x11, &[0; 12]),
            &version_2(0x22, 0x11, &[0; 12]),
            &version_2(0x21, 0x11, &[0; 11]),
        ];
        for input in rows {
            assert_eq!(parse(input), Err(Malformed), "{}", input.escape_ascii());
        }
    }

    #[test]
    fn whatever_a_byte_is_a_header_ends_inside_what_came() {
        let ipv6 = version_2(0x21, 0x21, &[7; 40]);
        let unix = version_2(0x21, 0x31, &[7; 216]);
        let line = b"PROXY TCP6 2001:db8::1 ::1 4660 80\r\nGET".to_vec();
        for header in [ipv6, unix, line] {
            for at in 0..header.len() {
                for byte in 0..=u8::MAX {
                    let mut input = header.clone();
                    input[at] = byte;
                    if let Ok(Some((_, len))) = parse(&input) {
                        assert!(len <= input.len());
                        assert_eq!(parse(&input[..len]), parse(&input));
                    }
                }
            }
        }
    }
}
