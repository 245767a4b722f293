//! Writes the man pages of `wirekit-gateway`, one a command, and its completions for bash, zsh and fish into a folder, from the command
//! line that the program reads. For who packages it: `cargo run -p wirekit-gateway --example manual -- FOLDER`.

use core::error::Error;
use std::path::PathBuf;

use clap::CommandFactory as _;
use clap_complete::Shell;
use wirekit_gateway::arguments::Arguments;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args_os().nth(1).ok_or("which folder?")?);
    std::fs::create_dir_all(&folder)?;
    clap_mangen::generate_to(Arguments::command(), &folder)?;
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        clap_complete::generate_to(shell, &mut Arguments::command(), "wirekit-gateway", &folder)?;
    }
    Ok(())
}
