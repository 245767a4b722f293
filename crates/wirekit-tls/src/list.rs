use crate::{
    CipherSuite, ExtensionType, Extensions, NamedGroup, ProtocolName, ProtocolVersion,
    SignatureScheme,
};

/// Defines a list of values of two bytes, whose length was checked to be even, and its iterator.
macro_rules! pairs {
    ($(#[$doc:meta])* $list:ident, $iter:ident, $item:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct $list<'a> {
            bytes: &'a [u8],
        }

        impl<'a> $list<'a> {
            pub(crate) const fn new(bytes: &'a [u8]) -> Self {
                Self { bytes }
            }
        }

        impl<'a> IntoIterator for $list<'a> {
            type Item = $item;
            type IntoIter = $iter<'a>;

            fn into_iter(self) -> Self::IntoIter {
                $iter { bytes: self.bytes }
            }
        }

        #[doc = concat!("Iterates over [`", stringify!($list), "`].")]
        #[derive(Clone, Debug)]
        pub struct $iter<'a> {
            bytes: &'a [u8],
        }

        impl Iterator for $iter<'_> {
            type Item = $item;

            fn next(&mut self) -> Option<$item> {
                let (&pair, rest) = self.bytes.split_first_chunk()?;
                self.bytes = rest;
                Some($item(u16::from_be_bytes(pair)))
            }
        }
    };
}

pairs! {
    /// The cipher suites of a ClientHello, in order of preference, GREASE among them.
    CipherSuites, CipherSuitesIter, CipherSuite
}

pairs! {
    /// The groups that a client knows for the key exchange, in order of preference, GREASE among them: RFC 8446 section
    /// 4.2.7.
    NamedGroups, NamedGroupsIter, NamedGroup
}

pairs! {
    /// The signature algorithms that a client accepts, in order of preference, GREASE among them: RFC 8446 section 4.2.3.
    SignatureSchemes, SignatureSchemesIter, SignatureScheme
}

/// The protocol names of ALPN, such as `h2`, in order of preference, GREASE among them: RFC 7301 section 3.1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProtocolNames<'a> {
    bytes: &'a [u8],
}

impl<'a> ProtocolNames<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }
}

impl<'a> IntoIterator for ProtocolNames<'a> {
    type Item = ProtocolName<'a>;
    type IntoIter = ProtocolNamesIter<'a>;

    fn into_iter(self) -> Self::IntoIter {
        ProtocolNamesIter { bytes: self.bytes }
    }
}

/// Iterates over [`ProtocolNames`].
#[derive(Clone, Debug)]
pub struct ProtocolNamesIter<'a> {
    bytes: &'a [u8],
}

impl<'a> Iterator for ProtocolNamesIter<'a> {
    type Item = ProtocolName<'a>;

    fn next(&mut self) -> Option<ProtocolName<'a>> {
        let (&len, rest) = self.bytes.split_first()?;
        let (name, rest) = rest.split_at_checked(usize::from(len))?;
        self.bytes = rest;
        Some(ProtocolName(name))
    }
}

/// The versions that a client offers, in order of preference, GREASE among them: RFC 8446 section 4.2.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Versions<'a> {
    bytes: &'a [u8],
    legacy: Option<ProtocolVersion>,
}

impl<'a> Versions<'a> {
    /// What supported_versions says; without it, legacy_version is all that is offered.
    pub(crate) fn new(extensions: Extensions<'a>, legacy: ProtocolVersion) -> Self {
        match extensions.find(ExtensionType::SUPPORTED_VERSIONS) {
            Some(data) => Self {
                bytes: data.get(1..).unwrap_or_default(),
                legacy: None,
            },
            None => Self {
                bytes: &[],
                legacy: Some(legacy),
            },
        }
    }
}

impl Iterator for VersionsIter<'_> {
    type Item = ProtocolVersion;

    fn next(&mut self) -> Option<ProtocolVersion> {
        if let Some((&version, rest)) = self.bytes.split_first_chunk() {
            self.bytes = rest;
            return Some(ProtocolVersion(u16::from_be_bytes(version)));
        }
        self.legacy.take()
    }
}

impl<'a> IntoIterator for Versions<'a> {
    type Item = ProtocolVersion;
    type IntoIter = VersionsIter<'a>;

    fn into_iter(self) -> Self::IntoIter {
        VersionsIter {
            bytes: self.bytes,
            legacy: self.legacy,
        }
    }
}

/// Iterates over [`Versions`].
#[derive(Clone, Debug)]
pub struct VersionsIter<'a> {
    bytes: &'a [u8],
    legacy: Option<ProtocolVersion>,
}
