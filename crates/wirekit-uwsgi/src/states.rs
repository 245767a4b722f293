//! The tables of states in the documentation, as the tests compare them with what the decoders do.

use std::collections::BTreeSet;

/// A state, an event, and the state that it leads to.
pub(crate) type Step = [&'static str; 3];

/// The steps of a table: a row a state, a column an event, up to the column `wants_input`.
pub(crate) fn steps(page: &'static str) -> BTreeSet<Step> {
    let mut lines = page.lines().map(|line| {
        let cells = line.trim_matches('|').split('|');
        cells.map(|cell| cell.trim())
    });
    let events = lines.next().unwrap().skip(1);
    let events = events.take_while(|event| *event != "`wants_input`");
    let mut steps = BTreeSet::new();
    for mut row in lines.skip(1) {
        let from = row.next().unwrap().trim_matches('`');
        for (event, cell) in events.clone().zip(row) {
            let states = cell.split(", ").filter(|state| !state.is_empty());
            steps.extend(states.map(|to| [from, event.trim_matches('`'), to.trim_matches('`')]));
        }
    }
    steps
}
