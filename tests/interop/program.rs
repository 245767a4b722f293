//! Programs that a test starts, waits for and ends: its own only.

use core::net::{Ipv4Addr, SocketAddr};
use core::time::Duration;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::Instant;

/// How long a program may take to be ready, and a command to end.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A running program, ended when it is dropped.
#[derive(Debug)]
pub(crate) struct Program {
    child: Child,
    address: SocketAddr,
}

impl Program {
    /// Builds and starts an example of the facade that serves on `127.0.0.1:0`, its first argument, and prints
    /// `listening on ADDRESS` as its first line.
    pub(crate) fn example(name: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(build_example(name));
        command.arg("127.0.0.1:0").args(arguments);
        Self::that_prints_its_address(command)
    }

    /// Starts a program that prints `listening on ADDRESS` as its first line.
    pub(crate) fn that_prints_its_address(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        lines.read_line(&mut line).expect("a line of text");
        let address = line
            .trim()
            .strip_prefix("listening on ")
            .and_then(|address| address.parse().ok());
        let address = address.unwrap_or_else(|| panic!("{command:?} printed {line:?}"));
        // What else it prints is thrown away, so that the pipe never fills.
        thread::spawn(move || lines.read_to_end(&mut Vec::new()));
        Self { child, address }
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
        Self { child, address }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // SIGTERM first: servers with workers end those themselves.
        let _ = Command::new("kill")
            .arg(self.child.id().to_string())
            .status();
        let begun = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) {
            if begun.elapsed() > Duration::from_secs(3) {
                let _ = self.child.kill();
            }
            thread::sleep(Duration::from_millis(5));
        }
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
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock();
    let built = Command::new(env!("CARGO"))
        .args([
            "build",
            "--quiet",
            "--release",
            "--package",
            "wirekit",
            "--all-features",
            "--example",
            name,
        ])
        .current_dir(workspace())
        .status();
    assert!(
        built.is_ok_and(|status| status.success()),
        "the example {name} does not build"
    );
    target_directory().join("release/examples").join(name)
}

/// The workspace's root.
pub(crate) fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("tests lie in the workspace")
}

/// Where cargo builds: this test lies in its `PROFILE/deps`.
pub(crate) fn target_directory() -> PathBuf {
    let test = std::env::current_exe().expect("a path");
    test.ancestors()
        .nth(3)
        .expect("target/PROFILE/deps/interop")
        .to_path_buf()
}

/// A port of 127.0.0.1 that nobody listens on at the moment.
pub(crate) fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("an address")
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
