use crate::registry::StatusCode;

wirekit_macros::errors! {
    /// The peer broke a rule of HTTP/1.1 (RFC 9112), of which its kind names the section.
    ///
    /// Final: more input never repairs it. What to answer is [`ErrorKind::status`]; the connection closes after it.
    ///
    /// ```
    /// use wirekit_http1::{ErrorKind, FieldTable, RequestHead};
    ///
    /// let input = b"GET / HTTP/1.1\r\nHost : a\r\n\r\n";
    /// let error = RequestHead::parse(input, &mut FieldTable::new()).unwrap_err();
    /// assert_eq!((error.offset(), input[error.offset()]), (20, b' ')); // bytes from the start of the input
    /// assert_eq!(error.kind().status().0, 400);
    /// ```
    pub struct Error;

    /// A rule of HTTP/1.1 that a peer broke, or a limit that it passed.
    ///
    /// ```
    /// use wirekit_http1::ErrorKind;
    ///
    /// let kind = ErrorKind::BareLf;
    /// assert_eq!(kind.spec(), "RFC 9112 section 2.2");
    /// assert_eq!(kind.as_str(), "http1.bare_lf"); // never renamed: for logs and metrics
    /// assert_eq!(kind.status().0, 400); // what a server answers
    /// ```
    pub enum ErrorKind("http1") {
        // Lines
        /// A CR that no LF follows.
        BareCr = "bare_cr", "RFC 9112 section 2.2", "carriage return without line feed", BAD_REQUEST;
        /// An LF that no CR precedes.
        BareLf = "bare_lf", "RFC 9112 section 2.2", "line feed without carriage return", BAD_REQUEST;
        /// More empty lines before a request than the one that is ignored.
        LeadingEmptyLine = "leading_empty_line", "RFC 9112 section 2.2", "second empty line before a request", BAD_REQUEST;
        /// Whitespace between the start line and the first field.
        LeadingWhitespace = "leading_whitespace", "RFC 9112 section 2.2", "whitespace before the first field", BAD_REQUEST;
        /// The head is longer than the limit.
        HeadTooLong { /** The limit that was passed. */ max: usize = 0 } = "head_too_long", "RFC 6585 section 5", "head longer than {max} bytes", REQUEST_HEADER_FIELDS_TOO_LARGE;

        // The request line
        /// The method is empty or has a byte that no token has.
        InvalidMethod = "invalid_method", "RFC 9110 section 9.1", "byte that no method has", BAD_REQUEST;
        /// Nothing stands between the two spaces of a request line.
        EmptyTarget = "empty_target", "RFC 9112 section 3", "empty request target", BAD_REQUEST;
        /// The request target has a control byte, one above 0x7E, or one that neither RFC 3986 has nor browsers send there:
        /// [`Quirks::UNENCODED_TARGET`](crate::Quirks::UNENCODED_TARGET).
        InvalidTarget = "invalid_target", "RFC 9112 section 3.2", "byte that no request target has", BAD_REQUEST;
        /// The request target is longer than the limit.
        TargetTooLong { /** The limit that was passed. */ max: usize = 0 } = "target_too_long", "RFC 9112 section 3", "request target longer than {max} bytes", URI_TOO_LONG;
        /// The request line ends after the target, as in HTTP/0.9.
        MissingVersion = "missing_version", "RFC 9112 section 3", "request line without a version", BAD_REQUEST;
        /// The version is not `HTTP/` digit `.` digit, or is not followed by what must follow.
        InvalidVersion = "invalid_version", "RFC 9112 section 2.3", "malformed version", BAD_REQUEST;
        /// The major version is not 1.
        UnsupportedVersion = "unsupported_version", "RFC 9110 section 15.6.6", "major version other than 1", HTTP_VERSION_NOT_SUPPORTED;

        // The status line
        /// The status code is not three digits from 100 on, or neither a space nor the line's end follows it.
        InvalidStatus = "invalid_status", "RFC 9112 section 4", "status code other than three digits from 100 on", BAD_GATEWAY;
        /// The reason phrase has a control byte.
        InvalidReason = "invalid_reason", "RFC 9112 section 4", "control byte in the reason phrase", BAD_GATEWAY;

        // Fields
        /// A field line begins with its colon.
        EmptyFieldName = "empty_field_name", "RFC 9110 section 5.1", "empty field name", BAD_REQUEST;
        /// A field name has a byte that no token has.
        InvalidFieldName = "invalid_field_name", "RFC 9110 section 5.1", "byte that no field name has", BAD_REQUEST;
        /// Whitespace between a field name and its colon.
        SpaceBeforeColon = "space_before_colon", "RFC 9112 section 5.1", "whitespace before the colon", BAD_REQUEST;
        /// A field line without a colon.
        MissingColon = "missing_colon", "RFC 9112 section 5", "field line without a colon", BAD_REQUEST;
        /// A field value has a control byte.
        InvalidFieldValue = "invalid_field_value", "RFC 9110 section 5.5", "control byte in a field value", BAD_REQUEST;
        /// A field value goes on in the next line. A user agent reads on: [`Quirks::OBS_FOLD`](crate::Quirks::OBS_FOLD).
        ObsFold = "obs_fold", "RFC 9112 section 5.2", "folded field line", BAD_REQUEST;
        /// More fields than the limit or the table allows.
        TooManyFields { /** The limit that was passed. */ max: usize = 0 } = "too_many_fields", "RFC 6585 section 5", "more than {max} fields", REQUEST_HEADER_FIELDS_TOO_LARGE;

        // The target and Host
        /// The request target has none of the four forms.
        InvalidTargetForm = "invalid_target_form", "RFC 9112 section 3.2", "request target of no known form", BAD_REQUEST;
        /// CONNECT without authority-form, or authority-form without CONNECT.
        TargetFormMismatch = "target_form_mismatch", "RFC 9112 section 3.2", "target form that the method does not have", BAD_REQUEST;
        /// The host of an authority is not a reg-name, an IPv4 address or a bracketed IP literal.
        InvalidHost = "invalid_host", "RFC 9112 section 3.2", "malformed host", BAD_REQUEST;
        /// The port of an authority is not a number up to 65535, or CONNECT has none.
        InvalidPort = "invalid_port", "RFC 9112 section 3.2.3", "malformed port", BAD_REQUEST;
        /// An authority with user information.
        UserInfo = "userinfo", "RFC 9110 section 4.2.4", "user information in an authority", BAD_REQUEST;
        /// An HTTP/1.1 request without Host.
        MissingHost = "missing_host", "RFC 9112 section 3.2", "request without host", BAD_REQUEST;
        /// More than one Host.
        RepeatedHost = "repeated_host", "RFC 9112 section 3.2", "repeated host", BAD_REQUEST;

        // Body length
        /// Content-Length is not a plain decimal number: signed, empty, or not digits.
        InvalidContentLength = "invalid_content_length", "RFC 9110 section 8.6", "malformed content-length", BAD_REQUEST;
        /// Content-Length above 2^64 - 1.
        ContentLengthOverflow = "content_length_overflow", "RFC 9110 section 8.6", "content-length too large", CONTENT_TOO_LARGE;
        /// Content-Length more than once, or with a list.
        RepeatedContentLength = "repeated_content_length", "RFC 9112 section 6.3", "repeated content-length", BAD_REQUEST;
        /// Transfer-Encoding and Content-Length in one message.
        ContentLengthWithTransferEncoding = "content_length_with_transfer_encoding", "RFC 9112 section 6.3", "content-length beside transfer-encoding", BAD_REQUEST;
        /// Transfer-Encoding in an HTTP/1.0 message.
        TransferEncodingInHttp10 = "transfer_encoding_in_http10", "RFC 9112 section 6.1", "transfer-encoding in an http/1.0 message", BAD_REQUEST;
        /// A transfer coding other than chunked.
        UnknownTransferCoding = "unknown_transfer_coding", "RFC 9112 section 6.1", "transfer coding other than chunked", NOT_IMPLEMENTED;
        /// The chunked coding applied twice.
        RepeatedChunked = "repeated_chunked", "RFC 9112 section 6.1", "chunked applied twice", BAD_REQUEST;
        /// An empty member in the list of a Transfer-Encoding, or more of them than is reasonable in Connection, Upgrade or
        /// Expect.
        EmptyListElement = "empty_list_element", "RFC 9110 section 5.6.1", "empty list element", BAD_REQUEST;
        /// CONNECT with Transfer-Encoding, or with a Content-Length other than 0.
        ContentInConnect = "content_in_connect", "RFC 9110 section 9.3.6", "connect request with content", BAD_REQUEST;
        /// The chunked coding is not the last one, or there is none.
        ChunkedNotLast = "chunked_not_last", "RFC 9112 section 6.3", "transfer coding without chunked at the end", BAD_REQUEST;

        // Chunks
        /// A chunk size is not hexadecimal digits.
        InvalidChunkSize = "invalid_chunk_size", "RFC 9112 section 7.1", "malformed chunk size", BAD_REQUEST;
        /// A chunk size above 2^64 - 1, or above the limit.
        ChunkSizeOverflow = "chunk_size_overflow", "RFC 9112 section 7.1", "chunk size too large", CONTENT_TOO_LARGE;
        /// A chunk extension is not `;name` or `;name=value`.
        InvalidChunkExtension = "invalid_chunk_extension", "RFC 9112 section 7.1.1", "malformed chunk extension", BAD_REQUEST;
        /// The chunk extensions of one body are longer than the limit.
        ChunkExtensionsTooLong { /** The limit that was passed. */ max: usize = 0 } = "chunk_extensions_too_long", "RFC 9112 section 7.1.1", "chunk extensions longer than {max} bytes", BAD_REQUEST;
        /// The data of a chunk is not followed by CRLF.
        MissingChunkEnd = "missing_chunk_end", "RFC 9112 section 7.1", "chunk data not followed by a line end", BAD_REQUEST;
        /// The trailer section is longer than the limit.
        TrailersTooLong { /** The limit that was passed. */ max: usize = 0 } = "trailers_too_long", "RFC 6585 section 5", "trailer section longer than {max} bytes", REQUEST_HEADER_FIELDS_TOO_LARGE;
        /// A trailer field that says how the message is framed, routed or authenticated.
        ForbiddenTrailer = "forbidden_trailer", "RFC 9110 section 6.5.1", "field that no trailer section has", BAD_REQUEST;

        // Connections
        /// The input ended inside a message.
        UnexpectedEnd = "unexpected_end", "RFC 9112 section 8", "end of input inside a message", BAD_REQUEST;
        /// A message behind the one that closes the connection.
        MessageAfterClose = "message_after_close", "RFC 9112 section 9.6", "message after the one that closes the connection", BAD_REQUEST;
        /// A response that no request asked for.
        UnexpectedResponse = "unexpected_response", "RFC 9112 section 9.2", "response without a request", BAD_GATEWAY;
        /// A switch of protocols that no request asked for.
        UnexpectedSwitch = "unexpected_switch", "RFC 9110 section 15.2.2", "switch of protocols that was not asked for", BAD_GATEWAY;
    }

    /// The status that a server answers a broken request with. For a broken response a gateway gives its client
    /// 502 (Bad Gateway), whatever the rule (RFC 9110 section 15.6.3).
    pub const fn status(self) -> StatusCode;
}

