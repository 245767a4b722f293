//! Why an exchange ended: one word that the access log, error pages, metrics and tests share.
//!
#![doc = include_str!("../../docs/reasons.md")]

/// One row a reason: the variant, its name, the status that the gateway answers with, the section and the text.
macro_rules! reasons {
    ($($(#[$doc:meta])* $reason:ident = $name:literal, $status:expr, $spec:literal, $text:literal;)*) => {
        /// Why an exchange ended.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Reason {
            $($(#[$doc])* $reason,)*
        }

        impl Reason {
            /// Every reason.
            pub const ALL: &'static [Self] = &[$(Self::$reason,)*];

            /// The stable name: never renamed.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$reason => $name,)* }
            }

            /// The status that the gateway answers with; none where the answer is another's or nobody is left to read one.
            pub const fn status(self) -> Option<u16> {
                match self { $(Self::$reason => $status,)* }
            }

            /// The section that asks for that status.
            pub const fn spec(self) -> &'static str {
                match self { $(Self::$reason => $spec,)* }
            }

            /// What happened, in a sentence for a person.
            pub const fn text(self) -> &'static str {
                match self { $(Self::$reason => $text,)* }
            }
        }
    };
}

#[rustfmt::skip]
reasons! {
    /// A file or an application's answer was sent whole.
    Served = "served", None, "RFC 9110 section 15.3", "The response was sent whole.";
    /// The location sends clients elsewhere.
    Redirected = "redirected", None, "RFC 9110 section 15.4", "The location redirects to another URL.";
    /// The client's copy is current.
    NotModified = "not_modified", Some(304), "RFC 9110 section 15.4.5", "The client has the current file.";
    /// No location has the path, or no file is there.
    NotFound = "not_found", Some(404), "RFC 9110 section 15.5.5", "Nothing is at this path.";
    /// The file is there and may not be read.
    Forbidden = "forbidden", Some(403), "RFC 9110 section 15.5.4", "The file may not be read.";
    /// A file was asked for with another method than GET and HEAD.
    MethodNotAllowed = "method_not_allowed", Some(405), "RFC 9110 section 15.5.6", "Files are served to GET and HEAD alone.";
    /// `If-Match` or `If-Unmodified-Since` does not hold.
    PreconditionFailed = "precondition_failed", Some(412), "RFC 9110 section 15.5.13", "The file is not the one that the request names.";
    /// No range of the file was asked for.
    RangeNotSatisfiable = "range_not_satisfiable", Some(416), "RFC 9110 section 15.5.17", "No byte of the file is in the range.";
    /// The request's host belongs to no site.
    UnknownHost = "unknown_host", Some(421), "RFC 9110 section 15.5.20", "No site has this host.";
    /// The request breaks a rule of HTTP.
    MalformedRequest = "malformed_request", Some(400), "RFC 9112 section 2.2", "The request breaks a rule of HTTP.";
    /// Two readers could disagree about where the request ends.
    RequestSmuggling = "request_smuggling", Some(400), "RFC 9112 section 11.2", "Two readers could disagree about where the request ends.";
    /// The request's path has no normal form.
    MalformedPath = "malformed_path", Some(400), "RFC 3986 section 2.1", "The request's path has no normal form.";
    /// The request's head did not come in time.
    HeadTimeout = "head_timeout", Some(408), "RFC 9110 section 15.5.9", "The request's head did not come in time.";
    /// The request's body did not come in time.
    BodyTimeout = "body_timeout", Some(408), "RFC 9110 section 15.5.9", "The request's body did not come in time.";
    /// The request's target is longer than the limit.
    TargetTooLong = "target_too_long", Some(414), "RFC 9110 section 15.5.15", "The request's target is longer than the limit.";
    /// The request's head is longer, or has more fields, than the limit.
    HeadTooLarge = "head_too_large", Some(431), "RFC 6585 section 5", "The request's head is larger than the limit.";
    /// The request's body is longer than the limit.
    BodyTooLarge = "body_too_large", Some(413), "RFC 9110 section 15.5.14", "The request's body is larger than the limit.";
    /// The request does not fit into the packet that the server takes.
    PacketTooLarge = "packet_too_large", Some(431), "RFC 6585 section 5", "The request does not fit into the server's packet.";
    /// The servers are of a kind that takes no content: its bytes would be read as the next request.
    NoContentTaken = "no_content_taken", Some(501), "RFC 9110 section 15.6.2", "The server takes requests without content alone.";
    /// The request expects what the gateway cannot do.
    ExpectationFailed = "expectation_failed", Some(417), "RFC 9110 section 15.5.18", "The request expects more than 100 (Continue).";
    /// The method or the coding of the body is not known.
    NotImplemented = "not_implemented", Some(501), "RFC 9110 section 15.6.2", "The method or coding is not known.";
    /// The request is of another major version than 1.
    VersionNotSupported = "version_not_supported", Some(505), "RFC 9110 section 15.6.6", "The request's version of HTTP is not served.";
    /// The gateway itself is at fault.
    Internal = "internal", Some(500), "RFC 9110 section 15.6.1", "The gateway made a mistake.";
    /// Content that a server wants to know the length of first could not be held for it.
    StoreFailed = "store_failed", Some(500), "RFC 9110 section 15.6.1", "The request's content could not be held.";
    /// All servers are down, failing, full or tried.
    NoServer = "no_server", Some(503), "RFC 9110 section 15.6.4", "No server of the upstream can take the request.";
    /// The server does not listen, or refuses.
    ConnectRefused = "connect_refused", Some(502), "RFC 9110 section 15.6.3", "The server refuses connections.";
    /// No connection was there in time.
    ConnectTimeout = "connect_timeout", Some(504), "RFC 9110 section 15.6.5", "The server did not accept the connection in time.";
    /// The server ended or reset the connection before its response was whole.
    UpstreamClosedEarly = "upstream_closed_early", Some(502), "RFC 9110 section 15.6.3", "The server closed the connection before its response was whole.";
    /// The server's response breaks a rule.
    UpstreamMalformed = "upstream_malformed", Some(502), "RFC 9110 section 15.6.3", "The server's response breaks a rule.";
    /// The server did not answer in time.
    UpstreamTimeout = "upstream_timeout", Some(504), "RFC 9110 section 15.6.5", "The server did not answer in time.";
    /// The PROXY protocol is spoken, and the peer is no trusted proxy.
    UntrustedPeer = "untrusted_peer", None, "PROXY protocol section 2", "The peer is no trusted proxy.";
    /// A connection began with something else than a header of the PROXY protocol.
    MalformedProxyHeader = "malformed_proxy_header", None, "PROXY protocol section 2", "The connection began without a PROXY header.";
    /// A connection that is passed through to servers of TLS began with something else than a ClientHello.
    MalformedHello = "malformed_hello", None, "RFC 8446 section 4.1.2", "The connection began without a ClientHello.";
    /// A frame of the client's breaks a rule of WebSockets.
    MalformedFrame = "malformed_frame", None, "RFC 6455 section 7.1.7", "A WebSocket's frame breaks a rule.";
    /// Neither side of a WebSocket said anything for too long.
    IdleTimeout = "idle_timeout", None, "RFC 6455 section 7.1.2", "The WebSocket was silent for too long.";
    /// The client ended the connection before its response was whole.
    ClientClosed = "client_closed", None, "RFC 9112 section 9.6", "The client closed the connection.";
    /// An operator ended the connection while the exchange went on.
    ConnectionEnded = "connection_ended", None, "RFC 9112 section 9.6", "An operator ended the connection.";
    /// The gateway stops, and the exchange was not done by the deadline.
    Drained = "drained", Some(503), "RFC 9110 section 15.6.4", "The gateway stops.";
    /// The gateway has more to do than its limits allow.
    Shed = "shed", Some(503), "RFC 9110 section 15.6.4", "The gateway has too much to do.";
}

