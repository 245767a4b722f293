//! The laws of `wirekit-http`.

use core::net::IpAddr;

use wirekit::http::accept::{MediaType, choose_encoding, choose_type, media_ranges};
use wirekit::http::field::{Classes, Name};
use wirekit::http::range::{ContentRange, Ranges, Span};
use wirekit::http::validator::{Current, EntityTag, IfRange, entity_tags, if_match, if_none_match};
use wirekit::http::{
    ConnectionOptions, Error, ErrorKind, MAX_CONNECTION_OPTIONS, Parameters, Value, encode_value,
    forwarded, list, token, via,
};

laws![fields];

/// Every reader of a field value: it agrees with a simple model, errors point inside, and what was read can be written and
/// is read as the same again.
pub fn fields(data: &[u8]) {
    tokens(data);
    lists(data);
    names(data);
    connection(data);
    parameters(data);
    forwarding(data);
    tags(data);
    ranges(data);
    preferences(data);
}

fn inside<T>(result: Result<T, Error>, data: &[u8]) -> Option<T> {
    result
        .inspect_err(|error| assert!(error.offset() <= data.len(), "{error}"))
        .ok()
}

fn is_tchar(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"\"(),/:;<=>?@[\\]{}".contains(&byte)
}

fn tokens(data: &[u8]) {
    let len = data.iter().take_while(|byte| is_tchar(**byte)).count();
    assert_eq!(token::token_len(data), len);
    assert_eq!(token::is_token(data), len > 0 && len == data.len());
    assert_eq!(token::trim_ows(data), trim(data));
    let digits = core::str::from_utf8(data)
        .ok()
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    assert_eq!(
        token::decimal(data),
        digits.and_then(|text| text.parse().ok())
    );
}

fn trim(bytes: &[u8]) -> &[u8] {
    let is_text = |byte: &u8| *byte != b' ' && *byte != b'\t';
    match (
        bytes.iter().position(is_text),
        bytes.iter().rposition(is_text),
    ) {
        (Some(first), Some(last)) => &bytes[first..=last],
        _ => b"",
    }
}

