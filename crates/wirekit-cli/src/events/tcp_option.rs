//! TCP options as JSON, both ways: `{kind, name, ...}` with what the option says.

use serde_json::{Map, Value, json};
use wirekit::tcp::{MultipathMessage, OptionKind, TcpOption};

use super::Rejection;
use super::event::{Keys, latin1};

/// The header before the options.
const FIXED_HEADER_LEN: usize = 20;

/// An option's keys.
pub(crate) fn to_keys(option: &TcpOption<'_>) -> Map<String, Value> {
    let mut keys = Map::new();
    keys.insert("kind".into(), option.kind().0.into());
    if let Some(name) = option.kind().name() {
        keys.insert("name".into(), name.into());
    }
    let mut put = |key: &str, value: Value| {
        keys.insert(key.into(), value);
    };
    match *option {
        TcpOption::MaximumSegmentSize(size) => {
            put("size", size.into());
        }
        TcpOption::WindowScale(shift) => {
            put("shift", shift.into());
        }
        TcpOption::Sack(blocks) => {
            put(
                "blocks",
                blocks
                    .iter()
                    .map(|block| json!([block.left.0, block.right.0]))
                    .collect(),
            );
        }
        TcpOption::Timestamps { value, echo_reply } => {
            put("value", value.into());
            put("echo_reply", echo_reply.into());
        }
        TcpOption::Md5Signature(digest) => {
            put("digest", latin1(digest));
        }
        TcpOption::UserTimeout(timeout) => {
            put("seconds", timeout.duration().as_secs().into());
            put("bits", timeout.bits().into());
        }
        TcpOption::Authentication {
            key_id,
            receive_next_key_id,
            mac,
        } => {
            put("key_id", key_id.into());
            put("receive_next_key_id", receive_next_key_id.into());
            put("mac", latin1(mac));
        }
        TcpOption::Multipath(option) => {
            put("subtype", option.subtype().0.into());
            if let Some(name) = option.subtype().name() {
                put("subtype_name", name.into());
            }
            put("data", latin1(option.as_bytes()));
            if let Some(message) = option.message() {
                multipath(&message, &mut put);
            }
        }
        TcpOption::FastOpen(cookie) => {
            put("cookie", latin1(cookie));
        }
        TcpOption::AccurateEcn(counters) => {
            put("counters", counters.iter().map(Value::from).collect());
        }
        TcpOption::Experiment { exid, data, .. } => {
            put("exid", exid.into());
            put("data", latin1(data));
        }
        TcpOption::EndOfOptionList | TcpOption::NoOperation | TcpOption::SackPermitted => {}
        // Of an unknown kind, and of one that the codec learnt after this table: its bytes stand for it, and `put` takes
        // them back.
        option => put(
            "data",
            latin1(data_of(&option, &mut [0; TcpOption::MAX_LEN])),
        ),
    }
    keys
}

/// The bytes behind an option's length.
fn data_of<'o>(option: &TcpOption<'_>, out: &'o mut [u8; TcpOption::MAX_LEN]) -> &'o [u8] {
    // What was read can be written.
    let len = option.encode_to_slice(out).unwrap_or_default();
    out.get(2..len).unwrap_or_default()
}

/// What a Multipath TCP option says; `data` stands for it where it is encoded.
fn multipath(message: &MultipathMessage<'_>, put: &mut impl FnMut(&str, Value)) {
    let mut number = |key: &str, number: Option<u64>| {
        if let Some(number) = number {
            put(key, number.into());
        }
    };
    match *message {
        MultipathMessage::Capable {
            version,
            flags,
            sender_key,
            receiver_key,
            data_len,
            checksum,
        } => {
            number("version", Some(version.into()));
            number("flags", Some(flags.into()));
            number("sender_key", sender_key);
            number("receiver_key", receiver_key);
            number("data_len", data_len.map(u64::from));
            number("checksum", checksum.map(u64::from));
        }
        MultipathMessage::Join {
            flags,
            address_id,
            token,
            nonce,
        } => {
            number("flags", Some(flags.into()));
            number("address_id", Some(address_id.into()));
            number("token", Some(token.into()));
            number("nonce", Some(nonce.into()));
        }
        MultipathMessage::JoinAnswer {
            flags,
            address_id,
            mac,
            nonce,
        } => {
            number("flags", Some(flags.into()));
            number("address_id", Some(address_id.into()));
            number("mac", Some(mac));
            number("nonce", Some(nonce.into()));
        }
        MultipathMessage::JoinProof { mac } => put("mac", latin1(mac)),
        MultipathMessage::DataSequence {
            flags,
            acknowledgment,
            mapping,
        } => {
            number("flags", Some(flags.into()));
            number("data_acknowledgment", acknowledgment);
            if let Some(mapping) = mapping {
                number("data_sequence_number", Some(mapping.sequence_number));
                let subflow = mapping.subflow_sequence_number;
                number("subflow_sequence_number", Some(subflow.into()));
                number("data_len", Some(mapping.data_len.into()));
                number("checksum", mapping.checksum.map(u64::from));
            }
        }
        MultipathMessage::AddAddress {
            flags,
            address_id,
            address,
            port,
            mac,
        } => {
            number("flags", Some(flags.into()));
            number("address_id", Some(address_id.into()));
            number("port", port.map(u64::from));
            number("mac", mac);
            put("address", address.to_string().into());
        }
        MultipathMessage::RemoveAddress { address_ids } => {
            put("address_ids", address_ids.into());
        }
        MultipathMessage::Priority { flags, address_id } => {
            number("flags", Some(flags.into()));
            number("address_id", address_id.map(u64::from));
        }
        MultipathMessage::Fail { sequence_number } => {
            number("data_sequence_number", Some(sequence_number));
        }
        MultipathMessage::FastClose { receiver_key } => {
            number("receiver_key", Some(receiver_key));
        }
        MultipathMessage::Reset { flags, reason } => {
            number("flags", Some(flags.into()));
            number("reason", Some(reason.into()));
        }
        // One that the codec learnt after this table has its subtype and `data` all the same.
        _ => {}
    }
}

