use serde_json::{Map, Value};
use wirekit::http1::{
    BodyLength, Field, Fields, Framing, RequestHead, ResponseHead, StatusCode, TargetForm, Version,
};

use super::encode::body_length;
use crate::events::Rejection;
use crate::events::event::{Keys, latin1};
use crate::events::message::Json;
use crate::events::pairs::Pairs;

/// The head of a request, and what it says about its body and the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// A token.
    pub method: String,
    /// As it stands in the request line.
    pub target: Vec<u8>,
    /// RFC 9112 section 3.2; none for a target of no form.
    pub target_form: Option<TargetForm>,
    /// The protocol's version.
    pub version: Version,
    /// The field lines, without folds.
    pub fields: Pairs,
    /// How its end is found.
    pub body: BodyLength,
    /// As it was declared.
    pub content_length: Option<u64>,
    /// Whether the connection goes on after it.
    pub keep_alive: bool,
    /// Whether it asks for another protocol.
    pub upgrade: bool,
    /// Whether the client waits for a word before it sends its body.
    pub expect_continue: bool,
}

/// The head of a response, and what it says about its body and the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Response {
    /// The protocol's version; none for an answer in CGI's form.
    pub version: Option<Version>,
    /// The status code.
    pub status: StatusCode,
    /// Text for people.
    pub reason: Vec<u8>,
    /// The field lines, without folds.
    pub fields: Pairs,
    /// How its end is found.
    pub body: BodyLength,
    /// As it was declared.
    pub content_length: Option<u64>,
    /// Whether the connection goes on after it.
    pub keep_alive: bool,
}

impl Request {
    pub(crate) fn new(head: &RequestHead<'_>, framing: &Framing) -> Self {
        Self {
            method: head.method().as_str().to_owned(),
            target: head.target_bytes().to_vec(),
            target_form: head.parse_target().ok().map(|target| target.form()),
            version: head.version(),
            fields: pairs(head.fields()),
            body: framing.body(),
            content_length: framing.content_length(),
            keep_alive: framing.keep_alive(),
            upgrade: framing.upgrade(),
            expect_continue: framing.expect_continue(),
        }
    }

    pub(crate) fn from_json(keys: Keys<'_>) -> Result<Self, Rejection> {
        Ok(Self {
            method: keys.text("method")?.to_owned(),
            target: keys.bytes("target")?,
            target_form: match keys.get("target_form") {
                Some(_) => Some(keys.word("target_form", target_form)?),
                None => None,
            },
            version: keys.word("version", Version::from_text)?,
            fields: Pairs::from_json(keys, "fields")?,
            body: body_length(keys)?,
            content_length: keys.optional_number("content_length")?,
            keep_alive: keys.flag("keep_alive")?,
            upgrade: keys.flag("upgrade")?,
            expect_continue: keys.flag("expect_continue")?,
        })
    }

    pub(crate) fn to_json(&self) -> Map<String, Value> {
        Json::new()
            .with("method", self.method.as_str())
            .with("target", latin1(&self.target))
            .with("target_form", self.target_form.map(TargetForm::as_str))
            .with("version", self.version.as_str())
            .with("fields", self.fields.to_json())
            .with("body", self.body.as_str())
            .with("content_length", self.content_length)
            .with("keep_alive", self.keep_alive)
            .with("upgrade", self.upgrade)
            .with("expect_continue", self.expect_continue)
            .done()
    }
}

impl Response {
    pub(crate) fn new(head: &ResponseHead<'_>, framing: &Framing) -> Self {
        Self {
            version: Some(head.version()),
            status: head.status(),
            reason: head.reason().to_vec(),
            fields: pairs(head.fields()),
            body: framing.body(),
            content_length: framing.content_length(),
            keep_alive: framing.keep_alive(),
        }
    }

    /// The version in the words of the output.
    pub fn version_name(&self) -> &'static str {
        self.version.map_or("CGI", Version::as_str)
    }

    pub(crate) fn from_json(keys: Keys<'_>) -> Result<Self, Rejection> {
        let version = |text: &str| match text {
            "CGI" => Some(None),
            text => Version::from_text(text).map(Some),
        };
        Ok(Self {
            version: keys.word("version", version)?,
            status: StatusCode(keys.number("status")?),
            reason: keys.bytes("reason")?,
            fields: Pairs::from_json(keys, "fields")?,
            body: body_length(keys)?,
            content_length: keys.optional_number("content_length")?,
            keep_alive: keys.flag("keep_alive")?,
        })
    }

    pub(crate) fn to_json(&self) -> Map<String, Value> {
        Json::new()
            .with("version", self.version_name())
            .with("status", self.status.0)
            .with("reason", latin1(&self.reason))
            .with("fields", self.fields.to_json())
            .with("body", self.body.as_str())
            .with("content_length", self.content_length)
            .with("keep_alive", self.keep_alive)
            .done()
    }
}

fn target_form(text: &str) -> Option<TargetForm> {
    let forms = [
        TargetForm::Origin,
        TargetForm::Absolute,
        TargetForm::Authority,
        TargetForm::Asterisk,
    ];
    forms.into_iter().find(|form| form.as_str() == text)
}

/// Field lines, kept.
pub(crate) fn pairs(fields: Fields<'_>) -> Pairs {
    let len = |field: Field<'_>| field.name.len() + field.value.len();
    let mut pairs = Pairs::with_capacity(fields.len(), fields.iter().map(len).sum());
    for field in fields {
        pairs.push(field.name, &field.unfolded());
    }
    pairs
}
