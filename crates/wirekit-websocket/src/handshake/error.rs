/// Why an opening handshake cannot go on, and where.
///
/// The offset counts from the start of the value of the field that [`ErrorKind`] names, to the first byte that
/// breaks the rule; it is zero where the field is missing.
///
/// ```
/// use wirekit_websocket::handshake::{ErrorKind, Key};
///
/// let error = Key::parse(b"c2hvcnQ=").unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::KeyLength { len: 8 });
/// assert_eq!(error.kind().status(), Some(400));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} at byte {offset}")]
pub struct Error {
    kind: ErrorKind,
    offset: usize,
}

impl Error {
    pub(crate) const fn new(kind: ErrorKind, offset: usize) -> Self {
        Self { kind, offset }
    }

    /// The rule that was broken.
    #[must_use]
    pub const fn kind(self) -> ErrorKind {
        self.kind
    }

    /// The first offending byte of the field's value.
    #[must_use]
    pub const fn offset(self) -> usize {
        self.offset
    }

    /// The same error, `by` bytes further on: for a value that stands inside an outer buffer.
    #[must_use]
    pub const fn shifted(self, by: usize) -> Self {
        Self {
            kind: self.kind,
            offset: self.offset.saturating_add(by),
        }
    }
}

macro_rules! kinds {
    ($( $(#[$doc:meta])* $variant:ident $({ $field:ident : $type:ty })? => $name:literal, $spec:literal, $status:expr, $text:literal; )*) => {
        /// One kind a rule of the opening handshake.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
        #[non_exhaustive]
        pub enum ErrorKind {
            $(
                $(#[$doc])*
                #[error($text)]
                $variant $({
                    /// What was found.
                    $field: $type
                })?,
            )*
        }

        impl ErrorKind {
            /// One value of every kind, payload zero.
            pub const ALL: &'static [Self] = &[$( Self::$variant $({ $field: 0 })? ),*];

            /// A name that never changes, for metrics and logs: `"handshake.key_missing"`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $( Self::$variant $({ $field: _ })? => $name, )* }
            }

            /// The section that holds the rule.
            #[must_use]
            pub const fn spec(self) -> &'static str {
                match self { $( Self::$variant $({ $field: _ })? => $spec, )* }
            }

            /// The status of the response that refuses the request; `None` for what only a client meets, which has
            /// no response to send and closes the connection.
            #[must_use]
            pub const fn status(self) -> Option<u16> {
                match self { $( Self::$variant $({ $field: _ })? => $status, )* }
            }
        }
    };
}

kinds! {
    /// The method is not GET (for an extended CONNECT: not CONNECT).
    Method => "handshake.method", "RFC 6455 section 4.2.1", Some(405), "the method is not the one that a handshake takes";
    /// HTTP/1.0 or older.
    HttpVersion => "handshake.http_version", "RFC 6455 section 4.2.1", Some(400), "the handshake needs HTTP/1.1 or later";
    /// No Host field, or an empty one.
    HostMissing => "handshake.host_missing", "RFC 6455 section 4.2.1", Some(400), "no Host";
    /// The request announces a body; what follows it would be taken for frames.
    RequestBody => "handshake.request_body", "RFC 9110 section 9.3.1", Some(400), "the request has a body";
    /// No Upgrade field: an ordinary request at a WebSocket's address.
    UpgradeMissing => "handshake.upgrade_missing", "RFC 6455 section 4.2.1", Some(426), "no Upgrade";
    /// Upgrade asks for other protocols only.
    UpgradeUnknown => "handshake.upgrade_unknown", "RFC 6455 section 4.2.1", Some(426), "Upgrade does not list websocket";
    /// No Connection field.
    ConnectionMissing => "handshake.connection_missing", "RFC 6455 section 4.2.1", Some(400), "no Connection";
    /// Connection lacks the option `upgrade`.
    ConnectionWithoutUpgrade => "handshake.connection_without_upgrade", "RFC 6455 section 4.2.1", Some(400), "Connection does not list upgrade";
    /// No Sec-WebSocket-Key.
    KeyMissing => "handshake.key_missing", "RFC 6455 section 4.2.1", Some(400), "no Sec-WebSocket-Key";
    /// Sec-WebSocket-Key more than once.
    KeyRepeated => "handshake.key_repeated", "RFC 6455 section 11.3.1", Some(400), "Sec-WebSocket-Key more than once";
    /// Sec-WebSocket-Key is not as long as 16 bytes in base64.
    KeyLength { len: usize } => "handshake.key_length", "RFC 6455 section 4.2.1", Some(400), "Sec-WebSocket-Key of {len} characters, not 24";
    /// Sec-WebSocket-Key is not base64.
    KeyBase64 { byte: u8 } => "handshake.key_base64", "RFC 6455 section 4.2.1", Some(400), "byte {byte:#04x} of Sec-WebSocket-Key is not base64";
    /// No Sec-WebSocket-Version.
    VersionMissing => "handshake.version_missing", "RFC 6455 section 4.2.1", Some(400), "no Sec-WebSocket-Version";
    /// Sec-WebSocket-Version more than once in a request.
    VersionRepeated => "handshake.version_repeated", "RFC 6455 section 11.3.5", Some(400), "Sec-WebSocket-Version more than once";
    /// Sec-WebSocket-Version is not a number from 0 to 255 without leading zeros.
    VersionSyntax => "handshake.version_syntax", "RFC 6455 section 4.3", Some(400), "Sec-WebSocket-Version is not a version number";
    /// Sec-WebSocket-Version is not 13; the refusal must name the versions that the server speaks.
    VersionUnsupported { version: u8 } => "handshake.version_unsupported", "RFC 6455 section 4.4", Some(426), "version {version}, not 13";
    /// Origin more than once.
    OriginRepeated => "handshake.origin_repeated", "RFC 6454 section 7.3", Some(400), "Origin more than once";
    /// The policy asks for an Origin and there is none.
    OriginMissing => "handshake.origin_missing", "RFC 6455 section 10.2", Some(403), "no Origin";
    /// The policy does not allow this Origin.
    OriginRefused => "handshake.origin_refused", "RFC 6455 section 4.2.2", Some(403), "the Origin is not allowed";
    /// A subprotocol is not a token.
    SubprotocolSyntax => "handshake.subprotocol_syntax", "RFC 6455 section 4.1", Some(400), "a subprotocol is not a token";
    /// A subprotocol is listed twice.
    SubprotocolRepeated => "handshake.subprotocol_repeated", "RFC 6455 section 4.1", Some(400), "a subprotocol is listed twice";
    /// More subprotocols than [`Subprotocols::MAX`](super::Subprotocols::MAX).
    SubprotocolTooMany => "handshake.subprotocol_too_many", "RFC 6455 section 10.4", Some(400), "too many subprotocols";
    /// A response's Sec-WebSocket-Extensions lists nothing. In a request that is as good as no such field.
    ExtensionListEmpty => "handshake.extension_list_empty", "RFC 6455 section 9.1", None, "Sec-WebSocket-Extensions lists nothing";
    /// An extension's or a parameter's name is missing, or is not a token.
    ExtensionToken => "handshake.extension_token", "RFC 6455 section 9.1", Some(400), "a name in Sec-WebSocket-Extensions is missing or not a token";
    /// Neither a token nor a quoted string after `=`.
    ExtensionValue => "handshake.extension_value", "RFC 6455 section 9.1", Some(400), "a parameter's value is missing or not a token";
    /// A quoted value that does not end.
    ExtensionQuoteOpen => "handshake.extension_quote_open", "RFC 6455 section 9.1", Some(400), "a quoted value does not end";
    /// A quoted value that is not a token once unquoted.
    ExtensionQuotedToken => "handshake.extension_quoted_token", "RFC 6455 section 9.1", Some(400), "a quoted value is not a token";
    /// Something other than `;` or `,` after an extension or parameter.
    ExtensionDelimiter => "handshake.extension_delimiter", "RFC 6455 section 9.1", Some(400), "neither ; nor , after an extension or parameter";
    /// An extended CONNECT without `:protocol`.
    ProtocolMissing => "handshake.protocol_missing", "RFC 8441 section 4", Some(400), "no :protocol";
    /// `:protocol` is not `websocket`.
    ProtocolUnknown => "handshake.protocol_unknown", "RFC 9220 section 3", Some(501), ":protocol is not websocket";
    /// An extended CONNECT without `:scheme`.
    SchemeMissing => "handshake.scheme_missing", "RFC 8441 section 4", Some(400), "no :scheme";
    /// `:scheme` is neither `http` nor `https`.
    SchemeUnknown => "handshake.scheme_unknown", "RFC 8441 section 5", Some(400), ":scheme is neither http nor https";
    /// An extended CONNECT without `:path`.
    PathMissing => "handshake.path_missing", "RFC 8441 section 4", Some(400), "no :path";
    /// Connection or Upgrade in HTTP/2 or HTTP/3, where no field belongs to one hop.
    HopField => "handshake.hop_field", "RFC 9113 section 8.2.2", Some(400), "Connection or Upgrade outside HTTP/1.1";
    /// The server's status is not the one that opens a WebSocket.
    ResponseStatus { status: u16 } => "handshake.response_status", "RFC 6455 section 4.1", None, "status {status} does not open a WebSocket";
    /// The response has no Upgrade.
    ResponseUpgradeMissing => "handshake.response_upgrade_missing", "RFC 6455 section 4.1", None, "no Upgrade in the response";
    /// The response upgrades to something else.
    ResponseUpgradeUnknown => "handshake.response_upgrade_unknown", "RFC 6455 section 4.1", None, "the response's Upgrade is not websocket";
    /// The response has no Connection.
    ResponseConnectionMissing => "handshake.response_connection_missing", "RFC 6455 section 4.1", None, "no Connection in the response";
    /// The response's Connection lacks the option `upgrade`.
    ResponseConnectionWithoutUpgrade => "handshake.response_connection_without_upgrade", "RFC 6455 section 4.1", None, "the response's Connection does not list upgrade";
    /// No Sec-WebSocket-Accept.
    AcceptMissing => "handshake.accept_missing", "RFC 6455 section 4.1", None, "no Sec-WebSocket-Accept";
    /// Sec-WebSocket-Accept more than once.
    AcceptRepeated => "handshake.accept_repeated", "RFC 6455 section 11.3.3", None, "Sec-WebSocket-Accept more than once";
    /// Sec-WebSocket-Accept does not answer the key that was sent.
    AcceptMismatch => "handshake.accept_mismatch", "RFC 6455 section 4.1", None, "Sec-WebSocket-Accept does not answer the key";
    /// The response names more than one subprotocol.
    SubprotocolSeveral => "handshake.subprotocol_several", "RFC 6455 section 11.3.4", None, "the server named more than one subprotocol";
    /// The server chose a subprotocol that was not asked for.
    SubprotocolUnasked => "handshake.subprotocol_unasked", "RFC 6455 section 4.1", None, "the server chose a subprotocol that was not asked for";
    /// The server chose an extension that was not asked for.
    ExtensionUnasked => "handshake.extension_unasked", "RFC 6455 section 4.1", None, "the server chose an extension that was not asked for";
    /// The server chose one extension twice, or two that need the same reserved bit.
    ExtensionConflict => "handshake.extension_conflict", "RFC 6455 section 9.1", None, "the server chose extensions that exclude each other";
    /// A parameter that the extension does not define, or not in a response to this offer.
    ParameterUnknown => "handshake.parameter_unknown", "RFC 7692 section 7.1", None, "an extension's parameter is not defined here";
    /// A parameter given twice.
    ParameterRepeated => "handshake.parameter_repeated", "RFC 7692 section 7.1", None, "an extension's parameter is given twice";
    /// The server left out a parameter that it had to confirm.
    ParameterMissing => "handshake.parameter_missing", "RFC 7692 section 7.1", None, "the server did not confirm an extension's parameter";
    /// A parameter's value is outside its grammar or greater than what was offered.
    ParameterValue => "handshake.parameter_value", "RFC 7692 section 7.1.2", None, "an extension's parameter has an invalid value";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_small() {
        assert!(size_of::<Error>() <= 32);
    }
}
