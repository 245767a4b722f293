wirekit_macros::errors! {
    /// Why an opening handshake cannot go on, and where: RFC 6455 sections 4.1 and 4.2.
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
    pub struct Error;

    /// One kind a rule of the opening handshake: RFC 6455 sections 4.1 and 4.2.
    ///
    /// ```
    /// use wirekit_websocket::handshake::ErrorKind;
    ///
    /// let kind = ErrorKind::OriginRefused;
    /// assert_eq!(kind.status(), Some(403));
    /// assert_eq!(kind.as_str(), "handshake.origin_refused"); // never renamed: for logs and metrics
    /// ```
    pub enum ErrorKind("handshake") {
        /// The method is not GET (for an extended CONNECT: not CONNECT).
        Method = "method", "RFC 6455 section 4.2.1", "the method is not the one that a handshake takes", (Some(405));
        /// HTTP/1.0 or older.
        HttpVersion = "http_version", "RFC 6455 section 4.2.1", "the handshake needs HTTP/1.1 or later", (Some(400));
        /// No Host field, or an empty one.
        HostMissing = "host_missing", "RFC 6455 section 4.2.1", "no Host", (Some(400));
        /// The request announces a body; what follows it would be taken for frames.
        RequestBody = "request_body", "RFC 9110 section 9.3.1", "the request has a body", (Some(400));
        /// No Upgrade field: an ordinary request at a WebSocket's address.
        UpgradeMissing = "upgrade_missing", "RFC 6455 section 4.2.1", "no Upgrade", (Some(426));
        /// Upgrade asks for other protocols only.
        UpgradeUnknown = "upgrade_unknown", "RFC 6455 section 4.2.1", "Upgrade does not list websocket", (Some(426));
        /// No Connection field.
        ConnectionMissing = "connection_missing", "RFC 6455 section 4.2.1", "no Connection", (Some(400));
        /// Connection lacks the option `upgrade`.
        ConnectionWithoutUpgrade = "connection_without_upgrade", "RFC 6455 section 4.2.1", "Connection does not list upgrade", (Some(400));
        /// No Sec-WebSocket-Key.
        KeyMissing = "key_missing", "RFC 6455 section 4.2.1", "no Sec-WebSocket-Key", (Some(400));
        /// Sec-WebSocket-Key more than once.
        KeyRepeated = "key_repeated", "RFC 6455 section 11.3.1", "Sec-WebSocket-Key more than once", (Some(400));
        /// Sec-WebSocket-Key is not as long as 16 bytes in base64.
        KeyLength { /** What was found. */ len: usize = 0 } = "key_length", "RFC 6455 section 4.2.1", "Sec-WebSocket-Key of {len} characters, not 24", (Some(400));
        /// Sec-WebSocket-Key is not base64.
        KeyBase64 { /** What was found. */ byte: u8 = 0 } = "key_base64", "RFC 6455 section 4.2.1", "byte {byte:#04x} of Sec-WebSocket-Key is not base64", (Some(400));
        /// No Sec-WebSocket-Version.
        VersionMissing = "version_missing", "RFC 6455 section 4.2.1", "no Sec-WebSocket-Version", (Some(400));
        /// Sec-WebSocket-Version more than once in a request.
        VersionRepeated = "version_repeated", "RFC 6455 section 11.3.5", "Sec-WebSocket-Version more than once", (Some(400));
        /// Sec-WebSocket-Version is not a number from 0 to 255 without leading zeros.
        VersionSyntax = "version_syntax", "RFC 6455 section 4.3", "Sec-WebSocket-Version is not a version number", (Some(400));
        /// Sec-WebSocket-Version is not 13; the refusal must name the versions that the server speaks.
        VersionUnsupported { /** What was found. */ version: u8 = 0 } = "version_unsupported", "RFC 6455 section 4.4", "version {version}, not 13", (Some(426));
        /// Origin more than once.
        OriginRepeated = "origin_repeated", "RFC 6454 section 7.3", "Origin more than once", (Some(400));
        /// The policy asks for an Origin and there is none.
        OriginMissing = "origin_missing", "RFC 6455 section 10.2", "no Origin", (Some(403));
        /// The policy does not allow this Origin.
        OriginRefused = "origin_refused", "RFC 6455 section 4.2.2", "the Origin is not allowed", (Some(403));
        /// A subprotocol is not a token.
        SubprotocolSyntax = "subprotocol_syntax", "RFC 6455 section 4.1", "a subprotocol is not a token", (Some(400));
        /// A subprotocol is listed twice.
        SubprotocolRepeated = "subprotocol_repeated", "RFC 6455 section 4.1", "a subprotocol is listed twice", (Some(400));
        /// More subprotocols than [`Subprotocols::MAX`](super::Subprotocols::MAX).
        SubprotocolTooMany = "subprotocol_too_many", "RFC 6455 section 10.4", "too many subprotocols", (Some(400));
        /// A response's Sec-WebSocket-Extensions lists nothing. In a request that is as good as no such field.
        ExtensionListEmpty = "extension_list_empty", "RFC 6455 section 9.1", "Sec-WebSocket-Extensions lists nothing", None;
        /// An extension's or a parameter's name is missing, or is not a token.
        ExtensionToken = "extension_token", "RFC 6455 section 9.1", "a name in Sec-WebSocket-Extensions is missing or not a token", (Some(400));
        /// Neither a token nor a quoted string after `=`.
        ExtensionValue = "extension_value", "RFC 6455 section 9.1", "a parameter's value is missing or not a token", (Some(400));
        /// A quoted value that does not end.
        ExtensionQuoteOpen = "extension_quote_open", "RFC 6455 section 9.1", "a quoted value does not end", (Some(400));
        /// A quoted value that is not a token once unquoted.
        ExtensionQuotedToken = "extension_quoted_token", "RFC 6455 section 9.1", "a quoted value is not a token", (Some(400));
        /// Something other than `;` or `,` after an extension or parameter.
        ExtensionDelimiter = "extension_delimiter", "RFC 6455 section 9.1", "neither ; nor , after an extension or parameter", (Some(400));
        /// An extended CONNECT without `:protocol`.
        ProtocolMissing = "protocol_missing", "RFC 8441 section 4", "no :protocol", (Some(400));
        /// `:protocol` is not `websocket`.
        ProtocolUnknown = "protocol_unknown", "RFC 9220 section 3", ":protocol is not websocket", (Some(501));
        /// An extended CONNECT without `:scheme`.
        SchemeMissing = "scheme_missing", "RFC 8441 section 4", "no :scheme", (Some(400));
        /// `:scheme` is neither `http` nor `https`.
        SchemeUnknown = "scheme_unknown", "RFC 8441 section 5", ":scheme is neither http nor https", (Some(400));
        /// An extended CONNECT without `:path`.
        PathMissing = "path_missing", "RFC 8441 section 4", "no :path", (Some(400));
        /// Connection or Upgrade in HTTP/2 or HTTP/3, where no field belongs to one hop.
        HopField = "hop_field", "RFC 9113 section 8.2.2", "Connection or Upgrade outside HTTP/1.1", (Some(400));
        /// The server's status is not the one that opens a WebSocket.
        ResponseStatus { /** What was found. */ status: u16 = 0 } = "response_status", "RFC 6455 section 4.1", "status {status} does not open a WebSocket", None;
        /// The response has no Upgrade.
        ResponseUpgradeMissing = "response_upgrade_missing", "RFC 6455 section 4.1", "no Upgrade in the response", None;
        /// The response upgrades to something else.
        ResponseUpgradeUnknown = "response_upgrade_unknown", "RFC 6455 section 4.1", "the response's Upgrade is not websocket", None;
        /// The response has no Connection.
        ResponseConnectionMissing = "response_connection_missing", "RFC 6455 section 4.1", "no Connection in the response", None;
        /// The response's Connection lacks the option `upgrade`.
        ResponseConnectionWithoutUpgrade = "response_connection_without_upgrade", "RFC 6455 section 4.1", "the response's Connection does not list upgrade", None;
        /// No Sec-WebSocket-Accept.
        AcceptMissing = "accept_missing", "RFC 6455 section 4.1", "no Sec-WebSocket-Accept", None;
        /// Sec-WebSocket-Accept more than once.
        AcceptRepeated = "accept_repeated", "RFC 6455 section 11.3.3", "Sec-WebSocket-Accept more than once", None;
        /// Sec-WebSocket-Accept does not answer the key that was sent.
        AcceptMismatch = "accept_mismatch", "RFC 6455 section 4.1", "Sec-WebSocket-Accept does not answer the key", None;
        /// The response names more than one subprotocol.
        SubprotocolSeveral = "subprotocol_several", "RFC 6455 section 11.3.4", "the server named more than one subprotocol", None;
        /// The server chose a subprotocol that was not asked for.
        SubprotocolUnasked = "subprotocol_unasked", "RFC 6455 section 4.1", "the server chose a subprotocol that was not asked for", None;
        /// The server chose an extension that was not asked for.
        ExtensionUnasked = "extension_unasked", "RFC 6455 section 4.1", "the server chose an extension that was not asked for", None;
        /// The server chose one extension twice, or two that need the same reserved bit.
        ExtensionConflict = "extension_conflict", "RFC 6455 section 9.1", "the server chose extensions that exclude each other", None;
        /// A parameter that the extension does not define, or not in a response to this offer.
        ParameterUnknown = "parameter_unknown", "RFC 7692 section 7.1", "an extension's parameter is not defined here", None;
        /// A parameter given twice.
        ParameterRepeated = "parameter_repeated", "RFC 7692 section 7.1", "an extension's parameter is given twice", None;
        /// The server left out a parameter that it had to confirm.
        ParameterMissing = "parameter_missing", "RFC 7692 section 7.1", "the server did not confirm an extension's parameter", None;
        /// A parameter's value is outside its grammar or greater than what was offered.
        ParameterValue = "parameter_value", "RFC 7692 section 7.1.2", "an extension's parameter has an invalid value", None;
    }

    /// The status of the response that refuses the request; `None` for what only a client meets, which has
    /// no response to send and closes the connection.
    #[must_use]
    pub const fn status(self) -> Option<u16>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_small() {
        assert!(size_of::<Error>() <= 32);
    }
}
