use core::net::IpAddr;

use super::{Multipath, MultipathSubtype};

/// What a Multipath TCP option of a known subtype says: RFC 8684 section 3, and RFC 6824 for version 0.
///
/// `flags` are the bits that the subtype's figure names, as they stand on the wire.
///
/// ```
/// use wirekit_tcp::{Multipath, MultipathMessage};
///
/// let option = Multipath::new(&[0x51, 9]).unwrap();
/// let message = MultipathMessage::Priority { flags: MultipathMessage::BACKUP, address_id: Some(9) };
/// assert_eq!(option.message(), Some(message));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MultipathMessage<'a> {
    /// MP_CAPABLE, which opens a connection: section 3.1. Which fields are there says which segment of the handshake
    /// it is.
    Capable {
        /// The version of the protocol, 0 or 1 so far.
        version: u8,
        /// A to H.
        flags: u8,
        /// The sender's key.
        sender_key: Option<u64>,
        /// The peer's, said back.
        receiver_key: Option<u64>,
        /// How many bytes of data the segment has.
        data_len: Option<u16>,
        /// Over those bytes and their place.
        checksum: Option<u16>,
    },
    /// MP_JOIN of a SYN, which adds a subflow to a connection: section 3.2.
    Join {
        /// [`BACKUP`](Self::BACKUP) or nothing.
        flags: u8,
        /// The sender's name for its address.
        address_id: u8,
        /// Which connection, by a hash of the receiver's key.
        token: u32,
        /// A random number.
        nonce: u32,
    },
    /// MP_JOIN of the answer.
    JoinAnswer {
        /// [`BACKUP`](Self::BACKUP) or nothing.
        flags: u8,
        /// The sender's name for its address.
        address_id: u8,
        /// The first 64 bits of the message authentication code.
        mac: u64,
        /// A random number.
        nonce: u32,
    },
    /// MP_JOIN of the third segment.
    JoinProof {
        /// The message authentication code.
        mac: &'a [u8; 20],
    },
    /// DSS, which maps the subflow's bytes to the connection's: section 3.3.
    DataSequence {
        /// F, m, M, a and A.
        flags: u8,
        /// The next byte of the connection that is expected, or the lower half of its number.
        acknowledgment: Option<u64>,
        /// Where the subflow's bytes stand in the connection.
        mapping: Option<Mapping>,
    },
    /// ADD_ADDR: section 3.4.1.
    AddAddress {
        /// E; in version 0 the version of IP.
        flags: u8,
        /// The sender's name for its address.
        address_id: u8,
        /// The address that can be connected to.
        address: IpAddr,
        /// Its port, if it is another one.
        port: Option<u16>,
        /// The last 64 bits of the message authentication code.
        mac: Option<u64>,
    },
    /// REMOVE_ADDR: section 3.4.2.
    RemoveAddress {
        /// The sender's names for the addresses.
        address_ids: &'a [u8],
    },
    /// MP_PRIO: section 3.3.8.
    Priority {
        /// [`BACKUP`](Self::BACKUP) or nothing.
        flags: u8,
        /// Another subflow's address; version 0 alone has it.
        address_id: Option<u8>,
    },
    /// MP_FAIL, back to one path: section 3.7.
    Fail {
        /// Where the data was found broken.
        sequence_number: u64,
    },
    /// MP_FASTCLOSE: section 3.5.
    FastClose {
        /// The peer's key.
        receiver_key: u64,
    },
    /// MP_TCPRST, why a subflow is reset: section 3.6.
    Reset {
        /// U, V, W and T.
        flags: u8,
        /// IANA's "MPTCP MP_TCPRST Reason Codes".
        reason: u8,
    },
}

