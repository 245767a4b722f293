use core::fmt::{self, Write as _};
use core::net::IpAddr;

/// A number or an IP address as text, on the stack: what a proxy writes into every request, without the cost of
/// `core::fmt`.
///
/// ```
/// use wirekit_http::ShortText;
///
/// assert_eq!(ShortText::of_number(65535).as_bytes(), b"65535");
/// assert_eq!(ShortText::of_address([192, 0, 2, 1].into()).as_bytes(), b"192.0.2.1");
/// ```
#[derive(Clone, Copy)]
pub struct ShortText {
    bytes: [u8; MAX_LEN],
    len: usize,
}

/// The longest text is an IPv6 address of 45 bytes.
const MAX_LEN: usize = 48;

impl ShortText {
    /// No text.
    pub const EMPTY: Self = Self {
        bytes: [0; MAX_LEN],
        len: 0,
    };

    /// A number in decimal digits.
    pub fn of_number(number: u64) -> Self {
        let mut text = Self::EMPTY;
        text.push_number(number);
        text
    }

    /// An address as RFC 5952 has it, and one of IPv4 with dots.
    pub fn of_address(address: IpAddr) -> Self {
        let mut text = Self::EMPTY;
        match address {
            IpAddr::V4(address) => {
                for (at, octet) in address.octets().into_iter().enumerate() {
                    if at > 0 {
                        text.push(b'.');
                    }
                    text.push_octet(octet);
                }
            }
            IpAddr::V6(address) => {
                let _ = write!(text, "{address}");
            }
        }
        text
    }

    /// The text, which is ASCII.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.len) {
            *place = byte;
            self.len += 1;
        }
    }

    fn push_octet(&mut self, octet: u8) {
        if octet >= 100 {
            self.push(b'0' + octet / 100);
        }
        if octet >= 10 {
            self.push(b'0' + octet / 10 % 10);
        }
        self.push(b'0' + octet % 10);
    }

    fn push_number(&mut self, mut number: u64) {
        let mut digits = [0; 20];
        let mut start = digits.len();
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + u8::try_from(number % 10).unwrap_or_default();
            start -= 1;
            number /= 10;
            if number == 0 {
                break;
            }
        }
        for digit in digits.get(start..).unwrap_or_default() {
            self.push(*digit);
        }
    }
}

impl fmt::Write for ShortText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.bytes().for_each(|byte| self.push(byte));
        Ok(())
    }
}

impl fmt::Debug for ShortText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.as_bytes().escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString as _;

    #[test]
    fn the_text_is_that_of_core() {
        for number in [0, 1, 9, 10, 11, 99, 100, 101, 65535, u64::MAX - 1, u64::MAX] {
            let text = ShortText::of_number(number);
            assert_eq!(text.as_bytes(), number.to_string().as_bytes());
        }
        for address in [
            "0.0.0.0",
            "1.20.255.100",
            "255.255.255.255",
            "::",
            "2001:db8::1",
            "::ffff:192.0.2.1",
            "1111:2222:3333:4444:5555:6666:7777:8888",
        ] {
            let text = ShortText::of_address(address.parse().unwrap());
            assert_eq!(text.as_bytes(), address.as_bytes());
        }
    }
}