/// A header with these options and nothing else in it, for the codec to read.
pub(crate) fn image(options: &[Value]) -> Result<Vec<u8>, Rejection> {
    let mut image = vec![0; FIXED_HEADER_LEN];
    for option in options {
        let keys = option
            .as_object()
            .ok_or_else(|| Rejection::Malformed("an option must be an object".into()))?;
        put(Keys(keys), &mut image)?;
    }
    // Padding is written by the codec; here it keeps the last option from running into nothing.
    image.resize(image.len().next_multiple_of(4), 0);
    let words = u8::try_from(image.len() / 4)
        .ok()
        .filter(|&words| words < 16);
    let words =
        words.ok_or_else(|| Rejection::Rule("the options are longer than 40 bytes".into()))?;
    if let Some(offset) = image.get_mut(12) {
        *offset = words << 4;
    }
    Ok(image)
}

fn put(keys: Keys<'_>, image: &mut Vec<u8>) -> Result<(), Rejection> {
    let kind: u8 = keys.number("kind")?;
    let start = image.len();
    image.push(kind);
    if matches!(
        OptionKind(kind),
        OptionKind::END_OF_OPTION_LIST | OptionKind::NO_OPERATION
    ) {
        return Ok(());
    }
    image.push(0);
    match OptionKind(kind) {
        OptionKind::MAXIMUM_SEGMENT_SIZE => image.extend(keys.number::<u16>("size")?.to_be_bytes()),
        OptionKind::WINDOW_SCALE => image.push(keys.number("shift")?),
        OptionKind::SACK_PERMITTED => {}
        OptionKind::SACK => {
            for block in keys.list("blocks")? {
                let edge = |at| u32::try_from(block.get(at)?.as_u64()?).ok();
                let (Some(left), Some(right), None) = (edge(0), edge(1), block.get(2)) else {
                    let text = "a block must be a pair of sequence numbers";
                    return Err(Rejection::Malformed(text.into()));
                };
                image.extend(left.to_be_bytes());
                image.extend(right.to_be_bytes());
            }
        }
        OptionKind::TIMESTAMPS => {
            image.extend(keys.number::<u32>("value")?.to_be_bytes());
            image.extend(keys.number::<u32>("echo_reply")?.to_be_bytes());
        }
        OptionKind::MD5_SIGNATURE => image.extend(keys.bytes("digest")?),
        OptionKind::USER_TIMEOUT => image.extend(keys.number::<u16>("bits")?.to_be_bytes()),
        OptionKind::AUTHENTICATION => {
            image.push(keys.number("key_id")?);
            image.push(keys.number("receive_next_key_id")?);
            image.extend(keys.bytes("mac")?);
        }
        OptionKind::FAST_OPEN => image.extend(keys.bytes("cookie")?),
        OptionKind::ACCURATE_ECN_0 | OptionKind::ACCURATE_ECN_1 => {
            for counter in keys.list("counters")? {
                let counter = counter.as_u64().and_then(|it| u32::try_from(it).ok());
                let [0, counter @ ..] = counter.unwrap_or(u32::MAX).to_be_bytes() else {
                    let text = "a counter must be a number of 24 bits";
                    return Err(Rejection::Malformed(text.into()));
                };
                image.extend(counter);
            }
        }
        _ => {
            if keys.get("exid").is_some() {
                image.extend(keys.number::<u16>("exid")?.to_be_bytes());
            }
            image.extend(keys.bytes("data")?);
        }
    }
    let len = u8::try_from(image.len() - start)
        .map_err(|_| Rejection::Rule("the options are longer than 40 bytes".into()))?;
    if let Some(place) = image.get_mut(start + 1) {
        *place = len;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use wirekit::tcp::Segment;

    use super::{image, to_keys};

    /// An option that the codec reads says all that it is in its keys, whichever kind it is of and whether or not this
    /// module has words for it: the keys make the same bytes.
    #[test]
    fn the_keys_of_any_kind_make_the_option_again() {
        let data: Vec<u8> = (0x51..).take(38).collect();
        for kind in 0..=u8::MAX {
            for len in 0..=38_u8 {
                let option = match kind {
                    0 | 1 => vec![kind],
                    _ => [&[kind, 2 + len], &data[..usize::from(len)]].concat(),
                };
                let mut bytes = vec![0; 20];
                bytes.extend(&option);
                bytes.resize(bytes.len().next_multiple_of(4), 0);
                bytes[12] = u8::try_from(bytes.len() / 4).unwrap() << 4;
                let segment = Segment::parse(&bytes).unwrap();
                let Ok(read) = segment.options().iter().next().unwrap() else {
                    continue;
                };
                let keys = to_keys(&read);
                let again = image(&[Value::Object(keys)]);
                assert!(
                    again.is_ok_and(|again| again == bytes),
                    "{read:?} of {bytes:?}"
                );
            }
        }
    }
}
