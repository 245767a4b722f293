//! TCP options, as people and as programs read them.

use wirekit::tcp::{Options, TcpOption};

use super::json::Object;
use super::put::Put;
use crate::events::tcp_option::to_keys;

/// Whether the numbers of timestamps are worth their place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timestamps {
    Named,
    Numbered,
}

/// Appends the options as people read them: `mss 1460, sack permitted, window scale 7`.
pub(crate) fn text(options: Options<'_>, timestamps: Timestamps, out: &mut Vec<u8>) {
    let start = out.len();
    for option in options {
        if matches!(
            option,
            Ok(TcpOption::NoOperation | TcpOption::EndOfOptionList)
        ) {
            continue;
        }
        if out.len() > start {
            out.text(", ");
        }
        match option {
            Ok(TcpOption::Timestamps { .. }) if timestamps == Timestamps::Named => {
                out.text("timestamps");
            }
            Ok(option) => one(&option, out),
            Err(error) => out.text(error.kind().as_str()),
        }
    }
}

fn one(option: &TcpOption<'_>, out: &mut Vec<u8>) {
    match option {
        TcpOption::MaximumSegmentSize(size) => {
            out.text("mss ");
            out.number((*size).into());
        }
        TcpOption::WindowScale(shift) => {
            out.text("window scale ");
            out.number((*shift).into());
        }
        TcpOption::SackPermitted => out.text("sack permitted"),
        TcpOption::Sack(blocks) => {
            out.text("sack");
            for block in blocks.iter() {
                out.push(b' ');
                out.number(block.left.0.into());
                out.push(b'-');
                out.number(block.right.0.into());
            }
        }
        TcpOption::Timestamps { value, echo_reply } => {
            out.text("timestamps ");
            out.number((*value).into());
            out.push(b' ');
            out.number((*echo_reply).into());
        }
        TcpOption::Md5Signature(_) => out.text("md5 signature"),
        TcpOption::UserTimeout(timeout) => {
            out.text("user timeout ");
            out.number(timeout.duration().as_secs());
            out.text(" s");
        }
        TcpOption::Authentication { key_id, .. } => {
            out.text("tcp-ao key ");
            out.number((*key_id).into());
        }
        TcpOption::Multipath(option) => {
            out.text("mptcp ");
            match option.subtype().name() {
                Some(name) => out.text(name),
                None => out.number(option.subtype().0.into()),
            }
        }
        TcpOption::FastOpen([]) => out.text("fast open request"),
        TcpOption::FastOpen(cookie) => {
            out.text("fast open cookie ");
            hex(cookie, out);
        }
        TcpOption::AccurateEcn(counters) => {
            out.text("accurate ecn");
            for counter in counters.iter() {
                out.push(b' ');
                out.number(counter.into());
            }
        }
        TcpOption::Experiment { exid, .. } => {
            out.text("experiment ");
            hex(&exid.to_be_bytes(), out);
        }
        option => match option.kind().name() {
            Some(name) => out.text(name),
            None => {
                out.text("option ");
                out.number(option.kind().0.into());
            }
        },
    }
}

fn hex(bytes: &[u8], out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        for half in [byte >> 4, byte & 15] {
            out.extend(DIGITS.get(usize::from(half)));
        }
    }
}

/// Appends the options as a JSON list of `{kind, name, ...}`.
pub(crate) fn json(options: Options<'_>, out: &mut Vec<u8>) {
    out.push(b'[');
    for (index, option) in options.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        let mut object = Object::new(out);
        match option {
            Ok(option) => fields(&option, &mut object),
            Err(error) => {
                object
                    .plain("error", error.kind().as_str())
                    .number("offset", error.offset() as u64);
            }
        }
        object.end();
    }
    out.push(b']');
}

/// The options of nearly every segment are written at once, the others key by key.
fn fields(option: &TcpOption<'_>, object: &mut Object<'_>) {
    match *option {
        TcpOption::EndOfOptionList | TcpOption::NoOperation | TcpOption::SackPermitted => {
            named(option, object);
        }
        TcpOption::MaximumSegmentSize(size) => {
            named(option, object).number("size", size.into());
        }
        TcpOption::WindowScale(shift) => {
            named(option, object).number("shift", shift.into());
        }
        TcpOption::Sack(blocks) => {
            let out = named(option, object).key("blocks");
            out.push(b'[');
            for (index, block) in blocks.iter().enumerate() {
                out.text(if index == 0 { "[" } else { ",[" });
                out.number(block.left.0.into());
                out.push(b',');
                out.number(block.right.0.into());
                out.push(b']');
            }
            out.push(b']');
        }
        TcpOption::Timestamps { value, echo_reply } => {
            named(option, object)
                .number("value", value.into())
                .number("echo_reply", echo_reply.into());
        }
        ref option => {
            for (key, value) in &to_keys(option) {
                object.value(key, value);
            }
        }
    }
}

fn named<'a, 'o>(option: &TcpOption<'_>, object: &'a mut Object<'o>) -> &'a mut Object<'o> {
    object.number("kind", option.kind().0.into());
    if let Some(name) = option.kind().name() {
        object.plain("name", name);
    }
    object
}