/// A run of a subflow's bytes, and its place in the connection: RFC 8684 section 3.3.1.
///
/// ```
/// use wirekit_tcp::{Multipath, MultipathMessage};
///
/// // DSS with a mapping alone: 1460 bytes, the first of which is 257 in the connection and 1 in the subflow.
/// let option = Multipath::new(&[0x20, 0x04, 0, 0, 1, 1, 0, 0, 0, 1, 5, 0xb4]).unwrap();
/// let Some(MultipathMessage::DataSequence { mapping: Some(mapping), .. }) = option.message() else { panic!("a mapping") };
/// assert_eq!((mapping.sequence_number, mapping.subflow_sequence_number, mapping.data_len), (257, 1, 1460));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Mapping {
    /// The first byte's number in the connection, or the lower half of that number.
    pub sequence_number: u64,
    /// Its number in the subflow, counted from the subflow's initial sequence number.
    pub subflow_sequence_number: u32,
    /// How many bytes; zero says all that follow.
    pub data_len: u16,
    /// Over those bytes and their place, where it was agreed on.
    pub checksum: Option<u16>,
}

impl MultipathMessage<'_> {
    /// B: the subflow is used only when no other is left.
    pub const BACKUP: u8 = 1;
}

impl<'a> Multipath<'a> {
    /// What the option says; nothing for a subtype that is not known or a length that its RFC does not give it.
    pub fn message(self) -> Option<MultipathMessage<'a>> {
        let mut fields = Fields(self.as_bytes());
        let [first] = fields.take()?;
        let low = first & 0x0f;
        let message = match self.subtype() {
            MultipathSubtype::MP_CAPABLE => fields.capable(low),
            MultipathSubtype::MP_JOIN => fields.join(low),
            MultipathSubtype::DSS => fields.data_sequence(),
            MultipathSubtype::ADD_ADDR => fields.add_address(low),
            MultipathSubtype::REMOVE_ADDR => fields.remove_address(),
            MultipathSubtype::MP_PRIO => Some(MultipathMessage::Priority {
                flags: low,
                address_id: fields.optional()?.map(u8::from_be_bytes),
            }),
            MultipathSubtype::MP_FAIL => {
                let [_] = fields.take()?;
                let sequence_number = u64::from_be_bytes(fields.take()?);
                Some(MultipathMessage::Fail { sequence_number })
            }
            MultipathSubtype::MP_FASTCLOSE => {
                let [_] = fields.take()?;
                let receiver_key = u64::from_be_bytes(fields.take()?);
                Some(MultipathMessage::FastClose { receiver_key })
            }
            MultipathSubtype::MP_TCPRST => {
                let [reason] = fields.take()?;
                Some(MultipathMessage::Reset { flags: low, reason })
            }
            _ => None,
        };
        message.filter(|_| fields.0.is_empty())
    }
}

