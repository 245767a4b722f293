use thiserror::Error;

use crate::StatusCode;

/// The peer broke a rule of HTTP/1.1.
///
/// Final: more input never repairs it. What to answer is [`ErrorKind::status`]; the connection closes after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{kind} at byte {offset}")]
pub struct Error {
    kind: ErrorKind,
    offset: usize,
}

impl Error {
    /// An error of `kind` whose first offending byte is at `offset`.
    pub(crate) const fn new(kind: ErrorKind, offset: usize) -> Self {
        Self { kind, offset }
    }

    /// The rule that was broken.
    pub const fn kind(self) -> ErrorKind {
        self.kind
    }

    /// The first offending byte, in the slice that was passed.
    pub const fn offset(self) -> usize {
        self.offset
    }

    /// The same error in the coordinates of a buffer in which the slice starts at `by`.
    #[must_use]
    pub const fn shifted(self, by: usize) -> Self {
        Self {
            kind: self.kind,
            offset: self.offset.saturating_add(by),
        }
    }
}

/// Builds the enum and its tables from one row a rule, so that none can be forgotten.
macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident $({ $limit:ident })? = $id:literal, $spec:literal, $status:ident, $text:literal;)*) => {
        /// A rule of HTTP/1.1 that a peer broke, or a limit that it passed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
        #[non_exhaustive]
        pub enum ErrorKind {
            $($(#[$doc])* #[error($text)] $name $({
                /// The limit that was passed.
                $limit: usize,
            })?,)*
        }

        impl ErrorKind {
            /// One value of every kind.
            pub const ALL: &'static [Self] = &[$(Self::$name $({ $limit: 0 })?),*];

            /// The name of the rule, for metrics and the command line: never renamed.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name $({ $limit: _ })? => concat!("http1.", $id),)* }
            }

            /// The section that states the rule.
            pub const fn spec(self) -> &'static str {
                match self { $(Self::$name $({ $limit: _ })? => $spec,)* }
            }

            /// The status that a server answers a broken request with. For a broken response a gateway gives its client
            /// 502 (Bad Gateway), whatever the rule (RFC 9110 section 15.6.3).
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$name $({ $limit: _ })? => StatusCode::$status,)* }
            }
        }
    };
}

