/// A set of flags over an integer, from one row a flag: the constant, its bit, and its name.
///
/// ```
/// wirekit_macros::flags! {
///     /// Deviations from strict parsing.
///     pub struct Quirks(u32) {
///         /// An LF alone ends a line.
///         BARE_LF = 0, "bare_lf";
///         /// A field value may go on in lines that begin with whitespace.
///         OBS_FOLD = 1, "obs_fold";
///     }
/// }
///
/// const BOTH: Quirks = Quirks::BARE_LF.union(Quirks::OBS_FOLD);
/// assert!(BOTH.contains(Quirks::BARE_LF) && Quirks::NONE.is_empty());
/// assert!(BOTH.names().eq(["bare_lf", "obs_fold"]));
/// assert_eq!(Quirks::from_name("obs_fold"), Some(Quirks::OBS_FOLD));
/// assert_eq!(format!("{BOTH:?}"), "Quirks(bare_lf|obs_fold)");
/// ```
///
/// Bits without a row, if the crate lets any in, as it does by `pub struct Rsv(pub u8)`, show as a number.
#[macro_export]
macro_rules! flags {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident($field_vis:vis $integer:ty) {
            $($(#[$row_meta:meta])* $constant:ident = $bit:literal, $text:literal;)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
        $vis struct $name($field_vis $integer);

        impl $name {
            $($(#[$row_meta])* $vis const $constant: Self = Self(1 << $bit);)*

            /// The empty set.
            $vis const NONE: Self = Self(0);

            /// Every one of them with its name, in the order of the table: never renamed.
            $vis const NAMED: &'static [(&'static str, Self)] = &[$(($text, Self::$constant)),*];

            /// Whether the set is empty.
            #[inline]
            $vis const fn is_empty(self) -> bool {
                self.0 == 0
            }

            /// Whether everything in `other` is in this set.
            #[inline]
            $vis const fn contains(self, other: Self) -> bool {
                self.0 & other.0 == other.0
            }

            /// Whether anything in `other` is in this set.
            #[inline]
            $vis const fn intersects(self, other: Self) -> bool {
                self.0 & other.0 != 0
            }

            /// Both sets together.
            #[inline]
            #[must_use]
            $vis const fn union(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }

            /// What both sets have.
            #[inline]
            #[must_use]
            $vis const fn intersection(self, other: Self) -> Self {
                Self(self.0 & other.0)
            }

            /// This set without what is in `other`.
            #[inline]
            #[must_use]
            $vis const fn without(self, other: Self) -> Self {
                Self(self.0 & !other.0)
            }

            /// The names of what is in the set, in the order of the table.
            $vis fn names(self) -> impl Iterator<Item = &'static str> {
                let named = Self::NAMED.iter();
                named
                    .filter(move |&&(_, flag)| self.contains(flag))
                    .map(|&(name, _)| name)
            }

            /// The one of that name.
            $vis fn from_name(name: &str) -> Option<Self> {
                let mut named = Self::NAMED.iter();
                named
                    .find(|&&(known, _)| known == name)
                    .map(|&(_, flag)| flag)
            }
        }

        impl ::core::ops::BitOr for $name {
            type Output = Self;

            #[inline]
            fn bitor(self, other: Self) -> Self {
                self.union(other)
            }
        }

        impl ::core::ops::BitOrAssign for $name {
            #[inline]
            fn bitor_assign(&mut self, other: Self) {
                *self = self.union(other);
            }
        }

        impl ::core::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.write_str(::core::concat!(::core::stringify!($name), "("))?;
                let mut separator = "";
                for name in self.names() {
                    ::core::write!(f, "{separator}{name}")?;
                    separator = "|";
                }
                let nameless = self.without(Self(0 $(| 1 << $bit)*));
                if !nameless.is_empty() {
                    ::core::write!(f, "{separator}{:#x}", nameless.0)?;
                }
                f.write_str(")")
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use std::format;

    flags! {
        /// A set with room for more.
        pub(crate) struct Set(u8) {
            /// The lowest bit.
            LOW = 0, "low";
            /// The highest bit.
            HIGH = 7, "high";
        }
    }

    #[test]
    fn a_flag_is_one_bit_of_its_own() {
        let both = Set::LOW | Set::HIGH;
        let mut grown = Set::NONE;
        for &(name, flag) in Set::NAMED {
            assert_eq!(Set::from_name(name), Some(flag));
            assert_eq!(flag.0.count_ones(), 1);
            assert!(!grown.contains(flag) && !grown.intersects(flag));
            grown |= flag;
            assert!(grown.contains(flag) && grown.intersects(flag) && !grown.is_empty());
        }
        assert_eq!((grown, both.0), (both, 0b1000_0001));
        assert_eq!(both.without(Set::LOW), Set::HIGH);
        assert_eq!(both.intersection(Set::LOW), Set::LOW);
        assert!(!Set::LOW.contains(both) && Set::LOW.intersects(both));
        assert!(Set::NONE.is_empty() && Set::default() == Set::NONE);
        assert_eq!(Set::from_name("none"), None);
        assert!(both.names().eq(["low", "high"]));
    }

    #[test]
    fn bits_without_a_name_show_as_a_number() {
        #[rustfmt::skip]
        let rows = [
            (0, "Set()"),
            (0x01, "Set(low)"),
            (0x81, "Set(low|high)"),
            (0x06, "Set(0x6)"),
            (0x86, "Set(high|0x6)"),
        ];
        for (bits, text) in rows {
            assert_eq!(format!("{:?}", Set(bits)), text);
        }
    }
}
