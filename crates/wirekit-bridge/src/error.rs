use wirekit_http1::{self as http1, SendError, StatusCode};
use wirekit_uwsgi as uwsgi;

use crate::end::Loss;
use crate::path::PathError;

wirekit_macros::errors! {
    /// Why a request is not sent on; nothing was written, and nothing has changed.
    ///
    /// ```
    /// use wirekit_bridge::{Config, Exchange, Refusal, Request, Upstream, UwsgiServer};
    /// use wirekit_http1::{FieldTable, server::Event};
    /// use wirekit_uwsgi::{Var, request::Prefix};
    ///
    /// let mut storage = [0; 64];
    /// let constants = [Var::new(b"SERVER_NAME", b"a"), Var::new(b"SERVER_PORT", b"80")];
    /// let server = Upstream::Uwsgi(UwsgiServer::new(Prefix::encode(&constants, &mut storage)?));
    ///
    /// let (mut exchange, mut fields) = (Exchange::new(Config::DEFAULT), FieldTable::new());
    /// let received = exchange.receive_request(b"GET /../etc HTTP/1.1\r\nHost: a\r\n\r\n", &mut fields)?;
    /// let Some((Event::Head { head, .. }, _)) = received else { panic!("more bytes are needed") };
    /// let refusal = exchange.send_request(&head, server, &Request::new("http"), &mut Vec::new()).unwrap_err();
    /// assert_eq!((refusal.to_string().as_str(), refusal.status().0), ("path leads above its root", 400));
    /// # Ok::<(), Box<dyn core::error::Error>>(())
    /// ```
    pub enum Refusal {
        /// The head breaks a rule of HTTP.
        Http1 { /** Which one. */ error: http1::Error } = "{error}", (error.kind().status());
        /// `Connection` lists more options than are compared, or none that can be one.
        Connection { /** Which of both. */ error: wirekit_http::Error } = "{error}", BAD_REQUEST;
        /// A field by which the gateway names itself or the client cannot be written: `Via`, `Forwarded`. The name of the
        /// gateway is the gateway's fault, an endless host the client's.
        Field { /** Why not. */ error: wirekit_http::EncodeError } = "{error}", (match error {
            wirekit_http::EncodeError::InvalidToken => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        });
        /// The path has no normal form.
        Path { /** Why not. */ error: PathError } = "{error}", (error.status());
        /// The request asks for a tunnel, which an application is none.
        Tunnel = "a tunnel was asked for", NOT_IMPLEMENTED;
        /// The body is chunked, and the server wants its length first: receive all of it, then send the request again.
        LengthRequired = "length of a chunked body is not known", LENGTH_REQUIRED;
        /// The packet cannot be made.
        Packet { /** Why not. */ error: uwsgi::EncodeError } = "{error}", (StatusCode(error.status()));
        /// The request cannot be sent now, or not so.
        Send { /** Why not. */ error: SendError } = "{error}", INTERNAL_SERVER_ERROR;
    }

    /// The status of the response to the client.
    pub const fn status(self) -> StatusCode;
}

wirekit_macros::errors! {
    /// Why a server's response is not passed on. Then [`Exchange::refuse`](crate::Exchange::refuse) answers with its
    /// [`status`](Self::status), or [`Exchange::lose_server`](crate::Exchange::lose_server) and another server is asked.
    ///
    /// ```
    /// use wirekit_bridge::{Fault, ResponseReader, ResponseTable};
    /// use wirekit_http1::Config;
    ///
    /// let mut reader = ResponseReader::new(Config::DEFAULT);
    /// reader.receive(b"HTTP/1.1 200 OK\r\nContent-Le", &mut ResponseTable::new())?;
    /// let fault = reader.receive_eof().unwrap_err();
    /// assert_eq!((fault, fault.status().0), (Fault::Truncated, 502)); // RFC 9110 section 15.6.3
    /// # Ok::<(), Fault>(())
    /// ```
    pub enum Fault {
        /// The server closed without a byte of a response.
        NoResponse = "closed without a response", BAD_GATEWAY;
        /// The server closed inside its response.
        Truncated = "closed inside the response", BAD_GATEWAY;
        /// The server was lost before its response was whole. "Did not receive a timely response" is 504 (RFC 9110 section
        /// 15.6.5).
        Lost { /** How. */ loss: Loss } = "{loss}", (match loss {
            Loss::Timeout => StatusCode::GATEWAY_TIMEOUT,
            Loss::Broken => StatusCode::BAD_GATEWAY,
        });
        /// The response breaks a rule of HTTP.
        Http1 { /** Which one. */ error: http1::Error } = "{error}", BAD_GATEWAY;
        /// The head of a CGI response breaks a rule.
        Cgi { /** Which one. */ error: uwsgi::Error } = "{error}", BAD_GATEWAY;
        /// The server changes to a protocol that was not asked for.
        Switch = "switch to a protocol that was not asked for", BAD_GATEWAY;
    }

    /// The status of the response to the client, where none was begun.
    pub const fn status(self) -> StatusCode;
}

wirekit_macros::errors! {
    /// Why bytes are not forwarded.
    ///
    /// ```
    /// use wirekit_bridge::{Error, Fault, Loss};
    ///
    /// // Whose fault it was, and what the client gets for it (RFC 9110 sections 15.5.9 and 15.6.3).
    /// let silent = Error::ClientLost { loss: Loss::Timeout };
    /// assert_eq!((silent.status().0, silent.to_string().as_str()), (408, "peer was silent for too long"));
    /// let closed = Error::from(Fault::NoResponse);
    /// assert_eq!((closed.status().0, closed.to_string().as_str()), (502, "closed without a response"));
    /// ```
    pub enum Error {
        /// The client broke a rule. The server must not take what it got for a whole request: close its connection.
        Client { /** Which one. */ error: http1::Error } = "{error}", (error.kind().status());
        /// The client was lost inside a request or its response. Close the server's connection. A client that was silent is
        /// answered by 408 (RFC 9110 section 15.5.9); what a connection that broke is answered by, nobody reads.
        ClientLost { /** How. */ loss: Loss } = "{loss}", (match loss {
            Loss::Timeout => StatusCode::REQUEST_TIMEOUT,
            Loss::Broken => StatusCode::BAD_REQUEST,
        });
        /// The server broke a rule, or its connection was lost.
        Upstream { /** How. */ fault: Fault } = "{fault}", (fault.status());
        /// What is to be forwarded cannot be sent, or `out` has no room.
        Send { /** Why not. */ error: SendError } = "{error}", BAD_GATEWAY;
    }

    /// The status of the response to the client, where none was begun.
    pub const fn status(self) -> StatusCode;
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::Upstream { fault }
    }
}

impl From<SendError> for Error {
    fn from(error: SendError) -> Self {
        Self::Send { error }
    }
}
