//! The servers of these tests.

use core::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::program::{Program, free_address};

/// Starts a program and waits until its port takes connections.
pub(crate) fn start(command: &mut Command, port: u16) -> Program {
    command.stdin(Stdio::null()).stderr(Stdio::null());
    Program::that_listens(command, (Ipv4Addr::LOCALHOST, port).into())
}

/// A port that nobody listens on.
pub(crate) fn free_port() -> u16 {
    free_address().port()
}

/// This folder, with the applications.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("interop/uwsgi")
}

/// A uWSGI with one worker that serves a file's `application`.
pub(crate) fn uwsgi(file: &str, more: &[&str]) -> (Program, u16) {
    uwsgi_at("--socket", file, more)
}

/// [`uwsgi`] with the option that opens this kind of socket.
pub(crate) fn uwsgi_at(socket: &str, file: &str, more: &[&str]) -> (Program, u16) {
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
    command.args([socket, &format!("127.0.0.1:{port}"), "--listen", "64"]);
    command
        .arg("--wsgi-file")
        .arg(folder().join(file))
        .args(more);
    if more.contains(&"--processes") {
        // Without a master the first process does not end the others, and without the second option they outlive the master.
        command.args(["--master", "--no-orphans"]);
    }
    for path in packages() {
        command.args(["--pythonpath", &path]);
    }
    (start(&mut command, port), port)
}

/// A gunicorn that speaks uwsgi.
pub(crate) fn gunicorn(file: &str) -> (Program, u16) {
    gunicorn_with("uwsgi", file, &[])
}

/// A gunicorn with one worker that speaks `http` or `uwsgi`.
pub(crate) fn gunicorn_with(protocol: &str, file: &str, more: &[&str]) -> (Program, u16) {
    let port = free_port();
    let mut command = Command::new("gunicorn");
    command.args(["--protocol", protocol, "--workers", "1"]);
    command.args(["--bind", &format!("127.0.0.1:{port}")]);
    command
        .args(["--uwsgi-allow-from", "*", "--chdir"])
        .arg(folder())
        .args(more)
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
