//! The names that the capture's own DNS gave to addresses.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::collections::HashMap;
use std::rc::Rc;

use simple_dns::Packet;
use simple_dns::rdata::RData;

/// Addresses that have a name; further ones have none.
const MAX_NAMES: usize = 65_536;
/// RFC 1035 section 3.2.1, and RFC 6762.
const PORTS: [u16; 2] = [53, 5353];

/// Each address with the name that was asked for last.
#[derive(Debug, Default)]
pub(crate) struct Names(HashMap<IpAddr, Rc<str>>);

impl Names {
    /// Takes what came from a port, if that is one of DNS. An alias is passed over: the name that was asked for counts.
    pub(crate) fn learn(&mut self, port: u16, payload: &[u8]) {
        if !PORTS.contains(&port) {
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
            if self.0.len() < MAX_NAMES || self.0.contains_key(&address) {
                self.0.insert(address, name.to_ascii_lowercase().into());
            }
        }
    }

    /// The name of an address.
    pub(crate) fn of(&self, address: IpAddr) -> Option<Rc<str>> {
        match self.0.is_empty() {
            true => None,
            false => self.0.get(&address).cloned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 1035 section 4: the answer to a question for `www.h.example`, by an alias and an address.
    #[test]
    fn an_address_has_the_name_that_was_asked_for() {
        let mut answer = vec![0, 7, 0x81, 0x80, 0, 1, 0, 2, 0, 0, 0, 0];
        answer.extend(b"\x03WWW\x01h\x07example\0\0\x01\0\x01");
        answer.extend(b"\xc0\x0c\0\x05\0\x01\0\0\0\x3c\0\x04\x01a\xc0\x10");
        answer.extend(b"\xc0\x2d\0\x01\0\x01\0\0\0\x3c\0\x04\xc6\x33\x64\x02");
        let address = IpAddr::from([198, 51, 100, 2]);
        for (port, name) in [(53, Some("www.h.example")), (5300, None)] {
            let mut names = Names::default();
            names.learn(port, &answer);
            assert_eq!(names.of(address).as_deref(), name);
            for cut in 0..answer.len() {
                names.learn(port, &answer[..cut]);
            }
            assert_eq!(names.of(IpAddr::from([198, 51, 100, 3])), None);
        }
    }
}
