//! The laws of `wirekit-udp`.

use arbitrary::Unstructured;
use wirekit::checksum::{PseudoHeader, Verdict};
use wirekit::udp::{Datagram, EncodeError, Header, MAX_PAYLOAD_LEN};

/// Laws 3, 5 and 6: what is parsed lies in the input, errors point into it, and more input repairs none but the end.
pub fn parse(data: &[u8]) {
    let whole = Datagram::parse(data);
    match whole {
        Ok(datagram) => {
            let bytes = datagram.as_bytes();
            assert_eq!(bytes, &data[..usize::from(datagram.length())]);
            assert_eq!(datagram.payload(), &bytes[8..]);
            assert_eq!(datagram.payload_len(), datagram.payload().len());
            assert_eq!(Datagram::parse(bytes), Ok(datagram));
            assert_eq!(Datagram::parse_captured(data), Ok(datagram));
        }
        Err(error) => assert!(error.offset() <= data.len(), "{error}"),
    }
    if let Ok(datagram) = Datagram::parse_captured(data) {
        assert!(datagram.payload_len() >= datagram.payload().len());
    }
}

/// Laws 5 and 8: what is encoded is parsed, the checksum verifies, and what is refused leaves the output alone.
pub fn round_trip(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let (source_port, destination_port, room): (u16, u16, u16) =
        input.arbitrary().unwrap_or_default();
    let addresses: [core::net::IpAddr; 2] = input
        .arbitrary()
        .unwrap_or([core::net::Ipv4Addr::LOCALHOST.into(); 2]);
    let Some(pseudo) = PseudoHeader::new(addresses[0], addresses[1]) else {
        return;
    };
    let payload = input.take_rest();
    let header = Header {
        source_port,
        destination_port,
    };
    let mut out = vec![0xa5; usize::from(room)];
    match header.encode_to_slice(&pseudo, payload, &mut out) {
        Ok(len) => {
            assert_eq!(len, Header::encoded_len(payload.len()));
            let datagram = Datagram::parse(&out[..len]).expect("what was encoded");
            assert_eq!((datagram.header(), datagram.payload()), (header, payload));
            assert_eq!(datagram.verify_checksum(&pseudo), Verdict::Good);
            assert_ne!(datagram.checksum(), 0);
            let mut vec = Vec::new();
            assert_eq!(header.encode(&pseudo, payload, &mut vec), Ok(len));
            assert_eq!(vec, out[..len]);
        }
        Err(error) => {
            assert!(out.iter().all(|&byte| byte == 0xa5));
            match error {
                EncodeError::OutputTooSmall { needed } => assert!(needed > out.len()),
                EncodeError::PayloadTooLong { len } => assert!(len > MAX_PAYLOAD_LEN),
                error => panic!("{error}"),
            }
        }
    }
}
