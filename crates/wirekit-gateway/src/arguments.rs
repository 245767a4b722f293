//! The command line as `clap` reads it; what each command does stands in the README.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::ctl;
use crate::explain::Remote;

/// A small server in nginx's place in front of Python applications.
#[derive(Debug, Parser)]
#[command(name = "wirekit-gateway", version, about)]
#[non_exhaustive]
pub struct Arguments {
    /// The configuration; without one, a site that explains itself is served on 127.0.0.1:8080.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Names every mistake in the configuration, and binds nothing.
    #[arg(long)]
    pub check: bool,

    /// What is done instead of serving.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What the program does instead of serving.
#[derive(Debug, Subcommand)]
#[non_exhaustive]
pub enum Command {
    /// Looks at a gateway that runs, and changes what it does.
    Ctl(ctl::Arguments),

    /// Says what would happen to a request, and why; nothing is sent.
    Explain {
        /// The address of the client, or `unix:`.
        #[arg(long, value_name = "ADDRESS")]
        remote: Option<Remote>,

        /// The server name of its TLS handshake.
        #[arg(long, value_name = "NAME")]
        tls_name: Option<String>,

        /// A field of the request.
        #[arg(short = 'H', value_name = "Name: value")]
        field: Vec<String>,

        /// The method.
        method: String,

        /// The URL, or a path.
        url: String,
    },
}