/// Whose part it was that an exchange failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// The client's, or that of nobody who runs the gateway.
    Client,
    /// A server's, the gateway's or its configuration's.
    Server,
}

impl Reason {
    /// Whose part it was; none where the exchange did what it was to do.
    pub const fn fault(self) -> Option<Fault> {
        match self {
            Self::Served | Self::Redirected | Self::NotModified => None,
            // The configuration says how large a packet may be.
            Self::PacketTooLarge => Some(Fault::Server),
            Self::NotImplemented | Self::VersionNotSupported => Some(Fault::Client),
            _ => match self.status() {
                Some(500..) => Some(Fault::Server),
                _ => Some(Fault::Client),
            },
        }
    }

    /// Why a request that breaks this rule is refused.
    pub fn of_request(kind: wirekit::http1::ErrorKind) -> Self {
        match kind.status().0 {
            413 => Self::BodyTooLarge,
            414 => Self::TargetTooLong,
            417 => Self::ExpectationFailed,
            431 => Self::HeadTooLarge,
            501 => Self::NotImplemented,
            505 => Self::VersionNotSupported,
            // The rules by which readers find a message's end.
            _ if kind.spec().starts_with("RFC 9112 section 6")
                || kind.spec().starts_with("RFC 9112 section 7")
                || kind.spec() == "RFC 9110 section 8.6"
                || kind.spec() == "RFC 9110 section 9.3.6" =>
            {
                Self::RequestSmuggling
            }
            _ => Self::MalformedRequest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `docs/reasons.md` has a part for each reason and for nothing else, with its status and what to do.
    #[test]
    fn each_reason_is_documented() {
        let page = include_str!("../../docs/reasons.md");
        let parts = page.split("\n### ").skip(1);
        let mut documented: Vec<&str> = parts
            .map(|part| {
                for line in ["\n- Means: ", "\n- Look at: ", "\n- Change: "] {
                    assert_eq!(part.matches(line).count(), 1, "{line} {part}");
                }
                part.lines().next().unwrap_or_default()
            })
            .collect();
        let heading = |reason: &Reason| match reason.status() {
            Some(status) => format!("`{}` · {status}", reason.as_str()),
            None => format!("`{}`", reason.as_str()),
        };
        let mut reasons: Vec<String> = Reason::ALL.iter().map(heading).collect();
        documented.sort_unstable();
        reasons.sort_unstable();
        assert_eq!(documented, reasons, "docs/reasons.md, and the registry");
    }

    #[test]
    fn each_reason_has_a_name_of_its_own() {
        let mut names: Vec<&str> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
        assert!(names.iter().all(|name| {
            name.bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        }));
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Reason::ALL.len());
    }
}
