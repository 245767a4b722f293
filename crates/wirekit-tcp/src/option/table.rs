//! The table of options: what the rows of [`TcpOption`](super::TcpOption) become.

use super::OptionKind;

/// Defines [`TcpOption`] by rows: what a row says once is its variant, its kinds, how its data is read and how it is
/// written. Lengths, checks and both directions follow from it, and a row that lacks one does not compile.
///
/// - `kind`: the kinds of the registry that the option has; where there are two, `by` says which one a value has.
/// - `read(kind, data)`: the option of the bytes behind the length; nothing when their number is not one that the kind has.
/// - `write`: the bytes behind the length, as an array and a slice.
/// - `place`: `inline` for what most headers have, which is then written where the header is; the others share a call.
/// - `only_if`: what a value must be beside what its types say, so that it is read back as itself.
macro_rules! options {
    ($(
        $(#[$doc:meta])*
        $variant:ident $(($payload:ty))? $({ $($(#[$field_doc:meta])* $field:ident: $ty:ty,)+ })? => {
            kind: $($kind:ident)|+ $(by $by:expr)?,
            read($of_kind:pat, $data:pat) => $read:expr,
            write: $pattern:pat => $head:expr, $tail:expr,
            $(place: $place:ident,)?
            $(only_if: $only_if:expr,)?
        }
    )+) => {
        /// One option of a header, what an options list yields and what a sender appends: RFC 9293 section 3.2.
        ///
        /// Every kind that is in use has its own variant; any other, obsolete ones included, is
        /// [`Unknown`](Self::Unknown) with its kind and its bytes, so that nothing is lost between parsing and encoding.
        ///
        /// ```
        /// use wirekit_tcp::TcpOption;
        ///
        /// let mut out = [0; TcpOption::MAX_LEN];
        /// let len = TcpOption::WindowScale(7).encode_to_slice(&mut out)?;
        /// assert_eq!(out[..len], [3, 3, 7]);
        /// # Ok::<(), wirekit_tcp::EncodeError>(())
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum TcpOption<'a> {
            /// The list ends here, and what follows is padding: RFC 9293 section 3.2.
            EndOfOptionList,
            /// Padding between options: RFC 9293 section 3.2.
            NoOperation,
            $(
                $(#[$doc])*
                $variant $(($payload))? $({ $($(#[$field_doc])* $field: $ty,)+ })?,
            )+
            /// Any other kind.
            Unknown {
                /// The option's kind.
                kind: OptionKind,
                /// The bytes after its length.
                data: &'a [u8],
            },
        }

        impl<'a> TcpOption<'a> {
            /// The option's kind.
            #[expect(unused_variables, reason = "a row binds what any of its columns use")]
            pub const fn kind(&self) -> OptionKind {
                match *self {
                    Self::EndOfOptionList => OptionKind::END_OF_OPTION_LIST,
                    Self::NoOperation => OptionKind::NO_OPERATION,
                    $($pattern => kind_of!($($kind)|+ $(by $by)?),)+
                    Self::Unknown { kind, .. } => kind,
                }
            }

            /// The bytes that the option takes in a header, kind and length included.
            #[inline]
            #[expect(unused_variables, reason = "a row binds what any of its columns use")]
            pub const fn encoded_len(&self) -> usize {
                match *self {
                    // RFC 9293 section 3.1: "A single octet of option-kind", these two and no other.
                    Self::EndOfOptionList | Self::NoOperation => 1,
                    $($pattern => len_of(&$head, $tail),)+
                    Self::Unknown { data, .. } => len_of(&[], data),
                }
            }

            /// The encoded length, after a check of what the types leave open.
            #[inline]
            pub(crate) fn measure(&self) -> Result<usize, EncodeError> {
                let (len, is_valid) = match *self {
                    Self::EndOfOptionList | Self::NoOperation => (1, true),
                    $($pattern => (len_of(&$head, $tail), true $(&& $only_if)?),)+
                    // A kind that has its own variant is read as that.
                    Self::Unknown { kind, data } => (
                        len_of(&[], data),
                        matches!(Self::read(kind, data), Some(Self::Unknown { .. })),
                    ),
                };
                if is_valid {
                    Ok(len)
                } else {
                    Err(EncodeError::OptionInvalid { kind: self.kind() })
                }
            }

            /// The table itself; [`read`](Self::read) is one copy of it.
            #[inline]
            fn read_row(kind: OptionKind, data: &'a [u8]) -> Option<Self> {
                match kind {
                    // These have no length.
                    OptionKind::END_OF_OPTION_LIST | OptionKind::NO_OPERATION => None,
                    $($(OptionKind::$kind)|+ => {
                        let ($of_kind, $data) = (kind, data);
                        $read
                    })+
                    kind => Some(Self::Unknown { kind, data }),
                }
            }

            /// Writes the option at the start of `out` and returns the rest; nothing when it does not fit.
            ///
            /// What most headers have is written where the header is, so that a list known to the compiler costs no loop.
            #[inline]
            pub(crate) fn write<'o>(&self, out: &'o mut [u8]) -> Option<&'o mut [u8]> {
                match *self {
                    Self::NoOperation => write_kind(out, OptionKind::NO_OPERATION),
                    $($pattern if is_inline!($($place)?) => {
                        write_option(out, kind_of!($($kind)|+ $(by $by)?), $head, $tail)
                    })+
                    _ => self.write_row(out),
                }
            }

            /// Every row, as one function for all callers.
            #[inline(never)]
            fn write_row<'o>(&self, out: &'o mut [u8]) -> Option<&'o mut [u8]> {
                match *self {
                    Self::EndOfOptionList => write_kind(out, OptionKind::END_OF_OPTION_LIST),
                    Self::NoOperation => write_kind(out, OptionKind::NO_OPERATION),
                    $($pattern => write_option(out, kind_of!($($kind)|+ $(by $by)?), $head, $tail),)+
                    Self::Unknown { kind, data } => write_option(out, kind, [], data),
                }
            }
        }
    };
}

/// The kind of a row's value: its only one, or what the row says.
macro_rules! kind_of {
    ($kind:ident) => {
        OptionKind::$kind
    };
    ($($kind:ident)|+ by $by:expr) => {
        $by
    };
}

/// Whether a row is written where the header is.
macro_rules! is_inline {
    (inline) => {
        true
    };
    () => {
        false
    };
}

pub(super) use {is_inline, kind_of, options};

#[inline]
pub(super) const fn len_of(head: &[u8], tail: &[u8]) -> usize {
    head.len().saturating_add(tail.len()).saturating_add(2)
}

/// Writes a kind that stands alone.
#[inline]
pub(super) fn write_kind(out: &mut [u8], kind: OptionKind) -> Option<&mut [u8]> {
    let (place, rest) = out.split_first_mut()?;
    *place = kind.0;
    Some(rest)
}

/// Writes a kind, its length and its data, which is `head` and then `tail`.
#[inline]
pub(super) fn write_option<'o, const N: usize>(
    out: &'o mut [u8],
    kind: OptionKind,
    head: [u8; N],
    tail: &[u8],
) -> Option<&'o mut [u8]> {
    let len = len_of(&head, tail);
    let (option, rest) = out.split_at_mut_checked(len)?;
    let (start, data) = option.split_first_chunk_mut()?;
    *start = [kind.0, u8::try_from(len).ok()?];
    let (place, after) = data.split_first_chunk_mut()?;
    *place = head;
    if !tail.is_empty() {
        after.copy_from_slice(tail);
    }
    Some(rest)
}
