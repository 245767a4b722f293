//! What each published library offers, a line an item, with all its features: a change of it is a change of the files beside this
//! one, which a review sees. Rustdoc's JSON is only in nightly Rust, so `.ci/run api` runs this and `cargo test --workspace` does not.
//!
//! `WIREKIT_BLESS=1 cargo test -p wirekit-tests --no-default-features --features api --test api` writes the files anew.

#![cfg(test)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use public_api::Builder;

#[test]
fn what_the_libraries_offer_is_what_their_files_say() {
    let folder = root().join("tests/api");
    let libraries = libraries();
    let mut differences = String::new();
    for library in &libraries {
        let file = folder.join(library).with_extension("txt");
        let offered = listing(library);
        let listed = fs::read_to_string(&file).unwrap_or_default();
        if env::var_os("WIREKIT_BLESS").is_some() {
            fs::write(&file, &offered).expect("written");
        } else if offered != listed {
            differences += &difference(&listed, &offered);
        }
    }
    assert!(
        differences.is_empty(),
        "not as tests/api has it; WIREKIT_BLESS=1 writes it anew:\n{differences}"
    );

    let files = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"));
    for file in files {
        let name = file.file_stem().expect("a name").to_string_lossy();
        assert!(
            libraries.iter().any(|library| **library == *name),
            "{name} is no library"
        );
    }
}

/// The crates that are published and are no programs.
fn libraries() -> Vec<String> {
    let mut found: Vec<String> = fs::read_dir(root().join("crates"))
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.join("src/lib.rs").exists() && !path.join("src/main.rs").exists())
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    found.sort();
    found
}

/// Every item but what all types have: the traits that rustc implements by itself, and those that are for any type. Of a derived
/// trait its name is enough.
fn listing(library: &str) -> String {
    let json = document(library);
    let items = |written_only: bool| {
        Builder::from_rustdoc_json(&json)
            .omit_blanket_impls(true)
            .omit_auto_trait_impls(true)
            .omit_auto_derived_impls(written_only)
            .build()
            .unwrap_or_else(|error| panic!("{library}: {error}"))
            .items()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    let written: BTreeSet<String> = items(true).into_iter().collect();
    let mut lines = String::new();
    for item in items(false) {
        let derived = item.starts_with("impl") && !item.contains("::StructuralPartialEq for ");
        if written.contains(&item) || derived {
            lines += &item;
            lines += "\n";
        }
    }
    lines
}

fn document(library: &str) -> PathBuf {
    let folder = root().join("target/api");
    let status = Command::new("rustup")
        .args(["run", "nightly", "cargo", "rustdoc", "--quiet", "--lib"])
        .args(["--all-features", "--package", library, "--target-dir"])
        .arg(&folder)
        .args(["--", "-Zunstable-options", "--output-format=json"])
        .args(["--cap-lints=allow"])
        .current_dir(root())
        .status()
        .expect("rustup runs");
    assert!(status.success(), "{library}: nightly rustdoc {status}");
    folder
        .join("doc")
        .join(library.replace('-', "_"))
        .with_extension("json")
}

/// The lines of one that the other has not.
fn difference(listed: &str, offered: &str) -> String {
    let (old, new): (BTreeSet<_>, BTreeSet<_>) =
        (listed.lines().collect(), offered.lines().collect());
    let gone = old.difference(&new).map(|line| format!("-{line}\n"));
    let added = new.difference(&old).map(|line| format!("+{line}\n"));
    let all: String = gone.chain(added).collect();
    if all.is_empty() {
        "lines are in another order, or more than once\n".into()
    } else {
        all
    }
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}
