//! The guide shows what its other examples are compiled with.

use std::fs;

use crate::figures::root;

#[test]
fn the_session_that_the_guide_shows_is_the_one_that_its_loops_use() {
    let docs = root().join("crates/wirekit/docs");
    let page = fs::read_to_string(docs.join("embedding.md")).expect("a page");
    let session = fs::read_to_string(docs.join("session.rs")).expect("its code");
    let (_, shown) = page.split_once("```rust\n").expect("an example");
    assert!(shown.starts_with(&session));
    // The loops for threads, tokio and mio.
    assert_eq!(page.matches("/docs/session.rs").count(), 3);
}
