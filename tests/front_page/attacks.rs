//! The guide's page of attacks is what the quirks say of themselves.

use std::fs;

use crate::figures::root;

const PAGE: &str = "crates/wirekit/docs/attacks.md";

const HEAD: &str = "\
What each relaxation lets in.

Nothing that the RFCs forbid is accepted by default. Each deviation that real peers need is one bit of a set of quirks, off
until it is asked for; what an attacker gains by it stands with it. Two parsers on one path that read a message differently are
all that request smuggling needs, so a quirk is right where the peer behind reads as the quirk does, and nowhere else.

This page is made of the quirks' own documentation.
";

/// The module in the facade, its name, and the file of its quirks.
const SOURCES: [(&str, &str, &str); 2] = [
    ("http1", "HTTP/1.1", "crates/wirekit-http1/src/config.rs"),
    (
        "uwsgi",
        "uwsgi",
        "crates/wirekit-uwsgi/src/packet/quirks.rs",
    ),
];

fn page() -> String {
    let mut page = HEAD.to_owned();
    for (module, title, file) in SOURCES {
        page += &format!("\n# {title}: `{module}::Quirks`\n");
        let source = fs::read_to_string(root().join(file)).expect("a source");
        let (_, rows) = source
            .split_once("pub struct Quirks(")
            .expect("a set of quirks");
        let mut documentation = String::new();
        let mut count = 0;
        for line in rows.lines().skip(1).map(str::trim) {
            if let Some(text) = line.strip_prefix("///") {
                documentation += text.strip_prefix(' ').unwrap_or(text);
                documentation.push('\n');
            } else if let Some((name, value)) = line.split_once(" = ") {
                let word = value.split('"').nth(1).expect("its word");
                let documentation = core::mem::take(&mut documentation);
                let text = documentation.replace("(crate::", &format!("(crate::{module}::"));
                assert!(text.to_lowercase().contains("attack:"), "{name}: {text}");
                page += &format!("\n## `{name}`, `--quirk {word}`\n\n{text}");
                count += 1;
            } else {
                break;
            }
        }
        assert!(count > 2, "{file} has quirks");
    }
    page
}

#[test]
fn the_page_of_attacks_is_what_the_quirks_say() {
    let path = root().join(PAGE);
    if std::env::var_os("WIREKIT_BLESS").is_some() {
        fs::write(&path, page()).expect("it is written");
    }
    let written = fs::read_to_string(path).expect("the page");
    assert_eq!(written, page(), "WIREKIT_BLESS=1 writes it anew");
}
