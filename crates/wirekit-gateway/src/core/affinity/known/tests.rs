use super::*;

fn session(value: &str) -> Digest {
    Digest::new("app", "sessionid", value.as_bytes())
}

fn server(known: &Known, unix_time: u64) -> Option<(String, bool, bool, Option<Note>)> {
    let found = known.find(&session("x"), "app", 60, unix_time)?;
    let server = found.server.to_string();
    // A request that asks the store first leaves the report to what comes of that.
    let is_moved = !found.is_doubtful && known.reported(&session("x")).unwrap().1;
    Some((server, is_moved, found.is_doubtful, found.due))
}

/// The store answers, to what was asked or written.
fn learns(known: &Known, note: &Note, answer: &Answer, unix_time: u64) {
    let next = known.learnt((&"app".into(), session("x")), note, answer, unix_time);
    assert_eq!(next, None);
}

fn moves(from: &[&str], to: &str) -> Note {
    let from = from.iter().map(|server| (*server).to_owned()).collect();
    Note::Move(from, to.to_owned())
}

/// This process moves the session; what it writes of that.
fn puts(known: &Known, from: &str, to: &str) -> Note {
    known.put(session("x"), (&"app".into(), to), moves(&[from], to), 1000)
}

fn claim(server: &str) -> Note {
    Note::Claim(server.to_owned())
}

fn said(server: &str) -> Answer {
    Answer::Server(server.to_owned())
}

#[test]
fn a_session_is_known_until_it_was_not_used_for_its_time() {
    let known = Known::default();
    assert_eq!(server(&known, 1000), None);
    known.put(session("x"), (&"app".into(), "a"), claim("a"), 1000);
    assert_eq!(server(&known, 1000), Some(("a".into(), false, false, None)));
    assert!(known.has(&session("x")) && !known.has(&session("y")));
    for unix_time in [1059, 1118] {
        assert!(server(&known, unix_time).is_some());
    }
    assert_eq!(server(&known, 1178), None);
    assert!(!known.has(&session("x")));
}

#[test]
fn what_the_store_was_not_told_it_is_told_again() {
    let known = Known::default();
    known.put(session("x"), (&"app".into(), "a"), claim("a"), 1000);
    assert_eq!(server(&known, 1001).unwrap().3, Some(claim("a")));
    // It says what it knew before that.
    known.learnt(
        (&"app".into(), session("x")),
        &Note::Confirm,
        &said("b"),
        1001,
    );
    known.learnt(
        (&"app".into(), session("x")),
        &Note::Confirm,
        &Answer::Unknown,
        1001,
    );
    assert_eq!(
        server(&known, 1001).unwrap(),
        ("a".into(), false, false, Some(claim("a")))
    );
    let full = Answer::Failed(Cause::StoreFull);
    known.learnt((&"app".into(), session("x")), &claim("a"), &full, 1001);
    assert_eq!(server(&known, 1002).unwrap().3, Some(claim("a")));
    known.learnt((&"app".into(), session("x")), &claim("a"), &said("a"), 1002);
    assert_eq!(server(&known, 1002).unwrap().3, None);
    assert_eq!(server(&known, 1003).unwrap().3, Some(Note::Confirm));
}

#[test]
fn who_was_first_has_the_session() {
    let known = Known::default();
    known.put(session("x"), (&"app".into(), "a"), claim("a"), 1000);
    assert_eq!(
        known.learnt((&"app".into(), session("x")), &claim("a"), &said("b"), 1000),
        None
    );
    assert_eq!(server(&known, 1000), Some(("b".into(), true, false, None)));
    // One request learns of it.
    assert_eq!(server(&known, 1000), Some(("b".into(), false, false, None)));
}

#[test]
fn what_is_to_be_written_is_newer_than_what_the_store_has() {
    let known = Known::default();
    learns(&known, &Note::Confirm, &said("a"), 1000);
    let first = puts(&known, "a", "b");
    assert_eq!(first, moves(&["a"], "b"));
    // The first was perhaps written, and perhaps was not.
    let second = puts(&known, "b", "c");
    assert_eq!(second, moves(&["a", "b"], "c"));
    for (note, answer) in [
        (&Note::Confirm, said("a")),
        (&Note::Confirm, said("b")),
        (&Note::Confirm, said("c")),
        (&Note::Confirm, Answer::Unknown),
        (&first, said("b")),
        (&first, Answer::Failed(Cause::StoreSlow)),
        (&second, Answer::Failed(Cause::StoreFull)),
    ] {
        learns(&known, note, &answer, 1000);
        let found = server(&known, 1001);
        let expected = ("c".to_owned(), false, false, Some(second.clone()));
        assert_eq!(found, Some(expected), "{note:?} {answer:?}");
    }
    learns(&known, &second, &said("c"), 1001);
    assert_eq!(server(&known, 1001), Some(("c".into(), false, false, None)));
    // Another request of the user was on the way, and nobody else moves them.
    assert_eq!(puts(&known, "a", "b"), moves(&["a", "c"], "b"));
}

