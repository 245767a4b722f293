#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod arguments;
mod commands;
pub mod events;
pub mod inspect;
pub mod io;
pub mod live;

use std::ffi::OsString;
use std::io::{Read, Write};

use clap::Parser as _;

use arguments::{Arguments, Command};
use io::{Failure, Io, Status};

/// Runs the program inside this process, off any terminal: no colours, no progress.
///
/// `arguments` start with the program's name. The answer is the exit status: 0 all well, 1 the input broke a
/// protocol rule, 2 wrong usage or a file that cannot be read, 3 the input ended inside a message.
///
/// ```
/// let mut events = Vec::new();
/// let request = &b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"[..];
/// let status = wirekit_cli::run(["wirekit", "parse", "http1-request"], request, &mut events, Vec::new());
/// assert_eq!(status, 0);
/// assert!(events.starts_with(br#"{"event":"request","offset":0,"len":27,"method":"GET","#));
/// ```
pub fn run(
    arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>,
    mut stdin: impl Read,
    mut stdout: impl Write,
    mut stderr: impl Write,
) -> u8 {
    run_with(
        arguments,
        &mut Io::new(&mut stdin, &mut stdout, &mut stderr),
    )
}

/// Runs the program with what the caller knows of its terminal; see [`run`].
pub fn run_with(
    arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>,
    io: &mut Io<'_>,
) -> u8 {
    let outcome = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => execute(&arguments.command, io),
        Err(usage) => return print_usage(&usage, io),
    };
    let outcome = outcome.and_then(|status| {
        io.stdout.flush().map_err(Failure::Write)?;
        Ok(status)
    });
    match outcome {
        Ok(status) => status.code(),
        Err(failure) if failure.is_closed_pipe() => Status::Well.code(),
        Err(failure) => {
            // A line on stderr that cannot be written has nowhere else to go.
            let _ = io.stdout.flush();
            let _ = writeln!(io.stderr, "wirekit: {failure}");
            failure.status().code()
        }
    }
}

fn execute(command: &Command, io: &mut Io<'_>) -> Result<Status, Failure> {
    match command {
        Command::Inspect(options) => inspect::run(options, io),
        Command::Parse(options) => commands::parse::run(options, io),
        Command::Encode(options) => commands::encode::run(options, io),
        Command::Uwsgi(options) => commands::uwsgi::run(options, io),
    }
}

/// Prints clap's answer: help and version to stdout with status 0, a mistake to stderr with status 2.
fn print_usage(usage: &clap::Error, io: &mut Io<'_>) -> u8 {
    let text = usage.render();
    let text = if io.colour {
        text.ansi().to_string()
    } else {
        text.to_string()
    };
    // The status tells the caller; a usage text that cannot be written has nowhere else to go.
    if usage.use_stderr() {
        let _ = io.stderr.write_all(text.as_bytes());
        Status::Usage.code()
    } else {
        let _ = io
            .stdout
            .write_all(text.as_bytes())
            .and_then(|()| io.stdout.flush());
        Status::Well.code()
    }
}
