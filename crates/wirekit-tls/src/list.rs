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
    /// The cipher suites of a ClientHello, in order of preference, GREASE among them: RFC 8446 section 4.1.2.
    ///
    /// ```
    /// # let mut body = vec![3, 3];
    /// # body.extend([7; 32]);
    /// # body.extend([0, 0, 6, 0xba, 0xba, 0x13, 0x01, 0xc0, 0x2f, 1, 0]);
    /// use wirekit_tls::{CipherSuite, ClientHello};
    ///
    /// // The body of a ClientHello that offers a GREASE value and two suites.
    /// let suites = ClientHello::parse_body(&body)?.cipher_suites();
    /// let known = [CipherSuite::TLS_AES_128_GCM_SHA256, CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256];
    /// assert!(suites.into_iter().filter(|suite| !suite.is_grease()).eq(known));
    /// # Ok::<(), wirekit_tls::Error>(())
    /// ```
    CipherSuites, CipherSuitesIter, CipherSuite
}

pairs! {
    /// The groups that a client knows for the key exchange, in order of preference, GREASE among them: RFC 8446 section
    /// 4.2.7.
    ///
    /// ```
    /// # let mut body = vec![3, 3];
    /// # body.extend([7; 32]);
    /// # body.extend([0, 0, 2, 0x13, 1, 1, 0, 0, 10, 0, 10, 0, 6, 0, 4, 0, 29, 0, 23]);
    /// use wirekit_tls::{ClientHello, NamedGroup};
    ///
    /// // The body of a ClientHello that would rather have X25519 than P-256.
    /// let groups = ClientHello::parse_body(&body)?.supported_groups();
    /// assert!(groups.into_iter().eq([NamedGroup::X25519, NamedGroup::SECP256R1]));
    /// # Ok::<(), wirekit_tls::Error>(())
    /// ```
    NamedGroups, NamedGroupsIter, NamedGroup
}

pairs! {
    /// The signature algorithms that a client accepts, in order of preference, GREASE among them: RFC 8446 section 4.2.3.
    ///
    /// ```
    /// # let mut body = vec![3, 3];
    /// # body.extend([7; 32]);
    /// # body.extend([0, 0, 2, 0x13, 1, 1, 0, 0, 10, 0, 13, 0, 6, 0, 4, 4, 3, 8, 4]);
    /// use wirekit_tls::{ClientHello, SignatureScheme};
    ///
    /// // The body of a ClientHello that takes a certificate with a key of ECDSA or RSA.
    /// let schemes = ClientHello::parse_body(&body)?.signature_algorithms();
    /// let both = [SignatureScheme::ECDSA_SECP256R1_SHA256, SignatureScheme::RSA_PSS_RSAE_SHA256];
    /// assert!(schemes.into_iter().eq(both));
    /// # Ok::<(), wirekit_tls::Error>(())
    /// ```
    SignatureSchemes, SignatureSchemesIter, SignatureScheme
}

/// The protocol names of ALPN, such as `h2`, in order of preference, GREASE among them: RFC 7301 section 3.1.
///
/// ```
/// # let mut body = vec![3, 3];
/// # body.extend([7; 32]);
/// # body.extend(b"\0\0\x02\x13\x01\x01\0\0\x12\0\x10\0\x0e\0\x0c\x02h2\x08http/1.1");
/// use wirekit_tls::{ClientHello, ProtocolName};
///
/// // The body of a ClientHello of a browser.
/// let names = ClientHello::parse_body(&body)?.alpn();
/// assert!(names.into_iter().eq([ProtocolName::H2, ProtocolName::HTTP_1_1]));
/// # Ok::<(), wirekit_tls::Error>(())
/// ```
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
///
/// ```
/// # let mut body = vec![3, 3];
/// # body.extend([7; 32]);
/// # body.extend([0, 0, 2, 0x13, 1, 1, 0, 0, 11, 0, 43, 0, 7, 6, 0x3a, 0x3a, 3, 4, 3, 3]);
/// use wirekit_tls::{ClientHello, ProtocolVersion};
///
/// // The body of a ClientHello that offers TLS 1.3 and 1.2 behind a GREASE value, which a server passes over.
/// let versions = ClientHello::parse_body(&body)?.versions();
/// let mut real = versions.into_iter().filter(|version| !version.is_grease());
/// assert_eq!(real.next(), Some(ProtocolVersion::TLS_1_3));
/// assert_eq!(real.next(), Some(ProtocolVersion::TLS_1_2));
/// # Ok::<(), wirekit_tls::Error>(())
/// ```
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
