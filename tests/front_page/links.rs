//! Links lead somewhere.

use std::fs;
use std::path::Path;

use crate::figures::{readmes, root};

/// What stands in `](...)`, pages elsewhere left out.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1);
    let targets = targets.filter_map(|rest| Some(rest.split_once(')')?.0));
    targets.filter(|target| !target.starts_with("http"))
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