wirekit_macros::errors! {
    /// A value cannot be encoded: the caller's side.
    ///
    /// The output is as it was.
    ///
    /// ```
    /// use wirekit_http1::{BodyLength, Field, StatusCode, StatusLine};
    ///
    /// // A value that would begin a field of its own (RFC 9110 section 5.5).
    /// let fields = [Field::new("Location", "/a\r\nSet-Cookie: admin=1")];
    /// let mut out = [0; 128];
    /// assert!(StatusLine::new(StatusCode::FOUND).encode_to_slice(&fields, BodyLength::Length(0), &mut out).is_err());
    /// assert_eq!(out, [0; 128]);
    /// ```
    pub enum EncodeError {
        /// The output has no room.
        OutputTooSmall { /** What the whole encoding takes. */ needed: usize } = "output needs {needed} bytes";
        /// The request target is empty, has a byte that no target has, or a form that the method does not have.
        InvalidTarget = "request target cannot be sent";
        /// The version is not HTTP/1.0 or HTTP/1.1.
        InvalidVersion = "version cannot be sent";
        /// The status code is not between 100 and 999.
        InvalidStatus = "status code cannot be sent";
        /// The reason phrase has a control byte.
        InvalidReason = "reason phrase cannot be sent";
        /// A field name is not a token.
        InvalidFieldName { /** Which field, from 0. */ index: usize } = "name of field {index} is not a token";
        /// A field value has a control byte, or whitespace at an end.
        InvalidFieldValue { /** Which field, from 0. */ index: usize } = "value of field {index} cannot be sent";
        /// A Content-Length or Transfer-Encoding that says something else than the body's length, or says it twice.
        FramingMismatch { /** Which field, from 0. */ index: usize } = "field {index} contradicts the body length";
        /// A body where none is allowed: after 1xx, 204, 304 or success of CONNECT, content in 205, TRACE or CONNECT, or a
        /// request's that lasts until the connection closes.
        BodyNotAllowed = "this message cannot have such a body";
        /// A trailer field that a recipient must know before the content.
        ForbiddenTrailer { /** Which field, from 0. */ index: usize } = "field {index} cannot be sent as a trailer";
        /// A chunked body in an HTTP/1.0 message.
        ChunkedInHttp10 = "chunked body in an http/1.0 message";
        /// An HTTP/1.1 request without Host.
        MissingHost = "request without host";
        /// A Host that is malformed, or a second one.
        InvalidHost { /** Which field, from 0. */ index: usize } = "field {index} is not the one valid host";
        /// A Host that names something else than the request target does, which is in absolute-form or CONNECT's.
        HostMismatch { /** Which field, from 0. */ index: usize } = "field {index} is not the host of the request target";
        /// 1xx in HTTP/1.0, which has none.
        InterimInHttp10 = "interim response in an http/1.0 message";
        /// 101 (Switching Protocols) or 426 (Upgrade Required) without Upgrade, which says to which protocol.
        MissingUpgrade = "response without upgrade";
        /// Upgrade or TE without the connection option of that name, which keeps it from being forwarded.
        MissingConnectionOption { /** Which field, from 0. */ index: usize } = "field {index} lacks its connection option";
        /// A connection option with the name of a field that is meant for all recipients: what forwards the message would
        /// leave that field out.
        EndToEndConnectionOption { /** Which field, from 0. */ index: usize } = "field {index} names a field that is for all recipients";
        /// `Expect: 100-continue` in a request without content.
        ExpectationWithoutContent { /** Which field, from 0. */ index: usize } = "field {index} expects 100 (continue) without content";
        /// TE names chunked, which every recipient of HTTP/1.1 takes.
        ChunkedInTe { /** Which field, from 0. */ index: usize } = "field {index} names chunked";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_small() {
        assert!(size_of::<Error>() <= 32);
    }

    #[test]
    fn an_error_moves_into_an_outer_buffer() {
        assert_eq!(
            Error::new(ErrorKind::BareCr, 3).shifted(4),
            Error::new(ErrorKind::BareCr, 7)
        );
    }

    #[test]
    fn names_are_distinct_and_statuses_are_errors() {
        for (index, kind) in ErrorKind::ALL.iter().enumerate() {
            assert!(kind.status().0 >= 400, "{kind:?}");
            assert!(
                ErrorKind::ALL
                    .iter()
                    .skip(index + 1)
                    .all(|other| other.as_str() != kind.as_str()),
                "{kind:?}"
            );
        }
    }
}
