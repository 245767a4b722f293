//! The gateway's own messages: a line each on standard error, from a level on.

use std::io::{self, Write};
use std::time::SystemTime;

use log::{LevelFilter, Log, Metadata, Record};

use super::log::local_time;
use crate::config::Level;

/// Where messages go.
struct Messages;

static MESSAGES: Messages = Messages;

/// Writes messages from this level on, from now on.
pub(super) fn start(level: Level) {
    // A program that embeds the gateway may have a logger of its own, and keeps it.
    let _ = log::set_logger(&MESSAGES);
    log::set_max_level(match level {
        Level::Error => LevelFilter::Error,
        Level::Warn => LevelFilter::Warn,
        Level::Info => LevelFilter::Info,
        Level::Debug => LevelFilter::Debug,
    });
}

impl Log for Messages {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        // What the crates below say of themselves is no message of the gateway.
        metadata.level() <= log::max_level() && metadata.target().starts_with("wirekit_gateway")
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let level = record.level().as_str().to_ascii_lowercase();
        let time = local_time(SystemTime::now());
        say(&format!("[{time}] {level}: {}", record.args()));
    }

    fn flush(&self) {}
}

/// Writes a line. That nobody reads it is no reason to stop.
pub(super) fn say(line: &str) {
    let _ = io::stderr().write_all(format!("{line}\n").as_bytes());
}