#[test]
fn a_session_that_another_gateway_has_moved_is_not_moved_by_an_older_note() {
    let known = Known::default();
    learns(&known, &Note::Confirm, &said("a"), 1000);
    puts(&known, "a", "b");
    learns(&known, &Note::Confirm, &said("d"), 1000);
    assert_eq!(server(&known, 1000), Some(("d".into(), true, false, None)));
    assert_eq!(server(&known, 1000), Some(("d".into(), false, false, None)));
}

#[test]
fn a_move_is_reported_by_the_request_that_asks_first() {
    let known = Known::default();
    learns(&known, &Note::Confirm, &said("a"), 1000);
    learns(&known, &Note::Confirm, &said("b"), 1000);
    known.server_changed("app", "b", 1000);
    assert!(server(&known, 1000).unwrap().2);
    let reported = known.reported(&session("x")).unwrap();
    assert_eq!((&*reported.0, reported.1), ("b", true));
    assert!(!known.reported(&session("x")).unwrap().1);
}

#[test]
fn what_the_store_has_lost_it_is_told_anew() {
    let known = Known::default();
    known.learnt(
        (&"app".into(), session("x")),
        &Note::Confirm,
        &said("a"),
        1000,
    );
    let next = known.learnt(
        (&"app".into(), session("x")),
        &Note::Confirm,
        &Answer::Unknown,
        1001,
    );
    assert_eq!(next, Some(claim("a")));
    let next = known.learnt(
        (&"app".into(), session("y")),
        &Note::Confirm,
        &Answer::Unknown,
        1001,
    );
    assert_eq!(next, None);
}

#[test]
fn a_server_that_changed_makes_its_sessions_doubtful() {
    let known = Known::default();
    known.learnt(
        (&"app".into(), session("x")),
        &Note::Confirm,
        &said("a"),
        1000,
    );
    known.server_changed("app", "b", 1000);
    known.server_changed("app2", "a", 1000);
    assert!(!server(&known, 1000).unwrap().2);
    known.server_changed("app", "a", 1000);
    assert!(server(&known, 1000).unwrap().2);
    known.learnt(
        (&"app".into(), session("x")),
        &Note::Confirm,
        &said("a"),
        1000,
    );
    assert!(
        server(&known, 1000).unwrap().2,
        "perhaps it was before that"
    );
    known.learnt(
        (&"app".into(), session("x")),
        &Note::Confirm,
        &said("a"),
        1001,
    );
    assert!(!server(&known, 1001).unwrap().2);
}

#[test]
fn a_store_that_fails_is_left_alone_for_a_while() {
    let known = Known::default();
    assert_eq!(known.may_ask(1000), Ok(()));
    let (slow, gone) = (Cause::StoreSlow, Cause::StoreGone);
    assert_eq!(known.failed(slow, 1000), Some(StoreChange::Failed(slow)));
    assert_eq!(known.failed(gone, 1000), None, "it is said once");
    assert_eq!(known.may_ask(1000), Err(gone));
    // One request looks whether it is back.
    assert_eq!(known.may_ask(1001), Ok(()));
    assert_eq!(known.may_ask(1001), Err(gone));
    assert_eq!(known.did(&Note::Confirm), Some(StoreChange::CameBack));
    assert_eq!(known.did(&Note::Confirm), None);
    assert_eq!(known.may_ask(1001), Ok(()));
}

#[test]
fn a_store_that_is_full_is_asked_on() {
    let known = Known::default();
    let full = Cause::StoreFull;
    assert_eq!(known.failed(full, 1000), Some(StoreChange::Failed(full)));
    assert_eq!(known.failed(full, 1000), None);
    assert_eq!(known.may_ask(1000), Ok(()));
    assert_eq!(known.did(&Note::Confirm), None);
    assert_eq!(known.did(&claim("a")), Some(StoreChange::CameBack));
}

#[test]
fn what_is_known_is_bounded() {
    let known = Known::default();
    for at in 0..MAX_SESSIONS + 5000 {
        known.put(
            session(&at.to_string()),
            (&"app".into(), "a"),
            claim("a"),
            1000,
        );
    }
    assert!(known.sessions.len() <= MAX_SESSIONS);
}
