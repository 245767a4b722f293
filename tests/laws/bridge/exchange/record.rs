//! What both sides of a gateway saw of a run.

use wirekit::bridge::Loss;
use wirekit::http1::StatusCode;

use super::answer::Kind;
use super::body::Text;

/// What was sent to a server.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) kind: Kind,
    pub(super) bytes: Text,
}

/// What was seen of one request.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    /// What the client was sent before.
    pub(super) starts_at: usize,
    /// Nothing is known of a request whose head was not read.
    pub(super) has_head: bool,
    /// It begins with `HEAD `, so its answer has no content, even where the rest is missing.
    pub(super) is_head: bool,
    pub(super) servers: Vec<Sent>,
    /// The gateway's own answer, whole.
    pub(super) refused: Option<StatusCode>,
    pub(super) sent_continue: bool,
    /// The client broke a rule, or left before the end.
    pub(super) client_failed: bool,
    /// How the client was lost, if it was.
    pub(super) lost: Option<Loss>,
    pub(super) serves_again: bool,
    pub(super) ending: Conclusion,
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Conclusion {
    Idle,
    Closes,
    Aborted,
    Switched,
    /// The client is silent where more is due of it.
    Silent,
}

#[derive(Debug)]
pub(super) struct Outcomes {
    pub(super) to_client: Text,
    pub(super) seen: Vec<Seen>,
}
