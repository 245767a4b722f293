//! Programs that a test starts, waits for by asking, and ends.

use core::time::Duration;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Instant;

/// A running program; it ends with the value.
pub(super) struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // SIGTERM first: Apache's parent ends its children then.
        let _ = Command::new("kill").arg(self.0.id().to_string()).status();
        for _ in 0..300 {
            if matches!(self.0.try_wait(), Ok(Some(_))) {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a program and waits until its port takes connections.
pub(super) fn start(command: &mut Command, port: u16) -> Process {
    let name = format!("{:?}", command.get_program());
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let mut process =
        Process(child.unwrap_or_else(|error| panic!("{name} must be installed: {error}")));
    let begun = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "{name} does not listen on {port}"
        );
        assert!(
            matches!(process.0.try_wait(), Ok(None)),
            "{name} ended by itself"
        );
        thread::sleep(Duration::from_millis(10));
    }
    process
}

/// A port that nobody listens on.
pub(super) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("a bound socket").port()
}

/// This folder, with the applications.
pub(super) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("interop/uwsgi")
}

/// A uWSGI with one worker that serves a file's `application`.
pub(super) fn uwsgi(file: &str, more: &[&str]) -> (Process, u16) {
    let port = free_port();
    let mut command = Command::new("uwsgi");
    command.args([
        "--plugin",
        "python3",
        "--need-app",
        "--die-on-term",
        "-L",
        "--max-vars",
        "64",
    ]);
    command.args(["--socket", &format!("127.0.0.1:{port}"), "--listen", "64"]);
    command
        .arg("--wsgi-file")
        .arg(folder().join(file))
        .args(more);
    for path in packages() {
        command.args(["--pythonpath", &path]);
    }
    (start(&mut command, port), port)
}

/// A gunicorn that speaks uwsgi.
pub(super) fn gunicorn(file: &str) -> (Process, u16) {
    let port = free_port();
    let mut command = Command::new("gunicorn");
    command.args([
        "--protocol",
        "uwsgi",
        "--bind",
        &format!("127.0.0.1:{port}"),
        "--workers",
        "1",
    ]);
    command
        .args(["--uwsgi-allow-from", "*", "--chdir"])
        .arg(folder())
        .arg(format!("{file}:application"));
    (start(&mut command, port), port)
}

/// Where Flask and Django are, for the Python inside uWSGI.
fn packages() -> Vec<String> {
    let script = "import django, flask, os\nfor m in django, flask: print(os.path.dirname(os.path.dirname(m.__file__)))";
    let output = Command::new("python3")
        .args(["-c", script])
        .output()
        .expect("python3 must be installed");
    assert!(
        output.status.success(),
        "python3 with flask and django must be installed"
    );
    String::from_utf8(output.stdout)
        .expect("paths")
        .lines()
        .map(str::to_owned)
        .collect()
}
