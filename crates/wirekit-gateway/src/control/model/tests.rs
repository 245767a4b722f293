use core::time::Duration;
use std::path::Path;

use super::*;
use crate::config::{Action, Address, Balance};

/// A location with upstream `app` of servers `a` and `b`.
fn state() -> State {
    let text = "[[site]]\n[[site.location]]\npath = '/'\nupstream = 'app'\n[upstream.app]\nprotocol = 'http1'\n[[upstream.app.server]]\nid = 'a'\naddress = '127.0.0.1:1'\n[[upstream.app.server]]\nid = 'b'\naddress = '127.0.0.1:2'\n";
    let config = Config::parse(text, Path::new("gateway.toml")).unwrap();
    State::loaded(Arc::new(config), 0)
}

fn server(id: &str, port: u16) -> Server {
    let text = format!("id = '{id}'\naddress = '127.0.0.1:{port}'");
    Server::parse(&text, &Balance::RoundRobin, Path::new("gateway.toml")).unwrap()
}

fn upstream(name: &str, protocol: &str) -> Upstream {
    let text =
        format!("protocol = '{protocol}'\nserver = [{{ id = 'x', address = '127.0.0.1:9' }}]");
    Upstream::parse(name, &text, Path::new("gateway.toml")).unwrap()
}

fn remove(id: &str) -> Change {
    Change::RemoveServer("app".to_owned(), id.to_owned())
}

fn drain(id: &str) -> Change {
    Change::Drain(
        "app".to_owned(),
        id.to_owned(),
        Some(Duration::from_secs(7)),
    )
}

fn undrain(id: &str) -> Change {
    Change::Undrain("app".to_owned(), id.to_owned())
}

fn leave(id: &str) -> Change {
    Change::LeaveServer("app".to_owned(), id.to_owned())
}

fn put(server: Server) -> Change {
    Change::PutServer("app".to_owned(), server)
}

#[test]
fn what_does_not_fit_changes_nothing() {
    let mut backup = server("a", 1);
    backup.state = ServerState::Backup;
    let only = state().after(remove("b")).unwrap();
    let rows = [
        (
            state(),
            put(server("c", 2)),
            Conflict::AddressTwice("b".to_owned()),
        ),
        (
            state(),
            put(server("a", 2)),
            Conflict::AddressTwice("b".to_owned()),
        ),
        (
            state(),
            remove("c"),
            Conflict::NoServer("app".to_owned(), "c".to_owned()),
        ),
        (only.clone(), remove("a"), Conflict::LastServer),
        (only.clone(), leave("a"), Conflict::LastServer),
        (only, put(backup), Conflict::OnlyBackup),
        (
            state().after(leave("a")).unwrap(),
            leave("b"),
            Conflict::LastServer,
        ),
        (
            state(),
            undrain("a"),
            Conflict::NotDraining("app".to_owned(), "a".to_owned()),
        ),
        (
            state(),
            Change::RemoveUpstream("other".to_owned()),
            Conflict::NoUpstream("other".to_owned()),
        ),
        (
            state(),
            Change::RemoveUpstream("app".to_owned()),
            Conflict::InUse("location / of site *".to_owned()),
        ),
        (
            state(),
            Change::PutUpstream(Box::new(upstream("app", "uwsgi"))),
            Conflict::OtherProtocol(
                "location / of site *".to_owned(),
                crate::config::Protocol::Http1,
            ),
        ),
    ];
    for (state, change, conflict) in rows {
        assert_eq!(
            state.after(change.clone()).unwrap_err(),
            conflict,
            "{change:?}"
        );
    }
}

#[test]
fn what_is_changed_is_not_persisted_until_it_is_as_in_the_file() {
    let state = state();
    let mut heavy = server("a", 1);
    heavy.weight = 5;
    let changed = state.after(put(heavy)).unwrap();
    let is_persisted = |state: &State, id: &str| state.server("app", id).unwrap().is_persisted;
    assert!(!is_persisted(&changed, "a") && is_persisted(&changed, "b"));
    assert!(!changed.upstream("app").unwrap().is_persisted);
    let back = changed.after(put(server("a", 1))).unwrap();
    assert!(is_persisted(&back, "a") && back.upstream("app").unwrap().is_persisted);
    let new = state.after(put(server("c", 3))).unwrap();
    assert!(!is_persisted(&new, "c"));
    assert_eq!(
        new.server("app", "c").unwrap().value.failure_timeout,
        Duration::from_secs(10)
    );
}

#[test]
fn a_server_that_drains_no_more_is_what_it_was() {
    let mut backup = server("b", 2);
    backup.state = ServerState::Backup;
    let state = state().after(put(backup)).unwrap();
    let of = |state: &State, id: &str| state.server("app", id).unwrap().value.state;
    for (id, before) in [("a", ServerState::Up), ("b", ServerState::Backup)] {
        let drains = state.after(drain(id)).unwrap();
        let twice = drains.after(drain(id)).unwrap();
        assert_eq!(of(&twice, id), ServerState::Drain);
        let server = twice.server("app", id).unwrap();
        assert_eq!(server.value.drain_timeout, Some(Duration::from_secs(7)));
        let back = twice.after(undrain(id)).unwrap();
        assert_eq!(back.server("app", id).unwrap().value.drain_timeout, None);
        assert_eq!(of(&twice.after(undrain(id)).unwrap(), id), before);
    }
}

#[test]
fn a_server_that_leaves_stays_where_it_is_put_again() {
    let leaves = state().after(leave("a")).unwrap();
    assert!(leaves.leaves("app", "a"));
    assert_eq!(
        leaves.server("app", "a").unwrap().value.state,
        ServerState::Drain
    );
    let stays = leaves.after(put(server("a", 1))).unwrap();
    assert!(!stays.leaves("app", "a"));
    let stays = leaves.after(undrain("a")).unwrap();
    assert!(!stays.leaves("app", "a"));
}

#[test]
fn upstreams_behind_one_that_goes_are_found_where_they_are() {
    let state = state();
    let two = ["one", "two"].into_iter().fold(state, |state, name| {
        state
            .after(Change::PutUpstream(Box::new(upstream(name, "uwsgi"))))
            .unwrap()
    });
    let mut two = two;
    // As if the file had named the last one.
    let config = Arc::make_mut(&mut two.config);
    config.upstreams.rotate_left(1);
    let used = |config: &Config| match &config.sites[0].locations[0].action {
        Action::Upstream(proxy) => config.upstreams[proxy.upstream].name.clone(),
        _ => String::new(),
    };
    let Action::Upstream(proxy) = &mut config.sites[0].locations[0].action else {
        panic!()
    };
    proxy.upstream = 2;
    assert_eq!(used(&two.config), "app");
    let one = two.after(Change::RemoveUpstream("one".to_owned())).unwrap();
    assert_eq!(used(&one.config), "app");
    assert!(one.upstream("one").is_none() && one.upstream("two").is_some());
    assert_eq!(
        one.server("two", "x").unwrap().value.address,
        Address::Tcp(([127, 0, 0, 1], 9).into())
    );
}
