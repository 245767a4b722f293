//! The program `wirekit-gateway` between real clients and real servers. cargo builds it for the first of these tests.

mod affinity;
mod answers;
mod applications;
mod clients;
mod control;
mod ctl;
mod curl;
mod dashboard;
mod failures;
mod faults;
mod fleet;
mod log;
mod malformed;
mod metrics;
mod ranges;
mod relay;
mod server;
mod soak;
mod tls;
mod verdicts;
mod watched;
mod wire;

use core::net::SocketAddr;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use tempfile::TempDir;

use crate::program::{PATIENCE, build_program, free_address};

/// The program, serving on a free port.
#[derive(Debug)]
struct Gateway {
    child: Child,
    address: SocketAddr,
    folder: TempDir,
    /// What it says on stderr once it is ready.
    said: Arc<Mutex<String>>,
    saying: Option<JoinHandle<()>>,
}

impl Gateway {
    /// Starts it with these tables behind its own: a listener, and an access log of JSON.
    fn start(tables: &str) -> Self {
        Self::start_in(TempDir::new().expect("a folder"), tables)
    }

    /// [`start`](Self::start) with a folder that has what the tables name.
    fn start_in(folder: TempDir, tables: &str) -> Self {
        static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
        let program = PROGRAM.get_or_init(|| build_program("wirekit-gateway"));
        let address = free_address();
        let file = folder.path().join("gateway.toml");
        fs::write(&file, configuration(address, tables)).expect("a file");
        let mut child = Command::new(program)
            .arg("--config")
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the gateway");
        let mut stderr = BufReader::new(child.stderr.take().expect("a pipe"));
        let (ready, mut said) = (format!("ready http://{address}/\n"), String::new());
        while !said.ends_with(&ready) {
            let len = stderr.read_line(&mut said).expect("text");
            assert!(len > 0, "it does not start: {said}\n{tables}");
        }
        let said = Arc::new(Mutex::new(said));
        let all = said.clone();
        let saying = thread::spawn(move || {
            let mut line = String::new();
            while stderr.read_line(&mut line).is_ok_and(|len| len > 0) {
                *all.lock().expect("a lock") += &line;
                line.clear();
            }
        });
        Self {
            child,
            address,
            folder,
            said,
            saying: Some(saying),
        }
    }

    fn port(&self) -> u16 {
        self.address.port()
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("it listens");
        stream.set_nodelay(true).expect("an option");
        let patience = stream.set_read_timeout(Some(PATIENCE));
        patience.expect("a timeout above zero");
        stream
    }

    /// Gives it other tables, and waits until it serves by them.
    fn reload(&self, tables: &str) {
        let loaded = || {
            let said = self.said.lock().expect("a lock");
            said.matches("was loaded anew").count()
        };
        let before = loaded();
        let file = self.folder().join("gateway.toml");
        fs::write(file, configuration(self.address, tables)).expect("a file");
        signal(self.child.id(), "HUP");
        let begun = Instant::now();
        while loaded() == before {
            assert!(begun.elapsed() < PATIENCE, "it does not load {tables}");
            thread::sleep(core::time::Duration::from_millis(2));
        }
    }

    /// Whether it has said that on stderr.
    fn has_said(&self, text: &str) -> bool {
        self.said.lock().expect("a lock").contains(text)
    }

    /// Ends it in order: its access log.
    fn end(self) -> Vec<log::Line> {
        log::read(&self.end_saying().0)
    }

    /// The same as text, and what it said on stderr.
    fn end_saying(mut self) -> (String, String) {
        signal(self.child.id(), "TERM");
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                break status;
            }
            assert!(begun.elapsed() < PATIENCE, "it does not end");
            thread::sleep(core::time::Duration::from_millis(5));
        };
        let saying = self.saying.take().expect("not ended yet");
        saying.join().expect("a thread");
        let said = self.said.lock().expect("a lock").clone();
        assert!(status.success() && !said.contains("panicked"), "{said}");
        let text = fs::read_to_string(self.folder().join("access.log")).expect("a log");
        (text, said)
    }

    /// Ends it, and compares what it logged: request, status, reason and how many lines of these there are.
    fn end_with(self, expected: &[(&str, u16, &str, usize)]) {
        log::check(&self.end(), expected);
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn configuration(address: SocketAddr, tables: &str) -> String {
    let listener = format!("[[listen]]\naddress = '{address}'\n");
    let log = "[log]\naccess = 'access.log'\nformat = 'json'\n";
    format!("workers = 2\n{listener}{log}{tables}")
}

/// Sends a process that this test started a signal, by its name without SIG.
fn signal(process: u32, name: &str) {
    let status = Command::new("kill")
        .args(["-s", name, &process.to_string()])
        .status();
    assert!(status.expect("the command kill").success(), "{process}");
}

/// The tables of a site that gives every request to one server.
fn upstream(protocol: &str, address: impl core::fmt::Display, more: &str) -> String {
    format!(
        "[[site]]\n[[site.location]]\npath = '/'\nupstream = 'app'\nbody = '32 MiB'\nwebsocket = true\n\
         [upstream.app]\nprotocol = '{protocol}'\n{more}\n\
         [[upstream.app.server]]\nid = 'a'\naddress = '{address}'\n"
    )
}

/// So many megabytes that do not repeat at a power of two.
fn megabytes(count: usize) -> Vec<u8> {
    (0..count << 20)
        .map(|at| (at % 251).to_le_bytes()[0])
        .collect()
}
