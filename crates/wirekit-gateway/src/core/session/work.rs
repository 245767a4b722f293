//! What is done with a request, as data: the table below is all that changes it.

use Step::{
    Answered, Ask, Connected, Found, Full, LookUp as LooksUp, Lost, NeedsLength, Open, Opened, Own,
    Switched,
};
use Work::{Answer, Connect, File, Hold, LookUp, Received, Server, Wait};

/// What is done with the current request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Work {
    /// Nothing yet: it is to be answered, or a server chosen.
    Received,
    /// The store is asked whose the user's session is.
    LookUp,
    /// Its content is received whole first, as the server wants a length.
    Hold,
    /// All servers have as many requests as they take.
    Wait,
    /// A server is being connected to.
    Connect,
    /// A server has it.
    Server,
    /// A file is being opened.
    File,
    /// The answer is made: by a file's pieces, or by the output.
    Answer,
}

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The store is asked which server the user has.
    LookUp,
    /// It answered, or is asked no longer.
    Found,
    /// A server was chosen.
    Ask,
    /// The server that was chosen wants to know the content's length.
    NeedsLength,
    /// No server has room.
    Full,
    /// The server was connected to.
    Connected,
    /// The server switched protocols.
    Switched,
    /// The server's response is whole.
    Answered,
    /// The server failed.
    Lost,
    /// A file is asked for.
    Open,
    /// The file was opened, or is not there.
    Opened,
    /// The gateway answers itself.
    Own,
}

/// What each step leads to. A step without a row cannot happen.
#[rustfmt::skip]
const TRANSITIONS: &[(Work, Step, Work)] = &[
    (Received, Ask,         Connect),
    (Received, NeedsLength, Hold),
    (Received, Full,        Wait),
    (Received, Open,        File),
    (Received, Answered,    Answer), // a server that failed behind its early answer
    (Received, Own,         Answer),
    (Received, LooksUp,     LookUp),
    (LookUp,   Found,       Received),
    (LookUp,   Own,         Answer),
    (Hold,     LooksUp,     LookUp), // the user's server went while the content came
    (Hold,     Ask,         Connect),
    (Hold,     Full,        Wait),
    (Hold,     Own,         Answer),
    (Wait,     LooksUp,     LookUp), // or while the request waited
    (Wait,     Ask,         Connect),
    (Wait,     NeedsLength, Hold),
    (Wait,     Full,        Wait),
    (Wait,     Own,         Answer),
    (Connect,  Connected,   Server),
    (Connect,  Lost,        Received),
    (Connect,  Own,         Answer),
    (Server,   Switched,    Server),
    (Server,   Answered,    Answer),
    (Server,   Lost,        Received),
    (Server,   Own,         Answer),
    (File,     Opened,      Answer),
    (File,     Own,         Answer),
    (Answer,   Own,         Answer), // the rest of a request that was answered early may be malformed, or late
];

const WORKS: usize = Answer as usize + 1;
const STEPS: usize = Own as usize + 1;

/// The same by state and step, so that none is looked for.
static AFTER: [[Option<Work>; STEPS]; WORKS] = {
    let mut after = [[None; STEPS]; WORKS];
    let mut at = 0;
    while at < TRANSITIONS.len() {
        #[expect(clippy::indexing_slicing, reason = "computed at compile time")]
        {
            let (work, step, to) = TRANSITIONS[at];
            after[work as usize][step as usize] = Some(to);
        }
        at += 1;
    }
    after
};

impl Work {
    /// What is done after a step; nothing where that cannot happen.
    pub(super) fn after(self, step: Step) -> Option<Self> {
        *AFTER.get(self as usize)?.get(step as usize)?
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::fmt::Write;

    const fn what(step: Step) -> &'static str {
        match step {
            LooksUp => "the store is asked for the session",
            Found => "the store answers, or takes too long",
            Ask => "a server is chosen",
            NeedsLength => "the server wants a length",
            Full => "no server has room",
            Connected => "the server is connected to",
            Switched => "the server switches protocols",
            Answered => "the server's response is whole",
            Lost => "the server fails",
            Open => "a file is asked for",
            Opened => "the file is opened, or not there",
            Own => "the gateway answers itself",
        }
    }

    fn page() -> String {
        let mut page = String::from("| request | what happens, and then |\n|---|---|\n");
        for work in [Received, LookUp, Hold, Wait, Connect, Server, File, Answer] {
            let rows = TRANSITIONS.iter().filter(|row| row.0 == work);
            let steps: Vec<String> = rows
                .map(|(_, step, to)| format!("{}: `{to:?}`", what(*step)))
                .collect();
            writeln!(page, "| `{work:?}` | {} |", steps.join("<br>")).unwrap();
        }
        page
    }

    #[test]
    fn the_documented_states_are_those_of_the_table() {
        let path = format!("{}/src/core/session/work.md", env!("CARGO_MANIFEST_DIR"));
        if std::env::var_os("WIREKIT_BLESS").is_some() {
            std::fs::write(&path, page()).unwrap();
        }
        let written = std::fs::read_to_string(&path).unwrap();
        assert_eq!(written, page(), "WIREKIT_BLESS=1 writes it anew");
    }

    #[test]
    fn each_step_leads_to_one_state() {
        for (at, row) in TRANSITIONS.iter().enumerate() {
            let others = TRANSITIONS.iter().skip(at + 1);
            assert!(
                others
                    .into_iter()
                    .all(|other| (other.0, other.1) != (row.0, row.1)),
                "{row:?} stands twice"
            );
        }
    }
}
