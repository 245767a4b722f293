//! The program `wirekit-gateway`.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::SystemTime;

use clap::{Parser, Subcommand};
use wirekit_gateway::config::{Config, LoadError};
use wirekit_gateway::ctl;
use wirekit_gateway::explain::{Question, Remote, explain};
use wirekit_gateway::shell::{check, serve};

/// A small server in nginx's place in front of Python applications.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Arguments {
    /// The configuration; without one, a site that explains itself is served on 127.0.0.1:8080.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Names every mistake in the configuration, and binds nothing.
    #[arg(long)]
    check: bool,

    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Looks at a gateway that runs, and changes what it does.
    Ctl(ctl::Arguments),

    /// Says what would happen to a request, and why; nothing is sent.
    Explain {
        /// The address of who is connected, or `unix:`.
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

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(Command::Ctl(control)) = &arguments.command {
        return match ctl::run(control, arguments.config.as_deref()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error}");
                ExitCode::from(error.status())
            }
        };
    }
    let config = match &arguments.config {
        Some(file) => Config::load(file),
        None => Config::builtin(),
    };
    let config = match config {
        Ok(config) => config,
        Err(error) => return report(&error),
    };
    match arguments.command {
        Some(Command::Explain {
            remote,
            tls_name,
            field,
            method,
            url,
        }) => {
            let mut question = Question::new(method, url);
            (question.remote, question.tls_name, question.fields) = (remote, tls_name, field);
            print(&explain(&config, &question).to_json().to_string())
        }
        // It was done before a configuration was read.
        Some(Command::Ctl(_)) => ExitCode::SUCCESS,
        None if arguments.check => report_files(&config),
        None => match serve(config) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        },
    }
}

/// A line each for what is wrong with certificates and keys, and for what will be.
fn report_files(config: &Config) -> ExitCode {
    let findings = check(config, SystemTime::now());
    for problem in findings.problems.iter().chain(&findings.warnings) {
        eprintln!("{problem}");
    }
    match findings.problems.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// A line a mistake.
fn report(error: &LoadError) -> ExitCode {
    match error {
        LoadError::Wrong(problems) => problems.iter().for_each(|problem| eprintln!("{problem}")),
        error => eprintln!("{error}"),
    }
    ExitCode::FAILURE
}

/// A reader that went away is no failure of the program.
fn print(line: &str) -> ExitCode {
    let _ = writeln!(std::io::stdout(), "{line}");
    ExitCode::SUCCESS
}