kinds! {
    // Lines
    /// A CR that no LF follows.
    BareCr = "bare_cr", "RFC 9112 section 2.2", BAD_REQUEST, "carriage return without line feed";
    /// An LF that no CR precedes.
    BareLf = "bare_lf", "RFC 9112 section 2.2", BAD_REQUEST, "line feed without carriage return";
    /// More empty lines before a request than the one that is ignored.
    LeadingEmptyLine = "leading_empty_line", "RFC 9112 section 2.2", BAD_REQUEST, "second empty line before a request";
    /// Whitespace between the start line and the first field.
    LeadingWhitespace = "leading_whitespace", "RFC 9112 section 2.2", BAD_REQUEST, "whitespace before the first field";
    /// The head is longer than the limit.
    HeadTooLong { max } = "head_too_long", "RFC 6585 section 5", REQUEST_HEADER_FIELDS_TOO_LARGE, "head longer than {max} bytes";

    // The request line
    /// The method is empty or has a byte that no token has.
    InvalidMethod = "invalid_method", "RFC 9110 section 9.1", BAD_REQUEST, "byte that no method has";
    /// Nothing stands between the two spaces of a request line.
    EmptyTarget = "empty_target", "RFC 9112 section 3", BAD_REQUEST, "empty request target";
    /// The request target has a control byte, one above 0x7E, or one that neither RFC 3986 has nor browsers send there:
    /// [`Quirks::UNENCODED_TARGET`](crate::Quirks::UNENCODED_TARGET).
    InvalidTarget = "invalid_target", "RFC 9112 section 3.2", BAD_REQUEST, "byte that no request target has";
    /// The request target is longer than the limit.
    TargetTooLong { max } = "target_too_long", "RFC 9112 section 3", URI_TOO_LONG, "request target longer than {max} bytes";
    /// The request line ends after the target, as in HTTP/0.9.
    MissingVersion = "missing_version", "RFC 9112 section 3", BAD_REQUEST, "request line without a version";
    /// The version is not `HTTP/` digit `.` digit, or is not followed by what must follow.
    InvalidVersion = "invalid_version", "RFC 9112 section 2.3", BAD_REQUEST, "malformed version";
    /// The major version is not 1.
    UnsupportedVersion = "unsupported_version", "RFC 9110 section 15.6.6", HTTP_VERSION_NOT_SUPPORTED, "major version other than 1";

    // The status line
    /// The status code is not three digits from 100 on, or neither a space nor the line's end follows it.
    InvalidStatus = "invalid_status", "RFC 9112 section 4", BAD_GATEWAY, "status code other than three digits from 100 on";
    /// The reason phrase has a control byte.
    InvalidReason = "invalid_reason", "RFC 9112 section 4", BAD_GATEWAY, "control byte in the reason phrase";

    // Fields
    /// A field line begins with its colon.
    EmptyFieldName = "empty_field_name", "RFC 9110 section 5.1", BAD_REQUEST, "empty field name";
    /// A field name has a byte that no token has.
    InvalidFieldName = "invalid_field_name", "RFC 9110 section 5.1", BAD_REQUEST, "byte that no field name has";
    /// Whitespace between a field name and its colon.
    SpaceBeforeColon = "space_before_colon", "RFC 9112 section 5.1", BAD_REQUEST, "whitespace before the colon";
    /// A field line without a colon.
    MissingColon = "missing_colon", "RFC 9112 section 5", BAD_REQUEST, "field line without a colon";
    /// A field value has a control byte.
    InvalidFieldValue = "invalid_field_value", "RFC 9110 section 5.5", BAD_REQUEST, "control byte in a field value";
    /// A field value goes on in the next line. A user agent reads on: [`Quirks::OBS_FOLD`](crate::Quirks::OBS_FOLD).
    ObsFold = "obs_fold", "RFC 9112 section 5.2", BAD_REQUEST, "folded field line";
    /// More fields than the limit or the table allows.
    TooManyFields { max } = "too_many_fields", "RFC 6585 section 5", REQUEST_HEADER_FIELDS_TOO_LARGE, "more than {max} fields";

    // The target and Host
    /// The request target has none of the four forms.
    InvalidTargetForm = "invalid_target_form", "RFC 9112 section 3.2", BAD_REQUEST, "request target of no known form";
    /// CONNECT without authority-form, or authority-form without CONNECT.
    TargetFormMismatch = "target_form_mismatch", "RFC 9112 section 3.2", BAD_REQUEST, "target form that the method does not have";
    /// The host of an authority is not a reg-name, an IPv4 address or a bracketed IP literal.
    InvalidHost = "invalid_host", "RFC 9112 section 3.2", BAD_REQUEST, "malformed host";
    /// The port of an authority is not a number up to 65535, or CONNECT has none.
    InvalidPort = "invalid_port", "RFC 9112 section 3.2.3", BAD_REQUEST, "malformed port";
    /// An authority with user information.
    UserInfo = "userinfo", "RFC 9110 section 4.2.4", BAD_REQUEST, "user information in an authority";
    /// An HTTP/1.1 request without Host.
    MissingHost = "missing_host", "RFC 9112 section 3.2", BAD_REQUEST, "request without host";
    /// More than one Host.
    RepeatedHost = "repeated_host", "RFC 9112 section 3.2", BAD_REQUEST, "repeated host";

    // Body length
    /// Content-Length is not a plain decimal number: signed, empty, or not digits.
    InvalidContentLength = "invalid_content_length", "RFC 9110 section 8.6", BAD_REQUEST, "malformed content-length";
    /// Content-Length above 2^64 - 1.
    ContentLengthOverflow = "content_length_overflow", "RFC 9110 section 8.6", CONTENT_TOO_LARGE, "content-length too large";
    /// Content-Length more than once, or with a list.
    RepeatedContentLength = "repeated_content_length", "RFC 9112 section 6.3", BAD_REQUEST, "repeated content-length";
    /// Transfer-Encoding and Content-Length in one message.
    ContentLengthWithTransferEncoding = "content_length_with_transfer_encoding", "RFC 9112 section 6.3", BAD_REQUEST, "content-length beside transfer-encoding";
    /// Transfer-Encoding in an HTTP/1.0 message.
    TransferEncodingInHttp10 = "transfer_encoding_in_http10", "RFC 9112 section 6.1", BAD_REQUEST, "transfer-encoding in an http/1.0 message";
    /// A transfer coding other than chunked.
    UnknownTransferCoding = "unknown_transfer_coding", "RFC 9112 section 6.1", NOT_IMPLEMENTED, "transfer coding other than chunked";
    /// The chunked coding applied twice.
    RepeatedChunked = "repeated_chunked", "RFC 9112 section 6.1", BAD_REQUEST, "chunked applied twice";
    /// An empty member in the list of a Transfer-Encoding, or more of them than is reasonable in Connection, Upgrade or
    /// Expect.
    EmptyListElement = "empty_list_element", "RFC 9110 section 5.6.1", BAD_REQUEST, "empty list element";
    /// CONNECT with Transfer-Encoding, or with a Content-Length other than 0.
    ContentInConnect = "content_in_connect", "RFC 9110 section 9.3.6", BAD_REQUEST, "connect request with content";
    /// The chunked coding is not the last one, or there is none.
    ChunkedNotLast = "chunked_not_last", "RFC 9112 section 6.3", BAD_REQUEST, "transfer coding without chunked at the end";

    // Chunks
    /// A chunk size is not hexadecimal digits.
    InvalidChunkSize = "invalid_chunk_size", "RFC 9112 section 7.1", BAD_REQUEST, "malformed chunk size";
    /// A chunk size above 2^64 - 1, or above the limit.
    ChunkSizeOverflow = "chunk_size_overflow", "RFC 9112 section 7.1", CONTENT_TOO_LARGE, "chunk size too large";
    /// A chunk extension is not `;name` or `;name=value`.
    InvalidChunkExtension = "invalid_chunk_extension", "RFC 9112 section 7.1.1", BAD_REQUEST, "malformed chunk extension";
    /// The chunk extensions of one body are longer than the limit.
    ChunkExtensionsTooLong { max } = "chunk_extensions_too_long", "RFC 9112 section 7.1.1", BAD_REQUEST, "chunk extensions longer than {max} bytes";
    /// The data of a chunk is not followed by CRLF.
    MissingChunkEnd = "missing_chunk_end", "RFC 9112 section 7.1", BAD_REQUEST, "chunk data not followed by a line end";
    /// The trailer section is longer than the limit.
    TrailersTooLong { max } = "trailers_too_long", "RFC 6585 section 5", REQUEST_HEADER_FIELDS_TOO_LARGE, "trailer section longer than {max} bytes";
    /// A trailer field that says how the message is framed, routed or authenticated.
    ForbiddenTrailer = "forbidden_trailer", "RFC 9110 section 6.5.1", BAD_REQUEST, "field that no trailer section has";

    // Connections
    /// The input ended inside a message.
    UnexpectedEnd = "unexpected_end", "RFC 9112 section 8", BAD_REQUEST, "end of input inside a message";
    /// A message behind the one that closes the connection.
    MessageAfterClose = "message_after_close", "RFC 9112 section 9.6", BAD_REQUEST, "message after the one that closes the connection";
    /// A response that no request asked for.
    UnexpectedResponse = "unexpected_response", "RFC 9112 section 9.2", BAD_GATEWAY, "response without a request";
    /// A switch of protocols that no request asked for.
    UnexpectedSwitch = "unexpected_switch", "RFC 9110 section 15.2.2", BAD_GATEWAY, "switch of protocols that was not asked for";
}

