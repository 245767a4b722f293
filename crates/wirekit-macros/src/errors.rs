/// An error, its kinds and their tables, from one row a rule.
///
/// With a struct it is what wire bytes break. A row is the kind, what was found and allowed, the name behind the prefix,
/// the section, the text, and a value for each function that is declared below the rows:
///
/// ```
/// /// What is answered.
/// #[derive(Debug, PartialEq)]
/// pub struct Status(u16);
/// impl Status {
///     const BAD_REQUEST: Self = Self(400);
///     const TOO_LARGE: Self = Self(431);
/// }
///
/// wirekit_macros::errors! {
///     /// The rule that a message broke, and where.
///     pub struct Error;
///
///     /// A rule of the wire format.
///     pub enum ErrorKind("example") {
///         /// A CR that no LF follows.
///         BareCr = "bare_cr", "RFC 9112 section 2.2", "carriage return without line feed", BAD_REQUEST;
///         /// The head is longer than the limit.
///         HeadTooLong { /** The limit. */ max: usize = 0 } = "head_too_long", "RFC 6585 section 5", "head longer than {max} bytes", TOO_LARGE;
///     }
///
///     /// The status of the answer.
///     pub const fn status(self) -> Status;
/// }
///
/// let error = Error::new(ErrorKind::HeadTooLong { max: 8 }, 9).shifted(20);
/// assert_eq!((error.kind(), error.offset()), (ErrorKind::HeadTooLong { max: 8 }, 29));
/// assert_eq!(error.to_string(), "head longer than 8 bytes at byte 29");
/// assert_eq!(error.kind().as_str(), "example.head_too_long");
/// assert_eq!(error.kind().spec(), "RFC 6585 section 5");
/// assert_eq!(error.kind().status(), Status::TOO_LARGE);
/// assert_eq!(ErrorKind::ALL, [ErrorKind::BareCr, ErrorKind::HeadTooLong { max: 0 }]);
/// ```
///
/// A value is a literal, a name of the function's type, or an expression in parentheses, which may use what the kind
/// holds; the section is a literal or such an expression.
///
/// Without a struct it is the caller's side, an error in itself. A row is the variant, what was found, and the text:
///
/// ```
/// wirekit_macros::errors! {
///     /// What kept a value from being encoded.
///     pub enum EncodeError {
///         /// The name is empty.
///         NoName = "no name";
///         /// The output has no room.
///         OutputTooSmall { /** The encoded length. */ needed: usize } = "output has no room for {needed} bytes";
///     }
/// }
///
/// assert_eq!(EncodeError::OutputTooSmall { needed: 4 }.to_string(), "output has no room for 4 bytes");
/// ```
#[macro_export]
macro_rules! errors {
    (
        $(#[$error_meta:meta])*
        $vis:vis struct $error:ident;

        $(#[$kind_meta:meta])*
        $kind_vis:vis enum $kind:ident($prefix:literal) {
            $(
                $(#[$meta:meta])*
                $variant:ident $({ $($(#[$field_meta:meta])* $field:ident: $field_type:ty = $zero:expr),* $(,)? })?
                    = $name:literal, $spec:tt, $text:literal $(, $value:tt)*;
            )*
        }

        $($(#[$function_meta:meta])* $function_vis:vis const fn $function:ident(self) -> $type:ty;)*
    ) => {
        $(#[$error_meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        $vis struct $error {
            kind: $kind,
            offset: usize,
        }

        impl $error {
            /// An error of this kind whose first offending byte is at `offset`.
            pub(crate) const fn new(kind: $kind, offset: usize) -> Self {
                Self { kind, offset }
            }

            /// The rule that was broken.
            $vis const fn kind(self) -> $kind {
                self.kind
            }

            /// The first offending byte, counted from the start of the slice that was passed.
            $vis const fn offset(self) -> usize {
                self.offset
            }

            /// The same error in the coordinates of a buffer in which the slice starts at `by`.
            #[must_use]
            $vis const fn shifted(self, by: usize) -> Self {
                Self {
                    kind: self.kind,
                    offset: self.offset.saturating_add(by),
                }
            }
        }

        impl ::core::fmt::Display for $error {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::write!(f, "{} at byte {}", self.kind, self.offset)
            }
        }

        impl ::core::error::Error for $error {}

        $(#[$kind_meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        $kind_vis enum $kind {
            $($(#[$meta])* $variant $({ $($(#[$field_meta])* $field: $field_type),* })?,)*
        }

        impl $kind {
            /// One value of every kind, payloads zero.
            $kind_vis const ALL: &'static [Self] = &[$(Self::$variant $({ $($field: $zero),* })?),*];

            #[doc = ::core::concat!("A stable name, such as `\"", $prefix, ".truncated\"`, for metrics and tools: never renamed.")]
            $kind_vis const fn as_str(self) -> &'static str {
                match self { $(Self::$variant { .. } => ::core::concat!($prefix, ".", $name),)* }
            }
        }

        $crate::errors!(@display $kind { $({ $variant [$($($field)*)?] $text })* });
        $crate::errors!(@functions $kind
            [
                { #[doc = "Where the rule stands."] $kind_vis const fn spec(self) -> &'static str }
                $({ $(#[$function_meta])* $function_vis const fn $function(self) -> $type })*
            ]
            [$({ $variant [$($($field)*)?] [$spec $($value)*] })*]);
    };

    (
        $(#[$kind_meta:meta])*
        $vis:vis enum $kind:ident {
            $(
                $(#[$meta:meta])*
                $variant:ident $({ $($(#[$field_meta:meta])* $field:ident: $field_type:ty),* $(,)? })?
                    = $text:literal $(, $value:tt)*;
            )*
        }

        $($(#[$function_meta:meta])* $function_vis:vis const fn $function:ident(self) -> $type:ty;)*
    ) => {
        $(#[$kind_meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        $vis enum $kind {
            $($(#[$meta])* $variant $({ $($(#[$field_meta])* $field: $field_type),* })?,)*
        }

        $crate::errors!(@display $kind { $({ $variant [$($($field)*)?] $text })* });
        $crate::errors!(@functions $kind
            [$({ $(#[$function_meta])* $function_vis const fn $function(self) -> $type })*]
            [$({ $variant [$($($field)*)?] [$($value)*] })*]);
    };

    (@display $kind:ident { $({ $variant:ident [$($field:ident)*] $text:literal })* }) => {
        impl ::core::fmt::Display for $kind {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                match *self {
                    $(Self::$variant { $($field),* } => {
                        $(let _ = $field;)*
                        ::core::write!(f, $text)
                    })*
                }
            }
        }

        impl ::core::error::Error for $kind {}
    };

    // One function a turn: it takes the first of the values that each row has left.
    (@functions $kind:ident [] [$({ $variant:ident $fields:tt [] })*]) => {};
    (@functions $kind:ident
        [{ $(#[$meta:meta])* $vis:vis const fn $function:ident(self) -> $type:ty } $($functions:tt)*]
        [$({ $variant:ident [$($field:ident)*] [$value:tt $($values:tt)*] })*]
    ) => {
        impl $kind {
            $(#[$meta])*
            $vis const fn $function(self) -> $type {
                match self {
                    $(Self::$variant { $($field),* } => {
                        $(let _ = $field;)*
                        $crate::errors!(@value $type, $value)
                    })*
                }
            }
        }

        $crate::errors!(@functions $kind [$($functions)*] [$({ $variant [$($field)*] [$($values)*] })*]);
    };

    (@value $type:ty, $value:literal) => { $value };
    (@value $type:ty, ($value:expr)) => { $value };
    (@value $type:ty, $name:ident) => { <$type>::$name };
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    errors! {
        /// Where a rule was broken.
        pub(crate) struct Error;

        /// A rule.
        pub(crate) enum ErrorKind("test") {
            /// Nothing is held.
            Plain = "plain", "RFC 1 section 1", "plain", None, false;
            /// The text leaves a field out.
            Held { /** One. */ found: u8 = 0, /** Another. */ allowed: u8 = 1 } = "held", (if found > 9 { "RFC 3" } else { "RFC 2" }), "found {found:#04x}", (Some(allowed)), true;
        }

        /// What is allowed.
        pub(crate) const fn allowed(self) -> Option<u8>;

        /// Whether something is held.
        pub(crate) const fn is_held(self) -> bool;
    }

    #[test]
    fn a_row_is_in_every_table() {
        let held = ErrorKind::Held {
            found: 10,
            allowed: 3,
        };
        #[rustfmt::skip]
        let rows = [
            (ErrorKind::Plain, "test.plain", "RFC 1 section 1", "plain", None, false),
            (held, "test.held", "RFC 3", "found 0x0a", Some(3), true),
        ];
        for (kind, name, spec, text, allowed, is_held) in rows {
            assert_eq!((kind.as_str(), kind.spec()), (name, spec));
            assert_eq!(kind.to_string(), text);
            assert_eq!((kind.allowed(), kind.is_held()), (allowed, is_held));
        }
        assert_eq!(ErrorKind::ALL.len(), 2);
        assert_eq!(ErrorKind::ALL[1].spec(), "RFC 2");
    }

    #[test]
    fn an_offset_moves_and_does_not_wrap() {
        let error = Error::new(ErrorKind::Plain, 4).shifted(20);
        assert_eq!((error.kind(), error.offset()), (ErrorKind::Plain, 24));
        assert_eq!(error.to_string(), "plain at byte 24");
        assert_eq!(error.shifted(usize::MAX).offset(), usize::MAX);
    }

    errors! {
        /// The caller's side.
        pub(crate) enum EncodeError {
            /// Nothing is held.
            Plain = "plain", "test.encode.plain";
            /// A length is held.
            Long { /** The length. */ len: usize } = "{len} bytes", "test.encode.long";
        }

        /// The name.
        pub(crate) const fn as_str(self) -> &'static str;
    }

    #[test]
    fn a_bare_enum_has_its_texts_and_functions() {
        let long = EncodeError::Long { len: 7 };
        assert_eq!(
            (long.to_string().as_str(), long.as_str()),
            ("7 bytes", "test.encode.long")
        );
        assert_eq!(EncodeError::Plain.as_str(), "test.encode.plain");
    }
}
