/// A registry of numbers: a newtype over the wire's integer, from one row a number.
///
/// A row is the constant, the number, the registry's name for it and the section or registry that defines it; what it is,
/// where the name does not say so, is its documentation. Numbers without a row stay what they are.
///
/// ```
/// wirekit_macros::registry! {
///     /// An option's kind: the IANA registry "TCP Option Kind Numbers".
///     #[expect(clippy::exhaustive_structs, reason = "the wire holds one byte")]
///     pub struct OptionKind(pub u8) {
///         NO_OPERATION = 1, "No-Operation", "RFC 9293 section 3.2";
///         /// Obsoleted by TCP-AO.
///         MD5_SIGNATURE = 19, "MD5 Signature", "RFC 2385 section 3";
///     }
/// }
///
/// assert_eq!(OptionKind::MD5_SIGNATURE, OptionKind(19));
/// assert_eq!(OptionKind(1).name(), Some("No-Operation"));
/// assert_eq!(OptionKind(1).spec(), Some("RFC 9293 section 3.2"));
/// assert_eq!(OptionKind(77).name(), None);
/// assert_eq!(OptionKind::ALL.len(), 2);
/// assert_eq!(format!("{:?} {:?}", OptionKind(1), OptionKind(77)), "No-Operation OptionKind(77)");
/// assert_eq!(format!("{} {}", OptionKind(1), OptionKind(77)), "No-Operation 77");
/// ```
///
/// `pub struct ProtocolVersion(pub u16) else(grease::name) { .. }` asks that function for the names of numbers without a
/// row; `pub struct CloseCode(pub u16) without Debug { .. }` leaves `Debug` to the crate.
#[macro_export]
macro_rules! registry {
    ($(#[$meta:meta])* $vis:vis struct $name:ident($field_vis:vis $integer:ty) $(else($other:path))? { $($rows:tt)* }) => {
        $crate::registry! { $(#[$meta])* $vis struct $name($field_vis $integer) $(else($other))? without Debug { $($rows)* } }

        impl ::core::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                match self.name() {
                    Some(name) => f.write_str(name),
                    None => ::core::write!(f, ::core::concat!(::core::stringify!($name), "({})"), self.0),
                }
            }
        }

        impl ::core::fmt::Display for $name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                match self.name() {
                    Some(name) => f.write_str(name),
                    None => ::core::fmt::Display::fmt(&self.0, f),
                }
            }
        }
    };

    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident($field_vis:vis $integer:ty) $(else($other:path))? without Debug {
            $($(#[$row_meta:meta])* $constant:ident = $number:literal, $text:literal, $spec:literal;)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        $vis struct $name($field_vis $integer);

        impl $name {
            $(
                $(#[$row_meta])*
                #[doc = ""]
                #[doc = ::core::concat!(::core::stringify!($number), " ", $text, ": ", $spec, ".")]
                $vis const $constant: Self = Self($number);
            )*

            /// Every number that has a name here, in the order of the table.
            $vis const ALL: &'static [Self] = &[$(Self::$constant),*];

            /// The name in the registry, or nothing for a number that has none.
            $vis const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($number => Some($text),)*
                    _ => $crate::registry!(@other self.0 $(, $other)?),
                }
            }

            /// What defines the number, if [`ALL`](Self::ALL) has it.
            $vis const fn spec(self) -> Option<&'static str> {
                match self.0 {
                    $($number => Some($spec),)*
                    _ => None,
                }
            }
        }
    };

    (@other $number:expr) => { None };
    (@other $number:expr, $other:path) => { $other($number) };
}

#[cfg(test)]
mod tests {
    use std::format;

    const fn even(number: u16) -> Option<&'static str> {
        if number.is_multiple_of(2) {
            Some("even")
        } else {
            None
        }
    }

    registry! {
        /// Numbers, of which some have a name by rule.
        pub(crate) struct Number(pub(crate) u16) else(even) {
            ONE = 1, "one", "RFC 1";
            /// In hexadecimal.
            SIXTEEN = 0x10, "sixteen", "RFC 2";
        }
    }

    registry! {
        /// A code that the wire shows.
        pub(crate) struct Code(pub(crate) u8) without Debug {
            OK = 0, "fine", "RFC 3";
        }
    }

    impl core::fmt::Debug for Code {
        fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
            write!(f, "code {}", self.0)
        }
    }

    #[test]
    fn a_row_is_in_every_table() {
        assert_eq!(Number::ALL, [Number(1), Number(16)]);
        #[rustfmt::skip]
        let rows = [
            (1, Some("one"), Some("RFC 1"), "one"),
            (2, Some("even"), None, "even"),
            (3, None, None, "Number(3)"),
            (16, Some("sixteen"), Some("RFC 2"), "sixteen"),
        ];
        for (number, name, spec, text) in rows {
            let number = Number(number);
            assert_eq!((number.name(), number.spec()), (name, spec));
            assert_eq!(format!("{number:?}"), text);
        }
    }

    #[test]
    fn the_crate_may_show_its_numbers_itself() {
        assert_eq!(format!("{:?}", Code::OK), "code 0");
        assert_eq!((Code(1).name(), Code(0).spec()), (None, Some("RFC 3")));
        assert_eq!(Code::ALL, [Code::OK]);
    }
}