/// The fields that were not read yet.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (&field, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(field)
    }

    /// A field that may be left out with all behind it; nothing where a part of it is there.
    fn optional<const N: usize>(&mut self) -> Option<Option<[u8; N]>> {
        match self.0 {
            [] => Some(None),
            _ => self.take().map(Some),
        }
    }

    fn capable(&mut self, version: u8) -> Option<MultipathMessage<'a>> {
        let [flags] = self.take()?;
        Some(MultipathMessage::Capable {
            version,
            flags,
            sender_key: self.optional()?.map(u64::from_be_bytes),
            receiver_key: self.optional()?.map(u64::from_be_bytes),
            data_len: self.optional()?.map(u16::from_be_bytes),
            checksum: self.optional()?.map(u16::from_be_bytes),
        })
    }

    /// The length says which segment of the handshake it is.
    fn join(&mut self, flags: u8) -> Option<MultipathMessage<'a>> {
        let [address_id] = self.take()?;
        Some(match self.0.len() {
            8 => MultipathMessage::Join {
                flags,
                address_id,
                token: u32::from_be_bytes(self.take()?),
                nonce: u32::from_be_bytes(self.take()?),
            },
            12 => MultipathMessage::JoinAnswer {
                flags,
                address_id,
                mac: u64::from_be_bytes(self.take()?),
                nonce: u32::from_be_bytes(self.take()?),
            },
            _ => {
                let (mac, rest) = self.0.split_first_chunk()?;
                self.0 = rest;
                MultipathMessage::JoinProof { mac }
            }
        })
    }

    fn data_sequence(&mut self) -> Option<MultipathMessage<'a>> {
        const ACKNOWLEDGMENT: u8 = 0x01;
        const LONG_ACKNOWLEDGMENT: u8 = 0x02;
        const MAPPING: u8 = 0x04;
        const LONG_SEQUENCE: u8 = 0x08;
        let [flags] = self.take()?;
        let acknowledgment = match flags & ACKNOWLEDGMENT {
            0 => None,
            _ => Some(self.number(flags & LONG_ACKNOWLEDGMENT)?),
        };
        let mapping = match flags & MAPPING {
            0 => None,
            _ => Some(Mapping {
                sequence_number: self.number(flags & LONG_SEQUENCE)?,
                subflow_sequence_number: u32::from_be_bytes(self.take()?),
                data_len: u16::from_be_bytes(self.take()?),
                checksum: self.optional()?.map(u16::from_be_bytes),
            }),
        };
        Some(MultipathMessage::DataSequence {
            flags,
            acknowledgment,
            mapping,
        })
    }

    /// Eight bytes where the flag is set, else four.
    fn number(&mut self, long: u8) -> Option<u64> {
        match long {
            0 => self.take().map(u32::from_be_bytes).map(u64::from),
            _ => self.take().map(u64::from_be_bytes),
        }
    }

    /// The length says whether it is an IPv4 address, and what follows it.
    fn add_address(&mut self, flags: u8) -> Option<MultipathMessage<'a>> {
        let [address_id] = self.take()?;
        let address = match self.0.len() {
            4 | 6 | 12 | 14 => IpAddr::from(self.take::<4>()?),
            _ => IpAddr::from(self.take::<16>()?),
        };
        let port = match self.0.len() {
            2 | 10 => Some(u16::from_be_bytes(self.take()?)),
            _ => None,
        };
        Some(MultipathMessage::AddAddress {
            flags,
            address_id,
            address,
            port,
            mac: self.optional()?.map(u64::from_be_bytes),
        })
    }

    fn remove_address(&mut self) -> Option<MultipathMessage<'a>> {
        let address_ids = core::mem::take(&mut self.0);
        (!address_ids.is_empty()).then_some(MultipathMessage::RemoveAddress { address_ids })
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::MultipathMessage as Message;
    use super::*;

    const LONG: [u8; 8] = [1, 2, 3, 4, 5, 6, 7, 8];
    const NUMBER: u64 = 0x0102_0304_0506_0708;

    fn bytes(parts: &[&[u8]]) -> Vec<u8> {
        parts.concat()
    }

    #[test]
    fn every_length_of_a_subtype_has_its_message() {
        let mac = [7; 20];
        let capable = |keys, data_len, checksum| Message::Capable {
            version: 1,
            flags: 0x81,
            sender_key: (keys > 0).then_some(NUMBER),
            receiver_key: (keys > 1).then_some(NUMBER),
            data_len,
            checksum,
        };
        let sequence = |flags, acknowledgment, mapping| Message::DataSequence {
            flags,
            acknowledgment,
            mapping,
        };
        let mapping = |sequence_number, checksum| {
            Some(Mapping {
                sequence_number,
                subflow_sequence_number: 9,
                data_len: 10,
                checksum,
            })
        };
        let address = |flags, address, port, mac| Message::AddAddress {
            flags,
            address_id: 3,
            address,
            port,
            mac,
        };
        let (v4, v6) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([9_u8; 16]));
        #[rustfmt::skip]
        let rows = [
            (bytes(&[&[0x01, 0x81]]), capable(0, None, None)),
            (bytes(&[&[0x01, 0x81], &LONG]), capable(1, None, None)),
            (bytes(&[&[0x01, 0x81], &LONG, &LONG]), capable(2, None, None)),
            (bytes(&[&[0x01, 0x81], &LONG, &LONG, &[0, 5]]), capable(2, Some(5), None)),
            (bytes(&[&[0x01, 0x81], &LONG, &LONG, &[0, 5, 0, 6]]), capable(2, Some(5), Some(6))),
            (bytes(&[&[0x11, 3, 0, 0, 0, 1, 0, 0, 0, 2]]), Message::Join { flags: 1, address_id: 3, token: 1, nonce: 2 }),
            (bytes(&[&[0x10, 3], &LONG, &[0, 0, 0, 2]]), Message::JoinAnswer { flags: 0, address_id: 3, mac: NUMBER, nonce: 2 }),
            (bytes(&[&[0x10, 0], &mac]), Message::JoinProof { mac: &mac }),
            (bytes(&[&[0x20, 0x10]]), sequence(0x10, None, None)),
            (bytes(&[&[0x20, 0x01, 0, 0, 0, 4]]), sequence(1, Some(4), None)),
            (bytes(&[&[0x20, 0x03], &LONG]), sequence(3, Some(NUMBER), None)),
            (bytes(&[&[0x20, 0x04, 0, 0, 0, 8, 0, 0, 0, 9, 0, 10]]), sequence(4, None, mapping(8, None))),
            (
                bytes(&[&[0x20, 0x0f], &LONG, &LONG, &[0, 0, 0, 9, 0, 10, 0, 11]]),
                sequence(0x0f, Some(NUMBER), mapping(NUMBER, Some(11))),
            ),
            (bytes(&[&[0x20, 0x0f], &LONG, &LONG, &[0, 0, 0, 9, 0, 10]]), sequence(0x0f, Some(NUMBER), mapping(NUMBER, None))),
            (bytes(&[&[0x31, 3, 10, 0, 0, 1]]), address(1, v4, None, None)),
            (bytes(&[&[0x31, 3, 10, 0, 0, 1, 0, 80]]), address(1, v4, Some(80), None)),
            (bytes(&[&[0x30, 3, 10, 0, 0, 1], &LONG]), address(0, v4, None, Some(NUMBER))),
            (bytes(&[&[0x30, 3, 10, 0, 0, 1, 0, 80], &LONG]), address(0, v4, Some(80), Some(NUMBER))),
            (bytes(&[&[0x36, 3], &[9; 16]]), address(6, v6, None, None)),
            (bytes(&[&[0x31, 3], &[9; 16], &[0, 80]]), address(1, v6, Some(80), None)),
            (bytes(&[&[0x30, 3], &[9; 16], &LONG]), address(0, v6, None, Some(NUMBER))),
            (bytes(&[&[0x30, 3], &[9; 16], &[0, 80], &LONG]), address(0, v6, Some(80), Some(NUMBER))),
            (bytes(&[&[0x40, 3]]), Message::RemoveAddress { address_ids: &[3] }),
            (bytes(&[&[0x40, 3, 4]]), Message::RemoveAddress { address_ids: &[3, 4] }),
            (bytes(&[&[0x51]]), Message::Priority { flags: 1, address_id: None }),
            (bytes(&[&[0x50, 3]]), Message::Priority { flags: 0, address_id: Some(3) }),
            (bytes(&[&[0x60, 0], &LONG]), Message::Fail { sequence_number: NUMBER }),
            (bytes(&[&[0x70, 0], &LONG]), Message::FastClose { receiver_key: NUMBER }),
            (bytes(&[&[0x81, 2]]), Message::Reset { flags: 1, reason: 2 }),
        ];
        let lengths = |of: MultipathSubtype| {
            let lengths = rows.iter().map(|(bytes, _)| Multipath::new(bytes).unwrap());
            let same = lengths.filter(move |option| option.subtype() == of);
            same.map(|option| option.as_bytes().len())
        };
        for (bytes, message) in &rows {
            let option = Multipath::new(bytes).unwrap();
            assert_eq!(option.message(), Some(*message), "{bytes:?}");
            for cut in 1..bytes.len() {
                let part = Multipath::new(&bytes[..cut]).unwrap();
                // What is left is another form of the same subtype, or none.
                let is_a_form = lengths(option.subtype()).any(|len| len == cut);
                assert!(is_a_form || part.message().is_none(), "{bytes:?} {cut}");
            }
            let longer = [&bytes[..], &[0; 41]].concat();
            let is_list = option.subtype() == MultipathSubtype::REMOVE_ADDR;
            assert_eq!(
                Multipath::new(&longer).unwrap().message().is_some(),
                is_list
            );
        }
    }

    #[test]
    fn other_subtypes_say_nothing() {
        for first in [0x90, 0xe0, 0xf0] {
            assert_eq!(Multipath::new(&[first, 0, 0]).unwrap().message(), None);
        }
        assert_eq!(Multipath::new(&[0x40]).unwrap().message(), None);
    }
}
