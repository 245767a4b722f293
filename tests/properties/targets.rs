//! The fuzz targets: each is a law and its committed seeds, which keep that law here too.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use wirekit_laws::*;

const CODECS: &[(&str, &[Law])] = &[
    ("bridge", bridge::LAWS),
    ("checksum", checksum::LAWS),
    ("cli", cli::LAWS),
    ("deflate", deflate::LAWS),
    ("gateway", gateway::LAWS),
    ("handshake", handshake::LAWS),
    ("http", http::LAWS),
    ("http1", http1::LAWS),
    ("tcp", tcp::LAWS),
    ("tls", tls::LAWS),
    ("udp", udp::LAWS),
    ("uwsgi", uwsgi::LAWS),
    ("websocket", websocket::LAWS),
];

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
fn every_codec_has_a_program_that_runs_its_laws() {
    let codecs = CODECS.iter().map(|(codec, _)| (*codec).to_owned());
    assert_eq!(names("fuzz_targets"), codecs.collect());
    let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).expect("a manifest");
    for (codec, _) in CODECS {
        let text = fs::read_to_string(fuzz().join(format!("fuzz_targets/{codec}.rs")));
        let call = format!("wirekit_laws::fuzz(wirekit_laws::{codec}::LAWS, data)");
        assert!(text.expect("a program").contains(&call), "{codec}");
        let entry = format!(
            "name = \"{codec}\"\npath = \"fuzz_targets/{codec}.rs\"\nrequired-features = [\"{codec}\"]\n"
        );
        assert!(manifest.contains(&entry), "{codec} is not built");
    }
}

#[test]
fn every_law_has_seeds_that_keep_it() {
    let targets = CODECS.iter().flat_map(|(codec, laws)| {
        let target = move |law: &Law| (format!("{codec}_{}", law.name), law.check);
        laws.iter().map(target)
    });
    let targets: Vec<_> = targets.collect();
    let known: BTreeSet<_> = targets.iter().map(|(target, _)| target.clone()).collect();
    assert_eq!(names("seeds"), known);
    for (target, check) in targets {
        for seed in fs::read_dir(fuzz().join("seeds").join(target)).expect("seeds") {
            check(&fs::read(seed.expect("an entry").path()).expect("a seed"));
        }
    }
}

/// A dictionary is found by the codec whose name it has; libFuzzer reads words of up to 64
/// bytes in quotes, in which a byte may be `\\`, `\"` or `\xAB`, and stops at anything else.
#[test]
fn every_dictionary_is_of_a_codec_and_can_be_read() {
    for name in names("dictionaries") {
        let is_known = CODECS.iter().any(|(codec, _)| *codec == name);
        assert!(is_known, "{name} is no codec");
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
