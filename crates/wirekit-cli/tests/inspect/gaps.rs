//! Bytes that are missing, and why.

use crate::talk::{Client, Server, Talk};
use crate::{events, inspect};

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: h.example\r\n\r\n";

/// A response of two MiB in a window of as much, whose first segment comes last.
fn late() -> Talk {
    const PIECE_LEN: usize = 32 * 1024;
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 2097152\r\n\r\n";
    let mut talk = Talk::to(80).open().say(Client, REQUEST).say(Server, head);
    let first = talk.packets.len();
    for _ in 0..64 {
        talk = talk.say(Server, vec![b'x'; PIECE_LEN]);
    }
    let mut moved = talk.packets.remove(first);
    moved.milliseconds += 1000;
    talk.packets.push(moved);
    talk.wait(2000).acknowledge(Client).close()
}

/// A direction holds what `--max-buffered` allows, not a number of its own.
#[test]
fn what_waits_is_bounded_by_the_option_alone() {
    let file = late().file();
    let story = inspect(&file, &[]);
    assert!(story.contains("body 2,097,152 bytes"), "{story}");
    assert_eq!(events(&file, "gap").len(), 0);
}

#[test]
fn a_gap_says_why_bytes_are_missing() {
    let file = late().file();
    let arguments = ["--max-buffered", "100000", "--format", "json"];
    let story = inspect_any(&file, &arguments);
    let gaps: Vec<&str> = story
        .lines()
        .filter(|line| line.contains(r#""event":"gap""#))
        .collect();
    assert!(
        gaps.iter().all(|gap| gap.contains(r#""cause":"limit""#)),
        "{gaps:?}"
    );
    assert!(!gaps.is_empty());
    let words = inspect_any(&file, &["--max-buffered", "100000"]);
    assert!(
        words.contains("given up for want of room (--max-buffered)"),
        "{words}"
    );

    let lost = Talk::to(80)
        .open()
        .say(Client, REQUEST)
        .miss(Server, 7)
        .say(Server, b"x")
        .acknowledge(Client)
        .close();
    let gaps = events(&lost.file(), "gap");
    assert_eq!(gaps.len(), 1);
    assert_eq!(
        (&gaps[0]["len"], &gaps[0]["cause"]),
        (&7.into(), &"lost".into())
    );
}

fn inspect_any(file: &[u8], arguments: &[&str]) -> String {
    crate::run(file, arguments).1
}
