//! What the simulator found.

use core::time::Duration;

use super::{CONFIG, Stage};
use crate::core::reason::Reason;

/// RFC 9112 section 9.3: what did not get the whole request cannot serve again.
#[test]
fn a_server_that_takes_no_more_is_not_kept() {
    let mut stage = Stage::with(&CONFIG.replace("100 B", "1 MiB"));
    stage.sends(b"GET /http/ HTTP/1.1\r\nHost: a\r\n\r\n");
    stage.connecting = None;
    stage.session.connected(stage.now, &mut stage.worker);
    stage.session.server_takes_no_more();
    stage.session.server_sent(
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
        stage.now,
        &mut stage.worker,
    );
    stage.is_connected = true;
    stage.settle();
    assert!(stage.got().ends_with("hi"));
    assert_eq!(stage.kept, 0);
}

/// A client that does not read: nothing was served, and what lasts until the connection's end gets no end in order.
#[test]
fn an_answer_that_is_not_read_was_not_served() {
    let mut stage = Stage::new();
    stage.file = Some(b"hello");
    let request = b"GET /files/a.txt HTTP/1.1\r\nHost: a\r\n\r\n";
    stage
        .session
        .client_sent(request, stage.now, &mut stage.worker);
    let action = stage.session.next_action();
    assert!(action.is_some());
    let wall = std::time::SystemTime::UNIX_EPOCH;
    let file = crate::core::session::File::new(5, wall, "v1", "text/plain");
    stage
        .session
        .opened(Ok(&[file]), wall, stage.now, &mut stage.worker);
    stage.now += Duration::from_secs(60);
    stage.session.time_passed(stage.now, &mut stage.worker);
    stage.settle();
    assert!(stage.session.is_done() && stage.session.is_reset());
    assert_eq!(stage.reasons(), [Reason::ClientClosed.as_str()]);

    let mut stage = Stage::new();
    stage.sends(b"GET / HTTP/1.0\r\nHost: a\r\n\r\n");
    stage.connects();
    stage.answers(b"HTTP/1.1 200 OK\r\n\r\n");
    let part = b"half";
    stage
        .session
        .server_sent(part, stage.now, &mut stage.worker);
    stage.now += Duration::from_secs(60);
    stage.session.time_passed(stage.now, &mut stage.worker);
    stage.settle();
    assert!(stage.session.is_done() && stage.session.is_reset());
}

/// RFC 9112 section 3.2.2: a server takes the absolute form, whose path is no more than that.
#[test]
fn the_path_of_an_absolute_target_is_its_path() {
    for (target, location) in [
        ("/moved?q", "https://a/moved"),
        ("http://a/moved?q", "https://a/moved"),
    ] {
        let mut stage = Stage::new();
        stage.sends(format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes());
        let got = stage.got();
        assert!(got.contains(&format!("Location: {location}\r\n")), "{got}");
    }
}
