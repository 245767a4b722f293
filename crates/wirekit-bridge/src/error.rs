use wirekit_http1::{self as http1, SendError, StatusCode};
use wirekit_uwsgi as uwsgi;

use crate::end::Loss;
use crate::path::PathError;

/// Why a request is not sent on; nothing was written, and nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The head breaks a rule of HTTP.
    #[error("{0}")]
    Http1(http1::Error),
    /// `Connection` lists more options than are compared, or none that can be one.
    #[error("{0}")]
    Connection(wirekit_http::Error),
    /// A field by which the gateway names itself or the client cannot be written: `Via`, `Forwarded`.
    #[error("{0}")]
    Field(wirekit_http::EncodeError),
    /// The path has no normal form.
    #[error("{0}")]
    Path(PathError),
    /// The request asks for a tunnel, which an application is none.
    #[error("a tunnel was asked for")]
    Tunnel,
    /// The body is chunked, and the server wants its length first: receive all of it, then send the request again.
    #[error("length of a chunked body is not known")]
    LengthRequired,
    /// The packet cannot be made.
    #[error("{0}")]
    Packet(uwsgi::EncodeError),
    /// The request cannot be sent now, or not so.
    #[error("{0}")]
    Send(SendError),
}

impl Refusal {
    /// The status of the response to the client.
    pub const fn status(self) -> StatusCode {
        match self {
            Self::Http1(error) => error.kind().status(),
            Self::Path(PathError::OutputTooSmall) => StatusCode::URI_TOO_LONG,
            // The name of the gateway is the gateway's fault, an endless host the client's.
            Self::Field(wirekit_http::EncodeError::InvalidToken) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
            Self::Field(_) | Self::Connection(_) | Self::Path(_) => StatusCode::BAD_REQUEST,
            Self::Tunnel => StatusCode::NOT_IMPLEMENTED,
            Self::LengthRequired => StatusCode::LENGTH_REQUIRED,
            Self::Packet(error) => StatusCode(error.status()),
            Self::Send(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// Why a server's response is not passed on. Then [`Exchange::refuse`](crate::Exchange::refuse) answers with its
/// [`status`](Self::status), or [`Exchange::lose_server`](crate::Exchange::lose_server) and another server is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The server closed without a byte of a response.
    #[error("closed without a response")]
    NoResponse,
    /// The server closed inside its response.
    #[error("closed inside the response")]
    Truncated,
    /// The server was lost before its response was whole.
    #[error("{0}")]
    Lost(Loss),
    /// The response breaks a rule of HTTP.
    #[error("{0}")]
    Http1(http1::Error),
    /// The head of a CGI response breaks a rule.
    #[error("{0}")]
    Cgi(uwsgi::Error),
    /// The server changes to a protocol that was not asked for.
    #[error("switch to a protocol that was not asked for")]
    Switch,
}

impl Fault {
    /// The status of the response to the client, where none was begun: "did not receive a timely response" is 504 (RFC 9110
    /// section 15.6.5), and everything else 502.
    pub const fn status(self) -> StatusCode {
        match self {
            Self::Lost(Loss::Timeout) => StatusCode::GATEWAY_TIMEOUT,
            _ => StatusCode::BAD_GATEWAY,
        }
    }
}

/// Why bytes are not forwarded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The client broke a rule. The server must not take what it got for a whole request: close its connection.
    #[error("{0}")]
    Client(http1::Error),
    /// The client was lost inside a request or its response. Close the server's connection.
    #[error("{0}")]
    ClientLost(Loss),
    /// The server broke a rule, or its connection was lost.
    #[error("{0}")]
    Upstream(#[from] Fault),
    /// What is to be forwarded cannot be sent, or `out` has no room.
    #[error("{0}")]
    Send(#[from] SendError),
}

impl Error {
    /// The status of the response to the client, where none was begun.
    pub const fn status(self) -> StatusCode {
        match self {
            Self::Client(error) => error.kind().status(),
            Self::ClientLost(Loss::Timeout) => StatusCode::REQUEST_TIMEOUT,
            // Nobody reads it.
            Self::ClientLost(_) => StatusCode::BAD_REQUEST,
            Self::Upstream(fault) => fault.status(),
            Self::Send(_) => StatusCode::BAD_GATEWAY,
        }
    }
}
