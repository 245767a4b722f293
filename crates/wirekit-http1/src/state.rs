//! Who may do what, as data: the two tables below are all that changes a state, and they do not know which end we are.

use self::Party::{Client, Server};
use self::State::{
    Closed, Done, Failed, Idle, MightSwitch, MustClose, SendBody, SendResponse, Switched,
};
use self::Step::{Close, Connected, Content, End, Fail, Final, Informational, Request, Upgraded};
use self::When::{Not, Peer, Persists, SwitchIsProposed};

#[doc = include_str!("../STATES.md")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "RFC 9112 fixes what an exchange is made of"
)]
pub enum State {
    /// Nothing of the exchange was sent.
    Idle,
    /// The server owes a final response; interim ones may come before it.
    SendResponse,
    /// The head was sent, and the end was not.
    SendBody,
    /// The message was sent whole.
    Done,
    /// The client asked for another protocol and waits for the verdict; it sends nothing until then.
    MightSwitch,
    /// The bytes that follow belong to another protocol.
    Switched,
    /// The message was sent whole and the connection does not persist: closing is all that is left.
    MustClose,
    /// The party sends nothing more.
    Closed,
    /// The party broke a rule.
    Failed,
}

/// An end of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Party {
    Client,
    Server,
}

/// What a party sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A request head.
    Request,
    /// A response head with a status of 1xx other than 101.
    Informational,
    /// A response head with a final status.
    Final,
    /// 101 (Switching Protocols).
    Upgraded,
    /// 2xx to CONNECT.
    Connected,
    /// A piece of content.
    Content,
    /// The end of the message.
    End,
    /// The end of everything.
    Close,
    /// Something against the rules.
    Fail,
}

/// What makes a state change without a step of its party.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    /// The other party is in this state.
    Peer(State),
    /// The request proposed another protocol and the server has not answered.
    SwitchIsProposed,
    /// Both sides keep the connection open after the exchange.
    Persists,
    Not(&'static When),
}

type Transition = (Party, State, Step, State);
type Consequence = (Party, State, &'static [When], State);

/// What each step does to the party that takes it. A step without a row is against the rules.
#[rustfmt::skip]
const TRANSITIONS: &[Transition] = &[
    (Client, Idle,         Request,       SendBody),
    (Client, Idle,         Close,         Closed),
    (Client, SendBody,     Content,       SendBody),
    (Client, SendBody,     End,           Done),
    (Client, Done,         Close,         Closed),
    (Client, MightSwitch,  Close,         Closed),
    (Client, MustClose,    Close,         Closed),
    (Client, Closed,       Close,         Closed),
    (Server, Idle,         Final,         SendBody), // to a request that cannot be read, or before one, as 408 is
    (Server, Idle,         Close,         Closed),
    (Server, SendResponse, Informational, SendResponse),
    (Server, SendResponse, Final,         SendBody),
    (Server, SendResponse, Upgraded,      Switched),
    (Server, SendResponse, Connected,     Switched),
    (Server, SendBody,     Content,       SendBody),
    (Server, SendBody,     End,           Done),
    (Server, Done,         Close,         Closed),
    (Server, MustClose,    Close,         Closed),
    (Server, Closed,       Close,         Closed),
    (Client, Idle,         Fail,          Failed),
    (Client, SendBody,     Fail,          Failed),
    (Client, Done,         Fail,          Failed),
    (Client, MustClose,    Fail,          Failed),
    (Server, Idle,         Fail,          Failed),
    (Server, SendResponse, Fail,          Failed),
    (Server, SendBody,     Fail,          Failed),
    (Server, Done,         Fail,          Failed),
];

/// What follows from the states of both: the first row that applies, again and again until none does.
#[rustfmt::skip]
const CONSEQUENCES: &[Consequence] = &[
    (Server, Idle,        &[Peer(SendBody)],                        SendResponse),
    (Client, Done,        &[SwitchIsProposed],                      MightSwitch),
    (Client, MightSwitch, &[Peer(Switched)],                        Switched),
    (Client, MightSwitch, &[Not(&SwitchIsProposed)],                Done),
    (Client, Done,        &[Not(&Persists)],                        MustClose),
    (Server, Done,        &[Not(&Persists)],                        MustClose),
    (Client, Idle,        &[Peer(Closed)],                          MustClose),
    (Client, Idle,        &[Peer(Failed)],                          MustClose),
    (Client, Done,        &[Peer(Closed)],                          MustClose),
    (Client, Done,        &[Peer(Failed)],                          MustClose),
    (Server, Idle,        &[Peer(Closed)],                          MustClose),
    (Server, Done,        &[Peer(Closed)],                          MustClose),
    (Server, Done,        &[Peer(Failed)],                          MustClose),
    (Client, Done,        &[Peer(Done), Persists],                  Idle),
    (Server, Done,        &[Peer(Idle), Persists],                  Idle),
];

/// The states of both ends of one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Machine {
    client: State,
    server: State,
    persists: bool,
    switch_is_proposed: bool,
}

impl Machine {
    /// A connection on which nothing was sent.
    pub(crate) const fn new() -> Self {
        Self {
            client: Idle,
            server: Idle,
            persists: true,
            switch_is_proposed: false,
        }
    }

    pub(crate) const fn state(&self, party: Party) -> State {
        match party {
            Client => self.client,
            Server => self.server,
        }
    }

    /// Whether both ends mean to keep the connection open after this exchange, as far as is known.
    pub(crate) const fn persists(&self) -> bool {
        self.persists
    }

    /// One end closes the connection after this exchange.
    pub(crate) fn close_after_exchange(&mut self) {
        self.persists = false;
        self.settle();
    }

    /// The request that is being sent asks for another protocol.
    pub(crate) const fn propose_switch(&mut self) {
        self.switch_is_proposed = true;
    }

    /// Whether a step is allowed, and if so what becomes of both ends.
    pub(crate) fn after(mut self, party: Party, step: Step) -> Option<Self> {
        let from = self.state(party);
        let &(.., to) = TRANSITIONS
            .iter()
            .find(|row| (row.0, row.1, row.2) == (party, from, step))?;
        if step == Final {
            // A final response answers a proposal with no.
            self.switch_is_proposed = false;
        }
        self.set(party, to);
        self.settle();
        Some(self)
    }

    fn settle(&mut self) {
        while let Some(&(party, _, _, to)) = CONSEQUENCES.iter().find(|row| self.follows(row)) {
            self.set(party, to);
        }
    }

    fn follows(&self, &(party, from, conditions, _): &Consequence) -> bool {
        self.state(party) == from
            && conditions
                .iter()
                .all(|&condition| self.holds(party, condition))
    }

    fn holds(&self, party: Party, condition: When) -> bool {
        match condition {
            Peer(state) => self.state(if party == Client { Server } else { Client }) == state,
            SwitchIsProposed => self.switch_is_proposed,
            Persists => self.persists,
            Not(condition) => !self.holds(party, *condition),
        }
    }

    const fn set(&mut self, party: Party, state: State) {
        match party {
            Client => self.client = state,
            Server => self.server = state,
        }
    }
}

#[cfg(test)]
mod tests {
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
    fn an_exchange_goes_round() {
        let [request, end] = REQUEST;
        assert_eq!(run(&[]), (Idle, Idle));
        assert_eq!(run(&[request]), (SendBody, SendResponse));
        assert_eq!(run(&[request, end]), (Done, SendResponse));
        assert_eq!(
            run(&[request, end, (Server, Informational), (Server, Final)]),
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
}
