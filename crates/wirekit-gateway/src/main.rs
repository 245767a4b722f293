//! The program `wirekit-gateway`.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::SystemTime;

use clap::Parser;
use wirekit_gateway::arguments::{Arguments, Command};
use wirekit_gateway::config::{Config, LoadError};
use wirekit_gateway::ctl;
use wirekit_gateway::explain::{Question, explain};
use wirekit_gateway::shell::{check, serve};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let file = arguments.config.as_deref();
    match arguments.command {
        Some(Command::Ctl(control)) => match ctl::run(&control, file) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error}");
                ExitCode::from(error.status())
            }
        },
        Some(Command::Explain {
            remote,
            tls_name,
            field,
            method,
            url,
        }) => with_config(file, |config| {
            let mut question = Question::new(method, url);
            (question.remote, question.tls_name, question.fields) = (remote, tls_name, field);
            print(&explain(&config, &question).to_json().to_string())
        }),
        _ if arguments.check => with_config(file, |config| report_files(&config)),
        _ => with_config(file, |config| match serve(config) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        }),
    }
}

/// What is done with the configuration, if there is no mistake in it.
fn with_config(file: Option<&Path>, run: impl FnOnce(Config) -> ExitCode) -> ExitCode {
    let config = match file {
        Some(file) => Config::load(file),
        None => Config::builtin(),
    };
    match config {
        Ok(config) => run(config),
        Err(error) => report(&error),
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
