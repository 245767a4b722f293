//! The table of states and events, whole.

use crate::track::{Event, State};

#[test]
fn every_state_is_left_and_reached_by_the_table() {
    for state in State::ALL {
        let events = [
            Event::SendSyn,
            Event::ReceiveSyn,
            Event::ReceiveSynAck,
            Event::ReceiveAckOfSyn,
            Event::SendFin,
            Event::ReceiveFin,
            Event::ReceiveAckOfFin,
            Event::Timeout,
        ];
        assert!(
            events.iter().any(|&event| state.after(event).is_some()),
            "{state} is left"
        );
        let reached = State::ALL
            .iter()
            .any(|from| events.iter().any(|&event| from.after(event) == Some(state)));
        assert!(reached || state == State::Listen, "{state} is reached");
    }
}

/// `states.md`, drawn from the table.
fn drawn() -> std::string::String {
    use core::fmt::Write;
    let is_reset = |event| matches!(event, Event::SendReset | Event::ReceiveReset);
    let mut text =
        std::string::String::from("# Transitions\n\n| in | on | goes to |\n|---|---|---|\n");
    for &(from, event, to) in crate::track::state::TRANSITIONS
        .iter()
        .filter(|row| !is_reset(row.1))
    {
        writeln!(text, "| {from} | {} | {to} |", event.as_str()).unwrap();
    }
    for &(from, event, to) in crate::track::state::TRANSITIONS
        .iter()
        .filter(|row| is_reset(row.1) && row.2 != State::Closed)
    {
        writeln!(text, "| {from} | {} | {to} |", event.as_str()).unwrap();
    }
    text.push_str("| any other | snd RST, rcv RST | CLOSED |\n\n```mermaid\nstateDiagram-v2\n");
    let name = |state: State| state.as_str().replace('-', "_");
    for &(from, event, to) in crate::track::state::TRANSITIONS
        .iter()
        .filter(|row| !is_reset(row.1))
    {
        writeln!(
            text,
            "    {} --> {}: {}",
            name(from),
            name(to),
            event.as_str()
        )
        .unwrap();
    }
    text.push_str("```\n");
    text
}

#[test]
fn the_documented_diagram_is_the_table() {
    assert_eq!(
        include_str!("../states.md"),
        drawn(),
        "states.md has to be:\n{}",
        drawn()
    );
}