/// A value cannot be encoded: the caller's side.
///
/// The output is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The output has no room.
    #[error("output needs {needed} bytes")]
    OutputTooSmall {
        /// What the whole encoding takes.
        needed: usize,
    },
    /// The request target is empty, has a byte that no target has, or a form that the method does not have.
    #[error("request target cannot be sent")]
    InvalidTarget,
    /// The version is not HTTP/1.0 or HTTP/1.1.
    #[error("version cannot be sent")]
    InvalidVersion,
    /// The status code is not between 100 and 999.
    #[error("status code cannot be sent")]
    InvalidStatus,
    /// The reason phrase has a control byte.
    #[error("reason phrase cannot be sent")]
    InvalidReason,
    /// A field name is not a token.
    #[error("name of field {index} is not a token")]
    InvalidFieldName {
        /// Which field, from 0.
        index: usize,
    },
    /// A field value has a control byte, or whitespace at an end.
    #[error("value of field {index} cannot be sent")]
    InvalidFieldValue {
        /// Which field, from 0.
        index: usize,
    },
    /// A Content-Length or Transfer-Encoding that says something else than the body's length, or says it twice.
    #[error("field {index} contradicts the body length")]
    FramingMismatch {
        /// Which field, from 0.
        index: usize,
    },
    /// A body where none is allowed: after 1xx, 204, 304 or success of CONNECT, content in 205, TRACE or CONNECT, or a
    /// request's that lasts until the connection closes.
    #[error("this message cannot have such a body")]
    BodyNotAllowed,
    /// A trailer field that a recipient must know before the content.
    #[error("field {index} cannot be sent as a trailer")]
    ForbiddenTrailer {
        /// Which field, from 0.
        index: usize,
    },
    /// A chunked body in an HTTP/1.0 message.
    #[error("chunked body in an http/1.0 message")]
    ChunkedInHttp10,
    /// An HTTP/1.1 request without Host.
    #[error("request without host")]
    MissingHost,
    /// A Host that is malformed, or a second one.
    #[error("field {index} is not the one valid host")]
    InvalidHost {
        /// Which field, from 0.
        index: usize,
    },
    /// A Host that names something else than the request target does, which is in absolute-form or CONNECT's.
    #[error("field {index} is not the host of the request target")]
    HostMismatch {
        /// Which field, from 0.
        index: usize,
    },
    /// 1xx in HTTP/1.0, which has none.
    #[error("interim response in an http/1.0 message")]
    InterimInHttp10,
    /// 101 (Switching Protocols) or 426 (Upgrade Required) without Upgrade, which says to which protocol.
    #[error("response without upgrade")]
    MissingUpgrade,
    /// Upgrade or TE without the connection option of that name, which keeps it from being forwarded.
    #[error("field {index} lacks its connection option")]
    MissingConnectionOption {
        /// Which field, from 0.
        index: usize,
    },
    /// A connection option with the name of a field that is meant for all recipients: what forwards the message would
    /// leave that field out.
    #[error("field {index} names a field that is for all recipients")]
    EndToEndConnectionOption {
        /// Which field, from 0.
        index: usize,
    },
    /// `Expect: 100-continue` in a request without content.
    #[error("field {index} expects 100 (continue) without content")]
    ExpectationWithoutContent {
        /// Which field, from 0.
        index: usize,
    },
    /// TE names chunked, which every recipient of HTTP/1.1 takes.
    #[error("field {index} names chunked")]
    ChunkedInTe {
        /// Which field, from 0.
        index: usize,
    },
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
