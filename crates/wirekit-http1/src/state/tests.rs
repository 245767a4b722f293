extern crate std;

use super::*;
use core::fmt::Write;
use std::string::String;
use std::vec::Vec;

/// The table of one party's states for the documentation, from those that the connections run on.
fn page(party: Party) -> String {
    let mut page = String::from("| state | sends, and then is | or becomes |\n|---|---|---|\n");
    for state in STATES {
        let is_row = |row: (Party, State)| row == (party, state);
        let sends: Vec<_> = TRANSITIONS
            .iter()
            .filter(|&&(party, from, _, _)| is_row((party, from)))
            .map(|(_, _, step, to)| std::format!("{}: `{to:?}`", what(*step)))
            .collect();
        let becomes: Vec<_> = CONSEQUENCES
            .iter()
            .filter(|&&(party, from, _, _)| is_row((party, from)))
            .map(|(_, _, when, to)| {
                let when: Vec<_> = when.iter().map(|&when| condition(party, when)).collect();
                std::format!("`{to:?}` if {}", when.join(" and "))
            })
            .collect();
        let is_reached = TRANSITIONS.iter().any(|row| is_row((row.0, row.3)))
            || CONSEQUENCES.iter().any(|row| is_row((row.0, row.3)));
        if is_reached {
            let (sends, becomes) = (sends.join("<br>"), becomes.join("<br>"));
            writeln!(page, "| `{state:?}` | {sends} | {becomes} |").unwrap();
        }
    }
    page
}

const fn what(step: Step) -> &'static str {
    match step {
        Request => "a request's head",
        Interim => "an interim response",
        Final => "a final response's head",
        Upgraded => "101",
        Connected => "2xx to CONNECT",
        Content => "content",
        End => "the end",
        Close => "nothing more",
        Fail => "what breaks a rule",
    }
}

fn condition(party: Party, when: When) -> String {
    match (when, party) {
        (Peer(state), Client) => std::format!("the server is `{state:?}`"),
        (Peer(state), Server) => std::format!("the client is `{state:?}`"),
        (SwitchIsProposed, _) => "it asked for a switch".into(),
        (Not(&SwitchIsProposed), _) => "the switch is declined".into(),
        (Persists, _) => "the connection persists".into(),
        (Not(&Persists), _) => "the connection does not persist".into(),
        (Not(other), _) => std::format!("not {}", condition(party, *other)),
    }
}

#[test]
fn the_documented_states_are_those_of_the_tables() {
    for (party, file) in [(Client, "client.md"), (Server, "server.md")] {
        let page = page(party);
        let path = std::format!("{}/src/state/{file}", env!("CARGO_MANIFEST_DIR"));
        if std::env::var_os("WIREKIT_BLESS").is_some() {
            std::fs::write(&path, &page).unwrap();
        }
        let written = std::fs::read_to_string(&path).unwrap();
        assert_eq!(written, page, "WIREKIT_BLESS=1 writes it anew");
    }
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
