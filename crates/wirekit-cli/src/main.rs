//! The program `wirekit`; everything is in the library beside it.

#![forbid(unsafe_code)]

use std::io::{BufWriter, IsTerminal};
use std::process::ExitCode;

use anstream::{AutoStream, ColorChoice};
use wirekit_cli::io::Io;
use wirekit_cli::live::Live;

fn main() -> ExitCode {
    let (stdout, stderr) = (std::io::stdout(), std::io::stderr());
    // `AutoStream` honours `NO_COLOR`, `CLICOLOR`, `TERM` and whether the stream is a terminal.
    let colour = AutoStream::choice(&stdout) != ColorChoice::Never;
    let progress = stderr.is_terminal();
    let mut stdin = std::io::stdin();
    let mut stdout = BufWriter::with_capacity(1 << 16, stdout.lock());
    let mut stderr = stderr.lock();
    let mut io = Io::new(&mut stdin, &mut stdout, &mut stderr);
    io.live = Some(Live::new(std::io::stdin()));
    io.colour = colour;
    io.progress = progress;
    ExitCode::from(wirekit_cli::run_with(std::env::args_os(), &mut io))
}
