//! Text appended to a line of output without an allocation: rows are written once a packet.

use core::net::{IpAddr, SocketAddr};
use std::io::Write as _;
use std::rc::Rc;

use super::wording::quoted;
use crate::inspect::capture::Time;
use crate::inspect::conversation::application::Application;

/// What a line of output takes.
pub(crate) trait Put {
    fn text(&mut self, text: &str);

    /// In decimal.
    fn number(&mut self, number: u64);

    /// In decimal, right-aligned in `width` columns.
    fn number_right(&mut self, number: u64, width: usize);

    /// In decimal, with `width` digits, leading ones zero.
    fn digits(&mut self, number: u64, width: usize);

    fn address(&mut self, address: IpAddr);

    /// `10.0.0.1:80` or `[fe80::1]:80`.
    fn end(&mut self, end: SocketAddr);

    /// What the capture's DNS calls an address, behind it: ` (www.example)`. Every view for people has it from here.
    fn name(&mut self, name: Option<&Rc<str>>);

    /// Seconds since 1970 with nine decimals.
    fn time(&mut self, time: Time);

    /// Spaces up to column `width`, counted from `start`, and at least one.
    fn pad(&mut self, start: usize, width: usize);
}

impl Put for Vec<u8> {
    #[inline]
    fn text(&mut self, text: &str) {
        self.extend_from_slice(text.as_bytes());
    }

    #[inline]
    fn number(&mut self, number: u64) {
        self.digits(number, 1);
    }

    fn number_right(&mut self, number: u64, width: usize) {
        let len = number.checked_ilog10().map_or(1, |log| log as usize + 1);
        self.resize(self.len() + width.saturating_sub(len), b' ');
        self.number(number);
    }

    #[inline]
    fn digits(&mut self, number: u64, width: usize) {
        if number < EIGHT_DIGITS && width <= 8 {
            self.eight_digits(number, width);
        } else {
            self.many_digits(number, width);
        }
    }

    fn address(&mut self, address: IpAddr) {
        match address {
            IpAddr::V4(address) => {
                // The longest, with a point behind each octet, has sixteen bytes: a number, to which octets are added.
                let (mut text, mut len) = (0_u128, 0);
                for octet in address.octets() {
                    let (digits, digits_len) = octet_text(octet);
                    text |= u128::from(digits) << (8 * len);
                    len += digits_len;
                }
                // The point behind the last octet is left out.
                let end = self.len() + len as usize - 1;
                self.extend_from_slice(&text.to_le_bytes());
                self.truncate(end);
            }
            // Writing into a vector cannot fail.
            IpAddr::V6(address) => drop(write!(self, "{address}")),
        }
    }

    fn end(&mut self, end: SocketAddr) {
        if end.is_ipv6() {
            self.push(b'[');
            self.address(end.ip());
            self.push(b']');
        } else {
            self.address(end.ip());
        }
        self.push(b':');
        self.number(end.port().into());
    }

    fn name(&mut self, name: Option<&Rc<str>>) {
        if let Some(name) = name {
            self.text(" (");
            self.text(&quoted(name, MAX_NAME_LEN));
            self.push(b')');
        }
    }

    fn time(&mut self, time: Time) {
        self.number(time.nanoseconds() / 1_000_000_000);
        self.push(b'.');
        self.digits(time.nanoseconds() % 1_000_000_000, 9);
    }

    fn pad(&mut self, start: usize, width: usize) {
        let end = (start + width).max(self.len() + 1);
        self.resize(end, b' ');
    }
}

/// The longest name that is shown whole.
pub(crate) const MAX_NAME_LEN: usize = 60;
/// The numbers below this one have eight digits at most.
const EIGHT_DIGITS: u64 = 100_000_000;

trait PutDigits {
    /// Of a number below [`EIGHT_DIGITS`], in no more than eight columns.
    fn eight_digits(&mut self, number: u64, width: usize);

    fn many_digits(&mut self, number: u64, width: usize);
}

impl PutDigits for Vec<u8> {
    #[inline]
    fn eight_digits(&mut self, number: u64, width: usize) {
        let digits = digits_of(number);
        // Of a zero one digit is left.
        let leading = digits.trailing_zeros() as usize / 8;
        let left_out = leading.min(8 - width.clamp(1, 8));
        let text = (digits | u64::from_ne_bytes([b'0'; 8])) >> (left_out * 8);
        // A fixed length is copied without a call.
        let end = self.len() + 8 - left_out;
        self.extend_from_slice(&text.to_le_bytes());
        self.truncate(end);
    }

    fn many_digits(&mut self, number: u64, width: usize) {
        self.digits(number / EIGHT_DIGITS, width.saturating_sub(8));
        self.eight_digits(number % EIGHT_DIGITS, 8);
    }
}

/// The eight digits of a number below [`EIGHT_DIGITS`], the first one lowest: all of them at once, by halves.
#[inline]
const fn digits_of(number: u64) -> u64 {
    let fours = (number / 10_000) | ((number % 10_000) << 32);
    // A hundredth and a tenth by multiplication, exact for all that four and two digits can be.
    let hundreds = ((fours * 10_486) >> 20) & 0x7f_0000_007f;
    let twos = hundreds | ((fours - hundreds * 100) << 16);
    let tens = ((twos * 103) >> 10) & 0x000f_000f_000f_000f;
    tens | ((twos - tens * 10) << 8)
}

