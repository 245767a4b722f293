//! The fuzz targets: each is one call into a law, and its committed seeds keep that law here too.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use wirekit_laws::*;

/// Names the laws of the fuzz targets, and calls them.
macro_rules! targets {
    ($($target:literal => $law:path,)*) => {
        const TARGETS: &[(&str, &str, fn(&[u8]))] = &[$(($target, stringify!($law), $law),)*];
    };
}

targets! {
    "bridge_exchange" => bridge::exchange::exchanges,
    "bridge_responses" => bridge::responses,
    "bridge_written" => bridge::written,
    "checksum_sum" => checksum::sum,
    "checksum_update" => checksum::update,
    "cli_encode" => cli::encode,
    "cli_round_trip" => cli::round_trip,
    "cli_split" => cli::split,
    "deflate_inflate" => deflate::inflate,
    "deflate_round_trip" => deflate::round_trip,
    "handshake_extensions" => handshake::extensions,
    "handshake_opening" => handshake::opening,
    "http_fields" => http::fields,
    "http1_chunk_sizes" => http1::streams::chunk_sizes,
    "http1_chunks" => http1::streams::chunks,
    "http1_conversation" => http1::streams::conversation,
    "http1_encoded_heads" => http1::heads::encoded,
    "http1_request_heads" => http1::heads::request_heads,
    "http1_requests" => http1::streams::requests,
    "http1_response_heads" => http1::heads::response_heads,
    "http1_responses" => http1::streams::responses,
    "http1_senders" => http1::senders::senders,
    "http1_sends" => http1::streams::sends,
    "http1_strangers" => http1::streams::strangers,
    "http1_versus_httparse" => http1::heads::versus_httparse,
    "http1_versus_picohttpparser" => http1::heads::versus_picohttpparser,
    "tcp_change" => tcp::change,
    "tcp_parse" => tcp::parse,
    "tcp_reassemble" => tcp::reassemble,
    "tcp_reassemble_any" => tcp::reassemble_any,
    "tcp_round_trip" => tcp::round_trip,
    "tcp_track" => tcp::track,
    "tls_change" => tls::change,
    "tls_parse" => tls::parse,
    "tls_round_trip" => tls::round_trip,
    "tls_split" => tls::split,
    "udp_change" => udp::change,
    "udp_parse" => udp::parse,
    "udp_round_trip" => udp::round_trip,
    "uwsgi_answers" => uwsgi::answers,
    "uwsgi_chunks" => uwsgi::chunks,
    "uwsgi_round_trip" => uwsgi::round_trip,
    "uwsgi_splits" => uwsgi::splits,
    "websocket_conversation" => websocket::conversation,
    "websocket_headers" => websocket::header,
    "websocket_mask" => websocket::mask,
    "websocket_relay" => websocket::relay::relay,
    "websocket_split" => websocket::split,
    "websocket_urls" => websocket::urls,
    "websocket_utf8" => websocket::utf8,
    "websocket_versus_tungstenite" => websocket::versus_tungstenite,
}

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz")
}

/// The names in a folder, without their endings.
fn names(folder: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(fuzz().join(folder)).expect("a folder");
    let name = |path: PathBuf| Some(path.file_stem()?.to_string_lossy().into_owned());
    entries
        .map(|entry| name(entry.expect("an entry").path()).expect("a name"))
        .collect()
}

#[test]
fn every_target_is_one_call_into_its_law() {
    let known: BTreeSet<_> = TARGETS
        .iter()
        .map(|(target, ..)| (*target).to_owned())
        .collect();
    assert_eq!(names("fuzz_targets"), known);
    let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).expect("a manifest");
    for (target, law, _) in TARGETS {
        let text = fs::read_to_string(fuzz().join(format!("fuzz_targets/{target}.rs")));
        let call = format!(
            "#![no_main]\n\nlibfuzzer_sys::fuzz_target!(|data: &[u8]| wirekit_laws::{law}(data));\n"
        );
        assert_eq!(text.expect("a target"), call, "{target}");
        assert!(
            manifest.contains(&format!("name = \"{target}\"\n")),
            "{target} is not built"
        );
    }
}

#[test]
fn every_target_has_seeds_that_keep_its_law() {
    let known: BTreeSet<_> = TARGETS
        .iter()
        .map(|(target, ..)| (*target).to_owned())
        .collect();
    assert_eq!(names("seeds"), known);
    for (target, _, law) in TARGETS {
        for seed in fs::read_dir(fuzz().join("seeds").join(target)).expect("seeds") {
            law(&fs::read(seed.expect("an entry").path()).expect("a seed"));
        }
    }
}

/// A dictionary is found by the codec that the names of its targets begin with; libFuzzer reads words of up to 64
/// bytes in quotes, in which a byte may be `\\`, `\"` or `\xAB`, and stops at anything else.
#[test]
fn every_dictionary_has_targets_and_can_be_read() {
    for name in names("dictionaries") {
        let prefix = format!("{name}_");
        let is_of_it = |&(target, ..): &(&str, &str, fn(&[u8]))| target.starts_with(&prefix);
        assert!(TARGETS.iter().any(is_of_it), "{name} has no targets");
        let text = fs::read_to_string(fuzz().join(format!("dictionaries/{name}.dict")));
        let text = text.expect("a dictionary");
        let mut words = BTreeSet::new();
        for line in text.lines() {
            if line.is_empty() || line.starts_with("# ") {
                continue;
            }
            let len = word_len(line).unwrap_or_else(|| panic!("{name}: no word is {line}"));
            assert!((1..=64).contains(&len), "{name}: {line} is {len} bytes");
            assert!(words.insert(line), "{name}: {line} is there twice");
        }
    }
}

/// The bytes that a line of a dictionary stands for.
fn word_len(line: &str) -> Option<usize> {
    let mut rest = line.strip_prefix('"')?.strip_suffix('"')?.as_bytes();
    let mut len = 0;
    loop {
        rest = match rest {
            [] => return Some(len),
            [b'\\', b'\\' | b'"', rest @ ..] => rest,
            [b'\\', b'x', high, low, rest @ ..]
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                rest
            }
            [b'\\' | b'"', ..] => return None,
            [b' '..=b'~', rest @ ..] => rest,
            _ => return None,
        };
        len += 1;
    }
}
