//! Links lead somewhere, and the types that a README's tables name are links.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::figures::{readmes, root};

/// What stands in `](...)`; pages elsewhere and the items that rustdoc looks up are left out.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1);
    let targets = targets.filter_map(|rest| Some(rest.split_once(')')?.0));
    targets.filter(|target| !target.starts_with("http") && !target.contains("::"))
}

#[test]
fn links_lead_to_files() {
    let root = root();
    let readmes = [
        "README.md",
        ".github/CONTRIBUTING.md",
        ".github/SECURITY.md",
        "benches/README.md",
        "fuzz/README.md",
        "tests/README.md",
        "tests/captures/README.md",
    ];
    for readme in readmes.map(|readme| root.join(readme)) {
        let text = fs::read_to_string(&readme).expect("a README");
        let folder = readme.parent().expect("a folder");
        for link in links(&text) {
            assert!(folder.join(link).exists(), "{}: {link}", readme.display());
        }
    }
}

#[test]
fn what_is_published_links_to_nothing_beside_it() {
    let published = |path: &Path| path != root().join("README.md");
    for readme in readmes().into_iter().filter(|path| published(path)) {
        let text = fs::read_to_string(&readme).expect("a README");
        assert_eq!(links(&text).next(), None, "{}", readme.display());
    }
}

/// The public types of the crates.
fn types() -> BTreeSet<String> {
    let mut types = BTreeSet::new();
    let mut folders = vec![root().join("crates")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let code = fs::read_to_string(path).expect("a source");
                types.extend(code.lines().filter_map(declared).map(str::to_owned));
            }
        }
    }
    types
}

/// The type that a line of code declares.
fn declared(line: &str) -> Option<&str> {
    let rest = line.trim_start().strip_prefix("pub ")?;
    let kinds = ["struct ", "enum ", "trait "];
    let name = kinds.iter().find_map(|kind| rest.strip_prefix(kind))?;
    name.split(|character: char| !character.is_alphanumeric())
        .next()
}

/// The types in the rows of tables that are no links, by themselves or with a path.
fn types_without_link<'a>(text: &'a str, types: &BTreeSet<String>) -> Vec<&'a str> {
    let rows = text.lines().filter(|line| line.starts_with('|'));
    let quoted = rows.flat_map(|row| {
        row.split('`')
            .skip(1)
            .step_by(2)
            .zip(row.split('`').step_by(2))
    });
    let bare = quoted.filter(|(name, before)| {
        !before.ends_with('[') && name.split("::").any(|part| types.contains(part))
    });
    bare.map(|(name, _)| name).collect()
}

#[test]
fn types_in_tables_are_links() {
    let types = types();
    let table =
        "| `ETag`, `RequestHead`, [`Chunk`] | `a::Record` `Close::code` |\n`Text` [`Text`]\n";
    assert_eq!(
        types_without_link(table, &types),
        ["RequestHead", "a::Record", "Close::code"]
    );
    for readme in readmes() {
        let text = fs::read_to_string(&readme).expect("a README");
        let found = types_without_link(&text, &types);
        assert!(found.is_empty(), "{}: {found:?}", readme.display());
    }
}
