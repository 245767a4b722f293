//! The PROXY protocol's header, with which a load balancer begins.

/// The header of the PROXY protocol at the front, as far as it is there
/// (<https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProxyHeader {
    Whole(usize),
    Cut,
    None,
}

impl ProxyHeader {
    /// The longest line of the first version.
    const MAX_LINE_LEN: usize = 107;
    const WORD: &[u8] = b"PROXY ";
    const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

    pub(crate) fn at_the_front(first: &[u8]) -> Self {
        if first.starts_with(Self::WORD) {
            let line = first.get(..Self::MAX_LINE_LEN).unwrap_or(first);
            return match line.windows(2).position(|end| end == b"\r\n") {
                Some(at) => Self::Whole(at + 2),
                None if first.len() < Self::MAX_LINE_LEN => Self::Cut,
                None => Self::None,
            };
        }
        if first.starts_with(Self::SIGNATURE) {
            return match first.get(14..).and_then(|len| len.first_chunk()) {
                Some(&len) => match 16 + usize::from(u16::from_be_bytes(len)) {
                    len if len <= first.len() => Self::Whole(len),
                    _ => Self::Cut,
                },
                None => Self::Cut,
            };
        }
        let is_prefix = Self::WORD.starts_with(first) || Self::SIGNATURE.starts_with(first);
        match is_prefix {
            true => Self::Cut,
            false => Self::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_proxy_protocols_header_is_measured() {
        let second = [ProxyHeader::SIGNATURE, &[0x21, 0x11, 0, 2, 9, 9]].concat();
        let rows: [(&[u8], usize); 3] = [
            (b"PROXY TCP4 192.0.2.1 192.0.2.2 5 80\r\n", 37),
            (b"PROXY UNKNOWN\r\n", 15),
            (&second, 18),
        ];
        for (header, len) in rows {
            let whole = [header, b"GET /"].concat();
            let front = ProxyHeader::at_the_front(&whole);
            assert_eq!(front, ProxyHeader::Whole(len));
            for cut in 0..len {
                let front = ProxyHeader::at_the_front(&whole[..cut]);
                assert_eq!(front, ProxyHeader::Cut, "{cut}");
            }
        }
        for first in [&b"PROXYA"[..], b"GET /", &[b'P'; 200]] {
            assert_eq!(ProxyHeader::at_the_front(first), ProxyHeader::None);
        }
    }
}
