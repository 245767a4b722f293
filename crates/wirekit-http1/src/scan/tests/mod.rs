mod backends;
mod pieces;
mod rules;

use std::format;
use std::string::String;
use std::vec;
use std::vec::Vec;

use super::entry::{advance_with, extends_part_with};
use super::{Parsed, Progress, Section, StartLine};
use crate::arch::Backend;
use crate::field::{FieldTable, Span};
use crate::{Config, Error, ErrorKind, Quirks};

/// What a scan found, by whatever way.
#[derive(Debug, PartialEq)]
struct Found {
    verdict: Result<Option<usize>, Error>,
    start: StartLine,
    spans: Vec<Span>,
}

fn scan(backend: Option<Backend>, section: Section, config: &Config, pieces: &[&[u8]]) -> Found {
    let mut spans = [Span::default(); 8];
    let mut progress = Progress::new();
    let mut found = Found {
        verdict: Ok(None),
        start: StartLine::default(),
        spans: Vec::new(),
    };
    for piece in pieces {
        if extends_part_with(backend, section, piece, config, &mut progress) {
            continue;
        }
        match advance_with(backend, section, piece, &mut spans, config, &mut progress) {
            Ok(None) => {}
            Ok(Some(scanned)) => {
                found.verdict = Ok(Some(scanned.used));
                found.start = scanned.line;
                found.spans = spans[..scanned.fields].to_vec();
                assert_eq!(progress, Progress::new());
                break;
            }
            Err(error) => {
                found.verdict = Err(error);
                break;
            }
        }
    }
    found
}

fn backends() -> Vec<Option<Backend>> {
    vec![Some(Backend::Fallback), Some(Backend::detect())]
}

/// Every way to scan `input` gives the same; it is returned.
fn scan_every_way(section: Section, config: &Config, input: &[u8]) -> Found {
    let whole = scan(None, section, config, &[input]);
    let prefixes: Vec<&[u8]> = (0..=input.len()).map(|len| &input[..len]).collect();
    for backend in backends().into_iter().chain([None]) {
        let name = format!("{backend:?} {}", input.escape_ascii());
        assert_eq!(
            scan(backend, section, config, &[input]),
            whole,
            "whole {name}"
        );
        assert_eq!(
            scan(backend, section, config, &prefixes),
            whole,
            "byte by byte {name}"
        );
        for step in [2, 3, 7, 64] {
            let mut pieces: Vec<&[u8]> = prefixes.iter().copied().step_by(step).collect();
            pieces.push(input);
            assert_eq!(
                scan(backend, section, config, &pieces),
                whole,
                "by {step} {name}"
            );
        }
        for prefix in &prefixes {
            let part = scan(backend, section, config, &[prefix]);
            assert_eq!(
                part,
                scan(None, section, config, &[prefix]),
                "prefix of {} {name}",
                prefix.len()
            );
            if part.verdict != Ok(None) {
                assert_eq!(part.verdict, whole.verdict, "final {name}");
            }
        }
    }
    if let Ok(Some(used)) = whole.verdict {
        let mut longer = input[..used].to_vec();
        longer.extend_from_slice(&[b'x'; 130]);
        for backend in backends() {
            assert_eq!(
                scan(backend, section, config, &[&longer]).verdict,
                Ok(Some(used)),
                "with a tail"
            );
        }
    }
    whole
}

/// The text with one byte a character.
fn latin1(text: &str) -> Vec<u8> {
    text.chars()
        .map(|character| u8::try_from(u32::from(character)).unwrap())
        .collect()
}
