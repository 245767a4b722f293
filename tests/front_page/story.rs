//! The story that the front page shows is the one that the program prints.

use std::fs;
use std::path::Path;

#[test]
fn the_story_on_the_front_page_is_the_sample_s() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = fs::read_to_string(readme).expect("a README");
    let (_, rest) = readme.split_once("```text\n").expect("an excerpt");
    let (excerpt, _) = rest.split_once("\n```").expect("an excerpt's end");
    let (mut story, mut err) = (Vec::new(), Vec::new());
    assert_eq!(
        wirekit_cli::run(["wirekit", "inspect"], &b""[..], &mut story, &mut err),
        0
    );
    let story = String::from_utf8(story).expect("text");
    let sections: Vec<_> = excerpt.split("\n\n").collect();
    assert!(!sections.is_empty());
    for section in sections {
        assert!(story.contains(section), "not in the story:\n{section}");
    }
}