/// An octet in decimal and a point behind it, the first character lowest, and how many characters that is.
#[inline]
fn octet_text(octet: u8) -> (u32, u32) {
    OCTETS.get(usize::from(octet)).copied().unwrap_or_default()
}

const OCTETS: [(u32, u32); 256] = {
    let mut octets = [(0, 0); 256];
    let mut rest: &mut [(u32, u32)] = &mut octets;
    let mut octet = 0_u8;
    while let Some((first, after)) = rest.split_first_mut() {
        let upper = b'0' + octet / 100;
        let middle = b'0' + octet / 10 % 10;
        let lower = b'0' + octet % 10;
        let (text, len) = match octet {
            0..10 => ([lower, b'.', 0, 0], 2),
            10..100 => ([middle, lower, b'.', 0], 3),
            100.. => ([upper, middle, lower, b'.'], 4),
        };
        *first = (u32::from_le_bytes(text), len);
        octet = octet.wrapping_add(1);
        rest = after;
    }
    octets
};

/// Seconds with six decimals, signed: how times are shown to people.
pub(crate) fn seconds(out: &mut Vec<u8>, nanoseconds: i64) {
    if nanoseconds < 0 {
        out.push(b'-');
    }
    let microseconds = nanoseconds.unsigned_abs() / 1000;
    out.number(microseconds / 1_000_000);
    out.push(b'.');
    out.digits(microseconds % 1_000_000, 6);
}

/// Seconds with nine decimals, signed: how times are given to programs.
pub(crate) fn exact_seconds(out: &mut Vec<u8>, nanoseconds: i64) {
    if nanoseconds < 0 {
        out.push(b'-');
    }
    let nanoseconds = nanoseconds.unsigned_abs();
    out.number(nanoseconds / 1_000_000_000);
    out.push(b'.');
    out.digits(nanoseconds % 1_000_000_000, 9);
}

/// A duration in the unit that suits it: `0`, `312 µs`, `4.52 ms`, `1.234 s`.
pub(crate) fn duration(nanoseconds: i64) -> String {
    let microseconds = nanoseconds / 1000;
    match microseconds {
        ..0 => format!("-{}", duration(nanoseconds.saturating_neg())),
        0 => String::from("0"),
        1..1000 => format!("{microseconds} µs"),
        1000..1_000_000 => format!("{}.{:02} ms", microseconds / 1000, microseconds % 1000 / 10),
        _ => format!(
            "{}.{:03} s",
            microseconds / 1_000_000,
            microseconds % 1_000_000 / 1000
        ),
    }
}

/// A number with its thousands set off: `1,234,567`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// The protocols from the transport up: `tcp/http1/websocket`.
pub(crate) fn path(transport: &str, applications: &[Application]) -> String {
    let mut path = String::from(transport);
    for application in applications {
        path.push('/');
        path.push_str(application.name());
    }
    path
}

/// A count and its noun: `1 byte`, `2 bytes`.
pub(crate) fn counted(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut line = Vec::new();
        write(&mut line);
        String::from_utf8(line).unwrap()
    }

    #[test]
    fn numbers_are_written_whole() {
        let powers = (0..20).map(|power| 10_u64.pow(power));
        for number in powers.flat_map(|power| [power - 1, power, power + 1, power / 7 * 8]) {
            assert_eq!(put(|line| line.number(number)), number.to_string());
            assert_eq!(put(|line| line.digits(number, 12)), format!("{number:012}"));
        }
        // Every four digits in either half.
        for number in (0..100_000_000).step_by(9_999) {
            assert_eq!(put(|line| line.number(number)), number.to_string());
        }
        assert_eq!(put(|line| line.number(u64::MAX)), u64::MAX.to_string());
        assert_eq!(put(|line| line.digits(42, 6)), "000042");
        assert_eq!(put(|line| line.number_right(42, 6)), "    42");
        assert_eq!(put(|line| line.number_right(1_234_567, 6)), "1234567");
    }

    #[test]
    fn every_octet_is_written_whole() {
        for octet in 0..=255 {
            let address = IpAddr::from([octet, 0, 255 - octet, octet]);
            assert_eq!(put(|line| line.address(address)), address.to_string());
        }
    }

    #[test]
    fn ends_and_times_read_as_usual() {
        assert_eq!(
            put(|line| line.end("192.0.2.10:80".parse().unwrap())),
            "192.0.2.10:80"
        );
        assert_eq!(
            put(|line| line.end("[fe80::1]:443".parse().unwrap())),
            "[fe80::1]:443"
        );
        assert_eq!(
            put(|line| line.time(Time::from_nanoseconds(1_000_000_001))),
            "1.000000001"
        );
        assert_eq!(put(|line| seconds(line, -1_500_000_999)), "-1.500000");
    }

    #[test]
    fn people_read_units_and_groups() {
        let rows = [
            (0, "0"),
            (999, "0"),
            (312_000, "312 µs"),
            (4_529_000, "4.52 ms"),
            (61_234_567_890, "61.234 s"),
        ];
        for (nanoseconds, text) in rows {
            assert_eq!(duration(nanoseconds), text);
        }
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(
            (counted(1, "byte"), counted(0, "byte")),
            ("1 byte".into(), "0 bytes".into())
        );
    }
}
