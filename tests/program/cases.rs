//! The cases of `tests/cases/**/*.md`: each a heading, words, a command, an input and the events that it gives.
//!
//! A case has a block `sh` with `wirekit parse ..` (and `wirekit encode ..` where the bytes come back), a block `input`
//! whose line ends do not count (`\r`, `\n`, `\t`, `\\` and `\xNN` stand for bytes), and a block `events`. Every case is
//! run whole and in pieces.

use std::fs;
use std::path::{Path, PathBuf};

use wirekit_laws::cli::run;

use crate::unescape::unescape;

#[derive(Debug, Default)]
struct Case {
    name: String,
    commands: Vec<String>,
    input: Vec<u8>,
    events: String,
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|it| it == "md") {
            found.push(path);
        }
    }
}

fn read(path: &Path) -> Vec<Case> {
    let text = fs::read_to_string(path).unwrap();
    let (mut cases, mut block): (Vec<Case>, Option<&str>) = (Vec::new(), None);
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("## ").filter(|_| block.is_none()) {
            cases.push(Case {
                name: format!("{}: {name}", path.display()),
                ..Case::default()
            });
        } else if let Some(kind) = line.strip_prefix("```") {
            block = (!kind.is_empty()).then_some(kind);
        } else if let (Some(kind), Some(case)) = (block, cases.last_mut()) {
            match kind {
                "sh" => case.commands.push(line.to_owned()),
                "input" => case.input.extend(unescape(line)),
                "events" => case.events.extend([line, "\n"]),
                _ => panic!("{}: no block of a case: {kind}", case.name),
            }
        }
    }
    cases
}

#[test]
fn every_case_gives_its_events() {
    let mut paths = Vec::new();
    files(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("cases"),
        &mut paths,
    );
    let cases: Vec<Case> = paths.iter().flat_map(|path| read(path)).collect();
    assert!(!cases.is_empty());
    for case in &cases {
        let words: Vec<&str> = case.commands[0].split_whitespace().skip(1).collect();
        let status = match case.events.lines().last().unwrap_or_default() {
            line if line.starts_with(r#"{"event":"error""#) => 1,
            line if line.starts_with(r#"{"event":"incomplete""#) => 3,
            _ => 0,
        };
        for split in [None, Some(1), Some(2), Some(3), Some(7), Some(64)] {
            let split = split.map(|split: usize| split.to_string());
            let more: Vec<&str> = split.iter().flat_map(|split| ["--split", split]).collect();
            let (found, events, said) = run(&[&words[..], &more].concat(), &case.input);
            let events = String::from_utf8(events).unwrap();
            assert_eq!(events, case.events, "{} split {split:?}", case.name);
            assert_eq!((found, said), (status, Vec::new()), "{}", case.name);
        }
        if let Some(encode) = case.commands.get(1) {
            let words: Vec<&str> = encode.split_whitespace().skip(1).collect();
            let (found, bytes, said) = run(&words, case.events.as_bytes());
            assert_eq!((found, said), (0, Vec::new()), "{}", case.name);
            assert_eq!(bytes, case.input, "{}", case.name);
        }
    }
}

/// The inputs of HTTP/1.1 are seeds of the fuzz targets that read the same streams, behind a byte that picks the
/// strict configuration.
#[test]
fn cases_are_seeds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (file, target) in [
        ("requests.md", "http1_requests"),
        ("requests_in_a_row.md", "http1_requests"),
        ("responses.md", "http1_responses"),
        ("responses_in_a_row.md", "http1_responses"),
    ] {
        for case in read(&folder.join("cases/http1").join(file)) {
            let (_, title) = case.name.rsplit_once(": ").unwrap();
            let name = title
                .to_lowercase()
                .replace(|it: char| !it.is_alphanumeric(), "_");
            let seed = folder
                .join("../fuzz/seeds")
                .join(target)
                .join(format!("case_{name}"));
            let bytes = [&[0], case.input.as_slice()].concat();
            if std::env::var_os("WIREKIT_BLESS").is_some() {
                fs::write(&seed, &bytes).unwrap();
            }
            let found = fs::read(&seed).unwrap_or_default();
            assert_eq!(
                found,
                bytes,
                "{}: WIREKIT_BLESS=1 writes it anew",
                seed.display()
            );
        }
    }
}