/// Cuts at the commas that a model in one pass finds outside of quoted strings.
fn cut(data: &[u8], knows_quotes: bool) -> Vec<&[u8]> {
    let (mut cuts, mut start, mut is_quoted, mut is_escaped) = (Vec::new(), 0, false, false);
    for (at, byte) in data.iter().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_quoted => is_escaped = true,
            b'"' if knows_quotes => is_quoted = !is_quoted,
            b',' if !is_quoted => {
                cuts.push(&data[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    cuts.push(&data[start..]);
    cuts.into_iter().map(trim).collect()
}

fn lists(data: &[u8]) {
    for (members, knows_quotes) in [
        (list::members(data), false),
        (list::quoted_members(data), true),
    ] {
        let expected = cut(data, knows_quotes);
        let all: Vec<_> = members.clone().with_empty().collect();
        for member in &all {
            let end = member.offset + member.bytes.len();
            assert_eq!(&data[member.offset..end], member.bytes);
        }
        assert!(all.iter().map(|member| member.bytes).eq(expected));
        let full = all.iter().filter(|member| !member.bytes.is_empty());
        assert!(members.eq(full.copied()));
    }
    let lines = data.split(|byte| *byte == b'\n');
    let mut out = vec![0; 2 * data.len() + 2];
    let len = list::join_to_slice(lines.clone(), &mut out).expect("room for all lines");
    let joined = list::members(&out[..len]).map(|member| member.bytes);
    let apart = lines.flat_map(list::members).map(|member| member.bytes);
    assert!(joined.eq(apart));
    let empty = cut(data, false)
        .iter()
        .filter(|text| text.is_empty())
        .count();
    assert_eq!(list::empty_members(data, empty), Ok(empty));
    if let Some(fewer) = empty.checked_sub(1) {
        let error = list::empty_members(data, fewer).expect_err("one more than allowed");
        assert_eq!(error.kind(), ErrorKind::EmptyElement);
        assert!(matches!(data.get(error.offset()), None | Some(b',')));
    }
}

fn names(data: &[u8]) {
    for word in data.split(|byte| !is_tchar(*byte)).chain([data]) {
        let known = Name::ALL
            .iter()
            .find(|name| name.as_str().as_bytes().eq_ignore_ascii_case(word));
        assert_eq!(Name::of(word), known.copied());
        let lower = word.to_ascii_lowercase();
        assert_eq!(Classes::of(word), Classes::of(&lower));
        if lower.starts_with(b"proxy-") {
            assert!(Classes::of(word).contains(Classes::PROXY));
        }
        if lower.starts_with(b"x-forwarded-") {
            assert!(Classes::of(word).contains(Classes::FORWARDED));
        }
    }
}

fn connection(data: &[u8]) {
    let mut options = ConnectionOptions::new();
    let lines = data.split(|byte| *byte == b'\n');
    for line in lines.clone() {
        if let Err(error) = options.add(line) {
            assert!(error.offset() <= line.len());
            match error.kind() {
                ErrorKind::Token => assert!(!is_tchar(line[error.offset()])),
                _ => assert_eq!(options.named().count(), MAX_CONNECTION_OPTIONS),
            }
            return;
        }
    }
    let listed: Vec<_> = lines.flat_map(|line| cut(line, false)).collect();
    let has = |name: &[u8]| {
        listed
            .iter()
            .any(|option| option.eq_ignore_ascii_case(name))
    };
    assert_eq!(
        [
            options.close(),
            options.keep_alive(),
            options.upgrade(),
            options.te()
        ],
        [b"close".as_slice(), b"keep-alive", b"upgrade", b"te"].map(has)
    );
    let known = Name::ALL.iter().map(|name| name.as_str().as_bytes());
    for name in listed.iter().copied().chain(known).chain([data]) {
        // What is only an option names no field, so that it is not asked for as one.
        if name.is_empty() || name.eq_ignore_ascii_case(b"close") {
            continue;
        }
        let is_here = has(name) || Classes::of(name).contains(Classes::CONNECTION);
        assert_eq!(options.is_end_to_end(name), !is_here);
    }
}

fn parameters(data: &[u8]) {
    let mut out = vec![0; 2 * data.len() + 2];
    match encode_value(data, &mut out) {
        Ok(len) => {
            let (value, used) = Value::parse(&out[..len]).expect("what was written");
            assert!(value.is(data) && used == len);
            let mut copy = vec![0; data.len()];
            assert_eq!(value.copy_to_slice(&mut copy), Ok(data.len()));
            assert_eq!(copy, data);
        }
        Err(_) => assert!(data.iter().any(u8::is_ascii_control)),
    }
    let Some(found) = inside(Parameters::parse(data), data) else {
        return;
    };
    assert_eq!(found.as_bytes(), data);
    let mut words = Vec::new();
    for parameter in found {
        assert!(token::is_token(parameter.name.as_bytes()));
        let text: Vec<_> = parameter.value.bytes().collect();
        let len = encode_value(&text, &mut out).expect("what was read");
        words.extend([b";", parameter.name.as_bytes(), b"=", &out[..len]].concat());
    }
    let again = Parameters::parse(&words).expect("what was written");
    assert!(again.iter().eq(found.iter()));
}

/// Writes items with a comma between them, and returns them joined.
fn joined<T>(
    items: &[T],
    mut encode: impl FnMut(&T, &mut [u8]) -> Result<usize, wirekit::http::EncodeError>,
    room: usize,
) -> Vec<u8> {
    let mut words = Vec::new();
    let mut out = vec![0; room];
    for item in items {
        let len = encode(item, &mut out).expect("what was read");
        words.extend_from_slice(&out[..len]);
        words.extend_from_slice(b", ");
    }
    words
}

fn forwarding(data: &[u8]) {
    // An IPv6 address may be written with more bytes than it was read from.
    let room = 4 * data.len() + 100;
    if let Some(elements) = inside(
        forwarded::elements(data).collect::<Result<Vec<_>, _>>(),
        data,
    ) {
        let words = joined(&elements, |element, out| element.encode_to_slice(out), room);
        let again: Result<Vec<_>, _> = forwarded::elements(&words).collect();
        let expected = elements
            .into_iter()
            .filter(|element| *element != forwarded::Element::EMPTY);
        assert_eq!(again, Ok(expected.collect()));
    }
    if let Some(members) = inside(via::members(data).collect::<Result<Vec<_>, _>>(), data) {
        for member in &members {
            assert!(via::has(data, member.received_by));
        }
        let words = joined(&members, |member, out| member.encode_to_slice(out), room);
        assert_eq!(
            via::members(&words).collect::<Result<Vec<_>, _>>(),
            Ok(members)
        );
    }
    // The nearest that is not trusted, from the end.
    let peer = IpAddr::from([10, 0, 0, 1]);
    let is_trusted = |address: IpAddr| address.is_loopback() || address == peer;
    let hops: Vec<_> = forwarded::x_forwarded_for(data).collect();
    let mut client = peer;
    for hop in hops.iter().rev() {
        let Some(hop) = *hop else { break };
        client = hop;
        if !is_trusted(hop) {
            break;
        }
    }
    assert_eq!(forwarded::client(peer, hops, is_trusted), client);
}

fn tags(data: &[u8]) {
    let mut out = vec![0; data.len() + 4];
    for tag in [EntityTag::strong(data), EntityTag::weak(data)] {
        if let Ok(len) = tag.encode_to_slice(&mut out) {
            assert_eq!(EntityTag::parse(&out[..len]), Ok(tag));
        }
    }
    if let Some(tags) = inside(entity_tags(data).collect::<Result<Vec<_>, _>>(), data) {
        let words = joined(&tags, |tag, out| tag.encode_to_slice(out), data.len());
        for tag in &tags {
            let current = Current::Tagged(*tag);
            assert_eq!(
                if_match([data], current),
                Ok(!tag.is_weak() && {
                    let opaque = EntityTag::strong(tag.opaque());
                    tags.contains(&opaque)
                })
            );
            assert_eq!(if_none_match([data], current), Ok(false));
            assert_eq!(if_match([data], Current::Missing), Ok(false));
        }
        assert_eq!(entity_tags(&words).collect::<Result<Vec<_>, _>>(), Ok(tags));
    }
    if let Some(IfRange::Tag(tag)) = inside(IfRange::parse(data), data) {
        assert_eq!(EntityTag::parse(data), Ok(tag));
    }
}

fn ranges(data: &[u8]) {
    const MAX: usize = 8;
    let behind = [b"bytes=", data].concat();
    for value in [data, &behind] {
        if let Some(ranges) = inside(Ranges::parse(value, MAX), value) {
            assert!((1..=MAX).contains(&ranges.len()));
            assert_eq!(ranges.iter().count(), ranges.len());
            for len in [0, 1, 1000, u64::MAX] {
                let spans: Vec<_> = ranges.resolve(len).collect();
                assert!(spans.len() <= ranges.len());
                for span in spans {
                    assert!(span.first <= span.last && span.last < len);
                    let mut out = [0; 69];
                    let range = ContentRange::Part(span, Some(len));
                    let used = range.encode_to_slice(&mut out).expect("within the length");
                    assert_eq!(ContentRange::parse(&out[..used]), Ok(range));
                }
            }
        }
    }
    if let Some(range) = inside(ContentRange::parse(data), data) {
        let mut out = [0; 69];
        let used = range.encode_to_slice(&mut out).expect("what was read");
        assert_eq!(ContentRange::parse(&out[..used]), Ok(range));
        if let ContentRange::Part(Span { first, last }, len) = range {
            assert!(first <= last && len.is_none_or(|len| last < len));
        }
    }
}

fn preferences(data: &[u8]) {
    let codings = ["br", "gzip", "identity"];
    if let Some(chosen) = inside(choose_encoding([data], &codings), data) {
        let alone = codings.map(|coding| choose_encoding([data], &[coding]) == Ok(Some(0)));
        match chosen {
            Some(index) => assert!(alone[index]),
            None => assert_eq!(alone, [false; 3]),
        }
    }
    let types = [&b"text/html"[..], b"text/html;level=1", b"image/png"]
        .map(|text| MediaType::parse(text).expect("a media type"));
    match inside(choose_type([data], &types), data) {
        Some(chosen) => {
            let alone = types.map(|offered| choose_type([data], &[offered]) == Ok(Some(0)));
            match chosen {
                Some(index) => assert!(alone[index]),
                None => assert_eq!(alone, [false; 3]),
            }
        }
        None => assert!(media_ranges(data).any(|range| range.is_err())),
    }
}
