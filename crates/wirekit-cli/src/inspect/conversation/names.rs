//! The names that the capture's own DNS gave to addresses.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::collections::HashMap;
use std::rc::Rc;

use simple_dns::Packet;
use simple_dns::rdata::RData;

/// Addresses that have a name; further ones have none.
const MAX_NAMES: usize = 65_536;
/// Bytes of names, of which each may have a quarter of a kibibyte; further ones are left out.
const MAX_NAMES_LEN: usize = 4 * 1024 * 1024;
/// RFC 1035 section 3.2.1, and RFC 6762.
const PORTS: [u16; 2] = [53, 5353];
/// The largest message that is usually asked for (RFC 6891 section 6.2.5). What names cost to follow from pointer to pointer grows
/// with the square of a message's length.
const MAX_MESSAGE_LEN: usize = 4096;
/// RFC 1035 section 4.1.1.
const HEADER_LEN: usize = 12;
/// A question for the root, and a record of the root without data (RFC 1035 sections 4.1.2 and 4.1.3).
const MIN_LENS: [usize; 4] = [5, 11, 11, 11];

/// Each address with the name that was asked for last.
#[derive(Debug, Default)]
pub(crate) struct Names {
    names: HashMap<IpAddr, Rc<str>>,
    /// Of all names, one that several addresses have counted for each.
    len: usize,
}

impl Names {
    /// Takes what came from a port, if that is one of DNS. An alias is passed over: the name that was asked for counts.
    pub(crate) fn learn(&mut self, port: u16, payload: &[u8]) {
        if !PORTS.contains(&port) || !may_be_message(payload) {
            return;
        }
        let Ok(packet) = Packet::parse(payload) else {
            return;
        };
        let asked = packet.questions.first().map(|question| &question.qname);
        for answer in &packet.answers {
            let address = match &answer.rdata {
                RData::A(a) => IpAddr::V4(Ipv4Addr::from_bits(a.address)),
                RData::AAAA(a) => IpAddr::V6(Ipv6Addr::from_bits(a.address)),
                _ => continue,
            };
            let name = asked.unwrap_or(&answer.name).to_string();
            self.add(address, &name.to_ascii_lowercase());
        }
    }

    fn add(&mut self, address: IpAddr, name: &str) {
        let known = self.names.get(&address);
        let len = self.len - known.map_or(0, |known| known.len()) + name.len();
        let is_full = self.names.len() >= MAX_NAMES && known.is_none();
        // The root is no name for an address.
        if !name.is_empty() && !is_full && len <= MAX_NAMES_LEN {
            self.len = len;
            self.names.insert(address, name.into());
        }
    }

    /// The name of an address.
    pub(crate) fn of(&self, address: IpAddr) -> Option<&Rc<str>> {
        match self.names.is_empty() {
            true => None,
            false => self.names.get(&address),
        }
    }
}

/// Whether a message of this length may hold as many questions and records as its header counts: their places are made before
/// they are read.
fn may_be_message(payload: &[u8]) -> bool {
    let Some((header, rest)) = payload.split_first_chunk::<HEADER_LEN>() else {
        return false;
    };
    let [_, _, _, _, counts @ ..] = header;
    let counts = counts.as_chunks::<2>().0.iter();
    let needed = counts
        .zip(MIN_LENS)
        .map(|(count, len)| usize::from(u16::from_be_bytes(*count)) * len);
    payload.len() <= MAX_MESSAGE_LEN && needed.sum::<usize>() <= rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PORT: u16 = 53;

    /// RFC 1035 section 4: the answer to a question for `www.h.example`, by an alias and an address.
    fn answer() -> Vec<u8> {
        let mut answer = vec![0, 7, 0x81, 0x80, 0, 1, 0, 2, 0, 0, 0, 0];
        answer.extend(b"\x03WWW\x01h\x07example\0\0\x01\0\x01");
        answer.extend(b"\xc0\x0c\0\x05\0\x01\0\0\0\x3c\0\x04\x01a\xc0\x10");
        answer.extend(b"\xc0\x2d\0\x01\0\x01\0\0\0\x3c\0\x04\xc6\x33\x64\x02");
        answer
    }

    /// What an address is called once a message has come.
    fn name(port: u16, message: &[u8]) -> Option<String> {
        let mut names = Names::default();
        names.learn(port, message);
        assert_eq!(names.of(IpAddr::from([198, 51, 100, 3])), None);
        let name = names.of(IpAddr::from([198, 51, 100, 2]))?;
        assert_eq!(names.len, name.len());
        Some(name.to_string())
    }

    #[test]
    fn an_address_has_the_name_that_was_asked_for() {
        let answer = answer();
        assert_eq!(name(PORT, &answer).as_deref(), Some("www.h.example"));
        assert_eq!(name(5300, &answer), None);
        for cut in 0..answer.len() {
            assert_eq!(name(PORT, &answer[..cut]), None);
        }
    }

    /// RFC 1035 section 4.1.4: a pointer to a prior occurrence; one to itself, to what is to come, or round in a circle is none.
    #[test]
    fn pointers_lead_back() {
        for pointer in [0x2d, 0x2e, 0x39, 0xff] {
            let mut answer = answer();
            answer[0x2e] = pointer;
            let whole = answer.len();
            // The alias's own name leads to the pointer that leads to it.
            assert_eq!(name(PORT, &answer[..whole]), None, "{pointer}");
        }
    }

    /// RFC 1035 section 4.1.1: counts that the message has no room for.
    #[test]
    fn counts_are_what_there_is_room_for() {
        for at in [4, 6, 8, 10] {
            let mut answer = answer();
            answer[at] = 0xff;
            assert!(!may_be_message(&answer), "{at}");
            assert_eq!(name(PORT, &answer), None);
        }
        assert!(may_be_message(&answer()));
        assert!(!may_be_message(&vec![0; MAX_MESSAGE_LEN + 1]));
    }

    #[test]
    fn the_root_is_no_name() {
        let mut answer = vec![0, 7, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0];
        answer.extend(b"\0\0\x01\0\x01");
        answer.extend(b"\0\0\x01\0\x01\0\0\0\x3c\0\x04\xc6\x33\x64\x02");
        assert_eq!(name(PORT, &answer), None);
    }

    #[test]
    fn names_are_bounded_by_count_and_by_length() {
        let mut names = Names::default();
        let address = |number| IpAddr::V4(Ipv4Addr::from_bits(number));
        for number in 0..70_000 {
            names.add(address(number), "a");
        }
        assert_eq!(names.names.len(), MAX_NAMES);
        let long = "a".repeat(255);
        for number in 0..70_000 {
            names.add(address(number), &long);
        }
        assert!(names.len <= MAX_NAMES_LEN && names.len > MAX_NAMES_LEN - 255);
        names.add(address(0), "b");
        assert_eq!(names.of(address(0)).map(|name| &**name), Some("b"));
    }
}
