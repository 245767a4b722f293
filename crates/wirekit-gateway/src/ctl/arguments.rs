use core::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand};

/// The gateway, the form of the output, and the command.
#[derive(Debug, Args)]
#[non_exhaustive]
pub struct Arguments {
    /// The control address, "127.0.0.1:9000" or "unix:/run/control.sock"; else that of --config, else
    /// $WIREKIT_GATEWAY_ADDRESS.
    #[arg(long, value_name = "ADDRESS")]
    pub address: Option<String>,

    /// The file with the token; else that of --config, else the token is $WIREKIT_GATEWAY_TOKEN.
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,

    /// Prints what the API said, as JSON.
    #[arg(long, global = true)]
    pub json: bool,

    /// What is done.
    #[command(subcommand)]
    pub command: Command,
}

/// What is done.
#[derive(Debug, Subcommand)]
#[non_exhaustive]
pub enum Command {
    /// Whether the gateway takes requests.
    Health,
    /// The upstreams.
    Upstreams,
    /// The servers of an upstream, or of all.
    Servers {
        /// The upstream.
        upstream: Option<String>,
    },
    /// Gives a server no new users, and once the deadline passes no requests.
    Drain {
        /// The upstream.
        upstream: String,
        /// The server.
        server: String,
        /// How long those that it has may stay, such as 30s.
        #[arg(long, value_name = "TIME")]
        deadline: Option<String>,
    },
    /// Ends the drain of a server.
    Undrain {
        /// The upstream.
        upstream: String,
        /// The server.
        server: String,
    },
    /// Gives a server requests.
    Up {
        /// The upstream.
        upstream: String,
        /// The server.
        server: String,
    },
    /// Gives a server no requests.
    Down {
        /// The upstream.
        upstream: String,
        /// The server.
        server: String,
    },
    /// Sets how much a server gets in relation to the others.
    Weight {
        /// The upstream.
        upstream: String,
        /// The server.
        server: String,
        /// How much.
        weight: u32,
    },
    /// The last requests that failed, the newest first.
    Failures {
        /// Those with this status alone.
        #[arg(long)]
        status: Option<u16>,
        /// Those with this reason alone.
        #[arg(long)]
        reason: Option<String>,
        /// Those of this upstream alone.
        #[arg(long)]
        upstream: Option<String>,
        /// How many.
        #[arg(long, default_value_t = 20)]
        limit: u32,
        /// The reference of an error page: what happened to that request.
        reference: Option<String>,
    },
    /// What would happen to a request, by the configuration that serves now.
    Explain {
        /// The client's address.
        #[arg(long, value_name = "ADDRESS")]
        remote: Option<IpAddr>,
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
    /// Users that stay at one server.
    Sessions,
    /// Connections of clients.
    Connections,
    /// Certificates, and how long they are valid.
    Certificates,
}
