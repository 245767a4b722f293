//! Requests and answers, apart from how they are read and sent.

use core::net::IpAddr;

use serde_json::Value;
use wirekit::http1::StatusCode;

use crate::control::view::{Problem, problem, tag};

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Peer {
    /// Who may open the socket's file.
    Unix,
    /// Who connects from this address to that one.
    Tcp {
        /// The client's.
        remote: IpAddr,
        /// The gateway's.
        local: IpAddr,
    },
}

impl Peer {
    /// Whether it is on the same machine.
    pub(crate) const fn is_local(self) -> bool {
        match self {
            Self::Unix => true,
            Self::Tcp { remote, .. } => remote.to_canonical().is_loopback(),
        }
    }
}

/// A whole request.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// The method.
    pub(crate) method: String,
    /// The target as it came.
    pub(crate) target: String,
    /// The fields in order.
    pub(crate) fields: Vec<(String, Vec<u8>)>,
    /// The content.
    pub(crate) content: Vec<u8>,
    /// Who sent it.
    pub(crate) peer: Peer,
}

impl Request {
    /// All lines of a field.
    pub(crate) fn lines<'r>(&'r self, name: &'r str) -> impl Iterator<Item = &'r [u8]> + Clone {
        let fields = self.fields.iter();
        fields
            .filter(move |(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_slice())
    }

    /// The first line of a field, if it is text.
    pub(crate) fn field<'r>(&'r self, name: &'r str) -> Option<&'r str> {
        let line = self.lines(name).next()?;
        core::str::from_utf8(line).ok()
    }
}

/// What is answered.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: StatusCode,
    /// The fields beside `Date` and those that frame the content.
    pub(crate) fields: Vec<(&'static str, String)>,
    /// The content; none for a status that has none.
    pub(crate) content: Option<Vec<u8>>,
}

impl Answer {
    /// An answer without content.
    pub(crate) const fn empty(status: StatusCode) -> Self {
        Self {
            status,
            fields: Vec::new(),
            content: None,
        }
    }

    /// An answer with content of this type.
    pub(crate) fn content(status: StatusCode, content_type: &str, content: Vec<u8>) -> Self {
        Self {
            status,
            fields: vec![("Content-Type", content_type.to_owned())],
            content: Some(content),
        }
    }

    /// A resource, with the tag of this representation.
    pub(crate) fn resource(status: StatusCode, json: &Value) -> Self {
        let content = json.to_string().into_bytes();
        let tag = tag::of(&content);
        Self::content(status, JSON, content).with_field("ETag", tag)
    }

    /// The same with one more field.
    pub(crate) fn with_field(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.fields.push((name, value.into()));
        self
    }

    /// The value of a field that was set.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.fields.iter();
        let (_, value) = fields.find(|(other, _)| other.eq_ignore_ascii_case(name))?;
        Some(value)
    }
}

/// The type of resources; the version is a part of it where the client says so.
pub(crate) const JSON: &str = "application/json";

impl From<Problem> for Answer {
    fn from(problem: Problem) -> Self {
        let content = problem.to_json().to_string().into_bytes();
        let mut answer = Self::content(problem.fault.status(), problem::CONTENT_TYPE, content);
        answer.fields.extend(problem.fields);
        answer
    }
}
