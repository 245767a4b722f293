use core::fmt;

/// The minor version of an HTTP/1 message.
///
/// A minor version above 1 is read as 1.1 would be (RFC 9110 section 2.5: a recipient "SHOULD process the message as
/// if it were in the highest minor version within that major version to which the recipient is conformant").
///
/// ```
/// use wirekit_http1::Version;
///
/// assert_eq!(Version::from_text("HTTP/1.0"), Some(Version::HTTP_10));
/// assert_eq!((Version::HTTP_11.as_str(), Version::HTTP_11.minor()), ("HTTP/1.1", 1));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Version {
    minor: u8,
}

impl Version {
    /// HTTP/1.0.
    pub const HTTP_10: Self = Self { minor: 0 };
    /// HTTP/1.1.
    pub const HTTP_11: Self = Self { minor: 1 };

    /// The version with this digit after the dot.
    pub(crate) const fn from_minor(minor: u8) -> Self {
        Self { minor }
    }

    /// The version that stands on the wire as `text`.
    pub fn from_text(text: &str) -> Option<Self> {
        let is_text = |minor: &u8| Self::from_minor(*minor).as_str() == text;
        (0..=9).find(is_text).map(Self::from_minor)
    }

    /// The digit after the dot, 0 to 9.
    pub const fn minor(self) -> u8 {
        self.minor
    }

    /// The version as it stands on the wire.
    pub const fn as_str(self) -> &'static str {
        match self.minor {
            0 => "HTTP/1.0",
            1 => "HTTP/1.1",
            2 => "HTTP/1.2",
            3 => "HTTP/1.3",
            4 => "HTTP/1.4",
            5 => "HTTP/1.5",
            6 => "HTTP/1.6",
            7 => "HTTP/1.7",
            8 => "HTTP/1.8",
            _ => "HTTP/1.9",
        }
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::ToString;

    use super::*;

    #[test]
    fn a_version_is_known_by_its_digit() {
        for minor in 0..=9 {
            let version = Version::from_minor(minor);
            assert_eq!(version.minor(), minor);
            assert_eq!(Version::from_text(version.as_str()), Some(version));
            assert_eq!(version.to_string(), std::format!("HTTP/1.{minor}"));
            assert_eq!(std::format!("{version:?}"), version.as_str());
        }
        for other in ["HTTP/2.0", "HTTP/1.", "http/1.1", "HTTP/1.10"] {
            assert_eq!(Version::from_text(other), None);
        }
    }
}
