//! The README of each library says whom it is for, how to add it and what to take for what, and shows an example.

use std::fs;

use crate::figures::readmes;

/// What a README of this text lacks.
fn missing(text: &str, package: &str) -> Vec<&'static str> {
    let line = |wanted: &str| text.lines().any(|line| line == wanted);
    let parts = [
        (
            "a paragraph that begins with whom it is for",
            text.contains("\n\nFor "),
        ),
        (
            "the line that adds it",
            line(&format!("cargo add {package}")),
        ),
        (
            "a table of what to take for what",
            // The facade has no types of its own.
            package == "wirekit" || text.to_lowercase().contains("\n| you have | take |\n"),
        ),
        ("an example", line("```rust")),
    ];
    let absent = parts.into_iter().filter(|(_, is_there)| !is_there);
    absent.map(|(part, _)| part).collect()
}

#[test]
fn libraries_say_how_to_begin() {
    // Programs, and the macros that the others are made with.
    let others = ["wirekit-cli", "wirekit-gateway", "wirekit-macros"];
    let mut seen = 0;
    for readme in readmes() {
        let folder = readme.parent().and_then(|folder| folder.file_name());
        let Some(package) = folder.and_then(|name| name.to_str()) else {
            continue; // the root's
        };
        if others.contains(&package) {
            continue;
        }
        let text = fs::read_to_string(&readme).expect("a README");
        assert_eq!(missing(&text, package), [""; 0], "{package}");
        seen += 1;
    }
    assert!(seen > 9, "{seen} libraries");
}

#[test]
fn each_part_is_missed() {
    let whole =
        "# a\n\nFor all.\n\n```sh\ncargo add a\n```\n\n| You have | Take |\n|---|---|\n\n```rust\n";
    assert_eq!(missing(whole, "a"), [""; 0]);
    for part in ["For ", "cargo add a", "| Take", "```rust"] {
        assert_eq!(missing(&whole.replace(part, ""), "a").len(), 1, "{part}");
    }
}
