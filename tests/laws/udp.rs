//! The laws of `wirekit-udp`.

use arbitrary::{Result, Unstructured};
use wirekit::checksum::{PseudoHeader, Verdict};
use wirekit::udp::{Datagram, DatagramMut, EncodeError, Header, MAX_PAYLOAD_LEN};

laws![change, parse, round_trip];

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

/// Ports and addresses changed in place read as what they were set to, nothing else changes, and the checksum says what
/// it said before: good, bad or absent.
pub fn change(data: &[u8]) {
    let _ = change_of(&mut Unstructured::new(data));
}

fn change_of(input: &mut Unstructured<'_>) -> Result<()> {
    let [before, after]: [[u16; 2]; 2] = input.arbitrary()?;
    let [from, to] = [pseudo(input)?, pseudo(input)?];
    let damage: u16 = input.arbitrary()?;
    let is_absent: bool = input.arbitrary()?;
    let tail: [u8; 3] = input.arbitrary()?;
    let payload = input.bytes(input.len())?;
    let [before, after] = [before, after].map(|[source_port, destination_port]| Header {
        source_port,
        destination_port,
    });
    let mut bytes = Vec::new();
    let encoded = match is_absent {
        true => before.encode_without_checksum(payload, &mut bytes),
        false => before.encode(&from, payload, &mut bytes),
    };
    if encoded.is_err() {
        return Ok(());
    }
    // A change of the sum by 0xffff is none.
    let is_damaged = !is_absent && !matches!(damage, 0 | 0xffff) && payload.len() > 1;
    if is_damaged {
        let field: &mut [u8; 2] = bytes[8..].first_chunk_mut().expect("two bytes");
        *field = u16::from_be_bytes(*field)
            .wrapping_add(damage)
            .to_be_bytes();
    }
    let is_good = |bytes: &[u8], pseudo: &PseudoHeader| {
        let datagram = Datagram::parse(bytes).expect("a datagram");
        datagram.verify_checksum(pseudo) == Verdict::Good
    };
    let was_good = is_good(&bytes, &from);
    let was = bytes.clone();
    bytes.extend(tail);
    let mut datagram = DatagramMut::parse(&mut bytes).expect("a datagram");
    datagram.set_source_port(after.source_port);
    datagram.set_destination_port(after.destination_port);
    datagram.readdress(&from, &to);
    assert_eq!(datagram.as_bytes()[8..], was[8..]);
    assert_eq!(bytes[was.len()..], tail);
    let datagram = Datagram::parse(&bytes).expect("a datagram");
    assert_eq!(datagram.header(), after);
    assert_eq!(datagram.checksum() == 0, is_absent);
    assert_eq!(is_good(datagram.as_bytes(), &to), was_good);
    assert!(is_absent || is_damaged || was_good);
    Ok(())
}

/// The addresses of one family or the other.
fn pseudo(input: &mut Unstructured<'_>) -> Result<PseudoHeader> {
    Ok(match input.arbitrary()? {
        true => PseudoHeader::V4 {
            source: input.arbitrary()?,
            destination: input.arbitrary()?,
        },
        false => PseudoHeader::V6 {
            source: input.arbitrary()?,
            destination: input.arbitrary()?,
        },
    })
}
