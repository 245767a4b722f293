//! Links lead somewhere, and the types that a README's tables name are links.

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

/// The types in the rows of tables that are no links: names in camel case, with what leads to them.
fn types_without_link(text: &str) -> impl Iterator<Item = &str> {
    let rows = text.lines().filter(|line| line.starts_with('|'));
    let quoted = rows.flat_map(|row| {
        row.split('`')
            .skip(1)
            .step_by(2)
            .zip(row.split('`').step_by(2))
    });
    quoted.filter_map(|(name, before)| {
        let is_path = name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b':');
        let mut pairs = name.as_bytes().windows(2);
        let is_type = is_path
            && pairs.any(|pair| pair[0].is_ascii_uppercase() && pair[1].is_ascii_lowercase());
        (is_type && !before.ends_with('[')).then_some(name)
    })
}

#[test]
fn types_in_tables_are_links() {
    let table = "| `A`, `Head`, [`Body`] | `a::Reader` `NAME` |\n`Text` [`Text`]\n";
    assert!(types_without_link(table).eq(["Head", "a::Reader"]));
    for readme in readmes() {
        let text = fs::read_to_string(&readme).expect("a README");
        assert_eq!(
            types_without_link(&text).next(),
            None,
            "{}",
            readme.display()
        );
    }
}
