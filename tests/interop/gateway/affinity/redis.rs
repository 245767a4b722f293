//! A real `redis-server`.

use core::net::{Ipv4Addr, SocketAddr};
use std::process::{Command, Stdio};

use crate::gateway::signal;
use crate::program::{Program, free_address, output};

/// It keeps nothing on disk.
#[derive(Debug)]
pub(super) struct Redis {
    address: SocketAddr,
    program: Option<Program>,
}

impl Redis {
    pub(super) fn start() -> Self {
        let mut redis = Self {
            address: (Ipv4Addr::LOCALHOST, free_address().port()).into(),
            program: None,
        };
        redis.come_back();
        redis
    }

    pub(super) fn url(&self) -> String {
        format!("redis://{}/0", self.address)
    }

    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// At the same port, with nothing of what it had.
    pub(super) fn come_back(&mut self) {
        let mut command = Command::new("redis-server");
        command.args(["--port", &self.address.port().to_string()]);
        command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
        command.stdin(Stdio::null()).stderr(Stdio::null());
        self.program = Some(Program::that_listens(&mut command, self.address));
        super::until(|| (self.says(&["PING"]) == "PONG").then_some(()));
    }

    pub(super) fn die(&mut self) {
        self.signal("KILL");
        self.program = None;
    }

    pub(super) fn signal(&self, name: &str) {
        let program = self.program.as_ref().expect("it runs");
        signal(program.id(), name);
    }

    /// What it answers to a command.
    pub(super) fn says(&self, command: &[&str]) -> String {
        let port = self.address.port().to_string();
        let arguments = [&["-p", &port], command].concat();
        let said = output("redis-cli", &arguments);
        let said = String::from_utf8_lossy(&said).into_owned();
        said.strip_suffix('\n').unwrap_or(&said).to_owned()
    }
}
