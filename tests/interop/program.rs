//! Programs that a test starts, waits for and ends: its own only.

use core::net::{Ipv4Addr, SocketAddr};
use core::time::Duration;
use std::env::consts::EXE_SUFFIX;
use std::ffi::OsStr;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

pub(crate) use running::{PATIENCE, Program, workspace};

#[path = "../front_page/program.rs"]
mod running;

impl Program {
    /// Builds and starts an example of the facade that serves on `127.0.0.1:0`, its first argument, and prints
    /// `listening on ADDRESS` as its first line.
    pub(crate) fn example(name: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(build_example(name));
        command.arg("127.0.0.1:0").args(arguments);
        Self::that_prints_its_address(command)
    }

    /// Starts a program that listens on `address`, and waits until it accepts a connection there.
    pub(crate) fn that_listens(command: &mut Command, address: SocketAddr) -> Self {
        let mut child = command
            .stdout(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let begun = Instant::now();
        while TcpStream::connect(address).is_err() {
            let ended = child.try_wait().expect("a child");
            assert!(ended.is_none(), "{command:?} ended: {ended:?}");
            assert!(
                begun.elapsed() < PATIENCE,
                "{command:?} does not listen on {address}"
            );
            thread::sleep(Duration::from_millis(20));
        }
        Self::new(child, address)
    }
}

/// A browser without a window that keeps what it writes in `profile`, and calls nobody by itself.
pub(crate) fn chromium_in(profile: &Path) -> Command {
    let mut command = Command::new("chromium");
    command
        .args(["--headless", "--no-sandbox", "--disable-gpu"])
        .args(["--disable-quic", "--disable-sync", "--no-first-run"])
        .args([
            "--disable-background-networking",
            "--disable-component-update",
        ])
        .arg(format!("--user-data-dir={}", profile.display()));
    command
}

/// The path of a built example of the facade. Built in release mode: live tests move megabytes.
pub(crate) fn build_example(name: &str) -> PathBuf {
    running::build_example(name, "release")
}

/// The path of a built program of the workspace, by the name that it shares with its package. Built in release mode too,
/// when the first test asks for it.
pub(crate) fn build_program(package: &str) -> PathBuf {
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--release", "--package", package])
        .arg("--target-dir")
        .arg(running::target_directory())
        .current_dir(workspace())
        .status();
    assert!(
        built.is_ok_and(|status| status.success()),
        "the program {package} does not build"
    );
    running::target_directory()
        .join("release")
        .join(format!("{package}{EXE_SUFFIX}"))
}

/// An address of 127.0.0.1 that nobody listens on, and that no other test is given, in this process or another, while this
/// process lives.
///
/// It lies below the ports that Linux gives to sockets that name none, so none of these takes it before the program that it
/// is for; a socket of UDP, on an address that no test uses, marks it as given.
pub(crate) fn free_address() -> SocketAddr {
    const PORTS: u16 = 10_000;
    static MARKS: Mutex<Vec<UdpSocket>> = Mutex::new(Vec::new());
    let begin = u16::try_from(std::process::id() % u32::from(PORTS)).expect("below 10,000");
    let mut marks = MARKS.lock().unwrap_or_else(PoisonError::into_inner);
    for step in 0..PORTS {
        let port = 20_000 + (begin + step) % PORTS;
        let Ok(mark) = UdpSocket::bind((Ipv4Addr::new(127, 0, 0, 2), port)) else {
            continue;
        };
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            marks.push(mark);
            return (Ipv4Addr::LOCALHOST, port).into();
        }
    }
    panic!("no port is free");
}

/// Runs a command to its end and gives what it printed; panics when it fails or takes too long.
pub(crate) fn output(program: impl AsRef<OsStr>, arguments: &[&str]) -> Vec<u8> {
    let mut command = Command::new(program);
    command.args(arguments);
    let Output {
        status,
        stdout,
        stderr,
    } = finish(&mut command);
    assert!(
        status.success(),
        "{command:?}: {status}\n{}\n{}",
        String::from_utf8_lossy(&stdout),
        String::from_utf8_lossy(&stderr)
    );
    stdout
}

/// Runs a command to its end, within [`PATIENCE`] by the command `timeout`.
pub(crate) fn finish(command: &mut Command) -> Output {
    let mut bounded = Command::new("timeout");
    bounded
        .arg(PATIENCE.as_secs().to_string())
        .arg(command.get_program())
        .args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => bounded.env(name, value),
            None => bounded.env_remove(name),
        };
    }
    if let Some(directory) = command.get_current_dir() {
        bounded.current_dir(directory);
    }
    bounded
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"))
}
