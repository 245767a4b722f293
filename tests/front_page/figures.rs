//! The figures in the READMEs are those of the newest recorded run.
//!
//! A figure's row in a README has five cells: what is measured, the workload's name, and three that this test writes.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// The engines of each workload, fastest first, with their nanoseconds an operation; a floor's name ends with `*`.
type Record = BTreeMap<String, Vec<(String, f64)>>;

#[test]
fn figures_are_those_of_the_newest_record() {
    let (name, record) = newest_record();
    let mut wrong = Vec::new();
    for path in readmes() {
        let text = fs::read_to_string(&path).expect("a README");
        let updated = with_record_named(&with_figures(&text, &record), &name);
        if updated == text {
            continue;
        }
        if env::var_os("WIREKIT_BLESS").is_some() {
            fs::write(&path, updated).expect("a README that can be written");
        } else {
            wrong.push(path);
        }
    }
    assert!(
        wrong.is_empty(),
        "{wrong:?} differ from {name}; WIREKIT_BLESS=1 writes their figures anew"
    );
}

#[test]
fn a_row_has_the_figures_of_its_workload() {
    let record = read_record(
        "workload    bytes  engine         ns     GB/s   ratio\n\
         a/b/c          20  wirekit      6.66     4.21    0.75\n\
         a/b/c          20  two words    5.00     4.61    1.00\n\
         a/b/c          20  memcpy*   1234.00     4.61    0.01\n\
         \n\
         ratio: no row\n",
    );
    let row = "| sums | `a/b/c` | 1 ns | | |";
    assert_eq!(
        figures(row, &record).expect("a row"),
        "| sums | `a/b/c` | 6.7 ns | two words 5.0 ns, memcpy\\* 1.2 µs | **0.75** |"
    );
    assert_eq!(figures("| `a` | b/c/d |", &record), None);
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn files(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join(folder)).expect("a folder");
    let mut paths: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    paths
}

pub(crate) fn readmes() -> Vec<PathBuf> {
    let crates = files("crates")
        .into_iter()
        .map(|path| path.join("README.md"));
    crates.chain([root().join("README.md")]).collect()
}

fn newest_record() -> (String, Record) {
    let mut records = files("benches/record");
    // Counts of instructions are no times, and those of the gateway and of whole programs are not those of the codecs.
    let others = ["-instructions.txt", "-gateway.txt", "-whole-process.txt"];
    records.retain(|path| {
        !others
            .iter()
            .any(|end| path.to_string_lossy().ends_with(end))
    });
    let path = records.pop().expect("a record");
    let name = path.file_name().expect("a name").to_string_lossy();
    let text = fs::read_to_string(&path).expect("a record");
    (format!("benches/record/{name}"), read_record(&text))
}

fn read_record(text: &str) -> Record {
    let mut record = Record::new();
    for line in text.lines().take_while(|line| !line.starts_with("ratio:")) {
        let words: Vec<_> = line.split_whitespace().collect();
        let [workload, _bytes, engine @ .., ns, _throughput, _ratio] = &words[..] else {
            continue;
        };
        let Ok(ns) = ns.parse() else { continue };
        let engines = record.entry((*workload).to_owned()).or_default();
        engines.push((engine.join(" "), ns));
    }
    for engines in record.values_mut() {
        engines.sort_by(|a, b| a.1.total_cmp(&b.1));
    }
    record
}

fn with_figures(text: &str, record: &Record) -> String {
    let line = |line: &str| figures(line, record).unwrap_or_else(|| line.to_owned()) + "\n";
    text.lines().map(line).collect()
}

/// The text with every mention of a record naming this one.
fn with_record_named(text: &str, name: &str) -> String {
    let mut updated = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("benches/record/") {
        let (before, after) = rest.split_at(start);
        let end = after.find([')', '`', ' ']).unwrap_or(after.len());
        let (mention, after) = after.split_at(end);
        updated.push_str(before);
        updated.push_str(if mention.ends_with(".txt") {
            name
        } else {
            mention
        });
        rest = after;
    }
    updated + rest
}

/// The line with the figures of the workload that its second cell names; `None` for any other line.
fn figures(line: &str, record: &Record) -> Option<String> {
    let mut cells = line.strip_prefix('|')?.split('|').map(str::trim);
    let what = cells.next()?;
    let workload = cells.next()?.strip_prefix('`')?.strip_suffix('`')?;
    if workload.split('/').count() != 3 {
        return None;
    }
    let engines = record
        .get(workload)
        .unwrap_or_else(|| panic!("{workload} is not in the record"));
    let (_, ours) = engines
        .iter()
        .find(|(engine, _)| engine == "wirekit")
        .unwrap_or_else(|| panic!("{workload} has no row of ours"));
    let others = engines
        .iter()
        .filter(|(engine, _)| !engine.starts_with("wirekit"));
    let best = others
        .clone()
        .find(|(engine, _)| !engine.ends_with('*'))
        .map_or_else(|| "-".to_owned(), |(_, ns)| ratio(ns / ours));
    let others: Vec<_> = others
        .map(|(engine, ns)| format!("{} {}", engine.replace('*', "\\*"), time(*ns)))
        .collect();
    Some(format!(
        "| {what} | `{workload}` | {} | {} | {best} |",
        time(*ours),
        others.join(", ")
    ))
}

fn time(ns: f64) -> String {
    let (value, unit) = if ns < 1000.0 {
        (ns, "ns")
    } else {
        (ns / 1000.0, "µs")
    };
    if value < 9.95 {
        format!("{value:.1} {unit}")
    } else {
        format!("{value:.0} {unit}")
    }
}

/// A loss stands out.
fn ratio(ratio: f64) -> String {
    if ratio < 0.95 {
        format!("**{ratio:.2}**")
    } else if ratio < 9.95 {
        format!("{ratio:.1}")
    } else {
        format!("{ratio:.0}")
    }
}
