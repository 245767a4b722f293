use crate::Key;

wirekit_macros::errors! {
    /// A value that cannot be put on the wire, or an output that cannot take it: the caller's side. Nothing was written.
    ///
    /// ```
    /// use wirekit_uwsgi::{EncodeError, Header, Var};
    ///
    /// let (vars, mut out) = ([Var::new(b"PATH_INFO", b"/env")], [0; 16]);
    /// let error = Header::WSGI.encode_vars_to_slice(&vars, &mut out).unwrap_err();
    /// assert_eq!(error, EncodeError::OutputTooSmall { needed: 21 }); // bytes of the whole packet
    /// assert_eq!(error.status(), 500); // what a proxy answers its client
    /// ```
    pub enum EncodeError {
        /// A key of zero bytes.
        EmptyKey = "empty key", "uwsgi.encode.empty_key", 500;
        /// The block is larger than the format or the peer takes.
        SizeTooLarge { /** The bytes of the whole block. */ size: usize, /** The most that are allowed. */ max: usize } = "block of {size} bytes where {max} are allowed", "uwsgi.encode.size_too_large", 431;
        /// More variables than the peer takes.
        TooManyVars { /** The variables of the packet. */ count: usize, /** The most that are allowed. */ max: usize } = "{count} variables where {max} are allowed", "uwsgi.encode.too_many_vars", 431;
        /// More fields than a request is built from.
        TooManyFields { /** The fields. */ count: usize, /** The most that are allowed. */ max: usize } = "{count} fields where {max} are allowed", "uwsgi.encode.too_many_fields", 431;
        /// A field's name has a byte other than a letter, a digit or `-`; in an answer, is no token.
        InvalidName { /** The field's place in the list, from zero. */ field: usize } = "name of field {field} is not safe to pass on", "uwsgi.encode.invalid_name", 400;
        /// A field's value has a CR, LF or NUL, in an answer any control byte but a tab; or it is no length where one must
        /// stand, or a `Connection` whose options are no tokens, or more than are compared.
        InvalidValue { /** The field's place in the list, from zero. */ field: usize } = "value of field {field} is not safe to pass on", "uwsgi.encode.invalid_value", 400;
        /// A field that may stand once stands twice.
        RepeatedField { /** The second one's place in the list, from zero. */ field: usize } = "field {field} is repeated", "uwsgi.encode.repeated_field", 400;
        /// What the proxy itself says has a CR, LF or NUL, or is no token where one must stand.
        InvalidVar { /** The key. */ key: Key } = "value of {key} is not safe to send", "uwsgi.encode.invalid_var", 400;
        /// A constant variable has a CR, LF or NUL, or the constants are no var block.
        InvalidConstant = "constant variable is not safe to send", "uwsgi.encode.invalid_constant", 500;
        /// A constant variable that every request must have is not there.
        MissingVar { /** The key. */ key: Key } = "{key} is missing", "uwsgi.encode.missing_var", 500;
        /// A constant variable that differs from request to request.
        ReservedKey = "key is not a constant of the server", "uwsgi.encode.reserved_key", 500;
        /// A request on a persistent socket cannot have a body: its bytes would be read as the next packet.
        BodyOnPersistent = "body on a persistent socket", "uwsgi.encode.body_on_persistent", 500;
        /// An answer's status is not between 100 and 599.
        InvalidStatus { /** The status. */ status: u16 } = "status {status} is not between 100 and 599", "uwsgi.encode.invalid_status", 500;
        /// The text behind an answer's status has a control byte.
        InvalidReason = "reason has a control byte", "uwsgi.encode.invalid_reason", 500;
        /// A field that an answer of this status must not have: one of a single connection, `Status`, or a length
        /// where there is no body.
        ForbiddenField { /** The field's place in the list, from zero. */ field: usize } = "field {field} must not stand in this answer", "uwsgi.encode.forbidden_field", 500;
        /// 101 or 426 without `Upgrade`, which says to which protocol.
        MissingUpgrade = "no Upgrade in an answer about another protocol", "uwsgi.encode.missing_upgrade", 500;
        /// A body without a length, for a server that takes none; see [`Uploads`](crate::request::Uploads).
        LengthRequired = "body without a length", "uwsgi.encode.length_required", 411;
        /// The output has no room.
        OutputTooSmall { /** The bytes that the whole packet takes. */ needed: usize } = "output needs room for {needed} bytes", "uwsgi.encode.output_too_small", 500;
    }

    /// The error's name, which never changes.
    pub const fn as_str(self) -> &'static str;

    /// The HTTP status that a proxy answers when a client's request cannot be sent on.
    ///
    /// 431 where it is too large for the format or the peer, 411 where it lacks a length, 400 where the client's fields break a rule,
    /// 500 where the proxy itself is at fault.
    pub const fn status(self) -> u16;
}
