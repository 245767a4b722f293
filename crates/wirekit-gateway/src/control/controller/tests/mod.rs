//! Requests to a plane without sockets, whose changes serve at once.

mod certificates;
mod changes;
mod faults;
mod openapi;
mod random;
mod reading;

use core::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use super::*;
use crate::config::Config;
use crate::control::model::State;
use crate::control::{Persist, Refused};

const TEXT: &str = "[[listen]]\naddress = '127.0.0.1:80'\n[log]\naccess = ''\n[[site]]\n[[site.location]]\npath = '/'\nupstream = 'app'\n[upstream.app]\nprotocol = 'http1'\n[[upstream.app.server]]\nid = 'a'\naddress = '127.0.0.1:1'\n[[upstream.app.server]]\nid = 'b'\naddress = '127.0.0.1:2'\n";

/// A controller, and the folder of its file.
pub(super) struct Fixture {
    pub(super) controller: Arc<Controller>,
    _folder: tempfile::TempDir,
    file: PathBuf,
}

impl Fixture {
    /// Within a runtime.
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("gateway.toml");
        std::fs::write(&file, TEXT).unwrap();
        let config = Arc::new(Config::load(&file).unwrap());
        let (plane, mut submitted) = Plane::new(State::loaded(config, 0), None);
        let plane = Arc::new(plane);
        let served = plane.clone();
        tokio::spawn(async move {
            while let Some(submission) = submitted.recv().await {
                let current = served.state();
                let outcome = if submission.state.revision() == current.revision() {
                    if let Some(Persist { file, text }) = submission.persist {
                        std::fs::write(file, text).unwrap();
                    }
                    let state = Arc::new(submission.state.numbered(current.revision() + 1));
                    served.set_state(state.clone());
                    Ok(state)
                } else {
                    Err(Refused::Stale)
                };
                let _ = submission.done.send(outcome);
            }
        });
        let origins = ["https://admin.example".to_owned()];
        Self {
            controller: Arc::new(Controller::new(plane, b"secret", &origins)),
            _folder: folder,
            file,
        }
    }

    /// Asks with the token; `fields` are lines.
    pub(super) async fn ask(&self, line: &str, fields: &str, content: &str) -> Answer {
        let fields = format!("Authorization: Bearer secret\n{fields}");
        self.controller
            .answer(&request(line, &fields, content))
            .await
    }

    async fn tag(&self, path: &str) -> String {
        let answer = self.ask(&format!("GET {path}"), "", "").await;
        answer.field("etag").unwrap().to_owned()
    }
}

pub(super) fn request(line: &str, fields: &str, content: &str) -> Request {
    let (method, target) = line.split_once(' ').unwrap();
    let fields = fields.lines().filter_map(|line| line.split_once(": "));
    let mut fields: Vec<_> = fields
        .map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()))
        .collect();
    if !fields.iter().any(|(name, _)| name == "Host") {
        fields.push(("Host".to_owned(), b"localhost".to_vec()));
    }
    Request {
        method: method.to_owned(),
        target: target.to_owned(),
        fields,
        content: content.as_bytes().to_vec(),
        peer: Peer::Tcp {
            remote: IpAddr::from([127, 0, 0, 1]),
            local: IpAddr::from([127, 0, 0, 1]),
        },
    }
}

pub(super) fn json(answer: &Answer) -> Value {
    serde_json::from_slice(answer.content.as_deref().unwrap_or(b"null")).unwrap()
}

/// Runs it within a runtime.
pub(super) fn run<F: Future<Output = ()>>(future: F) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(future);
}

const JSON_TYPE: &str = "Content-Type: application/json\n";
const SERVER: &str = "/api/v1/upstreams/app/servers/a";
