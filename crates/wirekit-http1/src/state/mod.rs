//! Who may do what, as data: the two tables below are all that changes a state, and they do not know which end we are.

use self::Party::{Client, Server};
use self::State::{
    Closed, Done, Failed, Idle, MightSwitch, MustClose, SendBody, SendResponse, Switched,
};
use self::Step::{Close, Connected, Content, End, Fail, Final, Interim, Request, Upgraded};
use self::When::{Not, Peer, Persists, SwitchIsProposed};
use crate::send::SendError;

/// The state of one end of a connection.
///
/// These are the tables that the connections run on. What an end sends changes its state; what it may not send in a state
/// has no entry, and is [`SendError::State`] at this end and an error of `receive` from the other. The last column follows
/// by itself from what the other end does.
///
/// The client:
///
#[doc = include_str!("client.md")]
/// The state of one end of a connection: RFC 9112 section 9.
///
/// ```
/// use wirekit_http1::server::Connection;
/// use wirekit_http1::{Config, FieldTable, State};
///
/// let mut connection = Connection::new(Config::DEFAULT);
/// assert_eq!((connection.client_state(), connection.server_state()), (State::Idle, State::Idle));
/// connection.receive(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n", &mut FieldTable::new())?;
/// assert_eq!((connection.client_state(), connection.server_state()), (State::SendBody, State::SendResponse));
/// # Ok::<(), wirekit_http1::Error>(())
/// ```
#[doc = include_str!("server.md")]
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
    /// An interim response: 1xx other than 101.
    Interim,
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
    (Client, Idle,         Request,   SendBody),
    (Client, Idle,         Close,     Closed),
    (Client, SendBody,     Content,   SendBody),
    (Client, SendBody,     End,       Done),
    (Client, Done,         Close,     Closed),
    (Client, MightSwitch,  Close,     Closed),
    (Client, MustClose,    Close,     Closed),
    (Client, Closed,       Close,     Closed),
    (Server, Idle,         Final,     SendBody), // to a request that cannot be read, or before one, as 408 is
    (Server, Idle,         Close,     Closed),
    (Server, SendResponse, Interim,   SendResponse),
    (Server, SendResponse, Final,     SendBody),
    (Server, SendResponse, Upgraded,  Switched),
    (Server, SendResponse, Connected, Switched),
    (Server, SendBody,     Content,   SendBody),
    (Server, SendBody,     End,       Done),
    (Server, Done,         Close,     Closed),
    (Server, MustClose,    Close,     Closed),
    (Server, Closed,       Close,     Closed),
    (Client, Idle,         Fail,      Failed),
    (Client, SendBody,     Fail,      Failed),
    (Client, Done,         Fail,      Failed),
    (Client, MustClose,    Fail,      Failed),
    (Server, Idle,         Fail,      Failed),
    (Server, SendResponse, Fail,      Failed),
    (Server, SendBody,     Fail,      Failed),
    (Server, Done,         Fail,      Failed),
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
    #[inline]
    pub(crate) fn after(mut self, party: Party, step: Step) -> Option<Self> {
        #[expect(clippy::indexing_slicing, reason = "as long as the enums")]
        let to = NEXT[party as usize][self.state(party) as usize][step as usize]?;
        if step == Final {
            // A final response answers a proposal with no.
            self.switch_is_proposed = false;
        }
        self.set(party, to);
        self.settle();
        Some(self)
    }

    /// What becomes of both ends when this one sends.
    #[inline]
    pub(crate) fn sending(self, party: Party, step: Step) -> Result<Self, SendError> {
        let state = self.state(party);
        self.after(party, step).ok_or(SendError::State { state })
    }

    /// The other end took a step. One that is not allowed changes nothing: the readers let none through.
    #[inline]
    pub(crate) fn received(&mut self, party: Party, step: Step) {
        if let Some(after) = self.after(party, step) {
            *self = after;
        }
    }

    /// A party broke a rule, and the connection does not outlive it.
    pub(crate) fn fail(&mut self, party: Party) {
        if let Some(mut after) = self.after(party, Fail) {
            after.close_after_exchange();
            *self = after;
        }
    }

    #[inline]
    fn settle(&mut self) {
        let [declined, proposed] = {
            #[expect(clippy::indexing_slicing, reason = "as long as the enums")]
            let [once, again] = SETTLED[self.client as usize][self.server as usize];
            if self.persists { again } else { once }
        };
        (self.client, self.server) = if self.switch_is_proposed {
            proposed
        } else {
            declined
        };
    }

    /// The states at which no consequence applies any more.
    const fn settled(mut self) -> (State, State) {
        let mut rows = CONSEQUENCES;
        while let [(party, from, conditions, to), rest @ ..] = rows {
            rows = rest;
            if self.state(*party) as u8 == *from as u8 && self.all_hold(*party, conditions) {
                self.set(*party, *to);
                rows = CONSEQUENCES;
            }
        }
        (self.client, self.server)
    }

    const fn all_hold(&self, party: Party, mut conditions: &[When]) -> bool {
        while let [condition, rest @ ..] = conditions {
            if !self.holds(party, *condition) {
                return false;
            }
            conditions = rest;
        }
        true
    }

    const fn holds(&self, party: Party, condition: When) -> bool {
        match (condition, party) {
            (Peer(state), Client) => self.server as u8 == state as u8,
            (Peer(state), Server) => self.client as u8 == state as u8,
            (SwitchIsProposed, _) => self.switch_is_proposed,
            (Persists, _) => self.persists,
            (Not(condition), _) => !self.holds(party, *condition),
        }
    }

    const fn set(&mut self, party: Party, state: State) {
        match party {
            Client => self.client = state,
            Server => self.server = state,
        }
    }
}

const STATES: [State; 9] = [
    Idle,
    SendResponse,
    SendBody,
    Done,
    MightSwitch,
    Switched,
    MustClose,
    Closed,
    Failed,
];
const STEPS: usize = Fail as usize + 1;

/// The states of both, by whether the connection persists and whether a switch is proposed.
type ByConditions = [[(State, State); 2]; 2];

/// [`TRANSITIONS`] to look up by party, state and step.
#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
static NEXT: [[[Option<State>; STEPS]; STATES.len()]; 2] = {
    let mut next = [[[None; STEPS]; STATES.len()]; 2];
    let mut rows = TRANSITIONS;
    while let [(party, from, step, to), rest @ ..] = rows {
        next[*party as usize][*from as usize][*step as usize] = Some(*to);
        rows = rest;
    }
    next
};

/// Where [`CONSEQUENCES`] lead, to look up by the states of both, whether the connection persists and whether a switch is
/// proposed.
#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
static SETTLED: [[ByConditions; STATES.len()]; STATES.len()] = {
    let mut settled = [[[[(Idle, Idle); 2]; 2]; STATES.len()]; STATES.len()];
    let mut index = 0;
    while index < STATES.len() * STATES.len() * 4 {
        let (client, server) = (index / 4 / STATES.len(), index / 4 % STATES.len());
        let (persists, switch_is_proposed) = (index / 2 % 2, index % 2);
        settled[client][server][persists][switch_is_proposed] = Machine {
            client: STATES[client],
            server: STATES[server],
            persists: persists == 1,
            switch_is_proposed: switch_is_proposed == 1,
        }
        .settled();
        index += 1;
    }
    settled
};

#[cfg(test)]
mod tests;
