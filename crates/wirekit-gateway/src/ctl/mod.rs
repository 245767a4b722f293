//! `wirekit-gateway ctl`: the control plane from a shell.
//!
//! A command is one or more requests to the API of a gateway that runs, over its control address. It prints tables for people, or
//! with `--json` what the API said, for programs.
//!
//! | exit status | |
//! |---|---|
//! | 0 | it is done, or what was asked for is printed |
//! | 1 | the gateway refused, and says why on standard error; or it drains (`ctl health`) |
//! | 2 | the command line is wrong |
//! | 3 | nobody answers at the control address, or what answers is no gateway; there is no address or no token |

mod arguments;
mod client;
mod command;
mod observed;
mod table;

use std::io::Write;

use serde_json::Value;

pub use arguments::{Arguments, Command};
use client::Client;

/// Why a command did nothing, or not all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The gateway answered that it will not.
    #[error("{text}")]
    Refused {
        /// What its problem details say.
        text: String,
        /// The problem details.
        problem: Value,
    },
    /// Nothing that a gateway would answer came back.
    #[error("{0}")]
    Unreachable(String),
}

impl Error {
    /// The status that the program ends with.
    pub const fn status(&self) -> u8 {
        match self {
            Self::Refused { .. } => 1,
            Self::Unreachable(_) => 3,
        }
    }
}

/// Does what the command line says, and prints what came of it.
///
/// # Errors
///
/// See [`Error`].
pub fn run(arguments: &Arguments, config: Option<&std::path::Path>) -> Result<(), Error> {
    let client = Client::new(arguments, config)?;
    let answer = command::run(&client, &arguments.command)?;
    let text = match arguments.json {
        true => format!("{}\n", answer.json),
        false => answer.text,
    };
    // A reader that went away is no failure of the program.
    let _ = std::io::stdout().write_all(text.as_bytes());
    Ok(())
}
