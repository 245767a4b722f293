extern crate std;

use super::*;
use core::fmt::Write;
use std::string::String;

/// The documentation of [`State`], from the tables.
fn page() -> String {
    let mut page = String::from(
        "The state of one end of a connection.\n\n\
         These diagrams are made from the tables that the connections run on. A solid arrow is a step that the\n\
         party takes; an arrow with a condition follows from what the other party did.\n",
    );
    for party in [Client, Server] {
        write!(
            page,
            "\n{party:?}:\n\n```mermaid\nstateDiagram-v2\n    [*] --> Idle\n"
        )
        .unwrap();
        for (_, from, step, to) in TRANSITIONS.iter().filter(|row| row.0 == party) {
            writeln!(page, "    {from:?} --> {to:?}: {step:?}").unwrap();
        }
        for (_, from, conditions, to) in CONSEQUENCES.iter().filter(|row| row.0 == party) {
            write!(page, "    {from:?} --> {to:?}: [").unwrap();
            for (index, condition) in conditions.iter().enumerate() {
                let and = if index == 0 { "" } else { " and " };
                write!(page, "{and}{}", name(*condition)).unwrap();
            }
            page.push_str("]\n");
        }
        page.push_str("```\n");
    }
    page
}

fn name(condition: When) -> String {
    match condition {
        Peer(state) => std::format!("peer {state:?}"),
        SwitchIsProposed => "switch proposed".into(),
        Persists => "keep-alive".into(),
        Not(&SwitchIsProposed) => "switch declined".into(),
        Not(&Persists) => "no keep-alive".into(),
        Not(other) => std::format!("not {}", name(*other)),
    }
}

#[test]
fn the_diagrams_are_those_of_the_tables() {
    let page = page();
    if std::env::var_os("WIREKIT_BLESS").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/STATES.md"), &page).unwrap();
    }
    let written =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/STATES.md")).unwrap();
    assert_eq!(written, page, "WIREKIT_BLESS=1 writes it anew");
}

fn run(steps: &[(Party, Step)]) -> (State, State) {
    let mut machine = Machine::new();
    for (at, &(party, step)) in steps.iter().enumerate() {
        machine = machine
            .after(party, step)
            .unwrap_or_else(|| panic!("{:?} at {at}", (party, step)));
    }
    (machine.client, machine.server)
}

const REQUEST: [(Party, Step); 2] = [(Client, Request), (Client, End)];

#[test]
fn the_states_are_listed_in_order() {
    assert!(
        STATES
            .iter()
            .enumerate()
            .all(|(index, &state)| state as usize == index)
    );
}

#[test]
fn an_exchange_goes_round() {
    let [request, end] = REQUEST;
    assert_eq!(run(&[]), (Idle, Idle));
    assert_eq!(run(&[request]), (SendBody, SendResponse));
    assert_eq!(run(&[request, end]), (Done, SendResponse));
    assert_eq!(
        run(&[request, end, (Server, Interim), (Server, Final)]),
        (Done, SendBody)
    );
    assert_eq!(
        run(&[request, end, (Server, Final), (Server, End)]),
        (Idle, Idle)
    );
    // An early response waits for the end of the request.
    assert_eq!(
        run(&[request, (Server, Final), (Server, End)]),
        (SendBody, Done)
    );
    assert_eq!(
        run(&[request, (Server, Final), (Server, End), end]),
        (Idle, Idle)
    );
    // A client that half-closes is answered still, and then that is all.
    assert_eq!(
        run(&[request, end, (Client, Close), (Server, Final)]),
        (Closed, SendBody)
    );
    assert_eq!(
        run(&[
            request,
            end,
            (Client, Close),
            (Server, Final),
            (Server, End)
        ]),
        (Closed, MustClose)
    );
    assert_eq!(run(&[(Client, Close)]), (Closed, MustClose));
    assert_eq!(run(&[(Server, Close)]), (MustClose, Closed));
    // A request that cannot be read is answered, and then that is all.
    assert_eq!(
        run(&[(Client, Fail), (Server, Final), (Server, End)]),
        (Failed, MustClose)
    );
}

#[test]
fn a_switch_needs_both() {
    let mut proposing = Machine::new();
    proposing.propose_switch();
    for (party, step) in REQUEST {
        proposing = proposing.after(party, step).unwrap();
    }
    assert_eq!(
        (proposing.client, proposing.server),
        (MightSwitch, SendResponse)
    );
    for step in [Upgraded, Connected] {
        let switched = proposing.after(Server, step).unwrap();
        assert_eq!((switched.client, switched.server), (Switched, Switched));
    }
    let declined = proposing.after(Server, Final).unwrap();
    assert_eq!((declined.client, declined.server), (Done, SendBody));
    let declined = declined.after(Server, End).unwrap();
    assert_eq!((declined.client, declined.server), (Idle, Idle));
}

#[test]
fn without_keep_alive_both_must_close() {
    let mut machine = Machine::new();
    for (party, step) in REQUEST {
        machine = machine.after(party, step).unwrap();
    }
    machine.close_after_exchange();
    machine = machine
        .after(Server, Final)
        .and_then(|machine| machine.after(Server, End))
        .unwrap();
    assert_eq!((machine.client, machine.server), (MustClose, MustClose));
    assert!(machine.after(Client, Request).is_none());
}

#[test]
fn what_has_no_row_is_refused() {
    let mut machine = Machine::new();
    assert!(machine.after(Client, Content).is_none());
    assert!(machine.after(Server, Content).is_none());
    machine = machine.after(Client, Request).unwrap();
    assert!(machine.after(Client, Request).is_none());
    assert!(machine.after(Server, Content).is_none());
    assert!(machine.after(Server, End).is_none());
}
