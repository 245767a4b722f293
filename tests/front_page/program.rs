//! Programs that a test starts, waits for and ends: its own only. The tests of `interop/` use them too.

use core::net::SocketAddr;
use core::time::Duration;
use std::env::consts::EXE_SUFFIX;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::Instant;

/// How long a program may take to be ready, to answer and to end, on a machine that has much else to do.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// A running program, ended when it is dropped.
#[derive(Debug)]
pub(crate) struct Program {
    child: Child,
    address: SocketAddr,
}

impl Program {
    /// One that is known to listen on `address`.
    pub(crate) const fn new(child: Child, address: SocketAddr) -> Self {
        Self { child, address }
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
        Self::new(child, address)
    }

    /// The number of its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Where it listens.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // SIGTERM first: servers with workers end those themselves.
        let asked = Command::new("kill").arg(self.id().to_string()).status();
        if !asked.is_ok_and(|status| status.success()) {
            let _ = self.child.kill();
        }
        let begun = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) {
            if begun.elapsed() > Duration::from_secs(10) {
                let _ = self.child.kill();
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Builds an example of the facade in a profile, `dev` or `release`, and gives its path.
pub(crate) fn build_example(name: &str, profile: &str) -> PathBuf {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock();
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--profile", profile])
        .arg("--target-dir")
        .arg(target_directory())
        .args(["--package", "wirekit", "--all-features", "--example", name])
        .current_dir(workspace())
        .status();
    assert!(
        built.is_ok_and(|status| status.success()),
        "the example {name} does not build"
    );
    let folder = if profile == "dev" { "debug" } else { profile };
    target_directory()
        .join(folder)
        .join("examples")
        .join(format!("{name}{EXE_SUFFIX}"))
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
        .expect("target/PROFILE/deps/TEST")
        .to_path_buf()
}
