//! The dependency floors, read from the manifests: an arrow goes to a lower floor, never sideways or up, and the
//! peers stay out of everything that is published.

#![cfg(test)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use wirekit::http::field::Name;

/// Name, floor, and the crates outside the workspace that it may depend on; none named: any.
const FLOORS: &[(&str, u8, Option<&[&str]>)] = &[
    ("wirekit-macros", 0, Some(&[])),
    ("wirekit-checksum", 1, Some(&[])),
    ("wirekit-http", 1, Some(&[])),
    ("wirekit-tcp", 2, Some(&["bytes", "arbitrary", "serde"])),
    ("wirekit-udp", 2, Some(&["bytes", "arbitrary", "serde"])),
    (
        "wirekit-http1",
        2,
        Some(&["bytes", "nom", "arbitrary", "serde", "http"]),
    ),
    (
        "wirekit-uwsgi",
        2,
        Some(&["bytes", "nom", "arbitrary", "serde", "http"]),
    ),
    (
        "wirekit-websocket",
        2,
        Some(&[
            "bytes",
            "nom",
            "arbitrary",
            "serde",
            "http",
            "flate2",
            "zlib-rs",
            "sha1",
            "base64",
            "getrandom",
            "chacha20",
        ]),
    ),
    (
        "wirekit-tls",
        2,
        Some(&["bytes", "nom", "arbitrary", "serde"]),
    ),
    ("wirekit-bridge", 3, Some(&["bytes"])),
    ("wirekit", 4, Some(&[])),
    ("wirekit-cli", 5, None),
    ("wirekit-gateway", 5, None),
    ("wirekit-tests", 6, None),
    ("wirekit-benches", 6, None),
];

const PEERS: &[&str] = &[
    "httparse",
    "picohttpparser-sys",
    "tungstenite",
    "fastwebsockets",
    "sockudo-ws",
    "yawc",
    "smoltcp",
    "pnet_packet",
    "internet-checksum",
    "hyper",
];

#[test]
fn dependencies_point_to_lower_floors() {
    for (name, manifest) in manifests() {
        let floor = floor(&name);
        for dependency in table(&manifest, "dependencies") {
            if dependency.starts_with("wirekit") {
                assert!(
                    self::floor(&dependency) < floor,
                    "{name} (floor {floor}) depends on {dependency}"
                );
            }
        }
    }
}

#[test]
fn codecs_depend_on_what_was_decided() {
    for (name, manifest) in manifests() {
        let Some((.., Some(decided))) = FLOORS.iter().find(|(known, ..)| *known == name) else {
            continue;
        };
        for dependency in table(&manifest, "dependencies") {
            assert!(
                dependency.starts_with("wirekit-") || decided.contains(&dependency.as_str()),
                "{name} depends on {dependency}: write the decision into this table first"
            );
        }
    }
}

#[test]
fn peers_stay_on_the_top_floor() {
    for (name, manifest) in manifests() {
        if floor(&name) < 6 {
            for dependency in table(&manifest, "dependencies") {
                assert!(
                    !PEERS.contains(&dependency.as_str()),
                    "{name} depends on the peer {dependency}"
                );
            }
        }
    }
}

#[test]
fn every_crate_carries_its_papers() {
    for directory in directories("crates") {
        for paper in ["README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE"] {
            assert!(
                directory.join(paper).exists(),
                "{} has no {paper}",
                directory.display()
            );
        }
    }
}

/// A crate without unsafe code says that it will have none: `deny`, which the workspace has, can be undone in a line.
#[test]
fn crates_without_unsafe_code_forbid_it() {
    for directory in directories("crates") {
        let source = sources(&directory.join("src"));
        let has_some =
            source.contains("\n    unsafe_code,") || source.contains("expect(unsafe_code");
        assert_eq!(
            source.contains("#![forbid(unsafe_code)]"),
            !has_some,
            "{}",
            directory.display()
        );
    }
}

/// Which field a name is, `wirekit-http` has in one table; a crate that compares it by itself is a second one.
#[test]
fn the_bridge_asks_the_table_for_names_of_fields() {
    let source = sources(&root().join("crates/wirekit-bridge/src"));
    // Examples are a caller's code.
    let lines = source
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    let source: String = lines.collect();
    for call in ["is_named(\"", "first(\"", "all(\"", "value(\""] {
        for behind in source.split(call).skip(1) {
            let (name, _) = behind.split_once('"').expect("a literal ends");
            let known = Name::of(name.as_bytes());
            assert_eq!(known, None, "{call}{name}\")");
        }
    }
}

/// `inspect` has one direction: a room knows those before it, and what is known of a capture neither JSON nor words.
#[test]
fn the_rooms_of_inspect_point_one_way() {
    const ROOMS: [&str; 6] = [
        "capture",
        "layers",
        "conversation",
        "text",
        "views",
        "inspector",
    ];
    let folder = root().join("crates/wirekit-cli/src/inspect");
    for (at, room) in ROOMS[..5].iter().enumerate() {
        let source = sources(&folder.join(room));
        for later in &ROOMS[at + 1..] {
            let path = format!("inspect::{later}");
            assert!(!source.contains(&path), "{room} names {later}");
        }
        if at < 3 {
            for word in ["serde_json", "to_json"] {
                assert!(!source.contains(word), "{room} knows {word}");
            }
        }
    }
}

/// The text of every file in a folder.
fn sources(folder: &Path) -> String {
    let entries = fs::read_dir(folder).expect("a folder of sources");
    entries
        .map(|entry| entry.expect("an entry").path())
        .map(|path| {
            if path.is_dir() {
                sources(&path)
            } else {
                fs::read_to_string(path).expect("a file of text")
            }
        })
        .collect()
}

fn floor(name: &str) -> u8 {
    let known = FLOORS.iter().find(|(known, ..)| *known == name);
    known
        .unwrap_or_else(|| panic!("{name} has no floor: give it one"))
        .1
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the package lies in the workspace")
        .to_path_buf()
}

fn directories(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join(folder)).expect("a folder of crates");
    entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir())
        .collect()
}

fn manifests() -> BTreeMap<String, String> {
    let mut directories = directories("crates");
    directories.extend([root().join("tests"), root().join("benches")]);
    let manifests = directories.iter().map(|directory| {
        let manifest = fs::read_to_string(directory.join("Cargo.toml")).expect("a manifest");
        let name = manifest
            .lines()
            .find_map(|line| line.strip_prefix("name = "))
            .expect("a name");
        (name.trim_matches('"').to_owned(), manifest)
    });
    let manifests: BTreeMap<_, _> = manifests.collect();
    assert!(manifests.len() >= 11, "manifests were not found");
    manifests
}

/// The keys of a manifest's table, as the house writes it: one dependency a line.
fn table(manifest: &str, name: &str) -> Vec<String> {
    let lines = manifest
        .lines()
        .skip_while(|line| *line != format!("[{name}]"))
        .skip(1);
    let entries = lines
        .take_while(|line| !line.starts_with('['))
        .filter(|line| line.contains('=') && !line.starts_with('#'));
    entries
        .filter_map(|line| Some(line.split([' ', '.', '=']).next()?.to_owned()))
        .collect()
}
