use crate::Key;

/// A value that cannot be put on the wire, or an output that cannot take it: the caller's side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// A key of zero bytes.
    #[error("empty key")]
    EmptyKey,
    /// The block is larger than the format or the peer takes.
    #[error("block of {size} bytes where {max} are allowed")]
    SizeTooLarge {
        /// The bytes of the whole block.
        size: usize,
        /// The most that are allowed.
        max: usize,
    },
    /// More variables than the peer takes.
    #[error("{count} variables where {max} are allowed")]
    TooManyVars {
        /// The variables of the packet.
        count: usize,
        /// The most that are allowed.
        max: usize,
    },
    /// More fields than a request is built from.
    #[error("{count} fields where {max} are allowed")]
    TooManyFields {
        /// The fields.
        count: usize,
        /// The most that are allowed.
        max: usize,
    },
    /// A field's name has a byte other than a letter, a digit or `-`; in an answer, is no token.
    #[error("name of field {field} is not safe to pass on")]
    InvalidName {
        /// The field's place in the list, from zero.
        field: usize,
    },
    /// A field's value has a CR, LF or NUL, in an answer any control byte but a tab; or it is no length where one must
    /// stand, or a `Connection` whose options are no tokens, or more than are compared.
    #[error("value of field {field} is not safe to pass on")]
    InvalidValue {
        /// The field's place in the list, from zero.
        field: usize,
    },
    /// A field that may stand once stands twice.
    #[error("field {field} is repeated")]
    RepeatedField {
        /// The second one's place in the list, from zero.
        field: usize,
    },
    /// What the proxy itself says has a CR, LF or NUL, or is no token where one must stand.
    #[error("value of {key} is not safe to send")]
    InvalidVar {
        /// The key.
        key: Key,
    },
    /// A constant variable has a CR, LF or NUL, or the constants are no var block.
    #[error("constant variable is not safe to send")]
    InvalidConstant,
    /// A constant variable that every request must have is not there.
    #[error("{key} is missing")]
    MissingVar {
        /// The key.
        key: Key,
    },
    /// A constant variable that differs from request to request.
    #[error("key is not a constant of the server")]
    ReservedKey,
    /// A request on a persistent socket cannot have a body: its bytes would be read as the next packet.
    #[error("body on a persistent socket")]
    BodyOnPersistent,
    /// An answer's status is not between 100 and 599.
    #[error("status {status} is not between 100 and 599")]
    InvalidStatus {
        /// The status.
        status: u16,
    },
    /// The text behind an answer's status has a control byte.
    #[error("reason has a control byte")]
    InvalidReason,
    /// A field that an answer of this status must not have: one of a single connection, `Status`, or a length
    /// where there is no body.
    #[error("field {field} must not stand in this answer")]
    ForbiddenField {
        /// The field's place in the list, from zero.
        field: usize,
    },
    /// 101 or 426 without `Upgrade`, which says to which protocol.
    #[error("no Upgrade in an answer about another protocol")]
    MissingUpgrade,
    /// A body without a length, for a server that takes none; see [`Uploads`](crate::request::Uploads).
    #[error("body without a length")]
    LengthRequired,
    /// The output has no room.
    #[error("output needs room for {needed} bytes")]
    OutputTooSmall {
        /// The bytes that the whole packet takes.
        needed: usize,
    },
}

impl EncodeError {
    /// The error's name, which never changes.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EmptyKey => "uwsgi.encode.empty_key",
            Self::SizeTooLarge { .. } => "uwsgi.encode.size_too_large",
            Self::TooManyVars { .. } => "uwsgi.encode.too_many_vars",
            Self::TooManyFields { .. } => "uwsgi.encode.too_many_fields",
            Self::InvalidName { .. } => "uwsgi.encode.invalid_name",
            Self::InvalidValue { .. } => "uwsgi.encode.invalid_value",
            Self::RepeatedField { .. } => "uwsgi.encode.repeated_field",
            Self::InvalidVar { .. } => "uwsgi.encode.invalid_var",
            Self::InvalidConstant => "uwsgi.encode.invalid_constant",
            Self::MissingVar { .. } => "uwsgi.encode.missing_var",
            Self::ReservedKey => "uwsgi.encode.reserved_key",
            Self::BodyOnPersistent => "uwsgi.encode.body_on_persistent",
            Self::InvalidStatus { .. } => "uwsgi.encode.invalid_status",
            Self::InvalidReason => "uwsgi.encode.invalid_reason",
            Self::ForbiddenField { .. } => "uwsgi.encode.forbidden_field",
            Self::MissingUpgrade => "uwsgi.encode.missing_upgrade",
            Self::LengthRequired => "uwsgi.encode.length_required",
            Self::OutputTooSmall { .. } => "uwsgi.encode.output_too_small",
        }
    }

    /// The HTTP status that a proxy answers when a client's request cannot be sent on.
    ///
    /// 431 where it is too large for the format or the peer, 411 where it lacks a length, 400 where the client's fields break a rule, 500 where
    /// the proxy itself is at fault.
    pub const fn status(self) -> u16 {
        match self {
            Self::SizeTooLarge { .. } | Self::TooManyVars { .. } | Self::TooManyFields { .. } => {
                431
            }
            Self::InvalidName { .. }
            | Self::InvalidValue { .. }
            | Self::RepeatedField { .. }
            | Self::InvalidVar { .. } => 400,
            Self::LengthRequired => 411,
            Self::EmptyKey
            | Self::InvalidConstant
            | Self::MissingVar { .. }
            | Self::ReservedKey
            | Self::BodyOnPersistent
            | Self::InvalidStatus { .. }
            | Self::InvalidReason
            | Self::ForbiddenField { .. }
            | Self::MissingUpgrade
            | Self::OutputTooSmall { .. } => 500,
        }
    }
}
