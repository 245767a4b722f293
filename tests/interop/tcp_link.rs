//! Two network namespaces with a link between them that loses, repeats, reorders and delays by a seed.

use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Instant;

use crate::program::PATIENCE;

static LINKS: AtomicUsize = AtomicUsize::new(0);

/// The address of the first end.
pub(crate) const A: &str = "10.55.0.1";
/// The address of the second end.
pub(crate) const B: &str = "10.55.0.2";

/// Makes the link, and takes it away when dropped.
pub(crate) struct Link {
    namespaces: [String; 2],
    relay: Child,
    folder: tempfile::TempDir,
}

impl Link {
    /// `impairments` are arguments of `tests/captures/lossy_link.py`.
    pub(crate) fn new(impairments: &[&str]) -> Self {
        let number = LINKS.fetch_add(1, Ordering::Relaxed);
        let namespaces =
            ["a", "b"].map(|end| format!("wirekit{}{end}{number}", std::process::id()));
        for namespace in &namespaces {
            run(&["ip", "netns", "add", namespace]);
            run(&["ip", "-n", namespace, "link", "set", "lo", "up"]);
        }
        let folder = tempfile::tempdir().expect("a folder");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures/lossy_link.py");
        let mut relay = Command::new("python3")
            .arg(script)
            .args([
                &namespaces[0],
                &format!("{A}/24"),
                &namespaces[1],
                &format!("{B}/24"),
                "--log",
            ])
            .arg(folder.path().join("log"))
            .args(impairments)
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 is installed");
        let mut line = String::new();
        let output = relay.stdout.take().expect("its output");
        BufReader::new(output).read_line(&mut line).expect("a line");
        assert_eq!(line, "ready\n");
        Self {
            namespaces,
            relay,
            folder,
        }
    }

    pub(crate) fn namespaces(&self) -> &[String; 2] {
        &self.namespaces
    }

    /// What the link did to each packet, in order.
    pub(crate) fn log(&self) -> Vec<serde_json::Value> {
        let log = fs::read_to_string(self.folder.path().join("log")).expect("the log");
        log.lines()
            .map(|line| serde_json::from_str(line).expect("a line of JSON"))
            .collect()
    }

    /// Captures at one end until [`Capture::stop`].
    pub(crate) fn capture(&self, end: usize) -> Capture {
        let path = self.folder.path().join(format!("{end}.pcap"));
        let tcpdump = Command::new("ip")
            .args([
                "netns",
                "exec",
                &self.namespaces[end],
                "tcpdump",
                "-i",
                "tunl",
                "--immediate-mode",
                "-U",
                "-Z",
                "root",
            ])
            .args(["-s", "0", "-B", "65536", "-w"])
            .arg(&path)
            .stderr(Stdio::null())
            .spawn()
            .expect("tcpdump is installed");
        // The file's header is written when the capture has begun.
        wait_until("tcpdump captures", || {
            fs::metadata(&path).is_ok_and(|file| file.len() >= 24)
        });
        Capture {
            tcpdump,
            path,
            namespace: self.namespaces[end].clone(),
            peer: [B, A][end],
        }
    }

    /// A Python program in the namespace of one end.
    pub(crate) fn python(&self, end: usize, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new("ip");
        command
            .args([
                "netns",
                "exec",
                &self.namespaces[end],
                "python3",
                "-c",
                program,
            ])
            .args(arguments);
        command
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        let _ = self.relay.kill();
        let _ = self.relay.wait();
        for namespace in &self.namespaces {
            let _ = Command::new("ip")
                .args(["netns", "delete", namespace])
                .status();
        }
    }
}

/// A capture that runs.
pub(crate) struct Capture {
    tcpdump: Child,
    path: PathBuf,
    namespace: String,
    /// The other end.
    peer: &'static str,
}

impl Capture {
    /// Ends the capture once it has all that its end has sent and got so far.
    pub(crate) fn stop(mut self) -> PathBuf {
        // A packet of our own is the last one. It goes to a port that nobody listens on.
        let mark = format!("the end of {}", self.path.display());
        let packet = format!(
            "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'{mark}', ('{}', 9))",
            self.peer
        );
        run(&[
            "ip",
            "netns",
            "exec",
            &self.namespace,
            "python3",
            "-c",
            &packet,
        ]);
        wait_until("tcpdump has written what it captured", || {
            let file = fs::read(&self.path).unwrap_or_default();
            file.windows(mark.len())
                .any(|bytes| bytes == mark.as_bytes())
        });
        run(&["kill", "-INT", &self.tcpdump.id().to_string()]);
        self.tcpdump.wait().expect("tcpdump ends");
        self.path.clone()
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        let _ = self.tcpdump.kill();
        let _ = self.tcpdump.wait();
    }
}

fn wait_until(what: &str, ready: impl Fn() -> bool) {
    let start = Instant::now();
    while !ready() {
        assert!(start.elapsed() < PATIENCE, "{what}: not in time");
        thread::sleep(Duration::from_millis(20));
    }
}

fn run(command: &[&str]) {
    let (program, arguments) = command.split_first().expect("a program");
    let status = Command::new(program)
        .args(arguments)
        .status()
        .expect(program);
    assert!(status.success(), "{command:?}");
}
